"""More servers: those that are put into the cache directory, and the bare loop in C; see `bench.peers`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from .peers import (
    REFERENCE,
    SERVER_NAME,
    CommandLine,
    InspIrcd,
    Launch,
    Miniircd,
    Natterjack,
    NatterjackMypyc,
    NatterjackPower,
    NatterjackProcess,
    NgIrcd,
    cache_directory,
    certificate,
    first_line_of,
    program,
)

__all__ = ["BARE", "PEERS", "REFERENCE", "BareLoop", "CommandLine", "Ergo", "IrcdHybrid"]

BARE: Final = "bare-c"
"""The loop in C: no server, but what any server has to do."""

_HYBRID: Final = """\
serverinfo {{ name = "{name}"; sid = "1BE"; description = "benchmark"; network_name = "Bench";
 network_description = "benchmark"; hub = no; default_max_clients = {clients}; max_nick_length = 15;{tls} }};
admin {{ name = "bench"; description = "bench"; email = "bench@localhost"; }};
class {{ name = "users"; ping_time = 1 hour; number_per_ip_local = 0; number_per_ip_global = 0; max_number = 100000;
 sendq = 256 megabytes; recvq = 8000 bytes; max_channels = 1000; }};
auth {{ user = "*@*"; class = "users";
 flags = exceed_limit, can_flood, kline_exempt, xline_exempt, resv_exempt; }};
listen {{ {flags} host = "127.0.0.1"; port = {port}; }};
channel {{ max_channels = 1000; default_join_flood_count = 0; default_join_flood_time = 0 seconds; }};
general {{ disable_auth = yes; default_floodcount = 0; throttle_count = 100000; throttle_time = 1 second;
 anti_nick_flood = no; invisible_on_connect = no; ping_cookie = no; }};
