"""From the first line to the lobby, and out again."""

from typing import Any

import pytest

from tests.support.chat import Chat


def test_a_newcomer_is_greeted_and_finds_himself_in_the_lobby() -> None:
    chat = Chat()
    chat.open("alice")
    chat.play("""
        alice > NICK alice
        alice > USER ally 0 * :Alice Liddell
        alice < 001 alice :Welcome to Natterjack, alice!ally@127.0.0.1
        alice < 002 alice :Your host is natterjack, running version natterjack-1
        alice < 003 alice :This server was started 2026-11-22T20:31:02.500Z
        alice < 004 alice natterjack natterjack-1 BRTiow CHIMRUbefhiklmnoqstvw :Ibefhkloqvw
        alice < 005 alice ACCOUNTEXTBAN=a AWAYLEN=390 …:are supported by this server
        alice < 005 alice …:are supported by this server
        alice < 005 alice …:are supported by this server
        alice < 251 alice :There are 1 users and 0 invisible on 1 server
        alice < 252 alice 0 :operator(s) online
        alice < 253 alice 0 :unregistered connection(s)
        alice < 254 alice 1 :channels formed
        alice < 255 alice :I have 1 clients and 0 servers
        alice < 265 alice 1 1 :Current local users 1, max 1
        alice < 266 alice 1 1 :Current global users 1, max 1
        alice < 422 alice :There is no message of the day
        alice < :alice JOIN #lobby
        alice < 353 alice = #lobby :alice
        alice < 366 alice #lobby :End of NAMES list
    """)


def test_user_may_come_before_nick() -> None:
    chat = Chat()
    alice = chat.open("alice")
    assert alice.send("USER a 0 * :A") == []
    assert alice.send("NICK alice")[0].startswith("001 alice")


def test_the_message_of_the_day_is_shown_line_by_line() -> None:
    chat = Chat(motd=("Be kind.", "", "x" * 600))
    alice = chat.open("alice")
    lines = alice.send("NICK alice", "USER a 0 * :A")
    shown = [line[:31] for line in lines if line[:3] in {"375", "372", "376", "422"}]
    assert shown == ["375 alice :- natterjack Message", "372 alice :Be kind.", "372 alice :",
                     f"372 alice :{'x' * 20}", "376 alice :End of MOTD"]  # fmt: skip


@pytest.mark.parametrize("lobby", [(), ("#a", "#b")])
def test_everybody_joins_the_lobbies_and_gets_no_rank_there(lobby: tuple[str, ...]) -> None:
    chat = Chat("alice", lobby=lobby)
    alice = chat.world.find("alice")
    assert tuple(alice.channels) == lobby
    assert [channel.members[alice.uid] for channel in chat.world.channels.values()] == [0] * len(lobby)


def test_a_lobby_outlives_its_last_member_and_still_gives_no_rank() -> None:
    chat = Chat("alice")
    chat.play("""
        alice > PART #lobby
        alice < :alice PART #lobby
        alice > JOIN #lobby
        alice < :alice JOIN #lobby
        alice < 353 alice = #lobby :alice
        alice < 366 …
        alice > MODE #lobby +m
        alice < 482 alice #lobby :You're not an operator of that channel
    """)


def test_only_some_commands_may_come_early() -> None:
    chat = Chat()
    chat.open("x")
    chat.play("""
        x > PRIVMSG #lobby :hi
        x < 451 * :You have not registered yet: send NICK and USER first
        x > JOIN #lobby
        x < 451 * …
        x > PING early
        x < PONG natterjack early
        x > PONG
        x > ERROR :odd
        x > PASS secret
        x > FLY away
        x < 421 * FLY :Unknown command
        x > PASS
        x < 461 * PASS :Not enough parameters
        x > USER a 0 *
        x < 461 * USER :Not enough parameters
        x > USER a 0 * :
        x < 461 * USER :Not enough parameters
        x > CAP
        x < 461 * CAP :Not enough parameters
    """)


