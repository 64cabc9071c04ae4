"""What is told before there is a conversation to tell it in, and once there is one."""

from __future__ import annotations

import pytest

from natterjack.client import events as e
from natterjack.client.chatting.noting import NotingView
from natterjack.client.chatting.older import Older
from natterjack.client.errors import ClosedByServer
from natterjack.client.model import Conversation, Model
from natterjack.client.model.items import Message, Note
from natterjack.proto.source import Source

WRONG = e.LoginFailed("kim", "904", "The password is wrong")
READY = e.Ready("kim_", "srv", "Net")
LOST = e.Disconnected("h:1", ClosedByServer("Gone."))


class Watched:
    """A view, and the model that it is told of."""

    def __init__(self) -> None:
        self.model = Model()
        self.view = NotingView(lambda event: None, lambda url: None, Older(100, ""))

    def happens(self, *events: e.Event) -> None:
        for event in events:
            if isinstance(event, e.Ready):
                self.model.look_at("#lobby")
            self.model.apply(event)
            self.view.event(event, self.model)

    @property
    def told(self) -> list[str]:
        """The errors where one looks."""
        return texts(self.view.current)


def texts(conversation: Conversation) -> list[str]:
    return [item.text for item in conversation.items if isinstance(item, Note) and item.error]


def test_a_refused_login_is_told_where_one_comes_in() -> None:
    watched = Watched()
    watched.happens(e.Connecting("h:1"), WRONG)
    assert watched.told == ["The password is wrong. To try again: LOGIN account"]
    watched.happens(READY)
    assert watched.view.current.name == "#lobby"
    assert watched.told == ["The password is wrong. To try again: LOGIN account"]


def test_what_is_wrong_with_a_file_is_told_where_one_comes_in() -> None:
    watched = Watched()
    watched.view.error(0, "desk", "The file is broken.")
    watched.happens(e.Connecting("h:1"), READY)
    assert watched.told == ["The file is broken."]


def test_topics_are_told_where_they_belong() -> None:
    """All of them stood where one looked, each time that one came back."""
    watched = Watched()
    watched.happens(e.Welcomed("kim_", "srv"))
    for name in ("#lobby", "#pond"):
        arrival = e.Joined(Source("kim_", "k", "h"), name, "", "", True, 1.0)
        watched.happens(arrival, e.TopicTold(name, f"about {name}"))
    watched.happens(READY)

    def told(name: str) -> list[str]:
        found = watched.model.find(name)
        return [item.text for item in found.items if isinstance(item, Note)] if found else []

    assert told("#pond") == ["The topic of #pond: about #pond"]
    assert [text for text in told("#lobby") if "topic" in text] == ["The topic of #lobby: about #lobby"]


@pytest.mark.parametrize(
    "outside", [LOST, e.ConnectFailed("h:1", ClosedByServer("Gone.")), e.Reconnecting("h:1", 1.0, "")]
)
def test_who_stayed_outside_could_read_it_there(outside: e.Event) -> None:
    watched = Watched()
    watched.happens(e.Connecting("h:1"), WRONG, outside, e.Connecting("h:1"), READY)
    assert watched.told == []
    assert texts(watched.view.home)[0].startswith("The password is wrong.")


def test_the_answer_to_what_was_typed_stays_where_it_was() -> None:
    watched = Watched()
    watched.view.error(1, "unknown_command", "There is no command CONECT.")
    watched.happens(e.Connecting("h:1"), READY)
    assert watched.told == []


def test_who_is_in_is_told_once() -> None:
    watched = Watched()
    watched.happens(e.Connecting("h:1"), READY, LOST, e.Connecting("h:1"), WRONG, READY)
    assert watched.told.count("The password is wrong. To try again: LOGIN account") == 1


def test_history_that_was_asked_for_is_said_to_stand_above() -> None:
    watched = Watched()
    watched.happens(e.Connecting("h:1"), READY)
    line = e.MessageReceived(
        "m", 0.0, Source("lee"), "#lobby", "hi", e.Kind.MESSAGE, own=False, history=True, ref=5
    )
    watched.happens(line, e.HistoryRead(5, "#lobby", 1, "m"))
    notes = [item.text for item in watched.view.current.items if isinstance(item, Note)]
    assert notes[-1] == "What was said before stands above. PgUp goes there, and fetches more."


