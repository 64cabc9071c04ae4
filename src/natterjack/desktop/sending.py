"""What of ours is on its way, and what did not get there: shown below the messages until it is one of them.

No Qt in here: a fold over the requests that go out and the events that come back. Times are in seconds, by a clock that
never jumps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Final

from msgspec import Struct, structs

from natterjack.client import events as e
from natterjack.client.chatting.chat import Connection
from natterjack.client.events import Kind
from natterjack.client.model import Conversation
from natterjack.client.requests import Request, Say
from natterjack.proto.casemap import fold

#: Seconds for which a message is not shown as being sent: most are there by then, and nothing flickers.
PATIENCE: Final = 0.15
#: Failed messages kept; whoever has more of them has seen that it does not work.
_MOST: Final = 100


class State(Enum):
    """``WAITING``: for a connection."""

    SENDING = "sending"
    WAITING = "waiting"
    FAILED = "failed"


class Pending(Struct, frozen=True):
    """A message of ours that is not there. ``why`` it failed, in words."""

    ref: int
    text: str
    state: State
    why: str = ""
    target: str = ""
    kind: Kind = Kind.MESSAGE
    reply_to: str = ""


class Sending:
    """Changed by :meth:`asked` and :meth:`heard` alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._under_way: dict[int, Pending] = {}
        self._since: dict[int, float] = {}
        self._failed: dict[int, Pending] = {}

    def asked(self, request: Request) -> None:
        """``request`` goes out."""
        if isinstance(request, Say):
            self._since[request.ref] = self._clock()
            self._under_way[request.ref] = Pending(
                request.ref, request.text, State.SENDING, "", request.target, request.kind, request.reply_to
            )

    def heard(self, event: e.Event) -> bool:
        """What became of one. True where it failed: it is shown where it was said, with why."""
        if isinstance(event, e.Acked) and event.left == 0:
            self._under_way.pop(event.ref, None)
            self._since.pop(event.ref, None)
        if not isinstance(event, e.Refused | e.Unanswered):
            return False
        lost = self._under_way.get(event.ref)
        if lost is None:
            return False
        if event.left == 0:
            del self._under_way[event.ref]
            self._since.pop(event.ref, None)
        self._failed[event.ref] = structs.replace(lost, state=State.FAILED, why=event.text)
        while len(self._failed) > _MOST:
            del self._failed[next(iter(self._failed))]
        return True

    def take(self, ref: int) -> Pending | None:
        """The failed message ``ref``, which is not shown any more: to be said again, or thrown away."""
        return self._failed.pop(ref, None)

    def of(self, conversation: Conversation) -> list[Pending]:
        """What is to be shown at the end of ``conversation``, in the order in which it was said."""
        here, now = fold(conversation.name), self._clock()
        waiting = {each.ref: each for each in conversation.waiting}
        found = [
            Pending(each.ref, each.text, State.SENDING if each.sent else State.WAITING, "", conversation.name)
            for each in conversation.waiting
            if each.ref not in self._under_way
        ]
        for each in self._under_way.values():
            if fold(each.target) == here and now - self._since[each.ref] >= PATIENCE:
                waits = each.ref in waiting and not waiting[each.ref].sent
                found.append(structs.replace(each, state=State.WAITING) if waits else each)
        found += [each for each in self._failed.values() if fold(each.target) == here]
        return found


class Noted:
    """The driver, with what goes out noted in ``sending``."""

    def __init__(self, connection: Connection, sending: Sending) -> None:
        self.connect: Callable[..., None] = connection.connect
        self.shown = connection.shown
        self.read = connection.read
        self.disconnect: Callable[..., None] = connection.disconnect
        self._send = connection.send
        self._sending = sending

    def send(self, request: Request) -> None:
        self._sending.asked(request)
        self._send(request)
