"""docs/json.md says what programs get: all events and members that there are, and no others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from natterjack.ports.effects import Happened

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "natterjack"
PAGE = (ROOT / "docs" / "json.md").read_text("utf-8")
VIEW = ast.parse((SOURCE / "terminal" / "json_view.py").read_text("utf-8"))
#: What is told of the past has these besides, whatever it is.
PAST = {"channel", "time", "history"}


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def words(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_0-9-]+)`", re.sub(r"\([^)]*\)", "", text)))


def rows() -> dict[str, set[str]]:
    """The members of each event that the page lists."""
    found: dict[str, set[str]] = {}
    for events, members in re.findall(r"^\| (`.*?) \| (.*?) ?\|$", section("chat"), re.MULTILINE):
        for event in re.findall(r"`(\w+)`", events):
            found[event] = words(members)
    for event in ("edit", "redact", "reaction"):  # "as message", which may be more than that
        own = {"adding"} if event == "reaction" else set()
        found[event] = {"msgid", "time", "from", "to", "text", "self", "history"} | own
    return found


def keys(node: ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant):
            yield str(key.value), value


def written() -> dict[str, set[str]]:
    """The members of each event in the dictionaries that the view makes, as they stand there."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(VIEW):
        if isinstance(node, ast.Dict) and (members := dict(keys(node))).get("event") is not None:
            name = members.pop("event")
            events = [str(name.value)] if isinstance(name, ast.Constant) else ["edit", "redact", "reaction"]
            for event in events:
                found.setdefault(event, set()).update(members)
    return found


def added() -> set[str]:
    """The members that are put into such a dictionary later."""
    dicts = [node for node in ast.walk(VIEW) if isinstance(node, ast.Dict)]
    plain = {name for node in dicts for name, _ in keys(node) if "event" not in dict(keys(node))}
    subscripts = [node.slice for node in ast.walk(VIEW) if isinstance(node, ast.Subscript)]
    constants = [each for node in subscripts for each in ast.walk(node) if isinstance(each, ast.Constant)]
    return plain | {each.value for each in constants if isinstance(each.value, str)}


def test_chat_tells_what_the_page_lists() -> None:
    made, listed, later = written(), rows(), added()
    assert len(made) > 20
    assert made.keys() == listed.keys()
    for event, members in made.items():
        assert members <= listed[event], f"docs/json.md lacks members of {event}"
        assert listed[event] - members <= later, f"docs/json.md has members of {event} that there are not"


def test_every_member_that_is_put_in_later_is_on_the_page() -> None:
    every = set().union(*rows().values()) | PAST
    assert added() <= every


def test_usage_lists_the_same_events() -> None:
    usage = (ROOT / "USAGE.txt").read_text("utf-8")
    listed = usage.partition('an object with the member "event": ')[2].partition(".")[0]
    assert set(re.findall(r"\w+", listed)) == rows().keys()


def test_serve_tells_what_the_page_lists() -> None:
    page = section("serve")
    events = words(page.partition("The events are")[2])
    told = set()
    for path in (SOURCE / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Happened":
                told.add(ast.literal_eval(node.args[0]))
    assert told == events
    assert {*Happened.__struct_fields__} - {"event"} <= words(page)
