"""Getting in: capabilities, names, passwords, and being turned away."""

from __future__ import annotations

import pytest

from natterjack.client.events import ModesChanged, NamesListed, NickTaken, NotWelcome, Ready, Welcomed
from natterjack.client.session import Timings, default_nick
from natterjack.proto.names import check_nick
from tests.client.transcripts import CAPS, Talk, welcome


def test_opening_lines() -> None:
    assert Talk("kim", username="k", realname="Kim").sent() == ["CAP LS 302", "NICK kim", "USER k 0 * Kim"]


def test_an_invite_is_the_server_password() -> None:
    assert Talk("kim", password="7-otter-lamp").sent()[1] == "PASS 7-otter-lamp"


def test_asks_for_what_is_offered_and_wanted() -> None:
    talk = Talk()
    talk.sent()
    talk.server(":srv CAP * LS * :sasl=PLAIN,SCRAM-SHA-256 batch", ":srv CAP * LS :echo-message unknown/cap")
    assert talk.sent() == ["CAP REQ :batch echo-message sasl"]
    talk.server(":srv CAP * ACK :batch echo-message sasl")
    assert talk.sent() == ["CAP END"]
    assert talk.session.capabilities == {"batch", "echo-message", "sasl"}


def test_nothing_to_ask_for() -> None:
    talk = Talk()
    talk.sent()
    talk.server(":srv CAP * LS :")
    assert talk.sent() == ["CAP END"]


def test_a_refused_request_does_not_keep_us_out() -> None:
    talk = Talk()
    talk.sent()
    talk.server(":srv CAP * LS :batch")
    talk.sent()
    talk.server(":srv CAP * NAK :batch")
    assert talk.sent() == ["CAP END"]
    assert talk.session.capabilities == frozenset()


def test_capabilities_come_and_go_later() -> None:
    talk = Talk()
    welcome(talk, caps="batch")
    talk.server(":srv CAP kim NEW :away-notify unknown/cap")
    assert talk.sent() == ["CAP REQ away-notify"]
    talk.server(":srv CAP kim ACK :away-notify", ":srv CAP kim DEL :batch")
    assert talk.session.capabilities == {"away-notify"}


def test_capabilities_without_a_name_are_none() -> None:
    talk = Talk()
    talk.sent()
    talk.server(":srv CAP * LS :batch =x =")
    assert talk.sent() == ["CAP REQ batch"]
    talk.server(":srv CAP * ACK := -  batch", ":srv CAP * DEL :=")
    assert talk.sent() == ["CAP END"]
    assert talk.session.capabilities == {"batch"}


@pytest.mark.parametrize("caps", [CAPS, ""])
def test_ready_comes_after_what_the_server_does_by_itself(caps: str) -> None:
    talk = Talk()
    events = welcome(talk, caps=caps)
    assert [type(event) for event in events if isinstance(event, Welcomed | Ready)] == [Welcomed, Ready]
    assert talk.session.is_ready
    assert talk.session.server.network == "Net"


def test_channels_are_joined_before_ready() -> None:
    talk = Talk(channels=("#a", "#b"))
    talk.sent()
    talk.server(":srv 001 kim :hi")
    assert talk.sent() == []
    talk.server(":srv 376 kim :end")
    assert [line for line in talk.sent() if "natterjack-n" not in line] == [
        "JOIN #a",
        "JOIN #b",
        "PING natterjack-ready",
    ]


def test_a_taken_name_is_replaced_by_the_next() -> None:
    talk = Talk()
    talk.sent()
    assert talk.server(":srv 433 * kim :taken") == [NickTaken("kim", "kim_", "taken")]
    assert talk.sent() == ["NICK kim_"]
    talk.server(":srv 433 * kim_ :taken")
    assert talk.sent() == ["NICK kim2"]
    talk.server(":srv 001 kim2 :hi")
    assert talk.session.nick == "kim2"


