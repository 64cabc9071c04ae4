"""Those who go in one turn go together: they are told nothing, and those who remain all of it at once."""

from collections.abc import Iterable

import pytest

from natterjack.ports.effects import Close, Commit, Deliver, Effect, Happened, Send
from natterjack.ports.events import Closed, Committed, Event, Received
from natterjack.ports.records import Snapshot
from tests.support.chat import Chat, make_account, read, said


def _chat(people: int, *rooms: str, **settings: object) -> Chat:
    """n0, n1, … in #lobby, and in those of ``rooms`` whose turn it is."""
    chat = Chat(**settings)  # type: ignore[arg-type]
    for number in range(people):
        peer = chat.enter(f"n{number}")
        if rooms:
            peer.send(f"JOIN {rooms[number % len(rooms)]}")
    chat.quiet()
    return chat


def _ends(chat: Chat, numbers: Iterable[int]) -> list[Event]:
    return [Closed(chat.peers[f"n{number}"].sid, "gone") for number in numbers]


def _turn(chat: Chat, *events: Event) -> list[Effect]:
    """All in one turn, and what comes of it until everything is stored."""
    for event in events:
        chat.core.handle(event, chat.now)
    effects = chat.core.take()
    chat.carry_out(effects)
    while chat.commits:
        effects += chat.handle(Committed(chat.commits.pop(0).batch))
    return effects


def _delivered(effects: list[Effect]) -> list[Deliver]:
    return [effect for effect in effects if isinstance(effect, Deliver)]


def _said(chat: Chat, nick: str, *lines: str) -> Received:
    return Received(chat.peers[nick].sid, [read(line) for line in lines])


@pytest.mark.parametrize("durable", [False, True])
def test_a_mass_that_goes_is_one_delivery_to_those_who_remain(durable: bool) -> None:
    chat = _chat(60, "#red", "#green", "#blue", durable=durable)
    delivered = _delivered(_turn(chat, *_ends(chat, range(3, 60))))
    assert [each.to for each in delivered] == [tuple(chat.peers[f"n{number}"].sid for number in range(3))]
    assert delivered[0].data.count(b" QUIT :gone\r\n") == 57
    for number in range(3):
        heard = chat.peers[f"n{number}"].take()
        assert sorted(heard) == sorted(f":n{other} QUIT :gone" for other in range(3, 60))
    assert not any(chat.peers[f"n{number}"].heard for number in range(3, 60))


def test_whoever_quits_is_told_so_once_it_is_stored_and_the_others_know() -> None:
    chat = _chat(2, durable=True)
    chat.core.handle(_said(chat, "n0", "QUIT :bye"), chat.now)
    effects = chat.core.take()
    assert [type(effect) for effect in effects] == [Happened, Commit]
    effects = chat.handle(Committed(effects[-1].batch))
    assert [type(effect) for effect in effects] == [Deliver, Send, Close]
    assert (effects[0].to, effects[1].sid) == ((chat.peers["n1"].sid,), chat.peers["n0"].sid)
    assert effects[1].data == b"ERROR :Closing link: Quit: bye\r\n"


def test_when_all_go_nobody_is_told() -> None:
    chat = _chat(20)
    assert _delivered(_turn(chat, *_ends(chat, range(20)))) == []
    assert chat.world.users == {}


def test_in_each_channel_they_are_told_in_the_order_of_its_history() -> None:
    chat = _chat(12, "#red", "#green", lobby=(), durable=True)
    chat.peers["n0"].send("JOIN #green")
    chat.peers["n4"].send("JOIN #green")
    chat.quiet()
    _turn(chat, *_ends(chat, (11, 4, 2, 7, 6, 5)))
    kept = [record.body for record in chat.records if " QUIT " in getattr(record, "body", "")]
    order = [body.partition("!")[0] for body in kept]
    assert sorted(order) == [":n11", ":n2", ":n4", ":n5", ":n6", ":n7"]
    heard = {nick: [line.split()[0] for line in chat.peers[nick].take()] for nick in ("n0", "n1", "n8")}
    assert heard["n0"] == order  # he is in both, and is told of n4 once
    assert heard["n1"] == [nick for nick in order if nick in (":n11", ":n7", ":n5", ":n4")]
    assert heard["n8"] == [nick for nick in order if nick in (":n4", ":n2", ":n6")]


def test_what_happens_behind_them_is_told_behind_them() -> None:
    chat = _chat(4)
    bob = chat.open("bob")
    _turn(
        chat,
        *_ends(chat, (1, 2)),
        Received(bob.sid, [read("NICK n1"), read("USER n1 0 * :n1")]),
        _said(chat, "n3", "PRIVMSG #lobby :who was that?"),
    )
    assert chat.peers["n0"].take() == [
        ":n1 QUIT :gone",
        ":n2 QUIT :gone",
        ":n1 JOIN #lobby",
        ":n3 PRIVMSG #lobby :who was that?",
    ]
    assert not any("QUIT" in line for line in bob.take())


