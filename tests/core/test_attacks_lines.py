"""Lines made to cost the server, or others, more than they cost their writer."""

from tests.support.chat import Chat


def test_a_list_is_shown_once_however_often_one_line_asks_for_it() -> None:
    chat = Chat("alice")
    alice = chat.peers["alice"]
    alice.send("JOIN #x", "MODE #x +b one", "MODE #x +b two")
    got = alice.send("MODE #x bbbbbbbbbbbb")
    assert [line.split(" ")[0] for line in got] == ["367", "367", "368"]
    got = alice.send("MODE #x beIbeI")
    assert [line.split(" ")[0] for line in got] == ["367", "367", "368", "349", "347"]


def test_names_are_shown_once_however_often_a_channel_is_spelt() -> None:
    chat = Chat("alice")
    got = chat.peers["alice"].send("NAMES #lobby,#Lobby,#LOBBY,#nowhere,#NOWHERE")
    assert [line.split(" ")[0] for line in got] == ["353", "366"]


def test_a_message_is_said_once_however_often_its_target_is_spelt() -> None:
    chat = Chat("alice", "bob")
    assert chat.peers["alice"].send("PRIVMSG #lobby,#Lobby,bob,BOB :hello") == []
    assert chat.peers["bob"].take() == [":alice PRIVMSG #lobby :hello", ":alice PRIVMSG bob :hello"]


def test_no_name_is_cut_however_long_names_are() -> None:
    chat = Chat(caps="userhost-in-names")
    nicks = [chr(0x20000) * 31 + chr(0x20000 + number) for number in range(9)]
    channels = ["#" + chr(0x10330) * 30 + letter for letter in "abcdef"]
    for nick in nicks:
        chat.enter(nick, caps="userhost-in-names").send(
            f"JOIN {','.join(channels[:3])}", "JOIN " + ",".join(channels[3:])
        )
    chat.quiet()
    peer = chat.peers[nicks[0]]
    got = peer.send(f"NAMES {channels[0]}")
    named = [name for line in got if " 353 " in f" {line}" for name in line.split(" :")[1].split(" ")]
    assert [name.lstrip("@").partition("!")[0] for name in named] == nicks
    got = peer.send(f"WHOIS {nicks[1]}")
    inside = [name for line in got if line.startswith("319 ") for name in line.split(" :")[1].split(" ")]
    assert sorted(name for name in inside if name != "#lobby") == channels
