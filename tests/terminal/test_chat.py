"""The order of things: what waits for what, when the program ends, and with which code. No socket, no thread."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.address import Address
from natterjack.client.chatting.chat import Chat, Options
from natterjack.client.chatting.commands import ROWS
from natterjack.client.chatting.text_view import TextView
from natterjack.client.errors import AccountsUnusable, ClosedByServer, ConnectRefused, NotLetIn
from natterjack.client.kept_accounts import PLAIN, Kept
from natterjack.client.model import Model
from natterjack.client.secret import Secret
from natterjack.client.session import SessionConfig
from natterjack.client.transfers import requests as f
from natterjack.client.transfers.events import FileListed, TransferChanged
from natterjack.client.transfers.values import Direction, FileInfo, State, Transfer
from natterjack.proto.source import Source
from natterjack.terminal.json_view import JsonView

KIM = Source("kim", "k", "h")
ALICE = Source("alice", "a", "h")


class Line:
    """A driver that only notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.addresses: list[Address] = []
        self.read_upto: list[tuple[str, float]] = []

    def connect(self, address: Address, config: SessionConfig, seconds: float = 0.0) -> None:
        later = (seconds,) if seconds else ()
        self.asked.append(("connect", str(address), config, *later))
        self.addresses.append(address)

    def shown(self, number: int) -> None:
        self.asked.append(("shown", number))

    def send(self, request: r.Request) -> None:
        self.asked.append(request)

    def read(self, target: str, upto: float) -> None:
        self.read_upto.append((target, upto))

    def disconnect(self, reason: str = "") -> None:
        self.asked.append(("disconnect", reason))

    def take(self) -> list[Any]:
        asked, self.asked = self.asked, []
        return asked


class Remembered:
    """Accounts as the file keeps them, in memory. ``broken`` is what is wrong with it."""

    def __init__(self) -> None:
        self.path = Path("accounts.json")
        self.kept: list[Kept] = []
        self.broken = ""

    def known(self, address: Address) -> list[Kept]:
        self.prepare()
        found = [each for each in reversed(self.kept) if each.server == address.name]
        return sorted(found, key=lambda each: not each.sure)

    def prepare(self) -> None:
        if self.broken:
            raise AccountsUnusable(str(self.path), self.broken)

    def keep(self, address: Address, account: str) -> Kept:
        self.prepare()
        secret = Secret(f"secret{len(self.kept)}")
        self.kept.append(Kept(address.name, address.pin or PLAIN, account, secret, sure=False))
        return self.kept[-1]

    def settle(self, kept: Kept) -> None:
        self.prepare()
        self.kept = [structs.replace(each, sure=True) if each == kept else each for each in self.kept]

    def forget(self, kept: Kept) -> None:
        self.prepare()
        self.kept.remove(kept)


class Desk:
    """A chat at which a test types."""

    def __init__(self, *, interactive: bool = True, as_json: bool = False, **options: Any) -> None:
        self.line = Line()
        self.out, self.err = io.StringIO(), io.StringIO()
        view = JsonView(self.out, self.err) if as_json else TextView(self.out, self.err, hints=interactive)
        self.accounts = Remembered()
        self.now = 0.0
        self.chat = Chat(
            self.line,
            view,
            Options("kim", interactive, **options),
            self.accounts,
            clock=lambda: self.now,
            chance=lambda: 0.0,
        )
        self.number = 0

    def type(self, *lines: str) -> list[Any]:
        """What the driver is asked for."""
        for line in lines:
            self.number += 1
            self.chat.typed(self.number, line)
        return self.line.take()

    def happens(self, *events: e.Event) -> list[Any]:
        self.chat.happened(events)
        return self.line.take()

    def said(self) -> list[str]:
        text = self.out.getvalue().splitlines()
        self.out.seek(0)
        self.out.truncate()
        return text

    def failed(self) -> list[str]:
        text = self.err.getvalue().splitlines()
        self.err.seek(0)
        self.err.truncate()
        return text

    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said()]

    def online(self) -> Desk:
        self.type("CONNECT")
        self.arrive()
        self.said()
        return self

    def arrive(self) -> list[Any]:
        members = (e.Named("kim"), e.Named("alice", "@"))
        return self.happens(
            e.Connecting("127.0.0.1:7667"),
            e.Welcomed("kim", "srv"),
            e.Joined(KIM, "#lobby", "", "", True, 0.0),
            e.NamesListed(0, "#lobby", members),
            e.Ready("kim", "srv", "natterjack"),
        )


