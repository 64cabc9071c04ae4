"""CAP, and what each capability changes: with it and without it."""

import pytest

from natterjack.proto import caps
from tests.support.chat import WALL, Chat

ALL = " ".join(capability.name for capability in caps.CAPABILITIES if capability.bit != caps.STS)


def test_negotiation_holds_registration_until_its_end() -> None:
    chat = Chat()
    chat.open("x")
    chat.play("""
        x > CAP LS
        x < CAP * LS :account-notify account-tag away-notify batch … userhost-in-names
        x > NICK alice
        x > USER a 0 * :A
        x > CAP LIST
        x < CAP alice LIST :
        x > CAP REQ :server-time no-such-thing
        x < CAP alice NAK :server-time no-such-thing
        x > CAP REQ :server-time batch
        x < CAP alice ACK :server-time batch
        x > CAP REQ :-batch
        x < CAP alice ACK :-batch
        x > CAP LIST
        x < CAP alice LIST :server-time
        x > CAP FLY
        x < 410 alice FLY :Invalid CAP command
    """)
    assert chat.peers["x"].send("CAP END")[0].startswith("001 alice")


def test_a_request_alone_holds_registration_too() -> None:
    chat = Chat()
    alice = chat.open("x")
    assert alice.send("CAP REQ :batch", "NICK alice", "USER a 0 * :A") == ["CAP * ACK :batch"]
    assert alice.send("CAP END")[0].startswith("001 alice")
    assert alice.send("CAP END") == []


def test_a_request_is_granted_as_a_whole_or_not_at_all() -> None:
    chat = Chat("alice")
    alice = chat.peers["alice"]
    assert alice.send("CAP REQ :server-time -nothing", "CAP LIST") == [
        "CAP alice NAK :server-time -nothing",
        "CAP alice LIST :",
    ]
    assert alice.send("CAP REQ :", "CAP REQ") == ["CAP alice ACK :", "CAP alice ACK :"]
    assert alice.send("CAP REQ : batch  -batch ", "CAP LIST") == [
        "CAP alice ACK : batch  -batch ",
        "CAP alice LIST :",
    ]


@pytest.mark.parametrize(
    ("before", "asked", "after"),
    [
        ("", "batch -batch batch", "batch"),
        ("batch", "-batch batch setname", "batch setname"),
        ("batch setname", "batch -batch", "setname"),
    ],
)
def test_what_is_asked_last_counts(before: str, asked: str, after: str) -> None:
    chat = Chat("alice")
    alice = chat.peers["alice"]
    alice.send(f"CAP REQ :{before}")
    assert alice.send(f"CAP REQ :{asked}", "CAP LIST") == [
        f"CAP alice ACK :{asked}",
        f"CAP alice LIST :{after}",
    ]


def test_what_takes_a_store_or_a_history_is_not_to_be_had_without() -> None:
    alice = Chat("alice", store=False, history=False).peers["alice"]
    offered = " ".join(alice.send("CAP LS 302"))
    for name in ("sasl", "draft/account-registration", "draft/chathistory", "natterjack/edit"):
        assert name not in offered
        assert alice.send(f"CAP REQ :batch {name}") == [f"CAP alice NAK :batch {name}"]
    assert alice.send("CAP LIST") == ["CAP alice LIST :cap-notify"]


def test_version_302_brings_cap_notify_and_keeps_it() -> None:
    chat = Chat("alice")
    alice = chat.peers["alice"]
    alice.send("CAP LS 302")
    assert alice.send("CAP LIST") == ["CAP alice LIST :cap-notify"]
    assert alice.send("CAP REQ :-cap-notify") == ["CAP alice NAK :-cap-notify"]
    assert alice.send("CAP REQ :-cap-notify cap-notify") == ["CAP alice NAK :-cap-notify cap-notify"]
    alice.send("CAP LS 301")  # never falls back
    assert alice.send("CAP REQ :-cap-notify") == ["CAP alice NAK :-cap-notify"]


def test_those_before_302_get_one_line_with_all_that_is_finished() -> None:
    chat = Chat(store=True, history=True, name="a" * 60)
    x = chat.open("x")
    (line,) = x.send("CAP LS")
    offered = line.partition(" :")[2].split(" ")
    assert offered == sorted(offered)
    assert {name for name in caps.BY_NAME if "/" not in name} - {"sts"} <= set(offered)
    assert len(line.encode()) <= 510


