"""Uploads under way: who has one just now, who waits for it, and what is told of it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from natterjack.files import tus
from natterjack.files.uploads import Upload, Uploads
from natterjack.files.vault import Found, Meta
from natterjack.server.filedesk import Desk

_log = logging.getLogger(__name__)


class UnderWay:
    """All of them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.uploads = Uploads(desk.limits)

    # -- coming

    def found(self, found: Found) -> None:
        """At the start: it was there. The clock may have been set since: none rests longer for that than it may."""
        now = self._desk.now()
        rested = max(0.0, now.wall - found.touched)
        self.uploads.add(Upload(found.meta, now.mono - rested, found.offset))

    def add(self, meta: Meta) -> Upload:
        """A new one."""
        upload = Upload(meta, self._desk.now().mono)
        self.uploads.add(upload)
        return upload

    # -- turns

    def wait(self, upload: Upload, then: Callable[[], None]) -> None:
        """It is busy: ``then`` is called when it is let go. Whoever has it need not expect anything more to come."""
        upload.waiting.append(then)
        if upload.cut is not None:
            upload.cut()

    def let_go(self, upload: Upload) -> None:
        """Whoever waits for it comes next."""
        upload.busy = False
        upload.cut = None
        while upload.waiting and not upload.busy:
            upload.waiting.pop(0)()

    def note(self, upload: Upload, then: Callable[[], None]) -> None:
        """What is known of it lasts, before ``then``."""

        def noted(why: str) -> None:
            _noted(why)
            self.let_go(upload)
            then()

        upload.busy = True
        self._desk.on_disk(lambda: self._desk.vault.describe(upload.meta, upload.offset), noted)

    # -- going

    def drop(self, upload: Upload) -> None:
        """It is a file now, or given up."""
        self.uploads.remove(upload)
        self._desk.on_disk(lambda: self._desk.vault.forget(upload.meta.id), _noted)

    def are_files(self, names: list[str]) -> None:
        """At the start: those that were finished, and the server ended before it could forget the uploads."""
        for upload in filter(None, map(self.uploads.get, names)):
            self.drop(upload)

    def expire(self) -> None:
        """Those that rest for too long."""
        for upload in self.uploads.expired(self._desk.now().mono):
            self.drop(upload)

    # -- what is told

    def progress(self, upload: Upload) -> list[tuple[str, str]]:
        """Headers that say how far it is."""
        found = [("Upload-Offset", str(upload.offset))]
        if not upload.whole:
            now = self._desk.now()
            found.append(tus.expires(now.wall + self.uploads.expires(upload) - now.mono))
        return found


def described(upload: Upload) -> list[tuple[str, str]]:
    """Headers that say what was said of it."""
    meta = upload.meta
    size = ("Upload-Length", str(meta.size)) if meta.size >= 0 else ("Upload-Defer-Length", "1")
    said = tus.say_metadata({"filename": meta.name, "filetype": meta.said, "target": meta.target})
    return [size, *([("Upload-Metadata", said)] if said else [])]


def _noted(why: str) -> None:
    if why:
        _log.warning("an upload could not be described: %s", why)
