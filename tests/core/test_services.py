"""NickServ and ChanServ: what is said to them, by whichever way, and that it stays between the two."""

from typing import Any

import pytest

from natterjack.core.services import SERVICES
from natterjack.ports.records import AccountRecord, AuditRecord, LineRecord, Snapshot
from tests.support.chat import Chat, Peer, make_account

PASSWORD = "kim-password"


def make(*nicks: str, **settings: Any) -> Chat:
    snapshot = Snapshot(b"s" * 32, (make_account("kim"), make_account("boss", operator=True)))
    settings = {"lobby": (), "instant": True, **settings}
    return Chat(*nicks, store=True, durable=True, snapshot=snapshot, **settings)


def heard(peer: Peer, *lines: str) -> list[str]:
    """What services answer to ``lines``, without what all of it begins with."""
    answers = [
        line.partition(" NOTICE ")[2].partition(" :")[2] for line in peer.send(*lines) if " NOTICE " in line
    ]
    return [text for text in answers if text]


@pytest.mark.parametrize(
    "way", ["PRIVMSG NickServ :{}", "PRIVMSG nickserv :{}", "NICKSERV {}", "NICKSERV :{}", "NS {}", "NS :{}"]
)
def test_every_way_to_say_it_is_the_same(way: str) -> None:
    alice = make("alice").peers["alice"]
    assert alice.send(way.format("Register long-enough")) == [
        "900 alice alice!alice@127.0.0.1 alice :You are now logged in as alice",
        ":NickServ!NickServ@natterjack NOTICE alice :alice is your account from now on",
    ]
    assert alice.chat.core._ctx.accounts.get("alice") is not None


def test_logging_in_names_the_account_or_means_that_of_the_nick() -> None:
    chat = make("alice")
    chat.play(
        """
        alice > NS IDENTIFY
        alice < :NickServ!NickServ@natterjack NOTICE alice :Usage: IDENTIFY [<account>] <password>
        alice > NS IDENTIFY kim-password
        alice < :NickServ!NickServ@natterjack NOTICE alice :Nothing was done: the account or the password is wrong
        alice > NS IDENTIFY kim kim-password
        alice < 900 alice alice!alice@127.0.0.1 kim :You are now logged in as kim
        alice < :NickServ!NickServ@natterjack NOTICE alice :You are logged in to kim
        alice > NICK kim
        alice < :alice NICK kim
        kim > NS LOGIN boss boss-password
        alice < :NickServ!NickServ@natterjack NOTICE kim :You are logged in to kim already
    """.replace("kim >", "alice >")
    )


def test_a_password_is_guessed_no_faster_than_by_sasl() -> None:
    chat = make(limited=True)
    guesser = chat.enter("alice")
    slow = "Nothing was done: the account or the password is wrong"
    assert [heard(guesser, "NS IDENTIFY kim wrong") for _ in range(3)] == [[slow]] * 3
    assert heard(guesser, "NS IDENTIFY kim wrong") == []  # not yet
    chat.wait(1.0)
    assert [line.rpartition(" :")[2] for line in guesser.take()] == [slow]


def test_no_password_is_taken_where_it_could_be_read_on_its_way() -> None:
    chat = make(access="open", allow_plaintext=True)
    peer = chat.open("alice", "192.0.2.7", "irc")
    peer.send("NICK alice", "USER a 0 * :A")
    refused = ["A password may be said only over TLS, or on the server's own machine"]
    assert heard(peer, f"NS IDENTIFY kim {PASSWORD}") == refused
    assert heard(peer, "NS REGISTER long-enough") == refused


def test_what_is_said_to_a_service_reaches_nobody_and_is_kept_nowhere() -> None:
    chat = make("alice", "bob", keep_guests=True)
    caps = "echo-message labeled-response batch message-tags"
    kim = chat.enter("other", caps)
    secret = "sesame-sesame"
    before = len(chat.records)
    for line in (
        f"@label=1;+natterjack/cid=0123456789abcdef PRIVMSG NickServ :IDENTIFY kim {secret}",
        f"PRIVMSG NickServ :REGISTER {secret} me@example.org",
        f"NOTICE NickServ :IDENTIFY kim {secret}",
        f"NS REGISTER {secret}",
    ):
        answers = kim.send(line)
        assert not any(secret in each for each in answers)
    assert not any(secret in each for peer in chat.peers.values() for each in peer.heard)
    assert not any(isinstance(record, LineRecord) for record in chat.records[before:])
    assert not any(secret in str(record) for record in chat.records)
    assert not any(secret in str(happened) for happened in chat.happened)


