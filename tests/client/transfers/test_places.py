"""Where downloads go: names that are traps, places that are taken, disks that are full."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from natterjack.client.transfers import parts
from natterjack.client.transfers import requests as f
from natterjack.client.transfers.values import State
from tests.client.fileserver import FileServer
from tests.client.transfers.person import CONTENT, Person


def test_a_name_that_is_taken(server: FileServer, kim: Person, cat: str) -> None:
    kim.downloads.mkdir()
    (kim.downloads / "cat.png").write_bytes(b"mine")
    (kim.downloads / "cat (2).png").symlink_to("/nonexistent")
    (kim.downloads / "cat.png.part").write_bytes(b"mine too")
    done = kim.got(cat)
    assert done.path == str(kim.downloads / "cat (3).png")
    (kim.downloads / "cat (2).png").unlink()
    assert kim.saved == {"cat.png": b"mine", "cat (3).png": CONTENT, "cat.png.part": b"mine too"}


def test_the_same_name_twice_at_once(server: FileServer, kim: Person) -> None:
    ids = [server.offer(bytes([number]) * 200_000, "same.txt") for number in range(6)]
    refs = [kim.get(id) for id in ids]
    paths = set()
    while len(paths) < len(refs):
        done = kim.until(lambda transfer: not transfer.active)
        assert done.state is State.DONE
        paths.add(done.path)
    assert sorted(kim.saved.values()) == [bytes([number]) * 200_000 for number in range(6)]


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("../../x", "x"),
        ("..\\..\\x", "x"),
        ("/etc/passwd", "passwd"),
        ("C:\\evil.exe", "evil.exe"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        (".bashrc", "_bashrc"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("a:b", "a_b"),
        ("gnp\u202egpj.exe", "gnpgpj.exe"),
        ("x" * 300 + ".png", "x" * 226 + ".png"),
        ("\U0001f438" * 300, "\U0001f438" * 57),
        ("trailing. . ", "trailing"),
    ],
)
def test_a_name_is_no_path(server: FileServer, kim: Person, name: str, saved: str) -> None:
    id = server.offer(b"x", name)
    done = kim.got(id, name=name) if "\u202e" in name or not name.isascii() else kim.got(id)
    assert done.state is State.DONE
    assert kim.saved == {saved: b"x"}


def test_a_path_that_was_named(server: FileServer, kim: Person, tmp_path: Path, cat: str) -> None:
    path = tmp_path / "my own.png"
    assert kim.got(cat, path).path == str(path)
    again = kim.got(cat, path)
    assert (again.state, again.code) == (State.FAILED, "exists")
    assert "nothing is ever overwritten" in again.text
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    assert kim.got(cat, path).code == "exists"
    assert not (tmp_path / "elsewhere").exists()
    assert kim.got(cat, tmp_path / "none" / "x").code == "no_directory"
    folder = tmp_path / "folder"
    folder.mkdir()
    assert kim.got(cat, folder).path == str(folder / "cat.png")
    assert kim.saved == {}


def test_somebody_takes_the_name_meanwhile(server: FileServer, kim: Person, tmp_path: Path, cat: str) -> None:
    server.hold(1_000_000)
    path = tmp_path / "my.png"
    ref = kim.get(cat, path)
    assert server.held.wait(10)
    path.write_bytes(b"first")
    server.let_go()
    done = kim.end(ref)
    assert done.path == str(tmp_path / "my (2).png")
    assert path.read_bytes() == b"first"


def test_a_directory_that_cannot_be_written(server: FileServer, kim: Person, cat: str,
                                            monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    def refuse(path: object, *args: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("natterjack.client.transfers.parts.os.open", refuse)
    failed = kim.got(cat)
    assert (failed.code, failed.again) == ("no_rights", True)
    assert f"you may not write in {kim.downloads}" in failed.text
    monkeypatch.undo()
    kim.ask(lambda ref: f.ResumeTransfer(ref, failed.number))
    assert kim.until(lambda transfer: not transfer.active).state is State.DONE


def test_the_directory_is_a_file(server: FileServer, kim: Person, cat: str) -> None:
    kim.downloads.write_bytes(b"x")
    failed = kim.got(cat)
    assert (failed.state, failed.code) == (State.FAILED, "unwritable")


def test_the_disk_fills_up(
    server: FileServer, kim: Person, cat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = parts.Part.write

    def full(self: parts.Part, offset: int, data: bytes) -> None:
        if offset + len(data) > 5_000_000:
            write(self, offset, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(self, offset, data)

    monkeypatch.setattr(parts.Part, "write", full)
    failed = kim.got(cat)
    assert (failed.state, failed.code, failed.again) == (State.FAILED, "disk_full", True)
    assert "make room" in failed.text
    (part,) = kim.saved.values()
    assert part == CONTENT[: len(part)]
    monkeypatch.undo()
    kim.ask(lambda ref: f.ResumeTransfer(ref, failed.number))
    assert kim.until(lambda transfer: not transfer.active).state is State.DONE
    assert kim.saved == {"cat.png": CONTENT}


def test_there_is_not_enough_room(server: FileServer, kim: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def huge(method: str, status: int, headers: dict[str, str]) -> None:
        headers["Content-Length"] = "9" * 17

    server.change = huge
    failed = kim.got(server.offer(b"x"))
    assert (failed.state, failed.code) == (State.FAILED, "disk_full")
    assert kim.saved == {}


def test_no_hard_links_there(server: FileServer, kim: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **named: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("natterjack.client.transfers.parts.os.link", refuse)
    ids = [server.offer(b"1", "same"), server.offer(b"2", "same")]
    assert [kim.got(id).state for id in ids] == [State.DONE] * 2
    assert kim.saved == {"same": b"1", "same (2)": b"2"}
