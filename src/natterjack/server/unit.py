"""The systemd unit for this checkout, and what stands in the way of running it there."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

import natterjack

NAME = "natterjack.service"
#: The first line of a unit that is ours to replace and to remove.
MARK = "# Made by: natterjack service install"
#: Open files: a thousand times what a family needs, and within what kernels allow.
_DESCRIPTORS = 65536
#: What systemd gives a service an empty one of its own of, for PrivateTmp.
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - to tell that nothing is to be run from there
_HOMES = ("/home", "/root", "/run/user")


class Program(Struct, frozen=True):
    """``python`` runs ``package`` with the configuration ``config`` ("" for none); ``port`` is the lowest it needs."""

    python: str
    package: str
    config: str = ""
    port: int = 7667
    #: What Python itself needs besides.
    bases: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """What the service must be able to read."""
        return tuple(path for path in (self.python, self.package, self.config, *self.bases) if path)


def this_program(config: str, port: int) -> Program:
    """The program that runs now."""
    package = os.path.dirname(os.path.realpath(natterjack.__file__))
    bases = dict.fromkeys((os.path.realpath(sys.executable), sys.prefix, sys.base_prefix))
    return Program(sys.executable, package, config, port, tuple(bases))


def unit(program: Program) -> str:
    """The text of the unit."""
    command = f"{quoted(program.python)} -P -m natterjack serve --data-dir %S/natterjack"
    if program.config:
        command += f" --config {_argument(program.config)}"
    low = program.port < 1024
    return _UNIT.format(
        mark=MARK,
        command=command,
        source=quoted(f"PYTHONPATH={os.path.dirname(program.package)}"),
        descriptors=_DESCRIPTORS,
        homes="read-only" if any(_below(path, _HOMES) for path in program.paths) else "yes",
        ambient="AmbientCapabilities=CAP_NET_BIND_SERVICE\n" if low else "",
        capabilities="CAP_NET_BIND_SERVICE" if low else "",
    )


def quoted(text: str) -> str:
    """``text`` as one word of a unit: quotes, spaces and ``%`` mean themselves."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if any(c.isspace() or c in "\"'\\;#" for c in text) else escaped


def _argument(word: str) -> str:
    """``word`` on a command line, where ``$`` would stand for a variable."""
    return quoted(word).replace("$", "$$")


def mode_of(path: Path) -> int:
    """Kind and permissions, as ``os.stat`` has them."""
    return os.stat(path).st_mode


def obstacles(program: Program, mode: Callable[[Path], int] = mode_of) -> list[str]:
    """Why a service, which runs as a user of its own, could not run ``program``; each with what to do."""
    found = []
    for path in program.paths:
        if _below(path, _TEMPORARY):
            found.append(
                f"{path} is in a directory for temporary files, which a service doesn't see: move it"
            )
            continue
        closed = _closed_to_others(Path(path), mode)
        if closed is not None:
            found.append(
                f"{closed} is closed to other users, and so to the service: chmod o+rX, or put all under /opt"
            )
    return list(dict.fromkeys(found))


def _below(path: str, tops: tuple[str, ...]) -> bool:
    return any(path == top or path.startswith(f"{top}/") for top in tops)


def _closed_to_others(path: Path, mode_of_path: Callable[[Path], int]) -> Path | None:
    """The first directory on the way that others can't enter, or the end of it if they can't read that."""
    for each in [*reversed(path.parents), path]:
        try:
            mode = mode_of_path(each)
        except OSError:
            return each
        needed = stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH
        if not mode & needed:
            return each
    return None


_UNIT = """\
{mark}
[Unit]
Description=Natterjack chat server
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
Environment={source} PYTHONDONTWRITEBYTECODE=1
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec=10
WatchdogSec=30
Restart=on-failure
RestartSec=1
# Wrong usage, a data directory in use, bad configuration: trying again would not help.
RestartPreventExitStatus=2 75 78
LimitNOFILE={descriptors}

# A user of its own, and one directory, /var/lib/natterjack, that nobody else can read.
DynamicUser=yes
StateDirectory=natterjack
StateDirectoryMode=0700
UMask=0077

# Nothing else of the machine may be changed, and little of it seen.
ProtectSystem=strict
ProtectHome={homes}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
NoNewPrivileges=yes
{ambient}CapabilityBoundingSet={capabilities}
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""
