"""MONITOR and extended-monitor: being told when somebody comes and goes."""

from tests.support.chat import Chat


def test_who_is_here_and_who_comes_and_goes() -> None:
    chat = Chat("alice", "bob", lobby=())
    chat.open("x")
    chat.play("""
        alice > MONITOR + bob,Carol,b!d
        alice < 730 alice :bob!bob@127.0.0.1
        alice < 731 alice :Carol
        alice > MONITOR L
        alice < 732 alice :bob,Carol
        alice < 733 alice :End of MONITOR list
        alice > monitor s
        alice < 730 alice :bob!bob@127.0.0.1
        alice < 731 alice :Carol
        bob > QUIT
        bob < ERROR :Closing link: Quit
        alice < 731 alice :bob
        alice > MONITOR - CAROL
        alice > MONITOR L
        alice < 732 alice :bob
        alice < 733 alice :End of MONITOR list
        alice > MONITOR C
        alice > MONITOR L
        alice < 733 alice :End of MONITOR list
        alice > MONITOR X
        alice > MONITOR
        alice < 461 alice MONITOR :Not enough parameters
        alice > MONITOR +
    """)
    assert chat.world.watchers == {}


def test_a_newcomer_is_told_of_once_he_is_in() -> None:
    chat = Chat("alice", lobby=())
    alice = chat.peers["alice"]
    alice.send("MONITOR + bob")
    bob = chat.open("bob")
    bob.send("NICK bob")
    assert alice.take() == []
    bob.send("USER bob 0 * :B")
    assert alice.take() == ["730 alice :bob!bob@127.0.0.1"]


def test_a_rename_is_a_going_and_a_coming_unless_only_case_changes() -> None:
    chat = Chat("alice", "bob", lobby=())
    chat.peers["alice"].send("MONITOR + bob,rob")
    chat.quiet()
    chat.play("""
        bob > NICK BOB
        bob < :bob NICK BOB
        bob > NICK Rob
        bob < :BOB NICK Rob
        alice < 731 alice :BOB
        alice < 730 alice :Rob!bob@127.0.0.1
    """)


def test_case_beyond_ascii_is_another_nick() -> None:
    chat = Chat("alice", "Ärger", lobby=())
    chat.peers["alice"].send("MONITOR + Ärger,ärger")
    chat.quiet()
    chat.peers["Ärger"].send("NICK ärger")
    assert chat.peers["alice"].take() == ["731 alice :Ärger", "730 alice :ärger!rger@127.0.0.1"]


def test_the_list_has_an_end_and_says_who_did_not_fit() -> None:
    alice = Chat("alice").peers["alice"]
    for start in range(0, 100, 10):
        alice.send(f"MONITOR + {','.join(f'n{number}' for number in range(start, start + 10))}")
    assert alice.send("MONITOR + n5,more,evenmore") == [
        "734 alice 100 more,evenmore :Monitor list is full: these nicks were not added",
        "731 alice :n5",
    ]
    lines = alice.send("MONITOR L")
    assert len([nick for line in lines[:-1] for nick in line.partition(" :")[2].split(",")]) == 100


def test_nobody_is_told_after_he_has_gone() -> None:
    chat = Chat("alice", "bob", "carol", lobby=())
    chat.peers["alice"].send("MONITOR + bob")
    chat.peers["carol"].send("MONITOR + bob")
    chat.peers["alice"].hang_up()
    chat.quiet()
    chat.peers["bob"].send("QUIT")
    assert chat.peers["carol"].take() == ["731 carol :bob"]
    assert set(chat.world.watchers) == {"bob"}


def test_extended_monitor_shows_what_else_happens() -> None:
    chat = Chat("alice", lobby=())
    chat.enter("bob", "extended-monitor away-notify setname")
    chat.enter("half", "away-notify setname")
    chat.enter("other", "extended-monitor away-notify")
    for nick in ("bob", "half", "other"):
        chat.peers[nick].send("MONITOR + alice")
    chat.quiet()
    chat.play("""
        alice > AWAY :tea
        alice < 306 …
        bob < :alice AWAY :tea
        other < :alice AWAY :tea
        alice > SETNAME :Al
        bob < :alice SETNAME :Al
        alice > JOIN #pond
        alice < …
        alice < …
        alice < …
        alice > NICK al
        alice < :alice NICK al
        bob < 731 bob :alice
        half < 731 half :alice
        other < 731 other :alice
    """)


def test_one_who_shares_a_channel_is_told_once() -> None:
    chat = Chat("alice")
    chat.enter("bob", "extended-monitor away-notify")
    chat.peers["bob"].send("MONITOR + alice")
    chat.quiet()
    chat.play("""
        alice > AWAY :tea
        alice < 306 …
        bob < :alice AWAY :tea
    """)
