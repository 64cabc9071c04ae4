"""Accounts: made with REGISTER, proved with AUTHENTICATE, and what that gives."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pytest

from natterjack.core.policy import Logins, Policy
from natterjack.core.server import Core
from natterjack.ports.effects import Ask, Commit, Deliver, Pause, Send
from natterjack.ports.events import Answered, Closed, Committed, Now, Opened, Received, Tick
from natterjack.ports.records import AccountRecord, Snapshot
from natterjack.proto.scram import ClientExchange, make_verifier
from natterjack.wire.message import parse
from tests.support.chat import Chat, make_account, said

_SECRET = b"s" * 32


def _key(password: bytes, salt: bytes) -> bytes:
    """Stands for the derivation, which the core never does itself."""
    return (password + salt).ljust(32, b".")[:32]


def _record(name: str, password: str) -> AccountRecord:
    salt = b"0123456789abcdef"
    verifier = make_verifier(_key(password.encode(), salt), salt, 600_000)
    return AccountRecord(name, 1.0, verifier.rounds, salt, verifier.stored_key, verifier.server_key)


class Server:
    """A core with workers that answer when the test says so and, if ``holding``, a store that does likewise."""

    def __init__(self, *accounts: AccountRecord, holding: bool = False) -> None:
        self._holding = holding
        policy = Policy(version="1", store=True, limited=False)
        self.core = Core(policy, "m", Now(0, 1e9), Snapshot(_SECRET, accounts), lambda size: b"e" * size)
        self.got: dict[int, list[str]] = {}
        self.asks: list[Ask] = []
        self.commits: list[Commit] = []
        self.paused: set[int] = set()
        self._last = 0

    def open(self, ip: str = "127.0.0.1", via: str = "irc") -> int:
        self._last += 1
        self._do(Opened(self._last, ip, 1000 + self._last, via))
        return self._last

    def say(self, sid: int, *lines: str) -> list[str]:
        self.got[sid] = []
        self._do(Received(sid, [parse(line.encode()) for line in lines]))
        return self.got[sid]

    def derive(self) -> None:
        """The workers answer the oldest question."""
        ask = self.asks.pop(0)
        self._do(Answered(ask.ask, _key(ask.question.password, ask.question.salt)))

    def commit(self) -> None:
        self._do(Committed(self.commits.pop(0).batch))

    def close(self, sid: int) -> None:
        self._do(Closed(sid, "gone"))

    def close_all_of(self, nick: str) -> None:
        user = self.core.world.find(nick)
        assert user is not None
        for session in user.sessions:
            self.close(session.sid)

    def join(self, nick: str) -> int:
        sid = self.open()
        self.say(sid, f"NICK {nick}", "USER u 0 * :U")
        return sid

    def log_in(self, sid: int, name: str, password: str) -> list[str]:
        self.say(sid, "AUTHENTICATE PLAIN")
        got = self.say(sid, f"AUTHENTICATE {_plain(name, password)}")
        self.derive()
        return got

    def at(self, mono: float, event: object) -> None:
        """``event`` happens at ``mono``."""
        self._do(event, mono)

    def _do(self, event: object, mono: float = 1.0) -> None:
        self.core.handle(event, Now(mono, 1e9 + mono))  # type: ignore[arg-type]
        for effect in self.core.take():
            if isinstance(effect, Send):
                self.got.setdefault(effect.sid, []).extend(effect.data.decode().split("\r\n")[:-1])
            elif isinstance(effect, Deliver):
                for sid in effect.to:
                    data = (effect.instead or {}).get(sid, effect.data)
                    self.got.setdefault(sid, []).extend(data.decode().split("\r\n")[:-1])
            elif isinstance(effect, Ask):
                self.asks.append(effect)
            elif isinstance(effect, Commit):
                self.commits.append(effect)
                if not self._holding:
                    self._do(Committed(effect.batch))
            elif isinstance(effect, Pause):
                (self.paused.add if effect.paused else self.paused.discard)(effect.sid)


def _plain(name: str, password: str) -> str:
    return b64encode(f"\0{name}\0{password}".encode()).decode()


def _numerics(lines: list[str]) -> list[str]:
    return [line.split(" ")[1] for line in lines if line.startswith(":natterjack ")]


def test_what_the_server_takes_for_a_login_is_not_taken_off_the_time_to_register() -> None:
    server = Server(_record("alice", "alice-password"))
    sid = server.open()
    server.at(21.0, Tick())
    server.at(21.0, Received(sid, [parse(b"CAP LS"), parse(b"NICK alice"), parse(b"USER a 0 * :A")]))
    for line in ("AUTHENTICATE PLAIN", f"AUTHENTICATE {_plain('alice', 'alice-password')}"):
        server.at(21.0, Received(sid, [parse(line.encode())]))
    for second in range(22, 200):
        server.at(float(second), Tick())
    ask = server.asks.pop()
    server.at(200.0, Answered(ask.ask, _key(ask.question.password, ask.question.salt)))
    assert "903" in _numerics(server.got[sid])
    server.at(208.0, Tick())
    assert not server.got[sid][-1].startswith("ERROR")
    server.at(212.0, Tick())
    assert server.got[sid][-1] == "ERROR :Closing link: registration was not complete within 30 seconds"


def test_register_is_acknowledged_only_after_its_commit() -> None:
    server = Server(holding=True)
    alice = server.join("alice")
    got = server.say(alice, "REGISTER * * correct-horse")
    assert got == []
    server.derive()
    assert got == []
    assert [type(record) for record in server.commits[0].records] == [AccountRecord]
    server.commit()
    assert got[0] == ":natterjack REGISTER SUCCESS alice :alice is your account from now on"
    assert _numerics(got) == ["REGISTER", "900"]


def test_while_a_password_is_derived_its_session_waits_and_others_do_not() -> None:
    server = Server()
    alice, bob = server.join("alice"), server.join("bob")
    got = server.say(alice, "REGISTER * * correct-horse", "PING one", "PING two")
    assert server.paused == {alice}
    assert _numerics(server.say(bob, "PING three")) == ["PONG"]
    assert got == []
    server.derive()
    assert server.paused == set()
    assert [line.rsplit(" ", 1)[1] for line in got if " PONG " in line] == ["one", "two"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("REGISTER * * 7-bytes", "WEAK_PASSWORD"),
        ("REGISTER * * " + "x" * 301, "UNACCEPTABLE_PASSWORD"),
        ("REGISTER * * :bell\x07bell", "UNACCEPTABLE_PASSWORD"),
        ("REGISTER bob * correct-horse", "ACCOUNT_NAME_MUST_BE_NICK"),
        ("REGISTER * a@b.example correct-horse", "INVALID_EMAIL"),
    ],
)
def test_registrations_that_are_refused(line: str, code: str) -> None:
    server = Server()
    got = server.say(server.join("alice"), line)
    assert got[0].startswith(f":natterjack FAIL REGISTER {code} ")
    assert server.asks == []


@pytest.mark.parametrize("password", ["8-bytes!", "x" * 300])
def test_the_shortest_and_the_longest_password_are_taken(password: str) -> None:
    server = Server()
    assert server.say(server.join("alice"), f"REGISTER * * {password}") == []
    assert len(server.asks) == 1


def test_a_password_is_not_taken_where_others_can_listen() -> None:
    policy = Policy(version="1", store=True, allow_plaintext=True, access="open")
    server = Server()
    server.core = Core(policy, "m", Now(0, 1e9), Snapshot(_SECRET, (_record("bob", "correct-horse"),)))
    sid = server.open("192.0.2.7")
    got = server.say(sid, "CAP LS 302", "NICK alice", "USER u 0 * :U", "CAP END")
    assert "sasl=SCRAM-SHA-256 " in " ".join(got) + " "
    assert server.say(sid, "REGISTER * * correct-horse")[0].startswith(
        ":natterjack FAIL REGISTER UNACCEPTABLE_PASSWORD alice "
    )
    assert _numerics(server.say(sid, "AUTHENTICATE PLAIN")) == ["908", "904"]


def test_plain_logs_in() -> None:
    server = Server(_record("alice", "correct-horse"))
    sid = server.open()
    server.say(sid, "CAP LS 302", "NICK alice", "USER u 0 * :U")
    got = server.log_in(sid, "alice", "correct-horse")
    assert _numerics(got) == ["900", "903"]
    assert server.say(sid, "CAP END")[0].startswith(":natterjack 001 alice ")


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong-horse"), ("nobody", "correct-horse")])
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer_after_the_same_work(
    name: str, password: str
) -> None:
    server = Server(_record("alice", "correct-horse"))
    sid = server.open()
    server.say(sid, "CAP LS 302", "NICK carol", "USER u 0 * :U", "AUTHENTICATE PLAIN")
    got = server.say(sid, f"AUTHENTICATE {_plain(name, password)}")
    assert server.asks[0].question.rounds == 600_000
    server.derive()
    assert got == [":natterjack 904 carol :Login failed: the account or the password is wrong"]


def test_scram_proves_both_sides() -> None:
    server = Server(_record("alice", "correct-horse"))
    sid = server.open()
    server.say(sid, "CAP LS 302", "NICK alice", "USER u 0 * :U")
    assert server.say(sid, "AUTHENTICATE SCRAM-SHA-256") == ["AUTHENTICATE +"]
    client = ClientExchange("alice", "clientnonce")
    (challenge,) = server.say(sid, f"AUTHENTICATE {b64encode(client.first()).decode()}")
    client.read_challenge(b64decode(challenge.split(" ")[1]))
    final = client.final(_key(b"correct-horse", client.salt))
    (proof,) = server.say(sid, f"AUTHENTICATE {b64encode(final).decode()}")
    client.check(b64decode(proof.split(" ")[1]))
    assert _numerics(server.say(sid, "AUTHENTICATE +")) == ["900", "903"]
    assert server.asks == []


def test_scram_with_a_wrong_password_and_for_an_unknown_name() -> None:
    server = Server(_record("alice", "correct-horse"))
    for name in ("alice", "nobody"):
        sid = server.open()
        server.say(sid, "CAP LS 302", "AUTHENTICATE SCRAM-SHA-256")
        client = ClientExchange(name, "clientnonce")
        (challenge,) = server.say(sid, f"AUTHENTICATE {b64encode(client.first()).decode()}")
        client.read_challenge(b64decode(challenge.split(" ")[1]))
        assert client.rounds == 600_000
        final = client.final(_key(b"wrong-horse", client.salt))
        got = server.say(sid, f"AUTHENTICATE {b64encode(final).decode()}")
        assert got == [":natterjack 904 * :Login failed: the account or the password is wrong"]


def test_the_made_up_salt_of_an_unknown_name_is_always_the_same() -> None:
    def salt() -> bytes:
        server = Server()
        sid = server.open()
        server.say(sid, "CAP LS 302", "AUTHENTICATE PLAIN", f"AUTHENTICATE {_plain('nobody', 'x' * 8)}")
        return server.asks[0].question.salt

    assert salt() == salt()


@pytest.mark.parametrize(
    ("lines", "numerics"),
    [
        (["AUTHENTICATE MAGIC"], ["908", "904"]),
        (["AUTHENTICATE PLAIN", "AUTHENTICATE *"], ["906"]),
        (["AUTHENTICATE PLAIN", "AUTHENTICATE not-base64!"], ["904"]),
        (["AUTHENTICATE PLAIN", "AUTHENTICATE " + "A" * 401], ["905"]),
        (["AUTHENTICATE PLAIN", *["AUTHENTICATE " + "A" * 400] * 5], ["904"]),
        (["AUTHENTICATE PLAIN", f"AUTHENTICATE {b64encode(b'one').decode()}"], ["904"]),
        (
            ["AUTHENTICATE SCRAM-SHA-256", f"AUTHENTICATE {b64encode(b'p=tls-unique,,n=a,r=b').decode()}"],
            ["904"],
        ),
    ],
)
def test_logins_that_go_wrong_get_their_numeric(lines: list[str], numerics: list[str]) -> None:
    server = Server()
    sid = server.open()
    server.say(sid, "CAP LS 302", "NICK alice")
    assert _numerics(server.say(sid, *lines)) == numerics
    assert server.asks == []


def test_a_nick_belongs_to_its_account() -> None:
    server = Server(_record("alice", "correct-horse"))
    sid = server.open()
    got = server.say(sid, "NICK alice", "USER u 0 * :U")
    assert got == [":natterjack 433 * alice :Nick belongs to an account: log in to it, or take another"]
    assert server.say(sid, "NICK bob")[0].startswith(":natterjack 001 bob ")
    for nick in ("ALICE", "aIice"):
        assert _numerics(server.say(sid, f"NICK {nick}")) == ["433"]


def test_logging_in_later_keeps_the_nick_and_tells_those_who_asked() -> None:
    server = Server(_record("alice", "correct-horse"))
    guest, watcher = server.join("bob"), server.join("carol")
    server.say(watcher, "CAP REQ :account-notify", "CAP END")
    server.got[watcher] = []
    assert _numerics(server.log_in(guest, "alice", "correct-horse")) == ["900", "903"]
    assert server.got[watcher] == [":bob!u@127.0.0.1 ACCOUNT alice"]
    assert server.say(guest, "AUTHENTICATE PLAIN") == ["AUTHENTICATE +"]
    assert server.say(guest, "NICK alice") == [":bob!u@127.0.0.1 NICK alice"]


def test_two_sessions_of_an_account_share_a_nick_and_see_what_the_other_sends() -> None:
    server = Server(_record("alice", "correct-horse"))
    first = server.open()
    server.say(first, "CAP LS 302", "NICK alice", "USER u 0 * :U")
    server.log_in(first, "alice", "correct-horse")
    server.say(first, "CAP END", "JOIN #team")
    bob = server.join("bob")
    second = server.open()
    server.say(second, "CAP LS 302", "NICK alice", "USER u 0 * :U")
    server.log_in(second, "alice", "correct-horse")
    server.got[bob] = []
    got = server.say(second, "CAP END")
    assert got[0].startswith(":natterjack 001 alice ")
    assert [line for line in got if " JOIN " in line] == [
        ":alice!u@127.0.0.1 JOIN #lobby",
        ":alice!u@127.0.0.1 JOIN #team",
    ]
    assert server.got[bob] == []  # nobody new has come
    server.got[first] = []
    server.say(second, "PRIVMSG bob :hello", "PRIVMSG #team :here")
    assert server.got[first] == [
        ":alice!u@127.0.0.1 PRIVMSG bob :hello",
        ":alice!u@127.0.0.1 PRIVMSG #team :here",
    ]
    server.got[second] = []
    server.say(bob, "PRIVMSG alice :hi")
    assert server.got[first][-1] == server.got[second][-1] == ":bob!u@127.0.0.1 PRIVMSG alice :hi"
    server.got[bob] = []
    server.say(first, "QUIT")
    assert server.got[bob] == []
    server.say(second, "QUIT")
    assert server.got[bob] == [":alice!u@127.0.0.1 QUIT :Quit"]


def test_whoever_left_while_his_password_was_derived_is_forgotten() -> None:
    server = Server()
    alice = server.join("alice")
    server.say(alice, "REGISTER * * correct-horse")
    server.say(alice, "QUIT")
    server.close(alice)
    server.derive()
    assert server.commits == []
    assert server.core.world.sessions == {}


def test_without_a_store_there_are_no_accounts() -> None:
    core = Core(Policy(version="1"), "m", Now(0, 1e9))
    core.handle(Opened(1, "127.0.0.1", 1), Now(1, 1e9))
    lines = [
        "CAP LS 302",
        "NICK alice",
        "USER u 0 * :U",
        "CAP END",
        "AUTHENTICATE PLAIN",
        "REGISTER * * password",
    ]
    core.handle(Received(1, [parse(line.encode()) for line in lines]), Now(1, 1e9))
    text = b"".join(effect.data for effect in core.take() if isinstance(effect, Send)).decode()
    assert "sasl" not in text
    assert [line.split(" ")[1:4] for line in text.split("\r\n") if " 421 " in line] == [
        ["421", "alice", "AUTHENTICATE"],
        ["421", "alice", "REGISTER"],
    ]


def test_few_keys_are_derived_at_a_time_and_none_for_those_who_hung_up() -> None:
    server = Server()
    sids = []
    for _ in range(20):
        sids.append(server.open())
        server.say(sids[-1], "CAP LS 302", "AUTHENTICATE PLAIN", f"AUTHENTICATE {_plain('alice', 'x' * 8)}")
    assert len(server.asks) == 4
    for sid in sids[:-1]:
        server.close(sid)
    for _ in range(4):
        server.derive()
    assert len(server.asks) == 1  # the last one's
    server.derive()
    assert _numerics(server.got[sids[-1]])[-1] == "904"
    assert server.asks == []
    assert server.core._intake._waits._asked == {}


def test_each_session_is_shown_the_channel_that_one_of_them_joins() -> None:
    server = Server(_record("alice", "correct-horse"))
    sids = []
    for _ in range(2):
        sids.append(server.open())
        server.say(sids[-1], "CAP LS 302", "NICK alice", "USER u 0 * :U")
        server.log_in(sids[-1], "alice", "correct-horse")
        server.say(sids[-1], "CAP END")
    server.got[sids[1]] = []
    server.say(sids[0], "JOIN #team")
    assert [line.split(" ")[1] for line in server.got[sids[1]]] == ["JOIN", "353", "366"]


def chat_with(*records: AccountRecord, **settings: Any) -> Chat:
    """With the accounts ``records``; what is to be stored is, at once."""
    everything: dict[str, Any] = {"store": True, "access": "open", "lobby": ()}
    return Chat(instant=True, snapshot=Snapshot(_SECRET, records), **(everything | settings))


def test_another_login_takes_the_place_of_the_one_before() -> None:
    chat = chat_with(make_account("amy", operator=True), make_account("bob"))
    x = chat.enter("x")
    chat.enter("y", "account-notify")
    x.send(*said("amy", "amy-password"))
    x.send("JOIN #a")
    chat.peers["y"].send("JOIN #a")
    chat.quiet()
    lines = x.send(*said("bob", "bob-password"))
    assert lines == [
        "AUTHENTICATE +",
        "MODE #a -qo x x",
        "MODE x -o",
        "900 x x!x@127.0.0.1 bob :You are now logged in as bob",
        "903 x :Logged in",
    ]
    assert chat.peers["y"].take() == ["MODE #a -qo x x", ":x ACCOUNT bob"]
    assert "482" in x.send("MODE #a +m")[0]
    assert "481" in x.send("KILL y")[0]
    lines = x.send(*said("amy", "amy-password"))
    assert "MODE #a +qo x x" in lines, "what the account is in the channel it has stayed"
    assert "381" in "".join(lines)


def test_whose_nick_or_sessions_hang_on_the_account_can_not_change_it() -> None:
    chat = chat_with(make_account("amy"), make_account("bob"))
    amy = chat.enter("amy", login="amy")
    assert amy.send("AUTHENTICATE PLAIN") == ["907 amy :You are logged in already"]
    amy.send("NICK x")
    assert amy.send("AUTHENTICATE PLAIN", "AUTHENTICATE *")[0] == "AUTHENTICATE +"
    amy.send("NICK amy")
    chat.enter("amy", login="amy")
    amy.send("NICK x")
    assert amy.send("AUTHENTICATE PLAIN") == ["907 x :You are logged in already"]
    newcomer = chat.open("new")
    newcomer.send("CAP REQ sasl", *said("amy", "amy-password"))
    lines = newcomer.send(*said("bob", "bob-password"))
    assert lines[-1] == "903 * :Logged in"
    newcomer.send("NICK bob")
    assert newcomer.send("AUTHENTICATE PLAIN") == ["907 bob :You are logged in already"]


@pytest.mark.parametrize(
    ("access", "early", "nick", "answer"),
    [
        ("open", True, "amy", "REGISTER SUCCESS amy :amy is your account from now on"),
        (
            "open",
            True,
            "",
            "FAIL REGISTER ACCOUNT_EXISTS * :That name is an account already: log in, or take another nick",
        ),
        ("open", False, "amy", "FAIL REGISTER COMPLETE_CONNECTION_REQUIRED * :Come in first, then register"),
        (
            "accounts",
            True,
            "amy",
            "FAIL REGISTER COMPLETE_CONNECTION_REQUIRED * :Come in first, then register",
        ),
    ],
)
def test_an_account_before_coming_in(access: str, early: bool, nick: str, answer: str) -> None:
    chat = chat_with(access=access, logins=Logins(register_early=early))
    x = chat.open("x")
    offered = " ".join(x.send("CAP LS 302"))
    assert ("draft/account-registration=before-connect" in offered) is early
    if nick:
        x.send(f"NICK {nick}")
    assert x.send("REGISTER * * long-enough")[0] == answer
    if answer.startswith("REGISTER"):
        assert x.send("REGISTER * * long-enough")[0].startswith("FAIL REGISTER ALREADY_AUTHENTICATED amy ")
        assert x.send("USER x 0 * :X", "CAP END")[0].startswith("001 amy ")
        assert chat.world.find("amy").account == "amy"


def test_whoever_needs_an_invite_makes_no_account_to_get_round_that() -> None:
    chat = chat_with(access="invite", logins=Logins(register_early=True))
    x = chat.open("x", ip="10.0.0.1", via="tls")
    x.send("CAP LS 302", "NICK amy")
    assert x.send("REGISTER * * long-enough")[0].startswith("FAIL REGISTER COMPLETE_CONNECTION_REQUIRED ")
