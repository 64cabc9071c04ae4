"""What must last: the rows that the store is asked to commit."""

from __future__ import annotations

from msgspec import Struct


class LineRecord(Struct, frozen=True, gc=False):
    """A line that has a place in history, as it was shown.

    ``id`` is its place in the one order of all lines: whoever stores lines hands them over in growing order. A
    message has one conversation, an event may have several (QUIT, NICK). ``time`` in milliseconds since 1970;
    ``message`` is True for PRIVMSG and NOTICE, False for events; ``body`` is the whole line without tags and CR LF;
    ``account`` is ``""`` for a guest; ``tags`` the further tags as they stand on the wire, joined by ``;``.
    """

    id: int
    conversations: tuple[int, ...]
    time: int
    message: bool
    body: str
    account: str
    tags: str


class CidRecord(Struct, frozen=True, gc=False):
    """The client message id ``cid`` of ``sender`` (the folded account, ``""`` for a guest) became the line ``id``.

    A batch with a pair of sender and cid that is stored already is refused as a whole. ``digest`` (64 bits, signed) is
    of what was said. Outlives its message.
    """

    sender: str
    cid: str
    id: int
    digest: int


class RedactRecord(Struct, frozen=True, gc=False):
    """The line ``id`` reads ``body``, with ``tags``, from now on: edited or, where that is ``""``, redacted.

    What is redacted stays so, whatever comes later.
    """

    conversation: int
    id: int
    body: str
    tags: str


class MarkRecord(Struct, frozen=True, gc=False):
    """How far ``account`` has read in ``target`` (both folded): milliseconds since 1970.

    0: that is not kept any more.
    """

    account: str
    target: str
    time: int


class PairRecord(Struct, frozen=True, gc=False):
    """Two accounts (folded) have written to each other. Stored in both directions; again is harmless."""

    account: str
    other: str
    conversation: int


class RunRecord(Struct, frozen=True, gc=False):
    """A run of the server, whose first line has the id ``first``; see :mod:`natterjack.proto.msgids`."""

    first: int
    seed: str


class KeepRecord(Struct, frozen=True, gc=False):
    """How long one conversation is kept, and how many messages of it; 0: no limit of that kind.

    Both 0: as the default says.
    """

    conversation: int
    seconds: int
    rows: int


class ForgetRecord(Struct, frozen=True, gc=False):
    """All of ``conversation`` is deleted, by and by; nobody may ask for it any more."""

    conversation: int


class AccountRecord(Struct, frozen=True):
    """An account as it is from now on. ``created`` in seconds since 1970; the keys as in ``proto.scram.Verifier``.

    ``operator``: whoever is logged in to it is an operator of the server. ``alone``: a nick of it takes one session at
    a time. ``stays``: under its own name it is seen in its channels even while it has no session.
    """

    name: str
    created: float
    rounds: int
    salt: bytes
    stored_key: bytes
    server_key: bytes
    revoked: bool = False
    operator: bool = False
    alone: bool = False
    stays: bool = False


class InviteRecord(Struct, frozen=True):
    """An invite as it is from now on. Times in seconds since 1970; ``expires`` 0: never; ``uses_left`` -1: no limit."""

    code: str
    created: float
    by: str
    uses_left: int = -1
    expires: float = 0.0
    channel: str = ""
    revoked: bool = False


class MaskRecord(Struct, frozen=True):
    """An entry of one of a channel's lists (``b``, ``e``, ``I``); ``time`` in seconds since 1970.

    So is ``until``, when it ends; 0: it does not. Then it was meant to last for ``seconds``.
    """

    letter: str
    mask: str
    by: str
    time: float
    until: float = 0.0
    seconds: int = 0
    reason: str = ""


class ChannelRecord(Struct, frozen=True):
    """A lasting channel's settings as they are from now on. Times in seconds since 1970.

    ``limit`` 0: none; ``slow``: seconds between two messages of one, 0: none.
    """

    name: str
    created: float
    flags: str
    key: str
    limit: int
    slow: int
    topic: str
    topic_by: str
    topic_time: float
    #: The number under which its history is kept, whatever it is called; 0: it has none yet.
    conversation: int = 0
    masks: tuple[MaskRecord, ...] = ()
    #: The channel that those are led to who can't come in; ``""``: none.
    forward: str = ""


class ChannelGoneRecord(Struct, frozen=True):
    """The channel lasts no longer; nor do its seats, and the markers in it."""

    name: str


class ChannelRenamedRecord(Struct, frozen=True):
    """The channel ``old`` is called ``new`` from now on, with its seats and the markers in it.

    What was known of a former channel of that name, which is gone, is forgotten.
    """

    old: str
    new: str