def test_the_first_minute() -> None:
    desk = Desk()
    ((_, where, config),) = desk.type("CONNECT")
    assert where == "127.0.0.1:7667"
    assert config.nick == "kim"
    desk.arrive()
    assert desk.said() == [
        (
            "Connected to natterjack at 127.0.0.1:7667 as kim. You are in #lobby with alice. "
            "(NICK name changes your name.)"
        )
    ]
    assert desk.chat.prompt == "#lobby> "
    assert desk.type("SEND loud and clear") == [r.Say(2, "#lobby", "loud and clear")]
    desk.happens(
        e.MessageReceived("m1", 0.0, KIM, "#lobby", "loud and clear", e.Kind.MESSAGE, own=True),
        e.Acked(2, "m1", "#lobby", "loud and clear", 0.0),
        e.MessageReceived("m2", 0.0, ALICE, "#lobby", "welcome!", e.Kind.MESSAGE, own=False),
    )
    assert [line[6:] for line in desk.said()] == ["kim  loud and clear", "alice  welcome!"]
    assert desk.type("QUIT see you") == [("disconnect", "see you")]
    desk.happens(e.Disconnected("127.0.0.1:7667", None))
    assert desk.said() == ["Left. Goodbye."]
    assert desk.chat.finished
    assert desk.chat.exit_code == 0


def test_text_goes_where_one_is() -> None:
    desk = Desk().online()
    assert desk.type("hello", "//slash", "/me waves", "MSG alice psst") == [
        r.Say(2, "#lobby", "hello"),
        r.Say(3, "#lobby", "/slash"),
        r.Say(4, "#lobby", "waves", e.Kind.ACTION),
        r.Say(5, "alice", "psst"),
    ]


def test_what_is_said_to_a_service_is_no_message() -> None:
    desk = Desk().online()
    assert desk.type("MSG NickServ identify sesame") == [r.Raw(2, "NICKSERV :identify sesame")]
    desk.happens(e.Done(2, "NICKSERV"))
    assert desk.type("/query chanserv", "info #lobby") == [r.Raw(4, "CHANSERV :info #lobby")]
    desk.happens(e.Done(4, "CHANSERV"))
    assert desk.type("MSG NickServ@services identify sesame") == [r.Raw(5, "NICKSERV :identify sesame")]
    desk.happens(e.Done(5, "NICKSERV"))
    assert desk.type("MSG alice,NickServ identify sesame", "NS IDENTIFY sesame", "/ns identify sesame") == []
    assert desk.failed()[-1].endswith("Did you mean MSG NickServ? Nothing was sent.")
    assert not any("sesame" in text for text in desk.said())


def test_a_join_decides_where_the_next_line_goes() -> None:
    desk = Desk(interactive=False).online()
    assert desk.type("JOIN c", "SEND hi") == [r.Join(2, "#c")]
    assert desk.happens(e.Joined(KIM, "#c", "", "", True, 0.0), e.Done(2, "JOIN")) == [r.Say(3, "#c", "hi")]


def test_lines_wait_for_the_connection() -> None:
    desk = Desk(interactive=False)
    assert [what[0] for what in desk.type("CONNECT h 1", "SEND hi", "QUIT")] == ["connect"]
    assert desk.arrive() == [r.Say(2, "#lobby", "hi")]
    assert desk.happens(e.Acked(2, "m", "#lobby", "hi", 0.0)) == [("disconnect", "")]


def test_at_a_terminal_one_may_leave_while_connecting() -> None:
    desk = Desk()
    desk.type("CONNECT h 1")
    assert desk.type("QUIT") == [("disconnect", "")]


def test_the_end_of_a_pipe_waits_for_what_was_sent() -> None:
    desk = Desk(interactive=False).online()
    desk.type("SEND one", "SEND two")
    desk.chat.end_of_input()
    assert desk.happens(e.Acked(2, "m", "#lobby", "one", 0.0)) == []
    assert desk.happens(e.Acked(3, "n", "#lobby", "two", 0.0)) == [("disconnect", "")]
    desk.happens(e.Disconnected("h:1", None))
    assert desk.chat.finished
    assert desk.chat.exit_code == 0


