"""Logging in, on arrival and later, and making an account: the lines both ways, and what people are told."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode

import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.secret import Credentials, Secret
from natterjack.client.session import Timings
from natterjack.client.session.login import Derivation, make_nonce
from natterjack.proto.scram import ScramError, ServerExchange, make_verifier
from tests.client.transcripts import CAPS, Talk, welcome

BOTH = "sasl=PLAIN,SCRAM-SHA-256"
ROUNDS = 4096
SALT = b"0123456789abcdef"


def as_user(password: str = "pencil", **options: object) -> Talk:
    return Talk(login=Credentials("user", Secret(password)), **options)


def encoded(text: str | bytes) -> str:
    return b64encode(text.encode() if isinstance(text, str) else text).decode()


def opened(talk: Talk, caps: str = BOTH) -> list[e.Event]:
    """Negotiate ``caps``, all of which are wanted."""
    talk.sent()
    events = talk.server(f":srv CAP * LS :{caps}")
    names = talk.sent()[0].removeprefix("CAP REQ ")
    return events + talk.server(f":srv CAP * ACK {names}")


def key_of(task: Derivation) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", task.password.text.encode(), task.salt, task.rounds)


class Server:
    """The server's side of SCRAM for one password."""

    def __init__(self, talk: Talk, password: str = "pencil") -> None:
        self.talk = talk
        self.exchange = ServerExchange()
        self.verifier = make_verifier(
            hashlib.pbkdf2_hmac("sha256", password.encode(), SALT, ROUNDS), SALT, ROUNDS
        )

    def challenge(self) -> None:
        """From the mechanism's name to the derived key."""
        talk = self.talk
        assert talk.sent() == ["AUTHENTICATE SCRAM-SHA-256"]
        talk.server("AUTHENTICATE +")
        (first,) = talk.sent()
        self.exchange.begin(b64decode(first.split(" ")[1]))
        talk.server(f"AUTHENTICATE {encoded(self.exchange.challenge(self.verifier, 'server'))}")
        assert talk.sent() == []
        task = talk.session.task()
        assert task is not None
        assert talk.session.task() is None
        talk.session.derived(task, key_of(task))

    def proof(self) -> bytes:
        (final,) = self.talk.sent()
        return self.exchange.end(b64decode(final.split(" ")[1]))

    def prove(self) -> None:
        self.talk.server(f"AUTHENTICATE {encoded(self.proof())}")
        assert self.talk.sent() == ["AUTHENTICATE +"]

    def accept(self, nick: str = "kim") -> list[e.Event]:
        return self.talk.server(
            f":srv 900 {nick} {nick}!k@h user :You are now logged in as user", f":srv 903 {nick} :Logged in"
        )


