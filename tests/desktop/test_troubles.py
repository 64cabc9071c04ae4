"""What stands in the way, in words: without a window, and without a server."""

from __future__ import annotations

import pytest

from natterjack.client import errors
from natterjack.client import events as e
from natterjack.client.chatting.questions import NameQuestion, TrustQuestion
from natterjack.desktop.troubles import Act, Form, Level, Trouble, Troubles, explained

PIN, OTHER = "SHA256:" + "A" * 43, "SHA256:" + "B" * 43
WHERE = "chat.example.org:7667"
LOST = e.Disconnected(WHERE, errors.Dropped("the connection broke"), again=True)


def name_question(*, again: bool = False, suggestion: str = "kim") -> NameQuestion:
    return NameQuestion(
        "", "", WHERE, lambda text: True, suggestion, again, lambda text: "", lambda a, p: None
    )


def now(troubles: Troubles, question: object = None, *, offline: bool = False) -> list[Trouble]:
    return troubles.now(question, offline=offline)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "says", "acts", "forms"),
    [
        (errors.HostNotFound(WHERE, "chat"), "Check the spelling", (Act.AGAIN, Act.ELSEWHERE), ()),
        (errors.ConnectRefused(WHERE), "Start one, or check", (Act.AGAIN, Act.ELSEWHERE), ()),
        (errors.ConnectTimedOut(WHERE, 10), "firewall", (Act.AGAIN, Act.ELSEWHERE), ()),
        (errors.NoTls(WHERE), "only in a network that you trust", (Act.ELSEWHERE, Act.PLAIN), ()),
        (errors.WrongKey(WHERE, PIN, OTHER, ""), "a new link", (), (Form.LINK,)),
        (errors.KeyChanged(WHERE, PIN, OTHER, "f"), "paste his new join link", (), (Form.LINK,)),
        (errors.UnknownKey(WHERE, PIN), "A join link from its owner", (Act.AGAIN,), (Form.LINK,)),
        (errors.NotLetIn("464", "this invite is expired: ask for a new one"), "ask for a new one.", (),
         (Form.LINK, Form.LOGIN)),
        (errors.NotLetIn("904", "h does not take your account; with an invite and --nick NAME you"),
         "does not take your account.", (), (Form.LOGIN, Form.LINK)),
        (errors.NotLetIn("465", "you are banned"), "You are banned.", (Act.AGAIN, Act.ELSEWHERE), ()),
        (errors.AccountsUnusable("/f", "it is damaged"), "Mend that.", (Act.AGAIN,), ()),
        (errors.Dropped("it broke"), "It broke.", (Act.AGAIN, Act.ELSEWHERE), ()),
    ],
)  # fmt: skip
def test_every_failure_says_what_to_do_and_has_what_does_it(
    error: errors.ClientError, says: str, acts: tuple[Act, ...], forms: tuple[Form, ...]
) -> None:
    trouble = explained(error, WHERE)
    assert says in trouble.text
    assert (trouble.acts, trouble.forms) == (acts, forms)
    assert "--" not in trouble.text, "nobody types options into a window"
    assert trouble.text.endswith((".", ":"))


def test_of_a_changed_key_both_are_shown() -> None:
    trouble = explained(errors.KeyChanged(WHERE, PIN, OTHER, "f"), WHERE)
    assert (trouble.known, trouble.key) == (PIN, OTHER)
    assert "Nothing was sent" in trouble.text


def test_a_lost_connection_is_one_banner_until_it_is_back() -> None:
    troubles = Troubles()
    assert troubles.heard(LOST)
    shown = now(troubles)
    assert shown[0].acts == (Act.NOW, Act.STOP)
    assert "is kept, and sent when the connection is back" in shown[0].text
    for _ in range(3):
        troubles.heard(e.Reconnecting(WHERE, 4.0))
        troubles.heard(e.Connecting(WHERE, True))
        assert now(troubles) == shown, "it does not flicker"
    troubles.heard(e.Ready("kim", "s", "net"))
    assert now(troubles) == []


def test_who_stops_the_attempts_is_offered_to_connect() -> None:
    troubles = Troubles()
    troubles.heard(LOST)
    (shown,) = now(troubles, offline=True)
    assert (shown.level, shown.acts) == (Level.INFO, (Act.CONNECT,))


