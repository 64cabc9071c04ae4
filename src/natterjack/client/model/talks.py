"""Which conversations there are, at which of them one looks, and which were put away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from natterjack.client.channels import is_channel
from natterjack.client.model.conversations import Channel, Conversation
from natterjack.client.model.items import Item
from natterjack.proto.casemap import fold

#: Conversations kept with people; beyond that the oldest one without anything unread goes.
_MOST_TALKS: Final = 500
#: Read markers remembered of conversations that have not come up.
_MOST_MARKERS: Final = 1000
#: Talks remembered as put away.
_MOST_CLOSED: Final = 1000


class Talks:
    """``watched``: the person sees what comes in the current conversation, at its end."""

    def __init__(self, most_items: int) -> None:
        """``most_items``: lines kept of each conversation."""
        self.watched = True
        self._all: dict[str, Conversation] = {}
        self._current = ""
        self._most = most_items
        self._markers: dict[str, float] = {}  # of conversations that have not come up yet
        self._closed: dict[str, None] = {}  # folded names of talks that were put away

    # -- reading ---------------------------------------------------------------------------------------------------

    @property
    def all(self) -> list[Conversation]:
        """In the order in which they came up."""
        return list(self._all.values())

    @property
    def current(self) -> str:
        """The name of the one that one looks at, or ``""``."""
        conversation = self._all.get(self._current)
        return conversation.name if conversation else ""

    def find(self, name: str) -> Conversation | None:
        return self._all.get(fold(name))

    def is_closed(self, name: str) -> bool:
        return fold(name) in self._closed

    @property
    def closed(self) -> list[str]:
        """The names of those that were put away, as they are compared."""
        return list(self._closed)

    # -- changing --------------------------------------------------------------------------------------------------

    def open(self, name: str, is_channel: bool) -> Conversation:
        """A new one."""
        if len(self._all) >= _MOST_TALKS:
            for key, old in self._all.items():
                if not isinstance(old, Channel) and not old.unread and key != self._current:
                    del self._all[key]
                    break
        conversation = (Channel if is_channel else Conversation)(name, self._most)
        conversation.marker = self._markers.pop(fold(name), 0.0)
        self._all[fold(name)] = conversation
        return conversation

    def look_at(self, name: str) -> Conversation:
        """Make ``name`` current, opening a talk with somebody new."""
        conversation = self._all.get(fold(name)) or self.open(name, is_channel(name))
        left = self._all.get(self._current)
        if left and left is not conversation:
            left.line_up()
        self._current = fold(name)
        self._closed.pop(fold(name), None)
        return conversation

    def close(self, name: str) -> None:
        """Put the talk with ``name`` away."""
        if len(self._closed) >= _MOST_CLOSED:
            del self._closed[next(iter(self._closed))]
        self._closed[fold(name)] = None
        if self._current == fold(name):
            left = self._all.get(self._current)
            if left:
                left.line_up()
            self._current = ""

    def reopen(self, name: str) -> None:
        """Something was said there."""
        self._closed.pop(fold(name), None)

    def add(
        self,
        conversation: Conversation,
        item: Item,
        *,
        past: bool = False,
        page: int = 0,
        back: bool = False,
    ) -> Iterable[Conversation]:
        """See ``Conversation.add``. The conversation, if it is news there."""
        looking = self.watched and not past and self._all.get(self._current) is conversation
        added = conversation.add(item, looking=looking, past=past, page=page, back=back)
        return (conversation,) if added else ()

    def mark(self, name: str, upto: float) -> Iterable[Conversation]:
        """``name`` has been read up to that time, on another device of ours."""
        conversation = self._all.get(fold(name))
        if conversation is not None:
            moved = conversation.mark_read(upto)
            if moved and self._all.get(self._current) is not conversation:
                conversation.line_up()
            return (conversation,) if moved else ()
        if upto > self._markers.get(fold(name), 0.0) and len(self._markers) < _MOST_MARKERS:
            self._markers[fold(name)] = upto
        return ()

    def rename(self, old: str, new: str) -> Conversation | None:
        """``old`` is called ``new``: the talk with him; None where there is none, or one with another ``new``."""
        before, after = fold(old), fold(new)
        talk = self._all.get(before)
        if talk is None or isinstance(talk, Channel) or (before != after and after in self._all):
            return None
        self._rename(talk, new)
        return talk

    def rename_channel(self, old: str, new: str) -> Channel | None:
        """The channel ``old`` is called ``new``; None where there is none.

        Lines of another one that was called so are lines of this one from now on: the name is all that tells them.
        """
        channel = self._all.get(fold(old))
        if not isinstance(channel, Channel):
            return None
        other = self._all.pop(fold(new), None) if fold(new) != fold(old) else None
        if isinstance(other, Channel):
            channel.take_in(other)
        self._rename(channel, new)
        return channel

    def _rename(self, conversation: Conversation, new: str) -> None:
        before, after = fold(conversation.name), fold(new)
        conversation.name = new
        if before in self._closed:
            del self._closed[before]
            self._closed[after] = None
        elif before != after:
            self._closed.pop(after, None)  # that was a talk with somebody else, which is not here
        self._all = {after if key == before else key: each for key, each in self._all.items()}
        if self._current == before:
            self._current = after
