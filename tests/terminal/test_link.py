"""Coming back after the connection was lost: when, as whom, where to, and what ends it. No socket, no thread."""

from __future__ import annotations

import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.address import Address
from natterjack.client.chatting.link import RETAKE
from natterjack.client.errors import (
    ClientError,
    ClosedByServer,
    ConnectRefused,
    Dropped,
    KeyChanged,
    NotLetIn,
    WentSilent,
)
from natterjack.proto.modes import Change
from natterjack.proto.source import Source
from tests.terminal.desk import ALICE, KIM, Desk

WHERE = "127.0.0.1:7667"
LOST = e.Disconnected(WHERE, Dropped("The connection was lost."))
FAILED = e.ConnectFailed(WHERE, ConnectRefused(WHERE))


def online(*, interactive: bool = True, as_json: bool = False) -> Desk:
    return Desk(interactive=interactive, as_json=as_json).online()


def test_a_lost_server_is_tried_again_later_and_later() -> None:
    desk = online()
    ((_, where, config, seconds),) = desk.happens(LOST)
    assert (where, config.nick, config.channels, seconds) == (WHERE, "kim", ("#lobby",), 1.0)
    assert desk.failed() == [
        "Disconnected: The connection was lost. CONNECT tries at once, DISCONNECT gives up."
    ]
    assert desk.said() == [f"Reconnecting to {WHERE} in 1.0 s."]
    ((_, _, _, seconds),) = desk.happens(e.Connecting(WHERE, known=True), FAILED)
    assert seconds == 2.0
    assert desk.failed() == []
    (text,) = desk.said()
    assert text.startswith(
        f"Still no connection (Connection refused: no server answers at {WHERE}. Start one,"
    )
    assert text.endswith(f"). Reconnecting to {WHERE} in 2.0 s.")


def test_waiting_begins_anew_after_a_good_minute() -> None:
    desk = online()
    desk.happens(LOST)
    desk.arrive()
    desk.now += 59
    assert desk.happens(LOST)[0][3] == 2.0
    desk.arrive()
    desk.now += 60
    assert desk.happens(LOST)[0][3] == 1.0


def test_what_is_typed_meanwhile_goes_to_the_outbox() -> None:
    desk = online()
    desk.type("/query alice")
    desk.happens(LOST)
    assert desk.chat.prompt == "alice> "
    assert desk.type("psst", "MSG #lobby hi") == [r.Say(3, "alice", "psst"), r.Say(4, "#lobby", "hi")]
    desk.happens(e.Kept(3, "alice", "psst"), e.Connecting(WHERE))
    assert desk.said()[-1] == "Waiting for the connection, to alice: psst"
    assert desk.type("more") == [r.Say(5, "alice", "more")]
    assert desk.type("MSG NickServ identify sesame") == []  # it would be written down
    assert desk.failed()[-1].endswith("There is no connection now: what you say to NickServ was not sent.")
    assert desk.type("WHO") == []  # has to wait
    desk.arrive()
    assert desk.chat.prompt == "alice> "  # not where we were put
    desk.happens(e.Acked(3, "m", "alice", "psst", 0.0, late=True))
    assert desk.said()[-1] == "Sent to alice: psst"


def test_what_needs_the_server_says_so() -> None:
    desk = online()
    desk.happens(LOST)
    desk.failed()
    assert desk.type("JOIN #c") == []
    assert desk.failed() == ["There is no connection now: JOIN was not carried out."]


@pytest.mark.parametrize(
    "error",
    [
        NotLetIn("465", "You are banned"),
        NotLetIn("904", "Wrong password"),
        KeyChanged(WHERE, "SHA256:a", "SHA256:b", "file"),
    ],
)
def test_what_will_not_pass_ends_it(error: ClientError) -> None:
    desk = online()
    desk.happens(LOST)
    ended = (
        e.Disconnected(WHERE, error) if isinstance(error, NotLetIn) else e.ConnectFailed(WHERE, error)  # type: ignore[arg-type]
    )
    assert desk.happens(e.Connecting(WHERE), ended) == []
    assert not desk.chat.finished