def test_a_text_in_pieces_is_done_with_the_last() -> None:
    desk = Desk(interactive=False).online()
    desk.type("SEND long")
    desk.chat.end_of_input()
    assert desk.happens(e.Acked(2, "m", "#lobby", "lo", 0.0, left=1)) == []
    assert desk.happens(e.Acked(2, "n", "#lobby", "ng", 0.0)) == [("disconnect", "")]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (e.ConnectFailed("h:1", ConnectRefused("h:1")), 69),
        (e.Disconnected("h:1", NotLetIn("464", "Password incorrect")), 77),
        (e.DriverFailed(RuntimeError("ours")), 70),
    ],
)
def test_a_pipe_ends_where_there_is_no_way_in(event: e.Event, code: int) -> None:
    desk = Desk(interactive=False)
    desk.type("CONNECT h 1", "SEND hi")
    desk.happens(e.Connecting("h:1"), event)
    assert desk.chat.finished
    assert desk.chat.exit_code == code
    assert len(desk.failed()) == 1


def test_a_person_may_try_again() -> None:
    desk = Desk()
    desk.type("CONNECT h 1")
    desk.happens(e.ConnectFailed("h:1", ConnectRefused("h:1")))
    assert not desk.chat.finished
    assert "CONNECT" in desk.failed()[0]
    desk.online()
    desk.happens(e.Disconnected("h:1", ClosedByServer("The server closed the connection.")))
    assert desk.failed() == [
        "Disconnected: The server closed the connection. CONNECT tries at once, DISCONNECT gives up."
    ]
    desk.type("DISCONNECT")
    desk.happens(e.Disconnected("h:1", None))
    assert desk.type("hello") == []
    assert desk.failed()[0].startswith("You are not connected")
    assert desk.type("QUIT") == []
    assert desk.chat.exit_code == 0


def test_connect_alone_goes_where_one_was() -> None:
    desk = Desk()
    desk.type("CONNECT h 1")
    desk.arrive()
    desk.happens(e.Disconnected("h:1", ClosedByServer("x.")))
    ((_, where, _),) = desk.type("CONNECT")
    assert where == "h:1"


def test_going_elsewhere() -> None:
    desk = Desk(interactive=False).online()
    assert desk.type("CONNECT other 2")[0][1] == "other:2"
    desk.happens(e.Disconnected("127.0.0.1:7667", None))
    assert not desk.chat.finished
    desk.arrive()
    assert desk.chat.prompt == "#lobby> "


def test_a_refused_message_fails_a_pipe() -> None:
    desk = Desk(interactive=False).online()
    desk.type("MSG nobody hi")
    desk.chat.end_of_input()
    desk.happens(e.Refused(2, "PRIVMSG", "nobody", "401", "nobody: No such nick"))
    desk.happens(e.Disconnected("h:1", None))
    assert desk.chat.exit_code == 1
    assert desk.failed() == ["nobody: No such nick. It was not sent."]


def test_a_pipe_without_connect_tells_and_ends() -> None:
    desk = Desk(interactive=False)
    desk.type("SEND hi", "hello")
    desk.chat.end_of_input()
    assert desk.failed() == [
        "SEND needs a server. Type: CONNECT",
        "You are not connected, so nobody hears this. Type CONNECT to join a server, or HELP.",
    ]
    assert desk.chat.finished


def test_files() -> None:
    desk = Desk().online()
    listed = FileListed(0, FileInfo("abcdef", "my cat.png", 10, "ab" * 32), "#lobby", 0.0, "alice")
    desk.happens(listed)
    for number, (line, asked) in enumerate(
        [
            ("SENDFILE #lobby ~/a b", f.SendFile(2, "#lobby", "~/a b")),
            ("FILES", f.AskFiles(3, "#lobby")),
            ("FILES *", f.AskFiles(4, "*")),
            ("FILES #x xyz", f.AskFiles(5, "#x", "xyz")),
            ("GET xyz /tmp/x y", f.FetchFile(6, "xyz", "/tmp/x y")),
            ("GET my cat.png", f.FetchFile(7, "abcdef", "", "my cat.png", 10, "ab" * 32)),
            ("GET abcd /tmp/x", f.FetchFile(8, "abcdef", "/tmp/x", "my cat.png", 10, "ab" * 32)),
            ("/rmfile my cat.png", f.DeleteFile(9, "abcdef")),
            ("/unlink xyz", f.UnlinkFile(10, "xyz")),
            ("/pause 1", f.PauseTransfer(11, 1)),
            ("/cancel 1", f.CancelTransfer(12, 1)),
        ],
        2,
    ):
        assert desk.type(line) == [asked]
        desk.happens(e.Done(number, "FILE"))
    assert desk.type("SENDFILE #lobby", "GET", "GET ../x", "/pause", "/rmfile") == []
    assert desk.failed()[2] == "There is no file ../x here. FILES lists those that there are."


