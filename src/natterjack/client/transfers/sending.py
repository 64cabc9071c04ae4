"""The errand of an upload."""

from __future__ import annotations

import mimetypes
import random
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from natterjack.client.transfers.connection import ANSWER, Connection, Cut
from natterjack.client.transfers.ledger import Row
from natterjack.client.transfers.sources import NoSource, Source, open_source
from natterjack.client.transfers.steps import Ask, Confirm, Create, End, Push, Remove, Renew, Rest
from natterjack.client.transfers.uploading import PATH, Upload
from natterjack.client.transfers.values import State
from natterjack.client.transfers.words import Answer, Trouble
from natterjack.client.transfers.worker import PIECE, Digest, Over, Worker

_TUS = ("Tus-Resumable", "1.0.0")
_CHANGED = "{} is not what it was when it was begun to be sent: it was not sent. Send it again."
#: Seconds that a worker that was told to stop gives the server to take the upload back.
_FAREWELL = 3.0


class Sending:
    """``most`` is how many bytes the server takes, 0 where it does not say."""

    def __init__(self, most: int, chance: Callable[[], float] = random.random) -> None:
        self._most = most
        self._chance = chance
        self._source: Source | None = None
        self._digest = Digest()
        self._buffer = memoryview(bytearray(PIECE))

    def run(self, worker: Worker) -> Over:
        row = worker.row
        try:
            source = self._source = open_source(Path(row.path))
        except NoSource as error:
            return Over(State.FAILED, error.trouble)
        if row.size >= 0 and (source.size, source.stamp) != (row.size, row.stamp):
            if row.location and worker.token:
                self._take_back(worker)
            return Over(State.FAILED, Trouble("source_changed", _CHANGED.format(row.path)))
        if self._most and source.size > self._most:
            text = f"{row.name} has {source.size:,} bytes, and this server takes files of {self._most:,} at most."
            return Over(State.FAILED, Trouble("too_large", text))
        if row.size < 0:
            worker.keep(structs.replace(row, size=source.size, stamp=source.stamp))
        upload = Upload(row.name, source.size, self._chance, row.location)
        while not isinstance(step := upload.next(), End):
            worker.check()
            try:
                self._step(worker, source, upload, step)
            except Cut as error:
                worker.connection.close()
                worker.check()
                upload.broke(str(error))
            except OSError as error:
                worker.connection.close()
                upload.unreadable(f"{row.path} cannot be read ({(error.strerror or 'no').lower()})")
        if step.trouble is not None:
            return Over(State.FAILED, step.trouble, done=upload.offset)
        return Over(State.DONE, None, row.path, self._digest.text(), source.size)

    def _step(self, worker: Worker, source: Source, upload: Upload, step: object) -> None:
        match step:
            case Renew():
                worker.renew()
            case Rest():
                if worker.rest(step):
                    upload.reconnected()
            case Push():
                self._push(worker, source, upload, step)
            case Create() | Ask() | Confirm() | Remove():
                self._ask(worker, source, upload, step)
            case _:
                raise AssertionError(f"no upload does {step}")

    def _ask(
        self, worker: Worker, source: Source, upload: Upload, step: Create | Ask | Confirm | Remove
    ) -> None:
        connection = worker.connection
        match step:
            case Create():
                fields = (("Upload-Length", str(source.size)), ("Upload-Metadata", _metadata(worker.row)))
                connection.ask("POST", PATH, worker.headers(_TUS, *fields), 0)
            case Ask():
                connection.ask("HEAD", step.location, worker.headers(_TUS))
            case Confirm():
                self._read_all(worker, source)
                connection.ask("HEAD", f"{PATH}{step.file_id}", worker.headers())
            case Remove():
                connection.ask("DELETE", step.location, worker.headers(_TUS))
        before = upload.location
        upload.answered(connection.answer(ANSWER), self._digest.text())
        if upload.location != before:
            row = structs.replace(worker.row, location=upload.location, file_id=upload.file_id)
            worker.keep(row)

    def _push(self, worker: Worker, source: Source, upload: Upload, step: Push) -> None:
        if not source.is_unchanged():
            upload.changed()
            return
        self._read_all(worker, source, step.offset)
        connection = worker.connection
        worker.begin(State.RUNNING, step.offset, source.size)
        fields = (
            _TUS, ("Upload-Offset", str(step.offset)), ("Content-Type", "application/offset+octet-stream")
        )  # fmt: skip
        connection.ask("PATCH", step.location, worker.headers(*fields), source.size - step.offset)
        answer = self._stream(worker, source, upload, step.offset)
        if answer is not None:
            upload.answered(answer)

    def _stream(self, worker: Worker, source: Source, upload: Upload, offset: int) -> Answer | None:
        """Send all from ``offset`` on; the server's answer, None where we have stopped ourselves."""
        connection = worker.connection
        while offset < source.size:
            count = source.read(offset, self._buffer[: min(PIECE, source.size - offset)])
            piece = self._buffer[:count]
            self._digest.add(offset, piece)
            # looked at before the last bytes go: without them nothing of it is ever seen
            if not count or (offset + count == source.size and not source.is_unchanged()):
                connection.close()
                upload.changed()
                return None
            try:
                if connection.has_answered():
                    break
                connection.send(piece)
            except Cut as error:
                return _said_before(connection, error)
            offset += count
            worker.moved(offset, source.size)
        if offset < source.size:
            answer = connection.answer()
            connection.close()  # it waits for the rest, which does not come
            return answer
        connection.all_sent()
        worker.now(State.CHECKING)
        return connection.answer(ANSWER)

    def _read_all(self, worker: Worker, source: Source, until: int | None = None) -> None:
        """Have the hash of all up to ``until``: what an earlier run has sent is read once more."""
        end = source.size if until is None else until
        if self._digest.size < end:
            worker.begin(State.CHECKING, self._digest.size, end)
        while self._digest.size < end:
            count = source.read(self._digest.size, self._buffer[: min(PIECE, end - self._digest.size)])
            if not count:
                return  # it has become shorter: is_unchanged() will tell
            self._digest.add(self._digest.size, self._buffer[:count])
            worker.moved(self._digest.size, end)

    def cancel(self, worker: Worker) -> None:
        self._take_back(worker)

    def _take_back(self, worker: Worker) -> None:
        """Tell the server that the rest will not come; what it does not hear it finds out after a day."""
        location = worker.row.location
        if not location or not worker.has_token:
            return
        worker.connection.close()  # which nobody can be heard on any more
        connection = worker.connection = Connection(*worker.connection.where)
        try:
            connection.ask("DELETE", location, worker.headers(_TUS))
            connection.answer(_FAREWELL)
        except Cut:
            connection.close()

    def close(self) -> None:
        if self._source is not None:
            self._source.close()


def _said_before(connection: Connection, error: Cut) -> Answer:
    """Sending failed: what the server said before it closed may still be there to read. Raises :class:`Cut`."""
    try:
        return connection.answer()
    except Cut:
        raise error from None


def _metadata(row: Row) -> str:
    """https://tus.io/protocols/resumable-upload#upload-metadata"""
    kind = mimetypes.guess_type(row.name)[0] or ""  # the server looks for itself first
    pairs = {"filename": row.name, "filetype": kind, "target": row.target}
    return ",".join(
        f"{key} {b64encode(value.encode(errors='replace')).decode()}" for key, value in pairs.items() if value
    )
