"""The order of things: what waits for what, when the program ends, and with which code. No socket, no thread."""

from __future__ import annotations

import pytest
from msgspec import structs

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.chatting.commands import ROWS
from natterjack.client.chatting.file_commands import LOOKING
from natterjack.client.chatting.older import LOADING
from natterjack.client.errors import ClosedByServer, ConnectRefused, NotLetIn
from natterjack.client.secret import Secret
from natterjack.client.transfers import requests as f
from natterjack.client.transfers.events import FileListed, TransferChanged
from natterjack.client.transfers.values import Direction, FileInfo, State, Transfer
from tests.terminal.desk import ALICE, KIM, Desk


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
    assert desk.chat.exit_code == 1


#: An id as servers give them out.
WHOLE = "E03FTaivdCHM7cSWHHzJ1w"


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
            (f"GET {WHOLE} /tmp/x y", f.FetchFile(6, WHOLE, "/tmp/x y")),
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
    assert desk.type("SENDFILE #lobby", "GET", "/pause", "/rmfile") == []
    assert len(desk.failed()) == 4


def test_a_file_that_is_not_known_by_its_name_is_looked_up() -> None:
    """Whoever comes in from a pipe has not been shown yet what was said, and so no files."""
    desk = Desk(interactive=False).online()
    asked = [f.AskFiles(LOOKING, "#lobby")]
    assert desk.type("GET my cat.png", "GET dog.png /tmp/x") == asked
    found = FileInfo("abcdef", "my cat.png", 10, "ab" * 32)
    desk.chat.end_of_input()
    desk.happens(FileListed(LOOKING, found, "#lobby", 0.0, "alice"))
    assert desk.said() == []
    fetch = f.FetchFile(2, "abcdef", "", "my cat.png", 10, "ab" * 32)
    assert desk.happens(e.Done(LOOKING, "FILE")) == [fetch]
    assert desk.happens(e.Done(2, "GET")) == asked
    assert desk.happens(e.Done(LOOKING, "FILE")) == [("disconnect", "")]
    assert desk.failed() == ["There is no file dog.png here. FILES lists those that there are."]
    assert desk.chat.exit_code == 1


def test_what_may_be_an_id_of_elsewhere_is_asked_for_after_that() -> None:
    desk = Desk().online()
    assert desk.type("GET xyz /tmp/x") == [f.AskFiles(LOOKING, "#lobby")]
    assert desk.happens(e.Done(LOOKING, "FILE")) == [f.FetchFile(2, "xyz", "/tmp/x")]


def test_for_programs_what_is_looked_up_is_no_list() -> None:
    desk = Desk(interactive=False, as_json=True).online()
    desk.type("GET cat.png")
    desk.happens(FileListed(LOOKING, FileInfo("abcdef", "x", 1, "ab" * 32), "#lobby", 0.0, "alice"))
    desk.happens(e.Done(LOOKING, "FILE"))
    assert [(each["event"], each["line"]) for each in desk.objects()] == [("error", 2)]


@pytest.mark.parametrize("line", ["SEDN hi", "GET", "NICK", "login kim sesame"])
def test_a_line_that_was_not_carried_out_fails_a_pipe(line: str) -> None:
    desk = Desk(interactive=False).online()
    desk.type(line)
    assert len(desk.failed()) == 1
    assert desk.chat.exit_code == 1


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("JOIN #pond", e.Refused(2, "JOIN", "#pond", "473", "#pond: it is for invited people")),
        (
            "TOPIC new",
            e.Refused(2, "TOPIC", "#lobby", "482", "#lobby: You're not an operator of that channel"),
        ),
        ("NICK alice", e.Refused(2, "NICK", "alice", "433", "alice: Nick is already in use")),
        ("WHOIS nobody", e.Refused(2, "WHOIS", "nobody", "401", "nobody: No such nick")),
        ("JOIN #pond", e.Unanswered(2, "JOIN", "#pond", "No answer came.")),
    ],
)
def test_a_line_that_the_server_refused_fails_a_pipe(line: str, refusal: e.Refused | e.Unanswered) -> None:
    desk = Desk(interactive=False).online()
    desk.type(line)
    desk.happens(refusal)
    assert len(desk.failed()) == 1
    assert desk.chat.exit_code == 1


def test_what_nobody_typed_fails_no_pipe() -> None:
    desk = Desk(interactive=False).online()
    desk.happens(e.Refused(LOADING, "CHATHISTORY", "#lobby", "INVALID_TARGET", "There is no history"))
    assert desk.chat.exit_code == 0


def test_a_person_has_seen_what_was_wrong() -> None:
    desk = Desk().online()
    desk.type("SEDN hi", "JOIN #pond")
    desk.happens(e.Refused(3, "JOIN", "#pond", "473", "#pond: it is for invited people"))
    assert desk.chat.exit_code == 0


@pytest.mark.parametrize("line", ["WHO IS THERE", "WHO #lobby x", "WHO :x"])
def test_who_takes_one_name(line: str) -> None:
    desk = Desk().online()
    assert desk.type(line) == []
    assert desk.failed() == ["Who is where? Type: WHO #channel. To say it, put SEND before it."]


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


def test_what_is_meant_for_a_channel_that_one_cannot_enter_goes_nowhere_else() -> None:
    desk = Desk(interactive=False, channels=("#ops",))
    assert [what[0] for what in desk.type("CONNECT", "SEND secret")] == ["connect"]
    assert desk.arrive() == [r.Say(2, "#ops", "secret")]
    person = Desk(channels=("#ops",)).online()
    assert person.type("hello") == [r.Say(2, "#lobby", "hello")]
