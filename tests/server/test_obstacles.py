"""What is in the way of using a data directory: said by serve, doctor and the rest in the same words."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from natterjack.cli import main
from natterjack.exits import FAILED, UNREACHABLE, CommandError
from natterjack.server import datadir
from natterjack.server import obstacles as module
from natterjack.server.datadir import DataDir
from natterjack.server.obstacles import obstacles

Change = Callable[[Path], object]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory as a server leaves it."""
    data = tmp_path / "data"
    for name in ("", "tls", "files", "files/incoming", "files/whole"):
        (data / name).mkdir(mode=0o700)
    for name in ("server.lock", "natterjack.db", "natterjack.db-wal", "natterjack.db.open", "tls/key.pem"):
        (data / name).write_text("7\n")
    return data


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Closes a file to us, which root could not do by its mode."""
    shut: list[str] = []
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) not in shut and real(path, mode))
    return lambda path: shut.append(str(path))


def test_a_directory_that_is_ours_has_none(data: Path) -> None:
    assert obstacles(data) == ()
    assert obstacles(data.parent / "new" / "below") == ()


@pytest.mark.parametrize(
    "name", ["", "server.lock", "natterjack.db", "natterjack.db.open", "tls/key.pem", "files/incoming"]
)
def test_what_another_user_has_made_is_named_with_what_to_do(
    name: str, data: Path, closed: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(data / name)
    other = os.geteuid() + 1
    monkeypatch.setattr(module, "_name", {os.geteuid(): "kim", other: "root"}.get)
    monkeypatch.setattr(os, "geteuid", lambda: other)
    ((what, remedy),) = obstacles(data)
    assert what == f"root can't use {data / name}, which belongs to kim"
    assert remedy == f"run it as that user, or sudo chown -R root {data}"


def test_a_mode_that_is_in_the_way(data: Path, closed: Callable[[Path], None]) -> None:
    (data / "natterjack.db").chmod(0o400)
    closed(data / "natterjack.db")
    ((what, remedy),) = obstacles(data)
    assert what.endswith("natterjack.db can't be used even by its owner (mode 400)")
    assert remedy == f"chmod u+rwX {data / 'natterjack.db'}"


def test_a_disk_that_is_mounted_read_only_is_one_obstacle(
    data: Path, closed: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (data, data / "files", data.parent):
        closed(path)
    monkeypatch.setattr(module, "_read_only", lambda _: True)
    for directory in (data, data.parent / "new"):
        ((what, remedy),) = obstacles(directory)
        assert "mounted read-only" in what
        assert remedy.startswith("mount it for writing")


def test_what_is_no_directory(data: Path) -> None:
    lock = data / "server.lock"
    for path in (lock, lock / "below"):
        ((what, _),) = obstacles(path)
        assert what == f"{lock} is no directory"


def test_a_directory_that_can_not_be_made(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: mode == os.X_OK or (path != data and real(path, mode))
    )
    ((what, remedy),) = obstacles(data / "new")
    assert f"can't make {data / 'new'}: {data} belongs to " in what
    assert remedy.startswith("sudo install -d -m 700 -o ")


def test_what_may_be_in_a_closed_directory_is_not_made_anew(
    data: Path, closed: Callable[[Path], None]
) -> None:
    """It was said how to make it, by which a server's directory would have been given to another user."""
    closed(data)
    ((what, remedy),) = obstacles(data / "new")
    assert f"can't look into {data}, which belongs to " in what
    assert remedy == "run it as that user, or name another with --data-dir"


@pytest.mark.parametrize("name", ["server.lock", "natterjack.db"])
def test_a_server_does_not_start_over_them(name: str, data: Path, closed: Callable[[Path], None]) -> None:
    """It said that it listens, and ended at the first message with a failing disk."""
    closed(data / name)
    with pytest.raises(CommandError, match=f"can't use the data directory: {data / name} can't be used"):
        DataDir(data)


def test_in_use_is_said_first(data: Path, closed: Callable[[Path], None]) -> None:
    held = DataDir(data)
    closed(data / "natterjack.db")
    with pytest.raises(CommandError, match="in use by another server"):
        DataDir(data)
    held.close()


@pytest.mark.parametrize("verb", ["backup", "export"])
def test_what_another_user_keeps_to_himself_can_not_be_copied(
    verb: str, data: Path, closed: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    closed(data)
    assert main([verb, str(data.parent / "copy"), "--data-dir", str(data)]) == FAILED
    assert f"can't look into {data}: run it as the server's user" in capsys.readouterr().err


def test_the_console_of_another_user_is_no_absent_server(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Closed(socket.socket):
        def connect(self, _address: object) -> None:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("natterjack.server.console_client.socket.socket", Closed)
    assert main(["console", "--data-dir", str(data), "status"]) == UNREACHABLE
    assert "is for another user: run it as the server's user, or as root" in capsys.readouterr().err


def test_a_new_directory_is_there_after_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And all above it that had to be made; where that can't be had, it is used all the same."""
    synced: list[Path] = []

    def sync(folder: Path) -> None:
        synced.append(folder)
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(datadir, "sync", sync)
    for new in (True, False):
        held = DataDir(tmp_path / "a" / "b")
        assert held.new is new
        held.close()
    assert sorted(synced) == [tmp_path, tmp_path / "a"]


def test_a_full_disk_keeps_nobody_from_the_lock(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was an internal error."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(datadir.os, "write", full)
    held = DataDir(data)
    monkeypatch.undo()
    with pytest.raises(CommandError, match="in use by another server"):
        DataDir(data)
    held.close()
