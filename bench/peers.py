"""The servers that a comparison can start, as a table. To add one, write a class as `Peer` has it, and a row.

Every server is started on loopback, on a free port, in a directory of its own that is removed afterwards;
with all limits on pace and number lifted, without DNS or ident lookups, with logs in that directory.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Protocol

ROOT: Final = Path(__file__).resolve().parent.parent
"""Top directory of the project."""

SERVER_NAME: Final = "bench.localhost"


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a server. `port` 0: it says on its first line (JSON) which one it took."""

    argv: list[str]
    port: int
    environment: dict[str, str] = field(default_factory=dict)


class Peer(Protocol):
    """A server that can be started."""

    name: str
    backlog: int
    """Connections that may be on their way in at a time without its listen queue refusing some."""
    max_clients: int
    """More clients than this it cannot hold; 0: no limit known."""
    tls: bool
    """Whether it can be started so that it speaks TLS."""

    # The docstrings of these three hold for every class below.

    def missing(self) -> str | None:
        """Why it cannot be started here, with what to do about it; None if it can."""
        ...

    def prepare(self, directory: Path, port: int, tls: bool = False) -> Launch:
        """Write its configuration into `directory`, for `port`; with `tls` that port speaks TLS."""
        ...

    def version(self) -> str:
        """What it calls itself."""
        ...


def first_line_of(argv: list[str], environment: dict[str, str] | None = None) -> str:
    """First line that a command prints; empty if it cannot be run."""
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            env={**os.environ, **(environment or {})},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout or done.stderr).strip().partition("\n")[0]


def certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate and its key (P-256, as natterjack's own), made in `directory`. Raises OSError without openssl."""
    cert, key = directory / "bench-cert.pem", directory / "bench-key.pem"
    words = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=bench"
    )
    done = subprocess.run(
        [*words.split(), "-keyout", str(key), "-out", str(cert)], capture_output=True, check=False
    )
    if done.returncode:
        raise OSError("openssl can't make a certificate for the servers")
    return cert, key


def program(name: str) -> str | None:
    """Path of a server's program; /usr/sbin is not in everybody's PATH."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


@cache
def interpreter() -> str:
    """Python of the working tree's environment, which run.py makes if need be. Raises OSError where it can't."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), "--version"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise OSError(f"run.py can't start natterjack: {done.stderr.strip()}")
    return str(ROOT / ".venv" / "bin" / "python")


