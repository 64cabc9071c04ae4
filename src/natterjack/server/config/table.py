"""The table of all settings: everything else about them is derived from it.

A setting is a field of a section with a :class:`Key`; its name, type and default are the field's. To add one, add a
field. Loading, the environment, the options, all checks, ``config show`` and docs/configuration.md follow. The sections
of limits are in :mod:`.bounds`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

from msgspec import NODEFAULT, Struct, field

from natterjack.server.config import texts
from natterjack.server.config.bounds import (
    FilesSection,
    LimitsSection,
    LoginsSection,
    PaceSection,
    SitesSection,
)
from natterjack.server.config.key import Key
from natterjack.server.config.kinds import Choice, Duration, Many, Text, Whole, YesNo

Access = Literal["invite", "open", "accounts"]
Create = Literal["anyone", "members", "operators"]
Inviters = Literal["operators", "members"]
Maker = Literal["owner", "operator"]
Nicks = Literal["any", "ascii"]
Durability = Literal["power", "process", "none"]
LogLevel = Literal["debug", "info", "warning", "error"]

PREFIX = "NATTERJACK_"
_PORT = "a port from {} to 65535 ({})"


class ServerSection(Struct, frozen=True):
    """What the server says of itself."""

    name: Annotated[
        str,
        Key(
            Text("a name like chat.example.org", texts.server_name),
            "The server's name on the wire, the source of its own lines.",
            option="--name",
            metavar="NAME",
        ),
    ] = "natterjack"
    network: Annotated[
        str, Key(Text("one line of text", texts.line), "The network's name, which clients show.")
    ] = "Natterjack"
    icon: Annotated[
        str,
        Key(
            Text("the URL of a picture", texts.url),
            "Where the network's picture is, for clients that show one; empty: there is none.",
            live=True,
        ),
    ] = ""
    motd: Annotated[
        str,
        Key(Text("text of any lines", texts.motd), "The message of the day, shown on arriving.", live=True),
    ] = ""
    admin: Annotated[
        tuple[str, ...],
        Key(
            Many(Text("one line of text", texts.line), 3),
            "What ADMIN says: where the server is, and whom to write to.",
            live=True,
        ),
    ] = ("The owner of this server has not said who he is.",)


class ListenSection(Struct, frozen=True):
    """Where it listens."""

    host: Annotated[
        tuple[str, ...],
        Key(
            Many(Text("addresses", texts.host), 64),
            "Listen on these addresses of this machine; none given: on all.",
            option="--host",
            help="listen on this address (repeatable; default: all)",
            metavar="ADDRESS",
            repeats=True,
        ),
    ] = ()
    port: Annotated[
        int,
        Key(
            Whole(0, 65535, _PORT.format(0, "0 takes a free one")),
            "The one port for everything; 0 takes a free one.",
            option="--port",
            metavar="N",
        ),
    ] = 7667
    irc_port: Annotated[
        int,
        Key(
            Whole(0, 65535, _PORT.format(0, "0 for none")),
            "A further port that speaks IRC only; 0 for none.",
            option="--irc-port",
            metavar="N",
        ),
    ] = 0


class AccessSection(Struct, frozen=True):
    """Who may come in."""

    mode: Annotated[
        Access,
        Key(
            Choice(get_args(Access)),
            "Who may come in from other machines: those with an invite or an account, or all; accounts: as with"
            " invite, and from this machine nobody else either.",
            live=True,
            option="--access",
        ),
    ] = "invite"
    allow_plaintext: Annotated[
        bool,
        Key(
            YesNo(),
            "Whether other machines may come in without TLS.",
            live=True,
            option="--allow-plaintext",
            help="let other machines in without TLS",
            sets=True,
        ),
    ] = False
    trust_loopback: Annotated[
        bool,
        Key(
            YesNo(),
            "Whether programs on this machine need neither TLS nor a password; say no behind a proxy that is not "
            "in access.proxies.",
            live=True,
            option="--trust-loopback",
            help="whether programs on this machine need neither TLS nor a password (default yes)",
            metavar="yes|no",
        ),
    ] = True
    invites: Annotated[
        Inviters,
        Key(
            Choice(get_args(Inviters)),
            "Who may make invites over IRC: operators of the server, or all members, who have an account.",
            live=True,
        ),
    ] = "operators"
    user_modes: Annotated[
        str,
        Key(
            Text("some of the letters RTi", texts.user_modes),
            "User modes that everybody has from the start and may take off: i hides who is in no channel with whoever "
            "asks, R takes private messages of those with an account alone, T takes no CTCP.",
            live=True,
        ),
    ] = ""
    nicks: Annotated[
        Nicks,
        Key(
            Choice(get_args(Nicks)),
            "What new nicks may be made of: letters of any one script, or ASCII alone (accounts keep their names).",
            live=True,
        ),
    ] = "any"
    proxies: Annotated[
        tuple[str, ...],
        Key(
            Many(Text("addresses and networks", texts.network), 64),
            "Proxies that are believed when they tell whose connection they pass on.",
            live=True,
        ),
    ] = ()
    proxy_heads: Annotated[
        bool,
        Key(
            YesNo(),
            "Whether whatever comes from one of those has to begin with a head of the PROXY protocol; say no where one "
            "of them speaks HTTP to us.",
            live=True,
        ),
    ] = False


class TlsSection(Struct, frozen=True):
    """The certificates."""

    cert: Annotated[
        str,
        Key(
            Text("a file", texts.path),
            "A certificate (PEM) from an authority, with those between behind it; empty: one of our own is made.",
            live=True,
        ),
    ] = ""
    key: Annotated[
        str,
        Key(Text("a file", texts.path), "The private key (PEM, without a password) of tls.cert.", live=True),
    ] = ""
    sts: Annotated[
        int,
        Key(
            Duration(0, 315_360_000),
            "For how long clients are to remember that this server is reached by TLS alone (the capability sts), told "
            "only while tls.cert is good for server.name in their eyes; 0: they are not told.",
            live=True,
        ),
    ] = 0
    client_certificates: Annotated[
        bool,
        Key(
            YesNo(),
            "Whether clients are asked for a certificate of their own, to log in with (SASL EXTERNAL).",
            live=True,
        ),
    ] = True


class WebSection(Struct, frozen=True):
    """What web pages may."""

    origins: Annotated[
        tuple[str, ...],
        Key(
            Many(Text("origins of web pages, such as https://chat.example.org", texts.origin), 64),
            "Web pages from elsewhere that may speak IRC here, over WebSocket; those that come from this very address "
            "may anyway.",
            live=True,
        ),
    ] = ()


class MetricsSection(Struct, frozen=True):
    """Figures at ``/metrics``, which this machine may always read."""

    token: Annotated[
        str,
        Key(
            Text("16 to 256 letters, digits and signs", texts.token),
            "Whoever shows it as Bearer token may read the figures from other machines; empty: nobody.",
            live=True,
            secret=True,
        ),
    ] = ""


class StorageSection(Struct, frozen=True):
    """What lasts."""

    data_dir: Annotated[
        str,
        Key(
            Text("a directory", texts.path),
            "Where everything lasting is kept, best by its whole path, since any other counts from where the command "
            "is run; empty: natterjack in the user's data directory.",
            option="--data-dir",
            help="where everything lasting is kept",
            metavar="DIR",
        ),
    ] = ""
    durability: Annotated[
        Durability,
        Key(
            Choice(get_args(Durability)),
            "What an acknowledged message survives: a power cut, the process being killed, or nothing.",
            option="--durability",
        ),
    ] = "power"
    keep_for: Annotated[
        int,
        Key(
            Duration(0, 3_153_600_000),
            "How long messages are kept, where a channel has no rule of its own; 0: for ever.",
        ),
    ] = 0
    keep_guests: Annotated[
        bool,
        Key(
            YesNo(),
            "Whether private messages with a guest are kept too, for the other devices of whom he talks to, until he "
            "leaves (or, where the server is killed meanwhile, as long as others).",
            live=True,
        ),
    ] = False
    keep_messages: Annotated[
        int,
        Key(Whole(0, 1_000_000_000), "How many of the latest messages of a channel are kept; 0: all."),
    ] = 0


class ChannelsSection(Struct, frozen=True):
    """Channels of the server's own, and who may make others."""

    lobby: Annotated[
        tuple[str, ...],
        Key(
            Many(Text("channel names", texts.channel), 10),
            "The channels that exist from the start and that everybody joins; an empty list for none.",
            option="--lobby",
            help="the channels that everybody joins, parted by commas (default #lobby; '': none)",
            metavar="NAME",
        ),
    ] = ("#lobby",)
    create: Annotated[
        Create,
        Key(
            Choice(get_args(Create)),
            "Who may make a channel by joining it: anyone, members (those logged in), or operators of the server.",
            live=True,
        ),
    ] = "anyone"
    maker: Annotated[
        Maker,
        Key(
            Choice(get_args(Maker)),
            "What whoever makes a channel, and has an account, is in it: its owner, or an operator who becomes its "
            "owner by ChanServ REGISTER.",
            live=True,
        ),
    ] = "owner"
    keep_empty: Annotated[
        int,
        Key(
            Duration(0, 3_153_600_000),
            "A channel that nobody is in, and no account belongs to, goes with its history once nothing was said "
            "there for so long; 0: it stays.",
            live=True,
        ),
    ] = 30 * 86400


