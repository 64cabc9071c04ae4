"""One message among many in the full-screen client: chosen, found on the server, pasted as a file, seen or not."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.client.fileserver import FileServer
from tests.client.scripted import KEEPING, Scripted
from tests.terminal.test_screen import _pane

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]
CAPS = f"{KEEPING} draft/message-redaction natterjack/edit"
SAID = ("m1 alice one", "m2 kim two", "m3 alice three https://example.org/3", "m4 kim four")


def arrive(server: Scripted, pane, *, member: bool = True) -> None:  # type: ignore[no-untyped-def]
    server.let_in_keeping(caps=CAPS)
    if member:
        server.send(":srv 900 kim kim!k@h kim :You are logged in")
    server.answer_history(*SAID)
    pane.until(lambda: "kim  four" in pane.text or "kim: four" in pane.text)


def body(line: str) -> str:
    """Without tags that are different each time."""
    return re.sub(r"label=[^; ]*;?|\+natterjack/cid=[^; ]*;?", "", line)


def test_choosing_a_message(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        arrive(server, pane)
        pane.press("a draft", "f4")
        pane.until("r reply")
        pane.press("up", "e")
        pane.until("That is alice's: only your own can be changed.")
        pane.press("up", "up", "r")
        pane.until("reply to alice> a draft")
        pane.press("enter")
        tags, line = server.expect_tagged("PRIVMSG")
        assert (tags["+draft/reply"], line) == ("m1", "PRIVMSG #lobby :a draft")
        server.send(f"@label={tags['label']};msgid=m5 :kim!k@h {line}")
        pane.until("kim  a draft")
        pane.press("my draft", "f4")
        pane.until("r reply")
        pane.press("k", "k", "k", "e")
        pane.until("change to> two")
        pane.press(" and", "enter")
        tags, line = server.expect_tagged("PRIVMSG")
        assert (tags["+natterjack/edit"], line) == ("m2", "PRIVMSG #lobby :two and")
        server.send(f"@label={tags['label']} :srv ACK")
        pane.until("#lobby> my draft")
        pane.press("ctrl-c", "f4", "k", "k", "+")
        pane.until("sign for alice>")
        pane.press(":tada", "tab", "enter")
        assert "+draft/react=🎉" in server.expect("TAGMSG")


def test_taking_a_message_back_is_asked_first(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}", size=(40, 12)) as pane:
        arrive(server, pane)
        pane.press("f4", "k", "k", "d")
        pane.until("Take it back")
        pane.press("esc")
        pane.until("kim ")
        pane.press("f4")
        pane.until("r reply")
        pane.press("k", "k", "d")
        pane.until("Take it back")
        pane.press("y")
        assert body(server.expect("REDACT")).split(" ")[-3:] == ["REDACT", "#lobby", "m2"]


def test_guests_are_told_that_they_cannot_change_anything(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in_keeping(caps=CAPS)
        server.answer_history("m4 kim four")
        pane.until("kim  four")
        pane.press("f4", "d")
        pane.until("Guests cannot change what they said.")


def test_a_secret_is_held_back_in_an_answer_too(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        arrive(server, pane)
        pane.press("f4", "k", "r")
        pane.until("reply to alice>")
        pane.type("login kim secret")
        pane.until("Did you mean LOGIN?")
        pane.type("all right")
        assert body(server.expect("PRIVMSG")).endswith(":all right")
    assert "secret" not in (tmp_path / "client" / "desk.json").read_text()


def test_a_password_is_taken_as_it_was_pasted(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        arrive(server, pane)
        pane.type("/oper kim")
        pane.until("The password of kim")
        pane.paste(" correct horse \r")
        pane.press("enter")
        assert body(server.expect("OPER")).endswith("OPER kim : correct horse ")


def test_lines_with_a_secret_among_them_stay_to_be_mended(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        arrive(server, pane)
        pane.paste("so\nlogn kim secret")
        pane.press("enter")
        pane.until("Did you mean LOGIN in line 2?")
        pane.press("ctrl-c", "f4", "k", "r")
        pane.until("reply to alice>")
        pane.paste("so\nREGISTER secret")
        pane.press("enter")
        pane.until("Did you mean REGISTER in line 2?")
        pane.press("\x15", "\x7f")  # that line goes
        pane.press("enter")
        assert body(server.expect("PRIVMSG")).endswith("PRIVMSG #lobby so")
    assert "secret" not in (tmp_path / "client" / "desk.json").read_text()


def test_what_was_found_is_shown_in_its_surroundings(tmp_path: Path) -> None:
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        arrive(server, pane)
        pane.type("/search pond water")
        tags, _ = server.expect_tagged("SEARCH")
        server.send(f"@label={tags['label']} :srv BATCH +s soju.im/search")
        found = (
            ("m3", "2026-01-01", "water three"),
            ("a5", "2025-06-01", "pond water"),
            ("a1", "2025-01-01", "the pond"),
        )
        for msgid, day, text in found:
            when = f"{day}T00:00:00.000Z"
            server.send(f"@batch=s;msgid={msgid};time={when} :alice!a@h PRIVMSG #lobby :{text}")
        server.send(":srv BATCH -s")
        pane.until("1 of 3: n older")
        pane.press("n")
        around = [f"a{number} alice line {number}" for number in range(3, 5)]
        request = server.answer_history(*around, "a5 alice pond water", "a6 bob quite")
        assert request == "CHATHISTORY AROUND #lobby msgid=a5 100"
        pane.until("2 of 3: n older")
        pane.until("bob  quite")
        assert "line 4" in pane.text
        assert "kim  four" not in pane.text
        pane.press("n")
        server.answer_history("x1 alice another")
        pane.until("3 of 3: what was around it is not to be had")
        pane.until("alice  the pond")
        pane.press("n")
        pane.until("3 of 3: nothing more")
        pane.press("N", "N")
        server.answer_history(*around, "a5 alice pond water", "a6 bob quite")
        pane.until("1 of 3: n older")
        pane.until("kim  four")
        pane.press("esc")
        pane.until("F1 help")
        pane.press("\x1bs")
        pane.until("1 of 3: n older")


def test_what_is_pasted_goes_as_a_file(tmp_path: Path) -> None:
    pasted = "one\ntwo\n  three\nfour ü"
    with FileServer() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        pane.until("You are in #lobby")
        pane.paste(f"{pasted}\n")
        pane.until("4 lines: Enter sends, u uploads as a text file, e edits, Esc drops them")
        server.hold(3)
        pane.press("u")
        pane.until("paste-")
        (path,) = (tmp_path / "client" / "pastes").iterdir()
        assert re.fullmatch(r"paste-\d{4}-\d\d-\d\d-\d{4}\.txt", path.name)
        assert path.stat().st_mode & 0o077 == 0
        server.let_go()
        pane.until(f"Sent {path.name} to #lobby.")
        (upload,) = server.uploads.values()
        assert bytes(upload.data).decode() == f"{pasted}\n"
        assert not path.exists()


def test_what_is_pasted_waits_where_it_cannot_be_uploaded(tmp_path: Path) -> None:
    with _pane(tmp_path, size=(40, 12)) as pane:
        pane.until("not connected")
        pane.paste("one\ntwo\nthree\nfour")
        pane.until("4 lines: Enter, u file, e edit, Esc")
        pane.press("u")
        pane.until("No connection to upload it.")
        pane.press("e")
        pane.until("three")


def test_who_does_not_look_is_called_and_has_not_read(tmp_path: Path) -> None:
    caps = f"{KEEPING} draft/read-marker"
    with Scripted() as server, _pane(tmp_path, f"127.0.0.1:{server.port}") as pane:
        server.let_in_keeping(caps=caps)
        server.answer_history()
        pane.until("You are in #lobby")
        pane.press("\x1b[I", "x")
        pane.until("#lobby> x")
        server.send("@msgid=m1 :alice!a@h PRIVMSG #lobby :kim: looking?")
        pane.until("kim: looking?")
        tags, line = server.expect_tagged("MARKREAD #lobby timestamp=")
        server.send(f"@label={tags['label']} :srv {line}")
        assert "\x1b]9;" not in pane.raw
        pane.press("\x1b[O", "y")
        pane.until("#lobby> xy")
        server.send("@msgid=m2 :alice!a@h PRIVMSG #lobby :kim: and now?")
        pane.until("kim: and now?")
        pane.until("─ new ─")
        assert "\x1b]9;alice: kim: and now?\x07\x07" in pane.raw
        server.send("@msgid=m3 :alice!a@h PRIVMSG #lobby :hm")
        pane.until("hm")
        server.send("PING :in-step")
        line = server.line()
        while "in-step" not in line:
            assert "MARKREAD" not in line
            line = server.line()
        pane.press("\x1b[I")
        server.expect("MARKREAD #lobby timestamp=")
