"""Pictures that were fetched, small, for among the messages: read off the window's thread, and never more than we keep.

Theory of operation. Somebody else has sent the file, so nothing about it is believed: its kind is what its first bytes
say, one of a few; its size in pixels is looked at before any of them is unpacked, and Qt is held to a limit of memory
besides. It is scaled while it is read where its kind can do that. What cannot be shown stays a file with a name.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QRunnable, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap

#: The longer side of a small picture, in the window's pixels.
SIDE: Final = 360
_KINDS: Final = frozenset((b"png", b"jpeg", b"gif", b"webp", b"bmp"))
_MOST_FILE: Final = 50 * 1000 * 1000
#: Pixels: the largest cameras have about as many.
_MOST_PIXELS: Final = 64 * 1000 * 1000
#: Mebibytes that Qt may take for one while it is read: four bytes a pixel.
_MOST_MEMORY: Final = 256
#: Bytes of small pictures kept, and paths of what is none.
_MOST_KEPT: Final = 24 * 1024 * 1024
_MOST_NONE: Final = 1000


def read_small(path: str, side: int) -> QImage | None:
    """The picture in ``path``, no larger than ``side``; None if it is none that we show. For any thread."""
    try:
        if Path(path).stat().st_size > _MOST_FILE:
            return None
    except OSError:  # it has been moved or removed, as is its owner's right
        return None
    QImageReader.setAllocationLimit(_MOST_MEMORY)
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    size = reader.size()
    if bytes(reader.format().data()) not in _KINDS or not size.isValid():
        return None
    if size.width() * size.height() > _MOST_PIXELS:
        return None
    if max(size.width(), size.height()) > side:
        size.scale(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio)
        reader.setScaledSize(QSize(max(1, size.width()), max(1, size.height())))
    image = reader.read()
    return None if image.isNull() else image


class _Reading(QRunnable):
    """One picture, read by a thread of the pool."""

    def __init__(self, path: str, side: int, read: Callable[[str, QImage | None], None]) -> None:
        super().__init__()
        self._path, self._side, self._read = path, side, read

    def run(self) -> None:
        self._read(self._path, read_small(self._path, self._side))


class Pictures(QObject):
    """``changed`` tells the path of a picture that is there now. ``ratio``: the screen's pixels for one of ours."""

    changed = Signal(str)
    _was_read = Signal(str, object)

    def __init__(self, parent: QObject | None = None, ratio: float = 1.0) -> None:
        super().__init__(parent)
        self.ratio = ratio
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)  # one large picture at a time
        self._asked: set[str] = set()
        self._small: OrderedDict[str, QPixmap] = OrderedDict()
        self._none: OrderedDict[str, None] = OrderedDict()
        self._kept = 0
        self._was_read.connect(self._put, Qt.ConnectionType.QueuedConnection)

    def thumbnail(self, path: str) -> QPixmap | None:
        """The picture in ``path``; None: not yet (``changed`` follows), or it is none."""
        found = self._small.get(path)
        if found is not None:
            self._small.move_to_end(path)
        elif path and path not in self._asked and path not in self._none:
            self._asked.add(path)
            self._pool.start(_Reading(path, round(SIDE * self.ratio), self._was_read.emit))
        return found

    def size_of(self, path: str) -> QSize | None:
        """How large it is shown; None as for :meth:`thumbnail`."""
        found = self.thumbnail(path)
        return None if found is None else found.deviceIndependentSize().toSize()

    def close(self) -> None:
        """Nothing is read any more."""
        self._pool.clear()
        self._pool.waitForDone()

    def _put(self, path: str, image: QImage | None) -> None:
        self._asked.discard(path)
        if image is None:
            self._none[path] = None
            if len(self._none) > _MOST_NONE:
                self._none.popitem(last=False)
            return
        picture = QPixmap.fromImage(image)
        picture.setDevicePixelRatio(self.ratio)
        self._small[path] = picture
        self._kept += _bytes(picture)
        while self._kept > _MOST_KEPT and len(self._small) > 1:
            _, oldest = self._small.popitem(last=False)
            self._kept -= _bytes(oldest)
        self.changed.emit(path)


def _bytes(picture: QPixmap) -> int:
    return picture.width() * picture.height() * 4
