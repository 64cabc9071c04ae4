"""How this server is set up, and the limits that it imposes. One place for each number, with its unit and reason."""

from __future__ import annotations

from msgspec import Struct


class Policy(Struct, frozen=True, kw_only=True):
    """Everything that the core needs to know from the configuration."""

    #: The server's name, as the source of its lines.
    name: str = "natterjack"
    network: str = "Natterjack"
    version: str = ""
    #: What ADMIN says: where, and whom to write to.
    admin: tuple[str, ...] = ("This server has an owner who has said nothing about himself.",)
    motd: tuple[str, ...] = ()
    #: Channels that exist from the start and that everybody joins on arriving.
    lobby: tuple[str, ...] = ("#lobby",)
    access: str = "invite"
    allow_plaintext: bool = False
    trust_loopback: bool = True
    #: Whether there is a store: then accounts are offered, and what must last is shown only after its commit.
    store: bool = False
    #: Whether messages are stored too.
    durable: bool = False
    limits: bool = True

    #: Seconds. Long enough for a phone on a bad link to get through NICK, USER and CAP.
    registration_timeout: float = 30.0
    #: Seconds of silence after which a session is asked for a sign of life, and after which it is given up.
    ping_after: float = 90.0
    drop_after: float = 150.0


#: Nicks that WHOWAS remembers, over all: a few hundred bytes each.
WHOWAS_ENTRIES = 1000
#: Entries that one WHOWAS answers with at most.
WHOWAS_ANSWERS = 10
#: Client certificates that may stand for one account: a few machines, and a new one beside each old one.
CERTIFICATES_PER_ACCOUNT = 5
#: Bytes of a labeled-response label, from its specification.
LABEL_BYTES = 64
#: Lines of WHO or LIST that one request may bring: a full answer of a channel of thousands is asked in parts.
WHO_LINES = 5000
#: Bytes of a word from a client that are shown in a reply: the longest channel name, which leaves room for the text.
SHOWN_BYTES = 256
#: Bytes of an IRC line with CR LF, without tags.
LINE_LIMIT = 512
