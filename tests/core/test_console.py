"""What the operator's verbs do to the chat."""

import pytest

from natterjack.core.policy import LINE_LIMIT
from natterjack.ports.records import ChannelRecord, Snapshot
from tests.support.chat import WALL, Chat, make_account, said


def test_users_shows_each_session() -> None:
    chat = Chat("alice", "bob")
    chat.peers["alice"].send("JOIN #pond")
    chat.open("x", "::1", "tls")
    chat.wait(7)
    chat.peers["bob"].send("PRIVMSG alice :hi")
    reply = chat.console("users")
    assert (reply.ok, reply.text) == (True, "3 sessions")
    first = {
        "account": "",
        "ip": "127.0.0.1",
        "via": "IRC",
        "since": "2026-11-22T20:31:02.500Z",
        "registered": True,
    }
    assert reply.rows == (
        {"nick": "alice", "port": 50001, "idle_seconds": 7, "channels": "#lobby @#pond"} | first,
        {"nick": "bob", "port": 50002, "idle_seconds": 0, "channels": "#lobby"} | first,
        first
        | {
            "nick": "",
            "ip": "::1",
            "port": 50003,
            "via": "TLS",
            "idle_seconds": 7,
            "registered": False,
            "channels": "",
        },
    )


def test_status_and_channels() -> None:
    chat = Chat("alice", "bob")
    chat.peers["alice"].send("JOIN #pond", "MODE #pond +sk sesame", "TOPIC #pond :Frogs")
    chat.wait(12)
    (row,) = chat.console("status").rows
    assert (row["users"], row["sessions"], row["channels"], row["up_seconds"]) == (2, 2, 2, 12)
    reply = chat.console("channels")
    assert reply.text == "2 channels"
    assert [(row["channel"], row["users"], row["modes"], row["topic"]) for row in reply.rows] == [
        ("#lobby", 2, "+nt", ""),
        ("#pond", 1, "+knst", "Frogs"),
    ]


def test_kick_from_the_server() -> None:
    chat = Chat("alice", "bob")
    reply = chat.console("kick", "ALICE", "too", "loud")
    assert (reply.ok, reply.text) == (True, "alice was disconnected")
    assert chat.peers["alice"].take() == ["ERROR :Closing link: too loud"]
    assert chat.peers["alice"].closed
    assert chat.peers["bob"].take() == [":alice QUIT :too loud"]
    chat.console("kick", "bob")
    assert chat.peers["bob"].take() == ["ERROR :Closing link: put out by the server's operator"]


def test_kick_from_a_channel() -> None:
    chat = Chat("alice", "bob")
    assert chat.console("kick", "alice", "#LOBBY", "go", "away").text == "alice was put out of #lobby"
    told = chat.happened[-1]
    assert (told.event, told.nick, told.channel) == ("kicked", "alice", "#lobby")
    assert told.text == "alice was put out of #lobby by natterjack (go away)"
    line = ":natterjack KICK #lobby alice :go away".removeprefix(":natterjack ")
    assert chat.peers["alice"].take() == chat.peers["bob"].take() == [line]
    assert not chat.peers["alice"].closed


def test_what_cannot_be_done_says_why() -> None:
    chat = Chat("alice")
    for words, why in (
        (("kick",), "Usage: kick"),
        (("kick", "nobody"), "nobody here is called nobody"),
        (("kick", "alice", "#nowhere"), "alice is not in #nowhere"),
        (("say",), "Usage: say"),
        (("say", "#lobby"), "Usage: say"),
        (("say", "#nowhere", "x"), "no channel #nowhere"),
        (("topic",), "Usage: topic"),
        (("topic", "#nowhere", "x"), "no channel #nowhere: see channels"),
        (("topic", "lobby", "x"), "there is no channel lobby: did you mean #lobby?"),
        (("say", "#loby", "x"), "there is no channel #loby: did you mean #lobby?"),
        (("topic", "#lobby", "\N{EURO SIGN}" * 131), "a topic has 390 bytes at most, and that has 393"),
        (("fly",), "fly is no verb"),
    ):
        reply = chat.console(*words)
        assert not reply.ok
        assert why in reply.text
    assert chat.peers["alice"].take() == []


