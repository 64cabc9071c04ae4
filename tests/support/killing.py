"""Something is done over and over, and killed at each of its steps: every write, sync, rename, link and deletion."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import apsw

_BASE = apsw.vfs_names()[0]
#: What changes something that is seen from outside.
_STEPS = ("rename", "replace", "unlink", "mkdir", "rmdir", "link", "fsync", "fdatasync")


def killed_everywhere(act: Callable[[], object], every: int = 1) -> Iterator[int]:
    """``act`` is done in a process of its own, which is killed before its first step; then again, before its second …

    After each kill the answer is the number of the step. It ends once ``act`` runs through, without an answer for that;
    whoever asks puts things back meanwhile. ``every``: only each so manieth step, where there are many.
    """
    step = 1
    while True:
        child = os.fork()
        if child == 0:
            _run(act, step)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 0:
            return
        assert status == -signal.SIGKILL, f"step {step}: {status}"
        yield step
        step += every


def _run(act: Callable[[], object], at: int) -> None:
    left = at

    def count() -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    class File(apsw.VFSFile):
        def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802 - SQLite's name, and so are the others
            count()
            super().xWrite(data, offset)

        def xSync(self, flags: int) -> None:  # noqa: N802
            count()
            super().xSync(flags)

        def xTruncate(self, size: int) -> None:  # noqa: N802
            count()
            super().xTruncate(size)

    class Disk(apsw.VFS):
        def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
            count()
            return File(_BASE, name, flags)  # type: ignore[arg-type]

        def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802
            count()
            super().xDelete(name, sync)

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **settings: Any) -> Any:
            count()
            return real(*args, **settings)

        return call

    try:
        for name in _STEPS:
            setattr(os, name, counted(getattr(os, name)))
        disk = Disk("counting", _BASE, makedefault=True)
        act()
        disk.unregister()
    except BaseException:
        traceback.print_exc(file=sys.stderr)
        os._exit(1)
    os._exit(0)
