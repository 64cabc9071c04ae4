"""When something came, by the kernel's clock."""

import multiprocessing
import select
import socket
import time

import pytest

from bench.counters import Counters
from bench.layout import Layout
from bench.stamped import StampedSocket, stamped
from bench.swarm import Latencies, Swarm


@pytest.fixture
def ends() -> tuple[socket.socket, StampedSocket]:
    """Both ends of a connection; the kernel may take a moment until it stamps what comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        far = socket.create_connection(listener.getsockname())
        near = stamped(listener.accept()[0])
    buffer = memoryview(bytearray(10))
    deadline = time.monotonic() + 20
    while not near.arrived and time.monotonic() < deadline:
        far.send(b"x")
        select.select([near], [], [])
        near.recv_into(buffer)
    return far, near


def test_it_is_known_when_something_came_though_it_is_read_later(
    ends: tuple[socket.socket, StampedSocket],
) -> None:
    far, near = ends
    buffer = memoryview(bytearray(10))
    with far, near:
        before = time.time_ns()
        far.send(b"one")
        select.select([near], [], [])
        after = time.time_ns()
        assert near.recv_into(buffer) == 3
        assert bytes(buffer[:3]) == b"one"
        assert before <= near.arrived <= after


def test_nothing_to_read_is_said_as_by_any_other(ends: tuple[socket.socket, StampedSocket]) -> None:
    far, near = ends
    with far, near, pytest.raises(BlockingIOError):
        near.recv_into(memoryview(bytearray(10)))


def test_both_latencies_are_taken_from_the_same_sending(ends: tuple[socket.socket, StampedSocket]) -> None:
    far, near = ends
    ours, theirs = multiprocessing.Pipe()
    swarm = Swarm(("127.0.0.1", 1), Layout(1, 1), 0, frozenset(), counters=Counters(1), pipe=ours)
    client = swarm.clients[0]
    client.sock = near
    latencies = Latencies([], [])
    with far, near, ours, theirs:
        sent = time.perf_counter_ns()
        far.send(b":a!a@h PRIVMSG #b :0 %d x\r\n" % sent)
        select.select([near], [], [])
        length = swarm.intake.read(near, near.fileno())
        swarm.sample(client, length, set(), latencies)
        swarm.close()
    (read,), (arrived,) = latencies
    assert 0 < arrived < read <= time.perf_counter_ns() - sent
