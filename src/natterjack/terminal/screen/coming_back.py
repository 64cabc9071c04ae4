"""Typed lines that come back where they are refused, as far as they are; and what was said where one does not look."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from natterjack.client import events as e
from natterjack.client.chatting import parse
from natterjack.client.chatting.commands import CAPITALS, COMMANDS
from natterjack.client.chatting.typed import as_text
from natterjack.proto.casemap import fold

#: Lines remembered.
_MOST: Final = 100
#: What is refused, where it was to be said.
_SAYING: Final = ("PRIVMSG", "NOTICE", "EDIT")

Answer = e.Acked | e.Refused | e.Unanswered


class _Line(Struct):
    """``text`` was typed in the conversation ``here``. Of its messages ``failed`` were refused, ``others`` were not.

    ``leads``: the first one was refused.
    """

    here: str
    text: str
    others: bool = False
    leads: bool = False
    failed: list[e.Refused] = []


class TypedLines:
    """The last lines that were typed. Those with passwords are not kept."""

    def __init__(self) -> None:
        self._lines: dict[int, _Line] = {}

    def note(self, number: int, here: str, line: str) -> None:
        """``line`` of that number was typed in the conversation ``here``."""
        if not parse.is_secret(line):
            self._lines[number] = _Line(here, line)
        self._lines.pop(number - _MOST, None)

    def rename(self, old: str, new: str) -> None:
        """The conversation ``old`` is called ``new``."""
        for line in self._lines.values():
            if fold(line.here) == fold(old):
                line.here = new

    def take(self, event: Answer) -> tuple[str, str, str]:
        """With the last answer to a line: where it was typed, and what of it is to be said again (``""``: nothing).

        Last, to whom all of it was said, if that was elsewhere and cannot be seen there where it was typed.
        """
        line = self._lines.get(event.ref)
        if line is None:
            return "", "", ""
        if isinstance(event, e.Refused) and event.command in _SAYING:
            line.leads |= not (line.failed or line.others)
            line.failed.append(event)
        else:
            line.others = True
        if event.left:
            return "", "", ""
        del self._lines[event.ref]
        if line.failed:
            return line.here, _again(line), ""
        return line.here, "", _elsewhere(line) if isinstance(event, e.Acked) else ""


def _elsewhere(line: _Line) -> str:
    """To whom ``line`` was said, if not there where it was typed."""
    meant = parse.parse(line.text, CAPITALS, COMMANDS, connected=True)
    if not (isinstance(meant, parse.Command) and meant.name == "MSG"):
        return ""
    target = parse.first_word(meant.rest)[0]
    return "" if fold(target) == fold(line.here) else target


def _again(line: _Line) -> str:
    """What says those messages of ``line`` that were refused, and no others."""
    if not (line.others and all(each.said for each in line.failed)):
        return line.text
    texts: dict[str, list[str]] = {}
    for each in line.failed:
        texts.setdefault(each.target, []).append(each.said)
    target, failed = next(iter(texts.items()))
    meant = parse.parse(line.text, CAPITALS, COMMANDS, connected=True)
    name = meant.name if isinstance(meant, parse.Command) else ""
    if name == "ME":
        return f"/me {' '.join(failed)}"
    text = "\n".join(failed)
    if fold(target) != fold(line.here):
        return f"/msg {','.join(each for each, same in texts.items() if same == failed)} {text}"
    if name == "REPLY" and line.leads:  # the first of them is the answer: else that has arrived
        return line.text[: line.text.find(failed[0].partition("\n")[0])] + text
    return as_text(text)
