"""What is told to NickServ, by whichever command: with which password one comes back, and that nobody sees it."""

from __future__ import annotations

from typing import Any

import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.errors import ClosedByServer, NotLetIn
from natterjack.client.kept_accounts import PLAIN, Kept
from natterjack.client.secret import Credentials, Secret
from natterjack.proto.services import UNSTORED
from natterjack.proto.source import Source
from tests.client.transcripts import CAPS, Talk, welcome
from tests.terminal.desk import Desk

LOST = e.Disconnected("127.0.0.1:7667", ClosedByServer("The server closed the connection."))
CHANGED = "kim has a new password; 0 sessions cut"


def notice(text: str, nick: str = "NickServ") -> e.MessageReceived:
    sender = Source(nick, nick, "srv")
    return e.MessageReceived("", 1.0, sender, "kim", text, e.Kind.NOTICE, own=False)


def login_after(desk: Desk) -> Any:
    """With what the client comes back."""
    desk.happens(LOST)
    ((_, _, config),) = desk.type("CONNECT")
    return config.login


def logged_in() -> Desk:
    desk = Desk().online()
    desk.type("LOGIN kim old-horses")
    desk.happens(e.AccountChanged("kim", "kim", True), e.Done(2, "LOGIN"))
    return desk


PASSWD = [
    "MSG NickServ PASSWD old-horses new-horses",
    "MSG NickServ@services passwd old-horses new-horses",
    "/raw NICKSERV :PASSWD old-horses new-horses",
    "/raw NICKSERV PASSWD old-horses new-horses",
    "/raw NS PASSWD old-horses new-horses",
    "/raw PRIVMSG NickServ :PASSWD old-horses new-horses",
]


def member(*, broken: str = "") -> Desk:
    """Comes by an account that this computer has kept, and changes its password."""
    desk = Desk()
    desk.accounts.kept = [Kept("127.0.0.1:7667", PLAIN, "kim", Secret("old-horses"), sure=True)]
    desk.type("CONNECT")
    desk.happens(e.Connecting("127.0.0.1:7667"), e.AccountChanged("kim", "kim", True))
    desk.arrive()
    desk.said()
    desk.type(PASSWD[0])
    desk.accounts.broken = broken
    desk.happens(notice(CHANGED), e.Done(2, "NICKSERV"))
    return desk


def test_a_computer_that_logs_one_in_by_itself_does_so_as_before() -> None:
    desk = member()
    assert desk.said()[-1].startswith(
        "This computer logs you in by itself as before: the new password is kept"
    )
    assert login_after(desk) == Credentials("kim", Secret("new-horses"))
    (kept,) = desk.accounts.kept
    assert (kept.secret, kept.sure) == (Secret("new-horses"), True)


def test_where_it_cannot_be_kept_one_comes_back_all_the_same() -> None:
    desk = member(broken="the disk is full")
    assert desk.failed()[-1].startswith("The new password was not kept. ")
    assert login_after(desk) == Credentials("kim", Secret("new-horses"))


@pytest.mark.parametrize("line", PASSWD)
@pytest.mark.parametrize("answer", [CHANGED, UNSTORED])
def test_one_comes_back_with_the_new_password(line: str, answer: str) -> None:
    desk = logged_in()
    ((request),) = desk.type(line)
    assert isinstance(request, r.Raw)
    desk.happens(notice(answer), e.Done(3, "NICKSERV"))
    assert login_after(desk) == Credentials("kim", Secret("new-horses"))
    assert not any("horses" in text for text in desk.said() + desk.failed())


OLD, NEW = Credentials("kim", Secret("old-horses")), Credentials("kim", Secret("new-horses"))


def back_in(desk: Desk, *before: e.Event) -> list[str]:
    """The connection is lost, and there again after ``before``: what is said then."""
    desk.happens(LOST)
    desk.said()
    desk.happens(e.Connecting("127.0.0.1:7667"), *before, e.AccountChanged("kim", "kim", True))
    desk.arrive()
    return [text for text in desk.said() if "password" in text]


def tried(desk: Desk) -> tuple[Credentials | None, Credentials | None]:
    """With which logins the client comes back, in that order."""
    desk.happens(LOST)
    ((_, _, config),) = desk.type("CONNECT")
    return config.login, config.other_login


@pytest.mark.parametrize("line", [PASSWD[0], PASSWD[2], "/console passwd kim new-horses"])
def test_where_no_answer_comes_it_may_be_either(line: str) -> None:
    desk = logged_in()
    desk.type(line)
    assert tried(desk) == (OLD, NEW)
    told = back_in(desk)
    assert told == ["kim has the old password: the server has not taken the new one."]
    assert back_in(desk) == []
    assert tried(desk) == (OLD, NEW), "the server may carry it out later"
    told = back_in(desk, e.LoginTurned())
    assert told == ["kim has the new password: the server took it before the connection was lost."]
    assert tried(desk) == (NEW, None)


def test_what_was_refused_is_not_guessed_again_before_the_other() -> None:
    desk = logged_in()
    desk.type(PASSWD[0])
    desk.happens(LOST, e.Connecting("127.0.0.1:7667"), e.LoginTurned(), LOST)
    assert tried(desk) == (NEW, OLD)


