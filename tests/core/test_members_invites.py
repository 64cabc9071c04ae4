"""Members who invite: where they are let, whereto, how many, and what becomes of it when they go."""

from __future__ import annotations

import pytest

from natterjack.ports.events import Now
from tests.core.test_operators import chat_of
from tests.support.chat import make_account

# -- members who invite


def test_members_invite_where_they_are_let() -> None:
    chat = chat_of(make_account("alice"), make_account("bob"), invites="members")
    alice = chat.enter("alice", login="alice")
    bob = chat.enter("bob", login="bob")
    guest = chat.enter("guest")
    bob.heard.clear(), alice.heard.clear()
    row, answer = alice.send("CONSOLE invite --uses 2")
    code = row.partition("code=")[2].partition(";")[0]
    assert "; by=alice; " in row
    assert answer.startswith("NOTE CONSOLE ANSWER invite :")
    assert bob.send("CONSOLE invites") == [
        "NOTE CONSOLE ANSWER invites :0 invites that let somebody in; invites all shows the others too"
    ]
    unknown = f"FAIL CONSOLE REFUSED invite :there is no invite {code}: see invites"
    assert bob.send(f"CONSOLE invite revoke {code}") == [unknown]
    assert len(alice.send("CONSOLE invites")) == 2
    assert guest.send("CONSOLE invite")[0].startswith("481 ")
    for verb in ("users", "ban 192.0.2.7", "accounts", "fly"):
        assert alice.send(f"CONSOLE {verb}")[0].startswith("481 "), verb
    assert len(alice.send("CONSOLE help")) == 2
    assert len(alice.send("CONSOLE help invites")) == 1
    assert alice.send("CONSOLE help users")[0].startswith("FAIL CONSOLE UNKNOWN_VERB users :")
    assert alice.send(f"CONSOLE invite revoke {code}") == [
        f"NOTE CONSOLE ANSWER invite :{code} lets nobody in any more"
    ]
    assert [line.by for line in chat.core._ctx.audit.latest(9)] == ["alice", "alice"]


def test_a_members_invite_leads_only_where_he_is_an_operator() -> None:
    chat = chat_of(make_account("alice"), make_account("bob"), invites="members")
    alice = chat.enter("alice", login="alice")
    bob = chat.enter("bob", login="bob")
    bob.send("JOIN #secret", "MODE #secret +si", "JOIN #open")
    alice.send("JOIN #open", "JOIN #own")
    chat.quiet()
    for name in ("#secret", "#absent", "#open"):
        assert alice.send(f"CONSOLE invite --channel {name}") == [
            f"FAIL CONSOLE REFUSED invite :you are no operator of a channel {name}"
        ]
    assert "; channel=#own; " in alice.send("CONSOLE invite --channel #own")[0]


def test_a_member_has_so_many_invites_and_no_more() -> None:
    chat = chat_of(make_account("alice"), invites="members")
    alice = chat.enter("alice", login="alice")
    for _ in range(20):
        assert "ROW" in alice.send("CONSOLE invite")[0]
    assert alice.send("CONSOLE invite") == [
        "FAIL CONSOLE REFUSED invite :20 invites of yours are good still: revoke some (see invites)"
    ]

    for record in list(chat.core._ctx.invites):
        alice.send(f"CONSOLE invite revoke {record.code}")
    assert alice.send("CONSOLE invite") == [
        "FAIL CONSOLE REFUSED invite :you have made 20 invites within a day: make the next one tomorrow"
    ]
    chat.now = Now(chat.now.mono, chat.now.wall + 86401)
    assert "ROW" in alice.send("CONSOLE invite")[0]


def test_nobody_passes_for_the_console() -> None:
    chat = chat_of(invites="members")
    chat.console("invite", "--channel", "#secret")
    for nick in ("console", "Console", "c0nsole"):
        assert chat.open(nick).send(f"NICK {nick}") == [
            f"432 * {nick} :Erroneous nick: it is what the server's own console is called"
        ]


@pytest.mark.parametrize("verb", ["accounts revoke alice", "ban alice"])
def test_whoever_is_put_out_takes_his_invites_along(verb: str) -> None:
    chat = chat_of(make_account("alice"), make_account("bob"), invites="members", access="invite")
    codes = {}
    for nick in ("alice", "bob"):
        row = chat.enter(nick, login=nick).send("CONSOLE invite")[0]
        codes[nick] = row.partition("code=")[2].partition(";")[0]
    assert chat.console(*verb.split()).ok
    late = chat.open("late", "192.0.2.7", "tls")
    assert late.send(f"PASS {codes['alice']}", "NICK late", "USER x 0 * :X")[0].startswith(
        "464 late :this invite"
    )
    assert [row["by"] for row in chat.console("invites").rows] == ["bob"]
    other = chat.open("other", "192.0.2.8", "tls")
    assert other.send(f"PASS {codes['bob']}", "NICK other", "USER x 0 * :X")[0].startswith("001 other")
    chat.console("accounts", "restore", "alice")
    chat.console("unban", "alice")
    assert len(chat.console("invites").rows) == 2


def test_an_invite_leads_into_a_channel_only_as_long_as_its_maker_is_operator_there() -> None:
    chat = chat_of(
        make_account("alice"), make_account("bob"), make_account("op"), invites="members", access="invite"
    )
    chat.enter("alice", login="alice").send("JOIN #own", "MODE #own +si")
    bob = chat.enter("bob", login="bob")
    chat.peers["alice"].send("INVITE bob #own")
    bob.send("JOIN #own")
    chat.peers["alice"].send("MODE #own +h bob")
    code = bob.send("CONSOLE invite --channel #own")[-2].partition("code=")[2].partition(";")[0]

    def brought(nick: str) -> bool:
        peer = chat.open(nick, "192.0.2.7", "tls")
        lines = peer.send(f"PASS {code}", f"NICK {nick}", "USER x 0 * :X")
        assert lines[0].startswith("001 ")
        assert (f"403 {nick} #own :No such channel" in lines) is not (
            "#own" in chat.world.find(nick).channels
        )
        return "#own" in chat.world.find(nick).channels

    assert brought("one")
    bob.send("QUIT")
    assert brought("two"), "whether he is there or not"
    chat.peers["alice"].send("MODE #own -h bob")
    assert not brought("three")
    code = chat.console("invite", "--channel", "#own").rows[0]["code"]
    assert brought("four")
