"""Listening sockets: who is accepted, and when; addresses, ports and unix sockets."""

import errno
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from natterjack.net.listener import Listener, open_tcp, open_unix
from natterjack.net.reactor import ENOUGH, MANY
from natterjack.net.selecting import READ
from tests.support.loop import Client, Loop, listening


class Exhausted(socket.socket):
    """A listening socket whose system has run out of descriptors."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(fileno=sock.detach())
        self.setblocking(False)
        self.attempts = 0
        self.error: int | None = None

    def _accept(self) -> tuple[int, object]:
        self.attempts += 1
        if self.error is not None:
            raise OSError(self.error, os.strerror(self.error))
        answer: tuple[int, object] = super()._accept()  # type: ignore[misc]
        return answer


@pytest.mark.parametrize("error", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_out_of_descriptors_it_pauses_and_does_not_spin(loop: Loop, error: int) -> None:
    short = Exhausted(listening())
    came: list[socket.SocketType] = []
    listener = Listener(loop.reactor, short, lambda sock, _: came.append(sock))
    short.error = error
    waiting = Client(short.getsockname())
    inside, connection = loop.connect()
    for number in range(50):  # those inside are served, and nobody tries to accept meanwhile
        inside.send(b"x")
        loop.until(lambda number=number: len(loop.stacks[0].data) == number + 1)  # type: ignore[misc]
    assert short.attempts <= 1
    listener.resume()
    loop.until(lambda: short.attempts >= 1)
    short.error = None
    listener.resume()
    loop.until(lambda: came)
    assert short.attempts <= 4
    assert not connection.closed
    came[0].close()
    listener.close()
    waiting.sock.close()


def test_who_comes_as_it_closes_is_not_accepted(loop: Loop) -> None:
    came: list[socket.SocketType] = []
    sock = listening()
    listener = Listener(loop.reactor, sock, lambda new, _: came.append(new))
    client = Client(sock.getsockname())
    listener.ready(READ)  # which puts it off to the end of the turn
    listener.close()
    listener.close()
    done: list[int] = []
    loop.reactor.soon(lambda: done.append(1))
    loop.until(lambda: done)
    assert came == []
    client.sock.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux waits until a newcomer has said something")
def test_who_has_said_something_is_accepted_with_it(loop: Loop) -> None:
    heard: list[bytes] = []

    def accept(new: socket.SocketType, _address: object) -> None:
        heard.append(new.recv(99))
        new.close()

    (sock,) = open_tcp(["127.0.0.1"], 0)
    listener = Listener(loop.reactor, sock, accept)
    quiet, talker = Client(sock.getsockname()), Client(sock.getsockname())
    talker.send(b"hello")
    loop.until(lambda: heard)
    assert heard == [b"hello"]
    quiet.send(b"at last")
    loop.until(lambda: len(heard) == 2)
    assert heard[1] == b"at last"
    listener.close()
    for client in (quiet, talker):
        client.sock.close()


@pytest.mark.parametrize("others", [0, MANY])
def test_who_has_left_and_comes_back_has_left_first(loop: Loop, others: int) -> None:
    """In the same turn, and somebody else comes, whom the kernel tells of before all that."""
    seen: list[object] = []
    here, connection = loop.connect()
    crowd = [loop.connect()[0] for _ in range(others)]
    lost = loop.stacks[0].lost

    def noted(reason: str) -> None:
        seen.append(reason)
        lost(reason)

    loop.stacks[0].lost = noted  # type: ignore[method-assign]
    (sock,) = open_tcp(["127.0.0.1"], 0)
    came: list[socket.SocketType] = []
    listener = Listener(loop.reactor, sock, lambda new, _: (came.append(new), seen.append(new)))  # type: ignore[func-returns-value]
    first, again = Client(sock.getsockname()), Client(sock.getsockname())
    first.send(b"hello")
    for each in crowd:
        each.send(b"hello")
    here.sock.close()
    again.send(b"hello")
    loop.until(lambda: len(came) == 2)
    assert seen == ["Connection closed", *came]
    assert connection.closed
    listener.close()
    for one in (*came, first.sock, again.sock):
        one.close()


def test_what_newcomers_say_takes_a_turn_no_longer_than_enough(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sock,) = open_tcp(["127.0.0.1"], 0)
    came: list[socket.SocketType] = []
    turns: list[int] = []

    def accept(new: socket.SocketType, _address: object) -> None:
        came.append(new)
        turns.append(loop.reactor.turns)
        if len(came) == 3:
            later = time.monotonic() + ENOUGH
            monkeypatch.setattr(time, "monotonic", lambda: later)

    clients = [Client(sock.getsockname()) for _ in range(5)]
    for client in clients:
        client.send(b"hello")
    listener = Listener(loop.reactor, sock, accept)
    loop.until(lambda: len(came) >= 3)
    monkeypatch.undo()
    loop.until(lambda: len(came) == 5)
    assert turns[0] == turns[2] < turns[3] == turns[4]
    listener.close()
    for one in (*came, *(client.sock for client in clients)):
        one.close()


def test_a_newcomer_whose_network_failed_ends_nothing(loop: Loop) -> None:
    odd = Exhausted(listening())
    came: list[socket.SocketType] = []
    listener = Listener(loop.reactor, odd, lambda sock, _: came.append(sock))
    odd.error = errno.EPROTO
    client = Client(odd.getsockname())
    loop.until(lambda: odd.attempts)
    odd.error = None
    loop.until(lambda: came)
    assert len(came) == 1
    came[0].close()
    listener.close()
    client.sock.close()


SHORT_OF_DESCRIPTORS = """
import errno, os, resource
from tests.support.loop import Client, Loop

