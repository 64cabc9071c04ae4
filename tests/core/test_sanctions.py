"""Bans: whom they mean, what they do at once, and how they end. (Mutes and the lock: test_mutes.py.)"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from natterjack.core.policy import SANCTION_MASKS, Limits
from natterjack.core.sanctions import Person, Targets, means_loopback
from natterjack.ports.events import Now
from natterjack.ports.records import SanctionGoneRecord, SanctionRecord, Snapshot
from tests.support.chat import WALL, Chat, make_account, said

_ACCOUNTS = (make_account("alice"), make_account("bob"), make_account("boss", operator=True))


def chat_of(*nicks: str, instant: bool = True, secret: bytes = b"", **members: Any) -> Chat:
    """Open to all; ``members`` of the snapshot beside three accounts."""
    snapshot = Snapshot(secret, _ACCOUNTS, **members)
    settings: dict[str, Any] = {"store": True, "access": "open", "allow_plaintext": True, "lobby": ("#pond",)}
    settings |= {"limits": Limits(ping_after=1e6, drop_after=2e6)}
    return Chat(*nicks, instant=instant, snapshot=snapshot, **settings)


def _ban(target: str, kind: str = "ban", until: float = 0.0, reason: str = "") -> SanctionRecord:
    return SanctionRecord(kind, target, "console", 1.0, until, reason)


# -- whom a target means


@pytest.mark.parametrize(
    ("target", "fits", "fits_not"),
    [
        ("Alice", {"account": "aLICE"}, {"nick": "alice"}),
        ("192.0.2.7", {"ips": ("192.0.2.7",)}, {"ips": ("192.0.2.70",)}),
        ("192.0.2.0/24", {"ips": ("10.0.0.1", "192.0.2.255")}, {"ips": ("192.0.3.0", "2001:db8::1")}),
        ("0.0.0.0/1", {"ips": ("10.0.0.1",)}, {"ips": ("192.0.2.7", "::7f00:1")}),
        ("2001:db8::/32", {"ips": ("2001:db8:1::1%eth0",)}, {"ips": ("2001:db9::1", "32.1.13.184")}),
        ("spam*!*@*", {"nick": "SPAMMER"}, {"nick": "no-spam"}),
        ("*!~x@*", {"username": "~X"}, {"username": "x"}),
        ("*!*@*.q2.ip", {"host": "a.q2.ip"}, {"host": "a.q3.ip"}),
        ("*!*@192.0.2.?", {"ips": ("192.0.2.7",)}, {"ips": ("192.0.2.77",)}),
    ],
)
def test_a_target_means_whom_it_fits(target: str, fits: dict[str, Any], fits_not: dict[str, Any]) -> None:
    base: dict[str, Any] = {"account": "", "nick": "n", "username": "u", "host": "h", "ips": ("203.0.113.1",)}
    targets = Targets([_ban("other"), _ban("198.51.100.0/24"), _ban(target), _ban("x!y@z")])
    found = targets.fits(Person(**(base | fits)))
    assert found is not None
    assert found.target == target
    assert targets.fits(Person(**(base | fits_not))) is None
    assert targets.fits(Person("", "", "", "", ("203.0.113.1",))) is None


def test_a_target_is_known_by_its_meaning_and_can_be_taken_out() -> None:
    targets = Targets([_ban("alice"), _ban("192.0.2.0/24"), _ban("Spam!*@*")])
    assert len(targets) == len(list(targets)) == 3
    for target in ("ALICE", "192.0.2.0/24", "spam!*@*"):
        targets.put(_ban(target, reason="again"))
        found = targets.get(target)
        assert found is not None
        assert found.reason == "again"
    assert len(targets) == 3
    assert [targets.pop(target) is not None for target in ("Alice", "192.0.2.0/24", "SPAM!*@*")] == [True] * 3
    assert targets.pop("alice") is None
    assert len(targets) == 0


@pytest.mark.parametrize(
    ("target", "means"),
    [
        ("127.0.0.1", True),
        ("126.0.0.0/7", True),
        ("0.0.0.0/0", True),
        ("::/0", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("*!*@*", True),
        ("*!*@127.*", True),
        ("?*!*@*1", True),
        ("*!*@::1", True),
        ("192.0.2.0/24", False),
        ("2001:db8::/32", False),
        ("spam!*@*", False),
        ("*!spam@127.0.0.1", False),
        ("*!*@*.ip", False),
        ("alice", False),
    ],
)
def test_what_would_keep_out_this_machine(target: str, means: bool) -> None:
    assert means_loopback(target) is means


# -- bans


def test_a_ban_of_an_account_cuts_it_and_keeps_it_out() -> None:
    chat = chat_of("carol")
    chat.enter("alice", login="alice")
    chat.enter("phone", login="alice")
    chat.quiet()
    reply = chat.console("ban", "ALICE", "--for", "7d", "spam", "and", "more")
    assert reply.text == "alice is banned until 2026-11-29 20:31 UTC; 2 sessions cut"
    why = "you are banned from this server until 2026-11-29 20:31 UTC: spam and more"
    for name in ("alice", "phone"):
        assert chat.peers[name].take()[-2:] == [f"465 {name} :{why}", f"ERROR :Closing link: {why}"]
    assert chat.peers["carol"].take() == [
        ":alice QUIT :Banned: spam and more",
        ":phone QUIT :Banned: spam and more",
    ]
    again = chat.open("again")
    lines = again.send("CAP LS 302", "NICK alice", "USER a 0 * :A", *said("alice", "wrong-password"))
    assert lines[-1] == "904 * :Login failed: the account or the password is wrong"
    assert again.send(*said("alice", "alice-password"))[1:] == [
        f"465 * :{why}",
        f"ERROR :Closing link: {why}",
    ]
    carol = chat.peers["carol"]
    assert carol.send(*said("alice", "alice-password"))[1:] == [
        f"465 carol :{why}",
        f"ERROR :Closing link: {why}",
    ]
    assert chat.console("unban", "alice").text == "alice may come in again"
    chat.enter("alice", login="alice")


def test_a_ban_of_a_network_cuts_it_and_turns_it_away_when_it_connects() -> None:
    chat = chat_of("carol", secret=b"s" * 32)
    eve = chat.enter("eve", ip="192.0.2.7")
    half = chat.open("half", "192.0.2.8", "tls")
    member = chat.enter("alice", ip="192.0.2.9", login="alice")
    chat.quiet()
    assert chat.console("ban", "192.0.2.77/24").text == "192.0.2.0/24 is banned; 3 sessions cut"
    error = "ERROR :Closing link: you are banned from this server"
    assert eve.take() == ["465 eve :you are banned from this server", error]
    assert half.take() == ["465 * :you are banned from this server", error]
    assert member.closed
    late = chat.open("late", "192.0.2.200", "tls")
    assert late.take() == ["465 * :you are banned from this server", error]
    assert late.closed
    assert late.sid not in chat.world.sessions
    chat.enter("next", ip="192.0.3.1")
    assert chat.console("unban", "192.0.2.0/24").ok
    chat.enter("eve", ip="192.0.2.7")


def test_those_whom_a_ban_cuts_are_told_nothing_of_each_other() -> None:
    chat = chat_of("ann", secret=b"s" * 32)
    eves = [chat.enter(f"eve{number}", ip=f"192.0.2.{number}") for number in range(3)]
    chat.quiet()
    assert chat.console("ban", "192.0.2.0/24", "raid").text == "192.0.2.0/24 is banned; 3 sessions cut"
    for number, eve in enumerate(eves):
        why = "you are banned from this server: raid"
        assert eve.take() == [f"465 eve{number} :{why}", f"ERROR :Closing link: {why}"]
    quits = chat.peers["ann"].take()
    assert len(quits) == 3
    assert all(line.endswith(" QUIT :Banned: raid") for line in quits)


def test_a_ban_of_a_mask_cuts_whom_it_fits_by_cloak_or_address() -> None:
    chat = chat_of(secret=b"s" * 32)
    for nick, ip in (
        ("spam1", "192.0.2.7"),
        ("spam2", "198.51.100.7"),
        ("ann", "192.0.2.7"),
        ("ben", "192.0.3.7"),
    ):
        chat.enter(nick, ip=ip)
    host = chat.world.find("ben").host
    assert chat.console("ban", "spam*!*@192.0.2.*").text == "spam*!*@192.0.2.* is banned; 1 session cut"
    assert chat.console("ban", f"*!*@{host}").text.endswith("1 session cut")
    assert [user.nick for user in chat.world.users.values()] == ["spam2", "ann"]


@pytest.mark.parametrize("lines", [("NICK spam", "USER x 0 * :X"), ("USER x 0 * :X", "NICK spam")])
@pytest.mark.parametrize("negotiating", [False, True])
def test_a_banned_mask_is_kept_out_as_soon_as_it_is_known(lines: tuple[str, ...], negotiating: bool) -> None:
    chat = chat_of()
    chat.console("ban", "spam!x@*", "go away")
    peer = chat.open("x")
    got = peer.send(*(["CAP LS 302"] if negotiating else []), *lines, "QUIT", "NICK other")
    assert got[-2:] == [
        "465 spam :you are banned from this server: go away",
        "ERROR :Closing link: you are banned from this server: go away",
    ]
    assert chat.world.sessions == {}
    assert chat.world.users == {}


def test_a_nick_that_is_banned_is_not_to_be_had_later() -> None:
    chat = chat_of("ann", "bea")
    chat.console("ban", "spam*!*@*", "--for", "30m")
    chat.play("""
        ann > NICK spammer
        ann < 432 ann spammer :Erroneous nick: with it you are banned from this server until 2026-11-22 21:01 UTC
        ann > NICK anna
        ann < :ann NICK anna
        bea < :ann NICK anna
        -- wait 1801
        ann > NICK spammer
        ann < :anna NICK spammer
        bea < :anna NICK spammer
    """)


def test_a_ban_is_answered_once_it_is_stored_and_cuts_at_once() -> None:
    chat = chat_of("carol", instant=False)
    chat.enter("boss", login="boss")
    chat.enter("eve", ip="192.0.2.7")
    chat.quiet()
    chat.play("""
        boss > CONSOLE ban 192.0.2.7 --for 12h :spam
        eve < 465 eve :you are banned from this server until 2026-11-23 08:31 UTC: spam
        eve < ERROR :Closing link: you are banned from this server until 2026-11-23 08:31 UTC: spam
        boss < :eve!eve@192.0.2.7 QUIT :Banned: spam
        carol < :eve!eve@192.0.2.7 QUIT :Banned: spam
        -- commit
        boss < NOTE CONSOLE ANSWER ban :192.0.2.7 is banned until 2026-11-23 08:31 UTC; 1 session cut
    """)


def test_an_operator_may_ban_himself() -> None:
    chat = chat_of("carol")
    boss = chat.enter("boss", login="boss")
    chat.quiet()
    assert boss.send("@label=1 CONSOLE ban boss", "PING x") == [
        "465 boss :you are banned from this server",
        "ERROR :Closing link: you are banned from this server",
    ]
    assert chat.peers["carol"].take() == [":boss QUIT :Banned"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "ban whom? Usage: ban TARGET [--for 30m|12h|7d] [reason]"),
        ("127.0.0.1", "127.0.0.1 would keep out this machine itself, and you with it"),
        ("*!*@*", "*!*@* would keep out this machine itself, and you with it"),
        ("@*", "*!*@* would keep out this machine itself, and you with it"),
        (
            "nobody",
            "nobody is neither an account nor somebody's nick here: give an account, an address, a network",
        ),
        ("192.0.2.300", "192.0.2.300 is neither an account nor somebody's nick"),
        ("carol", "carol is a guest's nick: name a mask, carol!*@127.0.0.1"),
        ("eve", "eve is a guest's nick: name his address, 192.0.2.7, or a mask, eve!*@192.0.2.7"),
        ("phone", "phone is a nick: name his account, alice"),
        ("alice --for ever", "can't read --for ever: ban TARGET [--for 30m|12h|7d] [reason]"),
        ("alice --for", "can't read --for: ban TARGET"),
        ("alice --for 0m x", "can't read --for 0m"),
        ("alice --until 7d", "can't read --until: ban TARGET"),
        ("x" * 300 + "!*@*", "a mask is one word of 200 bytes at most"),
    ],
)
def test_what_cannot_be_banned_is_refused_with_words(words: str, why: str) -> None:
    chat = chat_of("carol")
    chat.enter("eve", ip="192.0.2.7")
    chat.enter("phone", login="alice")
    reply = chat.console("ban", *words.split())
    assert not reply.ok
    assert reply.text.startswith(why)
    assert list(chat.core._ctx.sanctions) == []
    assert len(chat.world.sessions) == 3


def test_bans_and_mutes_are_listed_and_lifted_by_their_target() -> None:
    chat = chat_of()
    chat.console("ban", "alice", "--for", "7d", "spam")
    chat.console("mute", "ALICE")
    chat.console("mute", "spam@*")
    chat.console("ban", "2001:DB8:0::1")
    reply = chat.console("bans")
    assert reply.text == "4 bans and mutes"
    assert [(row["what"], row["target"], row["expires"], row["reason"]) for row in reply.rows] == [
        ("ban", "alice", "2026-11-29T20:31:02.500Z", "spam"),
        ("ban", "2001:db8::1", "never", ""),
        ("mute", "alice", "never", ""),
        ("mute", "*!spam@*", "never", ""),
    ]
    assert {(row["by"], row["since"]) for row in reply.rows} == {("console", "2026-11-22T20:31:02.500Z")}
    for verb, target in (("unban", "bob"), ("unmute", "2001:db8::1"), ("unban", ""), ("unmute", "bob bob")):
        assert not chat.console(verb, *target.split()).ok
    for verb, target in (
        ("unban", "Alice"),
        ("unmute", "alice"),
        ("unmute", "spam@*"),
        ("unban", "2001:db8::1"),
    ):
        assert chat.console(verb, target).ok
    assert chat.console("bans").rows == ()
    log = [(line.verb, line.about) for line in chat.core._ctx.audit.latest(9)]
    assert log[:3] == [
        ("ban", "alice until 2026-11-29 20:31 UTC (spam)"),
        ("mute", "alice"),
        ("mute", "*!spam@*"),
    ]
    assert log[-1] == ("unban", "2001:db8::1")


def test_said_again_it_holds_anew() -> None:
    chat = chat_of()
    chat.console("ban", "alice", "--for", "7d", "spam")
    assert chat.console("ban", "alice", "worse").text == "alice is banned; 0 sessions cut"
    assert [row["reason"] for row in chat.console("bans").rows] == ["worse"]


def test_there_are_so_many_masks_and_no_more() -> None:
    chat = chat_of()
    for number in range(SANCTION_MASKS):
        assert chat.console("mute", f"n{number}!*@*").ok
    assert chat.console("mute", "more!*@*").text.startswith("there are 200 masks already")
    assert chat.console("mute", "n7!*@*", "again").ok
    assert chat.console("mute", "alice").ok
    assert chat.console("ban", "more!*@*").ok


def test_what_has_expired_is_gone_from_the_store_too() -> None:
    records = (
        _ban("alice", until=WALL - 5),
        _ban("bob", "mute", until=WALL + 60),
        _ban("eve!*@*", until=WALL + 600),
    )
    chat = chat_of(instant=False, sanctions=records)
    bob = chat.enter("bob", login="bob")
    assert bob.send("PRIVMSG #pond :x")[0].startswith(
        "404 bob #pond :Cannot send to channel (you are muted until "
    )
    chat.wait(1)
    assert chat.commits[0].records == (SanctionGoneRecord("ban", "alice"),)
    chat.wait(60)
    assert chat.commits[1].records == (SanctionGoneRecord("mute", "bob"),)
    assert bob.send("PRIVMSG #pond :x") == []
    assert [record.target for record in chat.core._ctx.sanctions] == ["eve!*@*"]


@pytest.mark.parametrize("jump", [-315e6, 315e6])
def test_no_jump_of_the_clock_ends_a_ban_or_makes_it_longer(jump: float) -> None:
    chat = chat_of()
    chat.console("ban", "bob", "--for", "30m")
    chat.console("ban", "alice", "--for", "30m")
    chat.console("ban", "alice", "--for", "2h")
    chat.now = Now(chat.now.mono, chat.now.wall + jump)
    chat.wait(1799, step=60)
    assert [row["target"] for row in chat.console("bans").rows] == ["bob", "alice"]
    chat.wait(2, step=1)
    assert [row["target"] for row in chat.console("bans").rows] == ["alice"]


def test_after_a_restart_with_the_clock_behind_a_ban_is_no_longer_than_it_was_meant_to_be() -> None:
    chat = chat_of(sanctions=(structs.replace(_ban("bob", until=WALL + 1e8), since=WALL + 1e8 - 60),))
    chat.wait(59)
    assert len(chat.console("bans").rows) == 1
    chat.wait(2)
    assert chat.console("bans").rows == ()
