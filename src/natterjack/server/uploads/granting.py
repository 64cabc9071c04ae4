"""How many bytes an upload may have: by what the core grants its payer, and by what the disk has.

What is under way has its room already (:attr:`natterjack.files.uploads.Upload.reserved`), so that nobody gets more by
beginning several at a time. Of a body in chunks nobody knows how much it will be: it gets room in steps, as it comes,
no more than half of what is left at a time, so that others can come in beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from msgspec import structs

from natterjack.files.limits import Bound
from natterjack.files.uploads import Upload, Uploads
from natterjack.ports.files import Granted
from natterjack.server.filedesk import Call

_NO_ROOM = "You have no room for so much: delete some files, or wait for your other uploads"
#: Bytes of room that a body in chunks gets at a time, and at least as many while there are any: each step is a question
#: to the loop, for which the body waits.
_STEP = 16 * 1024 * 1024
_LEAST_STEP = 64 * 1024


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
        """To how many bytes the body may bring ``upload``, for now if it is in chunks.

        None: there is no room for it, and that is answered.
        """
        meta, length = upload.meta, call.request.length
        if meta.size >= 0:
            return meta.size
        bounds = self._bounds(granted, meta.payer, upload.reserved)
        least = upload.offset + max(1, length)
        if not _fits(call, least, bounds):
            return None
        return least if length >= 0 else _step(upload.offset, bounds).most

    def more(self, granted: Granted, upload: Upload) -> Bound:
        """To how many bytes its body in chunks may bring ``upload`` next; the same, where there is no more room."""
        return _step(upload.offset, self._bounds(granted, upload.meta.payer, upload.reserved, upload.spent))

    def _bounds(self, granted: Granted, payer: str, reserved: int = 0, spent: int = 0) -> list[Bound]:
        """Of an upload that ``payer`` is charged for, and which has ``reserved`` bytes already.

        ``spent``: bytes of his that became files since the core has granted.
        """
        others = self._uploads.reserved(payer) - reserved
        too_large, full = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.INSUFFICIENT_STORAGE
        return [
            Bound(granted.most, too_large, f"A file may have {granted.most} bytes at the most"),
            Bound(granted.room - spent - others, too_large, _NO_ROOM),
            Bound(self._room() + reserved, full, "The server has no room for so much"),
        ]


def _fits(call: Call, size: int, bounds: list[Bound]) -> bool:
    for bound in bounds:
        if size > bound.most:
            call.answer(bound.status, f"{bound.text}.")
            return False
    return True


def _step(offset: int, bounds: list[Bound]) -> Bound:
    """The next step from ``offset`` on, within ``bounds``."""
    bound = min(bounds, key=lambda each: each.most)
    left = bound.most - offset
    step = min(left, max(_LEAST_STEP, min(_STEP, left // 2)))
    return structs.replace(bound, most=offset + step)