def test_what_is_told_on_the_way_in_goes_along_to_where_one_is_taken() -> None:
    watched = Watched()
    watched.happens(e.Connecting("h:1"), e.NickTaken("kim", "kim_", "in use"), WRONG, READY)
    watched.model.look_at("#dev")
    watched.view.take_along()
    watched.view.take_along()
    assert [item.text for item in watched.view.current.items if isinstance(item, Note)] == [
        "The password is wrong. To try again: LOGIN account",
        "The name kim cannot be had (in use): you are kim_.",
    ]
    watched.view.seen()  # the person has done something since
    watched.model.look_at("#other")
    watched.view.take_along()
    assert watched.told == []


def test_what_was_told_before_goes_along_before_what_is_told_there() -> None:
    watched = Watched()
    watched.happens(e.Connecting("h:1"), WRONG, READY)
    watched.model.look_at("#dev")
    watched.view.error(0, "accounts_unusable", "You are in as a guest.")
    assert watched.told == ["The password is wrong. To try again: LOGIN account", "You are in as a guest."]


def test_nothing_goes_along_later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("natterjack.client.chatting.noting.time.monotonic", lambda: now[0])
    watched = Watched()
    watched.happens(e.Connecting("h:1"), WRONG, READY)
    now[0] = 60.0
    watched.model.look_at("#dev")
    watched.view.take_along()
    assert watched.told == []


@pytest.mark.parametrize("server", ["chat.example.org", "natterjack"])
@pytest.mark.parametrize(("target", "place"), [("$*", "to everybody"), ("kim", "to you")])
def test_what_the_operator_tells_everybody_is_told_where_one_looks(
    server: str, target: str, place: str
) -> None:
    """Nobody saw it where the server had a name with a dot; elsewhere it began a talk with the server."""
    watched = Watched()
    joined = e.Joined(Source("kim", "k", "h"), "#lobby", "", "", True, 1.0)
    watched.happens(e.Connecting("h:1"), e.Welcomed("kim", server), joined, e.Ready("kim", server, "Net"))
    told = "Maintenance at ten."
    watched.happens(e.MessageReceived("m1", 2.0, Source(server), target, told, e.Kind.NOTICE, own=False))
    here = watched.view.current
    assert here.name == "#lobby"
    assert [each.name for each in watched.model.conversations] == ["#lobby"]
    (note,) = [item for item in here.items if isinstance(item, Note) and told in item.text]
    assert f"{server} {place}" in note.text
    in_lobby = e.MessageReceived("m2", 3.0, Source(server), "#lobby", "Here.", e.Kind.NOTICE, own=False)
    watched.happens(in_lobby)
    assert [type(item) for item in here.items if "Here." in getattr(item, "text", "")] == [Message]


SERVICE = Source("NickServ", "services", "srv")


def from_service(text: str) -> e.MessageReceived:
    return e.MessageReceived(text, 2.0, SERVICE, "kim_", text, e.Kind.NOTICE, own=False)


def test_what_a_service_answers_is_told_where_one_looks_unless_one_talks_with_it() -> None:
    watched = Watched()
    watched.happens(e.Connecting("h:1"), READY)
    watched.happens(from_service("REGISTER makes an account"))
    assert [each.name for each in watched.model.conversations] == ["#lobby"]
    (note,) = [
        item for item in watched.view.current.items if isinstance(item, Note) and "REGISTER" in item.text
    ]
    assert "NickServ to you" in note.text
    watched.model.look_at("NickServ")
    watched.model.look_at("#lobby")
    watched.happens(from_service("It is yours"))
    talk = watched.model.find("NickServ")
    assert talk is not None
    assert [item.text for item in talk.items if isinstance(item, Message)] == ["It is yours"]


def test_what_a_service_says_on_the_way_in_is_told_where_one_comes_in() -> None:
    watched = Watched()
    watched.happens(
        e.Connecting("h:1"), e.Welcomed("kim_", "srv"), from_service("This nick is registered"), READY
    )
    assert watched.view.current.name == "#lobby"
    assert any("This nick is registered" in getattr(item, "text", "") for item in watched.view.current.items)
