"""The client for bots, against a scripted server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from threading import enumerate as enumerate_threads

import pytest

from natterjack.client import Client, errors
from natterjack.client import requests as r
from natterjack.client.mailbox import Mailbox
from tests.client.scripted import Scripted, unused_port


@contextmanager
def scripted(script: Callable[[Scripted], None]) -> Iterator[int]:
    """A server that goes through ``script`` in a thread; what fails there fails the test."""
    failures: list[BaseException] = []
    with Scripted() as server:

        def run() -> None:
            try:
                script(server)
            except BaseException as error:
                failures.append(error)
            server.hang_up()

        thread = Thread(target=run)
        thread.start()
        try:
            yield server.port
        finally:
            thread.join()
    assert not failures, failures[0]


def test_a_bot_that_cannot_log_in_does_not_come_in() -> None:
    def script(server: Scripted) -> None:
        server.accept()
        server.expect("USER")
        server.send(":srv CAP * LS :batch")
        server.send(f":srv CAP * ACK :{server.expect('CAP REQ')[8:]}")
        assert server.line() == ""

    with scripted(script) as port, pytest.raises(errors.NotLetIn) as caught:
        Client("127.0.0.1", port, nick="bot", account="bot", password="secret").connect()
    assert caught.value.reason == "not_offered"


def test_a_bot_answers() -> None:
    def script(server: Scripted) -> None:
        server.let_in("bot")
        server.send(
            ":alice!a@h NOTICE #lobby :!ping",
            ":alice!a@h PRIVMSG #lobby :!ping",
            ":alice!a@h PRIVMSG bot :!ping",
        )
        for target in ("#lobby", "alice"):
            assert server.expect("PRIVMSG") == f"PRIVMSG {target} pong"
            server.answer_ping()
        server.expect("QUIT")

    with scripted(script) as port, Client("127.0.0.1", port, nick="bot") as chat:
        for answered, message in enumerate(chat, 1):
            chat.send(message.reply_to, "pong")
            if answered == 2:
                break
        assert chat.nick == "bot"


def test_refused_requests_are_raised() -> None:
    def script(server: Scripted) -> None:
        server.let_in("bot")
        server.expect("JOIN")
        server.send(":srv 473 bot #secret :You need an invitation")
        server.answer_ping()
        server.expect("QUIT")

    with scripted(script) as port, Client("127.0.0.1", port) as chat:
        with pytest.raises(errors.RequestRefused, match="invitation"):
            chat.join("#secret")
        assert chat.model.channel("#lobby") is not None


def test_a_lost_server_ends_the_loop() -> None:
    def script(server: Scripted) -> None:
        server.let_in("bot")
        server.send(":alice!a@h PRIVMSG #lobby :one")

    with scripted(script) as port, Client("127.0.0.1", port) as chat:
        messages = iter(chat)
        assert next(messages).text == "one"
        with pytest.raises(errors.ConnectionLost):
            next(messages)
        with pytest.raises(errors.ClientError):
            chat.send("#lobby", "too late")


def test_not_let_in() -> None:
    def script(server: Scripted) -> None:
        server.accept()
        server.expect("USER")
        server.send("ERROR :Go away")

    with scripted(script) as port, pytest.raises(errors.NotLetIn, match="Go away"):
        Client("127.0.0.1", port).connect()


def test_lost_on_the_way_in() -> None:
    """It was told as an answer that took too long, with a firewall to look for."""

    def script(server: Scripted) -> None:
        server.accept()
        server.expect("USER")

    with scripted(script) as port, pytest.raises(errors.ConnectionLost):
        Client("127.0.0.1", port).connect()


def test_nobody_there() -> None:
    with pytest.raises(errors.ConnectRefused):
        Client("127.0.0.1", unused_port()).connect()


@pytest.mark.parametrize("refuses", [True, False])
def test_who_does_not_come_in_leaves_no_thread_behind(refuses: bool) -> None:
    """A bot that tries again for ever would come to the end of its descriptors: each driver has three."""

    def script(server: Scripted) -> None:
        server.accept()
        server.expect("USER")
        server.send("ERROR :Go away")

    before = set(enumerate_threads())
    if refuses:
        with scripted(script) as port, pytest.raises(errors.NotLetIn):
            Client("127.0.0.1", port).connect()
    else:
        with pytest.raises(errors.ConnectRefused):
            Client("127.0.0.1", unused_port()).connect()
    assert set(enumerate_threads()) == before


def test_before_connecting() -> None:
    with pytest.raises(errors.NoAnswer):
        Client().request(r.AskChannels())
    Client().close()


def test_a_full_mailbox_makes_the_writer_wait() -> None:
    box: Mailbox[int] = Mailbox(most=2)
    writer = Thread(target=lambda: [box.put(number) for number in range(50)])
    writer.start()
    assert [box.get(5.0) for _ in range(50)] == list(range(50))
    writer.join()
    assert box.get(0) is None
    box.close()
    assert box.put(1) is False
    assert box.get() is None
