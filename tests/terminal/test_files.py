"""The program with files on their way: killed, interrupted, fed from a pipe, at a terminal."""

from __future__ import annotations

import random
import re
import signal
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.client.fileserver import FileServer
from tests.support.tls import make_certificate
from tests.terminal.pane import Pane
from tests.terminal.test_nothing_lost import CHAT, PATIENCE, Piped

SIZE = 12_000_001
CONTENT = random.Random(3).randbytes(SIZE)
POINTS = [0, 1, 65_536, *random.Random(4).sample(range(SIZE), 9)]


class Mover(Piped):
    def __init__(self, home: Path, server: FileServer, *options: str, place: str = "") -> None:
        self.downloads = home / "downloads"
        place = place or f"127.0.0.1:{server.port}"
        super().__init__(home, place, "--downloads", str(self.downloads), *options)

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == "error"]

    def state(self, name: str) -> dict[str, Any]:
        while (event := self.wait("progress"))["state"] != name:
            pass
        return event


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    path = tmp_path / "my cat.png"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """What is started in the background has Ctrl+C ignored, and so has what that starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def unfinished(home: Path) -> int:
    path = home / "client" / "transfers.db"
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM transfer").fetchone()[0])
    finally:
        connection.close()


def test_the_end_of_a_pipe_waits(tmp_path: Path, cat: Path) -> None:
    with FileServer() as server, Mover(tmp_path, server) as chat:
        id = server.offer(CONTENT, "dog.png")
        chat.wait("ready")
        server.announce(id)
        announced = chat.wait("file")
        assert (announced["file_id"], announced["name"], announced["size"], announced["from"], announced["to"]) == (
            id, "dog.png", SIZE, "alice", "#lobby"
        )  # fmt: skip
        chat.type(f"SENDFILE #lobby {cat}", f"GET {id}", "GET dog.png", "FILES", "SEND done", "QUIT")
        assert chat.end() == 0
        assert chat.errors == []
        (saved,) = [event for event in chat.events if event["event"] == "saved"]
        assert Path(saved["path"]).read_bytes() == CONTENT
        assert saved["sha256"] == server.files[id].sha256
        assert server.announced[1:] == [each for each in server.files if each != id]
        progress = [event for event in chat.events if event["event"] == "progress"]
        assert {(event["direction"], event["name"]) for event in progress} == {
            ("up", "my cat.png"),
            ("down", "dog.png"),
        }
        ends = [event for event in progress if event["state"] == "done"]
        assert [(event["done"], event["size"]) for event in ends] == [(SIZE, SIZE)] * 2
        listed = [event for event in chat.events if event["event"] == "file" and event.get("line") == 4]
        assert [event["name"] for event in listed][:1] == ["dog.png"]
        assert [event["text"] for event in chat.events if event["event"] == "ack"] == ["done"]
        assert [path.name for path in chat.downloads.iterdir()] == ["dog.png"]
    assert unfinished(tmp_path) == 0


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_killed_at_many_points_of_an_upload(tmp_path: Path, cat: Path) -> None:
    with FileServer() as server:
        for count, point in enumerate(POINTS, 1):
            server.hold(point)
            with Mover(tmp_path, server) as chat:
                chat.wait("ready")
                chat.type(f"SENDFILE #lobby '{cat}'")
                assert server.held.wait(PATIENCE)
                chat.kill()
            server.let_go()
            with Mover(tmp_path, server) as chat:
                assert chat.end() == 0, chat.events
            assert [file.data == CONTENT for file in server.files.values()] == [True] * count, point
            assert len(server.announced) == count
        assert {id for id in server.uploads if not server.uploads[id].finished} == set()
    assert unfinished(tmp_path) == 0


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_killed_at_many_points_of_a_download(tmp_path: Path) -> None:
    with FileServer() as server:
        id = server.offer(CONTENT)
        for point in POINTS:
            server.hold(point)
            with Mover(tmp_path, server) as chat:
                chat.wait("ready")
                chat.type(f"GET {id}")
                assert server.held.wait(PATIENCE)
                assert not (chat.downloads / "cat.png").exists()
                chat.kill()
            server.let_go()
            with Mover(tmp_path, server) as chat:
                assert chat.end() == 0, chat.events
            (found,) = chat.downloads.iterdir()
            assert found.name == "cat.png"
            assert found.read_bytes() == CONTENT
            found.unlink()
    assert unfinished(tmp_path) == 0


def test_the_same_command_again_after_a_kill_goes_on(tmp_path: Path, cat: Path) -> None:
    """As a script does it that starts the program anew until it ends well."""
    with FileServer() as server:
        server.hold(6_000_000)
        with Mover(tmp_path, server) as chat:
            chat.wait("ready")
            chat.type(f"SENDFILE #lobby {cat}")
            assert server.held.wait(PATIENCE)
            chat.kill()
        server.let_go()
        with Mover(tmp_path, server) as chat:
            chat.wait("ready")
            chat.type(f"SENDFILE #lobby {cat}")
            assert chat.end() == 0
            assert chat.events[-1]["event"] == "bye"
        assert len(server.asked("POST")) == 1
        assert len(server.announced) == 1


@pytest.mark.usefixtures("_interruptible")
def test_interrupted(tmp_path: Path, cat: Path) -> None:
    with FileServer() as server:
        server.hold(6_000_000)
        with Mover(tmp_path, server) as chat:
            chat.wait("ready")
            chat.type(f"SENDFILE #lobby {cat}")
            assert server.held.wait(PATIENCE)
            chat.process.send_signal(signal.SIGINT)
            assert chat.end() == 1
            assert [error["code"] for error in chat.errors] == ["kept"]
            assert "goes on when you come back" in chat.errors[0]["text"]
        assert unfinished(tmp_path) == 1
        server.let_go()
        with Mover(tmp_path, server) as chat:
            assert chat.end() == 0
        assert len(server.announced) == 1


def test_failures_decide_the_exit_code(tmp_path: Path) -> None:
    with FileServer() as server, Mover(tmp_path, server) as chat:
        chat.wait("ready")
        chat.type(
            "SENDFILE #lobby /nonexistent",
            "GET nonesuch",
            "GET ../../x",
            "SENDFILE #lobby",
            "GET",
            "/pause 9",
        )
        assert chat.end() == 1
        assert {(error["line"], error["code"]) for error in chat.errors} == {
            (1, "no_file"),
            (2, "no_such_file"),
            (3, "no_such_file"),
            (4, "usage"),
            (5, "usage"),
            (6, "no_transfer"),
        }
        assert not (tmp_path / "x").exists()


def test_a_server_that_is_gone(tmp_path: Path, cat: Path) -> None:
    """A restart under a transfer: it goes on by itself when the server is back."""
    with FileServer() as server:
        server.hold(6_000_000)
        with Mover(tmp_path, server) as chat:
            chat.wait("ready")
            chat.type(f"SENDFILE #lobby {cat}")
            assert server.held.wait(PATIENCE)
            server.stop()
            server.let_go()
            chat.state("waiting")
            server.start()
            assert chat.end() == 0
        assert [file.data == CONTENT for file in server.files.values()] == [True]


def test_by_tls_with_the_servers_key(tmp_path: Path, cat: Path) -> None:
    certificate, key, pin = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with FileServer(context=context) as server:
        id = server.offer(CONTENT)
        server.cuts = [5_000_000, 5_000_000]
        with Mover(tmp_path, server, "--pin", pin) as chat:
            chat.wait("ready")
            chat.type(f"SENDFILE #lobby {cat}", f"GET {id}")
            assert chat.end() == 0, chat.events
        assert (chat.downloads / "cat.png").read_bytes() == CONTENT
        assert len(server.announced) == 1


def test_another_key_gets_nothing(tmp_path: Path, cat: Path) -> None:
    """The chat is with the right server; whoever takes over its address for the file gets not a byte."""
    certificate, key, pin = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    other.load_cert_chain(*make_certificate(tmp_path, "other")[:2])
    with FileServer(context=context) as server, Mover(tmp_path, server, "--pin", pin) as chat:
        chat.wait("ready")
        server._context = other
        chat.type(f"SENDFILE #lobby {cat}")
        waiting = chat.state("waiting")
        while not waiting["text"]:
            waiting = chat.state("waiting")
        assert waiting["text"].startswith("The key of 127.0.0.1:")
        assert server.requests == []
        chat.kill()


def test_in_words(tmp_path: Path, cat: Path) -> None:
    with FileServer() as server:
        id = server.offer(CONTENT, "../dog.png")
        done = subprocess.run(
            [*CHAT, "--nick", "kim", "--data-dir", str(tmp_path), "--downloads", str(tmp_path / "d"),
             f"127.0.0.1:{server.port}"],
            input=f"SENDFILE #lobby {cat}\nGET {id}\nFILES\n/transfers\n", capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0
        assert done.stderr == ""
        assert f"Saved ../dog.png as {tmp_path}/d/dog.png." in done.stdout
        assert "Sent my cat.png to #lobby." in done.stdout
        assert f"2026-01-01 00:00 alice  ../dog.png  11 MiB  {id}" in done.stdout.replace("01:00", "00:00")


@pytest.mark.terminal
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("plain", [False, True])
def test_at_a_terminal(tmp_path: Path, cat: Path, plain: bool) -> None:
    words = ["--downloads", str(tmp_path / "d"), *(["--plain"] if plain else [])]
    with FileServer() as server, Pane(tmp_path, *words, f"127.0.0.1:{server.port}", size=(240, 40)) as chat:
        id = server.offer(CONTENT, "dog.png")
        chat.until("Connected to")
        server.announce(id)
        chat.until(f"To fetch dog.png (11 MiB), type: GET {id}" if plain else "dog.png (11 MiB)  GET dog.png")
        server.hold(6_000_000)
        chat.type("GET dog.png")
        if plain:
            chat.until("Fetching dog.png (11 MiB).")
        else:
            chat.until("down dog.png  [")
        assert server.held.wait(PATIENCE)
        chat.type("SEND meanwhile")
        chat.until("kim  meanwhile")
        chat.type("/pause 1")
        chat.until("dog.png is paused.")
        server.let_go()
        chat.type("/transfers")
        chat.until(
            lambda: bool(re.search(r"1  dog\.png from the server: \d+ % of 11 MiB  paused", chat.text))
        )
        chat.type("/resume")
        chat.until(f"Saved dog.png as {tmp_path}/d/dog.png.")
        server.hold(6_000_000)
        chat.type(f"SENDFILE #lobby '{cat}'")
        chat.until("Sending my cat.png (11 MiB) to #lobby.")
        assert server.held.wait(PATIENCE)
        chat.type("QUIT")
        assert chat.end() == 0
        assert "1 file is not finished yet: that goes on when you come back to this server." in chat.text
    assert unfinished(tmp_path) == 1
