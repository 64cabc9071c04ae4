"""What a handler may have to wait for: asked by the core, answered by the shell, and only that session waits."""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import Struct

from natterjack.ports.records import Record


class DeriveKey(Struct, frozen=True, gc=False):
    """PBKDF2 with SHA-256 of ``password`` (bytes as prepared by SASLprep). The answer is 32 bytes."""

    password: bytes
    salt: bytes
    rounds: int


class Delay(Struct, frozen=True, gc=False):
    """Let so many seconds pass; the core answers this itself, with nothing, up to a second late."""

    seconds: float


class NextTurn(Struct, frozen=True, gc=False):
    """Let everybody else have a turn: an answer that is long goes on after it. The shell answers this, with nothing."""


class Stored(Struct, frozen=True):
    """Store ``records``; the answer is whether they are. If not, nothing of them is, and they are not tried again.

    The core answers this itself. The answer is heard even where whoever asked has gone meanwhile.
    """

    records: tuple[Record, ...]


class Reload(Struct, frozen=True, gc=False):
    """Read the configuration again, as SIGHUP does. The answer is a :class:`Reloaded`."""


class Reloaded(Struct, frozen=True, gc=False):
    """What came of it: whether the new one holds now, and in words what has changed, or what is wrong with it."""

    done: bool
    text: str


#: A time (milliseconds) above all that any line has, whatever the clock was when it was said.
LATE: Final = 1 << 62


class Bound(Struct, frozen=True, gc=False):
    """A line's ``id``, or a ``time`` in milliseconds since 1970: one of the two. The line itself is outside."""

    id: int = 0
    time: int = 0


class ReadHistory(Struct, frozen=True, gc=False):
    """A page of a conversation: the lines between the bounds (None: no bound), messages alone or ``events`` too.

    Of those the first ``limit`` if ``forward``, else the last; lines that were taken back, which have no body any more,
    are none of them: a page that is not full is the last one. Nor are those with an id up to ``since``. The answer is a
    :class:`Page`.
    """

    conversation: int
    lower: Bound | None
    upper: Bound | None
    forward: bool
    limit: int
    events: bool
    since: int = 0


class FindLine(Struct, frozen=True, gc=False):
    """One message or event. The answer is a :class:`StoredLine`, whose body is ``""`` if it was redacted, or None."""

    conversation: int
    id: int


class FindCid(Struct, frozen=True, gc=False):
    """What a client message id of ``sender`` (folded account, ``""`` for a guest) became: :class:`Cid`, or None."""

    sender: str
    cid: str


class ReadTargets(Struct, frozen=True, gc=False):
    """Which of ``conversations``, and of those that ``account`` (folded) has with others, were written in last
    between two times (milliseconds, exclusive).

    The answer is the ``limit`` that have been silent longest (``latest``: shortest), those silent longest first, each
    as conversation, the other account (folded; ``""`` for one of ``conversations``), and the time of its latest
    message. ``since``: for each of ``conversations``, the id up to which there is nothing in it; empty: all of each
    counts.
    """

    conversations: tuple[int, ...]
    account: str
    after: int
    before: int
    limit: int
    since: tuple[int, ...] = ()
    latest: bool = False


class Search(Struct, frozen=True, gc=False):
    """The last ``limit`` messages that contain every word of ``text``, anywhere in a word and however written.

    ``after`` and ``before`` are times (milliseconds, exclusive; 0: no bound); ``account`` (folded) is whose messages
    they are, ``""``: anybody's; ``since`` as for :class:`ReadTargets`. The answer is a :class:`Page`.
    """

    conversations: tuple[int, ...]
    text: str
    after: int
    before: int
    account: str
    limit: int
    since: tuple[int, ...] = ()


class StoredLine(Struct, frozen=True, gc=False):
    """A line as history has it; its members are those of :class:`~natterjack.ports.records.LineRecord`."""

    id: int
    conversation: int
    time: int
    body: str
    account: str
    tags: str


class Page(Struct, frozen=True, gc=False):
    """Lines in ascending order of id.

    ``known`` is False where a bound is the id of a line that the conversation does not have (any more): then nothing
    was read. ``complete`` is False where a search took too long and was given up: then there may be more.
    """

    lines: tuple[StoredLine, ...]
    known: bool = True
    complete: bool = True


class Cid(Struct, frozen=True, gc=False):
    """As in :class:`~natterjack.ports.records.CidRecord`."""

    id: int
    digest: int


class ReadFailed(Struct, frozen=True, gc=False):
    """The answer to a question that the store could not answer: ``why`` is for the log, and for nobody else."""

    why: str


ReadQuestion: TypeAlias = ReadHistory | FindLine | FindCid | ReadTargets | Search
Question: TypeAlias = DeriveKey | Delay | NextTurn | Stored | Reload | ReadQuestion
#: An answer of :class:`ReadTargets`.
Targets: TypeAlias = tuple[tuple[int, str, int], ...]
ReadAnswer: TypeAlias = Page | StoredLine | Cid | Targets | ReadFailed | None
Answer: TypeAlias = bytes | bool | Reloaded | ReadAnswer
