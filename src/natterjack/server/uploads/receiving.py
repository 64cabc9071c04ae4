"""The body of a request on its way to the disk."""

from __future__ import annotations

import functools
from http import HTTPStatus

from msgspec import structs

from natterjack.files import moving, tus
from natterjack.files.limits import Bound
from natterjack.files.moving import Arrived, Arriving
from natterjack.files.uploads import Upload
from natterjack.ports.files import Granted
from natterjack.server.filedesk import Call, Desk
from natterjack.server.uploads.finishing import Finishing, Then
from natterjack.server.uploads.granting import Granting
from natterjack.server.uploads.underway import UnderWay


class Receiving:
    """What is whole with it goes to ``finishing``."""

    def __init__(self, desk: Desk, under_way: UnderWay, granting: Granting, finishing: Finishing) -> None:
        self._desk = desk
        self._under_way = under_way
        self._granting = granting
        self._finishing = finishing

    def receive(
        self, call: Call, upload: Upload, granted: Granted, checksum: tus.Checksum | None, respond: Then
    ) -> bool:
        """Whether the body of ``call`` is taken in, and answered by ``respond``; if not, why not is answered."""
        desk, meta = self._desk, upload.meta
        if call.exchange.gone:
            call.answer(HTTPStatus.BAD_REQUEST)
            return False
        most = self._granting.most(call, granted, upload)
        if most is None:
            return False
        in_steps = meta.size < 0 and call.request.length < 0
        more = functools.partial(self._more, upload, granted) if in_steps else None
        job = Arriving(meta, upload.offset, most, checksum, upload.hasher, desk.limits.floor, more)
        if not desk.move(
            call,
            meta.payer,
            lambda loan: moving.receive(desk.vault, loan, job),
            functools.partial(self._arrived, call, upload, respond),
        ):
            return False
        upload.busy = True
        upload.cut = call.exchange.cut
        upload.spent = 0
        with self._under_way.uploads.changing(upload):
            upload.most = most
        return True

    def _more(self, upload: Upload, granted: Granted, offset: int) -> Bound:
        """In a thread, for the body of ``upload``, which has come to ``offset``: how far it may come."""

        def question() -> Bound:
            upload.touched = self._desk.now().mono
            with self._under_way.uploads.changing(upload):
                upload.offset = offset
            bound = self._granting.more(granted, upload)
            with self._under_way.uploads.changing(upload):
                upload.most = bound.most
            return bound

        return self._desk.found_out(question)

    def _arrived(self, call: Call, upload: Upload, respond: Then, arrived: Arrived) -> None:
        upload.cut = None
        if arrived.offset > upload.offset:
            upload.touched = self._desk.now().mono
        with self._under_way.uploads.changing(upload):
            upload.offset, upload.most = arrived.offset, 0
        upload.hasher, upload.content = arrived.hasher, arrived.content
        if arrived.content is not None:
            upload.meta = structs.replace(upload.meta, size=arrived.offset)
            self._finishing.complete(call, upload, respond)
            return
        self._under_way.let_go(upload)
        if arrived.status or not arrived.alive:
            if upload.meta.once:
                self._under_way.drop(upload)
            progress = self._under_way.progress(upload)
            call.answer(arrived.status or HTTPStatus.BAD_REQUEST, f"{arrived.why}.", *progress)
        else:
            respond(None)
