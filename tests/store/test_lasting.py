"""Files that have to last a power cut: their bytes are on the disk before their names are, and these in the end."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from pathlib import Path

import pytest

from natterjack.server import certificates
from natterjack.server.copies import contents
from natterjack.store import disk, placing
from natterjack.store.database import NAME, build, migrations, newest, open_database
from natterjack.store.exporting import export
from natterjack.store.importing import import_


class Synced:
    """What was synced (an inode), and which files there were in ``folder`` then."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes: list[tuple[int, set[str]]] = []

    def note(self, descriptor: int) -> None:
        self.notes.append((os.fstat(descriptor).st_ino, self.names()))

    def names(self) -> set[str]:
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*")}

    def before(self, name: str) -> bool:
        """Whether what is called so now was synced before it was, and the folder in which it is afterwards."""
        path = self.folder / name
        file, folder = path.stat().st_ino, path.parent.stat().st_ino
        places = [
            place for place, (inode, names) in enumerate(self.notes) if inode == file and name not in names
        ]
        return any(
            inode == folder and name in names for inode, names in self.notes[min(places, default=9999) :]
        )


@pytest.fixture
def synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Synced:
    found = Synced(tmp_path)
    fsync = os.fsync

    def note(descriptor: int) -> None:
        found.note(descriptor)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    return found


def _refuse(*_: object) -> None:
    raise PermissionError("this file system has no links")


@pytest.mark.parametrize("links", [True, False])
def test_a_finished_file_gets_its_name(
    tmp_path: Path, synced: Synced, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    (tmp_path / "copy.part").write_bytes(b"x")
    if not links:
        monkeypatch.setattr(os, "link", _refuse)
    disk.name(tmp_path / "copy.part", tmp_path / "copy")
    assert synced.before("copy")
    assert synced.names() == {"copy"}


def test_a_new_file_is_written(tmp_path: Path, synced: Synced) -> None:
    disk.write(tmp_path / "key", b"secret")
    file = (tmp_path / "key").stat()
    assert [inode for inode, _ in synced.notes] == [file.st_ino, tmp_path.stat().st_ino]
    assert file.st_mode & 0o777 == 0o600


def test_a_key_of_the_servers_own(tmp_path: Path, synced: Synced) -> None:
    certificates.own_identity(tmp_path / "tls", "natterjack", dt.datetime(2026, 11, 26, tzinfo=dt.UTC))
    made = {name for name in synced.names() if name.endswith(".pem")}
    assert len(made) == 2
    assert all(synced.before(name) for name in made)


@pytest.mark.parametrize("right", [True, False])
def test_the_bytes_of_a_file_beside_a_backup(tmp_path: Path, synced: Synced, right: bool) -> None:
    sha256 = hashlib.sha256(b"a file").hexdigest()
    source = tmp_path / "whole" / sha256[:2] / sha256
    source.parent.mkdir(parents=True)
    source.write_bytes(b"a file" if right else b"a fine")
    done = contents.copy({sha256: 6}, tmp_path / "whole", tmp_path / "copies", lambda: False)
    name = f"copies/{sha256[:2]}/{sha256}"
    assert (done.count, done.absent) == ((1, ()) if right else (0, (sha256,)))
    assert (name in synced.names()) is right
    assert not right or synced.before(name)


def test_what_is_put_in_the_place_of_the_data(tmp_path: Path, synced: Synced) -> None:
    folders: list[int] = []

    def fill(part: Path) -> None:
        disk.write(part / "tls" / "key.pem", b"secret")
        folders.extend((part.stat().st_ino, (part / "tls").stat().st_ino))

    placing.place(tmp_path, "now", fill)
    assert (tmp_path / "tls" / "key.pem").read_bytes() == b"secret"
    early = {inode for inode, names in synced.notes if "restoring.part/tls/key.pem" in names}
    assert early > set(folders)


def test_what_is_imported(tmp_path: Path, synced: Synced) -> None:
    for name in ("data", "new"):
        (tmp_path / name).mkdir()
    open_database(tmp_path / "data").close()
    export(tmp_path / "data" / NAME, {}, tmp_path / "out.jsonl")
    import_(tmp_path / "out.jsonl", tmp_path / "new", frozenset(), "now")
    assert synced.before("out.jsonl")
    assert synced.before(f"new/{NAME}")


def test_the_copy_that_is_put_beside_an_old_database(tmp_path: Path, synced: Synced) -> None:
    (tmp_path / NAME).touch()
    build(tmp_path / NAME, [number for number, _ in migrations()][-2]).close()
    open_database(tmp_path).close()
    assert synced.before(f"{NAME}.before-{newest()}")
