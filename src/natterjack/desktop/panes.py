"""Which panes a window has room for: the list at the left, the messages, and the people or the search at the right.

Widths are those at 100 %.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

#: Below these, nobody having asked for them, the people at the right and the list at the left make room.
ROOMY: Final = 860
NARROW: Final = 620
#: The least that each can be used with.
LIST: Final = 172
TALK: Final = 240
PEOPLE: Final = 100
SEARCH: Final = 260


class Wish(Struct, frozen=True):
    """What a person has asked for. None: as there is room. ``last``: what was asked for last, "list" or "right"."""

    shows_list: bool | None = None
    shows_people: bool | None = None
    last: str = ""


class Panes(Struct, frozen=True):
    """What is shown. Where there are no messages, the pane beside them covers them until one has chosen."""

    left: bool
    middle: bool
    right: bool


def panes(width: float, wish: Wish, *, searching: bool, has_people: bool) -> Panes:
    """What is shown in a window of that ``width``: what was asked for last goes before the rest."""
    left = width >= NARROW if wish.shows_list is None else wish.shows_list
    people = width >= ROOMY if wish.shows_people is None else wish.shows_people
    right = searching or (people and has_people)
    beside = SEARCH if searching else PEOPLE
    if left and right and width < LIST + TALK + beside:
        left, right = (True, False) if wish.last == "list" else (False, True)
    middle = width >= TALK + (LIST if left else 0) + (beside if right else 0)
    return Panes(left, middle, right)