class SeatRecord(Struct, frozen=True):
    """What an account is to a channel from now on: its rank bits, and whether it belongs to it.

    ``since`` is the id of the last line before it did.
    """

    channel: str
    account: str
    ranks: int
    member: bool
    since: int = 0


class SanctionRecord(Struct, frozen=True):
    """Whom the server keeps out (``kind`` is ``ban``) or silent (``mute``) from now on.

    ``target`` is an account, an address, a network, or a mask ``nick!user@host``; times in seconds since 1970,
    ``until`` 0: for good.
    """

    kind: str
    target: str
    by: str
    since: float
    until: float
    reason: str


class SanctionGoneRecord(Struct, frozen=True):
    """It is over."""

    kind: str
    target: str


class LockRecord(Struct, frozen=True):
    """From now on only those with an account come in and speak; ``since`` in seconds since 1970."""

    text: str
    by: str
    since: float


class LockGoneRecord(Struct, frozen=True):
    """Guests may come in and speak again."""


class CertificateRecord(Struct, frozen=True):
    """Whoever has the certificate with this fingerprint is ``account``. ``added`` in seconds since 1970."""

    fingerprint: str
    account: str
    added: float


class CertificateGoneRecord(Struct, frozen=True):
    """The certificate with this fingerprint is nobody's any more."""

    fingerprint: str


class FileRecord(Struct, frozen=True):
    """A file as it is from now on. ``id`` is its upload's; ``created`` in seconds since 1970.

    ``conversation`` is in which it was sent: 0: in none, it is for its uploader alone; ``line`` the id of the message
    that announces it there, 0: there is none. ``account`` is its uploader's, ``""``: a guest's, ``nick`` what he was
    called, ``target`` to whom he sent it; ``payer`` is who is charged for it: a folded account, or a guest's site.
    ``key`` is the secret part of its link, ``""``: there is none.
    """

    id: str
    conversation: int
    line: int
    account: str
    nick: str
    target: str
    payer: str
    name: str
    type: str
    size: int
    sha256: str
    created: float
    key: str


class FileGoneRecord(Struct, frozen=True):
    """The file ``id`` is there no more."""

    id: str


class AuditRecord(Struct, frozen=True):
    """Who did what: kept for the operator, never changed. ``by`` is an account, a nick with address, or ``console``."""

    time: float
    by: str
    verb: str
    about: str


class MetadataRecord(Struct, frozen=True):
    """What is said of an account (folded) or, where that is ``""``, of the channel with this ``conversation``: that
    ``key`` is ``value`` from now on."""

    account: str
    conversation: int
    key: str
    value: str


class MetadataGoneRecord(Struct, frozen=True):
    """The same: ``key`` is not set any more."""

    account: str
    conversation: int
    key: str


class RoomRecord(Struct, frozen=True):
    """Nothing that must last: it is stored if there is room for a good deal of it, which is all that it tells."""


#: What the history consists of.
HistoryRecord = LineRecord | CidRecord | RedactRecord | PairRecord | KeepRecord | ForgetRecord
Record = (
    HistoryRecord
    | MarkRecord
    | RunRecord
    | AccountRecord
    | InviteRecord
    | ChannelRecord
    | ChannelGoneRecord
    | ChannelRenamedRecord
    | SeatRecord
    | SanctionRecord
    | SanctionGoneRecord
    | LockRecord
    | LockGoneRecord
    | CertificateRecord
    | CertificateGoneRecord
    | FileRecord
    | FileGoneRecord
    | AuditRecord
    | MetadataRecord
    | MetadataGoneRecord
    | RoomRecord
)


class FormerName(Struct, frozen=True):
    """The channel whose history has the number ``conversation`` was called ``name`` until ``time``, since 1970."""

    conversation: int
    name: str
    time: float


class Snapshot(Struct, frozen=True):
    """What the store had when the server started. ``secret`` is 32 random bytes that never change.

    ``last_id`` is the greatest id that may have been used; ``keeps`` are those that differ from the default.
    """

    secret: bytes
    accounts: tuple[AccountRecord, ...] = ()
    invites: tuple[InviteRecord, ...] = ()
    channels: tuple[ChannelRecord, ...] = ()
    seats: tuple[SeatRecord, ...] = ()
    audit: tuple[AuditRecord, ...] = ()
    sanctions: tuple[SanctionRecord, ...] = ()
    lock: LockRecord | None = None
    certificates: tuple[CertificateRecord, ...] = ()
    last_id: int = 0
    runs: tuple[RunRecord, ...] = ()
    marks: tuple[MarkRecord, ...] = ()
    keeps: tuple[KeepRecord, ...] = ()
    #: The oldest first.
    files: tuple[FileRecord, ...] = ()
    metadata: tuple[MetadataRecord, ...] = ()
    #: Of late, the oldest first.
    former: tuple[FormerName, ...] = ()
