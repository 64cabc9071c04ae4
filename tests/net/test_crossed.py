"""TLS that waits for the other direction: a read for room, a write for bytes. The loop must neither spin nor forget."""

from __future__ import annotations

import socket

import pytest

from natterjack.net.reactor import READ, WRITE
from natterjack.net.tls import Crossed, TlsSocket
from tests.support.loop import Loop


class Contrary:
    """A socket that crosses as often as it is told."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.reads = self.writes = self.ends = 0
        self.calls: list[str] = []

    def fileno(self) -> int:
        return self.sock.fileno()

    def recv(self, size: int) -> bytes:
        self.calls.append("recv")
        if self.reads:
            self.reads -= 1
            raise Crossed(WRITE)
        return self.sock.recv(size)

    def send(self, data: bytes | memoryview) -> int:
        self.calls.append("send")
        if self.writes:
            self.writes -= 1
            raise Crossed(READ)
        return self.sock.send(data)

    def shutdown(self, how: int) -> None:
        self.calls.append("shutdown")
        if self.ends:
            self.ends -= 1
            raise BlockingIOError
        self.sock.shutdown(how)

    def close(self) -> None:
        self.sock.close()


def contrary(loop: Loop) -> tuple[socket.socket, Contrary, int]:
    client, connection = loop.connect()
    assert not isinstance(connection.sock, TlsSocket)
    face = Contrary(connection.sock)
    connection.sock = face  # type: ignore[assignment]
    return client.sock, face, connection.sid


def test_a_read_that_waits_for_room(loop: Loop) -> None:
    client, face, _ = contrary(loop)
    face.reads = 3
    client.send(b"hello")
    loop.until(lambda: loop.stacks[0].data == b"hello")
    assert face.calls == ["recv"] * 4
    client.send(b"again")
    loop.until(lambda: loop.stacks[0].data == b"helloagain")


@pytest.mark.usefixtures("hasty")
def test_a_write_that_waits_for_bytes(loop: Loop) -> None:
    client, face, sid = contrary(loop)
    face.writes = 1
    loop.hub.send(sid, b"news")
    loop.hub.flush()
    ticks, turns = loop.ticks, loop.turns
    loop.until(lambda: loop.ticks > ticks)
    assert loop.turns - turns <= 3  # nobody spins while nothing comes
    assert face.calls == ["send"]
    client.send(b"x")

    def arrived() -> bool:
        try:
            return client.recv(100) == b"news"
        except BlockingIOError:
            return False

    loop.until(arrived)
    loop.until(lambda: loop.stacks[0].data == b"x")


def test_a_last_word_that_waits_for_room_is_said_when_there_is_some(loop: Loop) -> None:
    client, face, sid = contrary(loop)
    face.ends = 2
    loop.hub.close(sid)
    turns = loop.turns
    loop.until(lambda: len(face.calls) == 3 or loop.turns - turns > 20)
    assert face.calls == ["shutdown"] * 3
    client.setblocking(True)
    assert client.recv(1) == b""
