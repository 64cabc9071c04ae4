"""What the checks are about: everything that was found out, as plain values. Times are seconds since 1970."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from natterjack.server.config import Config, Trouble

#: ``absent``: the machine has no such address. ``forbidden``: it takes a right that we lack.
PortState = Literal["free", "taken", "forbidden", "absent"]


class Port(Struct, frozen=True):
    """One address to listen on. ``holder`` is the process that has it (0 where it can't be seen), with its name."""

    key: str
    address: str
    port: int
    state: PortState
    holder: int = 0
    name: str = ""


class DataDirectory(Struct, frozen=True):
    """``mode`` are permission bits; ``held`` says whether a server uses it, as process ``holder`` (0: unknown).

    ``obstacles``: what keeps us from using it, each with what to do. ``owner``: whose it is, if it is not ours; if
    ``closed``, part of it or what is above it, is not to be looked into, whose that is.
    """

    path: str
    exists: bool
    obstacles: tuple[tuple[str, str], ...] = ()
    mode: int = 0o700
    owner: str = ""
    closed: str = ""
    held: bool = False
    holder: int = 0


class Certificate(Struct, frozen=True):
    """``error`` says why it can't be read. ``matches``: whether the key belongs to it. ``configured``: not our own."""

    cert: str
    key: str
    has_cert: bool
    has_key: bool
    configured: bool = False
    error: str = ""
    starts: float = 0.0
    ends: float = 0.0
    matches: bool = True
    key_mode: int = 0o600


class Listening(Struct, frozen=True):
    """A socket as it would listen, or does. ``dual``: an IPv6 socket that takes IPv4 too."""

    address: str
    ipv6: bool
    dual: bool


class Reached(Struct, frozen=True):
    """Whether a connection from here to one of this machine's own addresses arrives; None: it was not tried."""

    address: str
    arrives: bool | None


class Database(Struct, frozen=True):
    """``error`` says why it can't be read. ``faults``: what a full check has found; None: it was not asked for.

    ``without_log``: it was not closed, and the log that it had is not there.
    """

    path: str
    size: int = 0
    a_day: float = 0.0
    error: str = ""
    faults: tuple[str, ...] | None = None
    without_log: bool = False


class Facts(Struct, frozen=True):
    """All that was found out. ``troubles`` are the configuration's; ``config`` has defaults in their places.

    ``memory`` is in bytes; 0 where it can't be seen.
    """

    config: Config
    troubles: tuple[Trouble, ...]
    variables: tuple[str, ...]
    now: float
    newest: tuple[str, float] | None
    ports: tuple[Port, ...]
    data: DataDirectory
    certificate: Certificate
    descriptors: int
    memory: int
    disk_free: int
    disk_total: int
    sqlite: str
    forwarders: tuple[str, ...]
    firewalls: tuple[str, ...]
    listening: tuple[Listening, ...]
    reached: tuple[Reached, ...]
    database: Database | None = None  # there is none yet

    def is_ours(self, port: Port) -> bool:
        """Whether the server that uses our data directory has ``port``; told from its process as far as one sees."""
        if port.state != "taken" or not self.data.held:
            return False
        return not port.holder or not self.data.holder or port.holder == self.data.holder
