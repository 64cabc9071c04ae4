"""What people read names files, commands, options, settings and decisions: those have to be there."""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import re
from functools import cache
from pathlib import Path

import pytest

import run as starter
from bench.trials.command import TRIALS
from natterjack.cli import COMMANDS
from natterjack.client.chatting.commands import ROWS as TYPED
from natterjack.core.console import VERBS
from natterjack.server.config.table import ROWS as SETTINGS

ROOT = Path(__file__).resolve().parents[2]
#: Pages for people, and those that say what is so today: decisions say what was so on their day.
PAGES = [ROOT / "README.md", ROOT / "USAGE.txt", *sorted((ROOT / "docs").glob("*.md"))]
ALL = [*PAGES, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs" / "decisions").glob("*.md"))]
USAGE = (ROOT / "USAGE.txt").read_text("utf-8")
#: Where a path in a page may begin.
BASES = ("", "docs", "src/natterjack", "src/natterjack/client", "src/natterjack/desktop", "tests/chaos")
#: What is no file of ours: made when it is wanted, another program's, or in another program's page.
ELSEWHERE = {"dist/natterjack-VERSION.zip", "ergo.motd", "default.yaml"}
OURS = re.compile(r"[\w.*/-]+\.(?:py|md|txt|toml|c|qss|sql|svg|png|zip)|(?:[a-z_]+/)+[a-z_]*")
TOPS = ("bench", "docs", "examples", "src", "tests", "tools", "requirements")
#: In the data directory of a server or a client, not in this tree.
DATA = {"files/incoming", "files/whole", "client/accounts.json", "client/client.db"}


def named(pages: list[Path]) -> list[object]:
    return [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in pages]


@cache
def anchors(page: Path) -> frozenset[str]:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    titles = [
        re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    ]
    return frozenset(re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles)


@pytest.mark.parametrize("page", named(ALL))
def test_links_lead_somewhere(page: Path) -> None:
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert not wrong, f"{page.name} links to what is not there: {wrong}"


@pytest.mark.parametrize("page", named(ALL))
def test_decisions_that_are_named_are_there(page: Path) -> None:
    numbers = {path.name[:4] for path in (ROOT / "docs" / "decisions").iterdir()}
    found = re.findall(r"[Dd]ecisions? (\d+(?:(?:, | and )\d+)*)", page.read_text("utf-8"))
    wrong = [each for group in found for each in re.findall(r"\d+", group) if each.zfill(4) not in numbers]
    assert not wrong, f"{page.name} names decisions that are not there: {wrong}"


def is_there(path: str) -> bool:
    for base in BASES:
        whole = os.path.normpath(Path(base) / path)
        if (ROOT / whole).with_suffix(".py").exists() or any(ROOT.glob(whole)):
            return True
    return False


def ours(word: str) -> bool:
    """Whether this can only be a path of this project, or is to look like one."""
    if word in ELSEWHERE or word.startswith("/") or not OURS.fullmatch(word):
        return False
    folder = word.partition("/")[0]
    packages = {each.name for each in (ROOT / "src" / "natterjack").iterdir()}
    return word.endswith((".py", ".md", ".toml", ".qss")) or folder in {*packages, *TOPS}


@pytest.mark.parametrize("page", named([page for page in PAGES if page.name != "conformance.md"]))
def test_files_that_are_named_are_there(page: Path) -> None:
    text = page.read_text("utf-8")
    words = {word.rstrip("/") for quoted in re.findall(r"`([^`\n]+)`", text) for word in quoted.split()}
    words |= set(re.findall(r"\b(?:docs|examples|tests|tools|bench)/[\w./-]+\.\w+", text))
    wrong = sorted(word for word in words if ours(word) and not is_there(word) and word not in DATA)
    assert not wrong, f"{page.name} names files that are not there: {wrong}"


@pytest.mark.parametrize("page", named(PAGES))
def test_commands_that_are_named_are_there(page: Path) -> None:
    text = page.read_text("utf-8")
    commands = set(re.findall(r"python3 run\.py\s+([a-z][a-z-]*)\b", text))
    commands |= set(re.findall(r"(?:`|^|sudo )natterjack ([a-z][a-z-]*)\b", text, re.MULTILINE))
    wrong = sorted(commands - {*COMMANDS, *starter.OURS})
    wrong += sorted(set(re.findall(r"\bbench trial ([a-z-]+)", text)) - set(TRIALS))
    assert not wrong, f"{page.name} names commands that are not there: {wrong}"


@pytest.mark.parametrize("page", named(PAGES))
def test_settings_that_are_named_are_there(page: Path) -> None:
    sections = {section for section, _ in SETTINGS}
    found = re.findall(r"`([a-z]+)\.([a-z_]+)(?: = [^`]*)?`", page.read_text("utf-8"))
    files = {"run.py", "server.lock", "natterjack.db", "console.sock"}
    wrong = [
        f"{section}.{key}"
        for section, key in found
        if section in sections and (section, key) not in SETTINGS and f"{section}.{key}" not in files
    ]
    assert not wrong, f"{page.name} names settings that are not there: {wrong}"


@cache
def options(command: str) -> frozenset[str]:
    parser = argparse.ArgumentParser()
    importlib.import_module(COMMANDS[command][0]).add_arguments(parser)
    return frozenset(option for option in parser._option_string_actions if option.startswith("--"))


def test_usage_has_every_command_and_option_and_no_other() -> None:
    for command in {*COMMANDS, *starter.OURS}:
        assert re.search(rf"run\.py (?:[a-z]+\|)*{command}\b", USAGE), (
            f"USAGE.txt lacks the command {command}"
        )
    there = {option for command in COMMANDS for option in options(command)}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", USAGE))
    assert named >= there - {"--help"}, "USAGE.txt lacks options"
    assert named - there == {"--uses", "--expires", "--for"}, (
        "only these are no options but words of the console"
    )


def test_usage_has_every_word_that_can_be_typed() -> None:
    wanted = [row.usage.split()[0] if row.capitals else f"/{row.name.lower()}" for row in TYPED]
    words = set(re.findall(r"(?<![\w/])/?[A-Za-z]+", USAGE))
    assert [word for word in wanted if word not in words] == [], "USAGE.txt lacks words of the client"
    text = " ".join(USAGE.split())
    assert [row.usage for row in TYPED if row.capitals and row.usage not in text] == [], (
        "it says them otherwise"
    )


def test_usage_has_every_verb_of_the_console() -> None:
    console = USAGE.partition("2. THE CONSOLE")[2].partition("3. THE TERMINAL CLIENT")[0]
    words = set(re.findall(r"[a-z]+", console))
    wanted = {*VERBS, "backup", "export", "reload", "drain", "shutdown", "help"}
    assert wanted <= words, f"USAGE.txt lacks verbs: {sorted(wanted - words)}"


def test_usage_names_settings_that_there_are() -> None:
    found = re.findall(r"^[ \w|<>'\[\],.-]* \[([a-z]+)\] ([a-z_]+)(?:, ([a-z_]+))?  ", USAGE, re.MULTILINE)
    assert len(found) > 15
    places = [(section, key) for section, *keys in found for key in keys if key]
    assert [place for place in places if place not in SETTINGS] == []


@cache
def texts() -> str:
    """Every text in the program, each in one piece, and what the system says of what people meet."""
    paths = (ROOT / "run.py", *(ROOT / "tools").glob("*.py"), *(ROOT / "src").rglob("*.py"))
    ours = re.sub(r'"\s*\n\s*f?"', "", "\n".join(path.read_text("utf-8") for path in paths))
    systems = [os.strerror(number) for number in (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EMFILE)]
    return "\n".join([ours, *systems]).lower()


def test_errors_that_usage_explains_are_said() -> None:
    entries = re.findall(r"^  (\S.*?)(?:  |$)", USAGE.partition("6. ERRORS")[2], re.MULTILINE)
    assert len(entries) > 70
    # What stands for something else, and what is put together as the program runs.
    parts = r"\.\.\.|: | / | \(|\)|\b(?:NAME|FILE|LINE|KEY|HOST|N|PORT)\b"
    pieces = [piece.strip(" :.").lower() for entry in entries for piece in re.split(parts, entry)]
    wrong = sorted({piece for piece in pieces if len(piece) > 3 and piece[0] != "/" and piece not in texts()})
    assert not wrong, f"USAGE.txt explains errors that nobody is told: {wrong}"


def test_run_py_tells_of_its_own_commands() -> None:
    assert re.findall(r"^  ([a-z]+) ", starter.USAGE, re.MULTILINE) == list(starter.OURS)


def test_what_the_page_on_the_architecture_names_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    paths = [*(ROOT / "src" / "natterjack").rglob("*.py"), *(ROOT / "tools").glob("*.py")]
    source = {path: path.read_text("utf-8") for path in paths}
    wrong = []
    # A class or a constant, or something of a class; behind the name of a file it is in that file.
    for path, name in re.findall(r"(?:`([\w/]+\.py)` )?\(?`([A-Z]\w+(?:\.\w+)?)(?:\([^`]*\))?`", text):
        owner, _, member = name.partition(".")
        there = [own for file, own in source.items() if not path or file.as_posix().endswith(f"/{path}")]
        begun = re.compile(rf"^(?:class )?{owner}\b(?![-\w])", re.MULTILINE)
        made = re.compile(rf"(?:def |self\.|^    ){member}\b", re.MULTILINE)
        if not any(begun.search(own) and (not member or made.search(own)) for own in there):
            wrong.append(f"{path} {name}")
    assert not wrong, f"docs/architecture.md names what is not there: {wrong}"


def test_the_picture_of_the_architecture_has_every_package() -> None:
    picture = (ROOT / "docs" / "architecture.md").read_text("utf-8").partition("```")[2].partition("```")[0]
    packages = {
        path.stem for path in (ROOT / "src" / "natterjack").iterdir() if path.is_dir() or path.suffix == ".py"
    }
    drawn = set(re.findall(r"[a-z]+", picture))
    assert {each for each in packages if not each.startswith("_")} <= drawn


def test_usage_tells_the_defaults_of_settings() -> None:
    server = USAGE.partition("1. THE SERVER")[2].partition("What is said is kept")[0]
    rows = re.split(r"\n(?=    \S|    {12}\S* *\[)", server)
    words: dict[str, object] = {"no": False, "yes": True, "none": 0, "all addresses": (), "nobody": ""}
    elsewhere = {"one is made", "all, for ever", "~/.local/share/natterjack"}  # no value: what comes of none
    checked = 0
    for row in rows:
        named = re.search(r"\[([a-z]+)\] ([a-z_]+)(?= {2,}|\n)", row)
        told = re.search(r"\(([^()]+)\)$", " ".join(row.split()))
        if named is None or told is None or told[1] in elsewhere:
            continue
        default = SETTINGS[named[1], named[2]].default
        said = words.get(told[1], told[1])
        shown = ",".join(default) if isinstance(default, tuple) else default
        assert str(shown or 0) == str(said or 0), named[0]
        checked += 1
    assert checked > 14
