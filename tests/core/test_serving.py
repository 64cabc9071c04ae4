"""STATS, LINKS, REHASH, WALLOPS, ISUPPORT, and what nobody offers."""

from __future__ import annotations

import pytest

from natterjack.ports.events import Reconfigured
from natterjack.ports.questions import Reload
from natterjack.ports.records import Snapshot
from tests.support.chat import Chat, make_account


def chat_with_root(*nicks: str, **settings: object) -> Chat:
    """``root`` is an operator of the server."""
    snapshot = Snapshot(b"s" * 32, (make_account("root", operator=True), make_account("kim")))
    chat = Chat(*nicks, store=True, durable=True, instant=True, lobby=(), snapshot=snapshot, **settings)
    chat.enter("root", login="root")
    chat.quiet()
    return chat


def test_stats() -> None:
    chat = chat_with_root("amy")
    chat.console("ban", "10.0.0.0/8", "--for", "7d", "spam")
    chat.console("ban", "x!*@*")
    chat.wait(80)
    chat.quiet()
    chat.play("""
        amy > STATS u
        amy < 242 amy :Server up 0 days 0:01:20
        amy < 219 amy u :End of STATS report
        amy > STATS
        amy < 219 amy * :End of STATS report
        amy > STATS x
        amy < 219 amy x :End of STATS report
        amy > STATS k
        amy < 481 amy :Permission denied: you're not an operator of this server
        amy < 219 amy k :End of STATS report
        root > STATS k
        root < 216 root K 10.0.0.0/8 * :until …, by console: spam
        root < 216 root K x!*@* * :without an end, by console
        root < 219 root k :End of STATS report
        root > STATS o
        root < 243 root O * * :root
        root < 219 root o :End of STATS report
    """)


def test_wallops_reaches_those_who_want_it() -> None:
    chat = chat_with_root("amy", "bob")
    chat.play("""
        amy > MODE amy +w
        amy < :amy MODE amy +w
        amy > WALLOPS :hi
        amy < 481 amy :Permission denied: you're not an operator of this server
        root > WALLOPS :hi all
        amy < :root WALLOPS :hi all
        root > WALLOPS
        root < 461 root WALLOPS :Not enough parameters
        root > MODE root +w
        root < :root MODE root +w
        root > WALLOPS more
        amy < :root WALLOPS :more
        root < :root WALLOPS :more
    """)
    assert [line.verb for line in chat.core._ctx.audit.latest(9)].count("wallops") == 2


def test_rehash_is_asked_of_the_shell_and_logged() -> None:
    chat = chat_with_root("amy")
    chat.answers = False
    chat.play("""
        amy > REHASH
        amy < 481 amy :Permission denied: you're not an operator of this server
        root > REHASH
        root < 382 root configuration :Reading the configuration again
    """)
    (ask,) = chat.asked
    assert ask.question == Reload()
    chat.answer()
    assert chat.peers["root"].take() == ["NOTE REHASH ANSWER :nothing has changed"]
    assert [line.verb for line in chat.core._ctx.audit.latest(9)] == ["rehash"]


def test_a_lone_server_has_no_links_and_some_commands_are_history() -> None:
    chat = Chat("amy")
    chat.play("""
        amy > LINKS
        amy < 365 amy * :End of LINKS list
        amy > USERS
        amy < 446 amy :USERS has been disabled
        amy > SUMMON bob
        amy < 445 amy :SUMMON has been disabled
    """)


def test_isupport_before_coming_in_and_in_a_batch() -> None:
    chat = Chat(icon="https://example.org/a=b.png")
    x = chat.open("x")
    assert x.send("ISUPPORT") == ["451 * :You have not registered yet: send NICK and USER first"]
    x.send("CAP REQ draft/extended-isupport")
    lines = x.send("ISUPPORT")
    assert all(line.startswith("005 * ") for line in lines)
    assert any(" draft/ICON=https://example.org/a\\x3Db.png " in line for line in lines)
    x.send("CAP REQ batch")
    lines = x.send("ISUPPORT")
    assert (lines[0], lines[-1]) == ("BATCH +1 draft/isupport", "BATCH -1")
    assert all(line.startswith("@batch=1 005 * ") for line in lines[1:-1])
    x.send("NICK x", "USER x 0 * :X", "CAP END")
    lines = x.send("VERSION")
    assert [line.split(" ")[0] for line in lines][:2] == ["351", "BATCH"]


@pytest.mark.parametrize("early", [False, True])
def test_a_new_picture_is_told(early: bool) -> None:
    chat = Chat("amy")
    x = chat.open("x") if early else chat.peers["amy"]
    x.send("CAP REQ :draft/extended-isupport batch")
    policy = chat.core.policy
    for icon, token in (
        ("https://a.example/i.png", "draft/ICON=https://a.example/i.png"),
        ("", "-draft/ICON"),
    ):
        chat.handle(Reconfigured(type(policy)(**{**_fields(policy), "icon": icon})))
        lines = x.take()
        assert lines[0].endswith(" draft/isupport")
        assert f" {token} :are supported" in lines[1]


def _fields(policy: object) -> dict[str, object]:
    return {name: getattr(policy, name) for name in policy.__struct_fields__}  # type: ignore[attr-defined]