def test_the_end_of_a_pipe_waits_for_files() -> None:
    desk = Desk(interactive=False).online()
    assert desk.type("SENDFILE #lobby x") == [f.SendFile(2, "#lobby", "x")]
    moving = Transfer(1, 2, Direction.UP, State.RUNNING, "x", "/x", "#lobby", size=10)
    desk.happens(e.Done(2, "SENDFILE"), TransferChanged(moving))
    assert desk.type("SEND hi") == [r.Say(3, "#lobby", "hi")]
    desk.happens(e.Acked(3, "m", "#lobby", "hi", 0.0))
    assert desk.type("QUIT", "SEND more") == []
    assert desk.happens(TransferChanged(structs.replace(moving, state=State.DONE))) == [("disconnect", "")]
    assert desk.chat.exit_code == 0


def test_a_file_that_fails_decides_how_a_pipe_ends() -> None:
    desk = Desk(interactive=False).online()
    desk.type("SENDFILE #lobby x")
    failed = Transfer(1, 2, Direction.UP, State.FAILED, "x", code="no_file", text="There is no file x.")
    desk.happens(e.Done(2, "SENDFILE"), TransferChanged(failed))
    desk.chat.end_of_input()
    assert desk.failed() == ["There is no file x."]
    assert desk.chat.exit_code == 1


@pytest.mark.parametrize(
    "name", [row.name for row in ROWS if row.name not in ("QUIT", "DISCONNECT", "CONNECT")]
)
def test_nothing_typed_wrongly_ends_it(name: str) -> None:
    for rest in ("", " ", "x", "x y z", "#c", "#c x y", "+o x", "ü" * 300):
        desk = Desk().online()
        desk.type(f"/{name.lower()} {rest}")
        assert not desk.chat.finished
        offline = Desk()
        offline.type(f"/{name.lower()} {rest}", "")
        assert not offline.chat.finished


def test_held_back_lines_are_not_sent() -> None:
    desk = Desk().online()
    assert desk.type("login kim secret", "SNED x", "/qiut", "CONNECT h 99999") == []
    assert desk.failed() == [
        "Did you mean LOGIN? Nothing was sent.",
        "Did you mean SEND? Nothing was sent. To say it all the same, put SEND before it.",
        "There is no command /qiut. Did you mean /quit? (To say something that begins with /, type //.)",
        "'99999' is no port: it is a number from 1 to 65535. Type: CONNECT host port",
    ]


def test_a_taken_name_offers_another() -> None:
    desk = Desk().online()
    assert desk.type("NICK alice") == [r.ChangeNick(2, "alice")]
    desk.happens(e.Refused(2, "NICK", "alice", "433", "alice: Nick is already in use"))
    assert desk.failed() == ["alice: Nick is already in use. Type NICK alice_ or NICK alice2, or another."]


def test_help() -> None:
    desk = Desk()
    desk.type("HELP")
    text = desk.said()
    assert any(line.startswith("SEND text") for line in text)
    desk.type("HELP join", "/help /me", "HELP jion")
    assert desk.said() == [
        "JOIN #channel: enter a channel, or make it",
        "/me does something: say what you do",
    ]
    assert desk.failed() == ["There is no command JION. Did you mean HELP JOIN?"]


