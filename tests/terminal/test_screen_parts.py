"""Parts of the screen without a terminal: what it keeps, links, themes, scrolling."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path

import pytest
from prompt_toolkit.output import ColorDepth

from natterjack.client.chatting.desk import Desk
from natterjack.client.events import Kind
from natterjack.client.model import Conversation
from natterjack.client.model.items import Message, Waiting
from natterjack.client.transfers.values import FileInfo
from natterjack.client.view.colours import GROUNDS, Ground, contrast
from natterjack.client.view.rows import Day, New, Said
from natterjack.terminal.main import add_arguments
from natterjack.terminal.screen.messages import Messages
from natterjack.terminal.screen.output import Links
from natterjack.terminal.screen.painting import Painter
from natterjack.terminal.screen.themes import THEMES, Theme, theme_for


def test_a_broken_desk_is_told_and_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "desk.json").write_text("{")
    desk = Desk(tmp_path)
    assert "Cannot read" in desk.problem
    desk.drafts.leave("#x", "begun")
    desk.problem = ""
    desk.save("#x")
    assert (desk.problem, Desk(tmp_path).last, Desk(tmp_path).drafts.resume("#x")) == ("", "#x", "begun")
    Desk(tmp_path).save("")
    assert Desk(tmp_path).last == "#x"


def test_a_desk_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    desk = Desk(tmp_path / "file")
    desk.save("#x")
    assert "Cannot write" in desk.problem
    desk.save("#x")
    assert not desk.problem, "once is enough"
    (tmp_path / "file").unlink()
    desk.save("#x")
    assert Desk(tmp_path / "file").last == "#x"


def test_links_are_whole_in_every_cell() -> None:
    links = Links(enabled=True)
    marked = links.marked("ab", "https://a.example")
    assert links.escaped(marked) == "".join(
        f"\x1b]8;id=n0;https://a.example\x1b\\{letter}\x1b]8;;\x1b\\" for letter in "ab"
    )
    for number in range(128):
        links.marked("x", f"https://{number}.example")
    assert links.escaped(marked[:2]).startswith(
        "\x1b]8;id=n0;https://127.example"
    )  # the oldest gave its mark away
    assert Links(enabled=False).marked("ab", "https://a.example") == "ab"
    assert links.marked("a", "https://a.example/\u200b") == "a"


@pytest.mark.parametrize(
    ("environment", "name", "depth"),
    [
        ({"TERM": "xterm-256color"}, "dark", ColorDepth.DEPTH_8_BIT),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "dark", ColorDepth.DEPTH_24_BIT),
        ({"TERM": "linux"}, "dark", ColorDepth.DEPTH_4_BIT),
        ({"TERM": "vt100"}, "mono", ColorDepth.DEPTH_1_BIT),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "mono", ColorDepth.DEPTH_1_BIT),
    ],
)
def test_themes(environment: dict[str, str], name: str, depth: ColorDepth) -> None:
    theme = theme_for("dark", environment)
    assert (theme.name, theme.depth) == (name, depth)


def test_every_theme_can_be_asked_for() -> None:
    parser = ArgumentParser()
    add_arguments(parser)
    assert [parser.parse_args(["--theme", name]).theme for name in THEMES] == list(THEMES)


def test_every_theme_has_a_style_for_a_nick() -> None:
    for name in THEMES:
        for depth in ColorDepth:
            theme = Theme(name, depth)
            assert theme.nick("alice") == theme.nick("ALICE")
            assert ("#" in theme.nick("alice")) is (
                theme.name != "mono" and depth in (ColorDepth.DEPTH_24_BIT, ColorDepth.DEPTH_8_BIT)
            )


@pytest.mark.parametrize("depth", [ColorDepth.DEPTH_8_BIT, ColorDepth.DEPTH_24_BIT])
@pytest.mark.parametrize("part", ["mention", "dim", "day", "note"])
def test_what_is_read_can_be_read_on_every_ground(part: str, depth: ColorDepth) -> None:
    """Of a mention, bright yellow on white was to be seen."""
    found = Theme("default", depth).style.get_attrs_for_style_str(f"class:{part}").color or ""
    colour = (int(found[:2], 16), int(found[2:4], 16), int(found[4:], 16))
    assert all(contrast(colour, behind) >= 4.2 for behind in GROUNDS[Ground.UNKNOWN][1])


def test_a_file_is_a_name_that_leads_to_it_and_how_to_fetch_it() -> None:
    links, conversation = Links(enabled=True), Conversation("bob")
    painter = Painter(Theme("mono", ColorDepth.DEPTH_1_BIT), links, lambda nick: False, seconds=False)
    painter.begin(80, (), "")
    url = "https://a.example/files/x/y/cat%20one.png"
    file = FileInfo("x", "cat one.png", 12_000_000, "0" * 64)

    def drawn(text: str, **settings: object) -> tuple[str, str]:
        item = Message(1e9, "m1", "bob", text, Kind.MESSAGE, False, False, False, "", **settings)  # type: ignore[arg-type]
        (line,) = painter.lines(Said(item, True), conversation)
        pieces = [links.escaped(text) for _, text in line]
        return "".join(text for text in pieces if "\x1b" not in text), "".join(pieces)

    plain, whole = drawn(f"cat one.png (11 MiB) {url}", file=file)
    assert plain.endswith("GET cat one.png")
    assert url in whole
    plain, whole = drawn("cat one.png (11 MiB)", file=file)
    assert plain.endswith("bob  cat one.png (11 MiB)  GET cat one.png")
    plain, whole = drawn("something else", file=file, edited=True)
    assert plain.endswith("bob  something else (changed)")


@pytest.mark.parametrize("columns", [59, 60, 61, 80, 161])
def test_rules_go_from_side_to_side(columns: int) -> None:
    painter = Painter(
        Theme("mono", ColorDepth.DEPTH_1_BIT), Links(enabled=False), lambda nick: False, seconds=False
    )
    painter.begin(columns, (), "")
    for row in (New(), Day(date(2026, 11, 27))):
        (line,) = painter.lines(row, Conversation("bob"))
        assert len("".join(text for _, text in line)) == columns


class Hall:
    """A message view of 20 rows over one conversation of single lines."""

    def __init__(self, count: int) -> None:
        self.conversation = Conversation("bob")
        for number in range(count):
            self.say(number)
        painter = Painter(
            Theme("mono", ColorDepth.DEPTH_1_BIT), Links(enabled=False), lambda nick: False, seconds=False
        )
        self.messages = Messages(painter, lambda: self.conversation, lambda: "kim")

    def say(self, number: int, *, old: bool = False) -> None:
        time = 1e9 + number
        item = Message(time, f"m{number}", "bob", f"line {number}", Kind.MESSAGE, False, old, False, "")
        self.conversation.add(item, looking=True, past=old)

    def seen(self) -> tuple[str, str]:
        """The first and the last line that are seen."""
        content = self.messages.create_content(80, 20)
        lines = ["".join(text for _, text, *_ in content.get_line(place)) for place in range(20)]
        shown = [line.rpartition("line ")[2].strip() for line in lines if "line " in line]
        return shown[0], shown[-1]


def test_scrolling() -> None:
    hall = Hall(100)
    assert hall.seen() == ("80", "99")
    hall.messages.scroll(18)
    assert hall.seen() == ("62", "81")
    for number in range(100, 150):
        hall.say(number)
    assert hall.seen() == ("62", "81")
    assert not hall.messages.follows
    hall.messages.scroll(1000)
    assert hall.seen() == ("0", "18")  # the day takes a line
    assert hall.messages.near_top
    for number in range(-50, 0):
        hall.say(number, old=True)
    assert hall.seen()[1] == "18"
    hall.messages.scroll(5)
    assert hall.seen()[1] == "13"
    hall.messages.scroll(-1000)
    assert hall.messages.follows
    assert hall.seen() == ("130", "149")


def test_scrolling_past_what_waits() -> None:
    hall = Hall(100)
    hall.conversation.waiting.append(Waiting(1, "line 100\nline 101\nline 102", False))
    assert hall.seen() == ("83", "102")
    hall.messages.scroll(10)
    assert hall.seen() == ("73", "92")
    hall.messages.scroll(-10)
    assert hall.seen() == ("83", "102")


def test_going_to_what_is_new() -> None:
    hall = Hall(100)
    assert not hall.messages.to_new()
    hall.conversation.new_items = 30
    assert hall.messages.to_new()
    assert hall.seen() == ("70", "88")  # below the "new" line
    assert not hall.messages.follows
    long = Message(
        1e9 + 100, "m100", "bob", "line 100\nmore\nand more", Kind.MESSAGE, False, False, False, ""
    )
    hall.conversation.add(long, looking=True)
    for number in range(101, 130):
        hall.say(number)
    hall.conversation.new_items = 47  # from 83 on: the lines of 100 begin in sight
    assert hall.messages.to_new()
    assert hall.seen() == ("83", "100")
    hall.conversation.new_items = 5
    hall.messages.follow()
    assert hall.messages.to_new()
    assert hall.messages.follows
    assert hall.seen()[1] == "129"


def test_finding() -> None:
    hall = Hall(100)
    hall.seen()
    assert hall.messages.find("LINE 7", -1)
    assert hall.seen()[1] == "79"
    assert hall.messages.find("line 7", -1)
    assert hall.seen()[1] == "78"
    assert hall.messages.find("line 7", 1)
    assert hall.seen()[1] == "79"
    assert not hall.messages.find("nowhere", -1)
