"""Files that have to last a power cut: their bytes are on the disk before their names are, and these in the end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from natterjack.store import disk

Synced = list[tuple[int, list[str]]]


@pytest.fixture
def synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Synced:
    """The inode of what was synced each time, and which files there were."""
    found: Synced = []
    fsync: Callable[[int], None] = os.fsync

    def note(descriptor: int) -> None:
        found.append((os.fstat(descriptor).st_ino, sorted(path.name for path in tmp_path.iterdir())))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    return found


@pytest.mark.parametrize("links", [True, False])
def test_a_finished_file_gets_its_name(
    tmp_path: Path, synced: Synced, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    part = tmp_path / "copy.part"
    part.write_bytes(b"x")
    file = part.stat().st_ino
    if not links:
        monkeypatch.setattr(os, "link", _refuse)
    disk.name(part, tmp_path / "copy")
    assert synced == [(file, ["copy.part"]), (tmp_path.stat().st_ino, ["copy"])]
    assert (tmp_path / "copy").read_bytes() == b"x"


def _refuse(*_: object) -> None:
    raise PermissionError("this file system has no links")


def test_a_new_file_is_written(tmp_path: Path, synced: Synced) -> None:
    disk.write(tmp_path / "key", b"secret")
    file = (tmp_path / "key").stat()
    assert synced == [(file.st_ino, ["key"]), (tmp_path.stat().st_ino, ["key"])]
    assert file.st_mode & 0o777 == 0o600
