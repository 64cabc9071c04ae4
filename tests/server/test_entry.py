"""Connections that are no sessions: how many there may be, of whom, and that each is counted while it is one."""

from __future__ import annotations

import errno
import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from natterjack.exits import CommandError
from natterjack.net.stacks import check_deadlines
from natterjack.net.websocket import WebSockets
from natterjack.ports.events import Now, Opened
from natterjack.server import entry as entry_module
from natterjack.server.config.table import build
from natterjack.server.entry import Entry, web_policy
from natterjack.server.web import Web
from tests.support.loop import Client, Loop, loop_fixture
from tests.support.tls import make_certificate
from tests.wire.test_websocket import HEADERS

loop = loop_fixture

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
CLOSING = b"GET /healthz HTTP/1.0\r\n\r\n"
SOCKET = (
    b"GET /ws HTTP/1.1\r\n"
    + b"".join(f"{name}: {text}\r\n".encode() for name, text in HEADERS.items())
    + b"\r\n"
)
ELSEWHERE = "127.1.0.1"
PROXY = "127.2.0.1"


class House:
    """An entry with nobody behind it, and those who come."""

    def __init__(self, loop: Loop, directory: Path, **settings: Any) -> None:
        self.loop = loop
        values = {
            "listen__host": ("127.0.0.1",),
            "listen__port": 0,
            "access__trust_loopback": False,
            "access__proxies": (PROXY,),
            "sites__connections": 2,
            "sites__private_factor": 1,
        } | settings
        config = build({tuple(name.split("__")): value for name, value in values.items()})  # type: ignore[misc]
        web = Web(web_policy(config), lambda: "", lambda: (), None, WebSockets(loop.events.append))
        self.entry = Entry(config, directory, loop.hub, web, loop.events.append)
        self.entry.listen(config)
        self.clients: list[Client] = []

    @property
    def strangers(self) -> int:
        return len(self.entry._strangers)

    def come(self, said: bytes, source: str = "127.0.0.1") -> Client:
        """Somebody who says ``said``, when the door has seen to him."""
        accepted = self.entry.door.accepted
        client = Client(("127.0.0.1", self.entry.port), source=source)
        self.clients.append(client)
        client.send(said)
        self.loop.until(lambda: self.entry.door.accepted > accepted)
        return client

    def answered(self, client: Client) -> None:
        self.loop.until(lambda: b"\r\n\r\n" in client.read())

    def turned_away(self, client: Client) -> None:
        self.loop.until(lambda: client.read() == b"" and client.ended)

    def close(self) -> None:
        self.entry.close()
        for client in self.clients:
            client.sock.close()


@pytest.fixture
def open_house(loop: Loop, tmp_path: Path) -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def make(**settings: Any) -> House:
        houses.append(House(loop, tmp_path, **settings))
        return houses[-1]

    yield make
    for house in houses:
        house.close()


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    return open_house()


@pytest.mark.parametrize("said", [HEALTH, b"G"])
def test_one_site_has_so_many_and_others_get_in(house: House, said: bytes) -> None:
    for _ in range(2):
        house.come(said)
    house.turned_away(house.come(said))
    assert (house.strangers, house.entry.door.refused) == (2, 1)
    house.answered(house.come(HEALTH, ELSEWHERE))
    house.come(b"NICK a\r\n")
    house.loop.until(lambda: house.loop.events)
    assert (house.strangers, house.entry.door.refused) == (3, 1), "a session is not one of them"


def _leaves(house: House, client: Client) -> None:
    client.sock.close()


def _becomes_a_session(house: House, client: Client) -> None:
    client.send(b"OSSIP x\r\n")
    house.loop.until(lambda: any(isinstance(event, Opened) for event in house.loop.events))


def _becomes_a_session_over_websocket(house: House, client: Client) -> None:
    client.send(SOCKET[1:])
    house.answered(client)
    assert any(isinstance(event, Opened) for event in house.loop.events)
    assert not client.ended


def _is_too_slow(house: House, client: Client) -> None:
    check_deadlines(house.entry._waiting, house.loop.reactor.now.mono + 11)
    house.loop.until(lambda: client.read() and client.ended)
    client.sock.close()


def _has_his_answer(house: House, client: Client) -> None:
    client.send(CLOSING[1:])
    house.loop.until(lambda: client.read() and client.ended)
    client.sock.close()


def _talks_nonsense(house: House, client: Client) -> None:
    client.send(b"ET nonsense\r\n\r\n")
    house.loop.until(lambda: client.read() and client.ended)
    client.sock.close()


@pytest.mark.parametrize(
    "end",
    [
        _leaves,
        _becomes_a_session,
        _becomes_a_session_over_websocket,
        _is_too_slow,
        _has_his_answer,
        _talks_nonsense,
    ],
)
def test_each_is_counted_until_he_is_none_any_more(
    house: House, end: Callable[[House, Client], None]
) -> None:
    client = house.come(b"G")
    assert house.strangers == 1
    end(house, client)
    house.loop.until(lambda: not house.strangers)
    assert house.entry._strangers._counts == {}


def test_who_asks_again_and_again_is_counted_all_the_while(house: House) -> None:
    client = house.come(HEALTH)
    for _ in range(3):
        house.answered(client)
        assert house.strangers == 1
        client.data = b""
        client.send(HEALTH)


def test_altogether_a_half_of_the_descriptors(
    open_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry_module, "_STRANGERS", 3)
    house = open_house(access__trust_loopback=True)
    for _ in range(3):
        house.answered(house.come(HEALTH))
    house.turned_away(house.come(HEALTH))
    monkeypatch.undo()
    assert entry_module._most_strangers() == min(
        entry_module._STRANGERS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2
    )


def test_programs_here_and_proxies_that_tell_nobody_are_bounded_only_altogether(
    open_house: Callable[..., House],
) -> None:
    house = open_house(access__trust_loopback=True)
    for source in ("127.0.0.1", PROXY) * 3:
        house.answered(house.come(HEALTH, source))
    assert (house.strangers, house.entry.door.refused) == (6, 0)


def test_who_comes_by_a_proxy_is_counted_where_it_says(house: House) -> None:
    head = b"PROXY TCP4 192.0.2.7 10.0.0.1 4000 7667\r\n"
    for _ in range(2):
        house.answered(house.come(head + HEALTH, PROXY))
    house.turned_away(house.come(head + HEALTH, PROXY))
    house.answered(house.come(head.replace(b"192.0", b"198.51") + HEALTH, PROXY))
    assert (house.strangers, house.entry.door.refused) == (3, 1)


def test_a_port_that_takes_a_right_is_told_from_one_that_another_has(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wanted port 443 was told to choose another."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), ":: port 443")

    monkeypatch.setattr(entry_module, "open_tcp", refuse)
    with pytest.raises(CommandError, match=r":: port 443: Permission denied: .*install it as a service"):
        house.entry.listen(build({}))


def test_a_certificate_that_runs_out_meanwhile_is_told_of_once(
    open_house: Callable[..., House], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate, key, _ = make_certificate(tmp_path)
    house = open_house(tls__cert=str(certificate), tls__key=str(key))
    now = Now(1.0, time.time())
    for wall in (now.wall, now.wall + 31 * 86400, now.wall + 32 * 86400):
        house.entry.check(Now(now.mono, wall))
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "ran out on 2" in caplog.text
