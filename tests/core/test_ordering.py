"""Nothing is shown before it is stored, and nothing overtakes what waits."""

import random

import pytest

from natterjack.core.policy import Limits
from natterjack.ports.records import LineRecord
from tests.support.chat import Chat, Peer

CAPS = "echo-message message-tags"


def durable(*nicks: str, caps: str = "", channel: str = "#pond") -> Chat:
    """All are in the channel, the first as its operator, with a store that commits when told to."""
    chat = Chat(*nicks, caps=caps, lobby=(), durable=True)
    for nick in nicks:
        chat.peers[nick].send(f"JOIN {channel}")
    chat.quiet()
    return chat


def stored(chat: Chat) -> list[list[LineRecord]]:
    """The lines of each batch under way."""
    return [
        [record for record in commit.records if isinstance(record, LineRecord)] for commit in chat.commits
    ]


def text_of(record: LineRecord) -> str:
    """What was said."""
    return record.body.partition(" :")[2]


def test_a_message_is_neither_echoed_nor_shown_before_it_is_stored() -> None:
    chat = durable("alice", "bob", caps="echo-message labeled-response batch")
    chat.play("""
        alice > @label=1 PRIVMSG #pond :hi
        -- commit
        alice < @label=1 :alice PRIVMSG #pond :hi
        bob < :alice PRIVMSG #pond :hi
    """)


def test_what_is_stored_is_what_is_shown() -> None:
    chat = durable("alice", caps="message-tags echo-message")
    chat.peers["alice"].send("@+x=1;+natterjack/cid=12345678;forged=1 PRIVMSG #POND :hi")
    ((record,),) = stored(chat)
    pond = chat.world.channel("#pond").conversation
    assert (record.body, record.conversations, record.time, record.message, record.tags) == (
        ":alice!alice@127.0.0.1 PRIVMSG #pond :hi", (pond,), chat.now.wall * 1000, True, "+x=1"
    )  # fmt: skip
    chat.commit()
    assert chat.peers["alice"].take() == [f"@msgid=m{record.id:x};+x=1 :alice PRIVMSG #pond :hi"]


def test_one_turn_is_one_batch() -> None:
    chat = durable("alice", "bob")
    chat.peers["alice"].send("PRIVMSG #pond :one", "PRIVMSG #pond :two", "NOTICE #pond :three")
    assert [[text_of(record) for record in batch] for batch in stored(chat)] == [["one", "two", "three"]]
    chat.commit()
    assert [line[-3:] for line in chat.peers["bob"].take()] == ["one", "two", "ree"]


