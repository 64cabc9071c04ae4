"""Bytes on the disk, and what is found of them after the end of a process or of a machine."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from msgspec import structs

from natterjack.files import vault as vaults
from natterjack.files.vault import Meta, Vault

META = Meta(id="i" * 22, owner="ann", payer="ann", target="#lobby", name="a.txt", said="", size=10)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "files"


def names(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def write(vault: Vault, name: str, data: bytes) -> None:
    descriptor = vault.open_upload(name)
    os.write(descriptor, data)
    os.close(descriptor)


def test_from_upload_to_file(root: Path) -> None:
    vault = Vault(root)
    vault.describe(META)
    write(vault, META.id, b"0123456789")
    content = vault.examine(META.id)
    assert content.sha256 == hashlib.sha256(b"0123456789").hexdigest()
    assert content.head == b"0123456789"
    vault.place(META.id, content.sha256)
    assert vault.contents() == {content.sha256: 10}
    vault.forget(META.id)
    assert names(root) == {f"whole/{content.sha256[:2]}/{content.sha256}"}
    assert vault.path(content.sha256).read_bytes() == b"0123456789"
    assert (vault.drop(content.sha256), vault.drop(content.sha256)) == (10, 0)
    assert names(root) == set()


def test_the_same_content_lies_there_once(root: Path) -> None:
    vault = Vault(root)
    for name in ("x" * 22, "y" * 22):
        write(vault, name, b"same")
        vault.place(name, vault.examine(name).sha256)
        vault.forget(name)
    assert len(names(root)) == 1


def test_the_name_of_a_whole_file_is_on_the_disk_before_it_is_made_known(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is announced behind it has to be there after a power cut, the second time that it comes as well."""
    synced: list[tuple[str, list[str]]] = []

    def sync_folder(folder: Path) -> None:
        synced.append((folder.name, sorted(path.name for path in folder.iterdir())))
        sync(folder)

    sync = vaults._sync_folder
    monkeypatch.setattr(vaults, "_sync_folder", sync_folder)
    vault = Vault(root)
    assert synced == [
        (root.parent.name, [root.name]),
        (root.name, ["incoming"]),
        (root.name, ["incoming", "whole"]),
    ]
    synced.clear()
    for name in ("x" * 22, "y" * 22):
        write(vault, name, b"same")
        sha256 = vault.examine(name).sha256
        vault.place(name, sha256)
        assert synced[-1] == (sha256[:2], [sha256])
    assert synced[0] == ("whole", [sha256[:2]])


def test_only_the_owner_may_look(root: Path) -> None:
    vault = Vault(root)
    write(vault, META.id, b"0")
    vault.place(META.id, "ab" * 32)
    for path in (root, *root.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_what_a_killed_server_left(root: Path) -> None:
    vault = Vault(root)
    vault.describe(META)
    write(vault, META.id, b"01234")
    (found,) = Vault(root).uploads()
    assert (structs.replace(found.meta, boot=""), found.offset) == (META, 5)
    vault.describe(structs.replace(META, id="n" * 22))  # nothing came yet
    assert sorted(each.offset for each in Vault(root).uploads()) == [0, 5]


@pytest.mark.parametrize("synced", [0, 3])
def test_after_a_power_cut_only_what_was_synced_counts(
    root: Path, synced: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(root)
    write(vault, META.id, b"01234")
    vault.describe(META, synced)
    monkeypatch.setattr("natterjack.files.vault._boot", lambda: "another")
    (found,) = Vault(root).uploads()
    assert found.offset == synced
    assert (root / "incoming" / META.id).read_bytes() == b"01234"[:synced]


def test_after_a_power_cut_what_has_its_place_among_the_whole_is_whole(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name in ``incoming`` may be there again, since nobody waits for it to be gone: its bytes are a file's now."""
    vault = Vault(root)
    write(vault, META.id, b"0123456789")
    vault.describe(META, 3)
    sha256 = vault.examine(META.id).sha256
    vault.place(META.id, sha256)
    monkeypatch.setattr("natterjack.files.vault._boot", lambda: "another")
    (found,) = Vault(root).uploads()
    assert found.offset == 10
    assert vault.path(sha256).read_bytes() == b"0123456789"


def test_what_is_of_no_use_any_more_is_deleted(root: Path) -> None:
    vault = Vault(root)
    incoming = root / "incoming"
    write(vault, "o" * 22, b"nobody said what this is")
    (incoming / "b.json").write_bytes(b'{"id": "b"')  # cut off
    (incoming / "c.json").write_bytes(b'{"id": "\xff"}')
    (incoming / "d.new").write_bytes(b"half")
    vault.describe(structs.replace(META, id="p" * 22, once=True))
    write(vault, "p" * 22, b"a plain upload, which can't be resumed")
    assert list(Vault(root).uploads()) == []
    assert names(root) == set()


def test_after_a_sync_that_failed_nothing_of_it_is_trusted(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_file: int) -> None:
        raise OSError(5, "Input/output error")

    vault = Vault(root)
    vault.describe(META)
    write(vault, META.id, b"0123456789")
    with monkeypatch.context() as patch:
        patch.setattr("natterjack.files.vault._fdatasync", fails)
        with pytest.raises(OSError, match="Input/output"):
            vault.examine(META.id)
    assert [each.offset for each in vault.uploads()] == [0]


def test_a_file_system_without_links(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", no_link)
    vault = Vault(root)
    write(vault, META.id, b"data")
    sha256 = vault.examine(META.id).sha256
    vault.place(META.id, sha256)
    vault.place(META.id, sha256)  # once more, since the core said no the first time
    assert vault.path(sha256).read_bytes() == b"data"


def test_what_others_leave_among_the_contents_is_let_be(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "files")
    folder = tmp_path / "files" / "whole" / "ab"
    folder.mkdir()
    for name in ("ab" * 32, f".{'ab' * 32}.Xy12", "ab" * 32 + ".part", "AB" * 32):
        (folder / name).write_bytes(b"x")
    assert vault.contents() == {"ab" * 32: 1}
