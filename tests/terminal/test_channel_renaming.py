"""A channel gets another name while somebody is in it: he goes on there as if nothing had been."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from msgspec import structs

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.errors import Dropped
from natterjack.proto.source import Source
from natterjack.terminal.screen.client import Screen
from tests.support.process import Irc, serving
from tests.terminal.desk import Desk
from tests.terminal.on_screen import WHERE, asked, happens, joined, make_screen
from tests.terminal.test_nothing_lost import Piped
from tests.terminal.test_password_in_doubt import Relay
from tests.terminal.test_two_devices import PASSWORD

LOST = e.Disconnected(WHERE, Dropped("The connection was lost."))
RENAMED = e.ChannelRenamed("#pond", "#lake", "alice", "more water", 20.0)


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Screen:
    """In #pond and #lobby, looking at #pond."""
    made = make_screen(tmp_path, monkeypatch)
    happens(
        made, e.Welcomed("kim", "srv"), joined("#lobby"), joined("#pond"), e.Ready("kim", "srv", "natterjack")
    )
    made.go(made.chat.model.find("#pond"))
    return made


def test_what_is_begun_goes_on(screen: Screen) -> None:
    screen.set_input("half a line")
    happens(screen, RENAMED)
    assert (screen.chat.model.current, screen.place.here) == ("#lake", "#lake")
    assert screen.input.text == "half a line"
    screen.go(screen.chat.model.find("#lobby"))
    assert screen.input.text == ""
    happens(screen, e.ChannelRenamed("#lake", "#sea", "alice", "", 21.0))
    screen.go(screen.chat.model.find("#sea"))
    assert screen.input.text == "half a line"
    screen.enter()
    assert [each.target for each in asked(screen, r.Say)] == ["#sea"]


