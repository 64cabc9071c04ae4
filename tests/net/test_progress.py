"""A peer that moves too little is ended, and one that moves a little is not."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from natterjack.net.loan import Loan
from natterjack.net.progress import Patience, Progress, Stalled
from natterjack.wire.http import HttpCodec, Response

USUAL = Patience(still=30.0, least=1024, window=60.0)


def ended(progress: Progress, *waits: tuple[float, int]) -> int:
    """After how many of the ``waits`` (seconds, and bytes that moved) it was ended; 0: it was not."""
    moved = 0
    for count, (seconds, more) in enumerate(waits, 1):
        moved += more
        try:
            progress.waited(seconds, moved)
        except Stalled:
            return count
    return 0


def test_not_a_byte() -> None:
    Progress(USUAL).waited(29.0, 0)
    with pytest.raises(Stalled, match="nothing has moved for 30 seconds"):
        Progress(USUAL).waited(30.0, 0)
    assert ended(Progress(USUAL), *[(4.0, 0)] * 20) == 8


def test_a_byte_now_and_then_is_too_little() -> None:
    progress = Progress(USUAL)
    progress.waited(29.0, 1)
    progress.waited(29.0, 2)
    with pytest.raises(Stalled, match="fewer than 1024 bytes a second, for 60 seconds"):
        progress.waited(29.0, 3)
    assert ended(Progress(Patience(30.0)), *[(29.0, 1)] * 1000) == 0  # where any rate will do


@pytest.mark.parametrize(
    "waits",
    [
        [(0.1, 110)] * 5000,  # slow and steady
        [(25.0, 0), (5.0, 40_000)] * 20,  # a link that stops now and then
        [(25.0, 0), (10.0, 60_000), (25.0, 1500)] * 20,
        [(29.0, 1), (1.0, 100_000), (29.0, 1)] * 20,
        [(0.0, 5_000_000_000)],
    ],
)
def test_a_bad_link_survives(waits: list[tuple[float, int]]) -> None:
    assert ended(Progress(USUAL), *waits) == 0


def test_what_was_fast_before_does_not_count_for_ever() -> None:
    assert ended(Progress(USUAL), (1.0, 5_000_000_000), *[(10.0, 10)] * 30) == 13


def test_what_has_come_and_is_not_counted_yet() -> None:
    progress = Progress(USUAL)
    for _ in range(5):
        progress.waited(10.0, 0, stirred=True)
    with pytest.raises(Stalled, match="too slow"):
        progress.waited(10.0, 0, stirred=True)


@pytest.mark.parametrize(
    ("patience", "seconds"),
    [
        (USUAL, 4.0),
        (Patience(30.0), 7.5),
        (Patience(2.0), 0.5),
        (Patience(30.0, 4096), 1.0),
        (Patience(0.01), 0.01),
    ],
)
def test_how_long_is_waited_at_once(patience: Patience, seconds: float) -> None:
    assert patience.glance == seconds


# -- with sockets

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Ours, which does not block, and the peer's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    ours.setblocking(False)
    yield ours, peer
    ours.close()
    peer.close()


def clock(seconds: float, act: Callable[[], object]) -> Callable[[], float]:
    """It is asked before a wait, when the peer acts, and after it, when that has taken ``seconds``."""
    asked = 0

    def now() -> float:
        nonlocal asked
        asked += 1
        if asked % 2:
            act()
        return asked // 2 * seconds

    return now


def taking(request: bytes) -> HttpCodec:
    codec = HttpCodec()
    codec.feed(request)
    assert codec.next() is not None
    return codec


UPLOAD = b"PATCH /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"


def read_all(loan: Loan) -> int:
    view, count = memoryview(bytearray(65536)), 0
    while size := loan.read_into(view):
        count += size
    return count


def test_a_sender_of_a_byte_at_a_time_is_ended(pair: Pair) -> None:
    ours, peer = pair
    loan = Loan(ours, taking(UPLOAD), b"", USUAL, clock(29.0, lambda: peer.sendall(b"x")))
    with pytest.raises(Stalled, match="too slow"):
        read_all(loan)
    assert loan.bytes_in == 2


def test_a_sender_who_is_just_fast_enough_is_not(pair: Pair) -> None:
    ours, peer = pair
    loan = Loan(ours, taking(UPLOAD), b"", USUAL, clock(29.0, lambda: peer.sendall(bytes(40_000))))
    assert read_all(loan) == 1_000_000


class Chatter:
    """A socket on which there is always something to read, of which each takes a second and nothing comes."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.seconds = 0.0

    def fileno(self) -> int:
        return self._sock.fileno()

    def recv_into(self, _view: memoryview) -> int:
        self.seconds += 1.0
        if self.seconds > 1000:
            raise EOFError("nobody has ended it")
        raise BlockingIOError


def test_a_sender_of_what_only_tls_reads_is_ended(pair: Pair) -> None:
    ours, peer = pair
    peer.sendall(b"x")
    chatter = Chatter(ours)
    loan = Loan(chatter, taking(UPLOAD), b"", USUAL, lambda: chatter.seconds)  # type: ignore[arg-type]
    with pytest.raises(Stalled, match="too slow"):
        read_all(loan)
    assert chatter.seconds <= 70.0


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "file"
    path.write_bytes(bytes(64 << 20))
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def sender(ours: socket.socket, seconds: float, act: Callable[[], object]) -> Loan:
    """Looks each hundredth of a second, which counts as ``seconds``; the peer has to take 400 kB in each of them."""
    codec = taking(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
    loan = Loan(ours, codec, b"", Patience(30.0, 400_000, 60.0), clock(seconds, act))
    loan.begin(Response(200, (), length=64 << 20))
    return loan


def test_a_slow_reader_is_ended(pair: Pair, file: int) -> None:
    ours, peer = pair
    peer.setblocking(False)

    def read() -> None:
        peer.recv(200_000)

    loan = sender(ours, 29.0, read)
    with pytest.raises(Stalled, match="too slow"):
        loan.send_file(file, 0, 64 << 20)


def test_a_reader_who_is_just_fast_enough_is_not(pair: Pair, file: int) -> None:
    ours, peer = pair
    got = 0

    def read() -> None:
        nonlocal got
        peer.settimeout(5.0)
        while got < 64 << 20 and (part := peer.recv(1 << 20)):
            got += len(part)
            if got % 7 == 0:
                break
            peer.setblocking(False)
            if not _waits(peer):
                break

    loan = sender(ours, 0.5, read)
    loan.send_file(file, 0, 64 << 20)
    assert loan.bytes_out > 64 << 20


def _waits(sock: socket.socket) -> bool:
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


def test_a_reader_who_takes_nothing_is_ended(pair: Pair, file: int) -> None:
    ours, _ = pair
    loan = sender(ours, 10.0, lambda: None)
    with pytest.raises(Stalled, match="nothing has moved"):
        loan.send_file(file, 0, 64 << 20)