def test_arrivals_and_departures_have_a_line_each() -> None:
    desk = Desk().online()
    desk.happens(
        e.Joined(Source("bob"), "#lobby", "", "", False, 0.0),
        e.NickChanged("bob", "rob", False, 0.0),
        e.Parted(Source("rob"), "#lobby", "bye", False, 0.0),
        e.Kicked("carl", "#lobby", "alice", "out", False, 0.0),
        e.QuitSeen(ALICE, "Connection closed", False, 0.0),
        e.TopicChanged("#lobby", "news", "dan", 0.0),
    )
    assert [line[6:] for line in desk.said()] == [
        "bob joined #lobby.",
        "bob is called rob now.",
        "rob left #lobby (bye).",
        "carl was kicked from #lobby by alice (out).",
        "alice left the server (Connection closed).",
        "dan set the topic of #lobby: news",
    ]


def test_received_text_cannot_command_the_terminal() -> None:
    desk = Desk().online()
    desk.happens(e.MessageReceived("m", 0.0, ALICE, "#lobby", "\x1b]0;x\x07", e.Kind.MESSAGE, own=False))
    assert "\x1b" not in desk.said()[0]


def test_json_events() -> None:
    desk = Desk(interactive=False, as_json=True)
    desk.type("CONNECT")
    desk.arrive()
    assert desk.objects() == [
        {"event": "join", "nick": "kim", "channel": "#lobby"},
        {"event": "ready", "v": 1, "nick": "kim", "server": "srv", "channels": ["#lobby"], "account": None},
    ]
    desk.type("SEND hi", "SNED hi")
    desk.happens(
        e.MessageReceived("m", 1795379462.5, KIM, "#lobby", "hi", e.Kind.MESSAGE, own=True),
        e.Acked(2, "m", "#lobby", "hi", 0.0),
    )
    assert desk.objects() == [
        {"event": "error", "line": 3, "code": "held_back",
         "text": "Did you mean SEND? Nothing was sent. To say it all the same, put SEND before it."},
        {"event": "message", "msgid": "m", "time": "2026-11-22T20:31:02.500Z", "from": "kim", "to": "#lobby",
         "text": "hi", "self": True, "history": False},
        {"event": "ack", "line": 2, "msgid": "m", "to": "#lobby", "text": "hi"},
    ]  # fmt: skip
    desk.happens(
        e.Refused(0, "JOIN", "#x", "473", "no"),
        e.QuitSeen(ALICE, "gone", False, 0.0),
        e.NickChanged("a", "b", False, 0.0),
        e.Kicked("a", "#c", "b", "out", False, 0.0),
        e.ChannelLine(4, "#c", 3, "news"),
        e.WhoisLine(5, "alice", "319", ("#c",)),
        e.Disconnected("h:1", ClosedByServer("The server closed the connection.")),
        e.Ready("kim", "srv", "net"),
    )
    assert desk.objects() == [
        {"event": "error", "line": None, "code": "473", "text": "no"},
        {"event": "quit", "nick": "alice", "text": "gone"},
        {"event": "nick", "nick": "a", "new": "b"},
        {"event": "kick", "nick": "a", "channel": "#c", "text": "out", "by": "b"},
        {"event": "channel", "line": 4, "channel": "#c", "members": 3, "topic": "news"},
        {"event": "whois", "line": 5, "nick": "alice", "code": "319", "text": "is in #c"},
        {"event": "disconnected", "text": "The server closed the connection."},
        {"event": "reconnected", "text": "Connected to srv again."},
        {"event": "ready", "v": 1, "nick": "kim", "server": "srv", "channels": [], "account": None},
    ]


def test_the_ignored_are_not_shown() -> None:
    desk = Desk().online()
    desk.type("/ignore Alice")
    desk.said()
    desk.happens(e.MessageReceived("m", 0.0, ALICE, "#lobby", "hi", e.Kind.MESSAGE, own=False))
    assert desk.said() == []


def test_views_take_every_event_there_is() -> None:
    for as_json in (True, False):
        desk = Desk(as_json=as_json).online()
        for event in (
            e.WhoLine(1, "#c", "n", "u", "h", "s", "@", True, True, "acc", "real"),
            e.AwayTold("n", "away"),
            e.ModesChanged("#lobby", "alice", (), {}, 0.0),
            e.ServerNote("NOTE", "X", "text"),
            e.ServerText(0, "324", ("#c", "+nt")),
            e.TopicTold("#lobby", ""),
            e.Silent(1.0),
        ):
            desk.happens(event)
        assert isinstance(desk.chat.model, Model)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("/kick alice be nice", r.Kick(2, "#lobby", "alice", "be nice")),
        ("/invite bob", r.Invite(2, "bob", "#lobby")),
        ("/mode +o alice", r.Mode(2, "#lobby", ("+o", "alice"))),
        ("/console kick alice", r.Console(2, "kick alice")),
        ("/oper kim hunter 2", r.Oper(2, "kim", Secret("hunter 2"))),
        ("/raw VERSION", r.Raw(2, "VERSION")),
    ],
)
def test_what_moderators_need(line: str, asked: r.Request) -> None:
    assert Desk().online().type(line) == [asked]


