"""All bytes of an upload are there: it becomes a file."""

from __future__ import annotations

import functools
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeAlias

from natterjack.core.files.rows import charged
from natterjack.files import sniffing
from natterjack.files.contents import Contents
from natterjack.files.uploads import Upload
from natterjack.files.vault import Content, Meta
from natterjack.ports.files import Denied, FileAnswer, Finish, Finished
from natterjack.server.filedesk import Call, Desk, cause
from natterjack.server.uploads.underway import UnderWay

#: Answers a request whose upload has gone as far as it goes just now; gets what the core said of a finished one.
Then: TypeAlias = Callable[[Finished | None], None]


class Finishing:
    """``count``: how many became files since the start."""

    def __init__(self, desk: Desk, under_way: UnderWay, contents: Contents) -> None:
        self._desk = desk
        self._under_way = under_way
        self._contents = contents
        self.count = 0

    def complete(self, call: Call, upload: Upload, respond: Then) -> None:
        """Make it a file. It is busy until that has come to an end."""
        upload.busy = True
        desk = self._desk
        if upload.content is None:  # the server was started again since it came
            job = functools.partial(self._examine, upload.meta)
            desk.crew.do(job, functools.partial(self._examined, call, upload, respond))
            return
        content = upload.content

        def pinned() -> None:
            desk.on_disk(lambda: desk.vault.place(upload.meta.id, content.sha256), placed)

        def placed(why: str) -> None:
            if why:
                self._unfinished(upload, content)
                call.answer(HTTPStatus.INSUFFICIENT_STORAGE, why)
            else:
                desk.ask(call, _finish(upload, content), finished)

        def finished(answer: FileAnswer) -> None:
            if isinstance(answer, Denied):
                self._unfinished(upload, content)
                call.deny(answer)
                return
            assert isinstance(answer, Finished)
            self._finished(upload, content)
            respond(answer)

        self._contents.pin(content.sha256, pinned)

    def _examine(self, meta: Meta) -> Content | str:
        vault = self._desk.vault
        try:
            return vault.examine(meta.id)
        except OSError as error:
            why = cause(error)
        try:
            vault.begin_anew(meta)
        except OSError as error:
            return cause(error)
        return why

    def _examined(self, call: Call, upload: Upload, respond: Then, found: Content | str) -> None:
        if isinstance(found, str):
            with self._under_way.uploads.changing(upload):
                upload.offset, upload.hasher = 0, None
            self._under_way.let_go(upload)
            call.answer(HTTPStatus.INTERNAL_SERVER_ERROR, found)
        else:
            upload.content = found
            self.complete(call, upload, respond)

    def _unfinished(self, upload: Upload, content: Content) -> None:
        self._contents.unpin(content.sha256)
        self._under_way.let_go(upload)
        if upload.meta.once:
            self._under_way.drop(upload)

    def _finished(self, upload: Upload, content: Content) -> None:
        self.count += 1
        self._contents.keep(content.sha256, upload.offset)
        self._contents.unpin(content.sha256)
        self._under_way.drop(upload)
        self._under_way.uploads.spend(upload.meta.payer, charged(upload.offset))
        self._under_way.let_go(upload)


def _finish(upload: Upload, content: Content) -> Finish:
    meta = upload.meta
    return Finish(
        meta.id,
        meta.owner,
        meta.payer,
        meta.target,
        meta.name,
        sniffing.sniff(content.head, meta.said),
        upload.offset,
        content.sha256,
        meta.bound,
    )
