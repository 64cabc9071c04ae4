"""Files over HTTP: which request is what, and what the core's effects on files come to."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from natterjack.files import credentials, tus
from natterjack.files.contents import Contents
from natterjack.files.limits import FileLimits
from natterjack.files.vault import FOLDER, Vault
from natterjack.net.exchange import Exchange, Peer
from natterjack.ports.events import Now
from natterjack.ports.files import FileAbandoned, FileAnswered, FileAsked, Holdings, Key, Unkept
from natterjack.server.downloading import Downloading
from natterjack.server.filedesk import Call, Desk, words
from natterjack.server.uploads.requests import Uploading
from natterjack.server.uploads.underway import UnderWay
from natterjack.server.web import Metric
from natterjack.wire.http import Request

_log = logging.getLogger(__name__)

#: Everything below this path is ours.
ROOT = "/files"
_PATH = re.compile(r"/files/?|/files/([\w-]{22})(?:/([\w-]{16,64})(?:/[^/]*)?)?", re.ASCII)
_ALLOWED = "OPTIONS, POST, HEAD, PATCH, DELETE, GET"
#: Seconds between two looks at what has expired and how full the disk is.
_LOOK = 10.0


class Files:
    """``take`` gives the core an event, ``call`` does something on the loop's thread, ``now`` is the reactor's time.

    Raises ``OSError`` where the folder can't be used.
    """

    def __init__(
        self,
        data: Path,
        limits: FileLimits,
        take: Callable[[FileAsked | FileAbandoned], None],
        call: Callable[[Callable[[], None]], None],
        now: Callable[[], Now],
    ) -> None:
        self.limits = limits
        self._vault = Vault(data / FOLDER)
        self._desk = Desk(self._vault, limits, take, call, now)
        self._contents = Contents(self._delete)
        self.under_way = UnderWay(self._desk)
        self.uploading = Uploading(self._desk, self.under_way, self._contents, self._room)
        self.downloading = Downloading(self._desk)
        for found in self._vault.uploads():
            self.under_way.found(found)
        self._there = self._vault.contents()
        self._free, self._disk = self._vault.room()
        self._most = int((self._free + sum(self._there.values())) * limits.share)
        self._next_look = now().mono + _LOOK

    # -- requests

    def begin(self, exchange: Exchange, request: Request, peer: Peer, home: bool) -> None:
        """Answer ``request``, sooner or later. ``home``: a program on this machine asks."""
        try:
            self._route(exchange, request, peer, home)
        except tus.TusError as error:
            headers = [("Tus-Version", tus.VERSION)] if error.status == HTTPStatus.PRECONDITION_FAILED else []
            exchange.answer(words(error.status, f"{error}.", *headers))
        except credentials.CredentialError as error:
            exchange.answer(words(HTTPStatus.UNAUTHORIZED, f"{error}.", *credentials.CHALLENGE))

    def _route(self, exchange: Exchange, request: Request, peer: Peer, home: bool) -> None:
        found = _PATH.fullmatch(request.path)
        if found is None:
            exchange.answer(words(HTTPStatus.NOT_FOUND, "There is nothing here."))
            return
        method = request.method
        if method == "OPTIONS":
            exchange.answer(words(HTTPStatus.NO_CONTENT, "", *self._offers()))
            return
        spoken = tus.SPOKEN in request.headers
        if spoken or method == "PATCH":
            tus.check_version(request.headers)
            method = request.headers.get(tus.OVERRIDE, method) if method == "POST" else method
        name, key = found.groups()
        credential = credentials.read(request.headers.get("authorization", "")) if not key else Key(key)
        call = Call(request, exchange, peer.ip, home, credential)
        step = self._step(request, method, name, key)
        if step is None:
            call.answer(HTTPStatus.METHOD_NOT_ALLOWED, "That can't be done here.", ("Allow", _ALLOWED))
        elif request.body and method not in ("POST", "PATCH"):
            call.answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Nothing is taken in here.")
        else:
            step(call)

    def _step(
        self, request: Request, method: str, name: str | None, key: str | None
    ) -> Callable[[Call], None] | None:
        """``method`` is that which is meant. A file is shown by the request's own alone: that says whether a body

        follows, and one that was told of and does not come would have the next answer taken for it.
        """
        up, down = self.uploading, self.downloading
        spoken = tus.SPOKEN in request.headers
        if name is None:
            return {"POST": up.create if spoken else up.take_plain}.get(method)
        if request.method == "GET" or (request.method == "HEAD" and (key or not spoken)):
            return lambda call: down.begin(call, name)
        of_upload = {"HEAD": up.tell, "PATCH": up.append, "DELETE": up.delete}.get(method)
        if of_upload is None or key:
            return None
        return lambda call: of_upload(call, name)

    def _offers(self) -> list[tuple[str, str]]:
        return [
            ("Allow", _ALLOWED),
            ("Accept-Post", "*/*"),
            ("Tus-Version", tus.VERSION),
            ("Tus-Extension", tus.EXTENSIONS),
            ("Tus-Checksum-Algorithm", ",".join(tus.ALGORITHMS)),
        ]

    # -- effects

    def answered(self, effect: FileAnswered) -> None:
        """The core has answered."""
        self._desk.answered(effect)

    def hold(self, effect: Holdings) -> None:
        """The core has told what there is: the rest goes."""
        self.under_way.are_files([name for name, _ in effect.files])
        there, self._there = self._there, {}
        kept = {sha256 for _, sha256 in effect.files}
        for sha256 in kept - there.keys():
            _log.error("the bytes of a file are gone: %s", self._vault.path(sha256))
        self._contents.begin(kept, there)

    def unkept(self, effect: Unkept) -> None:
        """Nobody has this content any more."""
        self._contents.unkeep(effect.sha256)

    def _delete(self, sha256: str) -> None:
        def job() -> int:
            try:
                return self._vault.drop(sha256)
            except OSError as error:
                _log.error("can't delete %s: %s", self._vault.path(sha256), error)
                return 0

        self._desk.crew.do(job, lambda size: self._contents.deleted(sha256, size))

    # -- as time goes by

    @property
    def awaits(self) -> bool:
        """Whether anything is under way, so that :meth:`tick` has to be called each second."""
        return self._desk.awaits

    def tick(self) -> None:
        """About once a second."""
        self._desk.tick()
        self.downloading.check()
        self.under_way.uploads.count()
        now = self._desk.now().mono
        if now >= self._next_look:
            self._next_look = now + _LOOK
            self.under_way.expire()
            self._desk.crew.do(self._look, self._looked)

    def _look(self) -> tuple[int, int] | None:
        try:
            return self._vault.room()
        except OSError as error:
            _log.error("can't see how full the disk is: %s", error)
            return None

    def _looked(self, room: tuple[int, int] | None) -> None:
        if room is not None:
            self._free, self._disk = room

    def _room(self) -> int:
        """Bytes that may still be taken in, by the share that is ours and by what has to stay free."""
        uploads = self.under_way.uploads
        ours = self._most - self._contents.stored - uploads.promised
        return min(ours, int(self._free - self._disk * self.limits.floor) - uploads.coming)

    def figures(self) -> list[Metric]:
        """For ``/metrics``."""
        gauge, counter = "gauge", "counter"
        up, down = self.uploading, self.downloading
        return [
            Metric("file_transfers", gauge, "Files that go up or down just now.", self._desk.seated),
            Metric("file_uploads", gauge, "Uploads begun and not finished.", len(self.under_way.uploads)),
            Metric("files_taken_total", counter, "Uploads that became files.", up.finished),
            Metric(
                "files_sent_total", counter, "Downloads and parts of them, ended ones included.", down.sent
            ),
            Metric("files_disk_bytes", gauge, "Bytes of whole files on the disk.", self._contents.stored),
        ]

    def close(self) -> None:
        """Begin nothing more."""
        self._desk.crew.close()