def test_too_long_a_name_is_shortened() -> None:
    talk = Talk("guest-bartholomew")
    talk.sent()
    talk.server(":srv 432 * guest-bartholomew :Erroneous nick")
    assert talk.sent() == ["NICK guest-bar"]


def test_gives_up_when_no_name_will_do() -> None:
    talk = Talk()
    events = []
    for _ in range(20):
        events += talk.server(":srv 433 * x :taken")
    assert isinstance(events[-1], NotWelcome) or any(isinstance(event, NotWelcome) for event in events)


def test_guest_names_differ_by_seed() -> None:
    from natterjack.client.session.nicks import alternatives

    assert list(alternatives("kim", 1)) != list(alternatives("kim", 2))
    assert all(check_nick(nick) is None for nick in alternatives("kim", 123456789))


def test_a_wrong_password_is_told_with_the_servers_words() -> None:
    talk = Talk(password="wrong")
    assert talk.server(":srv 464 * :Password incorrect") == []
    assert talk.server("ERROR :Closing link") == [NotWelcome("464", "Password incorrect")]
    assert talk.session.deadline() is None


def test_an_end_without_a_word() -> None:
    (event,) = Talk().session.lost()
    assert isinstance(event, NotWelcome)
    assert event.code == "closed"


def test_a_fail_explains_the_end() -> None:
    talk = Talk()
    talk.server(":srv FAIL * NEED_TLS :Use TLS")
    assert talk.session.lost() == [NotWelcome("NEED_TLS", "Use TLS")]


def test_no_answer_at_all() -> None:
    talk = Talk()
    assert talk.session.deadline() == Timings().registration
    (event,) = talk.later(Timings().registration)
    assert isinstance(event, NotWelcome)
    assert event.code == "timed_out"


@pytest.mark.parametrize(
    ("user", "nick"),
    [
        ("kim", "guest-kim"),
        ("Kim.Smith", "guest-kim-smith"),
        ("DOMAIN\\kim", "guest-kim"),
        ("kim@example.org", "guest-kim"),
        ("", "guest"),
        ("жаба", "guest"),
        ("guest-7", "guest"),
        ("a" * 99, "guest-" + "a" * 20),
    ],
)
def test_default_nick(user: str, nick: str) -> None:
    assert default_nick(user) == nick
    assert check_nick(nick) is None


@pytest.mark.parametrize("code", ["432", "433", "436", "437"])
def test_where_no_other_name_would_do(code: str) -> None:
    talk = Talk(nick_or_leave=True, password="7-otter")
    talk.sent()
    (event,) = talk.server(f":srv {code} * kim :Nick is already in use")
    assert event == NotWelcome(
        code,
        "The name kim cannot be had: Nick is already in use. Nothing is lost: try again with another.",
        about_name=True,
    )
    assert talk.sent() == []
    assert talk.session.lost() == []


def test_the_ranks_are_those_that_the_server_has() -> None:
    talk = Talk()
    talk.sent()
    talk.server(
        ":srv 001 kim :hi",
        ":srv 005 kim PREFIX=(qohv)~@%+ CHANMODES=beI,k,l,imnst :are supported",
        ":srv 422 kim :no message of the day",
    )
    (ready,) = talk.server(":srv PONG srv natterjack-ready")
    assert isinstance(ready, Ready)
    assert ready.ranks == "~@%+"
    (names,) = talk.server(":srv 353 kim = #c :~@kim %+lee &zoe", ":srv 366 kim #c :End")
    assert isinstance(names, NamesListed)
    assert [(each.prefixes, each.nick) for each in names.members] == [
        ("~@", "kim"),
        ("%+", "lee"),
        ("", "&zoe"),
    ]
    (modes,) = talk.server(":srv MODE #c +ql kim 5")
    assert isinstance(modes, ModesChanged)
    assert [(change.letter, change.param) for change in modes.changes] == [("q", "kim"), ("l", "5")]
    assert modes.prefixes == {"q": "~", "o": "@", "h": "%", "v": "+"}