def test_quit_and_a_lost_connection_go_together_and_nothing_said_behind_quit_counts() -> None:
    chat = _chat(5)
    delivered = _delivered(
        _turn(
            chat,
            _said(chat, "n1", "QUIT :good night", "PRIVMSG #lobby :I said good night"),
            *_ends(chat, (2,)),
            _said(chat, "n3", "QUIT"),
        )
    )
    assert len(delivered) == 1
    quits = [":n1 QUIT :Quit: good night", ":n2 QUIT :gone", ":n3 QUIT :Quit"]
    assert chat.peers["n0"].take() == quits
    assert chat.peers["n4"].take() == quits
    assert chat.peers["n1"].take() == ["ERROR :Closing link: Quit: good night"]
    assert chat.peers["n3"].take() == ["ERROR :Closing link: Quit"]


def test_who_says_quit_and_is_gone_at_once_goes_once_with_his_own_words() -> None:
    chat = _chat(2)
    _turn(chat, _said(chat, "n1", "QUIT :good night"), *_ends(chat, (1,)))
    assert chat.peers["n0"].take() == [":n1 QUIT :Quit: good night"]


def test_those_who_are_silent_for_too_long_go_together() -> None:
    chat = _chat(30)
    chat.wait(100)
    assert [chat.peers[f"n{number}"].take() for number in range(30)] == [["PING :natterjack"]] * 30
    chat.peers["n0"].send("PONG :x")
    chat.wait(60)
    heard = chat.peers["n0"].take()
    assert sorted(line.split()[0] for line in heard) == sorted(f":n{number}" for number in range(1, 30))
    assert all(" QUIT :Ping timeout: " in line for line in heard)
    for number in range(1, 30):
        (line,) = chat.peers[f"n{number}"].take()
        assert line.startswith("ERROR :Closing link: Ping timeout: ")


def test_who_has_another_session_is_not_told_of_and_who_loses_all_goes_once() -> None:
    snapshot = Snapshot(b"s" * 32, (make_account("kim"),))
    chat = Chat("alice", store=True, instant=True, snapshot=snapshot)
    for name in ("kim", "laptop", "tablet"):
        peer = chat.open(name)
        peer.send("CAP LS 302", *said("kim", "kim-password"), "NICK kim", "USER u 0 * :U", "CAP END")
    chat.quiet()
    assert len(chat.world.find("kim").sessions) == 3
    _turn(chat, Closed(chat.peers["kim"].sid, "gone"))
    assert chat.peers["alice"].take() == []
    _turn(chat, *(Closed(chat.peers[name].sid, f"{name} is gone") for name in ("laptop", "tablet")))
    assert chat.peers["alice"].take() == [":kim QUIT :tablet is gone"]


def _two_of_kim() -> Chat:
    """ann and ben are kim, both out of tokens when they say anything; alice looks on."""
    chat = Chat("alice", store=True, instant=True, snapshot=Snapshot(b"s" * 32, (make_account("kim"),)))
    for nick in ("ann", "ben"):
        chat.enter(nick)
        chat.world.identify(chat.world.find(nick), "kim")
    chat.quiet()
    return chat


def _ghosted(chat: Chat, told: str) -> None:
    """ann has gone once, and heard ``told``."""
    assert [line for line in chat.peers["alice"].take() if " QUIT " in line] == [f":ann QUIT :{told}"]
    assert len([line for line in chat.peers["ann"].take() if line.startswith("ERROR ")]) == 1
    assert chat.world.find("ann") is None
    assert chat.core._ctx.leaving == {}


def test_who_has_said_quit_may_still_be_ended_by_another_in_the_same_tick() -> None:
    chat = _two_of_kim()
    for nick, *lines in (("ann", "PING 1", "QUIT"), ("ben", "PRIVMSG NickServ :GHOST ann")):
        session = chat.world.sessions[chat.peers[nick].sid]
        session.paced, session.tokens, session.refilled = True, 0.0, chat.now.mono
        _turn(chat, _said(chat, nick, *lines))
    assert chat.world.find("ann") is not None  # both wait
    chat.wait(1)
    _ghosted(chat, "Ended from another session")


@pytest.mark.parametrize("first", ["QUIT", "gone"])
def test_a_quit_that_is_none_ends_nobody_twice(first: str) -> None:
    chat = _two_of_kim()
    ann = chat.peers["ann"]
    end = _said(chat, "ann", "QUIT") if first == "QUIT" else Closed(ann.sid, "gone")
    _turn(chat, end, _said(chat, "ben", "@batch=x QUIT", "PRIVMSG NickServ :GHOST ann"))
    assert [line for line in chat.peers["alice"].take() if " QUIT " in line] == [
        ":ann QUIT :Quit" if first == "QUIT" else ":ann QUIT :gone"
    ]
    assert chat.world.find("ann") is None


def test_channels_that_overlap_make_one_delivery_all_the_same() -> None:
    chat = _chat(42, lobby=())
    for number in range(42):
        for room in ("#red", "#blue")[number % 2 :] + ("#red", "#blue")[: number % 2]:  # in either order
            if (number, room) not in {(0, "#blue"), (1, "#red")}:
                chat.peers[f"n{number}"].send(f"JOIN {room}")
    chat.quiet()
    delivered = _delivered(_turn(chat, *_ends(chat, range(2, 40))))
    assert len(delivered) == 1
    assert sorted(delivered[0].to) == sorted(chat.peers[f"n{number}"].sid for number in (0, 1, 40, 41))