def test_what_was_begun_in_an_earlier_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest comes into it only once the server has said what it is called now."""
    made = make_screen(tmp_path, monkeypatch)
    made.desk.drafts.begin("#pond", "half a line")
    happens(made, e.Welcomed("kim", "srv"), joined("#lobby"), e.Ready("kim", "srv", "natterjack"))
    happens(made, structs.replace(RENAMED, by="", reason=""))
    happens(made, joined("#lake"))
    made.go(made.chat.model.find("#lake"))
    assert made.input.text == "half a line"


def test_an_answer_that_was_begun_is_one_still(screen: Screen) -> None:
    said = e.MessageReceived("m1", 5.0, Source("bob", "b", "h"), "#pond", "well?", e.Kind.MESSAGE, own=False)
    happens(screen, said)
    screen.choosing.message = screen.view.current.message("m1")
    screen.choosing.take("reply")
    screen.set_input("yes")
    happens(screen, RENAMED)
    screen.enter()
    (request,) = asked(screen, r.Say)
    assert (request.target, request.text, request.reply_to) == ("#lake", "yes", "m1")


def test_what_was_typed_and_refused_comes_back_there(screen: Screen) -> None:
    screen.set_input("hello")
    screen.enter()
    (request,) = asked(screen, r.Say)
    happens(screen, RENAMED, e.Refused(request.ref, "PRIVMSG", "#lake", "404", "You are muted", 0, "hello"))
    assert screen.input.text == "hello"
    screen.input.reset()
    screen.back()
    assert screen.input.text == "hello"


@pytest.mark.parametrize("as_json", [False, True])
def test_one_line_says_so(as_json: bool) -> None:
    desk = Desk(as_json=as_json).online()
    desk.happens(structs.replace(RENAMED, old="#lobby"), e.Past("#lake", RENAMED))
    if as_json:
        one, other = desk.objects()
        rest = {"event": "rename", "new": "#lake", "by": "alice", "text": "more water"}
        assert one == {**rest, "channel": "#lobby"}
        assert other == {**rest, "channel": "#pond", "time": "1970-01-01T00:00:20.000Z", "history": True}
    else:
        now, past = desk.said()
        assert now.endswith(" alice gave #lobby the name #lake (more water).")
        assert past.endswith(" alice gave #pond the name #lake (more water).")
    assert desk.chat.prompt == "#lake> "
    (said,) = desk.type("hello")
    assert said.target == "#lake"


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("/rename #lake", ("#lobby", "#lake", "")),
        ("/rename lake more water", ("#lobby", "#lake", "more water")),
        ("/rename #pond #lake more water", ("#pond", "#lake", "more water")),
        ("/rename #pond #lake", ("#pond", "#lake", "")),
        ("/rename #lake #1 in town", ("#lake", "#1", "in town")),
    ],
)
def test_one_gives_it(typed: str, asked: tuple[str, str, str]) -> None:
    desk = Desk().online()
    (request,) = desk.type(typed)
    assert isinstance(request, r.Rename)
    assert (request.channel, request.new, request.reason) == asked
    desk.happens(e.Done(request.ref, "RENAME"))
    assert desk.type("/rename") == []
    assert desk.failed() == ["Which name shall #lobby have? Type: /rename #new [reason]"]


def test_one_comes_back_to_it_whatever_the_command_line_calls_it() -> None:
    """A channel of its old name would be another one, which coming back would make."""
    desk = Desk(channels=("#lobby", "#pond")).online()
    desk.happens(joined("#pond"), RENAMED)
    desk.happens(e.ChannelRenamed("#lake", "#sea", "alice", "", 21.0))
    ((_, _, config, _),) = desk.happens(LOST)
    assert config.channels == ("#lobby", "#sea")
    desk.arrive()
    desk.happens(joined("#sea"), e.ChannelRenamed("#sea", "#pond", "alice", "", 22.0))
    ((_, _, config, _),) = desk.happens(LOST)
    assert config.channels == ("#lobby", "#pond")


@pytest.mark.parametrize("interactive", [True, False])
def test_who_is_led_on_by_his_command_line_talks_there(*, interactive: bool) -> None:
    desk = Desk(interactive=interactive, channels=("#pond",))
    desk.type("CONNECT h 1", "hello")
    desk.happens(e.Connecting("h:1"), e.Welcomed("kim", "srv"), joined("#lobby"), RENAMED, joined("#lake"))
    (said,) = desk.happens(e.Ready("kim", "srv", "natterjack"))
    assert said.target == "#lake"


def test_of_many_messages_meanwhile_each_is_said_once_and_in_order(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        place = f"127.0.0.1:{server.port}"
        with Piped(tmp_path / "kim", place) as kim, Piped(tmp_path / "lee", place, nick="lee") as lee:
            for each in (kim, lee):
                each.wait("ready")
            kim.type("JOIN #pond", "SEND zero")
            kim.wait("ack")
            lee.type("JOIN #pond", "SEND first")
            lee.wait("ack", "first")
            lee.type(*(f"SEND {number}" for number in range(300)))
            kim.wait("message", "20")
            kim.type("/rename #lake")
            lee.wait("ack", "299")
            kim.wait("message", "299")
            said = [each for each in kim.events if each["event"] == "message" and each["from"] == "lee"]
            assert [each["text"] for each in said] == ["first", *map(str, range(300))]
            assert {each["to"] for each in said} == {"#pond", "#lake"}
            assert not [each for each in lee.events if each["event"] == "error"]


def test_it_got_it_while_one_was_away(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n")
    secret.chmod(0o600)
    login = ("--account", "kim", "--password-file", str(secret))
    with serving(tmp_path / "data") as server:
        place = f"127.0.0.1:{server.port}"
        with Piped(tmp_path / "lee", place, nick="lee") as lee:
            lee.wait("ready")
            lee.type(f"REGISTER {PASSWORD}")
            lee.wait("account")
            lee.type("JOIN #pond", "SEND one")
            lee.wait("ack", "one")
            with Piped(tmp_path / "kim", place) as kim:
                kim.wait("ready")
                kim.type(f"REGISTER {PASSWORD}")
                kim.wait("account")
                kim.type("JOIN #pond")
                kim.wait("message", "one")
                kim.type("SEND two")
                kim.wait("ack", "two")
                assert kim.end() == 0
            lee.type("SEND three", "/raw RENAME #pond #lake :", "SEND four")
            lee.wait("ack", "four")
            with Piped(tmp_path / "kim", place, *login) as kim:
                assert kim.wait("rename")["new"] == "#lake"
                kim.wait("message", "four")
                kim.type("MSG #lake five")
                kim.wait("ack", "five")
                assert kim.end() == 0
                assert kim.texts == ["three", "four", "five"]
                assert len([each for each in kim.events if each["event"] == "rename"]) == 1


def test_a_guest_whose_connection_was_lost_meanwhile_goes_on_in_it(tmp_path: Path) -> None:
    """What he had said there reaches it: what the connection took with it, and what he typed without one."""
    with serving(tmp_path / "data") as server, contextlib.closing(Relay(server.port)) as relay:
        place = f"127.0.0.1:{server.port}"
        with Piped(tmp_path / "kim", place) as kim:
            kim.wait("ready")
            kim.type("JOIN #pond", "SEND one")
            kim.wait("ack", "one")
            with Piped(tmp_path / "lee", f"127.0.0.1:{relay.port}", nick="lee") as lee:
                lee.wait("ready")
                lee.type("JOIN #pond", "SEND two")
                lee.wait("ack", "two")
                relay.swallow(1, b"RENAME")
                kim.type("/rename #lake", "SEND three")
                kim.wait("ack", "three")
                lee.type("SEND four")
                relay.cut()
                lee.wait("disconnected")
                lee.type("SEND five")
                lee.wait("ack", "five")
                if "five" not in lee.texts:  # what was said meanwhile is being read up
                    lee.wait("message", "five")
                led, past = (each for each in lee.events if each["event"] == "rename")
                assert (led["channel"], led["new"], led["by"]) == ("#pond", "#lake", "")
                assert (past["by"], past["history"]) == ("kim", True)
                assert kim.wait("message", "five")["to"] == "#lake"
                assert kim.texts == ["one", "two", "three", "four", "five"]
                assert lee.end() == 0
                assert lee.texts == kim.texts
                assert not [each for each in lee.events if each["event"] == "error"]
            with Irc(server.port, "bob") as bob:
                bob.send("LIST")
                assert [line.split(" ")[3] for line in bob.until(" 323 ") if " 322 " in line] == [
                    "#lobby",
                    "#lake",
                ]


def test_he_is_where_he_wanted_to_be_by_a_former_name() -> None:
    desk = Desk().online()
    (request,) = desk.type("JOIN #pond")
    desk.happens(structs.replace(RENAMED, by="", reason=""), joined("#lake"), e.Done(request.ref, "JOIN"))
    assert desk.said()[0].endswith(" #pond is called #lake now.")
    assert desk.chat.prompt == "#lake> "


def test_with_a_real_server(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        place = f"127.0.0.1:{server.port}"
        with (
            Piped(tmp_path / "kim", place) as kim,
            Piped(tmp_path / "lee", place, nick="lee") as lee,
        ):
            for each in (kim, lee):
                each.wait("ready")
            kim.type(f"REGISTER {PASSWORD}")
            kim.wait("account")
            kim.type("JOIN #pond", "SEND one")
            kim.wait("ack")
            lee.type("JOIN #pond", "SEND two")
            lee.wait("ack", "two")
            kim.type("/rename #lake more water", "SEND three")
            lee.wait("rename")
            lee.wait("message", "three")
            lee.type("SEND four", "HISTORY 10")
            lee.wait("ack", "four")
            kim.wait("message", "four")
            assert [each["to"] for each in kim.events if each["event"] == "message"] == [
                "#pond",
                "#pond",
                "#lake",
                "#lake",
            ]
            assert lee.end() == 0
            assert "part" not in {each["event"] for each in lee.events}
        with Piped(tmp_path / "lee", place, "--channel", "#lake", nick="lee") as lee:
            lee.type("SEND five")
            lee.wait("ack", "five")
            assert [each["text"] for each in lee.events if each["event"] == "message"] == ["five"]
