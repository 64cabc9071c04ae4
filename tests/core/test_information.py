"""LUSERS, VERSION, INFO, TIME, ADMIN, MOTD, HELP: questions about the server."""

import pytest

from natterjack.core.registry import COMMANDS
from tests.support.chat import Chat


def test_lusers_counts() -> None:
    chat = Chat("alice", "bob", "carol")
    chat.peers["alice"].send("MODE alice +i", "JOIN #pond")
    chat.world.set_modes(chat.world.find("bob"), "o")
    chat.open("x")
    chat.enter("dave").send("QUIT")
    chat.quiet()
    chat.play("""
        alice > LUSERS
        alice < 251 alice :There are 2 users and 1 invisible on 1 server
        alice < 252 alice 1 :operator(s) online
        alice < 253 alice 1 :unregistered connection(s)
        alice < 254 alice 2 :channels formed
        alice < 255 alice :I have 3 clients and 0 servers
        alice < 265 alice 3 4 :Current local users 3, max 4
        alice < 266 alice 3 4 :Current global users 3, max 4
    """)


def test_what_the_server_tells_of_itself() -> None:
    Chat("alice", admin=("Here", "Somebody", "me@example.org", "more")).play("""
        alice > TIME
        alice < 391 alice natterjack :2026-11-22T20:31:02.500Z
        alice > VERSION
        alice < 351 alice natterjack-1 natterjack :plain Python on sockets
        alice < 005 alice …
        alice < 005 alice …
        alice < 005 alice …
        alice > ADMIN
        alice < 256 alice natterjack :Administrative info
        alice < 257 alice :Here
        alice < 258 alice :Somebody
        alice < 259 alice :me@example.org
        alice > INFO
        alice < 371 alice :Natterjack: …
        alice < 371 …
        alice < 371 …
        alice < 371 alice :Version 1, started 2026-11-22T20:31:02.500Z
        alice < 374 alice :End of INFO list
        alice > MOTD
        alice < 422 alice :There is no message of the day
    """)


@pytest.mark.parametrize("command", ["TIME", "VERSION", "ADMIN", "INFO", "MOTD"])
def test_another_server_is_not_known(command: str) -> None:
    alice = Chat("alice", "bob").peers["alice"]
    assert alice.send(f"{command} irc.example.org") == ["402 alice irc.example.org :No such server"]
    here = alice.send(command)
    for name in ("natterjack", "NATTER*", "alice", "bob"):
        assert alice.send(f"{command} {name}") == here


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(name: str) -> None:
    lines = Chat("alice").peers["alice"].send(f"HELP {name.lower()}")
    assert lines[0].startswith(f"704 alice {name} :{name}")
    assert lines[1] == f"705 alice {name} :"
    assert all(line.startswith(f"705 alice {name} :") for line in lines[1:-1])
    assert len(lines[2]) > 25
    assert lines[-1] == f"706 alice {name} :End of HELP"


def test_help_alone_lists_the_commands() -> None:
    alice = Chat("alice").peers["alice"]
    lines = alice.send("HELP")
    words = {word for line in lines[2:-1] for word in line.partition(" :")[2].split()}
    assert words == set(COMMANDS)
    assert alice.send("HELP *") == alice.send("HELPOP") == lines
    assert alice.send("HELP fly") == ["524 alice FLY :No help on this"]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_too_few_parameters_are_461_for_whatever_needs_them(name: str) -> None:
    command = COMMANDS[name]
    alice = Chat("alice").peers["alice"]
    for count in range(command.params):
        assert alice.send(f"{name} {' '.join('x' * count)}") == [f"461 alice {name} :Not enough parameters"]
    x = Chat().open("x")
    x.send(
        "CAP REQ :draft/pre-away draft/extended-isupport draft/metadata-3"
    )  # without, some are not for newcomers
    early = x.send(f"{name} {' '.join('x' * command.params)}")
    assert (early == ["451 * :You have not registered yet: send NICK and USER first"]) is not command.early


def test_what_is_not_utf_8_is_answered_under_its_label() -> None:
    chat = Chat("alice", caps="labeled-response batch")
    (got,) = chat.peers["alice"].send(b"@label=x;y=z PRIVMSG #lobby :\xff")
    assert got.startswith("@label=x FAIL PRIVMSG INVALID_UTF8 ")
    assert "label" not in chat.peers["alice"].send(b"@label=\xff PRIVMSG #lobby :\xff")[0]


@pytest.mark.parametrize("line", ["FLY", "001", "ÉTÉ", "PRIV.MSG", "@" * 2 + " x", "🦆 #lobby", "JOINN #x"])
def test_what_is_no_command_is_said_so(line: str) -> None:
    (answer,) = Chat("alice").peers["alice"].send(line)
    assert answer.startswith(("421 alice ", "FAIL * INVALID_LINE "))


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"PRIVMSG #lobby :\xff", "FAIL PRIVMSG INVALID_UTF8 :Message rejected, it is not valid UTF-8"),
        (b"@a=b :x y\xff", "FAIL * INVALID_UTF8 :Message rejected, it is not valid UTF-8"),
        (b"PRIVMSG #lobby :a\0b", "FAIL * INVALID_LINE :Message rejected, it contains a NUL or a bare CR"),
        (b"PRIVMSG #lobby :a\rb", "FAIL * INVALID_LINE :Message rejected, it contains a NUL or a bare CR"),
        (b"", ""),
        (b"   ", ""),
    ],
)
def test_bad_lines_are_answered_or_passed_over(line: bytes, answer: str) -> None:
    chat = Chat("alice", "bob")
    assert chat.peers["alice"].send(line, "PING next") == [*filter(None, [answer]), "PONG natterjack next"]
    assert chat.peers["bob"].take() == []


@pytest.mark.parametrize("command", [*sorted(COMMANDS), "FLY"])
def test_whatever_is_repeated_in_an_answer_the_answer_fits_a_line(command: str) -> None:
    chat = Chat("alice", "bob", caps="echo-message labeled-response batch")
    for length in (100, 300, 480):
        for word in ("x" * length, "é" * (length // 2), "#" + "x" * length, "a," * (length // 2)):
            for line in (
                f"{command} {word}",
                f"{command} #lobby {word}",
                f"{command} alice :{word}",
                f"{command}{word}",
            ):
                assert chat.peers["alice"].send(f"@label=l {line}")  # checked for its length where it arrives
                if chat.peers["alice"].closed:
                    chat.enter("alice", "echo-message labeled-response batch")