@pytest.mark.parametrize("leaves", [False, True])
def test_where_it_is_neither_no_more_is_guessed(leaves: bool) -> None:
    desk = logged_in()
    desk.type(PASSWD[0])
    desk.happens(LOST)
    refused = e.LoginFailed("kim", "904", "Not logged in as kim.")
    not_in = e.Disconnected("127.0.0.1:7667", NotLetIn("904", "Not logged in as kim."))
    desk.happens(e.Connecting("127.0.0.1:7667"), e.LoginTurned(), not_in if leaves else refused)
    if not leaves:
        desk.arrive()
    assert tried(desk)[1] is None


def test_a_computer_that_logs_one_in_by_itself_keeps_what_holds() -> None:
    desk = Desk()
    desk.accounts.kept = [Kept("127.0.0.1:7667", PLAIN, "kim", OLD.password, sure=True)]
    desk.type("CONNECT")
    desk.happens(e.Connecting("127.0.0.1:7667"), e.AccountChanged("kim", "kim", True))
    desk.arrive()
    desk.type(PASSWD[0])
    assert tried(desk) == (OLD, NEW)
    (told,) = back_in(desk, e.LoginTurned())
    assert told.startswith("kim has the new password")
    assert "the new password is kept in" in told
    assert [each.secret for each in desk.accounts.kept] == [NEW.password]
    assert tried(desk) == (NEW, None)


def test_where_one_talks_to_nickserv_too() -> None:
    desk = logged_in()
    desk.type("/query NickServ", "PASSWD old-horses new-horses")
    assert "Did you mean" in desk.failed()[-1]
    desk.type("SEND PASSWD old-horses new-horses")
    desk.happens(notice(CHANGED), e.Done(5, "NICKSERV"))
    assert login_after(desk) == Credentials("kim", Secret("new-horses"))


@pytest.mark.parametrize(
    "events",
    [
        [notice("Nothing was done: the account or the password is wrong")],
        [notice(CHANGED, "alice")],
        [e.MessageReceived("", 1.0, Source("NickServ"), "#lobby", CHANGED, e.Kind.MESSAGE, own=False)],
        [e.ServerNote("NOTE", "X", CHANGED, 9)],
        [],
    ],
)
def test_what_was_not_changed_is_not_used(events: list[e.Event]) -> None:
    desk = logged_in()
    desk.type(PASSWD[0])
    desk.happens(*events, e.Done(3, "NICKSERV"), notice(CHANGED))  # too late
    assert login_after(desk) == Credentials("kim", Secret("old-horses"))


def test_what_has_a_space_in_it_is_refused_there() -> None:
    desk = logged_in()
    desk.type("MSG NickServ PASSWD old-horses new horses")
    desk.happens(notice(CHANGED), e.Done(3, "NICKSERV"))
    assert login_after(desk) == Credentials("kim", Secret("old-horses"))


@pytest.mark.parametrize(("account", "password"), [("KIM", "new-horses"), ("bob", "old-horses")])
def test_an_operator_changes_his_own_at_the_console(account: str, password: str) -> None:
    desk = logged_in()
    assert desk.type(f"/console passwd {account} new-horses") == [
        r.Console(3, f"passwd {account} new-horses")
    ]
    desk.happens(e.ServerNote("NOTE", "ANSWER", f"{account} has a new password", 3), e.Done(3, "CONSOLE"))
    assert login_after(desk) == Credentials("kim", Secret(password))


@pytest.mark.parametrize(
    "line",
    [
        "MSG NickServ IDENTIFY kim two words",
        "MSG NickServ LOGIN two words",
        "/raw NS IDENTIFY kim :two words",
        "MSG NickServ REGISTER words me@example.org",
    ],
)
def test_who_logs_in_by_nickserv_comes_back_so(line: str) -> None:
    desk = Desk().online()
    desk.type(line)
    desk.happens(e.AccountChanged("kim", "kim", True), e.Done(2, "NICKSERV"))
    password = "two words" if "kim" in line else "words"
    assert login_after(desk) == Credentials("kim", Secret(password))


def test_who_is_not_let_in_by_nickserv_is_a_guest() -> None:
    desk = Desk().online()
    desk.type("MSG NickServ IDENTIFY kim wrong-horses")
    desk.happens(notice("Nothing was done: the account or the password is wrong"), e.Done(2, "NICKSERV"))
    assert login_after(desk) is None


@pytest.mark.parametrize(
    "line", ["NICKSERV :PASSWD old-horses new-horses", "NS IDENTIFY old-horses", "PASS old-horses"]
)
@pytest.mark.parametrize("caps", [CAPS, ""])
def test_what_was_not_answered_is_not_shown(line: str, caps: str) -> None:
    talk = Talk()
    welcome(talk, caps=caps)
    talk.ask(r.Raw(7, line))
    (event,) = talk.session.lost()
    assert isinstance(event, e.Unanswered)
    desk = Desk().online()
    desk.happens(event)
    (told,) = desk.failed()
    assert told.startswith(f"{line.split(' ', maxsplit=1)[0]}: No answer came")
    assert "horses" not in told
