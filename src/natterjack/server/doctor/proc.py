"""What Linux tells of processes and ports in /proc. Elsewhere, and of other users' processes, nothing is known."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

_log = logging.getLogger(__name__)
_LISTEN = "0A"  # TCP_LISTEN of include/net/tcp_states.h


def inodes(table: str, port: int) -> set[str]:
    """The inodes of the sockets that listen on ``port``, from the text of /proc/net/tcp or tcp6."""
    found = set()
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 9 and words[3] == _LISTEN and words[1].endswith(f":{port:04X}"):
            found.add(words[9])
    return found


def holder(port: int, proc: Path = Path("/proc")) -> tuple[int, str]:
    """The process that listens on ``port``, with its name; ``(0, "")`` where it can't be seen."""
    wanted: set[str] = set()
    for name in ("tcp", "tcp6"):
        wanted |= inodes(_text(proc / "net" / name), port)
    links = {f"socket:[{inode}]" for inode in wanted}
    for pid in processes(proc) if links else ():
        try:
            names = os.listdir(proc / str(pid) / "fd")
        except OSError as error:  # it has ended, or is another user's
            _log.debug("can't look at process %d: %s", pid, error)
            continue
        if any(_link(proc / str(pid) / "fd" / name) in links for name in names):
            return pid, _text(proc / str(pid) / "comm").strip()
    return 0, ""


def processes(proc: Path = Path("/proc")) -> Iterator[int]:
    """The numbers of all processes that can be seen."""
    try:
        names = os.listdir(proc)
    except OSError as error:
        _log.debug("no processes can be seen: %s", error)
        return
    yield from sorted(int(name) for name in names if name.isascii() and name.isdigit())


def names(proc: Path = Path("/proc")) -> set[str]:
    """The names of all processes that can be seen."""
    return {_text(proc / str(pid) / "comm").strip() for pid in processes(proc)} - {""}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError as error:
        _log.debug("can't read %s: %s", path, error)
        return ""


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError as error:
        _log.debug("can't read %s: %s", path, error)
        return ""
