"""The receive buffer: whole lines, whatever the chunks."""

import socket

import pytest

from bench.intake import Intake

TEXT = b":a!a@h PRIVMSG #b :one\r\nPING :token\r\n@time=now :b!b@h PRIVMSG #b :two\r\n:s PING x\r\n:c JOIN #b\r\n"


def chunked(text: bytes, size: int) -> tuple[int, list[bytes], bytes]:
    """Feed `text` in chunks of `size`: deliveries counted, answers to PINGs, and all whole lines in order."""
    intake = Intake(4096)
    near, far = socket.socketpair()
    deliveries, answers, whole = 0, [], b""
    with near, far:
        for start in range(0, len(text), size):
            far.send(text[start : start + size])
            length = intake.read(near, near.fileno())
            deliveries += intake.data.count(b" PRIVMSG ", 0, length)
            answers += intake.pings(length)
            whole += bytes(intake.data[:length])
    return deliveries, answers, whole


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 33, 1000])
def test_nothing_is_lost_or_counted_twice_at_the_borders_of_chunks(size: int) -> None:
    deliveries, answers, whole = chunked(TEXT, size)
    assert deliveries == 2
    assert answers == [b"PONG :token\r\n", b"PONG x\r\n"]
    assert whole == TEXT


def test_the_rest_of_one_socket_does_not_get_into_the_lines_of_another() -> None:
    intake = Intake(4096)
    near, far = socket.socketpair()
    other_near, other_far = socket.socketpair()
    with near, far, other_near, other_far:
        far.send(b"PI")
        assert intake.read(near, near.fileno()) == 0
        other_far.send(b"whole\r\n")
        length = intake.read(other_near, other_near.fileno())
        assert intake.lines(length) == [b"whole\r"]
        far.send(b"NG :x\r\n")
        assert intake.pings(intake.read(near, near.fileno())) == [b"PONG :x\r\n"]


def test_an_empty_socket_keeps_its_rest() -> None:
    intake = Intake(4096)
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        far.send(b"PI")
        intake.read(near, near.fileno())
        with pytest.raises(BlockingIOError):
            intake.read(near, near.fileno())
        far.send(b"NG\r\n")
        assert intake.lines(intake.read(near, near.fileno())) == [b"PING\r"]


def test_a_closed_connection_is_an_error() -> None:
    intake = Intake(64)
    near, far = socket.socketpair()
    with near:
        far.close()
        with pytest.raises(ConnectionError):
            intake.read(near, near.fileno())


def test_a_line_longer_than_the_buffer_is_an_error() -> None:
    intake = Intake(8)
    near, far = socket.socketpair()
    with near, far:
        far.send(b"x" * 8)
        with pytest.raises(ConnectionError):
            intake.read(near, near.fileno())