def test_a_labelled_request_gets_its_answer_under_its_label() -> None:
    chat = make()
    peer = chat.enter("alice", "labeled-response batch")
    (answer,) = peer.send("@label=7 PRIVMSG NickServ :GET")
    assert answer.startswith(
        "@label=7 :NickServ!NickServ@natterjack NOTICE alice :Log in to an account first: "
    )
    assert peer.send("@label=8 NOTICE NickServ :hello") == ["@label=8 ACK"]
    assert peer.send("@label=9 NS IDENTIFY kim wrong")[0].startswith("@label=9 :NickServ!")


def test_what_is_registered_is_told_only_once_it_is_stored() -> None:
    chat = make("alice", instant=False)
    chat.play("""
        alice > NS REGISTER long-enough
        alice > NS GET
        -- commit
        alice < 900 alice alice!alice@127.0.0.1 alice :You are now logged in as alice
        alice < :NickServ!NickServ@natterjack NOTICE alice :alice is your account from now on
        alice < :NickServ!NickServ@natterjack NOTICE alice :MULTICLIENT is on: …
        alice < :NickServ!NickServ@natterjack NOTICE alice :ALWAYS-ON is off: …
        -- commit
        alice > NS SET multiclient off
        -- commit
        alice < :NickServ!NickServ@natterjack NOTICE alice :MULTICLIENT is off: …
        alice > NS SET multiclient on
        -- refuse
        alice < :NickServ!NickServ@natterjack NOTICE alice :done, and it holds, but it can't be stored just now: …
    """)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("", "I am the server itself, for accounts; an app that logs in by SASL needs none of this."),
        ("fly", "That is no command of mine: say HELP to NickServ to see them"),
        ("identity x", "That is no command of mine: did you mean IDENTIFY?"),
        (
            "help identify",
            "IDENTIFY [<account>] <password>: logs in to an account; without a name, to that of your nick",
        ),
        (
            "help saregister",
            "There is no help on saregister: say HELP alone to NickServ to see what there is",
        ),
        ("register short", "A password has at least 8 bytes"),
        ("register long-enough me@example.org", "This server sends no mail: give * in its place"),
        ("ghost kim", "Log in to an account first: IDENTIFY <account> <password>"),
        ("set always-on on", "Log in to an account first: IDENTIFY <account> <password>"),
        ("info", "Log in to an account first: IDENTIFY <account> <password>"),
        ("info kim", "What is known of an account is shown to whoever is logged in to it"),
    ],
)
def test_what_a_guest_is_told(said: str, answer: str) -> None:
    assert heard(make("alice").peers["alice"], f"PRIVMSG NickServ :{said or 'help'}")[0] == answer


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        ("set fly on", ["There is no setting fly: there are MULTICLIENT and ALWAYS-ON"]),
        ("get fly", ["There is no setting fly: there are MULTICLIENT and ALWAYS-ON"]),
        ("set always-on maybe", ["ALWAYS-ON is on or off"]),
        ("ghost nobody", ["Nobody of your account is called nobody"]),
        ("register long-enough", ["You are logged in already"]),
        (
            "info",
            [
                "kim has been an account since 1970-01-01T00:00:01.000Z",
                "Sessions: 1",
                "Settings: MULTICLIENT on, ALWAYS-ON off",
            ],
        ),
    ],
)
def test_what_a_member_is_told(said: str, answers: list[str]) -> None:
    assert heard(make().enter("kim", login="kim"), f"NS {said}") == answers


