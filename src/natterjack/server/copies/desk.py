"""The console's verbs ``backup`` and ``export``: the work goes on in a thread, and so does the chat."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from natterjack.ports.effects import ConsoleReply
from natterjack.server.console import Answered, LongVerb
from natterjack.store.database import StoreError


class Copies:
    """One at a time. ``call`` has something done in the loop's thread."""

    def __init__(self, data: Path, call: Callable[[Callable[[], None]], None]) -> None:
        self._data = data
        self._call = call
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def verbs(self) -> dict[str, LongVerb]:
        """For the console."""
        return {
            "backup": LongVerb(
                "FILE [FOLDER]",
                "copy everything into a new file, checked, and the bytes of files into a folder",
                lambda *asked: self._begin("backup", 2, *asked),
            ),
            "export": LongVerb(
                "FILE",
                "write everything into a new file, as lines of JSON",
                lambda *asked: self._begin("export", 1, *asked),
            ),
        }

    def close(self) -> None:
        """Give up what is under way; nothing of it stays."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _begin(self, verb: str, most: int, args: tuple[str, ...], answered: Answered) -> None:
        paths = tuple(map(Path, args))
        if not 1 <= len(paths) <= most or not all(path.is_absolute() for path in paths):
            what = "one file" if most == 1 else "one file, and perhaps a folder for the bytes of files"
            text = f"name {what}, by its whole path: this is written by the server"
            answered(ConsoleReply(0, False, text))
        elif self._thread is not None and self._thread.is_alive():
            answered(ConsoleReply(0, False, "a backup or export is under way already: wait for it"))
        else:
            self._thread = threading.Thread(
                target=self._run, args=(verb, paths, answered), name="copies", daemon=True
            )
            self._thread.start()

    def _run(self, verb: str, paths: tuple[Path, ...], answered: Answered) -> None:
        # Loaded here, so that neither the start nor the loop waits for it.
        from natterjack.server.copies.work import make_backup, make_export  # noqa: PLC0415
        from natterjack.store.backup import StoppedError  # noqa: PLC0415

        to, *others = paths
        work: Callable[..., str] = make_backup if verb == "backup" else make_export
        try:
            reply = ConsoleReply(0, True, work(self._data, to, self._stop.is_set, *others))
        except StoreError as error:
            reply = ConsoleReply(0, False, str(error))
        except StoppedError:
            reply = ConsoleReply(0, False, "given up, since the server is stopping; nothing of it was left")
        self._call(lambda: answered(reply))
