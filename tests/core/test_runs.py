"""What is said in several places in one turn goes out place by place; all other order is kept."""

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from natterjack.ports.effects import Deliver
from natterjack.ports.events import Committed, Received
from tests.support.chat import Chat, read

_NICKS = ("alice", "bob", "carol", "dave")
_POND, _LAKE = "#pond", "#lake"


def _chat(durable: bool = True) -> Chat:
    """All are in both channels; every second one has echo-message."""
    chat = Chat(lobby=(), durable=durable)
    for index, nick in enumerate(_NICKS):
        chat.enter(nick, "echo-message" if index % 2 else "")
        chat.peers[nick].send(f"JOIN {_POND}", f"JOIN {_LAKE}")
    chat.quiet()
    return chat


def _say(chat: Chat, *said: tuple[str, str]) -> list[Deliver]:
    """All in one turn; the answer is what is delivered once it is stored."""
    for nick, line in said:
        chat.core.handle(Received(chat.peers[nick].sid, [read(line)]), chat.now)
    effects = chat.core.take()
    chat.carry_out(effects)
    while chat.commits:
        effects += chat.handle(Committed(chat.commits.pop(0).batch))
    return [effect for effect in effects if isinstance(effect, Deliver)]


def _texts(chat: Chat, nick: str) -> list[str]:
    return [line.partition(" :")[2] for line in chat.peers[nick].take()]


def test_lines_of_two_channels_are_two_deliveries() -> None:
    chat = _chat()
    said = [("alice", f"PRIVMSG #pond :{n}") if n % 2 else ("carol", f"PRIVMSG #lake :{n}") for n in range(8)]
    delivered = _say(chat, *said)
    assert [(each.data.count(b"#lake"), each.data.count(b"#pond")) for each in delivered] == [(4, 0), (0, 4)]
    assert _texts(chat, "dave") == ["0", "2", "4", "6", "1", "3", "5", "7"]
    assert _texts(chat, "alice") == ["0", "2", "4", "6"]


def test_what_one_says_in_two_channels_is_heard_in_his_order() -> None:
    chat = _chat()
    _say(
        chat,
        ("alice", "PRIVMSG #lake :1"),
        ("bob", "PRIVMSG #pond :2"),
        ("alice", "PRIVMSG #pond :3"),
        ("bob", "PRIVMSG #lake :4"),
    )
    assert _texts(chat, "dave") == ["1", "2", "3", "4"]


def test_what_is_said_to_somebody_may_pass_what_others_say_elsewhere() -> None:
    chat = _chat(durable=False)
    _say(chat, ("bob", "PRIVMSG #pond :1"), ("carol", "PRIVMSG alice :2"), ("dave", "PRIVMSG #pond :3"),
         ("dave", "PRIVMSG alice :4"))  # fmt: skip
    assert _texts(chat, "alice") == ["1", "3", "2", "4"]


def test_nothing_said_passes_a_change_that_several_channels_see() -> None:
    chat = _chat()
    _say(
        chat,
        ("alice", "PRIVMSG #lake :1"),
        ("bob", "PRIVMSG #pond :2"),
        ("alice", "NICK anna"),
        ("alice", "PRIVMSG #lake :3"),
    )
    assert [line.split(" :")[0] for line in chat.peers["dave"].take()] == [
        ":alice PRIVMSG #lake", ":bob PRIVMSG #pond", ":alice NICK anna", ":anna PRIVMSG #lake",
    ]  # fmt: skip


_LINES = st.sampled_from(
    [f"PRIVMSG {channel} :hi" for channel in (_POND, _LAKE)] * 4
    + [
        "NOTICE #pond :hi", "PRIVMSG alice :psst", "NICK n{}x", "PART #pond", "TOPIC #lake :{}", "PING", "AWAY :{}",
        "PRIVMSG #pond,#lake :both", "PRIVMSG @#pond :ops", "MODE #lake +v bob",
    ]
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(_NICKS), _LINES), max_size=14), st.booleans())
@pytest.mark.inside
def test_only_what_different_people_say_in_different_channels_may_be_in_another_order(
    said: list[tuple[str, str]], durable: bool
) -> None:
    free, strict = _chat(durable), _chat(durable)
    _keep_all_order(strict)
    said = [(nick, f"{line.format(number)} {number}") for number, (nick, line) in enumerate(said)]
    _say(free, *said)
    _say(strict, *said)
    for nick in _NICKS:
        got, expected = free.peers[nick].take(), strict.peers[nick].take()
        for place in (_POND, _LAKE, "alice"):
            assert _all_but_elsewhere(got, place) == _all_but_elsewhere(expected, place)
        for speaker in _NICKS:
            theirs = [line for line in expected if line.startswith(f":{speaker}")]
            assert [line for line in got if line in theirs] == theirs


def _keep_all_order(chat: Chat) -> None:
    """As if nobody had said anything in a channel."""
    delivery = chat.core.delivery
    relay = delivery.relay

    def without_speaker(*args: Any, speaker: int = 0, **more: Any) -> None:
        relay(*args[:6], **more)

    delivery.relay = without_speaker  # type: ignore[method-assign]


def _all_but_elsewhere(lines: list[str], place: str) -> list[str]:
    """Those of ``lines`` that are no message to anywhere but ``place``."""
    said = re.compile(r":\S+ (?:PRIVMSG|NOTICE) (?:#pond|#lake|alice) :")
    return [line for line in lines if not said.match(line) or f" {place} :" in line]


