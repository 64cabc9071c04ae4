"""How many bytes an upload may have: by what the core grants its payer, and by what the disk has.

What is under way has its room already (:attr:`natterjack.files.uploads.Upload.reserved`), so that nobody gets more by
beginning several at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from msgspec import Struct

from natterjack.files.uploads import Upload, Uploads
from natterjack.ports.files import Granted
from natterjack.server.filedesk import Call

_NO_ROOM = "You have no room for so much: delete some files, or wait for your other uploads."


class Bound(Struct, frozen=True):
    """What is answered to more than ``most`` bytes of an upload."""

    most: int
    status: int
    text: str


class Granting:
    """``room`` answers how many bytes may be taken in altogether."""

    def __init__(self, uploads: Uploads, room: Callable[[], int]) -> None:
        self._uploads = uploads
        self._room = room

    def may_begin(self, call: Call, granted: Granted, size: int) -> bool:
        """Whether a further upload, of ``size`` bytes (-1: not said yet), may begin; if not, that is answered."""
        why = self._uploads.refusal(granted.payer)
        if why:
            call.answer(HTTPStatus.TOO_MANY_REQUESTS, f"{why}.", ("Retry-After", "60"))
            return False
        return _fits(call, size, self._bounds(granted, granted.payer))

    def may_have(self, call: Call, granted: Granted, upload: Upload, size: int) -> bool:
        """Whether ``upload`` may have ``size`` bytes altogether; if not, that is answered."""
        return _fits(call, size, self._bounds(granted, upload.meta.payer, upload.reserved))

    def most(self, call: Call, granted: Granted, upload: Upload) -> int | None:
        """To how many bytes the body may bring ``upload``. None: there is no room for it, and that is answered.

        Of a body in chunks nobody knows how much it will be: it gets all the room that there is.
        """
        meta, length = upload.meta, call.request.length
        if meta.size >= 0:
            return meta.size
        bounds = self._bounds(granted, meta.payer, upload.reserved)
        least = upload.offset + max(1, length)
        if not _fits(call, least, bounds):
            return None
        return least if length >= 0 else min(bound.most for bound in bounds)

    def _bounds(self, granted: Granted, payer: str, reserved: int = 0) -> list[Bound]:
        """Of an upload that ``payer`` is charged for, and which has ``reserved`` bytes already."""
        others = self._uploads.reserved(payer) - reserved
        too_large, full = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.INSUFFICIENT_STORAGE
        return [
            Bound(granted.most, too_large, f"A file may have {granted.most} bytes at the most."),
            Bound(granted.room - others, too_large, _NO_ROOM),
            Bound(self._room() + reserved, full, "The server has no room for so much."),
        ]


def _fits(call: Call, size: int, bounds: list[Bound]) -> bool:
    for bound in bounds:
        if size > bound.most:
            call.answer(bound.status, bound.text)
            return False
    return True
