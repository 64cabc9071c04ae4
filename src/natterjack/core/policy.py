"""How this server is set up, and the limits that it imposes. One place for each number, with its unit and reason."""

from __future__ import annotations

from math import inf

from msgspec import Struct

from natterjack.proto.joinlink import JoinLink
from natterjack.proto.limits import PASSWORD_LEAST, PASSWORD_USUAL_MOST, Announced


class Limits(Announced, frozen=True, kw_only=True):
    """What one session may, besides what is announced to it. Seconds."""

    #: Long enough for a phone on a bad link to get through NICK, USER and CAP.
    registration: float = 30.0
    #: Latest lines of a channel that are shown on joining, to those who can't ask for them.
    replay: int = 20
    #: For a login from its first AUTHENTICATE to its last; what the server itself takes does not count.
    sasl: float = 20.0
    #: Silence after which a session is asked for a sign of life, and after which it is given up.
    ping_after: float = 90.0
    drop_after: float = 150.0


class Pace(Struct, frozen=True, kw_only=True):
    """How fast a session may go, in tokens; see :mod:`natterjack.core.pace`."""

    #: Tokens that a session can save up, and tokens that it gets a second.
    bucket: float = 10.0
    refill: float = 2.0
    #: What a message takes (and any command that is nothing more), one that changes something, one with long answers.
    message: float = 1.0
    change: float = 2.0
    question: float = 3.0
    #: Tokens that a new session has: what it takes to introduce itself, to log in and to come into its channels (those
    #: that one line names beside the first take as much as a message each), without being slowed.
    introduction: float = 40.0
    #: Tokens that logging in gives, once in this many seconds, for catching up alone: a client that comes back has
    #: channels to join and history to fetch.
    login: float = 300.0
    login_every: float = 60.0
    #: Accounts (folded) whose sessions are not slowed.
    exempt: frozenset[str] = frozenset()


class Sites(Struct, frozen=True, kw_only=True):
    """How many may come from one site; see :mod:`natterjack.core.crowds`."""

    members: int = 256
    guests: int = 32
    #: Those not yet registered.
    newcomers: int = 64
    #: How many times as much a private network may have: a whole house or school stands behind it.
    private_factor: int = 8
    #: Accounts that may be made in an hour.
    new_accounts: int = 5


class Logins(Struct, frozen=True, kw_only=True):
    """How accounts are made and proved; see :mod:`natterjack.core.guard`."""

    #: Wrong passwords in a row for one account that cost nobody time: people mistype. Then seconds until the next for
    #: it, from where they came, is looked at: 1, 2, 4 ...
    account_free: int = 3
    account_delay: float = 60.0
    #: Wrong passwords a minute from one site that cost no time. Then seconds until the next from there: 1, 2, 3 ...
    site_free: int = 3
    site_delay: float = 5.0
    #: Sites, and accounts, of which any of this is remembered: some hundred bytes each.
    remembered: int = 10_000
    #: Bytes of a new password.
    password_least: int = PASSWORD_LEAST
    password_most: int = PASSWORD_USUAL_MOST
    #: Whether an account may be made before coming in, by those who need nothing to come in.
    register_early: bool = False


class FilePolicy(Struct, frozen=True, kw_only=True):
    """Which files may be sent; see :mod:`natterjack.core.files`. Bytes, unless it says otherwise."""

    enabled: bool = True
    #: Whether files get links, by which anybody may fetch them; and where those begin, as far as that is known.
    links: bool = True
    url: str = ""
    most: int = 1 << 30
    #: Of one account; and of the guests of one site.
    quota: int = 5 << 30
    guest_quota: int = 1 << 30
    #: Seconds that a file is kept, and that messages are where a channel has no rule of its own; 0: for ever.
    keep: float = 90 * 86400.0
    keep_messages_for: float = 0.0


class Policy(Struct, frozen=True, kw_only=True):
    """Everything that the core needs to know from the configuration."""

    #: The server's name, as the source of its lines.
    name: str = "natterjack"
    network: str = "Natterjack"
    version: str = ""
    #: The URL of the network's picture, which clients show; ``""``: none.
    icon: str = ""
    #: The value of the capability ``sts``; ``""``: it is not offered; nor is it from ``sts_until`` on (since 1970).
    sts: str = ""
    sts_until: float = inf
    #: What ADMIN says: where, and whom to write to.
    admin: tuple[str, ...] = ("This server has an owner who has said nothing about himself.",)
    motd: tuple[str, ...] = ()
    #: Channels that exist from the start and that everybody joins on arriving.
    lobby: tuple[str, ...] = ("#lobby",)
    #: Who may make a channel by joining it: ``anyone``, ``members`` or ``operators``.
    create: str = "anyone"
    #: What whoever makes a channel and has an account is in it: its ``owner``, or its ``operator``, who may claim it.
    maker: str = "owner"
    #: Seconds after which a channel that nobody belongs to goes with its history; 0: it stays.
    keep_empty: float = 30 * 86400.0
    #: How others come here, without an invite.
    link: JoinLink = JoinLink("localhost")
    access: str = "invite"
    #: Who may make invites over IRC: ``operators``, or all ``members``.
    invites: str = "operators"
    #: User modes that everybody has from the start.
    user_modes: str = ""
    #: What new nicks may be made of: letters of ``any`` script, or ``ascii`` alone.
    nicks: str = "any"
    allow_plaintext: bool = False
    #: Whether private messages with a guest on either side are kept too, until he leaves.
    keep_guests: bool = False
    trust_loopback: bool = True
    #: Whether there is a store: then accounts are offered, and what must last is shown only after its commit.
    store: bool = False
    #: Whether messages are stored too: an echo then means that they are.
    durable: bool = False
    #: Whether there is a history to ask for, be it stored or (not durable) in memory.
    history: bool = False
    #: Whether pace, sites and logins are limited at all.
    limited: bool = True
    limits: Limits = Limits()
    pace: Pace = Pace()
    sites: Sites = Sites()
    logins: Logins = Logins()
    files: FilePolicy = FilePolicy()

    @property
    def takes_files(self) -> bool:
        """Whether files can be sent here."""
        return self.store and self.files.enabled


