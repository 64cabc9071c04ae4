"""What goes to many is written straight to their sockets: once, in order, and past nothing that is in the way."""

import random
import socket
from typing import Any

import pytest

from natterjack.net import hub as hub_module
from natterjack.net.connection import Connection
from natterjack.net.roles import QueueLimits
from natterjack.ports.effects import Deliver
from tests.support.loop import Client, Loop


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MANY", 2)
    monkeypatch.setattr(hub_module, "SHARE", 12)
    monkeypatch.setattr(hub_module, "TWICE", 1)


def _sids(loop: Loop) -> tuple[int, ...]:
    return tuple(each.sid for each in loop.connections)


def _straight(loop: Loop, to: tuple[int, ...] | None = None, data: bytes = b"hello ", **more: Any) -> None:
    """A turn of nothing else; afterwards everybody has a way who can have one."""
    loop.hub.deliver(Deliver(_sids(loop) if to is None else to, data, **more))
    assert loop.hub._latest
    assert loop.hub.flush()


def _ways(loop: Loop) -> set[int]:
    return set(loop.hub._straight._ways)


def _read(loop: Loop, *clients: Client, data: bytes) -> None:
    loop.until(lambda: all(len(client.read()) >= len(data) for client in clients))
    assert [client.data for client in clients] == [data] * len(clients)


def test_it_is_never_in_a_queue_once_everybody_has_a_way(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(3)]
    _straight(loop)
    assert _ways(loop) == set(_sids(loop))
    loop.hub.deliver(Deliver(_sids(loop), b"again"))
    assert not any(connection.out for connection in loop.connections)
    assert loop.hub.bytes_out == 3 * len(b"hello again")
    assert loop.hub.flush()
    assert not loop.hub.flush()
    _read(loop, *clients, data=b"hello again")


