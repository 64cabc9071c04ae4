"""The driver on real sockets: connecting, failing to, losing the connection, and ending."""

from __future__ import annotations

import socket
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from hashlib import pbkdf2_hmac
from typing import TypeVar

import pytest

from natterjack.client import driver, errors
from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.address import Address, Security
from natterjack.client.deriving import derive
from natterjack.client.driver import Driver
from natterjack.client.mailbox import Mailbox
from natterjack.client.secret import Credentials, Secret
from natterjack.client.session import SessionConfig
from natterjack.client.session.login import Derivation
from natterjack.proto.scram import ServerExchange, make_verifier
from tests.client.scripted import PATIENCE, Scripted, unused_port

T = TypeVar("T", bound=e.Event)
KIM = SessionConfig("kim")


class Ear:
    """What a driver told, in order."""

    def __init__(self) -> None:
        self.mailbox: Mailbox[list[e.Event]] = Mailbox()
        self.driver = Driver(self.mailbox.put, patience=0.2)
        self._events: list[e.Event] = []

    def wait(self, kind: type[T]) -> T:
        """The next event of ``kind``; those before it are skipped."""
        while True:
            while self._events:
                event = self._events.pop(0)
                if isinstance(event, kind):
                    return event
            events = self.mailbox.get(PATIENCE)
            assert events, f"no {kind.__name__} came"
            self._events += events


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    yield ear
    ear.mailbox.close()
    ear.driver.close()
    assert not ear.driver._thread.is_alive()


def test_a_message_there_and_back(ear: Ear) -> None:
    with Scripted() as server:
        ear.driver.connect(Address("127.0.0.1", server.port), KIM)
        server.let_in()
        assert ear.wait(e.Ready).network == "Net"
        ear.driver.send(r.Say(1, "#lobby", "hello"))
        assert server.expect("PRIVMSG") == "PRIVMSG #lobby hello"
        server.answer_ping()
        assert ear.wait(e.Acked).ref == 1
        ear.driver.disconnect("bye")
        assert server.expect("QUIT") == "QUIT bye"
        server.send("ERROR :Closing link: bye")
        server.hang_up()
        assert ear.wait(e.Disconnected).error is None


def test_refused(ear: Ear) -> None:
    ear.driver.connect(Address("127.0.0.1", unused_port()), KIM)
    error = ear.wait(e.ConnectFailed).error
    assert isinstance(error, errors.ConnectRefused)


