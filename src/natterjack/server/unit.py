"""The systemd unit for this checkout, and what stands in the way of running it there."""

from __future__ import annotations

import grp
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
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
    #: Certificate and key from elsewhere: not for everybody to read, so that a group has to do.
    tls: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """What the service must be able to read, and everybody may."""
        return tuple(path for path in (self.python, self.package, self.config, *self.bases) if path)

    @property
    def home(self) -> str:
        """The folder that was copied here as a whole."""
        return os.path.dirname(os.path.dirname(self.package))


def this_program(config: str, port: int, tls: tuple[str, ...] = ()) -> Program:
    """The program that runs now."""
    package = os.path.dirname(os.path.realpath(natterjack.__file__))
    bases = dict.fromkeys((os.path.realpath(sys.executable), sys.prefix, sys.base_prefix))
    return Program(sys.executable, package, config, port, tuple(bases), tls)


class Access(Struct, frozen=True):
    """Who may do what with a file or directory: kind and permissions as ``os.stat`` has them, and its group."""

    mode: int
    group: int = 0


Look = Callable[[Path], Access]


def access(path: Path) -> Access:
    """That of ``path``. Raises ``OSError``."""
    status = os.stat(path)
    return Access(status.st_mode, status.st_gid)


def unit(program: Program, look: Look = access) -> str:
    """The text of the unit."""
    command = f"{quoted(program.python)} -P -m natterjack serve --data-dir %S/natterjack"
    if program.config:
        command += f" --config {_argument(program.config)}"
    low = program.port < 1024
    groups = " ".join(_name_of(group) for group in groups_for(program, look))
    return _UNIT.format(
        mark=MARK,
        command=command,
        source=quoted(f"PYTHONPATH={os.path.dirname(program.package)}"),
        descriptors=_DESCRIPTORS,
        groups=f"SupplementaryGroups={groups}\n" if groups else "",
        homes="read-only" if any(_below(path, _HOMES) for path in (*program.paths, *program.tls)) else "yes",
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


def _name_of(group: int) -> str:
    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)


def groups_for(program: Program, look: Look = access) -> list[int]:
    """The groups through which the service reads what not everybody may; never that of root."""
    groups = set()
    for path in _with_targets(program.tls):
        for each in _way(path):
            found = _seen(each, look)
            if found and found.group and not _open(found) and _open(found, [found.group]):
                groups.add(found.group)
    return sorted(groups)


def obstacles(program: Program, look: Look = access) -> list[str]:
    """Why a service, which runs as a user of its own, could not run ``program``; each with what to do."""
    found = []
    for path in _with_targets(program.paths):
        if _below(path, _TEMPORARY):
            found.append(_passing(path))
            continue
        closed = _closed(_way(path), look)
        if closed is None and _below(path, (program.home,)):
            closed = _closed(_inside(path), look)
        if closed is not None:
            found.append(
                f"{closed} is closed to other users, and so to the service: {_opening(closed, program)}"
            )
    groups = groups_for(program, look)
    for path in _with_targets(program.tls):
        if not os.path.isabs(path):
            found.append(f"{path} of tls.cert or tls.key is found from here alone: write the whole path")
        elif _below(path, _TEMPORARY):
            found.append(_passing(path))
        elif (closed := _closed(_way(path), look, groups)) is not None:
            found.append(
                f"{closed} is closed to the service: give it to a group of its own and let that read, "
                "as docs/operations.md shows"
            )
    return list(dict.fromkeys(found))


def _passing(path: str) -> str:
    return f"{path} is in a directory for temporary files, which a service doesn't see: move it"


def _opening(closed: Path, program: Program) -> str:
    if _below(str(closed), (program.home,)):
        return f"chmod -R o+rX {program.home}"
    return f"chmod o+rX {closed}, or put all under /opt"


def _below(path: str, tops: tuple[str, ...]) -> bool:
    return any(path == top or path.startswith(f"{top}/") for top in tops)


def _with_targets(paths: tuple[str, ...]) -> list[str]:
    """``paths``, and where links lead from them."""
    return list(dict.fromkeys(each for path in paths for each in (path, os.path.realpath(path))))


def _way(path: str) -> Iterator[Path]:
    """The directories on the way to ``path``, and the end of it."""
    yield from reversed(Path(path).parents)
    yield Path(path)


def _inside(top: str) -> Iterator[Path]:
    """What is in a copy of ours. Links lead out of it: to Python, which is looked at for itself."""
    for folder, _, names in os.walk(top):
        yield Path(folder)
        yield from (path for path in (Path(folder, name) for name in names) if not path.is_symlink())


def _open(found: Access, groups: Sequence[int] = ()) -> bool:
    """Whether somebody in ``groups`` may enter this directory, or read this file: for them its group's bits count."""
    needed = stat.S_IXOTH if stat.S_ISDIR(found.mode) else stat.S_IROTH
    return bool(found.mode & (needed << 3 if found.group in groups else needed))


def _seen(path: Path, look: Look) -> Access | None:
    try:
        return look(path)
    except OSError:
        return None


def _closed(paths: Iterator[Path], look: Look, groups: Sequence[int] = ()) -> Path | None:
    """The first of ``paths`` that somebody in ``groups`` can't get at."""
    for each in paths:
        found = _seen(each, look)
        if found is None or not _open(found, groups):
            return each
    return None


_UNIT = """\
{mark}
[Unit]
Description=Natterjack chat server
After=network-online.target
Wants=network-online.target
# However often it ends by itself, it is started again.
StartLimitIntervalSec=0

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
RestartSec=2
# Wrong usage, a data directory in use, bad configuration: trying again would not help.
RestartPreventExitStatus=2 75 78
LimitNOFILE={descriptors}

# A user of its own, and one directory, /var/lib/natterjack, that nobody else can read.
DynamicUser=yes
StateDirectory=natterjack
StateDirectoryMode=0700
UMask=0077
{groups}
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
