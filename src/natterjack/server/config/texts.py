"""What texts of the configuration must look like. Each says what is wrong and what would be right, or None."""

from __future__ import annotations

import os
import re
from ipaddress import IPv6Network, ip_network

from natterjack.proto.limits import CHANNEL_BYTES, NICK_BYTES
from natterjack.proto.modes import DEFAULT_USER_MODES
from natterjack.proto.names import check_channel, check_nick

#: Bytes of a text that shares a line with others.
_TEXT_BYTES = 100
#: Bytes of a message of the day: some screens full.
_MOTD_BYTES = 64 * 1024
#: RFC 6750 section 2.1.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,256}=*")
#: It shares an IRC line with others. The path is ours; a proxy may have another before it.
_FILES_URL = re.compile(
    r"https?://(?=.{1,100}$)([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/files/"
)
#: Scheme, host, port; and what does not belong to it.
#: https://www.rfc-editor.org/rfc/rfc6454#section-6.2, and what may come behind it by mistake.
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]{0,30})://([a-z0-9._-]{1,253}|\[[0-9a-f:.]+\])(:[0-9]{1,5})?(/.*)?")
_URL = re.compile(r"https?://[!-~]{1,192}")
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


def user_modes(text: str) -> tuple[str, str] | None:
    """User modes that everybody may have from the start."""
    if len(set(text)) == len(text) and set(text) <= set(DEFAULT_USER_MODES):
        return None
    return f"{text!r} are not such modes", f"give some of the letters {DEFAULT_USER_MODES}, each once"


def token(text: str) -> tuple[str, str] | None:
    """A secret word."""
    if not text or (_TOKEN.fullmatch(text) and len(text) >= 16):
        return None
    return "it is no token", "give 16 to 256 letters and digits, such as from: openssl rand -hex 16"


def url(text: str) -> tuple[str, str] | None:
    """Where something is to be had on the web."""
    if not text or _URL.fullmatch(text):
        return None
    return f"{text!r} is no URL", "give one such as https://example.org/icon.png, 200 characters at most"


def host(text: str) -> tuple[str, str] | None:
    """An address to listen on."""
    if not text or not text.isprintable() or " " in text or len(text) > 253:
        return f"{text!r} is no address", "give an address of this machine, or a name of it"
    return None


def network(text: str) -> tuple[str, str] | None:
    """An address, or a network of them, of others."""
    example = "give addresses or networks, such as 10.0.0.2, 10.1.0.0/16 or 2001:db8::/64"
    if "%" in text:
        return f"{text!r} names an interface, which is not looked at", f"give {text.partition('%')[0]}"
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        return f"{text!r} is neither an address nor a network", example
    if not found.prefixlen:
        return f"{text!r} is everybody", "name those alone that you would believe anything"
    mapped = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    if mapped is not None and found.prefixlen >= 96:
        plain = ip_network((mapped, found.prefixlen - 96), strict=False)
        right = plain if plain.prefixlen < 32 else mapped
        return f"{text!r} is an IPv4 address in the clothes of IPv6, which none comes in", f"give {right}"
    try:
        ip_network(text)
    except ValueError:
        return (
            f"{text!r} has bits behind its prefix",
            f"give {found}, or an address without /{found.prefixlen}",
        )
    return None


def channel(text: str) -> tuple[str, str] | None:
    """A channel's name. How long it may be depends on another setting; see crossing.py."""
    why = check_channel(text, CHANNEL_BYTES)
    return (f"{text!r} can be no channel", why) if why is not None else None


def files_url(text: str) -> tuple[str, str] | None:
    """Where links of files begin."""
    if not text or _FILES_URL.fullmatch(text):
        return None
    return f"{text!r} is no such address", "give one like https://chat.example.org:7667/files/"


def origin(text: str) -> tuple[str, str] | None:
    """Where a page comes from, as browsers write it (https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin)."""
    example = "https://chat.example.org or http://localhost:8080"
    if text == "null":
        return (
            "'null' is what any page may say that hides where it comes from",
            f"give an origin such as {example}",
        )
    found = _ORIGIN.fullmatch(text.lower())
    if found is None:
        return f"{text!r} is no origin", f"give one such as {example}"
    scheme, host, port, rest = found.groups()
    usual = {"https": ":443", "http": ":80"}.get(scheme)
    right = f"{scheme}://{host}{'' if port in (None, usual) else port}"
    if rest:
        return f"{text!r} goes on behind the origin", f"give {right}"
    return None if text == right else (f"{text!r} is not how browsers write it", f"give {right}")


def origin_or_any(text: str) -> tuple[str, str] | None:
    """An origin, or ``*``."""
    if text == "*":
        return None
    found = origin(text)
    return found and (found[0], f"{found[1]}, or * for all")


def account(text: str) -> tuple[str, str] | None:
    """An account's name."""
    why = check_nick(text, NICK_BYTES)
    return (f"{text!r} can be no account", why) if why is not None else None