@pytest.mark.parametrize("line", ["/console", "/oper", "/oper kim", "/raw", "/kick", "/invite"])
def test_what_moderators_forget(line: str) -> None:
    desk = Desk().online()
    assert desk.type(line) == []
    assert f"Type: {line.partition(' ')[0]} " in desk.failed()[0]


def test_a_password_without_its_slash_is_not_said() -> None:
    desk = Desk().online()
    assert desk.type("oper kim hunter2", "OPER kim hunter2", "CONSOLE") == [r.Say(4, "#lobby", "CONSOLE")]
    assert desk.failed() == ["Did you mean /oper? Nothing was sent."] * 2


def test_help_lists_what_goes_with_a_slash() -> None:
    desk = Desk()
    desk.type("HELP")
    (line,) = [each for each in desk.said() if each.startswith("With a slash:")]
    assert {"/kick", "/invite", "/mode", "/console", "/oper", "/raw"} <= set(line.split(" "))


ANSWERS = (
    e.ServerNote("NOTE", "OUTPUT", "kim  10.0.0.1", 2),
    e.ServerNote("WARN", "CAREFUL", "That was close.", 2),
    e.ServerNote("NOTE", "NEWS", "A restart is due."),
    e.ServerText(2, "381", ("You are now an operator",)),
    e.ServerText(2, "251", ("There are 2 users",)),
    e.ServerText(0, "251", ("There are 2 users",)),
    e.Refused(2, "CONSOLE", "", "NOT_ALLOWED", "Only operators may"),
)


def test_answers_in_words() -> None:
    desk = Desk().online()
    desk.happens(*ANSWERS)
    assert desk.said() == [
        "kim  10.0.0.1",
        "Warning: That was close.",
        "The server says: A restart is due.",
        "You are now an operator",
        "There are 2 users",
    ]
    assert desk.failed() == ["Only operators may."]


def test_answers_as_json() -> None:
    desk = Desk(as_json=True).online()
    desk.happens(*ANSWERS)
    assert desk.objects() == [
        {"event": "note", "line": 2, "level": "NOTE", "code": "OUTPUT", "text": "kim  10.0.0.1"},
        {"event": "note", "line": 2, "level": "WARN", "code": "CAREFUL", "text": "That was close."},
        {"event": "note", "line": None, "level": "NOTE", "code": "NEWS", "text": "A restart is due."},
        {"event": "reply", "line": 2, "code": "381", "text": "You are now an operator"},
        {"event": "reply", "line": 2, "code": "251", "text": "There are 2 users"},
        {"event": "error", "line": 2, "code": "NOT_ALLOWED", "text": "Only operators may"},
    ]


@pytest.mark.parametrize(
    ("typed", "mask"),
    [("bob", "bob!*@*"), ("*!*@10.*", "*!*@10.*"), ("~a:bob", "~a:bob"), ("~m:bob", "~m:bob")],
)
def test_a_nick_is_banned_as_a_mask_and_what_is_one_stays(typed: str, mask: str) -> None:
    asked = Desk().online().type(f"/ban #lobby {typed}")
    assert [request.words for request in asked if isinstance(request, r.Mode)] == [("+b", mask)]


def test_a_person_talks_on_while_a_file_is_on_its_way() -> None:
    desk = Desk().online()
    assert desk.type("SENDFILE #lobby cat.png", "hello") == [
        f.SendFile(2, "#lobby", "cat.png"),
        r.Say(3, "#lobby", "hello"),
    ]
    pipe = Desk(interactive=False, as_json=True).online()
    assert pipe.type("SENDFILE #lobby cat.png", "hello") == [f.SendFile(2, "#lobby", "cat.png")]