def test_a_guest_is_told_until_he_is_logged_in() -> None:
    troubles = Troubles()
    assert troubles.heard(e.LoginFailed("alice", "904", "the password is wrong"))
    troubles.heard(e.Ready("guest-kim", "s", "net"))
    (shown,) = now(troubles)
    assert (shown.forms, shown.entered) == ((Form.LOGIN,), "alice")
    assert troubles.heard(e.Refused(3, "LOGIN", "", "904", "still wrong"))
    assert now(troubles)[0].text.startswith("Still wrong.")
    troubles.heard(e.AccountChanged("alice", "alice", own=True))
    assert now(troubles) == []


def test_who_finds_his_name_to_be_an_accounts_can_log_in() -> None:
    """Who came again after REGISTER was a guest of another name, and was told so in the channel, once."""
    troubles = Troubles()
    troubles.heard(e.NickTaken("ada", "ada_", "Nick belongs to an account: log in to it, or take another"))
    assert now(troubles) == []
    troubles.heard(e.NickTaken("ada_", "ada__", "Nick is already in use"))
    troubles.heard(e.Ready("ada__", "s", "net"))
    (shown,) = now(troubles)
    assert shown.title == "The name ada belongs to an account"
    assert "ada__" in shown.text
    assert (shown.forms, shown.entered, shown.acts) == ((Form.LOGIN,), "ada", (Act.CLOSE,))
    troubles.heard(e.AccountChanged("ada__", "ada", own=True))
    assert now(troubles) == []
    troubles.heard(e.NickTaken("ada", "ada_", "Nick is already in use"))
    troubles.heard(e.Ready("ada_", "s", "net"))
    assert now(troubles) == []


def test_who_takes_another_name_has_answered_that_his_is_an_accounts() -> None:
    troubles = Troubles()
    troubles.heard(e.NickTaken("ada", "ada_", "Nick belongs to an account: log in to it, or take another"))
    troubles.heard(e.Ready("ada_", "s", "net"))
    troubles.heard(e.NickChanged("bob", "rob", own=False, time=0.0))
    assert now(troubles)
    troubles.heard(e.NickChanged("ada_", "lovelace", own=True, time=0.0))
    assert now(troubles) == []
    troubles.heard(e.LoginFailed("alice", "904", "the password is wrong"))
    troubles.heard(e.NickChanged("lovelace", "ada_", own=True, time=0.0))
    assert now(troubles)


def test_what_was_seen_is_closed() -> None:
    troubles = Troubles()
    assert troubles.heard(e.KeepingFailed("cannot write /x: no space left on device"))
    (shown,) = now(troubles)
    assert "Make room" in shown.text
    troubles.close(shown)
    assert now(troubles) == []


def test_a_key_that_nobody_knows_is_shown_to_be_compared() -> None:
    question = TrustQuestion("", "", WHERE, lambda text: True, PIN, lambda trusted: None)
    troubles = Troubles()
    troubles.heard(e.ConnectFailed(WHERE, errors.UnknownKey(WHERE, PIN)))
    (shown,) = now(troubles, question)
    assert (shown.key, shown.acts) == (PIN, (Act.TRUST, Act.DISTRUST))


def test_a_name_that_is_taken_is_named_with_what_it_costs() -> None:
    troubles = Troubles()
    assert now(troubles, name_question())[0].entered == "kim"
    troubles.heard(e.Disconnected(WHERE, errors.NameRefused("433", "the name kim is taken")))
    (shown,) = now(troubles, name_question(again=True, suggestion=""))
    assert shown.text == "The name kim is taken. Your invite is still good."
    assert shown.forms == (Form.NAME, Form.LOGIN)


def test_a_wrong_password_in_place_of_a_name_is_asked_for_again() -> None:
    troubles = Troubles()
    troubles.heard(e.Disconnected(WHERE, errors.NotLetIn("904", "no")))
    (shown,) = now(troubles, name_question(again=True))
    assert (shown.title, shown.forms) == ("Wrong account or password", (Form.LOGIN, Form.NAME))
