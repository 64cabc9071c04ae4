"""What is asked about uploads: by POST, HEAD, PATCH and DELETE."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

from msgspec import structs

from natterjack.files import disposition, names, tus
from natterjack.files.contents import Contents
from natterjack.files.uploads import Upload
from natterjack.files.vault import Meta
from natterjack.ports.files import (
    Begin,
    Denied,
    Erase,
    Erased,
    Fetch,
    Fetchable,
    FileAnswer,
    Finished,
    Granted,
    Identify,
)
from natterjack.server.filedesk import Call, Desk
from natterjack.server.uploads.finishing import Finishing
from natterjack.server.uploads.granting import Granting
from natterjack.server.uploads.receiving import Receiving
from natterjack.server.uploads.underway import UnderWay, described

#: Bytes of an id: 128 random bits.
_ID_BYTES = 16
#: Letters of what a sender says of a file's type: more than any type has.
_SAID_LENGTH = 100
_NOT_HERE = "There is no such upload."


class Uploading:
    """``room`` answers how many bytes may be taken in altogether."""

    def __init__(self, desk: Desk, under_way: UnderWay, contents: Contents, room: Callable[[], int]) -> None:
        self._desk = desk
        self._under_way = under_way
        self._uploads = under_way.uploads
        self._granting = Granting(self._uploads, room)
        self._finishing = Finishing(desk, under_way, contents)
        self._receiving = Receiving(desk, under_way, self._granting, self._finishing)

    @property
    def finished(self) -> int:
        """How many became files since the start."""
        return self._finishing.count

    # -- beginning

    def create(self, call: Call) -> None:
        """POST by a tus client."""
        said = tus.creation(call.request.headers)
        if call.request.body:
            tus.appending({**call.request.headers, "upload-offset": "0"})
        self._begin(call, said.target, said.size, lambda granted: self._created(call, said, granted))

    def take_plain(self, call: Call) -> None:
        """POST of the file itself: https://codeberg.org/emersion/soju, doc/ext/filehost.md."""
        self._begin(call, "", call.request.length, lambda granted: self._created_plain(call, granted))

    def _begin(self, call: Call, target: str, size: int, then: Callable[[Granted], None]) -> None:
        def answered(answer: FileAnswer) -> None:
            if isinstance(answer, Denied):
                call.deny(answer)
                return
            assert isinstance(answer, Granted)
            if self._granting.may_begin(call, answer, size):
                then(answer)

        self._desk.ask(call, Begin(target, size), answered)

    def _created(self, call: Call, said: tus.Creation, granted: Granted) -> None:
        meta = _meta(granted, said.target, said.name, said.type, said.size)
        upload = self._under_way.add(meta)
        location = ("Location", f"/files/{meta.id}")

        def respond(_finished: Finished | None) -> None:
            call.answer(HTTPStatus.CREATED, "", location, *self._under_way.progress(upload))

        def noted(why: str) -> None:
            if why:
                self._under_way.drop(upload)
                call.answer(HTTPStatus.INSUFFICIENT_STORAGE, why)
            elif call.request.body:
                checksum = tus.checksum(call.request.headers)
                if not self._receiving.receive(call, upload, granted, checksum, respond):
                    self._under_way.drop(upload)
            elif upload.whole:
                self._finishing.complete(call, upload, respond)
            else:
                respond(None)

        self._desk.on_disk(lambda: self._desk.vault.describe(meta), noted)

    def _created_plain(self, call: Call, granted: Granted) -> None:
        headers = call.request.headers
        name = disposition.read(headers.get("content-disposition", ""))
        said = headers.get("content-type", "")
        meta = _meta(granted, "", name, said, call.request.length, once=True)
        upload = self._under_way.add(meta)

        def respond(finished: Finished | None) -> None:
            key = finished.key if finished is not None else ""
            link = f"/files/{meta.id}/{key}/{quote(meta.name)}" if key else f"/files/{meta.id}"
            call.answer(HTTPStatus.CREATED, "", ("Location", link))

        if not call.request.body:
            self._finishing.complete(call, upload, respond)
        elif not self._receiving.receive(call, upload, granted, None, respond):
            self._under_way.drop(upload)

    # -- going on

    def tell(self, call: Call, name: str) -> None:
        """HEAD: how far it is. Where all is there and it was never finished, finish it."""

        def step(_granted: Granted, upload: Upload) -> None:
            def respond(_finished: Finished | None) -> None:
                call.answer(HTTPStatus.OK, "", *self._under_way.progress(upload), *described(upload))

            if upload.whole:
                self._finishing.complete(call, upload, respond)
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
            call.answer(HTTPStatus.NO_CONTENT, "", *self._under_way.progress(upload))

        if call.request.body:
            self._receiving.receive(call, upload, granted, said.checksum, respond)
        elif upload.whole:
            self._finishing.complete(call, upload, respond)
        elif said.size >= 0:
            self._under_way.note(upload, lambda: respond(None))
        else:
            respond(None)

    def _told_size(self, call: Call, size: int, granted: Granted, upload: Upload) -> bool:
        """Whether the size that is said only now can be right; if not, that is answered."""
        meta = upload.meta
        if size == meta.size:
            return True
        if meta.size >= 0 or size < upload.offset:
            text = "Upload-Length is not what it was, or less than what is here."
            call.answer(HTTPStatus.BAD_REQUEST, text)
            return False
        if not self._granting.may_have(call, granted, upload, size):
            return False
        with self._uploads.changing(upload):
            upload.meta = structs.replace(meta, size=size)
        return True

    # -- giving up

    def delete(self, call: Call, name: str) -> None:
        """DELETE: of an upload, or of the file that it has become."""

        def step(_granted: Granted, upload: Upload) -> None:
            self._under_way.drop(upload)
            call.answer(HTTPStatus.NO_CONTENT)

        def erased(answer: FileAnswer) -> None:
            if isinstance(answer, Denied):
                call.deny(answer)
            else:
                assert isinstance(answer, Erased)
                call.answer(HTTPStatus.NO_CONTENT)

        if self._uploads.get(name) is None:
            self._desk.ask(call, Erase(name), erased)
        else:
            self._with(call, name, step, lambda _file: self.delete(call, name))

    # -- which one

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
            upload = self._uploads.get(name)
            if upload is None:
                finished()
            elif upload.meta.owner != granted.owner:
                call.answer(HTTPStatus.NOT_FOUND, _NOT_HERE)
            elif upload.busy:
                self._under_way.wait(upload, lambda: go_on(granted))
            else:
                step(granted, upload)

        if self._uploads.get(name) is None:
            finished()
        else:
            self._desk.ask(call, Identify(), identified)


def _meta(granted: Granted, target: str, name: str, said: str, size: int, *, once: bool = False) -> Meta:
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
