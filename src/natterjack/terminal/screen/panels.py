"""What stands around the messages: the list of conversations, the people, the topic, the state of things."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from natterjack.client.model import Channel, Conversation, Model
from natterjack.client.view.order import listed
from natterjack.proto.casemap import fold
from natterjack.terminal.screen.cells import Line, cut, fit, shown, width
from natterjack.terminal.screen.themes import Theme

#: Columns of the lists at the sides, and from which width of the screen on they are there.
LIST: Final = 18
MEMBERS: Final = 16
WIDE: Final = 80
#: The same for the people, where nobody has asked for them.
ROOMY: Final = 100
#: People shown as typing.
_MOST_TYPING: Final = 3


def count_of(conversation: Conversation) -> str:
    """What is unread there: "3", or "3!" where one is spoken to."""
    if not conversation.unread:
        return ""
    many = "999+" if conversation.unread > 999 else str(conversation.unread)
    return f"{many}!" if conversation.mentions else many


def _style(conversation: Conversation, model: Model) -> str:
    if fold(conversation.name) == fold(model.current):
        return "class:current"
    if conversation.mentions:
        return "class:called"
    if conversation.unread:
        return "class:unread"
    gone = isinstance(conversation, Channel) and not conversation.joined
    return "class:dim" if gone else ""


def conversations(model: Model, drafts: set[str], rows: int) -> Line:
    """The list at the left."""
    found = listed(model)
    here = next((place for place, each in enumerate(found) if fold(each.name) == fold(model.current)), 0)
    first = max(0, min(here - rows // 2, len(found) - rows))
    pieces: Line = []
    for number, each in enumerate(found[first : first + rows], first + 1):
        count = count_of(each)
        key = str(number) if number < 10 else " "
        begun = "*" if fold(each.name) in drafts - {fold(model.current)} else ""
        room = LIST - 2 - (len(count) + 1 if count else 0)
        name = fit(cut(shown(each.name), room - len(begun)) + begun, room)
        pieces += [
            ("class:dim", f"{key} "),
            (_style(each, model), f"{name} {count}" if count else name),
        ]
        pieces.append(("", "\n"))
    return pieces[:-1]


def activity(model: Model, columns: int) -> Line:
    """The bar of narrow screens: where one is, and where something is new."""
    pieces: Line = []
    used = 0
    for number, each in enumerate(listed(model), 1):
        here = fold(each.name) == fold(model.current)
        if not (here or each.unread):
            continue
        count = count_of(each)
        text = f"{number} {shown(each.name)}" + (f" {count}" if count else "")
        if used + width(text) > columns:
            text = cut(text, columns - used) if here else ""
        if not text:
            break
        used += width(text) + 2
        pieces += [(_style(each, model), text), ("", "  ")]
    return pieces


def members(conversation: Conversation, model: Model, theme: Theme, rows: int) -> Line:
    """Who is there, by rank and by the alphabet."""
    if not isinstance(conversation, Channel):
        return []
    found = sorted(conversation.members, key=lambda each: (_rank(each.prefixes), fold(each.nick)))
    pieces: Line = []
    more = len(found) - rows
    for member in found[: rows - 1 if more > 0 else rows]:
        person = model.people.get(member.nick)
        away = person is not None and person.away is not None
        own = model.is_me(member.nick)
        style = "class:dim" if away else "class:own" if own else theme.nick(member.nick)
        pieces += [
            ("", member.prefixes[:1] or " "),
            (style, cut(shown(member.nick), MEMBERS - 2)),
            ("", "\n"),
        ]
    if more > 0:
        pieces += [("class:dim", f" and {more + 1} more"), ("", "\n")]
    return pieces[:-1]


def _rank(prefixes: str) -> int:
    place = "~&@%+".find(prefixes[:1]) if prefixes else 5
    return place if place >= 0 else 4


def topic(conversation: Conversation, model: Model, columns: int) -> Line:
    """The line at the top."""
    if not conversation.name:
        return [("class:topic", fit(" natterjack", columns))]
    text = f" {shown(conversation.name)}"
    if isinstance(conversation, Channel):
        if conversation.joined and columns >= WIDE:
            text += f" ({conversation.crowd})"
        text += f"  {shown(conversation.topic)}" if conversation.topic else ""
    else:
        person = model.people.get(conversation.name)
        if person and person.away is not None:
            text += f"  away{f': {shown(person.away)}' if person.away else ''}"
    return [("class:topic", fit(text, columns))]


def status(left: Iterable[str], right: str, columns: int) -> Line:
    """The line above the input: what is given, as far as there is room."""
    text = " " + " · ".join(part for part in left if part)
    room = columns - width(right) - 2
    if room < width(text):
        return [("class:bar", fit(text, columns))]
    return [("class:bar", f"{fit(text, room)} {right} ")]


def typing(conversation: Conversation, now: float) -> str:
    """ "alice is typing" """
    names = [shown(nick) for nick in conversation.typing(now)]
    if not names:
        return ""
    if len(names) > _MOST_TYPING:
        return "several people are typing"
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} typing"


def chosen(found: Sequence[Conversation], place: int, columns: int, rows: int) -> Line:
    """The switcher's list."""
    pieces: Line = []
    first = max(0, min(place - rows // 2, len(found) - rows))
    for number, each in enumerate(found[first : first + rows], first):
        style = "class:panel.chosen" if number == place else "class:panel"
        count = count_of(each)
        pieces += [(style, f" {fit(shown(each.name), columns - 8)} {count:>5} "), ("", "\n")]
    return pieces[:-1] or [("class:dim", " none ")]