# -- who comes


def _hall(count: int, durable: bool = False, caps: str = "") -> Chat:
    """So many are in #hall, of whom one has said something; the four are elsewhere."""
    chat = Chat(lobby=(), durable=durable)
    for number in range(count):
        chat.enter(f"n{number}", caps)
        chat.peers[f"n{number}"].send("JOIN #hall")
    chat.peers["n0"].send("PRIVMSG #hall :hello")
    for nick in _NICKS:
        chat.enter(nick, caps)
    chat.quiet()
    return chat


@pytest.mark.parametrize("durable", [False, True])
def test_those_who_come_in_one_turn_are_one_piece_for_those_who_were_there(durable: bool) -> None:
    chat = _hall(5, durable)
    delivered = _say(chat, *((nick, "JOIN #hall") for nick in _NICKS))
    large = [each for each in delivered if len(each.to) == 5]
    assert [each.data.count(b" JOIN ") for each in large] == [4]
    assert [line.split()[0] for line in chat.peers["n0"].take()] == [":alice", ":bob", ":carol", ":dave"]
    words = [line.split()[:2] for line in chat.peers["bob"].take() if " PRIVMSG " not in line]
    assert words == [[":bob", "JOIN"], ["353", "bob"], ["366", "bob"], [":carol", "JOIN"], [":dave", "JOIN"]]


def test_the_names_are_those_who_were_there_when_he_came() -> None:
    chat = _hall(2)
    _say(chat, *((nick, "JOIN #hall") for nick in _NICKS))
    lines = chat.peers["bob"].take()
    assert lines[1] == "353 bob = #hall :@n0 n1 alice bob"


def test_what_others_are_told_meanwhile_ends_it_only_for_those_who_hear_it() -> None:
    chat = _hall(3)
    chat.enter("outside")
    chat.quiet()
    passing = _say(chat, ("alice", "JOIN #hall"), ("outside", "PING 1"), ("bob", "JOIN #hall"))
    assert [each.data.count(b" JOIN ") for each in passing if len(each.to) == 3] == [2]
    _say(chat, ("carol", "JOIN #hall"), ("n0", "PING 1"), ("dave", "JOIN #hall"))
    assert [line.partition("#")[0].strip() for line in chat.peers["n0"].take()] == [
        ":alice JOIN", ":bob JOIN", ":carol JOIN", "PONG natterjack 1", ":dave JOIN",
    ]  # fmt: skip


def test_who_is_let_in_by_registering_is_gathered_as_well() -> None:
    chat = Chat("alice", "bob", lobby=("#lobby",))
    chat.peers["bob"].send("PRIVMSG #lobby :hello")
    sids = [chat.open(f"late{number}").sid for number in range(3)]
    chat.quiet()
    for number, sid in enumerate(sids):
        for line in (f"NICK late{number}", "USER x 0 * :x"):
            chat.core.handle(Received(sid, [read(line)]), chat.now)
    delivered = [each for each in chat.core.take() if isinstance(each, Deliver)]
    assert [
        each.data.count(b" JOIN ") for each in delivered if len(each.to) == 2 and b"late0" in each.data
    ] == [3]


def test_where_many_have_come_they_are_counted_among_those_who_were_there() -> None:
    chat = _hall(2)
    everybody = [f"late{number}" for number in range(30)]
    for nick in everybody:
        chat.enter(nick)
    delivered = _say(chat, *((nick, "JOIN #hall") for nick in everybody))
    assert sum(len(each.to) for each in delivered) < 30 * 10  # 525, if each were told of each by itself
    for place, nick in enumerate(everybody):
        came = [line.split()[0] for line in chat.peers[nick].take() if " JOIN " in line]
        assert came == [f":{each}" for each in everybody[place:]]


_COMING = st.sampled_from(
    ["JOIN #hall"] * 6
    + ["JOIN #pond", "PART #hall", "PRIVMSG #hall :hi", "PRIVMSG alice :hi", "PING 1", "NICK n{}x", "TOPIC #hall :{}",
       "NAMES #hall", "QUIT", "AWAY :{}", "CAP REQ extended-join", "JOIN #pond,#hall", "MODE #hall"]
)  # fmt: skip


@settings(max_examples=150)
@example(said=[("alice", "JOIN #hall"), ("alice", "AWAY :{}")], durable=True, caps="away-notify echo-message")
@given(
    st.lists(st.tuples(st.sampled_from((*_NICKS, "n0", "n1")), _COMING), max_size=16),
    st.booleans(),
    st.sampled_from(["", "labeled-response batch", "extended-join", "away-notify echo-message"]),
)
@pytest.mark.inside
def test_nobody_notices_that_those_who_come_are_gathered(
    said: list[tuple[str, str]], durable: bool, caps: str
) -> None:
    free, strict = _hall(3, durable, caps), _hall(3, durable, caps)
    strict.core.delivery._passes = lambda _effect: False  # type: ignore[method-assign]
    said = [(nick, line.format(number)) for number, (nick, line) in enumerate(said)]
    _say(free, *said)
    _say(strict, *said)
    for nick in free.peers:
        assert free.peers[nick].take() == strict.peers[nick].take()
