"""What is typed at once in several lines, and what is shown of a message that has several."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.chatting.typed import lines_typed
from natterjack.terminal.screen.cells import wrap
from tests.client.scripted import KEEPING, Scripted
from tests.terminal.test_chat import ALICE, KIM, Desk
from tests.terminal.test_screen import _pane

TEXT = "def leap():\n    return 1\n\nleap()"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("hello", ["hello"]),
        ("one\n/two", ["one\n/two"]),
        ("//one\n/two", ["//one\n/two"]),
        ("SEND one\nQUIT", ["SEND one\nQUIT"]),
        ("/msg alice one\ntwo", ["/msg alice one\ntwo"]),
        ("/reply ^2 one\n\ntwo", ["/reply ^2 one\n\ntwo"]),
        ("/edit one\ntwo", ["/edit one\ntwo"]),
        ("JOIN #pond\nhello\nQUIT", ["JOIN #pond", "hello\nQUIT"]),
        ("/me waves\nQUIT\nnow", ["/me waves", "SEND QUIT\nnow"]),
        ("/join #pond\n\n", ["/join #pond"]),
        ("\n\nQUIT\nnow", ["SEND QUIT\nnow"]),
        ("/nonsense\nhello", ["/nonsense\nhello"]),
    ],
)
def test_the_first_line_decides(text: str, lines: list[str]) -> None:
    assert lines_typed(text) == lines


def test_all_lines_are_one_request() -> None:
    desk = Desk().online()
    assert desk.type("one\n  two", "/msg alice three\nfour", "SEND QUIT\nnow") == [
        r.Say(2, "#lobby", "one\n  two"),
        r.Say(3, "alice", "three\nfour"),
        r.Say(4, "#lobby", "QUIT\nnow"),
    ]
    desk.happens(
        *(e.Acked(ref, "", "#lobby", "", 0.0) for ref in (2, 3, 4)),
        e.MessageReceived("m1", 0.0, KIM, "#lobby", "one", e.Kind.MESSAGE, own=True),
    )
    assert desk.type("/edit one\ntwo") == [r.Edit(5, "#lobby", "m1", "one\ntwo")]


def test_what_would_be_no_chat_any_more_is_not_sent() -> None:
    desk = Desk().online()
    assert desk.type(f"one\n{'x' * 16_001}", "MSG NickServ identify x\ny", "login kim secret\nhello") == []
    assert desk.failed() == [
        "That is 16001 characters, too much for a chat: nothing was sent.",
        "NickServ takes one line at a time: nothing was sent.",
        "Did you mean LOGIN? Nothing was sent.",
    ]


def test_each_line_is_told_with_its_sender() -> None:
    desk = Desk().online()
    desk.happens(
        e.MessageReceived("m1", 0.0, ALICE, "#lobby", TEXT, e.Kind.MESSAGE, own=False, reply_to="m0"),
        e.Edited("m1", "m2", 0.0, ALICE, "#lobby", False, text="one\ntwo"),
        e.Found(0, "m1", 0.0, ALICE, "#lobby", "one\ntwo", e.Kind.MESSAGE),
        e.Kept(2, "#lobby", "one\ntwo"),
        e.MessageReceived("m3", 0.0, ALICE, "#lobby", "a\x1b[2J\nb", e.Kind.MESSAGE, own=False),
    )
    said = desk.said()
    assert [line[6:] for line in said[:6]] == [
        "alice (answering something earlier)  def leap():",
        "alice (answering something earlier)      return 1",
        "alice (answering something earlier)",
        "alice (answering something earlier)  leap()",
        "alice has changed a message: one",
        "alice has changed a message: two",
    ]
    assert said[6].endswith("alice in #lobby  one two")
    assert said[7] == "Waiting for the connection, to #lobby: one two"
    assert [line[6:] for line in said[8:]] == ["alice  a␛[2J", "alice  b"]


def test_programs_get_the_whole() -> None:
    desk = Desk(interactive=False, as_json=True)
    desk.happens(e.MessageReceived("m1", 0.0, ALICE, "#lobby", TEXT, e.Kind.MESSAGE, own=False))
    (told,) = desk.objects()
    assert told["text"] == TEXT


def test_line_ends_break_a_line() -> None:
    lines = wrap([("", "one\n\n  two three"), ("x", " four\n")], 8)
    assert ["".join(text for _, text in line) for line in lines] == [
        "one",
        "",
        "  two ",
        "three ",
        "four",
        "",
    ]


@pytest.mark.terminal
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_on_the_screen_they_stand_below_one_another(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in_keeping(caps=f"{KEEPING} draft/multiline=max-bytes=4096,max-lines=24")
        server.answer_history()
        pane.until("You are in #lobby")
        pane.press("one", "esc", "enter", "  QUIT", "enter")
        tags, line = server.expect_tagged("BATCH +")
        assert line == "BATCH +m1 draft/multiline #lobby"
        assert [server.line() for _ in range(3)] == [
            "@batch=m1 PRIVMSG #lobby one",
            "@batch=m1 PRIVMSG #lobby :  QUIT",
            "BATCH -m1",
        ]
        me = ":kim!k@h"
        server.send(
            f"@label={tags['label']};msgid=m1 {me} BATCH +x draft/multiline #lobby",
            f"@batch=x {me} PRIVMSG #lobby one",
            f"@batch=x {me} PRIVMSG #lobby :  QUIT",
            f"{me} BATCH -x",
        )
        pane.until("kim  one")
        rows = pane.text.split("\n")
        place = next(n for n, row in enumerate(rows) if "kim  one" in row)
        assert rows[place + 1].index("QUIT") == rows[place].index("one") + 2