@pytest.mark.parametrize(
    "error", [NotLetIn("ERROR", "The server is full"), ClosedByServer("x."), WentSilent("x.")]
)
def test_what_may_pass_does_not(error: ClientError) -> None:
    desk = online()
    desk.happens(LOST)
    assert len(desk.happens(e.Connecting(WHERE), e.Disconnected(WHERE, error))) == 1


def test_disconnect_ends_it_and_connect_tries_at_once() -> None:
    desk = online()
    desk.happens(LOST)
    ((what, _, config),) = desk.type("CONNECT")
    assert (what, config.channels) == ("connect", ("#lobby",))
    desk.happens(e.Connecting(WHERE), FAILED)
    desk.said()
    assert desk.type("DISCONNECT") == [("disconnect", "")]
    assert desk.happens(FAILED) == []  # it was under way when that was typed
    desk.happens(e.Disconnected(WHERE, None))
    assert desk.said() == ["Left. Type CONNECT to connect again."]


def test_quit_while_we_wait() -> None:
    desk = online()
    desk.happens(LOST)
    desk.said()
    assert desk.type("QUIT") == [("disconnect", "")]
    desk.happens(e.Disconnected(WHERE, None))
    assert desk.said() == ["Goodbye."]
    assert desk.chat.finished


def test_our_own_name_is_taken_back_from_our_ghost() -> None:
    desk = online()
    desk.happens(LOST)
    here = (e.Joined(Source("kim_", "k", "h"), "#lobby", "", "", True, 0.0),)
    desk.happens(
        e.Connecting(WHERE),
        e.NickTaken("kim", "kim_", "in use"),
        e.Welcomed("kim_", "srv"),
        *here,
        e.Ready("kim_", "srv", "net"),
    )
    assert desk.happens(e.QuitSeen(ALICE, "", False, 0.0)) == []
    assert desk.happens(e.QuitSeen(KIM, "Ping timeout", False, 0.0)) == [r.ChangeNick(RETAKE, "kim")]
    desk.failed()
    desk.happens(e.Refused(RETAKE, "NICK", "kim", "433", "in use"))
    assert desk.failed() == []
    assert len(desk.happens(e.QuitSeen(KIM, "", False, 0.0))) == 1
    desk.happens(e.NickChanged("kim_", "kim", True, 0.0))
    assert desk.happens(e.QuitSeen(KIM, "", False, 0.0)) == []


def test_a_server_that_was_never_reached_is_not_tried_again() -> None:
    desk = Desk(address=Address())
    desk.chat.connect(Address())
    desk.line.take()
    assert desk.happens(e.Connecting(WHERE), FAILED) == []


def test_one_of_an_earlier_run_is_with_what_was_shown_then() -> None:
    there = Address()
    desk = Desk(address=there)
    desk.chat.connect(there)
    desk.line.take()
    recall, again = desk.happens(e.Connecting(WHERE, known=True), FAILED)
    assert recall == r.Recall()
    assert again[0] == "connect"
    line = e.MessageReceived(
        "m", 0.0, Source("alice"), "#lobby", "hi", e.Kind.MESSAGE, own=False, history=True
    )
    desk.said()
    desk.happens(e.Recalled(0, (line,)))
    header, shown, footer = desk.said()
    assert header == "From before, as kept on this computer:"
    assert shown.endswith(":00 alice in #lobby  hi")
    assert footer == "You are not connected. What you type waits until you are."
    assert desk.chat.prompt == "#lobby> "
    assert desk.type("hello") == [r.Say(1, "#lobby", "hello")]


def test_a_pipe_comes_back_while_there_is_something_to_do() -> None:
    desk = online(interactive=False)
    desk.type("SEND one")
    desk.chat.end_of_input()
    assert desk.happens(LOST)[0][0] == "connect"
    assert desk.failed() == [
        "Disconnected: The connection was lost.",
        f"Reconnecting to {WHERE} in 1.0 s.",
    ]
    desk.arrive()
    assert desk.happens(e.Acked(2, "m", "#lobby", "one", 0.0)) == [("disconnect", "")]
    desk.happens(e.Disconnected(WHERE, None))
    assert desk.chat.exit_code == 0


