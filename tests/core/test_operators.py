"""Operators of the server: who is one, OPER, KILL, and what only they see."""

from __future__ import annotations

from typing import Any

from natterjack.ports.events import ConsoleRequest
from natterjack.ports.records import AccountRecord, AuditRecord, Snapshot
from tests.core.test_accounts import Server, _numerics, _record
from tests.support.chat import Chat, make_account, said


def chat_of(*records: AccountRecord, instant: bool = True, secret: bytes = b"", **settings: Any) -> Chat:
    """With the accounts ``records``; open to all."""
    everything: dict[str, Any] = {
        "store": True,
        "access": "open",
        "allow_plaintext": True,
        "lobby": ("#pond",),
    }
    return Chat(instant=instant, snapshot=Snapshot(secret, records), **(everything | settings))


def test_who_logs_in_to_an_operators_account_is_an_operator() -> None:
    chat = chat_of(make_account("alice", operator=True), make_account("carol"))
    alice = chat.open("alice")
    alice.send("CAP LS 302", "NICK alice", "USER a 0 * :A", *said("alice", "alice-password"))
    lines = alice.send("CAP END")
    assert lines[lines.index("221 alice :+o") + 1] == "381 alice :You are an operator of this server now"
    chat.enter("carol", login="carol")
    chat.quiet()
    chat.play("""
        carol > WHOIS alice
        carol < 311 carol alice…
        carol < 319 carol alice…
        carol < 312 carol alice…
        carol < 313 carol alice :is an operator of this server
        carol < 330 carol alice alice :is logged in as
        carol < 317 carol alice…
        carol < 318 carol alice :End of WHOIS list
        carol > WHO alice %nf
        carol < 354 carol alice H*
        carol < 315 carol alice :End of WHO list
    """)
    assert next(line for line in alice.send("LUSERS") if " 252 " in f" {line}").startswith("252 alice 1 ")


def test_the_right_is_given_and_taken_while_he_is_here() -> None:
    chat = chat_of(make_account("alice"), make_account("carol"))
    chat.enter("alice", login="alice")
    chat.enter("carol", login="carol")
    chat.quiet()
    assert chat.console("oper").text == "0 operators"
    chat.play("""
        -- console oper alice
        alice < MODE alice +o
        alice < 381 alice :You are an operator of this server now
        -- console oper ALICE off
        alice < MODE alice -o
        alice > KILL carol
        alice < 481 alice :Permission denied: you're not an operator of this server
        -- console oper alice
        alice < MODE alice +o
        alice < 381 alice :You are an operator of this server now
        alice > MODE alice -o
        alice < :alice MODE alice -o
        alice > KILL carol
        alice < 481 alice :Permission denied: you're not an operator of this server
        alice > MODE alice +o
    """)
    assert [row["account"] for row in chat.console("oper").rows] == ["alice"]
    assert [line.about for line in chat.core._ctx.audit.latest(9)] == ["alice"] * 3


def test_the_right_is_shown_only_after_it_is_stored() -> None:
    chat = chat_of(make_account("alice"), instant=False)
    alice = chat.enter("alice", login="alice")
    chat.quiet()
    chat.core.handle(ConsoleRequest(1, "oper", ("alice",)), chat.now)
    chat.carry_out(chat.core.take())
    assert (alice.take(), chat.replies) == ([], [])
    records = chat.commits[0].records
    assert [type(record) for record in records] == [AccountRecord, AuditRecord]
    chat.commit()
    assert alice.take() == ["MODE alice +o", "381 alice :You are an operator of this server now"]
    assert chat.replies.pop().text == "alice is an operator of this server"


def test_a_later_login_and_a_further_session_bring_it_too() -> None:
    chat = chat_of(make_account("alice", operator=True))
    guest = chat.enter("guest")
    lines = guest.send(*said("alice", "alice-password"))
    assert [line.split(" ")[0] for line in lines] == ["AUTHENTICATE", "900", "MODE", "381", "903"]
    one = chat.enter("alice", login="alice")
    one.send("MODE alice -o")
    assert chat.world.find("alice").operator == ""
    two = chat.open("two")
    two.send("CAP LS 302", "NICK alice", "USER a 0 * :A")
    lines = two.send(*said("alice", "alice-password"), "CAP END")
    assert lines[-2:] == ["MODE alice +o", "381 alice :You are an operator of this server now"]
    assert one.take()[-2:] == lines[-2:]