def test_whoever_knows_his_password_changes_it() -> None:
    chat = make()
    own, other = chat.enter("kim", login="kim"), chat.enter("phone", login="kim")
    wrong = ["Nothing was done: the account or the password is wrong"]
    assert heard(own, "NS PASSWD wrong sesame-sesame") == wrong
    assert heard(own, f"NS PASSWD {PASSWORD} short") == ["A password has at least 8 bytes"]
    assert heard(own, f"NS PASSWD {PASSWORD} with a space")[0].startswith(
        "Nothing was done: where one of them"
    )
    assert not other.closed
    assert heard(own, f"NS PASSWD {PASSWORD} sesame-sesame") == ["kim has a new password; 1 session cut"]
    assert (own.closed, other.closed) == (False, True)
    assert [r for r in chat.records if isinstance(r, AuditRecord)][-1].by == "kim"
    guest = chat.enter("guest")
    assert heard(guest, f"NS IDENTIFY kim {PASSWORD}") == wrong
    assert heard(guest, "NS IDENTIFY kim sesame-sesame") == ["You are logged in to kim"]
    assert heard(chat.enter("bob"), "NS PASSWD x sesame-sesame")[0].startswith("Log in to an account first")


def test_an_account_ends_its_other_sessions() -> None:
    chat = make("bob")
    old, own = chat.enter("phone", login="kim"), chat.enter("kim", login="kim")
    assert heard(own, "NS GHOST phone") == ["phone: 1 session ended"]
    assert old.closed
    assert chat.world.find("phone") is None
    assert heard(own, "NS GHOST bob") == ["Nobody of your account is called bob"]


def test_operators_make_accounts_for_others() -> None:
    chat = make("alice")
    boss = chat.enter("boss", login="boss")
    assert heard(boss, "NS SAREGISTER newcomer short") == ["A password has at least 8 bytes"]
    assert heard(boss, "NS SAREGISTER alice long-enough") == [
        "somebody here is called alice, or looks so: he can make it his account himself (REGISTER)"
    ]
    assert heard(boss, "NS SAREGISTER newcomer long-enough") == ["newcomer is an account now"]
    assert heard(boss, "NS SAREGISTER newcomer long-enough") == [
        "newcomer is an account already, or looks like one"
    ]
    assert [r.about for r in chat.records if isinstance(r, AuditRecord)] == ["newcomer"]
    assert [r.name for r in chat.records if isinstance(r, AccountRecord)] == ["newcomer"]
    assert chat.peers["alice"].send("NS IDENTIFY newcomer long-enough")[0].startswith("900 ")
    reply = chat.console("accounts", "make", "another")
    assert (reply.ok, reply.text) == (True, "another is an account now")
    assert reply.rows[0]["account"] == "another"
    assert len(reply.rows[0]["password"]) > 20


@pytest.mark.parametrize(
    "nick", ["NickServ", "nickserv", "NICKSERV", "ChanServ", "N1ckServ", "nlckserv", "OperServ"]
)
def test_nobody_can_be_called_like_a_service(nick: str) -> None:
    chat = make("alice")
    expected = f"432 alice {nick} :Erroneous nick: it is what a service of the server is called"
    assert chat.peers["alice"].send(f"NICK {nick}") == [expected]
    assert not chat.console("accounts", "make", nick).ok


def test_a_channel_is_claimed_by_its_operator_where_nobody_owns_it() -> None:
    chat = make("alice", "bob")
    chat.play("""
        alice > JOIN #room
        alice < :alice JOIN #room
        alice < 353 alice = #room :@alice
        alice < 366 …
        alice > CS REGISTER #room
        alice < :ChanServ!ChanServ@natterjack NOTICE alice :Nothing was done: whoever owns a channel has an account: …
    """)
    chat.log_in("alice", "kim")
    chat.play("""
        alice > PRIVMSG ChanServ :INFO #room
        alice < :ChanServ!ChanServ@natterjack NOTICE alice :#room was made …, belongs to nobody and goes with …
        alice > PRIVMSG ChanServ :REGISTER #room
        alice < :alice MODE #room +q alice
        alice < :ChanServ!ChanServ@natterjack NOTICE alice :#room is yours from now on, kim
        alice > PRIVMSG ChanServ :INFO #room
        alice < :ChanServ!ChanServ@natterjack NOTICE alice :#room was made …, belongs to kim and lasts
        alice > CS REGISTER #room
        alice < :ChanServ!ChanServ@natterjack NOTICE alice :Nothing was done: #room belongs to kim already
        alice > CS REGISTER #gone
        alice < 403 alice #gone :No such channel
        bob > CS REGISTER #room
        bob < 442 bob #room :You're not in that channel
    """)
    chat.peers["alice"].hang_up()
    bob = chat.peers["bob"]
    assert "353 bob = #room :bob" in bob.send("JOIN #room")
    chat.enter("alice", login="kim")
    assert "353 bob = #room :bob ~alice" in bob.send("NAMES #room")


