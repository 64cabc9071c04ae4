"""Timeouts by a clock that the test turns, and what jumps of clocks don't disturb."""

import pytest
from msgspec.structs import replace

from natterjack.core.timers import Timers
from natterjack.ports.events import Draining, Now, Reconfigured, Stopping, Tick
from tests.support.chat import WALL, Chat


def test_registration_has_thirty_seconds() -> None:
    chat = Chat("bob")
    x = chat.open("x")
    x.send("NICK alice", "CAP LS")
    chat.quiet()
    chat.wait(29)
    x.send("PING still-here")
    assert not x.closed
    x.take()
    chat.wait(2)
    assert x.take() == ["ERROR :Closing link: registration was not complete within 30 seconds"]
    assert x.closed
    assert chat.enter("alice") is not None
    assert chat.peers["bob"].take() == [":alice JOIN #lobby"]


def test_the_silent_are_asked_after_90_seconds_and_given_up_after_150() -> None:
    chat = Chat("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    heard: list[str] = []

    def wait(seconds: int) -> list[str]:
        for _ in range(seconds):
            chat.wait(1)
            heard.extend(bob.send("PONG x"))
        return alice.take()

    assert wait(89) == []
    assert wait(3) == ["PING :natterjack"]
    assert wait(57) == []
    assert not alice.closed
    assert wait(3) == ["ERROR :Closing link: Ping timeout: 151 seconds"]
    assert alice.closed
    assert heard == [":alice QUIT :Ping timeout: 151 seconds"]


def test_any_line_is_a_sign_of_life() -> None:
    chat = Chat("alice")
    alice = chat.peers["alice"]
    for line in ("PONG natterjack", "FLY", "", "PRIVMSG nobody :x", b"\xff"):
        chat.wait(149)
        assert alice.send(line)[0] == "PING :natterjack"
    assert not alice.closed


def test_one_who_talks_is_never_asked() -> None:
    chat = Chat("alice")
    heard = []
    for _ in range(20):
        chat.wait(80)
        heard += chat.peers["alice"].send("PRIVMSG alice :x")
    assert set(heard) == {":alice PRIVMSG alice :x"}


@pytest.mark.parametrize("years", [10, -10])
def test_the_wall_clock_may_jump(years: int) -> None:
    chat = Chat("alice", "bob")
    x = chat.open("x")
    chat.now = Now(chat.now.mono, chat.now.wall + years * 365.25 * 86400)
    chat.handle(Tick())
    chat.wait(25)
    assert chat.peers["alice"].take() == []
    assert not x.closed
    chat.wait(10)
    assert x.closed
    assert chat.peers["alice"].send("PRIVMSG bob :x", "WHOIS bob")[-2].startswith("317 alice bob 35 ")
    assert chat.peers["bob"].take() == [":alice PRIVMSG bob :x"]
    chat.wait(60)
    assert chat.peers["bob"].take() == ["PING :natterjack"]


def test_after_a_suspension_every_session_is_looked_at_at_once() -> None:
    chat = Chat(*(f"n{number}" for number in range(50)))
    x = chat.open("x")
    chat.now = Now(chat.now.mono + 100.0, WALL + 100)
    chat.handle(Tick())
    assert x.closed
    assert [peer.take() for name, peer in chat.peers.items() if name != "x"] == [["PING :natterjack"]] * 50
    for peer in chat.peers.values():
        peer.send("PONG x")
    chat.wait(80)
    assert chat.peers["n7"].take() == []
    chat.wait(20)
    assert chat.peers["n7"].take() == ["PING :natterjack"]


def test_many_who_came_at_once_are_asked_one_part_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natterjack.core.server._LOOKS", 10)
    chat = Chat(*(f"n{number}" for number in range(25)))
    chat.wait(89)
    pinged = []
    for _ in range(5):
        chat.wait(1)
        pinged.append(sum(peer.take() == ["PING :natterjack"] for peer in chat.peers.values()))
    assert sorted(pinged, reverse=True) == [10, 10, 5, 0, 0]
    for peer in chat.peers.values():
        peer.send("PONG x")
    chat.wait(80)
    assert not any(peer.closed or peer.take() for peer in chat.peers.values())


def test_timers_never_come_early_nor_more_than_a_second_late() -> None:
    timers = Timers(100.25)
    for number in range(200):
        timers.at(100.25 + number / 7, number)
    came: dict[int, float] = {}
    now = 100.25
    while now < 140:
        came |= dict.fromkeys(timers.due(now), now)
        now += 0.25
    assert sorted(came) == list(range(200))
    assert all(0 <= when - (100.25 + number / 7) <= 1.25 for number, when in came.items())


def test_timers_say_whether_any_is_due() -> None:
    timers = Timers(100.25)
    assert not timers.any_by(1e6)
    timers.at(104.5, 1)
    assert [timers.any_by(when) for when in (104.9, 105.0, 300.0)] == [False, True, True]
    assert (timers.due(104.9), timers.due(105.0)) == ([], [1])
    assert not timers.any_by(300.0)


def test_timers_after_a_long_stop_come_once_and_in_order() -> None:
    timers = Timers(0.0)
    for number in (5, 3, 999, 4):
        timers.at(number, number)
    timers.at(2000.0, 2000)
    assert timers.due(1000.0) == [3, 4, 5, 999]  # the last in the very second
    assert timers.due(1000.5) == []
    timers.at(7.0, 7)  # long past
    assert timers.due(1001.5) == [7]
    assert timers.due(1e9) == [2000]
    assert timers._buckets == {}


def test_draining_turns_newcomers_away_and_keeps_those_inside() -> None:
    chat = Chat("alice", "bob")
    x = chat.open("x")
    chat.handle(Draining("back at noon"))
    assert chat.open("late").take() == ["ERROR :Closing link: back at noon"]
    assert chat.peers["late"].closed
    assert x.send("NICK carol", "USER c 0 * :C")[0].startswith("001 carol")
    chat.quiet()
    chat.play("""
        alice > PRIVMSG bob :still here
        bob < :alice PRIVMSG bob :still here
    """)
    chat.handle(Draining(""))
    assert chat.enter("dave") is not None


def test_stopping_tells_everybody_and_lets_nobody_in() -> None:
    chat = Chat("alice")
    x = chat.open("x")
    chat.handle(Stopping("going down"))
    assert chat.peers["alice"].take() == ["ERROR :Closing link: going down"]
    assert x.take() == ["ERROR :Closing link: going down"]
    assert chat.peers["alice"].closed
    assert x.closed
    assert chat.open("late").take() == ["ERROR :Closing link: going down"]


def test_a_new_message_of_the_day_is_shown_from_then_on() -> None:
    chat = Chat("alice", motd=("old",))
    chat.handle(Reconfigured(replace(chat.core.policy, motd=("new", "lines"))))
    assert [line for line in chat.peers["alice"].send("MOTD") if line.startswith("372")] == [
        "372 alice :new",
        "372 alice :lines",
    ]
    chat.handle(Reconfigured(replace(chat.core.policy, motd=())))
    assert chat.peers["alice"].send("MOTD") == ["422 alice :There is no message of the day"]


def test_events_of_sessions_that_are_gone_mean_nothing() -> None:
    chat = Chat("alice", "bob")
    alice = chat.peers["alice"]
    alice.hang_up()
    alice.hang_up()
    alice.send("PRIVMSG bob :ghost")
    chat.wait(200)
    assert [line for line in chat.peers["bob"].take() if "alice" in line] == [
        ":alice QUIT :Connection closed"
    ]


def test_after_a_long_sleep_of_the_machine_everybody_is_asked_first() -> None:
    chat = Chat("alice")
    alice = chat.peers["alice"]
    chat.wait(3600, step=3600)
    assert alice.take() == ["PING :natterjack"]
    alice.send("PONG x")
    chat.wait(29)
    assert alice.take() == []
