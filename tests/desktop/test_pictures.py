"""Pictures from others: shown small, read elsewhere, and never believed."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from PySide6.QtCore import QThread
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from natterjack.desktop import pictures as p


def picture(path: Path, width: int, height: int, kind: str = "PNG") -> str:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("#23683f"))
    assert image.save(str(path), kind)  # type: ignore[call-overload]
    return str(path)


def enormous(path: Path) -> str:
    """A PNG of a few bytes that says that it has ten thousand million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    return str(path)


def test_a_picture_comes_later_and_small(qtbot: QtBot, tmp_path: Path) -> None:
    made = p.Pictures()
    path = picture(tmp_path / "cat.png", 1600, 900)
    assert made.thumbnail(path) is None
    with qtbot.waitSignal(made.changed, timeout=5000) as told:
        made.thumbnail(path)
    assert told.args == [path]
    found = made.thumbnail(path)
    assert found is not None
    assert (found.width(), found.height()) == (360, 202)
    assert made.size_of(path) == found.size()


def test_a_fine_screen_gets_more_pixels_and_the_same_size(qtbot: QtBot, tmp_path: Path) -> None:
    made = p.Pictures(ratio=2.0)
    path = picture(tmp_path / "cat.jpg", 1000, 1000, "JPG")
    with qtbot.waitSignal(made.changed, timeout=5000):
        made.thumbnail(path)
    found = made.thumbnail(path)
    assert found is not None
    assert found.width() == 720
    assert found.deviceIndependentSize().width() == 360


def test_a_small_one_is_not_blown_up(tmp_path: Path, qapp: object) -> None:
    image = p.read_small(picture(tmp_path / "dot.png", 16, 16), 360)
    assert image is not None
    assert image.width() == 16


def test_what_a_file_is_called_says_nothing(tmp_path: Path, qapp: object) -> None:
    named = picture(tmp_path / "invoice.pdf", 10, 10, "PNG")
    assert p.read_small(named, 360) is not None
    (tmp_path / "cat.png").write_bytes(b"#!/bin/sh\necho meow\n")
    assert p.read_small(str(tmp_path / "cat.png"), 360) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>',
        b"GIF89a\xff\xff\xff\xff",
    ],
)
def test_what_is_no_picture_stays_a_file(qtbot: QtBot, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "picture.svg"
    path.write_bytes(content)
    made = p.Pictures()
    assert made.thumbnail(str(path)) is None
    qtbot.waitUntil(lambda: str(path) in made._none)
    assert made.thumbnail(str(path)) is None
    assert not made._asked, "it is not read again and again"


def test_a_picture_that_says_to_be_enormous_is_not_unpacked(tmp_path: Path, qapp: object) -> None:
    assert p.read_small(enormous(tmp_path / "bomb.png"), 360) is None


def test_a_file_that_has_gone_is_none(tmp_path: Path, qapp: object) -> None:
    assert p.read_small(str(tmp_path / "gone.png"), 360) is None


def test_what_is_kept_has_a_limit(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(p, "_MOST_KEPT", 3 * 360 * 360 * 4)
    made = p.Pictures()
    paths = [picture(tmp_path / f"{number}.png", 500, 500) for number in range(5)]
    for path in paths:
        with qtbot.waitSignal(made.changed, timeout=5000):
            made.thumbnail(path)
    assert list(made._small) == paths[2:]


def test_nothing_is_read_on_the_windows_thread(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    read = p.read_small

    def noting(path: str, side: int) -> QImage | None:
        threads.append(QThread.currentThread())
        return read(path, side)

    monkeypatch.setattr(p, "read_small", noting)
    made = p.Pictures()
    with qtbot.waitSignal(made.changed, timeout=5000):
        made.thumbnail(picture(tmp_path / "cat.png", 20, 20))
    assert threads
    assert threads[0] is not QThread.currentThread()