class ConsoleSection(Struct, frozen=True):
    """The operator's way in."""

    enabled: Annotated[
        bool,
        Key(
            YesNo(),
            "Whether there is a socket for natterjack console, and verbs can be typed into serve.",
            option="--no-console",
            help="no console, neither typed nor on a socket",
            sets=False,
        ),
    ] = True


class LogSection(Struct, frozen=True):
    """What goes to standard error."""

    level: Annotated[
        LogLevel,
        Key(
            Choice(get_args(LogLevel)),
            "How much is logged.",
            live=True,
            option="--log-level",
        ),
    ] = "info"


class Config(Struct, frozen=True):
    """All sections, in the order in which they are shown."""

    server: ServerSection = field(default_factory=ServerSection)
    listen: ListenSection = field(default_factory=ListenSection)
    access: AccessSection = field(default_factory=AccessSection)
    tls: TlsSection = field(default_factory=TlsSection)
    storage: StorageSection = field(default_factory=StorageSection)
    channels: ChannelsSection = field(default_factory=ChannelsSection)
    files: FilesSection = field(default_factory=FilesSection)
    limits: LimitsSection = field(default_factory=LimitsSection)
    pace: PaceSection = field(default_factory=PaceSection)
    sites: SitesSection = field(default_factory=SitesSection)
    logins: LoginsSection = field(default_factory=LoginsSection)
    console: ConsoleSection = field(default_factory=ConsoleSection)
    log: LogSection = field(default_factory=LogSection)
    web: WebSection = field(default_factory=WebSection)
    metrics: MetricsSection = field(default_factory=MetricsSection)

    @property
    def data_dir(self) -> Path:
        """Where everything lasting is."""
        if self.storage.data_dir:
            return Path(self.storage.data_dir).expanduser()
        base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
        return Path(base).expanduser() / "natterjack"

    def get(self, row: Row) -> Any:
        """The value of one setting."""
        return getattr(getattr(self, row.section), row.key)


class Row(Struct, frozen=True):
    """One setting of the table."""

    section: str
    key: str
    default: Any
    spec: Key

    @property
    def name(self) -> str:
        """``section.key``, as errors call it."""
        return f"{self.section}.{self.key}"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"{PREFIX}{self.section}__{self.key}".upper()


#: section -> its class
SECTIONS: Mapping[str, Any] = get_type_hints(Config)


def _rows() -> dict[tuple[str, str], Row]:
    found = {}
    for section, struct in SECTIONS.items():
        hints = get_type_hints(struct, include_extras=True)
        for key, default in zip(struct.__struct_fields__, struct.__struct_defaults__, strict=True):
            _, spec = get_args(hints[key])
            assert default is not NODEFAULT, key
            found[section, key] = Row(section, key, default, spec)
    return found


#: (section, key) -> setting, in order
ROWS = _rows()


def build(values: Mapping[tuple[str, str], Any]) -> Config:
    """A configuration with ``values`` (checked ones), and defaults for the rest."""
    sections: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for (section, key), value in values.items():
        sections[section][key] = value
    return Config(**{section: SECTIONS[section](**keys) for section, keys in sections.items()})
