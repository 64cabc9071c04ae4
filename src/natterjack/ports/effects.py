"""What the core asks the shell to do. The shell performs effects in their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from natterjack.ports.files import FileAnswered, Holdings, Unkept
from natterjack.ports.questions import DeriveKey, NextTurn, ReadQuestion, Reload
from natterjack.ports.records import HistoryRecord, Record


class Send(Struct, frozen=True, gc=False):
    """Queue ``data`` (whole lines) for one session. A session that is gone is passed over."""

    sid: int
    data: bytes


class Deliver(Struct, frozen=True, gc=False):
    """Queue the same bytes object for many sessions, except that those in ``instead`` get their own (or nothing).

    What looks different to some comes in parts, right behind each other, of which no two are for the same session;
    ``part`` counts them from 0.
    """

    to: tuple[int, ...]
    data: bytes
    instead: Mapping[int, bytes] | None = None
    part: int = 0


class Close(Struct, frozen=True, gc=False):
    """Send what is queued, then close. The shell answers with no :class:`~natterjack.ports.events.Closed`."""

    sid: int


class Commit(Struct, frozen=True):
    """Store ``records`` as a whole, after all batches before; the answer is
    :class:`~natterjack.ports.events.Committed` or :class:`~natterjack.ports.events.Refused`.

    Once a batch was refused, none is stored that was made before the core heard of that: they would get ahead of what
    is owed. ``heard`` is the last batch of which the core knows that it was refused.
    """

    batch: int
    records: tuple[Record, ...]
    heard: int = 0


class Remember(Struct, frozen=True):
    """Keep ``records`` for the history in memory: durability ``none``."""

    records: tuple[HistoryRecord, ...]


class Ask(Struct, frozen=True, gc=False):
    """Find out ``question`` without holding the loop, and answer with :class:`~natterjack.ports.events.Answered`."""

    ask: int
    question: DeriveKey | NextTurn | Reload | ReadQuestion


class Pause(Struct, frozen=True, gc=False):
    """Read nothing from the session for now; with ``paused`` False, go on."""

    sid: int
    paused: bool


class Hold(Struct, frozen=True, gc=False):
    """Send nothing more to the session until its :class:`Release`; what is queued for it meanwhile waits."""

    sid: int


class Release(Struct, frozen=True, gc=False):
    """Put ``data`` before what was queued for the session since its :class:`Hold`, and send it all."""

    sid: int
    data: bytes


class ConsoleReply(Struct, frozen=True):
    """The answer to a :class:`~natterjack.ports.events.ConsoleRequest`.

    ``rows`` are records of one shape each (their keys are column heads); ``text`` is a sentence; ``ok`` is False
    where the verb was not carried out, and ``text`` says why.
    """

    request: int
    ok: bool
    text: str = ""
    rows: tuple[dict[str, Any], ...] = ()


class Happened(Struct, frozen=True, gc=False, omit_defaults=True):
    """Something that the operator may want to see as it happens, in words and for programs (what is empty left out)."""

    event: str
    text: str
    nick: str = ""
    channel: str = ""
    ip: str = ""
    port: int = 0


class Mishap(Struct, frozen=True, gc=False):
    """An error of ours, which ended one session, or one request over HTTP, and nothing else.

    ``what`` says whose, and in what.
    """

    what: str
    error: Exception


Effect: TypeAlias = (
    Send
    | Deliver
    | Close
    | Commit
    | Remember
    | Ask
    | Pause
    | Hold
    | Release
    | ConsoleReply
    | Happened
    | Mishap
    | FileAnswered
    | Holdings
    | Unkept
)
