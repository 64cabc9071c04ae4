"""The core's part in files, in a few lines: who may do what is a matter of the credential alone.

It keeps its files as JSON in a file, written and synced before it answers, as the real one has them in its database.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from natterjack.ports.files import (
    Basic,
    Bearer,
    Begin,
    Credential,
    Denied,
    Erase,
    Erased,
    Fetch,
    Fetchable,
    FileAnswer,
    FileAnswered,
    FileAsked,
    Finish,
    Finished,
    Granted,
    Holdings,
    Identify,
    Key,
    Unkept,
)

PASSWORD = "correct horse"
MOST = 8 << 30
_NO_ONE = Denied(401, "Say who you are.")
_NOTHING = Denied(404, "There is no such file.")


class FileCore:
    """``Basic(account, PASSWORD)`` and ``Bearer("token-" + account)`` are good for any account but ``nobody``.

    ``#closed`` takes no files. While the file ``<path>.no`` is there, nothing is finished and nothing fetched; while
    ``<path>.room`` is there, it says how many bytes anybody may still store.
    """

    def __init__(self, path: Path, emit: Callable[[Any], object], key: str = "k" * 22) -> None:
        self._path = path
        self._emit = emit
        self._key = key
        self.asked: list[FileAsked] = []
        self.files: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
        emit(Holdings(tuple((name, file["sha256"]) for name, file in self.files.items())))

    def handle(self, event: FileAsked) -> None:
        """Answer at once."""
        self.asked.append(event)
        self._emit(FileAnswered(event.request, self._answer(event)))

    def _answer(self, event: FileAsked) -> FileAnswer:
        ask, account = event.ask, _account(event.credential)
        closed = self._path.with_suffix(".no").exists()
        if isinstance(ask, Fetch):
            file = self.files.get(ask.id)
            if isinstance(event.credential, Key):
                account = event.credential.key == self._key and "link"
            if not account:
                return _NO_ONE if event.credential is None else _NOTHING
            if file is None or closed:
                return _NOTHING
            return Fetchable(file["sha256"], file["size"], file["name"], file["type"], file["created"])
        if not account:
            return _NO_ONE
        if isinstance(ask, Begin) and ask.target == "#closed":
            return Denied(403, "You can't send files there.")
        if isinstance(ask, Begin | Identify):
            return Granted(account, account, self._room(), MOST)
        if isinstance(ask, Finish):
            if closed:
                return Denied(403, "You can't speak there any more.")
            if ask.id not in self.files:
                names = ("target", "name", "type", "size", "sha256")
                kept: dict[str, Any] = {name: getattr(ask, name) for name in names}
                self.files[ask.id] = kept | {"owner": account, "created": time.time()}
                self._store()
            return Finished(self._key, "msgid")
        assert isinstance(ask, Erase)
        file = self.files.get(ask.id)
        if file is None or file["owner"] != account:
            return _NOTHING
        del self.files[ask.id]
        self._store()
        if all(each["sha256"] != file["sha256"] for each in self.files.values()):
            self._emit(Unkept(file["sha256"]))
        return Erased()

    def _room(self) -> int:
        path = self._path.with_suffix(".room")
        return int(path.read_text()) if path.exists() else MOST

    def _store(self) -> None:
        part = self._path.with_suffix(".part")
        with part.open("w") as out:
            json.dump(self.files, out)
            out.flush()
            os.fsync(out.fileno())
        part.replace(self._path)


def _account(credential: Credential) -> str:
    if isinstance(credential, Basic) and credential.password == PASSWORD and credential.account != "nobody":
        return credential.account
    if isinstance(credential, Bearer) and credential.token.startswith("token-"):
        return credential.token.removeprefix("token-")
    return ""
