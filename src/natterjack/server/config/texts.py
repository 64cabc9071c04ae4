"""What texts of the configuration must look like. Each says what is wrong and what would be right, or None."""

from __future__ import annotations

import os
import re

from natterjack.proto.limits import CHANNEL_BYTES, NICK_BYTES
from natterjack.proto.names import check_channel, check_nick

#: Bytes of a text that shares a line with others.
_TEXT_BYTES = 100
#: Bytes of a message of the day: some screens full.
_MOTD_BYTES = 64 * 1024
#: RFC 6750 section 2.1.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,256}=*")
_SERVER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}")


def server_name(text: str) -> tuple[str, str] | None:
    """The source of the server's lines."""
    if _SERVER_NAME.fullmatch(text):
        return None
    return f"{text!r} is no name", "give letters, digits, dots and hyphens, 63 at most"


def line(text: str) -> tuple[str, str] | None:
    """One line that shares an IRC line with others."""
    if not text.isprintable():
        return "there are control characters in it", f"give one line of at most {_TEXT_BYTES} bytes"
    if len(text.encode()) > _TEXT_BYTES:
        return f"it has {len(text.encode())} bytes", f"give one line of at most {_TEXT_BYTES} bytes"
    return None


def motd(text: str) -> tuple[str, str] | None:
    """Any lines."""
    if "\0" in text or "\r" in text:
        return "a NUL or a carriage return is in it", "end lines with a newline alone"
    if len(text.encode()) > _MOTD_BYTES:
        return f"it has {len(text.encode())} bytes", f"give {_MOTD_BYTES} at most"
    return None


def path(text: str) -> tuple[str, str] | None:
    """A file or directory."""
    if "\0" in text:
        return "a NUL is in it", "give a path"
    if text.startswith("~") and os.path.expanduser(text).startswith("~"):
        return f"{text!r} is in the home of a user who is not known here", "write the whole path"
    return None


def token(text: str) -> tuple[str, str] | None:
    """A secret word."""
    if not text or (_TOKEN.fullmatch(text) and len(text) >= 16):
        return None
    return "it is no token", "give 16 to 256 letters and digits, such as from: openssl rand -hex 16"


def host(text: str) -> tuple[str, str] | None:
    """An address to listen on."""
    if not text or not text.isprintable() or " " in text or len(text) > 253:
        return f"{text!r} is no address", "give an address of this machine, or a name of it"
    return None


def channel(text: str) -> tuple[str, str] | None:
    """A channel's name. How long it may be depends on another setting; see crossing.py."""
    why = check_channel(text, CHANNEL_BYTES)
    return (f"{text!r} can be no channel", why) if why is not None else None


def account(text: str) -> tuple[str, str] | None:
    """An account's name."""
    why = check_nick(text, NICK_BYTES)
    return (f"{text!r} can be no account", why) if why is not None else None