@pytest.mark.parametrize("version", ["", "301", "abc", "-302", "3_02", "９９９", "99999999999"])
def test_other_versions_do_not(version: str) -> None:
    chat = Chat("alice")
    alice = chat.peers["alice"]
    alice.send(f"CAP LS {version}")
    assert alice.send("CAP LIST") == ["CAP alice LIST :"]


def test_every_capability_can_be_turned_on_and_off() -> None:
    chat = Chat("alice", store=True, history=True)
    alice = chat.peers["alice"]
    assert alice.send("CAP REQ sts") == ["CAP alice NAK :sts"], "it only tells something"
    requestable = [capability for capability in caps.CAPABILITIES if capability.bit != caps.STS]
    for capability in requestable:
        assert alice.send(f"CAP REQ {capability.name}") == [f"CAP alice ACK :{capability.name}"]
    assert " ".join(line.partition(" :")[2] for line in alice.send("CAP LIST")) == ALL
    names = [f"-{capability.name}" for capability in requestable]
    alice.send(*(f"CAP REQ :{' '.join(names[start : start + 10])}" for start in range(0, len(names), 10)))
    assert [line.split(" ", 1)[-1] for line in alice.send("CAP LIST")] == ["alice LIST :"]


def test_what_a_line_looks_like_with_and_without_each_tag() -> None:
    chat = Chat("alice", "plain")
    chat.enter("time", "server-time")
    chat.enter("tags", "message-tags")
    chat.enter("both", "server-time message-tags account-tag")
    chat.quiet()
    chat.play("""
        alice > PRIVMSG #lobby :hi
        plain < :alice PRIVMSG #lobby :hi
        time < @time=2026-11-22T20:31:02.500Z :alice PRIVMSG #lobby :hi
        tags < @msgid=m… :alice PRIVMSG #lobby :hi
        both < @time=2026-11-22T20:31:02.500Z;msgid=m… :alice PRIVMSG #lobby :hi
    """)


def test_account_tag_and_extended_join_show_the_account() -> None:
    chat = Chat("alice")
    chat.enter("bob", "account-tag extended-join")
    chat.quiet()
    chat.play("""
        alice > JOIN #pond
        alice < :alice JOIN #pond
        alice < 353 alice = #pond :@alice
        alice < 366 …
        bob > JOIN #pond
        bob < :bob JOIN #pond * :Real bob
        bob < 353 bob = #pond :@alice bob
        bob < 366 …
        alice < :bob JOIN #pond
    """)
    chat.world.find("alice").account = "ally"
    chat.play("""
        alice > PRIVMSG #pond :hi
        bob < @account=ally :alice PRIVMSG #pond :hi
        alice > PART #pond
        alice < :alice PART #pond
        bob < @account=ally :alice PART #pond
        alice > JOIN #pond
        alice < :alice JOIN #pond
        alice < 353 alice = #pond :bob alice
        alice < 366 …
        bob < @account=ally :alice JOIN #pond ally :Real alice
    """)


def test_multi_prefix_and_userhost_in_names() -> None:
    chat = Chat("alice", "bob")
    chat.enter("carol", "multi-prefix userhost-in-names")
    for nick in ("alice", "bob", "carol"):
        chat.peers[nick].send("JOIN #pond")
    chat.peers["alice"].send("MODE #pond +vhv alice alice carol")
    chat.quiet()
    chat.play("""
        bob > NAMES #pond
        bob < 353 bob = #pond :@alice bob +carol
        bob < 366 bob #pond :End of NAMES list
        carol > NAMES #pond
        carol < 353 carol = #pond :@%+alice!alice@127.0.0.1 bob!bob@127.0.0.1 +carol!carol@127.0.0.1
        carol < 366 carol #pond :End of NAMES list
        carol > WHO alice %nf
        carol < 354 carol alice H
        carol < 315 …
        carol > WHO #pond %nf
        carol < 354 carol alice H@%+
        carol < 354 carol bob H
        carol < 354 carol carol H+
        carol < 315 …
        bob > WHO #pond %nf
        bob < 354 bob alice H@
        bob < 354 bob bob H
        bob < 354 bob carol H+
        bob < 315 …
    """)


