"""Files between two programs and the real server: sent, announced, fetched, cut, killed at both ends, refused."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import serving
from tests.terminal.test_nothing_lost import Piped

pytest.importorskip("natterjack.server.files", reason="this server takes no files yet")

SIZE = 30_000_001
CONTENT = random.Random(1).randbytes(SIZE)


class Mover(Piped):
    def __init__(self, home: Path, port: int, nick: str, *options: str) -> None:
        self.downloads = home / "downloads"
        super().__init__(home, f"127.0.0.1:{port}", "--downloads", str(self.downloads), *options, nick=nick)

    def progress(self, done: int) -> dict[str, Any]:
        """The next one that is so far, or farther."""
        while (event := self.wait("progress"))["done"] < done:
            pass
        return event


@contextmanager
def large_file(path: Path) -> Iterator[Path]:
    """A file that takes long enough for a kill on the way."""
    path.write_bytes(CONTENT * 10)
    yield path
    path.unlink()


def kept(data: Path) -> list[Path]:
    """What the server has of files, whole or not."""
    return [path for path in (data / "files").rglob("*") if path.is_file()]


def test_from_one_to_all_and_back(tmp_path: Path) -> None:
    cat = tmp_path / "my cat.png"
    cat.write_bytes(CONTENT)
    empty = tmp_path / "empty"
    empty.touch()
    with serving(tmp_path / "data") as server:
        with (
            Mover(tmp_path / "kim", server.port, "kim") as kim,
            Mover(tmp_path / "lee", server.port, "lee") as lee,
        ):
            for each in (kim, lee):
                each.wait("ready")
            kim.type(f"SENDFILE #lobby {cat}", f"SENDFILE #lobby {empty}", "FILES")
            announced = {}
            while len(announced) < 2:
                file = lee.wait("file")
                announced[file["name"]] = file
            file = announced["my cat.png"]
            assert (file["size"], file["from"], file["to"], file["self"]) == (SIZE, "kim", "#lobby", False)
            lee.type(f"GET {file['file_id']}", "GET empty", f"GET {file['file_id']} {tmp_path}/mine.png")
            assert lee.end() == 0, lee.events
            assert kim.end() == 0, kim.events
        assert (lee.downloads / "my cat.png").read_bytes() == CONTENT
        assert (tmp_path / "mine.png").read_bytes() == CONTENT
        assert (lee.downloads / "empty").read_bytes() == b""
        assert sorted(path.name for path in lee.downloads.iterdir()) == ["empty", "my cat.png"]


def test_refusals(tmp_path: Path) -> None:
    cat = tmp_path / "cat"
    cat.write_bytes(b"x")
    with serving(tmp_path / "data") as server, Mover(tmp_path / "kim", server.port, "kim") as kim:
        kim.wait("ready")
        kim.type(f"SENDFILE #nowhere {cat}", f"SENDFILE nobody {cat}", f"GET {'A' * 22}", "FILES #nowhere")
        assert kim.end() == 1
        errors = [event for event in kim.events if event["event"] == "error"]
        assert [error["line"] for error in sorted(errors, key=lambda error: error["line"])] == [1, 2, 3, 4]
        assert not kim.downloads.exists()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("side", ["client", "server"])
def test_killed_on_the_way(tmp_path: Path, side: str) -> None:
    """Up, then down, each time killed and started again at some points."""
    chance = random.Random(2)
    size = 300_000_010
    with large_file(tmp_path / "big") as big:
        data = tmp_path / "data"
        for direction in ("up", "down"):
            word = f"SENDFILE #lobby {big}" if direction == "up" else "GET big"
            with ExitStack() as stack:
                server = stack.enter_context(serving(data))
                port = server.port
                chat = stack.enter_context(Mover(tmp_path / "kim", port, "kim"))
                chat.wait("ready")
                if direction == "down":
                    chat.type("FILES")
                    chat.wait("file")
                chat.type(word)
                # Each time that the server is gone so soon, the client waits twice as long before it comes back.
                for _ in range(5 if side == "server" else 12):
                    if chat.progress(0)["state"] == "done":
                        chat.type(word)
                    threading.Event().wait(chance.random() * 0.1)  # the moment is what is tried
                    if side == "server":
                        server.process.kill()
                        server.process.wait()
                        server = stack.enter_context(serving(data, "--port", str(port)))
                    else:
                        chat.kill()
                        chat = stack.enter_context(Mover(tmp_path / "kim", port, "kim"))
                        chat.wait("ready")
                        if direction == "down":
                            chat.type("FILES")
                            chat.wait("file")
                        chat.type(word)
                assert chat.end() == 0, chat.events[-5:]
        found = {path.name for path in (tmp_path / "kim" / "downloads").iterdir()}
        assert "big" in found
        assert not any(name.endswith(".part") for name in found)
        for name in found:
            assert (tmp_path / "kim" / "downloads" / name).stat().st_size == size
        # Whoever was killed before he heard of an upload that he had begun has begun another: nothing is in the first.
        begun = set((data / "files" / "incoming").glob("*.json"))
        assert len(set(kept(data)) - begun) == 1
