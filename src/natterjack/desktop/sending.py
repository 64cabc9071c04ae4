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
from natterjack.client.chatting.faces import Connection
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
    """What is not there of what we said with the request ``ref``. ``why`` it failed, in words.

    ``parts`` are those of its messages that failed, where it went as several.
    """

    ref: int
    text: str
    state: State
    why: str = ""
    target: str = ""
    kind: Kind = Kind.MESSAGE
    reply_to: str = ""
    parts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Tells it from all others that have failed."""
        return f"{self.ref} {fold(self.target)}"


class Sending:
    """Changed by its own methods alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._under_way: dict[int, Pending] = {}
        self._since: dict[int, float] = {}
        self._failed: dict[str, Pending] = {}

    def asked(self, request: Request) -> None:
        """``request`` goes out."""
        if isinstance(request, Say):
            self._since[request.ref] = self._clock()
            self._under_way[request.ref] = Pending(
                request.ref, request.text, State.SENDING, "", request.target, request.kind, request.reply_to
            )

    def heard(self, event: e.Event) -> bool:
        """What became of one. True where it failed: it is shown where it was said, with why.

        What stays in the outbox has not: said again, it would be sent twice, and now as somebody else.
        """
        if not isinstance(event, e.Acked | e.Refused | e.Unanswered):
            return False
        pending = self._under_way.get(event.ref)
        if pending is None:
            return False
        if event.left == 0:
            del self._under_way[event.ref]
            self._since.pop(event.ref, None)
        elif pending.reply_to:
            self._under_way[event.ref] = structs.replace(pending, reply_to="")  # the first of several has it
        if isinstance(event, e.Acked) or (isinstance(event, e.Unanswered) and event.stays):
            return False
        self._fail(pending, event)
        return True

    def _fail(self, pending: Pending, event: e.Refused | e.Unanswered) -> None:
        failed = structs.replace(pending, state=State.FAILED, why=event.text)
        if event.said:
            failed = structs.replace(failed, target=event.target)
            before = self._failed.get(failed.key)
            parts = (*before.parts, event.said) if before else (event.said,)
            reply_to = before.reply_to if before else failed.reply_to
            failed = structs.replace(failed, text="\n".join(parts), parts=parts, reply_to=reply_to)
        self._failed[failed.key] = failed
        while len(self._failed) > _MOST:
            del self._failed[next(iter(self._failed))]

    def rename(self, old: str, new: str) -> None:
        """The conversation ``old`` is called ``new``."""

        def follows(pending: Pending) -> Pending:
            return structs.replace(pending, target=new) if fold(pending.target) == fold(old) else pending

        self._under_way = {ref: follows(each) for ref, each in self._under_way.items()}
        self._failed = {each.key: each for each in map(follows, self._failed.values())}

    def take(self, key: str) -> list[Say]:
        """The failed one of that ``key``, which is not shown any more: what would say it again, without numbers."""
        failed = self._failed.pop(key, None)
        if failed is None:
            return []
        return [
            Say(0, failed.target, text, failed.kind, "" if place else failed.reply_to)
            for place, text in enumerate(failed.parts or (failed.text,))
        ]

    def of(self, conversation: Conversation, *, online: bool = False) -> list[Pending]:
        """What is to be shown at the end of ``conversation``, in the order in which it was said.

        ``online``: nothing waits for a connection; what is not sent yet waits for what was said before it.
        """
        here, now = fold(conversation.name), self._clock()
        waits = set() if online else {each.ref for each in conversation.waiting if not each.sent}
        found = [
            Pending(
                each.ref,
                each.text,
                State.WAITING if each.ref in waits else State.SENDING,
                "",
                conversation.name,
            )
            for each in conversation.waiting
            if each.ref not in self._under_way
        ]
        found += [
            structs.replace(each, state=State.WAITING) if each.ref in waits else each
            for each in self._under_way.values()
            if fold(each.target) == here and now - self._since[each.ref] >= PATIENCE
        ]
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