def test_the_second_to_the_same_people_asks_no_connection_any_more(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = [loop.connect()[0] for _ in range(3)]
    to = _sids(loop)
    asked: list[int] = []
    flush = Connection.flush
    monkeypatch.setattr(Connection, "flush", lambda self: (asked.append(self.sid), flush(self)))
    _straight(loop, to)
    assert asked == list(to)
    _straight(loop, to, b"again")
    assert asked == list(to)
    _read(loop, *clients, data=b"hello again")


def test_what_was_queued_before_is_written_before(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(2)]
    _straight(loop)
    loop.hub.send(_sids(loop)[0], b"one ")
    loop.hub.deliver(Deliver(_sids(loop), b"two"))
    assert loop.hub._latest
    loop.hub.flush()
    _read(loop, clients[0], data=b"hello one two")
    _read(loop, clients[1], data=b"hello two")


def test_what_comes_behind_it_in_the_same_turn_goes_out_with_it(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(2)]
    _straight(loop)
    loop.hub.deliver(Deliver(_sids(loop), b"one "))
    loop.hub.send(_sids(loop)[0], b"two")
    assert loop.connections[0].out == [b"one ", b"two"]
    loop.hub.flush()
    _read(loop, clients[0], data=b"hello one two")
    _read(loop, clients[1], data=b"hello one ")


def test_whoever_is_written_to_anyway_is_not_written_to_twice(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "TWICE", 2)
    clients = [loop.connect()[0] for _ in range(3)]
    for sid in _sids(loop)[:2]:
        loop.hub.send(sid, b"one ")
    loop.hub.deliver(Deliver(_sids(loop), b"two"))
    assert [connection.out for connection in loop.connections] == [[b"one ", b"two"]] * 2 + [[b"two"]]
    loop.hub.flush()
    _read(loop, *clients[:2], data=b"one two")
    _read(loop, clients[2], data=b"two")


def test_a_second_run_has_both_queued(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(2)]
    for data in (b"one ", b"two"):
        loop.hub.deliver(Deliver(_sids(loop), data))
    assert all(connection.out == [b"one ", b"two"] for connection in loop.connections)
    loop.hub.flush()
    _read(loop, *clients, data=b"one two")


def test_all_parts_of_one_run_are_written_straight(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(5)]
    sids = _sids(loop)
    loop.hub.deliver(Deliver(sids[:2], b"plain"))
    loop.hub.deliver(Deliver(sids[2:4], b"tags!", part=1))
    loop.hub.deliver(Deliver(sids[4:], b"more!", part=2))
    assert len(loop.hub._latest) == 3
    loop.hub.flush()
    for client, data in zip(clients, (b"plain", b"plain", b"tags!", b"tags!", b"more!"), strict=True):
        _read(loop, client, data=data)


def test_parts_that_are_too_many_together_are_put_off(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(14)]
    sids = _sids(loop)
    loop.hub.deliver(Deliver(sids[:8], b"hello"))
    loop.hub.deliver(Deliver(sids[8:], b"hello", part=1))
    assert not loop.hub._latest
    loop.hub.flush()
    _read(loop, *clients, data=b"hello")


def test_nothing_is_written_straight_past_what_was_put_off(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(14)]
    _straight(loop, _sids(loop)[:3])
    loop.hub.deliver(Deliver(_sids(loop), b"all "))
    loop.hub.flush()
    loop.hub.deliver(Deliver(_sids(loop)[:3], b"some"))
    assert not loop.hub._latest
    _read(loop, *clients[:3], data=b"hello all some")
    _read(loop, *clients[3:], data=b"all ")


def test_something_in_its_place_or_nothing(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(3)]
    for _ in range(2):  # the first time nobody has a way
        _straight(loop, data=b"said ", instead={_sids(loop)[0]: b"echo ", _sids(loop)[1]: b""})
    _straight(loop, data=b"all")
    for client, data in zip(clients, (b"echo echo all", b"all", b"said said all"), strict=True):
        _read(loop, client, data=data)


def test_whoever_is_held_waits_and_keeps_his_order(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(2)]
    sid = _sids(loop)[0]
    _straight(loop)
    loop.hub.deliver(Deliver(_sids(loop), b"before "))
    loop.hub.hold(sid)
    loop.hub.flush()
    _straight(loop, data=b"after ")
    assert sid not in _ways(loop)
    loop.hub.deliver(Deliver(_sids(loop), b"later"))
    loop.hub.release(sid, b"between ")
    loop.hub.flush()
    _read(loop, clients[0], data=b"hello before between after later")
    _read(loop, clients[1], data=b"hello before after later")
    _straight(loop, data=b"!")
    assert sid in _ways(loop)


def test_whoever_is_closed_behind_it_gets_it(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(2)]
    _straight(loop)
    loop.hub.deliver(Deliver(_sids(loop), b"bye"))
    loop.hub.close(_sids(loop)[0])
    loop.hub.flush()
    loop.until(lambda: clients[0].read() and clients[0].ended)
    _read(loop, *clients, data=b"hello bye")
    assert _ways(loop) == set(_sids(loop)[1:])


def test_all_get_it_who_are_closed_behind_it(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(2)]
    _straight(loop)
    loop.hub.deliver(Deliver(_sids(loop), b"bye"))
    loop.hub.finish_all()
    loop.until(lambda: all(client.read() and client.ended for client in clients))
    assert [client.data for client in clients] == [b"hello bye"] * 2


def test_a_full_socket_has_a_backlog_and_no_way_until_that_is_gone(loop: Loop) -> None:
    loop.hub.limits = QueueLimits(close=1 << 24)
    loop.send_buffer = 4096
    slow, connection = loop.connect(receive_buffer=4096)
    fast, _ = loop.connect()
    _straight(loop)
    piece = b"x" * 200_000
    expected = b"hello "
    for _ in range(3):  # taken in part; not at all; behind the backlog
        _straight(loop, data=piece)
        expected += piece
        assert connection.sid not in _ways(loop)
        loop.until(lambda: fast.read() == expected)  # noqa: B023 - asked at once
    loop.until(lambda: len(slow.read()) == len(expected))
    assert slow.data == expected
    loop.until(lambda: not connection.queued)
    _straight(loop)
    assert connection.sid in _ways(loop)


def test_who_takes_nothing_at_all_gets_it_later(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = [loop.connect()[0] for _ in range(3)]
    _straight(loop)

    def full(_data: bytes) -> int:
        raise BlockingIOError

    loop.hub._straight._ways[_sids(loop)[1]] = full
    _straight(loop, data=b"again")
    assert loop.connections[1].queued == len(b"again")
    _read(loop, *clients, data=b"hello again")


def test_whose_connection_is_broken_holds_nobody_up(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(3)]
    _straight(loop)
    loop.connections[1].sock.shutdown(socket.SHUT_WR)
    _straight(loop, data=b"again")
    assert loop.connections[1].closed
    assert loop.stacks[1].reasons == ["Broken pipe"]
    assert _ways(loop) == {_sids(loop)[0], _sids(loop)[2]}
    _straight(loop, data=b"!")  # he is still among those it is for
    _read(loop, clients[0], clients[2], data=b"hello again!")


def test_whom_another_one_s_backlog_ends_on_the_way_is_passed_over(loop: Loop) -> None:
    loop.send_buffer = 4096
    for _ in range(2):
        loop.connect(receive_buffer=4096)
    loop.send_buffer = 0
    client, _ = loop.connect()
    _straight(loop)
    loop.hub.send(_sids(loop)[1], b"x" * 300_000)
    loop.hub.flush()
    loop.hub.limits = QueueLimits(all_together=loop.hub.queued + 1)
    _straight(loop, data=b"y" * 100_000)  # the first one's is too much, and the second has the longest
    assert [connection.closed for connection in loop.connections] == [False, True, False]
    assert _sids(loop)[1] not in _ways(loop)
    _read(loop, client, data=b"hello " + b"y" * 100_000)


@pytest.mark.parametrize("seed", range(10))
def test_everybody_gets_everything_once_and_in_order(loop: Loop, seed: int) -> None:
    chance = random.Random(seed)
    clients = [loop.connect()[0] for _ in range(8)]
    sids = list(_sids(loop))
    expected = dict.fromkeys(sids, b"")
    held: dict[int, int] = {}  # from where on it waits
    for number in range(120):
        data = b"%d " % number
        match chance.randrange(6):
            case 0:
                sid = chance.choice(sids)
                loop.hub.send(sid, data)
                expected[sid] += data
            case 1 | 2:
                to = chance.sample(sids, chance.randint(1, 8))
                cut = chance.randint(0, len(to))
                own = {to[0]: b"own " if number % 2 else b""} if cut else None
                for part, (some, text) in enumerate(((to[:cut], data), (to[cut:], b"+" + data))):
                    loop.hub.deliver(Deliver(tuple(some), text, None if part else own, part))
                    for sid in some:
                        expected[sid] += text if part or own is None else own.get(sid, text)
            case 3 | 4:
                turn = loop.turns
                loop.reactor.wake()
                loop.until(lambda turn=turn: loop.turns > turn)  # type: ignore[misc]
            case 5:
                sid = chance.choice(sids)
                if sid in held:
                    at = held.pop(sid)
                    expected[sid] = expected[sid][:at] + b"released " + expected[sid][at:]
                    loop.hub.release(sid, b"released ")
                else:
                    held[sid] = len(expected[sid])
                    loop.hub.hold(sid)
    for sid in held:
        loop.hub.release(sid, b"")
    loop.until(lambda: [client.read() for client in clients] == list(expected.values()))
    assert [client.data for client in clients] == list(expected.values())