def test_what_comes_twice_is_refused() -> None:
    chat = Chat("alice")
    chat.open("x")
    chat.play("""
        x > USER a 0 * :A
        x > USER b 0 * :B
        x < 462 * :You may not register again
        alice > USER a 0 * :A
        alice < 462 alice :You may not register again
        alice > PASS secret
        alice < 462 alice :You may not register again
    """)


def test_nicks_that_cannot_be_had() -> None:
    chat = Chat("alice", "bill")
    chat.open("x")
    chat.play("""
        x > NICK
        x < 431 * :No nick given
        x > NICK :
        x < 431 * :No nick given
        x > NICK a!b
        x < 432 * a!b :Erroneous nick: it may not contain '!'
        x > NICK :two words
        x < 432 * * :Erroneous nick: it may not contain ' '
        x > NICK alice
        x < 433 * alice :Nick is already in use
        x > NICK ALICE
        x < 433 * ALICE :Nick is already in use
        x > NICK aIice
        x < 433 * aIice :Nick is already in use
        x > NICK bi11
        x < 433 * bi11 :Nick is already in use
        x > NICK bob
        alice > NICK bob
        alice < 433 alice bob :Nick is already in use
    """)


def test_a_nick_in_pieces_of_letters_is_put_together() -> None:
    chat = Chat()
    alice = chat.open("x")
    assert alice.send("NICK e\u0301mile", "USER a 0 * :A")[0].startswith("001 \u00e9mile ")


def test_a_nick_may_change_while_registering() -> None:
    chat = Chat("alice")
    x = chat.open("x")
    assert x.send("NICK bob", "NICK carol") == []
    assert chat.enter("bob") is not None
    assert x.send("USER c 0 * :C")[0].startswith("001 carol ")


def test_a_rename_is_shown_once_to_each_who_shares_a_channel() -> None:
    chat = Chat("alice", "bob", "carol")
    for nick in ("alice", "bob"):
        chat.peers[nick].send("JOIN #pond")
    chat.peers["carol"].send("PART #lobby")
    chat.quiet()
    chat.play("""
        alice > NICK Alicia
        alice < :alice NICK Alicia
        bob < :alice NICK Alicia
        alice > NICK Alicia
        alice > NICK alicia
        alice < :Alicia NICK alicia
        bob < :Alicia NICK alicia
        carol > PRIVMSG Alicia :hi
        alice < :carol PRIVMSG alicia :hi
        carol > PRIVMSG alice :hi
        carol < 401 carol alice :No such nick or channel
    """)


def test_a_rename_by_case_cannot_slip_under_another_ones_looks() -> None:
    chat = Chat()
    ix, lx = chat.enter("ix"), chat.enter("lx")
    chat.quiet()
    assert ix.send("NICK IX") == ["433 ix IX :Nick is already in use"]
    assert lx.send("QUIT") == ["ERROR :Closing link: Quit"]
    assert ix.send("NICK IX") == [":lx QUIT :Quit", ":ix NICK IX"]
    assert ix.send("QUIT") == ["ERROR :Closing link: Quit"]
    assert chat.enter("lx") is not None


def test_quit_is_answered_shown_and_closed() -> None:
    chat = Chat("alice", "bob")
    chat.play("""
        alice > QUIT :off to bed
        alice < ERROR :Closing link: Quit: off to bed
        bob < :alice QUIT :Quit: off to bed
    """)
    assert chat.peers["alice"].closed
    assert chat.world.find("alice") is None


def test_whoever_leaves_before_he_was_in_is_not_shown() -> None:
    chat = Chat("bob")
    alice = chat.open("alice")
    assert alice.send("NICK alice", "QUIT") == ["ERROR :Closing link: Quit"]
    assert chat.peers["bob"].take() == []
    chat.open("carol").hang_up()
    assert chat.peers["bob"].take() == []
    assert len(chat.world.sessions) == 1


def test_a_broken_connection_is_shown_with_its_reason() -> None:
    chat = Chat("alice", "bob")
    chat.peers["alice"].hang_up("Connection reset by peer")
    assert chat.peers["bob"].take() == [":alice QUIT :Connection reset by peer"]


