"""A new member, and one who comes again: what is asked, what is kept when, and what happens where it goes wrong."""

from __future__ import annotations

from typing import Any

import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.address import Address
from natterjack.client.chatting.arrivals import OWN
from natterjack.client.errors import ClosedByServer, NameRefused, NotLetIn
from natterjack.client.kept_accounts import PLAIN, Kept
from natterjack.client.secret import Credentials, Secret
from natterjack.client.session import SessionConfig
from natterjack.proto.joinlink import make_pin
from natterjack.proto.source import Source
from tests.terminal.desk import Desk

PIN = make_pin(bytes(32))
LINK = f"natterjack://h:1/#pin={PIN}&invite=7-otter"
KEPT = Kept("h:1", PIN, "kim", Secret("kept secret"), sure=True)
REFUSED = NotLetIn("904", "Not logged in as kim: the account or the password is wrong. Check both.")
TAKEN = NameRefused(
    "433", "The name lee cannot be had: Nick is already in use. Nothing is lost: try again with another."
)
LOST = e.Disconnected("h:1", ClosedByServer("The server closed the connection."))


def entered(desk: Desk, nick: str = "lee", account: str = "") -> list[Any]:
    """The server takes us in as ``nick``, logged in to ``account``; what the driver is asked for then."""
    told = (e.AccountChanged(nick, account, True),) if account else ()
    return desk.happens(
        e.Connecting("h:1"),
        *told,
        e.Welcomed(nick, "srv"),
        e.Joined(Source(nick, "u", "h"), "#lobby", account, "", True, 0.0),
        e.Ready(nick, "srv", "net"),
    )


def made(desk: Desk, nick: str = "lee") -> None:
    """The server makes the account."""
    desk.happens(
        e.Registered(OWN, nick, True, f"{nick} is your account"),
        e.AccountChanged(nick, nick, True),
        e.Done(OWN, "REGISTER"),
    )


def config_of(asked: list[Any]) -> SessionConfig:
    ((verb, _, config),) = asked
    assert verb == "connect"
    assert isinstance(config, SessionConfig)
    return config


# -- a new member ----------------------------------------------------------------------------------------------------


def test_a_nick_and_nothing_else() -> None:
    desk = Desk()
    assert desk.type(f"CONNECT {LINK}") == []
    assert desk.said() == [
        "What shall the others call you? Enter alone means kim. (If you have an account there: LOGIN name password)"
    ]
    assert desk.chat.prompt == "Your name [kim]: "
    config = config_of(desk.type("lee"))
    assert (config.nick, config.password, config.login) == ("lee", "7-otter", None)
    assert config.nick_or_leave
    assert desk.line.addresses[-1] == Address("h", 1, "7-otter", PIN)
    assert desk.accounts.kept == []
    (request,) = entered(desk)
    (kept,) = desk.accounts.kept  # before it is said
    assert request == r.Register(OWN, kept.secret)
    assert (kept.account, kept.sure) == ("lee", False)
    desk.said()
    made(desk)
    (text,) = desk.said()
    assert text == (
        "The name lee is yours from now on: this computer logs you in by itself, any other with LOGIN lee and the "
        "secret that is kept in accounts.json."
    )
    assert desk.accounts.kept[0].sure
    assert desk.chat.prompt == "#lobby> "


def test_enter_alone() -> None:
    desk = Desk()
    desk.type(f"CONNECT {LINK}")
    assert config_of(desk.type("")).nick == "kim"


def test_who_comes_again_is_asked_nothing() -> None:
    for line in (f"CONNECT {LINK}", "CONNECT h 1", "CONNECT h:1"):
        desk = Desk()
        desk.accounts.kept.append(KEPT)
        config = config_of(desk.type(line))
        assert (config.nick, config.login, config.password) == ("kim", KEPT.credentials, "")
        assert config.login_or_leave
        assert desk.line.addresses[-1].pin == PIN
        assert entered(desk, "kim", "kim") == []
        assert "as kim, logged in." in desk.said()[-1]


def test_in_the_same_run() -> None:
    desk = Desk()
    desk.type(f"CONNECT {LINK}", "lee")
    entered(desk)
    made(desk)
    desk.happens(LOST)
    config = config_of(desk.type("CONNECT"))
    assert config.login == desk.accounts.kept[0].credentials


@pytest.mark.parametrize("name", ["k im", "!", "x" * 33, "kіm"])
def test_what_cannot_be_a_name_is_asked_again(name: str) -> None:
    desk = Desk()
    desk.type(f"CONNECT {LINK}")
    assert desk.type(name) == []
    assert desk.said()[-1].startswith("That cannot be a name: it ")
    assert config_of(desk.type("JOHN")).nick == "JOHN"  # one letter away from JOIN