def test_oper_takes_the_accounts_password_and_does_not_log_in() -> None:
    chat = chat_of(make_account("boss", operator=True), make_account("carol"))
    chat.enter("alice", "labeled-response batch")
    chat.quiet()
    chat.play("""
        alice > OPER boss wrong-password
        alice < 464 alice :the account or the password is wrong
        alice > OPER nobody boss-password
        alice < 464 alice :the account or the password is wrong
        alice > OPER carol wrong-password
        alice < 464 alice :the account or the password is wrong
        alice > OPER carol carol-password
        alice < 491 alice :That account is no operator of this server
        alice > @label=x OPER boss boss-password
        alice < @label=x BATCH +1 labeled-response
        alice < @batch=1 MODE alice +o
        alice < @batch=1 381 alice :You are an operator of this server now
        alice < BATCH -1
        alice > OPER boss
        alice < 461 alice OPER :Not enough parameters
    """)
    user = chat.world.find("alice")
    assert (user.account, user.operator) == ("", "boss")
    (line,) = chat.core._ctx.audit.latest(9)
    assert (line.by, line.verb, line.about) == ("boss", "became operator", "alice (127.0.0.1)")


def test_oper_asks_for_no_password_where_others_can_listen() -> None:
    chat = chat_of(make_account("boss", operator=True))
    peer = chat.open("alice", "192.0.2.7", "irc")
    peer.send("NICK alice", "USER a 0 * :A")
    assert peer.send("OPER boss boss-password") == [
        "464 alice :A password may be said only over TLS, or on the server's own machine"
    ]


def test_oper_takes_as_long_for_a_name_that_is_none_and_waits_like_a_login() -> None:
    server = Server(_record("boss", "correct-horse"))
    sid = server.join("alice")
    for name in ("boss", "nobody"):
        got = server.say(sid, f"OPER {name} wrong-horse", "PING after")
        assert server.asks[0].question.rounds == 600_000
        assert got == []
        assert server.paused == {sid}
        server.derive()
        assert _numerics(got) == ["464", "PONG"]


def test_whoever_became_operator_by_a_password_loses_it_with_the_right() -> None:
    for verb in (
        ("oper", "boss", "off"),
        ("accounts", "revoke", "boss"),
        ("ban", "boss"),
        ("passwd", "boss"),
    ):
        chat = chat_of(make_account("boss", operator=True))
        alice = chat.enter("alice")
        alice.send("OPER boss boss-password")
        assert chat.world.find("alice").operator == "boss"
        assert chat.console(*verb).ok
        assert alice.take() == ["MODE alice -o"], verb
        assert chat.world.find("alice").operator == ""


def test_kill_disconnects_all_sessions_under_a_nick() -> None:
    chat = chat_of(make_account("alice", operator=True), make_account("bob"))
    for name in ("alice", "bob"):
        chat.enter(name, login=name)
    chat.enter("bob", login="bob")
    chat.enter("carol")
    chat.quiet()
    chat.play("""
        carol > KILL bob :why not
        carol < 481 carol :Permission denied: you're not an operator of this server
        alice > KILL bob :spam and more
        alice < :bob QUIT :Killed by alice: spam and more
        carol < :bob QUIT :Killed by alice: spam and more
        bob < ERROR :Closing link: Killed by alice: spam and more
        alice > KILL bob
        alice < 401 alice bob :No such nick or channel
        alice > KILL
        alice < 461 alice KILL :Not enough parameters
        alice > KILL alice
        alice < ERROR :Closing link: Killed by alice: no reason given
        carol < :alice QUIT :Killed by alice: no reason given
    """)
    assert [(line.by, line.verb, line.about) for line in chat.core._ctx.audit.latest(9)] == [
        ("alice", "kill", "bob (spam and more)"),
        ("alice", "kill", "alice (no reason given)"),
    ]
    assert len(chat.world.sessions) == 1