def test_host_not_found(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: object, **named: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    ear.driver.connect(Address("nosuch.invalid", 1), KIM)
    assert isinstance(ear.wait(e.ConnectFailed).error, errors.HostNotFound)


def test_a_name_that_cannot_be_one(ear: Ear) -> None:
    ear.driver.connect(Address("a" * 70 + ".example", 1), KIM)
    assert isinstance(ear.wait(e.ConnectFailed).error, errors.HostNotFound)


def test_timed_out(ear: Ear) -> None:
    # a listener whose queue is full drops what knocks: nobody answers
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        place = listener.getsockname()
        waiting = []
        for _ in range(8):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(place)
            waiting.append(sock)
        ear.driver.connect(Address("127.0.0.1", place[1]), KIM)
        error = ear.wait(e.ConnectFailed).error
        assert isinstance(error, errors.ConnectTimedOut)
        for sock in waiting:
            sock.close()


def test_the_next_address_is_tried(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted() as server:
        dead = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", unused_port()))
        alive = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **named: [dead, alive])
        ear.driver.connect(Address("two.example", server.port, security=Security.PLAIN), KIM)
        server.let_in()
        ear.wait(e.Ready)


def test_closed_with_a_reason(ear: Ear) -> None:
    with Scripted() as server:
        ear.driver.connect(Address("127.0.0.1", server.port), KIM)
        server.let_in()
        server.send("ERROR :Closing link: the server is shutting down")
        server.hang_up()
        error = ear.wait(e.Disconnected).error
        assert isinstance(error, errors.ClosedByServer)
        assert str(error) == "The server closed the connection: the server is shutting down"


@pytest.mark.parametrize("rudely", [False, True])
def test_dropped(ear: Ear, rudely: bool) -> None:
    with Scripted() as server:
        ear.driver.connect(Address("127.0.0.1", server.port), KIM)
        server.let_in()
        ear.wait(e.Ready)
        ear.driver.send(r.Say(1, "#lobby", "hello"))
        server.expect("PING")
        server.hang_up(rudely=rudely)
        assert ear.wait(e.Unanswered).ref == 1
        assert isinstance(ear.wait(e.Disconnected).error, errors.Dropped)


def test_turned_away(ear: Ear) -> None:
    with Scripted() as server:
        ear.driver.connect(Address("127.0.0.1", server.port), SessionConfig("kim", password="wrong"))
        server.accept()
        server.expect("USER")
        server.send(":srv 464 * :Password incorrect", "ERROR :Closing link")
        server.hang_up()
        error = ear.wait(e.Disconnected).error
        assert isinstance(error, errors.NotLetIn)
        assert error.reason == "464"


def test_turned_away_with_an_error_alone(ear: Ear) -> None:
    with Scripted() as server:
        ear.driver.connect(Address("127.0.0.1", server.port), SessionConfig("kim"))
        server.accept()
        server.expect("USER")
        server.send("ERROR :Closing link: only members now")
        server.hang_up()
        error = ear.wait(e.Disconnected).error
        assert isinstance(error, errors.NotLetIn)
        assert error.text == "only members now"


def test_a_name_that_cannot_be_had(ear: Ear) -> None:
    with Scripted() as server:
        ear.driver.connect(Address("127.0.0.1", server.port), SessionConfig("kim", nick_or_leave=True))
        server.accept()
        server.expect("USER")
        server.send(":srv 433 * kim :Nick is already in use")
        assert server.line() == ""  # nothing more is said, so nothing is spent
        error = ear.wait(e.Disconnected).error
        assert isinstance(error, errors.NameRefused)
        assert error.reason == "433"


def test_the_loop_goes_on_while_a_key_is_derived(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Mailbox[tuple[Derivation, Callable[[bytes], object]]] = Mailbox()
    monkeypatch.setattr(driver, "derive", lambda task, done: asked.put((task, done)))
    exchange = ServerExchange()
    with Scripted() as server:
        config = SessionConfig("kim", login=Credentials("kim", Secret("pencil")))
        ear.driver.connect(Address("127.0.0.1", server.port), config)
        server.accept()
        server.send(":srv CAP * LS :sasl=SCRAM-SHA-256", ":srv CAP * ACK :sasl")
        server.expect("AUTHENTICATE SCRAM-SHA-256")
        server.send("AUTHENTICATE +")
        exchange.begin(b64decode(server.expect("AUTHENTICATE").split(" ")[1]))
        key = pbkdf2_hmac("sha256", b"pencil", b"salt", 4096)
        challenge = exchange.challenge(make_verifier(key, b"salt", 4096), "more")
        server.send(f"AUTHENTICATE {b64encode(challenge).decode()}")
        found = asked.get(PATIENCE)
        assert found is not None
        server.send("PING :still there?")
        assert server.expect("PONG") == "PONG :still there?"
        done: list[bytes] = []
        derive(found[0], lambda made: (done.append(made), found[1](made)))
        proof = exchange.end(b64decode(server.expect("AUTHENTICATE").split(" ")[1]))
        assert done == [key]
        server.send(f"AUTHENTICATE {b64encode(proof).decode()}", ":srv 903 kim :Logged in")
        assert server.expect("CAP END")


def test_again_after_a_loss(ear: Ear) -> None:
    with Scripted() as server:
        for _ in range(2):
            ear.driver.connect(Address("127.0.0.1", server.port), KIM)
            server.let_in()
            ear.wait(e.Ready)
            server.hang_up()
            ear.wait(e.Disconnected)


def test_going_elsewhere_leaves_where_we_are(ear: Ear) -> None:
    with Scripted() as first, Scripted() as second:
        ear.driver.connect(Address("127.0.0.1", first.port), KIM)
        first.let_in()
        ear.wait(e.Ready)
        ear.driver.connect(Address("127.0.0.1", second.port), KIM)
        assert first.expect("QUIT")
        assert ear.wait(e.Disconnected).error is None
        second.let_in()
        ear.wait(e.Ready)


def test_a_connection_that_is_gone_keeps_nobody_from_the_next(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it is gone is seen only as it is left."""
    with Scripted() as server:
        ear.driver.connect(Address("127.0.0.1", server.port), KIM)
        server.let_in()
        ear.wait(e.Ready)
        gone = ear.driver._transport
        send = type(gone).send

        def broken(transport: object, data: bytes) -> int:
            if transport is gone:
                raise BrokenPipeError
            return send(transport, data)  # type: ignore[arg-type, return-value]

        monkeypatch.setattr(type(gone), "send", broken)
        ear.driver.connect(Address("127.0.0.1", server.port), KIM)
        ear.wait(e.Disconnected)
        server.let_in()
        ear.wait(e.Ready)


def test_without_a_connection_requests_are_refused(ear: Ear) -> None:
    ear.driver.send(r.Say(3, "#c", "x"))
    assert ear.wait(e.Refused).code == "NOT_CONNECTED"


def test_closing_while_somebody_looks_up_a_name() -> None:
    ear = Ear()
    ear.driver.connect(Address("127.0.0.1", unused_port()), KIM)
    ear.driver.close()
    ear.driver.connect(Address("127.0.0.1", 1), KIM)  # too late, and no error
    assert not ear.driver._thread.is_alive()