def test_a_taken_name_costs_nothing() -> None:
    desk = Desk()
    desk.type(f"CONNECT {LINK}", "lee")
    desk.happens(e.Connecting("h:1"), e.Disconnected("h:1", TAKEN))
    assert desk.failed() == [TAKEN.text]
    assert desk.said()[-1].startswith("Which other name?")
    assert desk.chat.prompt == "Your name: "
    config = config_of(desk.type("zoe"))
    assert (config.nick, config.password) == ("zoe", "7-otter")


def test_commands_are_no_names() -> None:
    desk = Desk()
    desk.type(f"CONNECT {LINK}")
    assert desk.type("HELP nick", "/qiut", "login kim secret", "LOGIN kim") == []
    assert desk.failed() == [
        "There is no command /qiut. Did you mean /quit? (To say something that begins with /, type //.)",
        "Did you mean LOGIN? Nothing was sent.",
    ]
    assert desk.chat.prompt.startswith("Your name")
    assert desk.type("CONNECT other 2")[0][1] == "other:2"
    assert desk.chat.prompt == "> "
    desk.type("CONNECT " + LINK, "QUIT")
    assert desk.line.take() == []


def test_quit_while_asked() -> None:
    desk = Desk()
    desk.type(f"CONNECT {LINK}", "QUIT")
    assert desk.chat.finished
    assert desk.line.take() == []


def test_somebody_with_an_account_logs_in_instead() -> None:
    desk = Desk()
    desk.type(f"CONNECT {LINK}")
    config = config_of(desk.type("LOGIN al wrong-horse"))
    assert (config.nick, config.login) == ("al", Credentials("al", Secret("wrong-horse")))
    assert config.login_or_leave  # as a guest he would spend the invite
    desk.happens(e.Connecting("h:1"), e.Disconnected("h:1", REFUSED))
    assert desk.failed() == [f"You were not let in: {REFUSED.text}"]
    config = config_of(desk.type("LOGIN al horse"))
    assert entered(desk, "al", "al") == []
    desk.happens(LOST)
    assert config_of(desk.type("CONNECT")).login == config.login
    assert desk.accounts.kept == []


def test_a_stranger_with_an_invite_is_asked_for_his_name_once() -> None:
    from natterjack.client.errors import UnknownKey

    desk = Desk(invite="7-otter")
    desk.type("CONNECT h 1")
    config_of(desk.type("lee"))
    desk.happens(e.Connecting("h:1"), e.ConnectFailed("h:1", UnknownKey("h:1", PIN)))
    assert config_of(desk.type("yes")).nick == "lee"
    assert desk.line.addresses[-1].pin == PIN
    entered(desk)
    assert desk.accounts.kept[0].key == PIN


# -- without questions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [True, False])
def test_from_a_pipe(named: bool) -> None:
    desk = Desk(interactive=False, as_json=True, named=named)
    config = config_of(desk.type(f"CONNECT {LINK}", "SEND hi"))
    assert (config.nick, config.password, config.nick_or_leave) == ("kim", "7-otter", named)
    desk.chat.end_of_input()
    (request,) = entered(desk, "kim")
    assert isinstance(request, r.Register)
    desk.said()
    desk.happens(e.AccountChanged("kim", "kim", True))
    assert desk.happens(e.Done(OWN, "REGISTER")) == [r.Say(2, "#lobby", "hi")]
    assert desk.objects() == [{"event": "account", "line": None, "nick": "kim", "account": "kim"}]
    assert desk.happens(e.Acked(2, "m", "#lobby", "hi", 0.0)) == [("disconnect", "")]


def test_a_pipe_that_wants_one_name_gets_that_or_none() -> None:
    desk = Desk(interactive=False, as_json=True, named=True)
    desk.type(f"CONNECT {LINK}")
    desk.happens(e.Connecting("h:1"), e.Disconnected("h:1", TAKEN))
    assert [each["event"] for each in desk.objects()] == ["error", "disconnected", "bye"]
    assert desk.chat.exit_code == 77


def test_the_name_that_was_had_counts() -> None:
    desk = Desk(interactive=False)
    desk.type(f"CONNECT {LINK}")
    entered(desk, "kim_")
    made(desk, "kim_")
    assert [(each.account, each.sure) for each in desk.accounts.kept] == [("kim_", True)]