@pytest.mark.parametrize(
    "line",
    [
        "status x",
        "users x",
        "channels x",
        "bans x",
        "unlock x",
        "audit x",
        "audit 0",
        "audit 5 5",
        "invites x",
    ],
)
def test_words_that_mean_nothing_are_not_passed_over(line: str) -> None:
    chat = Chat(store=True)
    chat.console("lock")
    reply = chat.console(*line.split())
    assert not reply.ok
    assert "no words" in reply.text or "usage" in reply.text
    assert chat.console("status").rows[0]["locked"]


def test_the_topic_of_a_channel_where_nobody_has_a_rank() -> None:
    chat = Chat("alice", instant=True, store=True, durable=True)
    alice = chat.peers["alice"]
    assert alice.send("TOPIC #lobby :mine")[0].startswith("482 ")
    assert chat.console("topic", "#LOBBY").text == "#lobby has no topic"
    assert chat.console("topic", "#lobby", "Supper", "at seven").text == "the topic of #lobby is set"
    assert alice.take() == ["TOPIC #lobby :Supper at seven"]
    assert chat.happened[-1].text == "natterjack set the topic of #lobby: Supper at seven"
    assert chat.console("topic", "#lobby").text == "#lobby: Supper at seven"
    assert chat.enter("bob").send("TOPIC #lobby") == [
        "332 bob #lobby :Supper at seven",
        f"333 bob #lobby natterjack :{int(WALL)}",
    ]
    chat.quiet()
    assert chat.console("audit", "1").rows[0]["did"] == "topic"
    kept = [record for record in chat.records if isinstance(record, ChannelRecord)]
    assert (kept[-1].topic, kept[-1].topic_by) == ("Supper at seven", "natterjack")
    chat.quiet()
    assert chat.console("topic", "#lobby", "").text == "#lobby has no topic any more"
    assert alice.take() == ["TOPIC #lobby :"]
    assert alice.send("TOPIC #lobby")[0].startswith("331 ")


def test_a_topic_that_would_not_fit_its_line_is_refused() -> None:
    chat = Chat("alice", name="s" * 63, lobby=(f"#{'x' * 63}",))
    reply = chat.console("topic", f"#{'x' * 63}", "y" * 390)
    assert (reply.ok, reply.text) == (False, "a topic has 373 bytes at most, and that has 390")
    assert chat.console("topic", f"#{'x' * 63}", "y" * 373).ok
    (line,) = chat.peers["alice"].heard
    assert len(f"{line}\r\n".encode()) == LINE_LIMIT


def test_the_modes_of_a_channel_where_nobody_has_a_rank() -> None:
    chat = Chat("alice", instant=True, store=True, durable=True)
    alice = chat.peers["alice"]
    assert alice.send("MODE #lobby +m")[0].startswith("482 ")
    assert chat.console("mode", "#LOBBY").text == "#lobby: +nt"
    assert chat.console("mode", "#lobby", "+mw-t", "30").text == "#lobby: +mnw 30"
    assert alice.take() == ["MODE #lobby +mw-t 30"]
    assert chat.happened[-1].text == "natterjack set +mw-t 30 on #lobby"
    assert alice.send("PRIVMSG #lobby :hi")[0].startswith("404 ")
    assert chat.console("audit", "1").rows[0]["about"] == "#lobby: +mw-t 30"
    chat.quiet()
    kept = [record for record in chat.records if isinstance(record, ChannelRecord)]
    assert (kept[-1].flags, kept[-1].slow) == ("mn", 30)
    assert Chat(snapshot=Snapshot(b"s" * 32, channels=(kept[-1],))).world.channel("#lobby").has("m")
    assert chat.console("mode", "#lobby", "+m").text == "#lobby: +mnw 30"
    assert alice.take() == []
    assert chat.console("mode", "#lobby", "-wm").text == "#lobby: +n"
    assert alice.take() == ["MODE #lobby -wm"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "of which channel? Usage: mode #channel"),
        (("#loby",), "there is no channel #loby: did you mean #lobby?"),
        (("#lobby", "+mb", "*!*@*"), "b can't be set: what can be set here are CHMRUimnst, and w"),
        (("#lobby", "+mz"), "z can't be set"),
        (("#lobby", "+w"), "Slow mode takes the seconds"),
        (("#lobby", "+w", "3601"), "Slow mode takes the seconds"),
        (("#pond", "+m"), "#pond is not the server's: whoever has a rank in it sets its modes"),
    ],
)
def test_modes_that_are_not_the_consoles(words: tuple[str, ...], why: str) -> None:
    chat = Chat("alice", "bob")
    chat.peers["alice"].send("JOIN #pond", "MODE #pond +k sesame")
    chat.quiet()
    reply = chat.console("mode", *words)
    assert (reply.ok, reply.text[: len(why)]) == (False, why)
    assert chat.console("mode", "#lobby").text == "#lobby: +nt"
    assert chat.console("mode", "#pond").text == "#pond: +knt *"
    assert chat.peers["bob"].take() == []


