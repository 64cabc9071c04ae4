"""The configuration: option, else environment, else TOML file, else default.

One table (:class:`Config`) says which keys there are, of which type, and what they are by default. An environment
variable is ``NATTERJACK_SECTION__KEY``. Lists are comma-separated outside TOML. Every error names its key, what is
wrong with it and what would be right.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import Struct, field

from natterjack.exits import BAD_CONFIG, CommandError
from natterjack.proto.names import check_channel

Access = Literal["invite", "open", "accounts"]
Durability = Literal["power", "process", "none"]
LogLevel = Literal["debug", "info", "warning", "error"]

PREFIX = "NATTERJACK_"
#: Bytes of a text that shares a line with others.
_TEXT_BYTES = 100
_SERVER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}")


class ServerSection(Struct, forbid_unknown_fields=True):
    """``name`` is the source of the server's lines; ``motd`` the message of the day, line by line."""

    name: str = "natterjack"
    network: str = "Natterjack"
    motd: str = ""
    admin: list[str] = field(default_factory=lambda: ["The owner of this server has not said who he is."])


class ListenSection(Struct, forbid_unknown_fields=True):
    """No hosts: all addresses. Port 0: a free one. ``irc_port`` 0: no further listener."""

    host: list[str] = field(default_factory=list)
    port: int = 7667
    irc_port: int = 0


class AccessSection(Struct, forbid_unknown_fields=True):
    """Who may come in."""

    mode: Access = "invite"
    allow_plaintext: bool = False
    trust_loopback: bool = True


class StorageSection(Struct, forbid_unknown_fields=True):
    """``data_dir`` empty: the user's data directory."""

    data_dir: str = ""
    durability: Durability = "power"


class ChannelsSection(Struct, forbid_unknown_fields=True):
    """``lobby`` are the channels that exist from the start and that everybody joins."""

    lobby: list[str] = field(default_factory=lambda: ["#lobby"])


class LimitsSection(Struct, forbid_unknown_fields=True):
    """``enabled`` false lifts limits of pace and number, never of bytes."""

    enabled: bool = True


class ConsoleSection(Struct, forbid_unknown_fields=True):
    """The unix socket for ``natterjack console``, and verbs typed into ``serve``."""

    enabled: bool = True


class LogSection(Struct, forbid_unknown_fields=True):
    """What goes to standard error."""

    level: LogLevel = "info"


class Config(Struct, forbid_unknown_fields=True):
    """All sections."""

    server: ServerSection = field(default_factory=ServerSection)
    listen: ListenSection = field(default_factory=ListenSection)
    access: AccessSection = field(default_factory=AccessSection)
    storage: StorageSection = field(default_factory=StorageSection)
    channels: ChannelsSection = field(default_factory=ChannelsSection)
    limits: LimitsSection = field(default_factory=LimitsSection)
    console: ConsoleSection = field(default_factory=ConsoleSection)
    log: LogSection = field(default_factory=LogSection)

    @property
    def data_dir(self) -> Path:
        """Where everything lasting is."""
        if self.storage.data_dir:
            return Path(self.storage.data_dir).expanduser()
        base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
        return Path(base).expanduser() / "natterjack"


Options = Mapping[tuple[str, str], Any]


def load(path: str | None, environ: Mapping[str, str], options: Options) -> Config:
    """The configuration in force. ``options`` has what was given on the command line, by section and key.

    Raises :class:`CommandError` with exit code 78.
    """
    values: dict[str, dict[str, Any]] = _read_file(path) if path else {}
    for name, text in environ.items():
        if name.startswith(PREFIX) and "__" in name:
            section, _, key = name.removeprefix(PREFIX).lower().partition("__")
            _put(values, section, key, _from_text(name, section, key, text))
    for (section, key), value in options.items():
        _put(values, section, key, value)
    try:
        config = msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        raise _bad(str(error)) from error
    _check(config)
    return config


def _put(values: dict[str, dict[str, Any]], section: str, key: str, value: Any) -> None:
    values.setdefault(section, {})[key] = value


def _read_file(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise _bad(f"{path}: {error.strerror}: name a file that can be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _bad(f"{path} is not valid TOML: {error}") from error
    for section, keys in values.items():
        if not isinstance(keys, dict):
            raise _bad(f"{path}: {section} is no section: write [{section}] and its keys below")
    return values


def _from_text(name: str, section: str, key: str, text: str) -> Any:
    """``text`` as a value of the type that the key has."""
    sections = get_type_hints(Config)
    types = get_type_hints(sections[section]) if section in sections else {}
    if key not in types:
        raise _bad(f"{name}: there is no key {section}.{key}; see USAGE.txt for those that there are")
    wanted = types[key]
    if wanted is bool:
        if text.lower() not in ("yes", "no", "true", "false", "1", "0"):
            raise _bad(f"{name}: {text!r} is neither yes nor no")
        return text.lower() in ("yes", "true", "1")
    if wanted is int:
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise _bad(f"{name}: {text!r} is not a whole number")
        return int(text)
    if get_args(wanted) == (str,):
        return [word for word in text.split(",") if word]
    return text


def _check(config: Config) -> None:
    """What types can't say."""
    if not _SERVER_NAME.fullmatch(config.server.name):
        raise _bad(
            f"server.name: {config.server.name!r} is no name: letters, digits, dots and hyphens, 63 at most"
        )
    for key, port in (("listen.port", config.listen.port), ("listen.irc_port", config.listen.irc_port)):
        if not 0 <= port <= 65535:
            raise _bad(f"{key}: {port} is no port: 0 to 65535")
    for name in config.channels.lobby:
        why = check_channel(name)
        if why is not None:
            raise _bad(f"channels.lobby: {name!r} can be no channel: {why}")
    for key, texts in (("server.network", [config.server.network]), ("server.admin", config.server.admin)):
        if any(not text.isprintable() or len(text.encode()) > _TEXT_BYTES for text in texts):
            raise _bad(f"{key}: it has one line of at most {_TEXT_BYTES} bytes, without control characters")
    if "\0" in config.server.motd or "\r" in config.server.motd:
        raise _bad("server.motd: a NUL or a carriage return is in it; lines end with a newline")


def _bad(text: str) -> CommandError:
    return CommandError(BAD_CONFIG, f"bad configuration: {text}")
