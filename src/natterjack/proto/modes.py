"""Channel and user modes: which there are, which take a parameter, and how a MODE's parameters are read.

Source: https://modern.ircdocs.horse/#mode-message, https://modern.ircdocs.horse/#chanmodes-parameter
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Final

from msgspec import Struct


class Kind(Enum):
    """How a channel mode treats its parameter."""

    LIST = "A"  #: a list of masks; without parameter the list is shown
    ALWAYS = "B"  #: a parameter to set it and to unset it
    WHEN_SET = "C"  #: a parameter only to set it
    FLAG = "D"  #: none
    RANK = "prefix"  #: a nick


CHANNEL_MODES: Final[dict[str, Kind]] = {
    "b": Kind.LIST,
    "e": Kind.LIST,
    "I": Kind.LIST,
    "k": Kind.ALWAYS,
    "f": Kind.WHEN_SET,
    "l": Kind.WHEN_SET,
    "w": Kind.WHEN_SET,
    "C": Kind.FLAG,
    "H": Kind.FLAG,
    "M": Kind.FLAG,
    "R": Kind.FLAG,
    "U": Kind.FLAG,
    "i": Kind.FLAG,
    "m": Kind.FLAG,
    "n": Kind.FLAG,
    "s": Kind.FLAG,
    "t": Kind.FLAG,
    "q": Kind.RANK,
    "o": Kind.RANK,
    "h": Kind.RANK,
    "v": Kind.RANK,
}
USER_MODES: Final = "BRTiow"
#: Those that a user may set himself; ``o`` he may only give up.
OWN_USER_MODES: Final = "BRTiw"
#: Those of them that a server may give everybody from the start.
DEFAULT_USER_MODES: Final = "RTi"

#: Ranks in a channel as bits, so that a member can hold several. Higher bit, higher rank.
VOICE: Final = 1
HALFOP: Final = 2
OP: Final = 4
OWNER: Final = 8
#: (letter, prefix, bit), highest first.
RANKS: Final = (("q", "~", OWNER), ("o", "@", OP), ("h", "%", HALFOP), ("v", "+", VOICE))
RANK_OF_LETTER: Final = {letter: bit for letter, _, bit in RANKS}
RANK_OF_PREFIX: Final = {prefix: bit for _, prefix, bit in RANKS}
PREFIXES: Final = "".join(prefix for _, prefix, _ in RANKS)

#: rank bits -> all their prefixes, highest first: what multi-prefix shows.
ALL_PREFIXES: Final = tuple("".join(p for _, p, bit in RANKS if bits & bit) for bits in range(2 * OWNER))


def of_kind(kind: Kind) -> str:
    """The letters of ``kind``, in alphabetical order."""
    return "".join(sorted(letter for letter, its in CHANNEL_MODES.items() if its is kind))


class Change(Struct, frozen=True):
    """One letter of a MODE. ``adding`` is its sign; ``param`` None where it takes none, or none was given."""

    adding: bool
    letter: str
    param: str | None = None


def parse_changes(
    letters: str, params: Sequence[str], kinds: Mapping[str, Kind] = CHANNEL_MODES
) -> list[Change]:
    """What ``MODE #channel letters params...`` asks for, unknown letters included (as if they took no parameter).

    ``kinds`` says how each letter treats its parameter: a client passes what its server announced.
    """
    changes = []
    left = iter(params)
    adding = True
    for letter in letters:
        if letter in "+-":
            adding = letter == "+"
            continue
        kind = kinds.get(letter)
        takes = kind in (Kind.LIST, Kind.ALWAYS, Kind.RANK) or (kind is Kind.WHEN_SET and adding)
        changes.append(Change(adding, letter, next(left, None) if takes else None))
    return changes


def render_changes(changes: Iterable[Change]) -> list[str]:
    """The parameters of the MODE that says ``changes``: ``["+ob-i", "nick", "mask"]``."""
    letters = ""
    params = []
    sign = ""
    for change in changes:
        wanted = "+" if change.adding else "-"
        if wanted != sign:
            letters += wanted
            sign = wanted
        letters += change.letter
        if change.param is not None:
            params.append(change.param)
    return [letters, *params]
