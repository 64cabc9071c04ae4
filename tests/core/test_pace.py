"""Pace: whoever is too fast is delayed, in order, and nobody else with him."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from natterjack.core import pace
from natterjack.core.policy import Pace, Policy
from natterjack.core.server import Core
from natterjack.ports.effects import Pause
from natterjack.ports.events import Now, Received, Reconfigured, Tick
from natterjack.ports.records import Snapshot
from natterjack.wire.message import parse
from tests.core.test_accounts import Server, _record
from tests.support.chat import Chat, Peer, make_account, said


def _chat(*nicks: str) -> Chat:
    chat = Chat(*nicks, limited=True)
    chat.wait(60)  # full buckets
    for nick in nicks:
        chat.peers[nick].take()
    return chat


def _say(peer: Peer, *numbers: int) -> list[object]:
    """Say lines in one packet; the effects."""
    lines = [parse(f"PRIVMSG #lobby :{number}".encode()) for number in numbers]
    return list(peer.chat.handle(Received(peer.sid, list(lines))))


def _heard(peer: Peer) -> list[int]:
    return [int(line.rpartition(":")[2]) for line in peer.take() if " PRIVMSG " in line]


def test_a_burst_passes_and_the_rest_follows_two_a_second_in_order() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    effects = _say(alice, *range(30))
    assert _heard(bob) == list(range(10))
    assert Pause(alice.sid, paused=True) in effects
    heard = []
    for _ in range(10):
        chat.wait(1)
        heard += _heard(bob)
    assert heard == list(range(10, 30))
    assert alice.chat.core.world.sessions[alice.sid].waiting is None


def test_what_is_said_while_waiting_keeps_its_place() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    _say(alice, *range(12))
    _say(alice, 12, 13)
    chat.wait(5)
    assert _heard(bob) == list(range(14))


def test_others_are_not_slowed() -> None:
    chat = _chat("alice", "bob", "carol")
    alice, bob, carol = (chat.peers[nick] for nick in ("alice", "bob", "carol"))
    _say(alice, *range(50))
    bob.take()
    _say(carol, 1000)
    assert _heard(bob) == [1000]


def test_dearer_commands_take_more() -> None:
    chat = _chat("alice")
    alice = chat.peers["alice"]
    got = alice.send("LIST", "LIST", "LIST", "LIST")
    assert sum(" 323 " in f" {line} " for line in got) == 3
    chat.wait(1)
    assert sum(" 323 " in f" {line} " for line in alice.take()) == 1


def test_leaving_and_signs_of_life_are_never_delayed() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    _say(alice, *range(10))
    bob.take()
    alice.send("PONG x", "QUIT :bye")
    assert any("QUIT" in line for line in bob.take())


def test_a_bucket_does_not_run_over() -> None:
    chat = _chat("alice", "bob")
    chat.wait(80)
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    bob.take()
    _say(alice, *range(20))
    assert len(_heard(bob)) == Pace().bucket


@pytest.mark.parametrize("early", [True, False])
def test_logging_in_gives_tokens_for_catching_up(early: bool) -> None:
    snapshot = Snapshot(b"", (make_account("alice"),))
    chat = Chat("bob", snapshot=snapshot, store=True, limited=True, instant=True)
    alice, bob = chat.enter("alice" if early else "guest", login="alice" if early else ""), chat.peers["bob"]
    if not early:
        alice.send(*said("alice", "alice-password"))
    chat.wait(60)
    chat.quiet()
    spare = chat.world.sessions[alice.sid].spare
    assert spare >= Pace().login
    _say(alice, *range(20))
    assert len(_heard(bob)) == Pace().bucket  # what is said to others is nothing of that kind
    chat.wait(60)
    chat.quiet()
    questions = ["NAMES #lobby", "MODE #lobby"] * 200
    answers = alice.send(*questions)
    assert sum(line[:3] in ("366", "324") for line in answers) == (Pace().bucket + spare) // 2


def test_who_catches_up_has_a_full_bucket_for_the_first_words_all_the_same() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    assert chat.world.sessions[alice.sid].spare >= 20
    alice.send("JOIN #one", "MODE #one", "NAMES #one", "WHO #one", "JOIN #two", "MODE #two")
    _say(alice, *range(11))
    assert _heard(bob) == list(range(10))


def test_to_change_a_mode_is_no_catching_up() -> None:
    chat = _chat("alice")
    alice = chat.peers["alice"]
    alice.send("JOIN #one")
    spare = chat.world.sessions[alice.sid].spare
    alice.send("MODE #one +m")
    session = chat.world.sessions[alice.sid]
    assert (session.spare, session.tokens) == (spare, 8)


def test_logging_in_gives_them_once_a_minute() -> None:
    chat = _chat("alice")
    session = chat.core.world.sessions[chat.peers["alice"].sid]
    before = session.spare
    for passed in (0, 0, 59, 1):
        chat.wait(passed)
        pace.grant(session, Pace(), chat.now.mono)
    assert session.spare == before + 2 * Pace().login


def test_the_bucket_its_refill_and_the_costs_are_configured() -> None:
    settings = Pace(bucket=12, refill=6, message=2, change=3, question=6)
    chat = Chat("alice", "bob", limited=True, pace=settings)
    chat.wait(60)
    chat.quiet()
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    _say(alice, *range(20))
    assert _heard(bob) == list(range(6))
    chat.wait(1)
    assert _heard(bob) == [6, 7, 8]
    chat.wait(60)
    bob.take()
    assert sum(" 323 " in f" {line} " for line in alice.send("LIST", "LIST", "LIST")) == 2
    chat.wait(60)
    alice.take()
    assert (
        sum("482 " in line for line in alice.send(*(f"TOPIC #lobby :{number}" for number in range(9)))) == 4
    )


def test_another_pace_is_kept_at_once() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    chat.handle(Reconfigured(replace(chat.core.policy, pace=Pace(bucket=3, refill=1, introduction=5))))
    _say(alice, *range(20))
    assert len(_heard(bob)) == 10  # what she had saved up stays hers
    chat.wait(2)
    assert _heard(bob) == [10, 11]
    newcomer = chat.open("newcomer")
    assert (
        len([line for line in newcomer.send(*(f"PING {number}" for number in range(9))) if "PONG" in line])
        == 5
    )


def test_the_sessions_of_an_exempt_account_are_not_slowed() -> None:
    server = Server(_record("Robot", "correct-horse"), _record("Human", "correct-horse"))
    policy = Policy(version="1", store=True, pace=Pace(exempt=frozenset({"robot"})))
    server.core = Core(
        policy,
        "m",
        Now(0, 1e9),
        Snapshot(b"s" * 32, (_record("Robot", "correct-horse"), _record("Human", "correct-horse"))),
    )
    answered = {}
    for name, extra in (("Robot", 400), ("Human", 400)):
        sid = server.open()
        server.say(sid, "CAP LS 302", f"NICK {name}", "USER u 0 * :U")
        server.log_in(sid, name, "correct-horse")
        server.say(sid, "CAP END")
        answered[name] = sum(
            "PONG" in line for line in server.say(sid, *(f"PING {number}" for number in range(extra)))
        )
        assert (sid in server.paused) == (name == "Human")
    assert answered["Robot"] == 400
    assert answered["Human"] == Pace().bucket
    # Who is no longer exempt keeps the pace again, and who is now need not any more.
    server.at(1.0, Reconfigured(replace(policy, pace=Pace(exempt=frozenset({"human"})))))
    paced = {session.sid: session.paced for session in server.core.world.sessions.values()}
    assert paced == {1: True, 2: False}


def test_each_channel_of_a_join_counts() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    spare = int(chat.world.sessions[alice.sid].spare)
    assert spare >= 20
    names = ",".join(f"#c{number}" for number in range(1 + spare + 20))
    came = alice.send(f"JOIN {names}")
    assert sum(" JOIN " in line for line in came) == 1 + spare + 20  # at once
    _say(alice, 0)
    bob.take()
    chat.wait(6)  # 20 - 8 tokens are owed, and the message takes 1
    assert _heard(bob) == []
    chat.wait(1)
    assert _heard(bob) == [0]
    chat.wait(60)
    more = ",".join(f"#d{number}" for number in range(5))
    alice.send("PART #c0,#c1,#c2,#c3,#c4", f"JOIN {more}")
    _say(alice, 1, 2, 3, 4, 5, 6)
    assert _heard(bob) == [1, 2, 3]  # 10 - 1 - 2 - 4


def test_who_comes_back_into_twenty_channels_by_one_line_is_not_slowed() -> None:
    chat = Chat("bob", limited=True)
    alice, bob = chat.open("alice"), chat.peers["bob"]
    alice.send("CAP LS 302", "CAP REQ :message-tags", "NICK alice", "USER u 0 * :U", "CAP END")
    alice.send(f"JOIN {','.join(f'#c{number}' for number in range(20))}")
    _say(alice, *range(8))
    assert _heard(bob) == list(range(8))


def test_many_names_that_lead_nowhere_count_too() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    alice.send(f"JOIN {','.join(f'{number}' for number in range(100))}")
    _say(alice, 0)
    chat.wait(20)
    assert _heard(bob) == []
    chat.wait(20)
    assert _heard(bob) == [0]


def test_whoever_owes_tokens_leaves_all_the_same() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    alice.send(f"JOIN {','.join(f'{number}' for number in range(100))}")
    alice.send("PONG x", "QUIT :bye")
    assert any("QUIT" in line for line in bob.take())


def test_whoever_is_gone_has_nothing_said_any_more() -> None:
    chat = _chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    _say(alice, *range(30))
    bob.take()
    alice.hang_up()
    bob.take()
    chat.wait(20)
    chat.handle(Tick())
    assert _heard(bob) == []


def test_an_introduction_is_not_slowed_but_a_flood_before_it_is() -> None:
    chat = Chat(limited=True)
    x = chat.open("x")
    got = x.send("CAP LS 302", "CAP REQ :message-tags", "NICK ann", "NICK anne", "USER u 0 * :U", "CAP END")
    assert any(line.startswith("001 ") for line in got)
    y = chat.open("y")
    got = y.send(*(f"PING {number}" for number in range(60)))
    assert sum("PONG" in line for line in got) == Pace().introduction
