"""What is made of the source before it is compiled: the same program, whose values Python interprets.

The wheel itself takes a minute to build: `python3 run.py compiled --test tests/core tests/wire tests/proto tests/net`.
"""

import ast
import sys
from pathlib import Path

import pytest

import compiled
from apart import apart, whole

SRC = Path(__file__).resolve().parents[2] / "src" / "natterjack"
MODULE = '''\
"""About it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

if TYPE_CHECKING:
    from somewhere import Thing

SIZE = 3
OTHER = 4


class Value(Struct, frozen=True):
    """One."""

    thing: Thing
    LOOKS: ClassVar[int] = SIZE


class Owner:
    value: Value
'''


def test_values_go_with_what_they_need_and_are_found_where_they_were() -> None:
    rest, values = apart(MODULE, "here")
    assert "class Owner" in rest
    assert "OTHER = 4" in rest
    assert "class Value" not in rest
    assert "from here_values import SIZE, Value" in rest
    assert "class Value(Struct, frozen=True):" in values
    assert "SIZE = 3" in values
    assert "    from somewhere import Thing" in values
    assert "OTHER" not in values


def test_a_module_without_values_stays_as_it_is() -> None:
    source = "from typing import Final\n\nX: Final = 1\n"
    assert apart(source, "here") == (source, "")


def test_tuples_with_a_name_are_kept_in_one_piece() -> None:
    source = "from __future__ import annotations\nLoss = tuple[int, str]\nGroups = tuple[int, ...]\n"
    assert "Loss = tuple[_Any, ...]\nGroups = tuple[int, ...]\n" in whole(source)


@pytest.mark.parametrize("name", compiled.MODULES)
def test_every_module_that_is_compiled_is_there_and_keeps_all_its_names(name: str) -> None:
    source = (SRC / name).read_text("utf-8")
    rest, values = apart(whole(source), "here")
    before, after = _names(source), _names(rest) | _names(values)
    assert before <= after
    assert not [line for line in rest.splitlines() if line.startswith("class ") and "(Struct" in line]


def _names(source: str) -> set[str]:
    return {
        node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }


def test_a_wheel_tells_of_itself_what_the_project_says() -> None:
    said = compiled.about(SRC.parents[1])
    assert said["name"] == "natterjack"
    assert said["entry_points"] == {"console_scripts": ["natterjack = natterjack.cli:process"]}


def test_the_copy_to_build_from_holds_the_source_and_the_values(tmp_path: Path) -> None:
    compiled.prepare(tmp_path)
    assert (tmp_path / "natterjack" / "cli.py").exists() or (tmp_path / "natterjack" / "cli").is_dir()
    assert "class Message(Struct" in (tmp_path / "natterjack" / "wire" / "message_values.py").read_text(
        "utf-8"
    )
    assert not list(tmp_path.rglob("__pycache__"))
    compile((tmp_path / "setup.py").read_text("utf-8"), "setup.py", "exec")
    assert str(tmp_path) not in sys.path