def test_addresses_are_shown_to_operators_alone() -> None:
    chat = chat_of(make_account("alice", operator=True), make_account("bob"), secret=b"s" * 32)
    alice = chat.enter("alice", login="alice")
    chat.enter("bob", ip="192.0.2.7", login="bob")
    chat.enter("bob", ip="2001:db8::7", login="bob")
    carol = chat.enter("carol", ip="192.0.2.9")
    seen = [line for line in alice.send("WHOIS bob") if line.startswith("338 ")]
    assert [line.split(" ")[4] for line in seen] == ["192.0.2.7", "2001:db8::7"]
    assert alice.send("WHO bob %i")[0] == "354 alice 192.0.2.7"
    everything = carol.send("WHOIS bob", "WHO bob %i", "WHO bob", "USERHOST bob", "WHO *", "WHOIS alice")
    assert "354 carol 255.255.255.255" in everything
    assert not [line for line in everything if "192.0.2.7" in line or "db8" in line]
    assert [line.split(" ")[4] for line in carol.send("WHOIS carol") if line.startswith("338 ")] == [
        "192.0.2.9"
    ]
    assert carol.send("WHO carol %i")[0] == "354 carol 192.0.2.9"
    alice.send("MODE alice -o")
    assert alice.send("WHO bob %i")[0] == "354 alice 255.255.255.255"


# -- the console over IRC


def test_the_console_over_irc_is_for_operators() -> None:
    chat = chat_of(make_account("boss", operator=True), make_account("carol"))
    chat.enter("boss", login="boss")
    chat.enter("carol", login="carol")
    chat.quiet()
    chat.play("""
        carol > CONSOLE status
        carol < 481 carol :Permission denied: you're not an operator of this server
        carol > CONSOLE
        carol < 481 carol :Permission denied: you're not an operator of this server
        carol > CONSOLE invite
        carol < 481 carol :Permission denied: you're not an operator of this server
        carol > CONSOLE fly
        carol < 481 carol :Permission denied: you're not an operator of this server
        boss > CONSOLE say #pond :hello  there
        boss < NOTICE #pond :hello  there
        boss < NOTE CONSOLE ANSWER say :said to #pond
        carol < NOTICE #pond :hello  there
        boss > CONSOLE :say carol psst
        boss < NOTE CONSOLE ANSWER say :said to carol
        carol < NOTICE carol :psst
        boss > CONSOLE Oper
        boss < NOTE CONSOLE ROW oper :account=boss; sessions=1; revoked=no
        boss < NOTE CONSOLE ANSWER oper :1 operator
        boss > CONSOLE kick nobody
        boss < FAIL CONSOLE REFUSED kick :nobody here is called nobody: see users
        boss > CONSOLE statsu
        boss < FAIL CONSOLE UNKNOWN_VERB statsu :That is no verb for here: did you mean status?
        boss > CONSOLE shutdown
        boss < FAIL CONSOLE UNKNOWN_VERB shutdown :That is no verb for here: CONSOLE help shows the verbs
        boss > CONSOLE kick carol #pond :too loud
        boss < KICK #pond carol :too loud
        boss < NOTE CONSOLE ANSWER kick :carol was put out of #pond
        carol < KICK #pond carol :too loud
    """)
    assert [(line.by, line.verb, line.about) for line in chat.core._ctx.audit.latest(9)] == [
        ("boss", "say", "to #pond: hello  there"),
        ("boss", "say", "to carol: psst"),
        ("boss", "kick", "carol from #pond (too loud)"),
    ]
    help_ = chat.peers["boss"].send("CONSOLE")
    assert "NOTE CONSOLE ANSWER help :status: how the server is" in help_
    assert help_ == chat.peers["boss"].send("CONSOLE help")
    chat.play("""
        boss > CONSOLE help Status
        boss < NOTE CONSOLE ANSWER help :status: how the server is
        boss > CONSOLE :help statsu
        boss < FAIL CONSOLE UNKNOWN_VERB statsu :That is no verb for here: did you mean status?
        boss > CONSOLE help kick ban
        boss < FAIL CONSOLE REFUSED help :usage: help [VERB]
    """)


def test_the_console_answers_an_operator_once_it_is_stored_and_with_his_label() -> None:
    chat = chat_of(make_account("boss", operator=True), instant=False)
    chat.enter("boss", "labeled-response batch", login="boss")
    chat.quiet()
    chat.play("""
        boss > @label=7 CONSOLE ban 192.0.2.0/24 :spam
        boss > @label=8 PING next
        -- commit
        boss < @label=7 NOTE CONSOLE ANSWER ban :192.0.2.0/24 is banned; 0 sessions cut
        boss < @label=8 PONG natterjack next
    """)