def test_no_implicit_names() -> None:
    chat = Chat()
    alice = chat.enter("alice", "no-implicit-names")
    assert alice.send("JOIN #pond") == [":alice JOIN #pond"]
    assert alice.send("NAMES #pond") == ["353 alice = #pond :@alice", "366 alice #pond :End of NAMES list"]


def test_away_notify_invite_notify_and_setname_reach_those_who_asked() -> None:
    chat = Chat("alice", "plain")
    chat.enter("asked", "away-notify invite-notify setname")
    for nick in ("alice", "asked"):
        chat.peers[nick].send("JOIN #pond")
    chat.quiet()
    chat.play("""
        alice > AWAY :tea
        alice < 306 alice :You have been marked as being away
        asked < :alice AWAY :tea
        alice > AWAY :tea
        alice < 306 alice :You have been marked as being away
        alice > AWAY
        alice < 305 alice :You are no longer marked as being away
        asked < :alice AWAY
        alice > SETNAME :Somebody else
        asked < :alice SETNAME :Somebody else
        alice > INVITE plain #pond
        alice < 341 alice plain :#pond
        plain < :alice INVITE plain #pond
        asked < :alice INVITE plain #pond
    """)


def test_one_who_comes_in_away_is_shown_so() -> None:
    chat = Chat("alice")
    chat.enter("bob", "away-notify")
    chat.peers["bob"].send("JOIN #pond")
    chat.peers["alice"].send("AWAY :tea")
    chat.quiet()
    chat.peers["alice"].send("JOIN #pond")
    assert chat.peers["bob"].take() == [":alice JOIN #pond", ":alice AWAY :tea"]


def test_capabilities_may_change_at_any_time_without_losing_anything() -> None:
    chat = Chat("alice", "bob")
    bob = chat.peers["bob"]
    for wanted in (
        ALL,
        "-message-tags",
        "-server-time -batch",
        "message-tags",
        " ".join(f"-{n}" for n in ALL.split()),
    ):
        bob.send(f"CAP REQ :{wanted}")
        chat.peers["alice"].send("PRIVMSG #lobby :still there?")
        assert len([line for line in bob.take() if line.endswith("PRIVMSG #lobby :still there?")]) == 1


@pytest.mark.parametrize("durable", [False, True])
def test_who_gets_what_is_fixed_when_a_line_is_accepted(durable: bool) -> None:
    chat = Chat("bob", durable=durable)
    alice = chat.enter("alice", "labeled-response batch")
    chat.enter("carol", "server-time")
    chat.quiet()
    told = alice.send("PRIVMSG #lobby :x", "@label=1 CAP REQ :server-time", "PRIVMSG #lobby :y")
    chat.settle()
    told += alice.take()
    assert "@label=1 CAP alice ACK :server-time" in told
    assert not any("PRIVMSG" in line for line in told)
    assert chat.peers["bob"].take() == [":alice PRIVMSG #lobby :x", ":alice PRIVMSG #lobby :y"]
    assert len(chat.peers["carol"].take()) == 2


def test_strict_transport_security_is_told_with_its_value() -> None:
    chat = Chat(sts="duration=60,port=6697", access="open", allow_plaintext=True)
    x = chat.open("x", "192.0.2.1")
    assert "sts" not in " ".join(x.send("CAP LS")), "without values it is nothing"
    assert " sts=duration=60,port=6697" in " ".join(x.send("CAP LS 302"))
    assert "sts" not in " ".join(Chat().open("y").send("CAP LS 302"))


@pytest.mark.parametrize(
    ("ip", "via", "told"),
    [
        ("127.0.0.1", "irc", False),
        ("127.0.0.1", "ws", False),
        ("127.0.0.1", "tls", True),
        ("192.0.2.1", "irc", True),
    ],
)
def test_it_is_nothing_for_programs_on_this_machine_in_the_open(ip: str, via: str, told: bool) -> None:
    chat = Chat(sts="duration=60,port=6697", access="open", allow_plaintext=True)
    assert (" sts=" in " ".join(chat.open("x", ip, via).send("CAP LS 302"))) is told


def test_it_is_told_no_longer_than_the_certificate_is_good() -> None:
    chat = Chat(sts="duration=60,port=6697", sts_until=WALL + 10)
    assert " sts=" in " ".join(chat.open("x", via="tls").send("CAP LS 302"))
    chat.wait(11)
    assert " sts=" not in " ".join(chat.open("y", via="tls").send("CAP LS 302"))