"""
_HYBRID_TLS: Final = """
 rsa_private_key_file = "{key}"; tls_certificate_file = "{cert}";"""


class IrcdHybrid:
    """ircd-hybrid, in C (Debian: ircd-hybrid; the package manager would remove ngircd for it, so `fetch` unpacks it).

    It won't run as root: root hands it over to the user ``irc``.
    """

    name = "ircd-hybrid"
    # It asks the name service about each, which can't be turned off; where that is slow many wait, 10,000 for 200 s.
    backlog = 500
    max_clients = 1000
    tls = True

    def __init__(self) -> None:
        self.program = program(self.name)

    def missing(self) -> str | None:
        return None if self.program else "not installed (`python3 -m bench fetch`)"

    def prepare(self, directory: Path, port: int, tls: bool = False) -> Launch:
        extra = ""
        if tls:
            cert, key = certificate(directory)
            extra = _HYBRID_TLS.format(cert=cert, key=key)
        flags = "flags = tls;" if tls else ""
        text = _HYBRID.format(name=SERVER_NAME, clients=15_000, port=port, tls=extra, flags=flags)
        (directory / "ircd.conf").write_text(text)
        argv = [self.program or self.name, "-foreground", "-configfile", str(directory / "ircd.conf")]
        for name in ("logfile", "pidfile", "klinefile", "dlinefile", "xlinefile", "resvfile"):
            argv += [f"-{name}", str(directory / name)]
        if os.geteuid() == 0:
            argv = ["setpriv", "--reuid", "irc", "--regid", "irc", "--clear-groups", *argv]
            for path in (directory, *directory.iterdir()):
                shutil.chown(path, "irc", "irc")
        return Launch(argv, port)

    def version(self) -> str:
        said = first_line_of(["zcat", "/usr/share/doc/ircd-hybrid/changelog.Debian.gz"])
        number = re.search(r"\((?:\d+:)?([\d.]+)", said)
        return f"ircd-hybrid {number[1]}" if number else self.name


def fetch_hybrid() -> str:
    """Put it where it belongs, beside ngircd; why that could not be done, or ``""``."""
    if program(IrcdHybrid.name):
        return ""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        return "ircd-hybrid: this is no Debian"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)  # apt hands over to a user of its own
        done = subprocess.run(["apt-get", "download", "ircd-hybrid", "libltdl7"], cwd=folder, check=False)
        if done.returncode:
            return "ircd-hybrid: apt-get download failed"
        if os.geteuid() != 0:
            return "ircd-hybrid: as root, apt-get download ircd-hybrid libltdl7, and dpkg -x each of the two to /"
        for package in Path(folder).glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(package), "/"], check=True)
    return ""


class Ergo:
    """Ergo, in Go, with its default configuration but for limits.

    Its folder is ``ergo`` in the cache directory, or what ``NATTERJACK_BENCH_ERGO`` names. In it are the program,
    default.yaml, ergo.motd and languages.
    """

    name = "ergo"
    backlog = 1000  # what is made with Go listens with a queue as long as the system lets it, 4,096 on Linux
    max_clients = 0
    tls = True

    def __init__(self) -> None:
        self.folder = Path(os.environ.get("NATTERJACK_BENCH_ERGO") or cache_directory() / self.name)

    def missing(self) -> str | None:
        lacks = [
            each
            for each in ("ergo", "default.yaml", "ergo.motd", "languages")
            if not (self.folder / each).exists()
        ]
        return (
            f"no {', '.join(lacks)} in {self.folder} (docs/performance.md says how it is built)"
            if lacks
            else None
        )

    def prepare(self, directory: Path, port: int, tls: bool = False) -> Launch:
        shutil.copy(self.folder / "ergo.motd", directory)
        shutil.copytree(self.folder / "languages", directory / "languages")
        text = (self.folder / "default.yaml").read_text()
        own = f'        "127.0.0.1:{port}":'
        if tls:
            cert, secret = certificate(directory)
            own += f"\n            tls:\n                cert: {cert}\n                key: {secret}"
        text = re.sub(r'^ *"127\.0\.0\.1:6667":', lambda _: own, text, flags=re.MULTILINE)
        text = re.sub(r'^ *"\[::1\]:6667":.*\n', "", text, flags=re.MULTILINE)
        text = re.sub(r'^ {8}":6697":\n.*?min-tls-version.*?\n', "", text, flags=re.MULTILINE | re.DOTALL)
        for begin, end, key, value in (
            ("    ip-limits:", "    ip-check", "count|throttle", "false"),
            ("fakelag:", "roleplay:", "enabled", "false"),
        ):
            text = _within(text, begin, end, key, value)
        text = text.replace("max-sendq: 96k", "max-sendq: 64m")
        (directory / "ircd.yaml").write_text(text)
        script = 'cd "$1" && "$2" initdb --quiet && exec "$2" run --quiet'
        return Launch(["/bin/sh", "-c", script, "sh", str(directory), str(self.folder / "ergo")], port)

    def version(self) -> str:
        return first_line_of([str(self.folder / "ergo"), "--version"])


def _within(text: str, begin: str, end: str, key: str, value: str) -> str:
    """``text`` with ``key: true`` set to ``value`` between the lines that begin so."""
    head, mark, rest = text.partition(f"\n{begin}")
    middle, stop, tail = rest.partition(f"\n{end}")
    return head + mark + re.sub(rf"\b({key}): true", rf"\1: {value}", middle) + stop + tail


class BareLoop:
    """`bare.c`, built on the spot: system calls and copying, the least that any server does."""

    name = BARE
    backlog = 1000  # it listens with a queue of 1,024
    max_clients = 0
    tls = False

    def __init__(self) -> None:
        self.compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")

    def missing(self) -> str | None:
        return None if self.compiler else "no C compiler (Debian: apt install gcc)"

    def prepare(self, directory: Path, port: int, tls: bool = False) -> Launch:
        program = directory / "bare"
        source = Path(__file__).with_name("bare.c")
        subprocess.run([self.compiler or "cc", "-O2", "-o", str(program), str(source)], check=True)
        return Launch([str(program), str(port)], port)

    def version(self) -> str:
        return f"bare C loop ({first_line_of([self.compiler or 'cc', '--version'])})"


_KINDS: Final = (
    Natterjack, NatterjackPower, NatterjackProcess, NatterjackMypyc,
    NgIrcd, InspIrcd, IrcdHybrid, Miniircd, Ergo, BareLoop
)  # fmt: skip
PEERS: Final = {kind.name: kind for kind in _KINDS}
"""Servers known by name."""
