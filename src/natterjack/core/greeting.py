"""What every session is told in the same words: the first lines, made once, in which only a few words are put in.

Put together one by one they were half of what it costs to let somebody in (docs/where-the-time-goes.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from string import Formatter
from types import MappingProxyType

from natterjack.core.policy import LINE_LIMIT, Policy
from natterjack.core.replies import fitted, numbered
from natterjack.proto import isupport, modes
from natterjack.proto.modes import Kind
from natterjack.proto.numerics import (
    ERR_NOMOTD,
    RPL_CREATED,
    RPL_ENDOFMOTD,
    RPL_GLOBALUSERS,
    RPL_ISUPPORT,
    RPL_LOCALUSERS,
    RPL_LUSERCHANNELS,
    RPL_LUSERCLIENT,
    RPL_LUSERME,
    RPL_LUSEROP,
    RPL_LUSERUNKNOWN,
    RPL_MOTD,
    RPL_MOTDSTART,
    RPL_MYINFO,
    RPL_WELCOME,
    RPL_YOURHOST,
    Numeric,
)
from natterjack.proto.timestamps import format_time

#: Digits of the numbers that are put into one line, at most.
_DIGITS = 40
#: The field that stands for none.
_NOTHING = ""


class Stock:
    """Lines that are kept ready; in ``bodies``, which have no CR LF, stands ``{nick}`` and the like.

    Cut into what stands between those, so that they need not be looked for each time: a quarter of what ``str.format``
    takes.
    """

    __slots__ = ("_parts", "_pick", "_room")

    def __init__(self, bodies: Iterable[str]) -> None:
        lines = [f"{body}\r\n" for body in bodies]
        self._room = LINE_LIMIT - _DIGITS - max(len(line.encode()) for line in lines)
        self._parts: list[str] = []  # what stands between, and room for a field, by turns
        names = []
        for text, name, _, _ in Formatter().parse("".join(lines)):
            self._parts += (text, "")
            names.append(name or _NOTHING)
        self._pick = itemgetter(*names, _NOTHING)  # of one name alone it would give no tuple
        self._parts += ("", "")

    def fill(self, nick: str, source: str = "", numbers: Mapping[str, str] = MappingProxyType({})) -> str:
        """Whole lines, each with CR LF and none longer than it may be."""
        parts = self._parts.copy()
        parts[1::2] = self._pick({_NOTHING: "", "nick": nick, "source": source, **numbers})
        text = "".join(parts)
        if len(f"{nick}{source}".encode()) <= self._room:
            return text
        return "".join(f"{fitted(body)}\r\n" for body in text.split("\r\n")[:-1])


class Greeting:
    """The lines of a server with this policy, which announces ``tokens`` and is there since ``started``."""

    __slots__ = ("motd", "numbers", "opening", "supported", "whole")

    def __init__(self, policy: Policy, tokens: Sequence[str], started: float) -> None:
        def body(numeric: Numeric, *params: str, **fields: str) -> str:
            return numbered(policy.name, "{nick}", numeric, params, fields)

        lists = "".join(sorted(modes.CHANNEL_MODES))
        takes = "".join(
            sorted(letter for letter, kind in modes.CHANNEL_MODES.items() if kind is not Kind.FLAG)
        )
        opening = [
            body(RPL_WELCOME, network=_literal(policy.network), source="{source}"),
            body(RPL_YOURHOST, server=policy.name, version=policy.version),
            body(RPL_CREATED, started=format_time(started)),
            body(RPL_MYINFO, policy.name, f"natterjack-{policy.version}", modes.USER_MODES, lists, takes),
        ]
        supported = [body(RPL_ISUPPORT, *map(_literal, items)) for items in isupport.lines(tokens)]
        numbers = [
            body(RPL_LUSERCLIENT, visible="{visible}", invisible="{invisible}"),
            body(RPL_LUSEROP, "{operators}"),
            body(RPL_LUSERUNKNOWN, "{unknown}"),
            body(RPL_LUSERCHANNELS, "{channels}"),
            body(RPL_LUSERME, users="{users}"),
            body(RPL_LOCALUSERS, "{users}", "{most}", users="{users}", most="{most}"),
            body(RPL_GLOBALUSERS, "{users}", "{most}", users="{users}", most="{most}"),
        ]
        motd = [
            body(RPL_MOTDSTART, server=policy.name),
            *(body(RPL_MOTD, _literal(text)) for text in policy.motd),
            body(RPL_ENDOFMOTD),
        ]
        if not policy.motd:
            motd = [body(ERR_NOMOTD)]
        #: 001 to 004; 005; LUSERS; the message of the day, or that there is none; and all of these.
        self.opening = Stock(opening)
        self.supported = Stock(supported)
        self.numbers = Stock(numbers)
        self.motd = Stock(motd)
        self.whole = Stock((*opening, *supported, *numbers, *motd))


def _literal(text: str) -> str:
    """``text`` as it stands in what is still to be filled in."""
    return text.replace("{", "{{").replace("}", "}}")