def test_what_was_asked_for_goes_before_what_is_kept() -> None:
    for options, nick in (
        ({"named": True}, "kim"),
        ({"login": Credentials("al", Secret("horse"))}, "kim"),
    ):
        desk = Desk(**options)
        desk.accounts.kept.append(Kept("h:1", PIN, "other", Secret("x"), sure=True))
        config = config_of(desk.type("CONNECT h 1"))
        assert (config.nick, config.login) == (nick, options.get("login"))
    desk = Desk(named=True)
    desk.accounts.kept += [KEPT, Kept("h:1", PIN, "other", Secret("x"), sure=True)]
    assert config_of(desk.type("CONNECT h 1")).login == KEPT.credentials


def test_guests_stay_guests() -> None:
    desk = Desk()
    config = config_of(desk.type("CONNECT"))
    assert (config.nick, config.login, config.nick_or_leave) == ("kim", None, False)
    assert desk.arrive() == []
    assert desk.accounts.kept == []


# -- what can go wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_one_that_was_never_answered(known: bool) -> None:
    desk = Desk()
    unsure = Kept("h:1", PIN, "lee", Secret("kept"), sure=False)
    desk.accounts.kept.append(unsure)
    config = config_of(desk.type(f"CONNECT {LINK}"))
    assert (config.nick, config.login, config.password) == ("lee", unsure.credentials, "7-otter")
    assert not config.login_or_leave
    if known:
        assert entered(desk, "lee", "lee") == []
    else:
        desk.happens(e.Connecting("h:1"), e.LoginFailed("lee", "904", "wrong"))
        assert desk.failed() == []
        assert entered(desk) == [r.Register(OWN, unsure.secret)]
        made(desk)
    assert [(each.secret, each.sure) for each in desk.accounts.kept] == [(unsure.secret, True)]


def test_one_that_was_never_answered_whose_name_is_gone() -> None:
    desk = Desk()
    unsure = Kept("h:1", PIN, "lee", Secret("kept"), sure=False)
    desk.accounts.kept.append(unsure)
    desk.type(f"CONNECT {LINK}")
    desk.happens(e.Connecting("h:1"), e.LoginFailed("lee", "904", "wrong"), e.Disconnected("h:1", TAKEN))
    config = config_of(desk.type("zoe"))
    assert (config.nick, config.login) == ("zoe", None)
    entered(desk, "zoe")
    made(desk, "zoe")
    assert [(each.account, each.sure) for each in desk.accounts.kept] == [("lee", False), ("zoe", True)]


@pytest.mark.parametrize(
    ("code", "text", "said"),
    [
        ("not_offered", "This server makes no accounts.", "This server makes no accounts."),
        ("TEMPORARILY_UNAVAILABLE", "Later.", "Later. To try again: REGISTER password"),
    ],
)
@pytest.mark.parametrize("interactive", [True, False])
def test_no_account_is_made(code: str, text: str, said: str, interactive: bool) -> None:
    desk = Desk(interactive=interactive)
    desk.type(f"CONNECT {LINK}")
    if interactive:
        desk.type("kim")
    entered(desk, "kim")
    desk.happens(e.Refused(OWN, "REGISTER", "", code, text))
    assert desk.failed() == [f"You are in as a guest, since no account could be made. {said}"]
    assert desk.accounts.kept == []
    assert desk.type("hello")[0] == r.Say(desk.number, "#lobby", "hello")
    assert desk.chat.exit_code == 0


def test_no_answer_keeps_the_secret() -> None:
    desk = Desk()
    desk.type(f"CONNECT {LINK}", "lee")
    entered(desk)
    desk.happens(e.Unanswered(OWN, "REGISTER", "", "No answer came."), LOST)
    assert desk.failed()[0].startswith("No answer came whether your name is an account now.")
    assert [(each.account, each.sure) for each in desk.accounts.kept] == [("lee", False)]


def test_an_old_secret_is_not_forgotten_for_a_refusal() -> None:
    desk = Desk()
    unsure = Kept("h:1", PIN, "lee", Secret("kept"), sure=False)
    desk.accounts.kept.append(unsure)
    desk.type(f"CONNECT {LINK}")
    entered(desk)
    desk.happens(e.Refused(OWN, "REGISTER", "", "ACCOUNT_EXISTS", "That name is somebody's."))
    assert desk.accounts.kept == [unsure]


@pytest.mark.parametrize("interactive", [True, False])
def test_a_revoked_account(interactive: bool) -> None:
    desk = Desk(interactive=interactive)
    desk.accounts.kept.append(KEPT)
    desk.type("CONNECT h 1")
    desk.happens(e.Connecting("h:1"), e.Disconnected("h:1", REFUSED))
    (text,) = desk.failed()
    assert "h:1 does not take your account kim any more: it was revoked" in text
    assert desk.chat.prompt == "> "
    assert desk.chat.exit_code == (0 if interactive else 77)
    assert desk.accounts.kept == [KEPT]