#: Nicks that WHOWAS remembers, over all: a few hundred bytes each.
WHOWAS_ENTRIES = 1000
#: Entries that one WHOWAS answers with at most.
WHOWAS_ANSWERS = 10
#: Metadata (core/metadata.py). Bytes of a key; values are told of, and fit a line with the longest nicks.
METADATA_KEY_BYTES = 32
METADATA_VALUE_BYTES = 200
#: Keys of one account, guest or channel; keys that a session follows.
METADATA_KEYS = 32
METADATA_SUBSCRIPTIONS = 100
#: Members of a channel whose metadata is shown at once to whoever joins; of a larger one he has to ask for it. And
#: bytes of one answer to that: well within a send queue. For each time so many who are told of a change, whoever has
#: made it waits as long as for a message.
METADATA_MEMBERS = 200
METADATA_BYTES = 512 * 1024
#: Bans and mutes: far more than anybody keeps in order. Masks are tried one by one on everybody who comes: a
#: microsecond or two each, and one that is made to take long some 20.
SANCTIONS = 10_000
SANCTION_MASKS = 200
#: Masks of channels that are looked at for a new nick in the time of a message or so: who has many looked at waits so.
MASKS = 100
#: Entries that one site may put into lists of channels in a day, whoever it is there and whose the channels are. One
#: takes 2.3 KB at most (a letter beyond U+FFFF makes each of a mask take four bytes), 0.5 KB mostly: 23 MB a day. An
#: account may have 100 channels with 300 each, which is 69 MB, and a site makes five accounts an hour.
LISTED_A_DAY = 10_000
#: Invites of one member that are good at a time, and that he makes in a day, where members may make them.
INVITES_PER_MEMBER = 20
#: Rows of a console's answer that are told over IRC: what is more would fill the send queue.
CONSOLE_ROWS = 500
#: Seconds between two names of a channel; and how many names may be shown for one, all sessions together, to those who
#: know no RENAME: to them it is a leaving and a coming, and takes up to 0.5 microseconds a name.
RENAME_EVERY = 60.0
RENAME_NAMES = 100_000
#: Seconds for which who joins a former name of a channel is told the present one: those who were away for a night come
#: into the one in which they were. Meanwhile nobody makes another of that name by joining. How many of one, and of all.
FORMER_FOR = 86_400.0
FORMER_OF_ONE = 4
FORMER_NAMES = 1_000
#: Client certificates that may stand for one account: a few machines, and a new one beside each old one.
CERTIFICATES_PER_ACCOUNT = 5
#: Files in one answer of FILE LIST: a full one is some 40 KB.
FILES_LISTED = 100
#: Bytes that a file takes of its payer's quota, at least: its row, in memory and in the database, and its place on the
#: disk. So nobody has more files than that lets him.
FILE_LEAST = 16 * 1024
#: Tokens for files that a session may have at a time: one for what is under way, and some to come.
FILE_TOKENS = 4
#: Seconds that such a token is good for, from when it was given out, or used last.
FILE_TOKEN_SECONDS = 900.0
#: Accounts whose password, said with a request for a file, need not be derived anew: a quarter of a second each time.
FILE_PASSWORDS = 1000
#: Such passwords of one site that are looked at at a time; a private network may have several times as many. Whoever
#: has one needs it looked at once, for all of his files.
FILE_CHECKS = 4
#: Bytes of a file's name.
FILE_NAME_BYTES = 255
#: Bytes of a labeled-response label, from its specification.
LABEL_BYTES = 64
#: Lines of WHO or LIST that one request may bring: a full answer of a channel of thousands is asked in parts.
WHO_LINES = 5000
#: Conditions that one LIST may have. Each is tried on every channel.
LIST_CONDITIONS = 8
#: Members or channels that are looked at in one turn for such an answer: WHOX with all its fields takes 8 µs for each,
#: a mask 1 µs, and one that is made to take long 12 µs with a channel's name. The more masks, the fewer are looked at.
SLICE = 500
#: Bytes of a word from a client that are shown in a reply: the longest channel name, which leaves room for the text.
SHOWN_BYTES = 256
#: Bytes of the clients' tags of a line that its history keeps: replies and reactions take a quarter of that. With all
#: that a client may send, a page of history would be more than a send queue takes.
KEPT_TAG_BYTES = 256
#: Bytes of an IRC line with CR LF, without tags.
LINE_LIMIT = 512
