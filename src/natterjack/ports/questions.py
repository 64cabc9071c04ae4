"""What a handler may have to wait for: asked by the core, answered by the shell, and only that session waits."""

from __future__ import annotations

from msgspec import Struct


class DeriveKey(Struct, frozen=True, gc=False):
    """PBKDF2 with SHA-256 of ``password`` (bytes as prepared by SASLprep). The answer is 32 bytes."""

    password: bytes
    salt: bytes
    rounds: int


class Delay(Struct, frozen=True, gc=False):
    """Let so many seconds pass; the core answers this itself, with nothing, up to a second late."""

    seconds: float


class Bound(Struct, frozen=True, gc=False):
    """A place in a conversation that is itself not meant: a line's ``id``, or a ``time`` (milliseconds since 1970)."""

    id: int = 0
    time: int = 0


class StoredLine(Struct, frozen=True, gc=False):
    """A line of the history; the members are those of :class:`~natterjack.ports.records.LineRecord`."""

    id: int
    conversation: int
    time: int
    body: str
    account: str
    tags: str


class Page(Struct, frozen=True, gc=False):
    """Lines in their order. ``known`` is False where a bound names a line that the conversation does not have (any
    more), and then there are none; ``complete`` is False where time ran out before all was looked through."""

    lines: tuple[StoredLine, ...] = ()
    known: bool = True
    complete: bool = True


class ReadHistory(Struct, frozen=True, gc=False):
    """The oldest ``limit`` lines above ``lower`` (``forward``), or the newest below ``upper``. Answer: a :class:`Page`.

    Both bounds hold. Without ``events`` only PRIVMSG and NOTICE count.
    """

    conversation: int
    lower: Bound | None
    upper: Bound | None
    forward: bool
    limit: int
    events: bool


class FindLine(Struct, frozen=True, gc=False):
    """One line, be it message or event. Answer: a :class:`StoredLine` or None."""

    conversation: int
    id: int


class Cid(Struct, frozen=True, gc=False):
    """What was stored under a client message id."""

    id: int
    digest: int


class FindCid(Struct, frozen=True, gc=False):
    """What ``sender`` (a folded account, ``""`` for guests) has stored under ``cid``: a :class:`Cid` or None."""

    sender: str
    cid: str


class Target(Struct, frozen=True, gc=False):
    """A conversation with the time of its latest message; ``other`` is the folded other account, ``""`` in channels."""

    conversation: int
    other: str
    time: int


class ReadTargets(Struct, frozen=True, gc=False):
    """Those of ``conversations`` and of the account's with others whose latest message lies between the two times.

    Answer: a tuple of :class:`Target`, oldest first, ``limit`` at most.
    """

    conversations: tuple[int, ...]
    account: str
    after: int
    before: int
    limit: int


class Search(Struct, frozen=True, gc=False):
    """The newest ``limit`` messages of ``conversations`` with all words of ``text`` in them. Answer: a :class:`Page`.

    ``after`` and ``before`` are times, 0 for none; ``nick`` is the sender's, ``""`` for anybody's.
    """

    conversations: tuple[int, ...]
    text: str
    after: int
    before: int
    nick: str
    limit: int


#: What the history is asked.
Read = ReadHistory | FindLine | FindCid | ReadTargets | Search
#: What the shell is asked; a delay is the core's own affair.
Asked = DeriveKey | Read
Question = Asked | Delay
Answer = bytes | Page | StoredLine | Cid | tuple[Target, ...] | None
