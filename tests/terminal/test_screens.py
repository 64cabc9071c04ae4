"""What the screen looks like, at three sizes, compared with the text files in ``screens/``.

To make these anew after a change that was meant (then look at the difference):
``RENEW_SCREENS=1 python3 run.py test tests/terminal/test_screens.py``
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.client.fileserver import FileServer
from tests.client.scripted import Scripted

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]
SCREENS = Path(__file__).parent / "screens"
RENEW = bool(os.environ.get("RENEW_SCREENS"))
CAPS = "batch draft/message-redaction echo-message labeled-response message-tags natterjack/edit standard-replies"
#: What is different each time; put in their place is something of the same width.
VOLATILE = (
    (re.compile(r"\b\d\d:\d\d\b"), "HH:MM"),
    (re.compile(r"127\.0\.0\.1:\d{5}"), "127.0.0.1:NNNNN"),
    (re.compile(r" *─+ \w+day, \d+ \w+ \d{4} ─+ *"), "── the day ──"),
    (re.compile(r"reconnecting in \d+ s"), "reconnecting in N s"),
    (re.compile(r"(?<= 19 MiB)  [\d.]+ \w+/s.*|(?<= %)  [\d.]+ \w+/s"), ""),
    (re.compile(r"\[#*-*\]"), "[bar]"),
    (re.compile(r"\b\d+ %"), "N %"),
)


def steady(text: str) -> str:
    """``text`` without what is different each time."""
    for pattern, word in VOLATILE:
        text = pattern.sub(lambda found, word=word: word.ljust(len(found[0])), text)  # type: ignore[misc]
    return "\n".join(line.rstrip() for line in text.split("\n"))


def compare(pane: Any, name: str, size: tuple[int, int]) -> None:
    """Wait until ``pane`` looks as the file of that name says."""
    path = SCREENS / f"{name}-{size[0]}x{size[1]}.txt"
    if RENEW:
        pane.until(lambda: bool(pane.text.strip()))
        pane.quiet()
        SCREENS.mkdir(exist_ok=True)
        path.write_text(steady(pane.text) + "\n", "utf-8")
    wanted = path.read_text("utf-8").rstrip("\n")
    try:
        pane.until(lambda: steady(pane.text).rstrip("\n") == wanted)
    except AssertionError:
        assert steady(pane.text).rstrip("\n") == wanted, name


SIZES = pytest.mark.parametrize(
    "size", [(80, 24), (40, 12), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}"
)


@SIZES
def test_a_transfer(size: tuple[int, int], tmp_path: Path) -> None:
    """Two files on their way, and talking goes on."""
    from tests.terminal.pane import Pane

    cat, tar = tmp_path / "cat.png", tmp_path / "pictures of all frogs of the pond.tar"
    cat.write_bytes(b"x" * 20_000_000)
    tar.write_bytes(b"x" * 20_000_000)
    with FileServer() as server, Pane(tmp_path / "home", f"127.0.0.1:{server.port}", size=size) as pane:
        pane.until("(NICK")
        server.hold(4_000_000)
        pane.type(f"/sendfile #lobby {cat}")
        pane.until("Sending cat.png")
        pane.type(f"/sendfile #lobby {tar}")
        pane.until("pond.tar (19 MiB)")
        pane.until(lambda: pane.text.count(" %") == 2)
        pane.type("they are on their way")
        pane.until("kim  they" if size[0] > 40 else "kim: they")
        compare(pane, "transfer", size)


@SIZES
def test_screens(size: tuple[int, int], tmp_path: Path) -> None:
    from tests.terminal.pane import Pane

    with Scripted() as server, Pane(tmp_path, size=size) as pane:

        def look(name: str) -> None:
            compare(pane, name, size)

        look("welcome")
        pane.type(f"CONNECT 127.0.0.1:{server.port}")
        server.let_in_keeping(caps=CAPS)
        server.send(":srv 332 kim #lobby :Welcome to the pond")
        look("connect")
        _chat(server)
        pane.type("and a good morning to you, too")
        server.answer_message("k1")
        look("chat")
        _elsewhere(server)
        look("unread")
        pane.press("alt-a")
        look("new")
        pane.press("alt-1", "ctrl-f")
        pane.type("WIDE")
        look("search")
        pane.press("esc", "ctrl-k")
        look("switcher")
        pane.press("esc")
        pane.until("F1")
        server.send("ERROR :Closing link: restart")
        server.stop()
        pane.until("connecting")
        pane.type("are you still there?")
        pane.until("Still no connection")
        look("disconnected")


def _chat(server: Scripted) -> None:
    """Everything that a conversation can hold."""
    server.send(
        "@msgid=m1 :alice!a@h PRIVMSG #lobby :good morning, kim: see https://example.org/frogs_(and_toads).",
        "@msgid=m2 :alice!a@h PRIVMSG #lobby :a second line, which goes on for so long that it has to be "
        "broken somewhere, at a space if there is one",
        "@msgid=m3 :bob!b@h PRIVMSG #lobby :wide 日本語 👍🏽 👨‍👩‍👧, right to left שלום עולם, "
        "marks e\u0301a\u0308o\u0302",
        "@msgid=m4 :bob!b@h PRIVMSG #lobby :\x1b[31mred?\x1b[0m \u202eevil\u202c \x07",
        "@msgid=m5;+draft/reply=m1 :bob!b@h PRIVMSG #lobby :morning, alice",
        "@msgid=r1;+draft/react=👍;+draft/reply=m5 :alice!a@h TAGMSG #lobby",
        "@msgid=m6 :alice!a@h PRIVMSG #lobby :never mind",
        "@msgid=d1 :alice!a@h REDACT #lobby m6 :wrong window",
        "@msgid=m7 :bob!b@h PRIVMSG #lobby :\x01ACTION croaks\x01",
        ":carol!c@h JOIN #lobby",
        ":dave!d@h JOIN #lobby",
        ":dave!d@h PART #lobby",
    )


def _elsewhere(server: Scripted) -> None:
    """Another channel and a talk, with something new in both."""
    server.send(
        ":kim!k@h JOIN #dev",
        ":srv 353 kim = #dev :kim @alice",
        ":srv 366 kim #dev :End",
        "@msgid=e1 :alice!a@h PRIVMSG #dev :anybody here?",
        "@msgid=e2 :alice!a@h PRIVMSG #dev :kim: have you seen it?",
        "@msgid=e3 :bob!b@h PRIVMSG kim :psst",
    )