class Natterjack:
    """This project's server, out of the working tree. It stores no messages, as the others store none."""

    name = "natterjack"
    durability = "none"
    backlog = 1000  # it listens with a queue of 1,024
    max_clients = 0
    tls = True

    def __init__(self) -> None:
        paths = [str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.environment = {"PYTHONPATH": os.pathsep.join(paths)}

    @property
    def python(self) -> str:
        return interpreter()

    def missing(self) -> str | None:
        try:
            interpreter()
        except OSError as error:
            return str(error)
        return None

    def prepare(self, directory: Path, port: int, tls: bool = False) -> Launch:
        serve = "serve --host 127.0.0.1 --port 0 --no-limits --no-console --json"
        argv = [self.python, "-m", "natterjack", *serve.split(), "--durability", self.durability]
        argv += ["--lobby", "", "--data-dir", str(directory / "data")]
        return Launch(argv, 0, self.environment)

    def version(self) -> str:
        said = first_line_of([self.python, "-m", "natterjack", "--version"], self.environment)
        return said or "natterjack"


class NatterjackPower(Natterjack):
    """Storing every message, so that it outlasts a power cut, before anybody sees it."""

    name = "natterjack-power"
    durability = "power"


class NatterjackProcess(Natterjack):
    """Storing every message, so that it outlasts the process, before anybody sees it."""

    name = "natterjack-process"
    durability = "process"


class NatterjackMypyc(Natterjack):
    """The wheel in which the way of a message is compiled, as `python3 run.py compiled` has left it in dist/."""

    name = "natterjack-mypyc"

    def __init__(self) -> None:
        super().__init__()
        tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
        self.wheel = max((ROOT / "dist").glob(f"natterjack-*-{tag}-*.whl"), default=None, key=_changed)

    def missing(self) -> str | None:
        return super().missing() if self.wheel else "not built (`python3 run.py compiled`)"

    def prepare(self, directory: Path, port: int, tls: bool = False) -> Launch:
        launch = super().prepare(directory, port, tls)
        place = directory / "wheel"
        if self.wheel is not None:
            zipfile.ZipFile(self.wheel).extractall(place)
        return Launch(launch.argv, launch.port, {"PYTHONPATH": str(place)})

    def version(self) -> str:
        return self.wheel.name if self.wheel else self.name


def _changed(path: Path) -> float:
    return path.stat().st_mtime


_NGIRCD: Final = """\
[Global]
Name = {name}
Info = benchmark
Listen = 127.0.0.1
{ports}
MotdPhrase = "-"
[Limits]
ConnectRetry = 3600
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = 20
MaxPenaltyTime = 0
PingTimeout = 3600
PongTimeout = 3600
{tls}[Options]
DNS = no
Ident = no
PAM = no
"""


class NgIrcd:
    """ngIRCd, in C (Debian: ngircd)."""

    name = "ngircd"
    backlog = 8  # it listens with a queue of 10
    max_clients = 0
    tls = True

    def missing(self) -> str | None:
        return None if program("ngircd") else "not installed (Debian: apt install ngircd)"

    def prepare(self, directory: Path, port: int, tls: bool = False) -> Launch:
        config = directory / "ngircd.conf"
        ports, section = f"Ports = {port}", ""
        if tls:
            cert, key = certificate(directory)
            ports = "Ports = "  # none without TLS
            section = f"[SSL]\nCertFile = {cert}\nKeyFile = {key}\nPorts = {port}\n"
        config.write_text(_NGIRCD.format(name=SERVER_NAME, ports=ports, tls=section))
        return Launch([program("ngircd") or "ngircd", "-n", "-f", str(config)], port)

    def version(self) -> str:
        return " ".join(first_line_of([program("ngircd") or "ngircd", "-V"]).split("-")[:1])


_INSPIRCD: Final = """\
<server name="{name}" description="benchmark" network="Bench" id="1BE">
<admin name="bench" email="bench@localhost" nick="bench">
<bind address="127.0.0.1" port="{port}" type="clients"{profile}>
<path configdir="{directory}" datadir="{directory}" logdir="{directory}">
<connect name="main" allow="*" limit="100000" localmax="100000" globalmax="100000" maxconnwarn="no"
 timeout="60" pingfreq="1h" threshold="1000000" commandrate="1000000000" fakelag="no"
 recvq="1M" softsendq="64M" hardsendq="256M" maxchans="1000" resolvehostnames="no" useident="no">
<performance netbuffersize="65534" somaxconn="1024" softlimit="100000" timeskipwarn="0"
 quietbursts="yes">
<options defaultmodes="nt" splitwhois="no" allowzerolimit="no">
<whowas groupsize="0" maxgroups="0" maxkeep="1s">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="inspircd.log">
<module name="cap">
<module name="ircv3_ctctags">
<module name="ircv3_servertime">
<module name="ircv3_msgid">
{tls}"""
_INSPIRCD_TLS: Final = """\
<module name="ssl_gnutls">
<sslprofile name="bench" provider="gnutls" certfile="{cert}" keyfile="{key}">
"""


class InspIrcd:
    """InspIRCd 3, in C++ (Debian: inspircd)."""

    name = "inspircd"
    backlog = 1000  # it lets people in once a second, all who wait
    max_clients = 0
    tls = True

    def missing(self) -> str | None:
        return None if program("inspircd") else "not installed (Debian: apt install inspircd)"

    def prepare(self, directory: Path, port: int, tls: bool = False) -> Launch:
        config = directory / "inspircd.conf"
        profile = extra = ""
        if tls:
            cert, key = certificate(directory)
            profile, extra = ' sslprofile="bench"', _INSPIRCD_TLS.format(cert=cert, key=key)
        text = _INSPIRCD.format(name=SERVER_NAME, port=port, directory=directory, profile=profile, tls=extra)
        config.write_text(text)
        argv = [program("inspircd") or "inspircd", "--nofork", "--nopid", "--config", str(config)]
        return Launch(argv + (["--runasroot"] if os.geteuid() == 0 else []), port)

    def version(self) -> str:
        return first_line_of([program("inspircd") or "inspircd", "--version"])


def cache_directory() -> Path:
    """Where programs fetched for the benchmark are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "natterjack-bench"


class Miniircd:
    """miniircd, in Python (PyPI: miniircd). It uses select(), so 1,024 descriptors are its limit."""

    name = "miniircd"
    backlog = 4  # it listens with a queue of 5
    max_clients = 1000
    tls = False

    def __init__(self) -> None:
        own = cache_directory() / "miniircd" / "bin" / "miniircd"
        self.program = str(own) if own.exists() else shutil.which("miniircd")

    def missing(self) -> str | None:
        return None if self.program else "not installed (`python3 -m bench fetch`, or pip install miniircd)"

    def prepare(self, directory: Path, port: int, tls: bool = False) -> Launch:
        argv = [self.program or "miniircd", "--listen", "127.0.0.1", "--ports", str(port)]
        if os.geteuid() == 0:
            argv += ["--setuid", "root"]
        return Launch(argv, port)

    def version(self) -> str:
        return "miniircd " + first_line_of([self.program or "miniircd", "--version"])


class CommandLine:
    """Any server, by a command line with {port} and perhaps {dir} (a scratch directory) in it."""

    backlog = 4
    max_clients = 0
    tls = False

    def __init__(self, name: str, command: str) -> None:
        self.name = name
        self.words = shlex.split(command)
        if not any("{port}" in word for word in self.words):
            raise ValueError(f"peer {name}: its command line must hold {{port}}")

    def missing(self) -> str | None:
        return None if shutil.which(self.words[0]) else f"{self.words[0]}: no such program"

    def prepare(self, directory: Path, port: int, tls: bool = False) -> Launch:
        places = {"{port}": str(port), "{dir}": str(directory)}
        argv = self.words
        for place, value in places.items():
            argv = [word.replace(place, value) for word in argv]
        return Launch(argv, port)

    def version(self) -> str:
        return self.name


REFERENCE: Final = NgIrcd.name
"""The server that ratios are taken to."""
