"""docs/protocol.md is a reference: what it lists is what there is."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from natterjack.core.registry import COMMANDS
from natterjack.core.server import Core
from natterjack.core.services import SERVICES
from natterjack.core.services.verbs import Service
from natterjack.proto import caps, isupport, modes, numerics, standard_replies

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "protocol.md").read_text("utf-8")


def section(title: str) -> str:
    return re.split(r"\n#+ ", PAGE.partition(f"\n## {title}\n")[2], maxsplit=1)[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).split("\n") if line.startswith("| `")]
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines
    ]


def test_capabilities() -> None:
    wanted = [
        (f"`{each.name}`", "ours" if each.spec.startswith("docs/") else f"<{each.spec}>")
        for each in caps.CAPABILITIES
    ]
    assert [(name, spec) for name, spec, _ in rows("Capabilities")] == wanted


def test_isupport() -> None:
    tokens = isupport.tokens("x", history=True, files=1, filehost="https://x/", icon="https://x/")
    names = [token.partition("=")[0] for token in tokens]
    assert [row[0] for row in rows("ISUPPORT")] == [f"`{name}`" for name in names]


def test_commands() -> None:
    assert Core  # imports all handlers
    wanted = [(f"`{each.help[0]}`", each.help[2]) for _, each in sorted(COMMANDS.items())]
    assert [(usage, about) for usage, about, _ in rows("Commands")] == wanted
    assert all(spec.startswith("[") for _, _, spec in rows("Commands"))


def test_modes() -> None:
    letters = set(re.findall(r"`([A-Za-z])`", section("Modes")))
    assert letters == {*modes.CHANNEL_MODES, *modes.USER_MODES}


def test_codes() -> None:
    known = {each.code for each in vars(standard_replies).values() if isinstance(each, standard_replies.Fail)}
    assert set(re.findall(r"`([A-Z_8]+)`", section("Codes of FAIL, WARN and NOTE"))) - {"FAIL"} == known


@pytest.mark.parametrize("table", [numerics, standard_replies])
def test_the_tables_have_nothing_that_nobody_says_or_understands(table: ModuleType) -> None:
    assert table.__file__
    own = Path(table.__file__)
    names = {
        name
        for name, each in vars(table).items()
        if isinstance(each, numerics.Numeric | standard_replies.Fail)
    }
    others = [path for path in (ROOT / "src").rglob("*.py") if path.name != own.name]
    said = {word for path in others for word in re.findall(r"\b[A-Z][A-Z0-9_]+\b", path.read_text("utf-8"))}
    assert names - said == set()


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(#([^)]+)\)", PAGE))))
def test_links_within_the_page_lead_somewhere(link: str) -> None:
    titles = re.findall(r"\n#+ (.+)", PAGE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert link in anchors


def test_numerics_and_codes_in_the_text_are_sent() -> None:
    codes = {each.code for each in vars(standard_replies).values() if isinstance(each, standard_replies.Fail)}
    numbers = {each.code for each in vars(numerics).values() if isinstance(each, numerics.Numeric)}
    text = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    quoted = re.findall(r"`([^`]+)`", text.replace("\n", " "))
    named = {
        found[1] for each in quoted if (found := re.match(r"(?:FAIL|WARN|NOTE) \S+ ([A-Z_8]{3,})", each))
    }
    assert len(named) > 10
    assert named <= codes
    found = {number for each in quoted for number in re.findall(r"^\d{3}(?= |$)", each)}
    found |= set(re.findall(r"\((\d{3})[,)]", PAGE))
    assert len(found) > 5
    assert found <= numbers


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda each: each.name)
def test_services(service: Service) -> None:
    table = section("NickServ and ChanServ").partition(f"| {service.name} |")[2].partition("\n\n")[0]
    first = [row.split(" | ")[0] for row in table.split("\n| ")[1:]]
    named = {word for cell in first for word in re.findall(r"[`(]([A-Z]+)\b", cell)}
    assert named | {"HELP"} == {verb.upper() for verb in service.verbs} | {"HELP"}
