"""Which runs of this program are going on: each holds a lock, which the system takes back however it dies.

What a run wrote down and did not finish is another's to take over once that run is gone, and not before.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

_FOLDER = "runs"


class Runs:
    """The runs that use ``directory``; one of them, ``own``, is ours until :meth:`close`. Raises ``OSError``."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / _FOLDER
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.own = secrets.token_hex(8)
        self._descriptor = os.open(self._folder / self.own, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        _lock(self._descriptor)

    def is_over(self, run: str) -> bool:
        """Whether the run of that name has ended. Its lock's file is removed by that."""
        if run == self.own:
            return False
        path = self._folder / run
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            _lock(descriptor)
        except OSError:
            return False  # somebody holds it
        finally:
            os.close(descriptor)
        path.unlink(missing_ok=True)
        return True

    def close(self) -> None:
        """Ours is over."""
        os.close(self._descriptor)
        (self._folder / self.own).unlink(missing_ok=True)


def _lock(descriptor: int) -> None:
    """Raises ``OSError`` at once where another process has it."""
    if sys.platform == "win32":
        import msvcrt  # exists there only

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # does not exist there

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
