"""What the packages may not touch: clocks and sockets in the pure ones, Unix in those that also run on Windows."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"
PURE_TRANSFERS = (
    "downloading", "events", "meter", "naming", "requests", "steps", "uploading", "values", "words"
)  # fmt: skip
PURE = (
    "wire", "proto", "ports", "core", "client/session", "client/model", "client/view",
    *(f"client/transfers/{name}" for name in PURE_TRANSFERS),
)  # fmt: skip
IMPURE = frozenset({
    "apsw", "asyncio", "concurrent", "multiprocessing", "os", "random", "secrets", "select", "selectors",
    "signal", "socket", "sqlite3", "ssl", "subprocess", "threading", "time", "uuid",
})  # fmt: skip
HARMLESS = frozenset({("time", "gmtime")})  # it only calculates
CLOCKS = frozenset({"now", "utcnow", "today"})  # of datetime, whose values are welcome

ON_WINDOWS_TOO = ("natterjack.cli", "natterjack.client", "natterjack.terminal")
IMPORT_ALL = '''
import importlib, importlib.util, json, pkgutil, sys

class Hidden:
    """Stands before all other finders, as a system without these modules would."""
    names = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}

    def find_spec(self, name, path=None, target=None):
        if name in self.names:
            raise ModuleNotFoundError(f"No module named {name!r} (a system that is not Unix)", name=name)

for name in Hidden.names:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Hidden())

found, failed = [], {}
def load(name):
    found.append(name)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        failed[name] = str(error)

for root in sys.argv[1:]:
    if importlib.util.find_spec(root) is None:
        continue
    package = load(root)
    for module in pkgutil.walk_packages(getattr(package, "__path__", []), root + ".", onerror=lambda name: None):
        if not module.name.endswith("__main__"):
            load(module.name)
print(json.dumps({"found": found, "failed": failed}))
'''


def pure_files() -> list[Path]:
    """The source files of the pure packages, as many of them as there are."""
    tops = [SRC / "natterjack" / name for name in PURE]
    return sorted(
        path for top in tops for path in [*top.rglob("*.py"), top.with_suffix(".py")] if path.is_file()
    )


def impurities(source: str) -> Iterator[str]:
    """What a module imports, or asks of a clock, that a pure one may not. What only the type checker sees is free."""
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            nodes += node.orelse
            continue
        nodes += ast.iter_child_nodes(node)
        for what in impure(node):
            yield f"line {getattr(node, 'lineno', 0)}: {what}"


def impure(node: ast.AST) -> list[str]:
    """What a node, taken by itself, does that it may not."""
    match node:
        case ast.Import(names):
            return [f"import {name.name}" for name in names if name.name.partition(".")[0] in IMPURE]
        case ast.ImportFrom(str(module), names, 0) if module.partition(".")[0] in IMPURE:
            return [
                f"from {module} import {name.name}" for name in names if (module, name.name) not in HARMLESS
            ]
        case ast.Attribute(value, attr) if attr in CLOCKS and "date" in ast.unparse(value):
            return [ast.unparse(node)]
        case ast.Name("__import__" | "open" | "input" as name):
            return [name]
    return []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time", True),
        ("from os.path import join", True),
        ("def f():\n    from time import monotonic", True),
        ("import concurrent.futures as x", True),
        ("datetime.datetime.now()", True),
        ("open('x')", True),
        ("from datetime import datetime\ndatetime.fromtimestamp(3)", False),
        ("from .time import x", False),
        ("from time import gmtime", False),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from random import Random", False),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import os", True),
        ("import timeless", False),
        ("self.open(3)", False),
    ],
)
def test_the_test_knows_the_impure(source: str, found: bool) -> None:
    assert bool(list(impurities(source))) is found


def test_pure_packages_touch_no_socket_clock_thread_randomness_or_database() -> None:
    files = pure_files()
    assert files
    found = {str(path.relative_to(SRC)): list(impurities(path.read_text("utf-8"))) for path in files}
    assert {name: what for name, what in found.items() if what} == {}


def test_client_side_imports_where_there_is_no_unix() -> None:
    command = [sys.executable, "-c", IMPORT_ALL, *ON_WINDOWS_TOO]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["failed"] == {}
    assert result["found"]