def test_a_revoked_account_and_a_new_invite() -> None:
    desk = Desk()
    desk.accounts.kept.append(KEPT)
    desk.type(f"CONNECT {LINK}")
    desk.happens(e.Connecting("h:1"), e.Disconnected("h:1", REFUSED))
    assert desk.said()[-1].startswith("Which other name?")
    config = config_of(desk.type("kim"))
    assert (config.nick, config.login, config.password) == ("kim", None, "7-otter")


@pytest.mark.parametrize("interactive", [True, False])
def test_nowhere_to_keep_it_costs_no_invite(interactive: bool) -> None:
    desk = Desk(interactive=interactive)
    desk.accounts.broken = "read-only file system"
    assert desk.type(f"CONNECT {LINK}") == []
    (text,) = desk.failed()
    assert text.startswith("Cannot use accounts.json, where the secrets of your accounts are kept: read-only")
    assert desk.chat.finished is not interactive
    assert desk.chat.exit_code == (0 if interactive else 1)


def test_unreadable_while_we_are_elsewhere() -> None:
    desk = Desk().online()
    desk.accounts.broken = "it is damaged"
    assert desk.type("CONNECT h 1") == [("disconnect", "")]
    desk.happens(e.Disconnected("127.0.0.1:7667", None))
    assert desk.type("hello") == []
    assert "not connected" in desk.failed()[-1]


@pytest.mark.parametrize("when", ["before", "after"])
def test_it_breaks_once_we_are_in(when: str) -> None:
    desk = Desk()
    desk.type(f"CONNECT {LINK}", "lee")
    if when == "before":
        desk.accounts.broken = "no space left on device"
        assert entered(desk) == []
    else:
        entered(desk)
        desk.accounts.broken = "no space left on device"
        made(desk)
    (text,) = desk.failed()
    assert "no space left on device" in text
    assert [each.account for each in desk.accounts.kept] == ([] if when == "before" else ["lee"])
    assert desk.type("hello") == [r.Say(desk.number, "#lobby", "hello")]


def test_the_server_wants_more_first() -> None:
    desk = Desk()
    desk.type(f"CONNECT {LINK}", "lee")
    entered(desk)
    desk.said()
    desk.happens(e.Registered(OWN, "lee", False, "Look into your mail."), e.Done(OWN, "REGISTER"))
    assert desk.said() == ["lee is not an account yet. The server says: Look into your mail."]
    assert not desk.accounts.kept[0].sure


def test_a_used_up_invite_asks_for_a_new_one() -> None:
    desk = Desk()
    desk.type(f"CONNECT {LINK}", "lee")
    why = NotLetIn("464", "this invite is unknown, used up or expired: ask for a new one")
    desk.happens(e.Connecting("h:1"), e.Disconnected("h:1", why))
    link, login = "With a new join link, type: CONNECT link", "Or with an account: LOGIN account"
    assert desk.failed() == [f"You were not let in: {why.text}. {link}. {login}"]
    assert desk.accounts.kept == []


def test_secrets_are_shown_to_nobody() -> None:
    for as_json in (True, False):
        desk = Desk(as_json=as_json)
        desk.type(f"CONNECT {LINK}", "lee")
        entered(desk)
        made(desk)
        desk.happens(LOST)
        desk.type("CONNECT")
        desk.happens(e.Connecting("h:1"), e.Disconnected("h:1", REFUSED))
        text = desk.out.getvalue() + desk.err.getvalue()
        assert text
        assert desk.accounts.kept[0].secret.text not in text.replace("secret that is kept", "")


def test_on_this_machine_too_with_an_invite() -> None:
    desk = Desk(interactive=False, invite="7-otter")
    desk.type("CONNECT")
    entered(desk, "kim")
    assert desk.accounts.kept[0].key == PLAIN


def test_a_wrong_password_where_there_is_no_invite_asks_for_no_name() -> None:
    desk = Desk()
    desk.type("CONNECT h")
    refused = e.Disconnected("h:7667", NotLetIn("464", "you need an invite"))
    desk.happens(e.Connecting("h:7667"), refused)
    assert len(desk.type("LOGIN kim secret")) == 1
    desk.happens(e.Connecting("h:7667"), e.Disconnected("h:7667", NotLetIn("904", "It is wrong")))
    assert desk.failed()[-1] == "You were not let in: It is wrong."
    assert desk.chat.question is None
