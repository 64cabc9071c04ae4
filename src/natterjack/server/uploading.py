"""Uploads: begun, gone on with, finished, given up.

Theory of operation. Each request is a chain of steps on the loop's thread; bodies and the disk are a crew's, which call
back. An upload is *busy* while a chain has it. Whoever wants it meanwhile (mostly a client that comes back while we
still wait for its old connection) cuts that chain's connection and waits for the upload to be let go.

Finishing: the bytes are synced and hashed (in the thread that took them in) -> the content is pinned -> it gets its
name -> the core is asked -> the first name goes. What fails on the way is tried again when the client asks for its
offset (HEAD), or sends nothing from there on (PATCH).
"""

from __future__ import annotations

import functools
import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import quote

from msgspec import Struct, structs

from natterjack.files import disposition, moving, names, sniffing, tus
from natterjack.files.contents import Contents
from natterjack.files.moving import Arrived, Arriving
from natterjack.files.uploads import Upload, Uploads
from natterjack.files.vault import Content, Meta
from natterjack.ports.files import (
    Begin,
    Denied,
    Erase,
    Erased,
    Fetch,
    Fetchable,
    FileAnswer,
    Finish,
    Finished,
    Granted,
    Identify,
)
from natterjack.server.filedesk import Call, Desk

_log = logging.getLogger(__name__)

#: Bytes of an id: 128 random bits.
_ID_BYTES = 16
#: Letters of what a sender says of a file's type: more than any type has.
_SAID_LENGTH = 100
_NOT_HERE = "There is no such upload."
_NO_ROOM = "You have no room for so much: delete some files, or wait for your other uploads."

#: Answers a request whose upload has gone as far as it goes just now; gets what the core said of a finished one.
Then: TypeAlias = Callable[[Finished | None], None]


class Bound(Struct, frozen=True):
    """What is answered to more than ``most`` bytes of an upload."""

    most: int
    status: int
    text: str


