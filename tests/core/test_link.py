"""The join link at the console and over IRC: with which invite, for whom, and what is said where it lets nobody in."""

from __future__ import annotations

import pytest

from natterjack.ports.effects import ConsoleReply
from natterjack.proto.joinlink import JoinLink, make_pin, parse_link
from tests.core.test_operators import chat_of
from tests.support.chat import Chat, make_account

PIN = make_pin(bytes(32))
WHERE = JoinLink("192.0.2.9", 7000, PIN)


def house(**policy: object) -> Chat:
    return Chat(store=True, link=WHERE, **policy)


def invite_of(reply: ConsoleReply) -> str:
    link = parse_link(reply.rows[0]["link"])
    assert (link.host, link.port, link.pin) == (WHERE.host, WHERE.port, WHERE.pin)
    assert reply.rows[0]["invite"] == link.invite
    return link.invite


def test_it_has_the_invite_that_was_printed_at_the_start() -> None:
    chat = house()
    first = chat.core.standing_invite()
    reply = chat.console("link")
    assert (reply.ok, invite_of(reply)) == (True, first)
    assert (reply.rows[0]["host"], reply.rows[0]["port"], reply.rows[0]["pin"]) == (
        WHERE.host,
        WHERE.port,
        PIN,
    )
    assert (
        reply.text
        == "Send the link; an IRC app takes host and port with TLS, and the invite as its server password."
    )


def test_each_invite_has_a_link_of_its_own() -> None:
    chat = house()
    chat.core.standing_invite()
    (row,) = chat.console("invite", "--uses", "1").rows
    assert parse_link(row["link"]) == JoinLink(WHERE.host, WHERE.port, PIN, row["code"])
    assert invite_of(chat.console("link", row["code"])) == row["code"]
    assert invite_of(chat.console("link", *row["code"].upper().split("-"))) == row["code"]  # as it was heard
    assert invite_of(chat.console("link")) != row["code"]
    chat.console("invite", "revoke", row["code"])
    for code in (row["code"], "nothing"):
        reply = chat.console("link", code)
        assert (reply.ok, reply.rows) == (False, ())
        assert reply.text == f"no invite {code} lets anybody in: see invites"


@pytest.mark.parametrize(
    ("access", "said"),
    [
        ("open", "Send the link; an IRC app takes host and port with TLS."),
        (
            "invite",
            "No invite lets anybody in just now, so that it takes an account: invite makes one with its link.",
        ),
        (
            "accounts",
            "No invite lets anybody in just now, so that it takes an account: invite makes one with its link.",
        ),
    ],
)
def test_without_an_invite(access: str, said: str) -> None:
    chat = house(access=access)
    reply = chat.console("link")
    assert (reply.ok, invite_of(reply), reply.text) == (True, "", said)


def test_it_makes_none() -> None:
    chat = house()
    chat.console("link")
    assert chat.console("invites", "all").rows == ()


def test_where_nobody_else_can_come() -> None:
    chat = Chat(store=True, link=JoinLink("127.0.0.1", 7000, PIN))
    for verb in ("link", "invite"):
        assert (
            chat.console(verb).text
            == "It listens on this machine only, so that the link is of no use elsewhere."
        )


def test_over_irc() -> None:
    chat = chat_of(make_account("alice"), make_account("bob"), invites="members", link=WHERE)
    alice = chat.enter("alice", login="alice")
    row = alice.send("CONSOLE invite")[0]
    assert f"; link={WHERE.render()}&invite=" in row
    assert alice.send("CONSOLE link")[0].startswith("481 ")  # it has an invite that is not his
    chat.console("oper", "bob")
    bob = chat.enter("bob", login="bob")
    assert f":link={WHERE.render()}; " in bob.send("CONSOLE link")[0]