def test_the_vectors_of_rfc_7677(monkeypatch: pytest.MonkeyPatch) -> None:
    from natterjack.client.session import registration

    monkeypatch.setattr(registration, "make_nonce", lambda seed, count: "rOprNGfwEbeRWgbNEkqO")
    talk = as_user()
    opened(talk)
    assert talk.sent() == ["AUTHENTICATE SCRAM-SHA-256"]
    talk.server("AUTHENTICATE +")
    assert talk.sent() == [f"AUTHENTICATE {encoded('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')}"]
    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    talk.server(f"AUTHENTICATE {encoded(f'r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096')}")
    task = talk.session.task()
    assert task == Derivation(Secret("pencil"), b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
    talk.session.derived(task, key_of(task))
    proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    assert talk.sent() == [f"AUTHENTICATE {encoded(f'c=biws,r={nonce},p={proof}')}"]
    talk.server(f"AUTHENTICATE {encoded('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')}")
    assert talk.sent() == ["AUTHENTICATE +"]
    assert talk.server(":srv 903 * :Logged in") == []
    assert talk.sent() == ["CAP END"]


@pytest.mark.parametrize("piece", [0, 1, 7])
def test_logged_in_before_anybody_sees_us(piece: int) -> None:
    talk = as_user(piece=piece, private=False)  # nobody learns a password from listening to SCRAM
    opened(talk)
    server = Server(talk)
    server.challenge()
    server.prove()
    assert talk.sent() == []
    assert server.accept() == [e.AccountChanged("kim", "user", True)]
    assert talk.sent() == ["CAP END"]


@pytest.mark.parametrize("right", [True, False])
def test_where_one_login_is_refused_the_other_is_tried(right: bool) -> None:
    talk = as_user("pen", other_login=Credentials("user", Secret("pencil" if right else "pensil")))
    opened(talk)
    first = Server(talk)
    first.challenge()
    with pytest.raises(ScramError):
        first.proof()
    assert talk.server(":srv 904 kim :No") == [e.LoginTurned()]
    second = Server(talk)
    second.challenge()
    if right:
        second.prove()
        assert second.accept() == [e.AccountChanged("kim", "user", True)]
    else:
        talk.sent()
        (failed,) = talk.server(":srv 904 kim :No")
        assert isinstance(failed, e.LoginFailed)
    assert talk.sent() == ["CAP END"]


def test_plain_where_there_is_nothing_better() -> None:
    talk = as_user("pass word")
    opened(talk, "sasl=PLAIN")
    assert talk.sent() == ["AUTHENTICATE PLAIN"]
    talk.server("AUTHENTICATE +")
    said = encoded("\0user\0pass word")
    assert talk.sent() == [f"AUTHENTICATE {said}"]
    talk.server(":srv 903 * :Logged in")
    assert talk.sent() == ["CAP END"]


@pytest.mark.parametrize("size", [293, 294, 295, 700])
def test_long_messages_go_in_chunks_of_400(size: int) -> None:
    talk = as_user("p" * size)
    opened(talk, "sasl=PLAIN")
    talk.sent()
    talk.server("AUTHENTICATE +")
    words = [line.split(" ")[1] for line in talk.sent()]
    assert all(len(word) == 400 for word in words[:-1])
    assert words[-1] == "+" or len(words[-1]) < 400
    assert b64decode("".join(words).removesuffix("+")) == b"\0user\0" + b"p" * size
    assert (words[-1] == "+") == (size in (293, 294))


def test_the_servers_chunks_are_put_together() -> None:
    talk = as_user()
    opened(talk)
    talk.sent()
    talk.server("AUTHENTICATE +")
    nonce = make_nonce(7, 0) + "x" * 240
    text = encoded(f"r={nonce},s={encoded(SALT)},i=4096")
    assert 400 < len(text) < 800
    talk.server(f"AUTHENTICATE {text[:400]}")
    assert talk.session.task() is None
    talk.server(f"AUTHENTICATE {text[400:]}")
    assert talk.session.task() == Derivation(Secret("pencil"), SALT, 4096)


@pytest.mark.parametrize(
    ("caps", "private", "code"),
    [
        ("batch", True, "not_offered"),
        ("sasl=PLAIN", False, "not_private"),
        ("sasl=EXTERNAL,GSSAPI", True, "no_mechanism"),
    ],
)
def test_why_there_is_no_login(caps: str, private: bool, code: str) -> None:
    guest, member = (as_user(private=private, login_or_leave=leave) for leave in (False, True))
    (event,) = opened(guest, caps)
    assert isinstance(event, e.LoginFailed)
    assert (event.account, event.code) == ("user", code)
    assert guest.sent() == ["CAP END"]
    (event,) = opened(member, caps)
    assert isinstance(event, e.NotWelcome)
    assert event.code == code
    assert member.sent() == []


def test_a_server_that_knows_no_capabilities() -> None:
    for talk, kind in ((as_user(), e.LoginFailed), (as_user(login_or_leave=True), e.NotWelcome)):
        talk.sent()
        talk.server(":srv 421 * CAP :Unknown command")
        assert [type(event) for event in talk.server(":srv 001 kim :hi")] == [e.Welcomed, kind]
        assert not any("AUTHENTICATE" in line for line in talk.sent())


def test_an_older_server_does_not_say_which_mechanisms() -> None:
    talk = as_user()
    opened(talk, "sasl")
    assert talk.sent() == ["AUTHENTICATE SCRAM-SHA-256"]
    assert talk.server(":srv 908 * PLAIN :are available", ":srv 904 * :failed") == []
    assert talk.sent() == ["AUTHENTICATE PLAIN"]
    careful = as_user(private=False)
    opened(careful, "sasl")
    careful.sent()
    assert [type(event) for event in careful.server(":srv 904 * :failed")] == [e.LoginFailed]


def test_a_wrong_password_leaves_a_guest_or_nobody() -> None:
    for leave in (False, True):
        talk = as_user("wrong", login_or_leave=leave)
        opened(talk)
        server = Server(talk)
        server.challenge()
        talk.sent()
        (event,) = talk.server(":srv 904 * :Login failed: the account or the password is wrong")
        assert isinstance(event, e.NotWelcome if leave else e.LoginFailed)
        assert event.code == "904"
        assert event.text == "Not logged in as user: the account or the password is wrong. Check both."
        assert talk.sent() == ([] if leave else ["CAP END"])
        if not leave:  # the account's nick is not to be had
            assert talk.server(":srv 433 * kim :Nick belongs to an account")
            assert talk.sent() == ["NICK kim_"]


@pytest.mark.parametrize("how", ["a wrong proof", "no proof at all"])
def test_an_impostor_is_left_at_once(how: str) -> None:
    talk = as_user()  # even where one would come in as a guest
    opened(talk)
    Server(talk).challenge()
    talk.sent()
    line = f"AUTHENTICATE {encoded('v=' + encoded(bytes(32)))}"
    (event,) = talk.server(line if how == "a wrong proof" else ":srv 903 * :Logged in")
    assert isinstance(event, e.NotWelcome)
    assert event.code == "server_unproved"
    assert "pencil" not in event.text
    assert talk.sent() == []


@pytest.mark.parametrize(
    "challenge",
    ["!!!", encoded("nonsense"), encoded("r=other,s=AAAA,i=4096"), "A" * 401, encoded(b"\xff\xfe")],
)
def test_what_cannot_be_understood_is_given_up(challenge: str) -> None:
    talk = as_user()
    opened(talk)
    talk.sent()
    talk.server("AUTHENTICATE +")
    talk.sent()
    assert talk.server(f"AUTHENTICATE {challenge}") == []
    assert talk.sent() == ["AUTHENTICATE *"]
    (event,) = talk.server("AUTHENTICATE +", ":srv 906 * :Login given up")
    assert isinstance(event, e.LoginFailed)
    assert event.code == "login_garbled"
    assert talk.sent() == ["CAP END"]


def test_rounds_beyond_reason_are_not_done() -> None:
    talk = as_user()
    opened(talk)
    talk.sent()
    talk.server("AUTHENTICATE +")
    talk.sent()
    talk.server(f"AUTHENTICATE {encoded(f'r={make_nonce(7, 0)}x,s=AAAA,i=99999999')}")
    assert talk.session.task() is None
    assert talk.sent() == ["AUTHENTICATE *"]


def test_a_key_that_comes_too_late_is_passed_over() -> None:
    talk = Talk()
    welcome(talk, caps=f"{CAPS} {BOTH}")
    talk.ask(r.LogIn(1, "user", Secret("pencil")))
    talk.server("AUTHENTICATE +")
    talk.sent()
    talk.server(f"AUTHENTICATE {encoded(f'r={make_nonce(7, 1)}x,s=AAAA,i=4096')}")
    old = talk.session.task()
    assert old is not None
    talk.server(":srv 904 kim :too slow")
    talk.ask(r.LogIn(2, "user", Secret("pencil")))
    talk.server("AUTHENTICATE +")
    talk.sent()
    talk.server(f"AUTHENTICATE {encoded(f'r={make_nonce(7, 2)}x,s=AAAA,i=4096')}")
    talk.session.derived(old, bytes(32))
    assert talk.sent() == []
    assert talk.session.task() is not None


# -- later ---------------------------------------------------------------------------------------------------------


def inside(caps: str = f"{CAPS} {BOTH} draft/account-registration", **options: object) -> Talk:
    talk = Talk(**options)
    talk.sent()
    talk.server(f":srv CAP * LS :{caps}")
    for line in talk.sent():
        talk.server(f":srv CAP * ACK {line.removeprefix('CAP REQ ')}")
    talk.server(":srv 001 kim :hi", ":srv 422 kim :no message of the day")
    talk.server(":srv PONG srv natterjack-ready")
    talk.sent()
    assert talk.session.is_ready
    return talk


def log_in(talk: Talk, password: str = "pencil") -> Server:
    assert talk.session.submit(r.LogIn(5, "user", Secret(password)), talk.now) == []
    server = Server(talk)
    server.challenge()
    return server


def test_login_later_takes_the_accounts_name() -> None:
    talk = inside()
    server = log_in(talk)
    server.prove()
    assert server.accept() == [e.AccountChanged("kim", "user", True)]
    assert talk.sent() == ["@label=n1 NICK user"]
    assert talk.server("@label=n1 :kim!k@h NICK user") == [
        e.NickChanged("kim", "user", True, 1000.0),
        e.Done(5, "LOGIN"),
    ]


def test_login_later_where_the_name_cannot_be_had() -> None:
    talk = inside()
    server = log_in(talk)
    server.prove()
    server.accept()
    talk.sent()
    assert talk.server("@label=n1 :srv 433 kim user :Nick is already in use") == [
        e.NickKept("kim", "user", "user: Nick is already in use"),
        e.Done(5, "LOGIN"),
    ]


def test_login_later_under_the_accounts_name() -> None:
    talk = Talk("user")
    welcome(talk, caps=f"{CAPS} {BOTH}", nick="user")
    server = log_in(talk)
    server.prove()
    assert server.accept("user")[-1] == e.Done(5, "LOGIN")
    assert talk.sent() == []


def test_login_later_refused() -> None:
    talk = inside()
    log_in(talk, "wrong")
    talk.sent()
    assert talk.server(":srv 904 kim :Login failed") == [
        e.Refused(
            5, "LOGIN", "", "904", "Not logged in as user: the account or the password is wrong. Check both."
        )
    ]
    log_in_again = talk.session.submit(r.LogIn(6, "user", Secret("pencil")), talk.now)
    assert log_in_again == []
    talk.sent()
    (event,) = talk.server(":srv 907 kim :You are logged in already")
    assert isinstance(event, e.Refused)
    assert event.code == "907"


def test_one_login_at_a_time() -> None:
    talk = inside()
    talk.ask(r.LogIn(5, "user", Secret("pencil")))
    (event,) = talk.session.submit(r.LogIn(6, "user", Secret("pencil")), talk.now)
    assert isinstance(event, e.Refused)
    assert event.code == "busy"


def test_a_login_without_an_answer() -> None:
    talk = inside()
    talk.ask(r.LogIn(5, "user", Secret("pencil")))
    talk.now += Timings().answer - 1
    talk.server(":srv NOTE * X :still here")
    talk.now += 1
    (event,) = talk.session.tick(talk.now)
    assert isinstance(event, e.Unanswered)
    assert (event.ref, event.command) == (5, "LOGIN")
    assert talk.sent() == ["AUTHENTICATE *"]
    talk.ask(r.LogIn(6, "user", Secret("pencil")))
    assert [type(event) for event in talk.session.lost()] == [e.Unanswered]


def test_an_impostor_later_is_left_too() -> None:
    talk = inside()
    log_in(talk)
    events = talk.server(":srv 903 kim :Logged in")
    assert [type(event) for event in events] == [e.Refused, e.NotWelcome]


def test_login_where_there_are_no_accounts() -> None:
    talk = inside(CAPS)
    (event,) = talk.session.submit(r.LogIn(5, "user", Secret("pencil")), talk.now)
    assert isinstance(event, e.Refused)
    assert (event.command, event.code) == ("LOGIN", "not_offered")
    assert talk.sent() == []


@pytest.mark.parametrize("caps", [f"{CAPS} draft/account-registration", "draft/account-registration"])
def test_register(caps: str) -> None:
    talk = inside(caps)
    line = talk.ask(r.Register(5, Secret("long enough")))[0]
    assert line.removeprefix("@label=n1 ") == "REGISTER * * :long enough"
    success = (
        ":srv REGISTER SUCCESS kim :kim is your account from now on",
        ":srv 900 kim kim!k@h kim :You are now logged in as kim",
    )
    if "labeled" in caps:
        lines = [
            "@label=n1 :srv BATCH +b labeled-response",
            *(f"@batch=b {line}" for line in success),
            "BATCH -b",
        ]
    else:
        lines = [*success, ":srv PONG srv natterjack-n1"]
    events = talk.server(*lines)
    assert events == [
        e.Registered(5, "kim", True, "kim is your account from now on"),
        e.AccountChanged("kim", "kim", True),
        e.Done(5, "REGISTER"),
    ]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ACCOUNT_EXISTS", "LOGIN"),
        ("ALREADY_AUTHENTICATED", "logged in"),
        ("WEAK_PASSWORD", "at least 8 bytes"),
        ("INVALID_EMAIL", "e-mail"),
        ("ACCOUNT_NAME_MUST_BE_NICK", "NICK"),
        (
            "TEMPORARILY_UNAVAILABLE",
            "A password has at least 8 bytes",
        ),  # what we have no words for is the server's
    ],
)
def test_register_refused(code: str, words: str) -> None:
    talk = inside()
    talk.ask(r.Register(5, Secret("hunter22")))
    (event,) = talk.server(f"@label=n1 :srv FAIL REGISTER {code} kim :A password has at least 8 bytes")
    assert isinstance(event, e.Refused)
    assert (event.ref, event.command, event.code) == (5, "REGISTER", code)
    assert words in event.text
    assert "hunter22" not in repr(event)


