"""Make a module's source one that mypyc compiles to the same program. Used by tools/compiled.py, on a copy.

mypyc makes a class whose metaclass it does not know by a call of ``type``: the options behind the bases (``frozen``,
``gc``) are lost, and of ``ClassVar`` nothing is left, so a ``msgspec.Struct`` would be another class. So the Structs of
a module go, as they stand, into a module beside it that Python interprets, together with whatever of the module they
need; the module imports them from there. Each thing is still in one place, and everybody finds it where it was.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

#: Behind the name of the module that the values are in.
SUFFIX = "_values"
#: Bases that make a class a value: the first, and those of our own from which others derive in another module.
VALUES = frozenset({"Struct", "Line"})
_Import = ast.Import | ast.ImportFrom


@dataclass
class _Module:
    """What stands at the top of a module, by name."""

    own: dict[str, ast.stmt] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)  # name -> the statement that imports it alone
    guarded: set[str] = field(default_factory=set)  # those of them that only the type checker sees
    values: list[str] = field(default_factory=list)
    last_import: int = 0  # the line on which the last of them ends

    def add(self, statement: ast.stmt, guarded: bool = False) -> None:
        match statement:
            case ast.Import() | ast.ImportFrom():
                self._add_import(statement, guarded)
            case ast.If(test=ast.Name("TYPE_CHECKING")):
                for inner in statement.body:
                    self.add(inner, guarded=True)
            case ast.ClassDef() | ast.FunctionDef():
                self.own[statement.name] = statement
                if isinstance(statement, ast.ClassDef) and self._is_value(statement):
                    self.values.append(statement.name)
            case ast.Assign() | ast.AnnAssign():
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        self.own[target.id] = statement

    def _add_import(self, statement: _Import, guarded: bool) -> None:
        for alias in statement.names:
            name = alias.asname or alias.name.partition(".")[0]
            one = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
            if isinstance(statement, ast.ImportFrom):
                one = f"from {statement.module} {one}"
            self.imports[name] = one
            if guarded:
                self.guarded.add(name)
        if not guarded:
            self.last_import = statement.end_lineno or 0

    def _is_value(self, statement: ast.ClassDef) -> bool:
        bases = {base.id for base in statement.bases if isinstance(base, ast.Name)}
        return not bases.isdisjoint(VALUES.union(self.values))

    def needed(self) -> tuple[set[str], set[str]]:
        """The names that have to go with the values, they themselves included; and those that they import."""
        moving: set[str] = set()
        imported: set[str] = set()
        left = list(self.values)
        while left:
            name = left.pop()
            if name in moving:
                continue
            moving.add(name)
            used = _names(self.own[name])
            left += used & self.own.keys()
            imported |= used & self.imports.keys()
        return moving, imported


def whole(source: str) -> str:
    """`source`, where whatever has a name of its own for tuples of a kind means any tuple.

    Else mypyc would take them to pieces, and put them together anew wherever they are passed on: slower, and ``id`` and
    ``is``, by which a loss is told from another that says the same, would find a new one each time.
    """
    changed = re.sub(
        r"^(\w+) = tuple\[.+(?<!\.\.\.)\]$", r"\1 = tuple[_Any, ...]", source, flags=re.MULTILINE
    )
    future = "from __future__ import annotations\n"
    return (
        changed.replace(future, f"{future}from typing import Any as _Any\n", 1)
        if changed != source
        else source
    )


def apart(source: str, module: str) -> tuple[str, str]:
    """The source of `module` without its values, and that of the module that has them (``""``: it has none)."""
    top = _Module()
    for statement in ast.parse(source).body:
        top.add(statement)
    lines = source.splitlines(keepends=True)
    if not top.values:
        return source, ""
    moving, imported = top.needed()
    places = sorted({_lines(top.own[name]) for name in moving})
    values = [_head(top, imported), *("".join(lines[first - 1 : last]) for first, last in places)]
    gone = {number for first, last in places for number in range(first, last + 1)}
    back = f"from {module}{SUFFIX} import {', '.join(sorted(moving))}\n"
    rest = []
    for number, line in enumerate(lines, 1):
        if number not in gone:
            rest.append(line)
        if number == top.last_import:
            rest.append(back)
    return "".join(rest), "\n\n".join(values)


def _head(top: _Module, imported: set[str]) -> str:
    """The imports of the module with the values."""
    lines = ["from __future__ import annotations"]
    lines += sorted(top.imports[name] for name in imported - top.guarded)
    if imported & top.guarded:
        lines += ["from typing import TYPE_CHECKING", "if TYPE_CHECKING:"]
        lines += sorted(f"    {top.imports[name]}" for name in imported & top.guarded)
    return "\n".join(lines) + "\n"


def _lines(statement: ast.stmt) -> tuple[int, int]:
    """On which line it begins, its decorators included, and on which it ends."""
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)]), statement.end_lineno or 0


def _names(statement: ast.stmt) -> set[str]:
    """All names in it; also those in quotes, as annotations have them."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            found.add(node.value)
    return found
