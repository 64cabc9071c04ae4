"""The data directory: made on the first run, for its owner alone, and used by one server at a time."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import stat
from pathlib import Path
from typing import IO

from natterjack.exits import FAILED, IN_USE, CommandError
from natterjack.server.obstacles import LOCK, obstacles
from natterjack.store.disk import sync

_log = logging.getLogger(__name__)

CONSOLE = "console.sock"
#: It is there from the making of the directory until a server has told that it was made; starts in between have failed.
_UNTOLD = "first-run"


class DataDir:
    """``new`` says whether it was made just now. The lock is held until :meth:`close`, or the process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            made = [folder for folder in (path, *path.parents) if not folder.exists()]
            self.new = bool(made)
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in made:
                with contextlib.suppress(OSError):  # we may not look into it, say, and use what is in it
                    sync(folder.parent)
            self._lock: IO[str] = open(path / LOCK, "a+", encoding="ascii")  # noqa: SIM115 - held while we live
        except OSError as error:
            _refuse_obstacles(path)
            text = f"can't use the data directory {path}: {error.strerror}: name another with --data-dir"
            raise CommandError(FAILED, text) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.seek(0)
            pid = self._lock.read(20).strip()
            self._lock.close()
            text = (
                f"the data directory {path} is in use by another server (process {pid or 'unknown'}): "
                "stop it, or name another with --data-dir"
            )
            raise CommandError(IN_USE, text) from error
        try:
            _refuse_obstacles(path)
        except CommandError:
            self._lock.close()
            raise
        try:
            os.ftruncate(self._lock.fileno(), 0)
            os.write(self._lock.fileno(), f"{os.getpid()}\n".encode())
        except OSError as error:  # a full disk: the lock holds all the same
            _log.warning("can't write down in %s which process uses it: %s", path / LOCK, error.strerror)

    @property
    def console(self) -> str:
        """Where the console's socket is."""
        return str(self.path / CONSOLE)

    def untold(self) -> bool:
        """Whether nobody was told yet that this directory was made. For a server to ask, when it begins."""
        if self.new:
            try:
                (self.path / _UNTOLD).touch(mode=0o600)
            except OSError as error:  # a full disk, which the database has something to say about
                _log.debug("can't make %s: %s", error.filename, error.strerror)
        return self.new or (self.path / _UNTOLD).exists()

    def told(self) -> None:
        """It was told, or is no news."""
        (self.path / _UNTOLD).unlink(missing_ok=True)

    def remove(self) -> None:
        """Take away the directory, in which nothing was made."""
        (self.path / LOCK).unlink()
        self.path.rmdir()

    def hand_back(self) -> None:
        """What root has made in the directory of another user is for that user, whose server is to go on with it."""
        owner = self.path.stat()
        if os.geteuid() != 0 or owner.st_uid == 0:
            return
        for _, folders, files, at in os.fwalk(self.path):
            for name in (*folders, *files):
                found = os.stat(name, dir_fd=at, follow_symlinks=False)
                # A link to something else of root's is none of what was made here.
                if found.st_uid == 0 and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1):
                    os.chown(name, owner.st_uid, owner.st_gid, dir_fd=at, follow_symlinks=False)

    def close(self) -> None:
        """Give the lock back."""
        self._lock.close()


def _refuse_obstacles(path: Path) -> None:
    for what, remedy in obstacles(path):
        raise CommandError(FAILED, f"can't use the data directory: {what}: {remedy}")