@pytest.mark.parametrize(
    ("caps", "private", "password", "code"),
    [
        (CAPS, True, "hunter22", "not_offered"),
        (f"{CAPS} draft/account-registration=email-required", True, "hunter22", "INVALID_EMAIL"),
        (f"{CAPS} draft/account-registration", False, "hunter22", "not_private"),
        (f"{CAPS} draft/account-registration", True, "hunter22\x07", "bad_password"),
    ],
)
def test_what_is_not_even_sent(caps: str, private: bool, password: str, code: str) -> None:
    talk = inside(caps, private=private)
    (event,) = talk.session.submit(r.Register(5, Secret(password)), talk.now)
    assert isinstance(event, e.Refused)
    assert event.code == code
    assert "hunter22" not in repr(event)
    assert talk.sent() == []


def test_a_password_shows_itself_to_nobody() -> None:
    talk = inside()
    request = r.Register(5, Secret("hunter22"))
    talk.ask(request)
    assert "hunter22" not in repr(request)
    assert "hunter22" not in repr(Credentials("kim", Secret("hunter22")))
    (event,) = talk.session.lost()
    assert "hunter22" not in repr(event)


def test_accounts_that_change() -> None:
    talk = inside()
    again = ":srv 900 kim kim!k@h kim :You are now logged in as kim"  # the same in other words: no news
    events = talk.server(":alice!a@h ACCOUNT al", ":kim!k@h ACCOUNT kim", again, ":srv 901 kim kim!k@h :out")
    assert events == [
        e.AccountChanged("alice", "al"),
        e.AccountChanged("kim", "kim", True),
        e.AccountChanged("kim", "", True),
    ]