@pytest.mark.parametrize(
    ("line", "own", "others"),
    [
        ("PING x", ["PONG natterjack x"], []),
        ("FLY", ["421 alice FLY :Unknown command"], []),
        ("PART #pond", [":alice PART #pond"], [":alice PART #pond"]),
        ("NICK al", [":alice NICK al"], [":alice NICK al"]),
        ("TOPIC #pond :x", [":alice TOPIC #pond :x"], [":alice TOPIC #pond :x"]),
        ("MODE #pond +m", [":alice MODE #pond +m"], [":alice MODE #pond +m"]),
        ("KICK #pond bob", [":alice KICK #pond bob :alice"], [":alice KICK #pond bob :alice"]),
        ("QUIT :bye", ["ERROR :Closing link: Quit: bye"], [":alice QUIT :Quit: bye"]),
        (
            "JOIN #lake",
            [":alice JOIN #lake", "353 alice = #lake :@alice", "366 alice #lake :End of NAMES list"],
            [],
        ),
        ("PRIVMSG bob :x", [], [":alice PRIVMSG bob :x"]),
        ("INVITE bob #pond", ["443 alice bob #pond :is already in the channel"], []),
    ],
)
def test_what_the_sender_does_next_waits_behind_his_message(
    line: str, own: list[str], others: list[str]
) -> None:
    chat = durable("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    assert alice.send("PRIVMSG #pond :wait") == []
    assert alice.send(line) == []
    assert bob.take() == []
    assert not alice.closed
    chat.settle()
    assert alice.take() == own
    assert bob.take() == [":alice PRIVMSG #pond :wait", *others]
    assert alice.closed is line.startswith("QUIT")


def test_a_broken_connection_is_shown_behind_the_last_message() -> None:
    chat = durable("alice", "bob")
    chat.peers["alice"].send("PRIVMSG #pond :last words")
    chat.peers["alice"].hang_up()
    assert chat.peers["bob"].take() == []
    chat.settle()
    assert chat.peers["bob"].take() == [":alice PRIVMSG #pond :last words", ":alice QUIT :Connection closed"]


@pytest.mark.parametrize("line", ["PART #pond", "TOPIC #pond :x", "NICK rob", "QUIT", "AWAY :x", "SETNAME :x",
                                  "PRIVMSG #pond :x"])  # fmt: skip
def test_what_others_do_in_the_channel_waits_too(line: str) -> None:
    chat = Chat(lobby=(), durable=True)
    for nick in ("alice", "bob", "carol"):
        chat.enter(nick, "away-notify setname").send("JOIN #pond", "MODE #pond -t")
    chat.quiet()
    chat.peers["alice"].send("PRIVMSG #pond :wait")
    chat.peers["bob"].send(line)
    assert chat.peers["carol"].take() == []
    chat.settle()
    first, second = chat.peers["carol"].take()
    assert first == ":alice PRIVMSG #pond :wait"
    assert second.startswith(f":bob {line.split(' ', maxsplit=1)[0]}")


def test_a_newcomer_waits_at_the_door_of_a_busy_channel() -> None:
    chat = durable("alice", "bob")
    chat.enter("carol")
    chat.quiet()
    chat.play("""
        alice > PRIVMSG #pond :before you came
        carol > JOIN #pond
        carol > PING x
        alice > PRIVMSG #pond :after you came
        -- commit
        bob < :alice PRIVMSG #pond :before you came
        -- commit
        alice < :carol JOIN #pond
        bob < :carol JOIN #pond
        carol < :carol JOIN #pond
        carol < 353 carol = #pond :@alice bob carol
        carol < 366 carol #pond :End of NAMES list
        carol < :alice PRIVMSG #pond :[2026-11-22 20:31] before you came
        carol < PONG natterjack x
        -- commit
        bob < :alice PRIVMSG #pond :after you came
        carol < :alice PRIVMSG #pond :after you came
    """)


def test_other_channels_and_other_sessions_do_not_wait() -> None:
    chat = durable("alice", "bob")
    chat.peers["bob"].send("JOIN #lake")
    chat.enter("carol").send("JOIN #lake")
    chat.quiet()
    chat.play("""
        alice > PRIVMSG #pond :wait
        bob > PING x
        bob < PONG natterjack x
        carol > SETNAME :C
        carol > PRIVMSG bob :psst
        bob < :carol PRIVMSG bob :psst
        carol > WHO alice %n
        carol < 354 carol alice
        carol < 315 carol alice :End of WHO list
        -- commit
        bob < :alice PRIVMSG #pond :wait
    """)


def test_typing_is_shown_at_once_and_never_stored() -> None:
    chat = durable("alice", "bob", caps="message-tags")
    chat.play("""
        alice > @+typing=active TAGMSG #pond
        bob < @msgid=…;+typing=active :alice TAGMSG #pond
        alice > @+draft/typing=done TAGMSG #pond
        bob < @msgid=…;+draft/typing=done :alice TAGMSG #pond
    """)
    assert chat.commits == []
    chat.peers["alice"].send("@+draft/react=yes TAGMSG #pond")
    assert [(record.message, record.body.split(" ")[1]) for record in stored(chat)[0]] == [(False, "TAGMSG")]


def test_batches_may_be_reported_together() -> None:
    chat = durable("alice", "bob")
    for number in range(5):
        chat.peers["alice"].send(f"PRIVMSG #pond :{number}")
    chat.commits = chat.commits[3:]
    chat.commit()
    assert [line[-1] for line in chat.peers["bob"].take()] == list("0123")
    chat.commit()
    assert [line[-1] for line in chat.peers["bob"].take()] == ["4"]


def test_rights_and_receivers_are_those_of_the_moment_of_speaking() -> None:
    chat = durable("op", "bob")
    chat.play("""
        bob > PRIVMSG #pond :hi
        op > KICK #pond bob
        bob > PRIVMSG #pond :still there?
        -- commit
        op < :bob PRIVMSG #pond :hi
        -- commit
        op < :op KICK #pond bob :op
        bob < :op KICK #pond bob :op
        bob < 404 bob #pond :Cannot send to channel (you are not in it)
    """)


# -- the same for anything that may happen

NICKS = ("ann", "ben", "cat", "dan", "eve", "fay")
CHANNELS = ("#a", "#b", "#c")


def a_command(dice: random.Random, number: int) -> str:
    """Something that somebody might do; every text is unlike all others."""
    channel, nick = dice.choice(CHANNELS), dice.choice(NICKS)
    return dice.choice([
        *[f"PRIVMSG {channel} :m{number}"] * 8,
        f"NOTICE {channel} :n{number}",
        f"PRIVMSG {channel},{nick},#a :both{number}",
        f"PRIVMSG {nick} :p{number}",
        f"@+typing=active TAGMSG {channel}",
        f"@+draft/react=x TAGMSG {channel}",
        *[f"JOIN {channel}"] * 3,
        f"PART {channel} :{number}",
        f"TOPIC {channel} :t{number}",
        f"MODE {channel} {dice.choice('+-')}{dice.choice('mnti')}",
        f"MODE {channel} {dice.choice('+-')}{dice.choice('ov')} {nick}",
        f"KICK {channel} {nick} :{number}",
        f"INVITE {nick} {channel}",
        f"NICK {nick}{dice.randrange(3)}",
        f"AWAY :{number}", "AWAY", f"SETNAME :s{number}", f"PING {number}", f"NAMES {channel}", f"WHO {channel} %n",
        f"CAP REQ :{dice.choice(['', '-'])}{dice.choice(['server-time', 'message-tags', 'echo-message'])}",
        f"@label=l{number} PRIVMSG {channel} :l{number}", f"@label=l{number} WHOIS {nick}",
        f"CAP REQ :{dice.choice(['', '-'])}{dice.choice(['labeled-response batch', 'extended-join', 'away-notify'])}",
    ])  # fmt: skip


def crowd(with_store: bool) -> Chat:
    chat = Chat(*NICKS, lobby=(), durable=with_store, history=True, limits=Limits(replay=0))
    for number, nick in enumerate(NICKS):
        chat.peers[nick].send(f"CAP REQ :message-tags {('echo-message', 'server-time', 'batch')[number % 3]}")
        chat.peers[nick].send(f"JOIN {CHANNELS[number % 3]}", f"JOIN {CHANNELS[number % 2]}")
    chat.quiet()
    return chat


def concerning(lines: list[str], channel: str) -> list[str]:
    """The events among ``lines`` that happened in ``channel``: they start with a person and name it first."""
    events = []
    for line in lines:
        words = line.split(" ")[1:] if line[0] == "@" else line.split(" ")
        if words[0][:1] == ":" and len(words) > 2 and words[2].lstrip(":@%+") == channel:
            events.append(line)
    return events


def numerics(lines: list[str]) -> list[str]:
    """The answers of the server to the session's own commands."""
    return [line for line in lines if line.split(" ")[line[0] == "@"].isdigit() or " PONG " in f" {line}"]


def shown_too_early(chat: Chat, peer: Peer) -> list[str]:
    pending = {f" :{text}" for batch in stored(chat) for record in batch if (text := text_of(record))}
    return [line for line in peer.heard if any(line.endswith(text) and " #" in line for text in pending)]


@pytest.mark.parametrize("seed", range(10))
def test_whenever_commits_come_everybody_sees_what_an_instant_store_would_show(seed: int) -> None:
    dice = random.Random(seed)
    instant, waiting = crowd(False), crowd(True)
    heard: dict[str, dict[str, list[str]]] = {"instant": {}, "waiting": {}}
    for number in range(250):
        nick = dice.choice(NICKS)
        commands = [a_command(dice, number * 10 + index) for index in range(dice.choice((1, 1, 1, 3)))]
        for name, chat in (("instant", instant), ("waiting", waiting)):
            chat.peers[nick].post(*commands)
            for peer in chat.peers.values():
                assert shown_too_early(chat, peer) == []
                heard[name].setdefault(peer.name, []).extend(peer.take())
        while waiting.commits and dice.random() < 0.4:
            waiting.commit()
            for peer in waiting.peers.values():
                assert shown_too_early(waiting, peer) == []
                heard["waiting"][peer.name].extend(peer.take())
    waiting.settle()
    for nick, peer in waiting.peers.items():
        now, later = heard["instant"][nick], heard["waiting"][nick] + peer.take()
        assert sorted(now) == sorted(later)
        assert numerics(now) == numerics(later)
        for channel in CHANNELS:
            assert concerning(now, channel) == concerning(later, channel)
