"""The first lines of ``serve``: what runs where, and how to get in."""

from __future__ import annotations

import io
import os
import shlex
import socket
import sys

from natterjack import __version__
from natterjack.proto.joinlink import DEFAULT_PORT, JoinLink, is_loopback, place
from natterjack.server.config import Config
from natterjack.server.config.table import ROWS
from natterjack.server.identity import Identity
from natterjack.server.output import Output

_EVERYWHERE = ("", "0.0.0.0", "::")
#: Documentation addresses (RFC 5737, RFC 3849): a way there is the way out. Nothing is sent to them.
_OUTSIDE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def greet(
    output: Output, config: Config, host: str, port: int, key: Identity, *, first: str, invite: str = ""
) -> None:
    """Say what was started. ``first``: the data directory, if it was made just now; ``invite`` goes into the link."""
    link = join_link(config, host, port, key, invite)
    output.event("listening", v=1, host=host, port=port, pid=os.getpid(), link=link.render(), pin=key.pin)
    if first:
        settings = "" if _changed(config) else " All settings at their defaults."
        made = "database, TLS key" if key.own else "database"
        output.text(f"First run: made the data directory {first} ({made}).{settings}")
    version = ".".join(__version__.split(".")[:2])
    output.text(f"natterjack {version} listening on {_listening(config, host, port)}")
    output.text(f"  Here      {_here(config, host, port)}")
    qr = ""
    if is_loopback(link.host):
        output.text("  Others    nobody: it listens on this machine only")
        output.text(f"  IRC apps  {link.host} port {port}, with TLS or without")
    else:
        qr = qr_code(link.render()) if sys.stdout.isatty() and not output.as_json else ""
        notes = "     (QR code below)" if qr else ""
        if config.access.mode != "open" and not invite:
            notes += "     with an account or an invite"
        output.text(f"  Others    natterjack chat '{link.render()}'{notes}")
        password = f", server password {invite}" if invite else ""
        output.text(f"  IRC apps  {link.host} port {port} with TLS{password}")
    typing = sys.stdin.isatty()
    typed = "type here, or " if typing else ""
    # Where it was named, the console has to be told too.
    there = f" --data-dir {shlex.quote(str(config.data_dir))}" if config.storage.data_dir else ""
    console = f"      Console  {typed}natterjack console{there}" if config.console.enabled else ""
    stop = "      Stop  Ctrl+C" if typing else ""
    output.text(f"  Key       {key.pin}{console}{stop}")
    if qr:
        output.text(qr)


def _listening(config: Config, host: str, port: int) -> str:
    hosts = dict.fromkeys((host, *config.listen.host[1:]))
    further = f"; IRC only on port {config.listen.irc_port}" if config.listen.irc_port else ""
    return f"{', '.join(place(each, port) for each in hosts)} - IRC, TLS, HTTP on one port{further}"


def _here(config: Config, host: str, port: int) -> str:
    """How programs on this machine get in."""
    if not config.access.trust_loopback:
        return "as others do: access.trust_loopback is false"
    for each in (host, *config.listen.host):
        if each in _EVERYWHERE or is_loopback(each):
            own = "127.0.0.1" if each in _EVERYWHERE else each
            usual = (own, port) == ("127.0.0.1", DEFAULT_PORT)
            return "python3 run.py chat" if usual else f"python3 run.py chat {place(own, port)}"
    return "as others do: it does not listen on 127.0.0.1"


def _changed(config: Config) -> bool:
    """Whether anything has another value than its default, but for the directory, which is told anyway."""
    return any(
        config.get(row) != row.default
        for row in ROWS.values()
        if (row.section, row.key) != ("storage", "data_dir")
    )


def qr_code(text: str) -> str:
    """``text`` as a code to be scanned off a terminal."""
    import segno  # noqa: PLC0415 - only a terminal needs it

    drawn = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(drawn, border=2, compact=True)
    return drawn.getvalue().rstrip("\n")


def join_link(config: Config, host: str, port: int, key: Identity, invite: str = "") -> JoinLink:
    """How others come to a server that listens on ``host`` and ``port``."""
    return JoinLink(public_host(config, host), port, key.pin, invite)


def public_host(config: Config, host: str) -> str:
    """The address by which others reach a server that listens on ``host``, as far as it can be told from here."""
    host = next((each for each in config.listen.host if not is_loopback(each)), host)
    if host not in _EVERYWHERE:
        return host
    families = _OUTSIDE if host == "::" else _OUTSIDE[:1]
    for family, outside in families:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((outside, 9))
                return str(probe.getsockname()[0])
        except OSError:
            continue  # no way out over this family
    return "127.0.0.1"