loop = Loop()
resource.setrlimit(resource.RLIMIT_NOFILE, (40, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
attempts = 0
ready = loop.listener.ready
def counted(mask):
    global attempts
    attempts += 1
    ready(mask)
loop.listener.ready = counted
# Both ends take their descriptors from the same few: one is kept, for the newcomer that can't be accepted.
clients, kept = [], os.dup(0)
while not loop.listener._paused:
    try:
        client = Client(loop.address)
    except OSError as error:
        assert error.errno == errno.EMFILE and kept, error
        os.close(kept)
        kept = None
        continue
    count = len(loop.connections)
    loop.until(lambda: len(loop.connections) > count or loop.listener._paused)
    clients.append(client)
before, turns = attempts, loop.turns
first = clients[0]
for number in range(200):
    first.send(b"x")
    loop.until(lambda: len(loop.stacks[0].data) == number + 1)
assert attempts - before <= 2, attempts
assert loop.turns - turns <= 450, loop.turns
count = len(loop.connections)
for client in clients[1:4]:
    client.sock.close()
loop.until(lambda: sum(connection.closed for connection in loop.connections) >= 3)
clients.append(Client(loop.address))  # one more, besides who may be waiting
loop.listener.resume()
loop.until(lambda: len(loop.connections) > count)
print("served", len(clients), "resumed")
"""


def test_when_descriptors_have_run_out_those_inside_are_served_and_accepting_resumes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHORT_OF_DESCRIPTORS],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=Path(__file__).parents[2],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(path for path in ["src", os.environ.get("PYTHONPATH")] if path)},
    )
    assert done.returncode == 0, done.stderr
    assert "resumed" in done.stdout


def test_hosts_share_one_port() -> None:
    socks = open_tcp(["127.0.0.1", "127.0.0.2"], 0)
    try:
        assert len({sock.getsockname()[1] for sock in socks}) == 1
        assert [sock.getsockname()[0] for sock in socks] == ["127.0.0.1", "127.0.0.2"]
        assert not any(sock.getblocking() for sock in socks)
    finally:
        for sock in socks:
            sock.close()


def test_a_port_can_be_had_again_at_once() -> None:
    (sock,) = open_tcp(["127.0.0.1"], 0)
    port = sock.getsockname()[1]
    with sock, socket.create_connection(("127.0.0.1", port)) as client:
        sock.setblocking(True)
        peer, _ = sock.accept()
        peer.close()  # we end first, so it is our side that the kernel remembers for a minute
        assert client.recv(1) == b""
    open_tcp(["127.0.0.1"], port)[0].close()


def test_no_host_means_all_addresses() -> None:
    (sock,) = open_tcp([], 0)
    with sock, socket.create_connection(("127.0.0.1", sock.getsockname()[1])) as client:
        assert client.getpeername()[1] == sock.getsockname()[1]


def test_an_address_that_cannot_be_had_is_named() -> None:
    (sock,) = open_tcp(["127.0.0.1"], 0)
    with sock:
        port = sock.getsockname()[1]
        with pytest.raises(OSError, match="in use") as caught:
            open_tcp(["127.0.0.1"], port)
        assert caught.value.filename == f"127.0.0.1 port {port}"
    with pytest.raises(OSError, match=r"not known|resolution|No address") as caught:
        open_tcp(["not.a.host.invalid."], 0)
    assert caught.value.filename == "not.a.host.invalid."


def test_a_unix_socket_is_its_owners_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "console.sock")
    open_unix(path).close()  # a dead server leaves it there
    with open_unix(path) as sock:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert stat.S_ISSOCK(os.stat(path).st_mode)
        assert not sock.getblocking()


def test_what_is_no_socket_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "console.sock"
    path.write_text("mine")
    with pytest.raises(OSError, match="in use"):
        open_unix(str(path))
    assert path.read_text() == "mine"