def test_long_rows_come_in_pieces_and_too_many_are_not_all_shown() -> None:
    chat = chat_of(make_account("boss", operator=True))
    boss = chat.enter("boss", login="boss")
    boss.send(*(f"JOIN #{'x' * 40}{number}" for number in range(40)))
    boss.heard.clear()
    lines = boss.send("CONSOLE users")
    assert len(lines) > 4
    assert all(len(line) < 450 for line in lines)
    assert "".join(lines).count("~#xxx") == 40
    for number in range(600):
        chat.open(f"n{number}")
    lines = boss.send("CONSOLE users")
    assert sum(": nick=" in f" {line}" or ":nick=" in line for line in lines) == 500
    assert lines[-1] == (
        "NOTE CONSOLE ANSWER users :601 sessions (only 500 are shown here; natterjack console shows all)"
    )


# -- a nick that several sessions share


def shared() -> Chat:
    """Kim, who may not operate, has said OPER with the password of root, who may; bob sees him."""
    chat = chat_of(make_account("kim"), make_account("root", operator=True), make_account("bob"))
    chat.enter("bob", login="bob")
    kim = chat.enter("kim", login="kim")
    assert kim.send("OPER root root-password") == [
        "MODE kim +o",
        "381 kim :You are an operator of this server now",
    ]
    chat.quiet()
    return chat


def come_in(chat: Chat, nick: str, login: str) -> list[str]:
    """One more session of the account; what it hears on the way in."""
    peer = chat.open("other")
    peer.send("CAP LS 302", f"NICK {nick}", "USER x 0 * :X", *said(login, f"{login}-password"))
    return peer.send("CAP END")


def test_whoever_knows_a_members_password_alone_gets_no_right_that_another_password_gave() -> None:
    chat = shared()
    lines = come_in(chat, "kim", "kim")
    assert any(line.startswith("001 kim ") for line in lines)
    assert not any(line.startswith(("221 ", "381 ", "MODE ", "NOTE ")) for line in lines)
    assert chat.peers["other"].send("CONSOLE passwd root newpassword1") == [
        "481 kim :Permission denied: you're not an operator of this server"
    ]
    assert chat.peers["kim"].take() == [
        "MODE kim -o",
        "NOTE OPER OPER_ENDED :Another session shares your nick now, so you are no operator of this server any more",
    ]
    assert chat.world.find("kim").operator == ""
    assert chat.peers["bob"].take() == []


def test_oper_with_another_account_is_refused_while_a_session_shares_the_nick() -> None:
    chat = chat_of(make_account("kim"), make_account("root", operator=True))
    kim = chat.enter("kim", login="kim")
    come_in(chat, "kim", "kim")
    chat.quiet()
    why = (
        "491 kim :Not while another session shares your nick, for it would be an operator too: end it first "
        "(/msg NickServ GHOST kim), or log in to that account"
    )
    assert kim.send("OPER root root-password") == [why]
    assert kim.send("OPER root wrong-password") == [why]  # no password is asked for
    assert chat.peers["other"].take() == []
    kim.send("PRIVMSG NickServ :GHOST kim")
    assert kim.send("OPER root root-password")[0] == "MODE kim +o"


def test_a_session_that_comes_while_the_password_is_checked_is_no_operator_either() -> None:
    chat = chat_of(make_account("kim"), make_account("root", operator=True))
    kim = chat.enter("kim", login="kim")
    chat.answers = False
    assert kim.send("OPER root root-password") == []
    chat.answers = True
    come_in(chat, "kim", "kim")
    chat.answer()
    (line,) = kim.take()
    assert line.startswith("491 kim :Not while another session shares your nick")
    assert chat.world.find("kim").operator == ""
    assert chat.core._ctx.audit.latest(9) == []


def test_the_right_of_ones_own_account_is_all_its_sessions() -> None:
    chat = chat_of(make_account("root", operator=True), make_account("kim", operator=True))
    root = chat.enter("root", login="root")
    assert "381 root :You are an operator of this server now" in come_in(chat, "root", "root")
    assert chat.world.find("root").operator == "root"
    root.send("MODE root -o")
    assert root.send("OPER ROOT root-password")[-1] == "381 root :You are an operator of this server now"
    # Whose own account may operate too keeps being one, by that.
    kim = chat.enter("kim", login="kim")
    kim.send("OPER root root-password")
    assert chat.world.find("kim").operator == "root"
    come_in(chat, "kim", "kim")
    assert chat.world.find("kim").operator == "kim"
