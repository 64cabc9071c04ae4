"""A server whose limits are changed while it runs: SIGHUP, and what those outside see of it."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from natterjack.exits import FAILED
from tests.support.process import PATIENCE, ServerProcess, serving


class Changing:
    """A server, and its configuration file."""

    def __init__(self, server: ServerProcess, file: Path) -> None:
        self.server = server
        self.file = file

    def hang_up(self, text: str) -> None:
        """The file is ``text`` from now on, and the server told to read it."""
        self.file.write_text(text)
        self.server.signal(signal.SIGHUP)

    def said_to(self, *openings: bytes) -> list[str]:
        """What people get until the server hangs up, who come at once and send one of ``openings`` each."""
        with contextlib.ExitStack() as all_of_them:
            socks = [
                all_of_them.enter_context(
                    socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE)
                )
                for _ in openings
            ]
            for sock, data in zip(socks, openings, strict=True):
                sock.sendall(data)
            return [_until_the_end(sock) for sock in socks]


def _until_the_end(sock: socket.socket) -> str:
    got = b""
    while piece := sock.recv(4096):
        got += piece
    return got.decode()


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Changing]:
    file = tmp_path / "nj.toml"
    file.write_text("[limits]\nnick = 20\n")
    with serving(tmp_path / "data", "--config", str(file), limits=True) as server:
        yield Changing(server, file)


def test_a_web_client_is_let_in_and_out_again(changing: Changing) -> None:
    origin = "https://web.example.org"
    asked = (f"OPTIONS /files/ HTTP/1.1\r\nHost: x\r\nOrigin: {origin}\r\nConnection: close\r\n\r\n").encode()
    with changing.server.connect("alice") as alice:
        for topic, setting in ((20, f'["{origin}"]'), (21, "[]")):
            changing.hang_up(f"[limits]\ntopic = {topic}\n[files]\norigins = {setting}\n")
            alice.until(f"TOPICLEN={topic}")
            (answer,) = changing.said_to(asked)
            assert (f"Access-Control-Allow-Origin: {origin}\r\n" in answer) is (topic == 20), answer


def test_those_inside_hear_of_it_and_those_on_their_way_have_the_new_times(changing: Changing) -> None:
    with changing.server.connect("alice-with-a-long-nk") as alice:
        changing.hang_up("[limits]\nnick = 10\ntopic = 20\nfirst_byte = 1\nhttp_head = 2\nregistration = 3\n")
        told = "005 alice-with-a-long-nk NICKLEN=10 TOPICLEN=20 :are supported by this server"
        assert alice.until(" 005 ")[-1].endswith(told)
        alice.send("NICK alice-is-too-long")
        assert "432 alice-with-a-long-nk alice-is-too-long" in alice.until(" 432 ")[-1]
        silent, slow, nameless = changing.said_to(b"", b"GET / HTTP/1.1\r\n", b"NICK bob\r\n")
        assert silent == "ERROR :Closing link: nothing was said for 1 seconds\r\n"
        assert "the request was not complete within 2 seconds" in slow
        assert nameless.endswith("ERROR :Closing link: registration was not complete within 3 seconds\r\n")
        alice.send("PING still-here")
        assert alice.until(" PONG ")
    code, log = changing.server.end()
    assert code == 0
    names = ("first_byte", "http_head", "registration", "nick", "topic")
    assert f"now in force: {', '.join(f'limits.{name}' for name in names)}" in log


def test_what_is_wrong_together_changes_nothing(changing: Changing) -> None:
    changing.file.write_text("[limits]\nnick = 10\n[pace]\nbucket = 2\n")
    answer = changing.server.console("reload")
    assert answer.returncode == FAILED
    wrong = "pace.question: 3 tokens are more than a client can have: pace.bucket is 2: give less"
    assert wrong in answer.stdout + answer.stderr
    with changing.server.connect("nick-of-twenty-chars") as alice:
        assert alice.nick == "nick-of-twenty-chars"
