"""What keeps this user from using a data directory, each with what to do: mostly files that another user has made."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from natterjack.store.placing import COMPANIONS, NAME

LOCK = "server.lock"
_READ, _WRITE, _ENTER = os.R_OK, os.W_OK, os.X_OK
#: What there may be in it, and what has to be possible with that. The directory itself is the first.
_NEEDED = {
    "": _READ | _WRITE | _ENTER,
    LOCK: _READ | _WRITE,
    NAME: _READ | _WRITE,
    **{NAME + companion: _READ | _WRITE for companion in COMPANIONS},
    "tls": _READ | _ENTER,
    "tls/key.pem": _READ,
    "tls/cert.pem": _READ,
    "files": _READ | _WRITE | _ENTER,
    "files/incoming": _READ | _WRITE | _ENTER,
    "files/whole": _READ | _WRITE | _ENTER,
}
_ANOTHER = "name another with --data-dir"


def obstacles(data: Path) -> tuple[tuple[str, str], ...]:
    """What is in the way of using ``data``, or of making it, and what to do; none where it can be used.

    Of several that are mended by the same, one.
    """
    found: dict[str, str] = {}
    for what, remedy in _making(data) if not os.path.exists(data) else _using(data):
        found.setdefault(remedy, what)
    return tuple((what, remedy) for remedy, what in found.items())


def closed(data: Path) -> Path | None:
    """What of ``data``, or above it, this user can't look into; None where he can look into all of it."""
    needed = {data / name: need & ~_WRITE for name, need in _NEEDED.items()}
    if not os.path.exists(data):
        above = nearest(data.absolute())
        needed = {above: _ENTER} if above.is_dir() else {}
    return next(
        (path for path, need in needed.items() if os.path.exists(path) and not os.access(path, need)), None
    )


def nearest(path: Path) -> Path:
    """``path``, or what is above it as far as it is there, and to be seen."""
    return next((each for each in (path, *path.parents) if os.path.exists(each)), Path("/"))


def _making(data: Path) -> Iterator[tuple[str, str]]:
    above = nearest(data.absolute())
    if not above.is_dir():
        yield f"{above} is no directory", _ANOTHER
    elif not os.access(above, _WRITE | _ENTER):
        if _read_only(above):
            yield _unwritable(above)
            return
        user = _name(os.geteuid())
        if not os.access(above, _ENTER):  # what is asked for may well be there
            yield (
                f"{user} can't look into {above}, which belongs to {owner(above)}",
                f"run it as that user, or {_ANOTHER}",
            )
        else:
            yield (
                f"{user} can't make {data}: {above} belongs to {owner(above)}",
                f"sudo install -d -m 700 -o {user} {data}, or {_ANOTHER}",
            )


def _using(data: Path) -> Iterator[tuple[str, str]]:
    if not data.is_dir():
        yield f"{data} is no directory", _ANOTHER
        return
    for name, needed in _NEEDED.items():
        path = data / name
        if os.path.exists(path) and not os.access(path, needed):
            yield _closed(path, data)


def _closed(path: Path, data: Path) -> tuple[str, str]:
    if _read_only(path):
        return _unwritable(path)
    if path.stat().st_uid == os.geteuid():
        mode = stat.S_IMODE(path.stat().st_mode)
        return f"{path} can't be used even by its owner (mode {mode:o})", f"chmod u+rwX {path}"
    user = _name(os.geteuid())
    return (
        f"{user} can't use {path}, which belongs to {owner(path)}",
        f"run it as that user, or sudo chown -R {user} {data}",
    )


def _read_only(path: Path) -> bool:
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _unwritable(path: Path) -> tuple[str, str]:
    return f"{path} is on a disk that is mounted read-only", f"mount it for writing, or {_ANOTHER}"


def owner(path: Path) -> str:
    """The name of the user to whom ``path`` belongs."""
    return _name(path.stat().st_uid)


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