class Uploading:
    """``room`` answers how many bytes may be taken in altogether."""

    def __init__(self, desk: Desk, contents: Contents, room: Callable[[], int]) -> None:
        self._desk = desk
        self._contents = contents
        self._room = room
        self.uploads = Uploads(desk.limits)
        self.finished = 0  # since the start

    # -- beginning

    def create(self, call: Call) -> None:
        """POST by a tus client."""
        said = tus.creation(call.request.headers)
        if call.request.body:
            tus.appending({**call.request.headers, "upload-offset": "0"})
        self._ask_begin(call, said.target, said.size, lambda granted: self._created(call, said, granted))

    def take_plain(self, call: Call) -> None:
        """POST of the file itself: https://codeberg.org/emersion/soju, doc/ext/filehost.md."""
        request = call.request
        self._ask_begin(call, "", request.length, lambda granted: self._created_plain(call, granted))

    def _ask_begin(self, call: Call, target: str, size: int, then: Callable[[Granted], None]) -> None:
        def answered(answer: FileAnswer) -> None:
            if isinstance(answer, Denied):
                call.deny(answer)
                return
            assert isinstance(answer, Granted)
            why = self.uploads.refusal(answer.payer)
            if why:
                call.answer(HTTPStatus.TOO_MANY_REQUESTS, f"{why}.", ("Retry-After", "60"))
            elif self._fits(call, size, self._bounds(answer, answer.payer)):
                then(answer)

        self._desk.ask(call, Begin(target, size), answered)

    def _bounds(self, granted: Granted, payer: str, reserved: int = 0) -> list[Bound]:
        """Of an upload that ``payer`` is charged for, and which has ``reserved`` bytes already."""
        others = self.uploads.reserved(payer) - reserved
        too_large, full = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.INSUFFICIENT_STORAGE
        return [
            Bound(granted.most, too_large, f"A file may have {granted.most} bytes at the most."),
            Bound(granted.room - others, too_large, _NO_ROOM),
            Bound(self._room() + reserved, full, "The server has no room for so much."),
        ]

    def _fits(self, call: Call, size: int, bounds: list[Bound]) -> bool:
        """Whether an upload may have ``size`` bytes; if not, that is answered."""
        for bound in bounds:
            if size > bound.most:
                call.answer(bound.status, bound.text)
                return False
        return True

    def _created(self, call: Call, said: tus.Creation, granted: Granted) -> None:
        meta = self._meta(granted, said.target, said.name, said.type, said.size)
        upload = self._add(meta)
        location = ("Location", f"/files/{meta.id}")

        def respond(_finished: Finished | None) -> None:
            call.answer(HTTPStatus.CREATED, "", location, *self._progress(upload))

        def described(why: str) -> None:
            if why:
                self._drop(upload)
                call.answer(HTTPStatus.INSUFFICIENT_STORAGE, why)
            elif call.request.body:
                if not self._receive(call, upload, granted, tus.checksum(call.request.headers), respond):
                    self._drop(upload)
            elif upload.whole:
                self._complete(call, upload, respond)
            else:
                respond(None)

        self._on_disk(lambda: self._desk.vault.describe(meta), described)

    def _created_plain(self, call: Call, granted: Granted) -> None:
        headers = call.request.headers
        name = disposition.read(headers.get("content-disposition", ""))
        said = headers.get("content-type", "")
        meta = self._meta(granted, "", name, said, call.request.length, once=True)
        upload = self._add(meta)

        def respond(finished: Finished | None) -> None:
            key = finished.key if finished is not None else ""
            link = f"/files/{meta.id}/{key}/{quote(meta.name)}" if key else f"/files/{meta.id}"
            call.answer(HTTPStatus.CREATED, "", ("Location", link))

        if not call.request.body:
            self._complete(call, upload, respond)
        elif not self._receive(call, upload, granted, None, respond):
            self._drop(upload)

    def _meta(
        self, granted: Granted, target: str, name: str, said: str, size: int, *, once: bool = False
    ) -> Meta:
        return Meta(
            id=secrets.token_urlsafe(_ID_BYTES),
            owner=granted.owner,
            payer=granted.payer,
            target=target,
            name=names.clean(name),
            said=said[:_SAID_LENGTH],
            size=size,
            bound=granted.bound,
            once=once,
        )

    def _add(self, meta: Meta) -> Upload:
        upload = Upload(meta, self._desk.now().mono)
        self.uploads.add(upload)
        return upload

    # -- going on

    def tell(self, call: Call, name: str) -> None:
        """HEAD: how far it is. Where all is there and it was never finished, finish it."""

        def step(_granted: Granted, upload: Upload) -> None:
            def respond(_finished: Finished | None) -> None:
                call.answer(HTTPStatus.OK, "", *self._progress(upload), *self._described(upload))

            if upload.whole:
                self._complete(call, upload, respond)
            else:
                respond(None)

        def whole(file: Fetchable) -> None:
            size = str(file.size)
            call.answer(HTTPStatus.OK, "", ("Upload-Offset", size), ("Upload-Length", size))

        self._with(call, name, step, whole)

    def append(self, call: Call, name: str) -> None:
        """PATCH: more of it."""
        said = tus.appending(call.request.headers)

        def whole(file: Fetchable) -> None:
            offset = ("Upload-Offset", str(file.size))
            if said.offset == file.size and not call.request.body:
                call.answer(HTTPStatus.NO_CONTENT, "", offset)
            else:
                call.answer(HTTPStatus.CONFLICT, "All of it is here already.", offset)

        self._with(call, name, lambda granted, upload: self._append(call, said, granted, upload), whole)

    def _append(self, call: Call, said: tus.Appending, granted: Granted, upload: Upload) -> None:
        offset, length = upload.offset, call.request.length
        if said.offset != offset:
            text = f"{offset} bytes are here: go on from there."
            call.answer(HTTPStatus.CONFLICT, text, ("Upload-Offset", str(offset)))
            return
        if said.size >= 0 and not self._told_size(call, said.size, granted, upload):
            return
        size = upload.meta.size
        if size >= 0 and length > size - offset:
            text = "This would be more than Upload-Length says."
            call.answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)
            return

        def respond(_finished: Finished | None) -> None:
            call.answer(HTTPStatus.NO_CONTENT, "", *self._progress(upload))

        if call.request.body:
            self._receive(call, upload, granted, said.checksum, respond)
        elif upload.whole:
            self._complete(call, upload, respond)
        elif said.size >= 0:
            self._note(upload, respond)
        else:
            respond(None)

    def _note(self, upload: Upload, respond: Then) -> None:
        """The size that was said only now lasts, before that is acknowledged."""

        def noted(why: str) -> None:
            self._noted(why)
            self._let_go(upload)
            respond(None)

        upload.busy = True
        self._on_disk(lambda: self._desk.vault.describe(upload.meta, upload.offset), noted)

    def _told_size(self, call: Call, size: int, granted: Granted, upload: Upload) -> bool:
        """Whether the size that is said only now can be right; if not, that is answered."""
        meta = upload.meta
        if size == meta.size:
            return True
        if meta.size >= 0 or size < upload.offset:
            call.answer(
                HTTPStatus.BAD_REQUEST, "Upload-Length is not what it was, or less than what is here."
            )
            return False
        if not self._fits(call, size, self._bounds(granted, meta.payer, upload.reserved)):
            return False
        with self.uploads.changing(upload):
            upload.meta = structs.replace(meta, size=size)
        return True

    def _noted(self, why: str) -> None:
        if why:
            _log.warning("an upload could not be described: %s", why)

    def _receive(
        self, call: Call, upload: Upload, granted: Granted, checksum: tus.Checksum | None, respond: Then
    ) -> bool:
        """Whether the body is taken in; if not, why not is answered."""
        desk, meta = self._desk, upload.meta
        if call.exchange.gone:
            call.answer(HTTPStatus.BAD_REQUEST)
            return False
        most = self._most(call, upload, granted)
        if most is None:
            return False
        job = Arriving(meta, upload.offset, most, checksum, upload.hasher, desk.limits.floor)
        if not desk.move(
            call,
            meta.payer,
            lambda loan: moving.receive(desk.vault, loan, job),
            functools.partial(self._arrived, call, upload, respond),
        ):
            return False
        upload.busy = True
        upload.cut = call.exchange.cut
        with self.uploads.changing(upload):
            upload.most = most
        return True

    def _most(self, call: Call, upload: Upload, granted: Granted) -> int | None:
        """To how many bytes the body may bring ``upload``, which it has to have room for; None: that is answered.

        Of a body in chunks nobody knows how much it will be: it gets all the room that there is.
        """
        meta, length = upload.meta, call.request.length
        if meta.size >= 0:
            return meta.size
        bounds = self._bounds(granted, meta.payer, upload.reserved)
        least = upload.offset + max(1, length)
        if not self._fits(call, least, bounds):
            return None
        return least if length >= 0 else min(bound.most for bound in bounds)

    def _arrived(self, call: Call, upload: Upload, respond: Then, arrived: Arrived) -> None:
        upload.cut = None
        if arrived.offset > upload.offset:
            upload.touched = self._desk.now().mono
        with self.uploads.changing(upload):
            upload.offset, upload.most = arrived.offset, 0
        upload.hasher, upload.content = arrived.hasher, arrived.content
        if arrived.content is not None:
            upload.meta = structs.replace(upload.meta, size=arrived.offset)
            self._complete(call, upload, respond)
            return
        self._let_go(upload)
        if arrived.status or not arrived.alive:
            if upload.meta.once:
                self._drop(upload)
            call.answer(arrived.status or HTTPStatus.BAD_REQUEST, f"{arrived.why}.", *self._progress(upload))
        else:
            respond(None)

    def _with(
        self,
        call: Call,
        name: str,
        step: Callable[[Granted, Upload], None],
        whole: Callable[[Fetchable], None],
    ) -> None:
        """``step`` with the upload, once it is free and the asker's; ``whole`` where it is a file already."""

        def finished() -> None:
            self._desk.ask(call, Fetch(name), fetched)

        def fetched(answer: FileAnswer) -> None:
            if isinstance(answer, Denied):
                call.deny(answer)
            else:
                assert isinstance(answer, Fetchable)
                whole(answer)

        def identified(answer: FileAnswer) -> None:
            if isinstance(answer, Denied):
                call.deny(answer)
                return
            assert isinstance(answer, Granted)
            go_on(answer)

        def go_on(granted: Granted) -> None:
            upload = self.uploads.get(name)
            if upload is None:
                finished()
            elif upload.meta.owner != granted.owner:
                call.answer(HTTPStatus.NOT_FOUND, _NOT_HERE)
            elif upload.busy:
                upload.waiting.append(lambda: go_on(granted))
                if upload.cut is not None:
                    upload.cut()
            else:
                step(granted, upload)

        if self.uploads.get(name) is None:
            finished()
        else:
            self._desk.ask(call, Identify(), identified)

    def _let_go(self, upload: Upload) -> None:
        """Whoever waits for it comes next."""
        upload.busy = False
        upload.cut = None
        while upload.waiting and not upload.busy:
            upload.waiting.pop(0)()

    # -- finishing

    def _complete(self, call: Call, upload: Upload, respond: Then) -> None:
        """All of it is there: make it a file. It is busy until that has come to an end."""
        upload.busy = True
        desk = self._desk
        if upload.content is None:  # the server was started again since it came
            job = functools.partial(self._examine, upload.meta.id)
            desk.crew.do(job, functools.partial(self._examined, call, upload, respond))
            return
        content = upload.content

        def pinned() -> None:
            self._on_disk(lambda: desk.vault.place(upload.meta.id, content.sha256), placed)

        def placed(why: str) -> None:
            if why:
                self._unfinished(upload, content)
                call.answer(HTTPStatus.INSUFFICIENT_STORAGE, why)
            else:
                desk.ask(call, self._finish(upload, content), finished)

        def finished(answer: FileAnswer) -> None:
            if isinstance(answer, Denied):
                self._unfinished(upload, content)
                call.deny(answer)
                return
            assert isinstance(answer, Finished)
            self._finished(upload, content)
            respond(answer)

        self._contents.pin(content.sha256, pinned)

    def _examine(self, name: str) -> Content | str:
        try:
            return self._desk.vault.examine(name)
        except OSError as error:
            return _cause(error)

    def _examined(self, call: Call, upload: Upload, respond: Then, found: Content | str) -> None:
        if isinstance(found, str):
            with self.uploads.changing(upload):
                upload.offset, upload.hasher = 0, None
            self._let_go(upload)
            call.answer(HTTPStatus.INTERNAL_SERVER_ERROR, found)
        else:
            upload.content = found
            self._complete(call, upload, respond)

    def _finish(self, upload: Upload, content: Content) -> Finish:
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

    def _unfinished(self, upload: Upload, content: Content) -> None:
        self._contents.unpin(content.sha256)
        self._let_go(upload)
        if upload.meta.once:
            self._drop(upload)

    def _finished(self, upload: Upload, content: Content) -> None:
        self.finished += 1
        self._contents.keep(content.sha256, upload.offset)
        self._contents.unpin(content.sha256)
        self._drop(upload)
        self._let_go(upload)

    # -- giving up

    def delete(self, call: Call, name: str) -> None:
        """DELETE: of an upload, or of the file that it has become."""

        def step(_granted: Granted, upload: Upload) -> None:
            self._drop(upload)
            call.answer(HTTPStatus.NO_CONTENT)

        def erased(answer: FileAnswer) -> None:
            if isinstance(answer, Denied):
                call.deny(answer)
            else:
                assert isinstance(answer, Erased)
                call.answer(HTTPStatus.NO_CONTENT)

        if self.uploads.get(name) is None:
            self._desk.ask(call, Erase(name), erased)
        else:
            self._with(call, name, step, lambda _file: self.delete(call, name))

    def is_file(self, upload: Upload) -> None:
        """At the start: it was finished, and the server ended before it could forget the upload."""
        self._drop(upload)

    def expire(self) -> None:
        """Those that rest for too long."""
        for upload in self.uploads.expired(self._desk.now().mono):
            self._drop(upload)

    def _drop(self, upload: Upload) -> None:
        """It is a file now, or given up."""
        self.uploads.remove(upload)
        self._on_disk(lambda: self._desk.vault.forget(upload.meta.id), self._noted)

    # -- what is told

    def _progress(self, upload: Upload) -> list[tuple[str, str]]:
        found = [("Upload-Offset", str(upload.offset))]
        if not upload.whole:
            now = self._desk.now()
            found.append(tus.expires(now.wall + self.uploads.expires(upload) - now.mono))
        return found

    def _described(self, upload: Upload) -> list[tuple[str, str]]:
        meta = upload.meta
        size = ("Upload-Length", str(meta.size)) if meta.size >= 0 else ("Upload-Defer-Length", "1")
        said = tus.say_metadata({"filename": meta.name, "filetype": meta.said, "target": meta.target})
        return [size, *([("Upload-Metadata", said)] if said else [])]

    def _on_disk(self, job: Callable[[], object], then: Callable[[str], None]) -> None:
        """In a thread; ``then`` gets what went wrong, in words, or ``""``."""

        def done() -> str:
            try:
                job()
            except OSError as error:
                return _cause(error)
            return ""

        self._desk.crew.do(done, then)


def _cause(error: OSError) -> str:
    return f"The server's disk fails: {error.strerror}."
