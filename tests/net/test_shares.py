"""What goes to many is written in shares, a turn each: in order, and without holding anybody else up."""

import random
from itertools import pairwise

import pytest

from natterjack.net import hub as hub_module
from natterjack.ports.effects import Deliver
from tests.support.loop import Loop

_SHARE = 6


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "SHARE", _SHARE)


def _waiting(loop: Loop) -> int:
    return sum(bool(connection.out) for connection in loop.connections if not connection.closed)


def test_what_goes_to_many_is_written_in_shares_and_the_turns_follow_each_other(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(7)]
    loop.hub.deliver(Deliver(tuple(each.sid for each in loop.connections), b"hello"))
    seen: list[int] = []

    def over() -> bool:
        seen.append(_waiting(loop))
        return not seen[-1]

    loop.until(over)
    assert seen == [7, 4, 1, 0]
    loop.until(lambda: all(client.read() == b"hello" for client in clients))


def test_what_goes_to_no_more_than_a_share_is_written_at_once(loop: Loop) -> None:
    for _ in range(_SHARE):
        loop.connect()
    loop.hub.deliver(Deliver(tuple(each.sid for each in loop.connections), b"hello"))
    assert loop.hub.flush()
    assert not _waiting(loop)
    assert not loop.hub.flush()


def test_small_deliveries_of_one_turn_are_put_off_together(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(8)]
    sids = [each.sid for each in loop.connections]
    for start in (0, 2, 4, 6):
        loop.hub.deliver(Deliver(tuple(sids[start : start + 2]), b"hello"))
    loop.hub.flush()
    assert _waiting(loop) == 2
    loop.until(lambda: all(client.read() == b"hello" for client in clients))


def test_whoever_gets_something_of_his_own_in_its_place_does_not_wait(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(8)]
    sids = tuple(each.sid for each in loop.connections)
    loop.hub.deliver(Deliver(sids, b"said", {sids[7]: b"echo"}))
    loop.hub.flush()
    assert [bool(connection.out) for connection in loop.connections] == [True] * 7 + [False]
    loop.until(lambda: all(client.read() == b"said" for client in clients[:7]))
    assert clients[7].read() == b"echo"


def test_an_answer_stands_behind_nobody_and_takes_along_what_waits_for_him(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(8)]
    sids = tuple(each.sid for each in loop.connections)
    loop.hub.deliver(Deliver(sids[:-1], b"all "))
    loop.hub.send(sids[-1], b"alone")
    loop.hub.send(sids[-2], b"answer")
    loop.hub.flush()
    assert _waiting(loop) == 6
    loop.until(lambda: clients[-1].read() == b"alone" and clients[-2].read() == b"all answer")
    loop.until(lambda: all(client.read() == b"all " for client in clients[:6]))


def test_whoever_is_to_be_closed_gets_first_what_was_put_off_for_him(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(7)]
    sids = tuple(each.sid for each in loop.connections)
    loop.hub.deliver(Deliver(sids, b"the last"))
    loop.hub.close(sids[-1])
    loop.until(lambda: clients[-1].read() == b"the last" and clients[-1].ended)


def test_who_goes_while_something_is_put_off_for_him_is_passed_over(loop: Loop) -> None:
    clients = [loop.connect()[0] for _ in range(7)]
    sids = tuple(each.sid for each in loop.connections)
    loop.hub.deliver(Deliver(sids, b"hello"))
    for connection in loop.connections[1:4]:
        connection.close()
    loop.until(lambda: not _waiting(loop))
    loop.until(lambda: all(client.read() == b"hello" for client in (clients[0], *clients[4:])))
    assert len(loop.hub) == 4


@pytest.mark.parametrize("seed", range(10))
def test_everybody_gets_everything_once_and_in_order_whatever_is_put_off(loop: Loop, seed: int) -> None:
    chance = random.Random(seed)
    clients = [loop.connect()[0] for _ in range(8)]
    sids = [each.sid for each in loop.connections]
    expected = dict.fromkeys(sids, b"")
    for number in range(60):
        data = b"%d " % number
        match chance.randrange(4):
            case 0:
                sid = chance.choice(sids)
                loop.hub.send(sid, data)
                expected[sid] += data
            case 1 | 2:
                to = tuple(chance.sample(sids, chance.randint(1, 8)))
                own = {to[0]: b"own " if number % 2 else b""}
                loop.hub.deliver(Deliver(to, data, own))
                for sid in to:
                    expected[sid] += own.get(sid, data)
            case 3:
                turn = loop.turns
                loop.reactor.wake()
                loop.until(lambda turn=turn: loop.turns > turn)  # type: ignore[misc]
    loop.until(lambda: not _waiting(loop))
    loop.until(lambda: [client.read() for client in clients] == list(expected.values()))
    assert [client.data for client in clients] == list(expected.values())


def test_those_whose_peers_go_at_once_are_closed_in_shares(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "ENDS", 2)
    clients = [loop.connect()[0] for _ in range(5)]
    for client in clients:
        client.sock.close()
    seen: list[int] = []

    def over() -> bool:
        seen.append(sum(stack.reasons == ["Connection closed"] for stack in loop.stacks))
        return seen[-1] == 5

    loop.until(over)
    assert all(later - sooner <= 2 for sooner, later in pairwise(seen))
    assert len(loop.hub) == 0


def test_nothing_is_sent_to_one_whose_peer_has_gone_nor_is_he_listened_to_again(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "ENDS", 0)  # his turn does not come
    client, connection = loop.connect()
    client.sock.close()
    loop.until(lambda: connection.gone)
    loop.hub.send(connection.sid, b"hello")
    loop.hub.pause(connection.sid, True)
    loop.hub.pause(connection.sid, False)
    loop.hub.flush()
    assert not connection.closed
    assert not connection.out
    with pytest.raises(KeyError):  # nobody watches it
        loop.reactor.unregister(connection.sock)
    monkeypatch.setattr(hub_module, "ENDS", 1)
    loop.until(lambda: connection.closed)
    assert loop.stacks[0].reasons == ["Connection closed"]
