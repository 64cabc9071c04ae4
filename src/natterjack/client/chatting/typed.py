"""What was typed at once, of several lines perhaps: which lines are carried out, one after the other."""

from __future__ import annotations

from typing import Final

from natterjack.client.chatting import parse
from natterjack.client.chatting.commands import CAPITALS, COMMANDS

#: Letters that may yet be the beginning of anything.
_FEW: Final = 2


def lines_typed(text: str) -> list[str]:
    """``text`` as :meth:`~natterjack.client.chatting.chat.Chat.typed` takes it.

    The first line decides what it is. Text is said as a whole, and so is what belongs to a command that says something;
    below any other command stands what is said after it, except where that may be its password. What is held back is so
    as a whole.
    """
    first, below, rest = text.partition("\n")
    if not below:
        return [text]
    if isinstance(parse.parse(text, CAPITALS, COMMANDS, connected=True), parse.HeldBack):
        return [text]
    meant = parse.parse(first, CAPITALS, COMMANDS, connected=True)
    if isinstance(meant, parse.Nothing):
        return [as_text(rest.strip("\n"))]
    row = COMMANDS[meant.name] if isinstance(meant, parse.Command) else None
    if row is not None and not row.lines and row.lacks is None:
        return [first, as_text(rest)] if rest.strip() else [first]
    return [text]


def is_talk(text: str) -> bool:
    """Whether ``text`` is being typed to be said, and not a command, as far as it is there."""
    said = len(text) > _FEW and isinstance(parse.parse(text, CAPITALS, COMMANDS, connected=True), parse.Text)
    return said and not any(name.startswith(text) for name in CAPITALS)


def as_text(text: str) -> str:
    """To be said, whatever it looks like."""
    meant = parse.parse(text, CAPITALS, COMMANDS, connected=True)
    return f"SEND {text}" if isinstance(meant, parse.Command | parse.Unknown) else text