def test_the_servers_own_channels_are_nobodys() -> None:
    chat = make(lobby=("#lobby",))
    kim = chat.enter("kim", login="kim")
    assert heard(kim, "CS REGISTER #lobby") == ["Nothing was done: #lobby is the server's own"]


def test_makers_are_operators_where_the_configuration_says_so() -> None:
    chat = make(maker="operator")
    kim, other = chat.enter("kim", login="kim"), chat.enter("boss", login="boss")
    assert "353 kim = #room :@kim" in kim.send("JOIN #room")
    other.send("JOIN #room")
    assert heard(other, "CS REGISTER #room") == ["Nothing was done: you are no operator of #room"]
    kim.take()
    assert kim.send("MODE #room +q boss") == ["482 kim #room :You're not an owner of that channel"]
    kim.hang_up()
    other.send("PART #room")
    assert "353 boss = #room :boss" in other.send("JOIN #room")  # whoever comes next is nothing
    kim = chat.enter("kim", login="kim")
    assert "353 kim = #room :boss @kim" in kim.send("NAMES #room")
    assert kim.send("CS REGISTER #room")[0] == ":kim MODE #room +q kim"


def test_ranks_are_what_mode_gives() -> None:
    chat = make("alice", "bob")
    for nick in ("alice", "bob"):
        chat.peers[nick].send("JOIN #room")
    chat.quiet()
    chat.play("""
        alice > CS VOICE #room bob
        alice < :alice MODE #room +v bob
        bob < :alice MODE #room +v bob
        bob > CS OP #room
        bob < 482 bob #room :You're not an operator of that channel
        alice > CS OP #room bob nobody
        alice < 401 alice nobody :No such nick or channel
        alice < :alice MODE #room +o bob
        bob < :alice MODE #room +o bob
        bob > CS DEOP #room
        bob < :bob MODE #room -o bob
        alice < :bob MODE #room -o bob
    """)


def test_every_verb_says_what_it_is() -> None:
    for service in SERVICES.values():
        assert set(service.verbs) == {name.lower() for name in service.verbs}
        for name, verb in service.verbs.items():
            assert verb.about or any(
                other.handler is verb.handler and other.about for other in service.verbs.values()
            ), name


def test_an_account_called_as_a_service_from_before_is_told_no_passwords() -> None:
    snapshot = Snapshot(b"s" * 32, (make_account("kim"), make_account("NickServ")))
    chat = Chat(store=True, durable=True, instant=True, snapshot=snapshot)
    kim = chat.enter("kim", "batch message-tags draft/multiline", login="kim")
    other = chat.enter("evil", login="NickServ")
    chat.quiet()
    said = kim.send(
        "PRIVMSG x,NickServ :IDENTIFY kim a-password",
        "NOTICE x,NickServ :IDENTIFY kim a-password",
        "BATCH +1 draft/multiline NickServ",
        "@batch=1 PRIVMSG NickServ :IDENTIFY kim a-password",
        "BATCH -1",
    )
    nobody = "No such nick or channel"
    assert said == [f"401 kim x :{nobody}", *[f"401 kim NickServ :{nobody}"] * 2]
    assert other.take() == []
    assert not any("a-password" in str(record) for record in chat.records)


def test_ranks_are_those_of_a_channel_and_never_ones_own_modes() -> None:
    boss = make().enter("boss", login="boss")
    for verb in ("OP", "DEOP", "VOICE"):
        assert heard(boss, f"CS {verb} boss") == ["Name the channel first, as in #channel nick"]
    assert boss.send("MODE boss") == ["221 boss :+o"]


def test_of_a_secret_channel_chanserv_says_what_it_says_of_one_that_is_not_there() -> None:
    chat = make("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    alice.send("JOIN #hidden", "MODE #hidden +s")
    for verb in ("REGISTER", "INFO", "OP", "VOICE"):
        there, absent = bob.send(f"CS {verb} #hidden"), bob.send(f"CS {verb} #absent")
        assert there == [line.replace("#absent", "#hidden") for line in absent] != []