def test_nothing_is_done_after_quit_in_the_same_packet() -> None:
    chat = Chat("alice", "bob")
    chat.peers["alice"].send("QUIT", "PRIVMSG #lobby :still here?")
    assert chat.peers["bob"].take() == [":alice QUIT :Quit"]


@pytest.mark.parametrize(
    ("ip", "via", "settings", "word"),
    [
        ("127.0.0.1", "irc", {}, ""),
        ("127.8.9.1", "irc", {}, ""),
        ("::1", "irc", {}, ""),
        ("10.0.0.1", "irc", {}, "plain text"),
        ("fe80::1%eth0", "irc", {}, "plain text"),
        ("10.0.0.1", "ws", {}, "plain text"),
        ("10.0.0.1", "tls", {}, "nobody"),
        ("10.0.0.1", "irc", {"allow_plaintext": True}, "nobody"),
        ("10.0.0.1", "tls", {"access": "open"}, ""),
        ("10.0.0.1", "irc", {"access": "open", "allow_plaintext": True}, ""),
        ("127.0.0.1", "irc", {"trust_loopback": False}, "plain text"),
    ],
)
def test_who_may_come_in_at_all(ip: str, via: str, settings: dict[str, Any], word: str) -> None:
    chat = Chat(**settings)
    peer = chat.open("x", ip, via)
    lines = peer.send("NICK x", "USER x 0 * :X")
    if word:
        assert len(lines) == 1
        assert lines[0].startswith("ERROR :Closing link: this server ")
        assert word in lines[0]
        assert chat.happened[-1].event == "refused"
    else:
        assert lines[0].startswith("001 x")
    assert peer.closed is bool(word)
    assert len(chat.world.sessions) == (not word)


def test_where_nobody_is_trusted_for_his_machine_plain_text_is_for_nobody() -> None:
    peer = Chat(trust_loopback=False).open("x", "127.0.0.1", "irc")
    assert peer.take()[0].startswith("ERROR :Closing link: this server takes no plain text: connect with TLS")


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "10.0.0.1"])
def test_whoever_comes_through_a_proxy_is_never_of_this_machine(ip: str) -> None:
    plain = Chat().open("x", ip, "irc", proxied=True)
    assert plain.take()[0].startswith(
        "ERROR :Closing link: this server takes plain text from its own machine only"
    )
    chat = Chat(store=True, limited=True)
    peer = chat.open("x", ip, "tls", proxied=True)
    assert peer.send("NICK x", "USER x 0 * :X")[0].startswith("464 x :you need an invite")
    others = [chat.open(f"y{number}", ip, "tls", proxied=True) for number in range(600)]
    assert others[-1].closed, "its site is counted like any other"


def test_where_this_machine_is_not_trusted_it_is_counted_like_any_other() -> None:
    chat = Chat(store=True, limited=True, trust_loopback=False, access="open")
    others = [chat.open(f"y{number}", "127.0.0.1", "tls") for number in range(600)]
    assert (
        others[-1]
        .take()[0]
        .startswith("ERROR :Closing link: too many connections under way from your network")
    )
    chat = Chat(store=True, limited=True, trust_loopback=False, access="open", allow_plaintext=True)
    x = chat.open("x")
    x.send("NICK x", "USER x 0 * :X")
    assert x.send("AUTHENTICATE PLAIN")[0] == "908 x SCRAM-SHA-256 :are available SASL mechanisms"


def test_an_ipv6_peer_breaks_no_line() -> None:
    chat = Chat("bob")
    alice = chat.enter("alice", ip="::1")
    chat.quiet()
    assert alice.send("WHO alice %i") == ["354 alice 0::1", "315 alice alice :End of WHO list"]
    assert "338 alice alice alice@0::1 0::1 :is actually using host" in alice.send("WHOIS alice")
    assert chat.peers["bob"].send("USERHOST alice") == ["302 bob :alice=+alice@0::1"]
