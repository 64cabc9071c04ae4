"""What docstrings and comments refer to is there, where they say."""

from __future__ import annotations

import ast
import builtins
import re
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
FILES = sorted((SOURCE / "natterjack").rglob("*.py"))
_REFERENCE = re.compile(r":(?:attr|class|data|func|meth|mod):`~?([.\w]+)(?:\(\))?`")


@cache
def code(path: Path) -> ast.Module:
    """What is in ``path``, without what is said about it."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(value=None)
    return tree


@cache
def words(path: Path) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", ast.unparse(code(path))))


def file_of(parts: list[str]) -> Path | None:
    path = SOURCE.joinpath(*parts)
    return next((each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None)


def is_known(name: str, path: Path) -> bool:
    """Whether there is ``name`` in ``path``, in Python, or in what ``path`` takes something else from."""
    used = [node.module for node in ast.walk(code(path)) if isinstance(node, ast.ImportFrom) and node.module]
    files = [path, *(file for module in used if (file := file_of(module.split("."))) is not None)]
    return hasattr(builtins, name) or any(name in words(file) for file in files)


def leads_somewhere(target: str, path: Path) -> bool:
    if target.startswith("."):
        target = ".".join([*path.relative_to(SOURCE).parent.parts, target[1:]])
    parts = target.split(".")
    if parts[0] != "natterjack":
        return is_known(parts[0], path)
    for count in range(len(parts), 0, -1):
        file = file_of(parts[:count])
        if file is not None:
            return words(file).issuperset(parts[count:])
    return False


def test_references_lead_somewhere() -> None:
    found = [(path, target) for path in FILES for target in _REFERENCE.findall(path.read_text("utf-8"))]
    assert len(found) > 300
    wrong = [
        f"{path.relative_to(SOURCE)}: {target}" for path, target in found if not leads_somewhere(target, path)
    ]
    assert wrong == []