def test_say_to_a_channel_to_somebody_and_to_everybody() -> None:
    chat = Chat("alice", "bob", lobby=())
    chat.peers["alice"].send("JOIN #pond")
    chat.open("x")
    chat.quiet()
    assert chat.console("say", "#pond", "hello", "frogs").ok
    assert chat.peers["alice"].take() == ["NOTICE #pond :hello frogs"]
    assert chat.console("say", "bob", "psst").ok
    assert chat.peers["bob"].take() == ["NOTICE bob :psst"]
    assert chat.console("say", "Maintenance", "at noon").text == "said to everybody (2 sessions)"
    assert [peer.take() for peer in chat.peers.values()] == [
        ["NOTICE $* :Maintenance at noon"],
        ["NOTICE $* :Maintenance at noon"],
        [],
    ]


def test_an_operator_cannot_break_lines_by_accident() -> None:
    chat = Chat("alice", "bob")
    chat.console("say", "#lobby", "one\r\nQUIT :two\0")
    assert chat.peers["alice"].take() == ["NOTICE #lobby :one  QUIT :two "]
    chat.console("say", "x" * 600)
    assert len(chat.peers["alice"].take()[0]) < 512
    chat.console("kick", "alice", "#lobby", "bad\nline")
    assert chat.peers["bob"].take()[-1] == "KICK #lobby alice :bad line"
    chat.peers["alice"].send("JOIN #lobby")
    chat.console("kick", "alice", "bad\r\nline", "x" * 600)
    assert chat.peers["bob"].take()[-1].startswith(":alice QUIT :bad  line xxx")


def test_who_logs_in_before_he_has_a_nick_is_told_without_one() -> None:
    chat = Chat(store=True, access="open", snapshot=Snapshot(b"s" * 32, (make_account("kim"),)))
    chat.open("newcomer").send("CAP LS 302", *said("kim", "kim-password"))
    chat.enter("amy").send(*said("kim", "kim-password"))
    logins = [(each.nick, each.text) for each in chat.happened if each.event == "login"]
    assert logins == [("", "127.0.0.1 logged in as kim"), ("amy", "amy logged in as kim")]


def test_what_happens_is_told_to_the_operator() -> None:
    chat = Chat()
    alice = chat.enter("alice")
    alice.send("JOIN #pond", "TOPIC #pond :x", "MODE #pond +m", "NICK al", "PART #pond", "QUIT")
    told = [(each.event, each.nick) for each in chat.happened]
    assert told == [("connected", "alice"), ("joined", "alice"), ("joined", "alice"), ("topic", "alice"),
                    ("mode", "alice"), ("renamed", "al"), ("parted", "al"), ("left", "al")]  # fmt: skip


def test_one_is_not_told_of_as_several() -> None:
    """It was "1 channels", the first thing that a new operator saw."""
    chat = Chat("alice", store=True)
    for verb, text in (
        ("users", "1 session"),
        ("say hello", "said to everybody (1 session)"),
        ("channels", "1 channel"),
        ("accounts", "0 accounts"),
        ("oper", "0 operators"),
        ("files", "0 files, 0 bytes on the disk"),
        ("keep", "0 channels have a rule of their own"),
        ("bans", "0 bans and mutes"),
        ("invites all", "0 invites"),
    ):
        assert chat.console(*verb.split()).text == text
    chat.console("invite")
    chat.console("ban", "192.0.2.7")
    assert chat.console("invites").text == "1 invite that lets somebody in; invites all shows the others too"
    assert chat.console("invites", "all").text == "1 invite"
    assert chat.console("bans").text == "1 ban or mute"
    assert chat.console("audit", "1").text == "the latest line"