def test_a_pipe_with_nothing_left_to_do_ends() -> None:
    desk = online(interactive=False)
    desk.happens(LOST)
    desk.chat.end_of_input()
    desk.happens(e.Disconnected(WHERE, None))
    assert desk.chat.finished
    assert desk.chat.exit_code == 69


def test_a_pipe_gives_up_after_two_minutes_and_says_what_becomes_of_its_messages() -> None:
    desk = online(interactive=False)
    desk.type("SEND one")
    desk.happens(LOST)
    desk.now += 119
    assert desk.happens(e.Connecting(WHERE), FAILED)[0][0] == "connect"
    desk.now += 1
    desk.failed()
    assert desk.happens(e.Connecting(WHERE), FAILED) == []
    assert desk.chat.finished
    assert desk.chat.exit_code == 69
    assert desk.failed()[-1] == (
        "There is no connection any more. 1 message is kept on this computer, "
        "and sent when you come back to this server."
    )


def test_json_tells_that_we_are_back() -> None:
    desk = online(interactive=False, as_json=True)
    desk.happens(LOST)
    desk.happens(e.Connecting(WHERE), FAILED)
    desk.arrive()
    assert [each["event"] for each in desk.objects()] == ["disconnected", "join", "reconnected", "ready"]


def test_what_was_shown_is_told_to_the_keeper() -> None:
    assert online().happens(e.Mark(3)) == [("shown", 3)]


def test_history_and_search() -> None:
    desk = online()
    assert desk.type("HISTORY", "HISTORY x", "HISTORY 501", "SEARCH", "/search big frogs") == [
        r.AskHistory(2, "#lobby", limit=20),
    ]
    done = desk.happens(e.HistoryRead(2, "#lobby", 0, ""), e.Done(2, "CHATHISTORY"))
    assert done == [r.Search(6, "#lobby", "big frogs")]
    assert desk.said() == ["Nothing was said in #lobby before."]
    assert len(desk.failed()) == 3
    found = e.Found(6, "m", 0.0, ALICE, "#lobby", "big frogs", e.Kind.MESSAGE)
    desk.happens(found, e.Done(6, "SEARCH"))
    assert desk.said()[0].endswith("alice in #lobby  big frogs")
    desk.happens(e.Done(7, "SEARCH"))
    assert desk.said() == ["Nothing was found."]
    assert desk.type("SEARCH") == []


def test_what_is_told_of_messages_and_gaps_as_json() -> None:
    desk = online(as_json=True)
    desk.happens(
        e.Found(6, "m", 0.0, ALICE, "#lobby", "frogs", e.Kind.MESSAGE),
        e.Gap("#lobby", "It is gone."),
        e.KeepingFailed("The disk is full."),
        e.Kept(3, "#lobby", "x"),
        e.StillSending(3, "#lobby", "x"),
    )
    assert [(each["event"], each.get("code")) for each in desk.objects()] == [
        ("found", None),
        ("error", "history_gap"),
        ("error", "keeping_failed"),
    ]


def test_a_channel_with_a_key_is_joined_again_with_it() -> None:
    desk = online()
    desk.happens(
        e.Joined(KIM, "#Pond", "", "", True, 0.0, key="frog"),
        e.ModesChanged("#lobby", "alice", (Change(True, "k", "toad"),), {}, 0.0),
    )
    ((_, _, config, _),) = desk.happens(LOST)
    assert config.channels == ("#lobby", "#Pond")
    assert config.keys == {"#lobby": "toad", "#pond": "frog"}
    ((_, _, config, _),) = desk.happens(FAILED)
    assert config.keys == {"#lobby": "toad", "#pond": "frog"}
    desk.type("DISCONNECT")
    desk.happens(e.Disconnected(WHERE, None))
    assert desk.type("CONNECT other")[-1][2].keys == {}


def test_who_was_put_out_of_a_channel_closes_it_himself() -> None:
    desk = online()
    desk.happens(e.Joined(KIM, "#pond", "", "", True, 0.0))
    desk.chat.here.look_at("#pond")
    desk.happens(e.Kicked("kim", "#pond", "alice", "", True, 0.0))
    assert desk.type("the rest of it") == [r.Say(2, "#pond", "the rest of it")]
    assert desk.type("/close") == []
    assert desk.chat.model.current == "#lobby"
