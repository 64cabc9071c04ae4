"""One line from the server together with what its tags and batches say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from natterjack.client.events import Event
from natterjack.client.session.state import State
from natterjack.client.session.waiting import Waiting
from natterjack.proto.source import Source
from natterjack.wire.message import Message


class Line(Struct, frozen=True):
    """``time`` in seconds since 1970; ``waiting`` is the request that this is, or is part of, the answer to.

    ``history``: it was said before; ``found``: it answers a search.
    """

    message: Message
    source: Source
    time: float
    history: bool
    split: bool
    waiting: Waiting | None
    found: bool = False

    @property
    def ref(self) -> int:
        """The front end's number of the request, 0 where this answers none."""
        return self.waiting.ref if self.waiting else 0

    def param(self, place: int) -> str:
        """The parameter at ``place``, ``""`` where there is none: servers leave some out."""
        params = self.message.params
        return params[place] if place < len(params) else ""

    def last(self) -> str:
        """The last parameter: what a numeric says to people."""
        return self.message.params[-1] if self.message.params else ""


#: What one kind of line means. It may change the state, and answers with what the front end is told.
Handler = Callable[[State, Line], Iterable[Event]]
