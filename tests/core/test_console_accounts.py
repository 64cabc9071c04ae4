"""What an operator does to accounts: nobody gets in by a revoked one, or by the password that it had before."""

from __future__ import annotations

from base64 import b64decode, b64encode

from natterjack.ports.events import ConsoleRequest
from natterjack.proto.scram import ClientExchange
from tests.core.test_accounts import Server, _key, _numerics, _record
from tests.core.test_operators import chat_of
from tests.support.chat import make_account, said


def _console(verb: str, *args: str) -> ConsoleRequest:
    return ConsoleRequest(1, verb, args)


def test_a_revoked_account_cuts_its_sessions_and_lets_nobody_in() -> None:
    chat = chat_of(make_account("alice"), make_account("bob"))
    chat.enter("alice", login="alice")
    chat.enter("carol")
    half = chat.open("half")
    half.send("CAP LS 302", *said("alice", "alice-password"))
    chat.quiet()
    reply = chat.console("accounts", "revoke", "ALICE", "sold", "it")
    assert reply.text == "nobody gets in by the account alice any more; 2 sessions cut"
    why = "ERROR :Closing link: your account was revoked: sold it"
    assert [chat.peers[name].take() for name in ("alice", "half")] == [[why], [why]]
    assert chat.peers["carol"].take() == [":alice QUIT :Account revoked (sold it)"]
    again = chat.open("again")
    lines = again.send("CAP LS 302", *said("alice", "alice-password"))
    assert lines[-1] == "904 * :Login failed: the account or the password is wrong"
    assert chat.console("accounts", "revoke", "alice").text.startswith("alice is revoked already")
    assert [row["revoked"] for row in chat.console("accounts").rows] == [True, False]
    assert chat.console("accounts", "restore", "alice").text == "alice may log in again"
    assert not chat.console("accounts", "restore", "alice").ok
    chat.enter("alice", login="alice")
    log = [(line.verb, line.about) for line in chat.core._ctx.audit.latest(9)]
    assert log == [("accounts revoke", "alice (sold it)"), ("accounts restore", "alice")]


def test_a_login_under_way_does_not_get_past_a_revocation_or_a_new_password() -> None:
    for verb in (("accounts", "revoke", "alice"), ("passwd", "alice", "another-password")):
        server = Server(_record("alice", "correct-horse"))
        sid = server.open()
        server.say(sid, "CAP LS 302", "NICK x")
        got = server.say(sid, *said("alice", "correct-horse"))
        server._do(_console(*verb))
        server.asks.reverse()  # the operator's comes first
        while server.asks:
            server.derive()
        assert _numerics(got)[-1] == "904", verb


def test_scram_under_way_does_not_get_past_a_new_password() -> None:
    server = Server(_record("alice", "correct-horse"))
    sid = server.open()
    server.say(sid, "CAP LS 302", "NICK x", "AUTHENTICATE SCRAM-SHA-256")
    client = ClientExchange("alice", "clientnonce")
    (challenge,) = server.say(sid, f"AUTHENTICATE {b64encode(client.first()).decode()}")
    client.read_challenge(b64decode(challenge.split(" ")[1]))
    server._do(_console("passwd", "alice", "another-password"))
    server.derive()
    final = client.final(_key(b"correct-horse", client.salt))
    server.say(sid, f"AUTHENTICATE {b64encode(final).decode()}")
    assert _numerics(server.say(sid, "AUTHENTICATE +")) == ["904"]


def test_a_new_password_ends_the_sessions_and_is_never_logged() -> None:
    chat = chat_of(make_account("alice", operator=True))
    alice = chat.enter("alice", login="alice")
    reply = chat.console("passwd", "Alice", "battery-staple")
    assert (reply.text, reply.rows) == ("alice has a new password; 1 session cut", ())
    assert alice.take() == ["ERROR :Closing link: your account has a new password"]
    reply = chat.console("passwd", "alice")
    (row,) = reply.rows
    assert row["account"] == "alice"
    assert len(row["password"].split("-")) == 7
    for password, numeric in (("battery-staple", "904"), (row["password"], "903")):
        peer = chat.open("x")
        assert peer.send("CAP LS 302", *said("alice", password))[-1].startswith(numeric)
    record = chat.core._ctx.accounts.get("alice")
    assert record is not None
    assert record.operator
    log = repr(chat.core._ctx.audit.latest(9)) + repr(chat.happened)
    assert "battery" not in log
    assert row["password"] not in log


def test_passwords_that_nobody_may_have_are_refused_at_the_console_too() -> None:
    chat = chat_of(make_account("alice"))
    for words, why in (
        ((), "usage: passwd"),
        (("alice", "two", "words"), "usage: passwd"),
        (("alcie",), "there is no account alcie: did you mean alice?"),
        (("alice", "short"), "A password has at least 8 bytes"),
        (("alice", "x" * 301), "A password has at most 300 bytes"),
        (("alice", "bell\x07bell"), "may not contain"),
        (("alice", ""), "at least 8 bytes"),
    ):
        reply = chat.console("passwd", *words)
        assert not reply.ok
        assert why in reply.text


def test_an_operator_who_sets_his_own_password_is_told_it() -> None:
    chat = chat_of(make_account("boss", operator=True))
    boss = chat.enter("boss", login="boss")
    other = chat.enter("boss", login="boss")
    boss.heard.clear()
    row, answer = chat._by_sid[boss.sid].send("CONSOLE passwd boss")
    assert row.startswith("NOTE CONSOLE ROW passwd :account=boss; password=")
    assert answer == "NOTE CONSOLE ANSWER passwd :boss has a new password; 1 session cut"
    assert other.closed
    assert chat.world.find("boss").operator == "boss"


def test_a_password_is_not_shown_where_others_can_listen() -> None:
    chat = chat_of(make_account("boss", operator=True))
    peer = chat.open("boss", "192.0.2.7", "irc")
    peer.send("NICK x", "USER a 0 * :A")
    user = chat.world.find("x")
    chat.world.make_operator(user, "boss")
    assert peer.send("CONSOLE passwd boss") == [
        "FAIL CONSOLE REFUSED passwd :A password may be said only over TLS, or on the server's own machine"
    ]


def test_a_right_that_went_while_the_key_was_derived_is_not_used() -> None:
    server = Server(_record("boss", "correct-horse"), _record("alice", "correct-horse"))
    sid = server.join("x")
    user = server.core.world.find("x")
    assert user is not None
    server._do(_console("oper", "boss"))
    server.core.world.make_operator(user, "boss")
    got = server.say(sid, "CONSOLE passwd alice")
    server._do(_console("oper", "boss", "off"))
    server.derive()
    assert got[-1] == (
        ":natterjack FAIL CONSOLE REFUSED passwd :you are no operator any more, so nothing was changed"
    )
