"""Where settings come from: option, else environment, else TOML file, else default; and what is wrong with them.

Everything is looked at before anything is said: whoever mends a file wants to see all that is wrong with it at once.
Values that lose against a better source are checked all the same.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from natterjack.exits import BAD_CONFIG, CommandError
from natterjack.proto.nearest import nearest
from natterjack.server.config.crossing import crossing
from natterjack.server.config.kinds import BadValueError
from natterjack.server.config.options import Options
from natterjack.server.config.table import PREFIX, ROWS, SECTIONS, Config, Row, build

#: Bytes of a configuration file: a thousand times what a long one has.
_FILE_BYTES = 1024 * 1024


class Origin(Struct, frozen=True):
    """``kind`` is ``default``, ``file``, ``environment`` or ``option``; ``text`` says which, for people."""

    kind: str
    text: str


DEFAULT = Origin("default", "default")


class Trouble(Struct, frozen=True):
    """One thing that is wrong: where it stands, with which key, and what would be right.

    ``refused`` is False for what a server starts with all the same, after a warning.
    """

    where: str
    key: str
    wrong: str
    right: str
    refused: bool = True

    def __str__(self) -> str:
        parts = [part for part in (self.where, self.key, self.wrong) if part]
        return f"{': '.join(parts)}: {self.right}"


class Examined(Struct, frozen=True):
    """What came of looking at everything. Settings with a trouble have their defaults in ``config``."""

    config: Config
    origins: Mapping[tuple[str, str], Origin]
    troubles: tuple[Trouble, ...]

    @property
    def refusals(self) -> list[Trouble]:
        """The troubles that a server does not start with."""
        return [trouble for trouble in self.troubles if trouble.refused]


def load(path: str | None, environ: Mapping[str, str], options: Options) -> Config:
    """The configuration in force. ``options`` has what was given on the command line, by section and key.

    Raises :class:`CommandError` with exit code 78.
    """
    found = examine(path, environ, options)
    refusals = found.refusals
    if refusals:
        more = f" (and {len(refusals) - 1} more: natterjack check-config lists them)" if refusals[1:] else ""
        raise CommandError(BAD_CONFIG, f"bad configuration: {refusals[0]}{more}")
    return found.config


def examine(path: str | None, environ: Mapping[str, str], options: Options) -> Examined:
    """Look at everything, and raise nothing."""
    reading = _Reading()
    if path:
        reading.file(path)
    reading.environment(environ)
    for place, value in options.items():
        reading.values[place] = value
        reading.origins[place] = Origin("option", f"option {ROWS[place].spec.option}")
    config = build(reading.values)
    for row, wrong, right, refused in crossing(config):
        origin = reading.origins.get((row.section, row.key), DEFAULT)
        where = "" if origin is DEFAULT else origin.text
        reading.troubles.append(Trouble(where, row.name, wrong, right, refused))
    origins = {place: reading.origins.get(place, DEFAULT) for place in ROWS}
    return Examined(config, origins, tuple(reading.troubles))


class _Reading:
    """What was found so far."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], Any] = {}
        self.origins: dict[tuple[str, str], Origin] = {}
        self.troubles: list[Trouble] = []

    def file(self, path: str) -> None:
        """A TOML file."""
        text = self._text(path)
        if text is None:
            return
        try:
            content = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            self._add(
                path, "", f"it is not valid TOML: {error}", 'write [section] and below it key = "value"'
            )
            return
        lines = line_numbers(text)
        for section, keys in content.items():
            where = _at(path, lines.get((section, "")))
            if section not in SECTIONS and not isinstance(keys, dict):
                self._add(where, section, "it stands in no section", _meant_section(section))
            elif section not in SECTIONS:
                self._add(where, section, "there is no such section", _meant(section, SECTIONS))
            elif not isinstance(keys, dict):
                self._add(where, section, "it is a section", f"write [{section}] and its keys below")
            else:
                for key, value in keys.items():
                    self._one(path, lines.get((section, key)), section, key, value)

    def _text(self, path: str) -> str | None:
        try:
            with open(path, "rb") as file:
                data = file.read(_FILE_BYTES + 1)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            why = getattr(error, "strerror", None) or str(error)
            self._add(path, "", f"it can't be read: {why}", "name a file that can be")
            return None
        if len(data) > _FILE_BYTES:
            self._add(path, "", "it is longer than 1 MiB", "name a configuration file")
            return None
        try:
            return data.decode("utf-8-sig")  # editors on Windows put a mark before it
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            self._add(_at(path, line), "", "it is not UTF-8", "save it as UTF-8")
            return None

    def _one(self, path: str, line: int | None, section: str, key: str, value: object) -> None:
        where = _at(path, line)
        row = ROWS.get((section, key))
        if row is None:
            self._add(where, f"{section}.{key}", "there is no such key", _meant_key(section, key))
            return
        try:
            self.values[section, key] = row.spec.kind.read(value)
        except BadValueError as error:
            self._add(where, row.name, error.wrong, error.right)
            return
        self.origins[section, key] = Origin("file", where)

    def environment(self, environ: Mapping[str, str]) -> None:
        """Variables ``NATTERJACK_SECTION__KEY``; others are none of ours."""
        for variable in sorted(environ):
            if not variable.startswith(PREFIX) or "__" not in variable:
                continue
            section, _, key = variable.removeprefix(PREFIX).lower().partition("__")
            row = ROWS.get((section, key))
            if row is None:
                known = [each.variable for each in ROWS.values()]
                self._add(variable, "", "there is no such setting", _meant(variable, known))
                continue
            try:
                self.values[section, key] = row.spec.kind.read_text(environ[variable])
            except BadValueError as error:
                self._add(variable, row.name, error.wrong, error.right)
                continue
            self.origins[section, key] = Origin("environment", f"environment variable {variable}")

    def _add(self, where: str, key: str, wrong: str, right: str) -> None:
        self.troubles.append(Trouble(where, key, wrong, right))


def _at(path: str, line: int | None) -> str:
    return f"{path}:{line}" if line else path


def _meant(word: str, known: Mapping[str, Any] | list[str]) -> str:
    near = nearest(word, known)
    return f"did you mean {near}?" if near else f"there are {', '.join(known)}" if len(known) < 20 else _ALL


_ALL = "see docs/configuration.md for those that there are"


def _meant_section(key: str) -> str:
    sections = [row.section for row in ROWS.values() if row.key == key]
    if sections:
        return f"write {' or '.join(f'[{section}]' for section in sections)} in a line above it"
    return f"write [section] in a line above it: there are {', '.join(SECTIONS)}"


def _meant_key(section: str, key: str) -> str:
    own = [row.key for row in ROWS.values() if row.section == section]
    near = nearest(key, own)
    if near:
        return f"did you mean {section}.{near}?"
    elsewhere: list[Row] = [row for row in ROWS.values() if row.key == key]
    if elsewhere:
        return f"did you mean {elsewhere[0].name}?"
    return f"[{section}] has {', '.join(own)}"


_HEADER = re.compile(r"\s*\[\s*([\w-]+)\s*\]")
_KEY = re.compile(r"\s*(?:([\w-]+)\s*\.\s*)?([\w-]+)\s*=")


def line_numbers(text: str) -> dict[tuple[str, str], int]:
    """On which line each key stands; ``(section, "")`` for a section's head. Only for telling people.

    It knows the ways in which such files are written, and passes over strings of several lines. What it does not
    find, such as a section in braces, has no number.
    """
    found: dict[tuple[str, str], int] = {}
    section, closing = "", ""
    for number, line in enumerate(text.split("\n"), 1):
        if closing:
            if closing in line:
                closing = ""
            continue
        header = _HEADER.match(line)
        if header:
            section = header[1]
            found.setdefault((section, ""), number)
            continue
        key = _KEY.match(line)
        if key:
            place = (section, key[1] or key[2]) if section else (key[1] or key[2], key[2] if key[1] else "")
            found.setdefault(place, number)
        for quote in ('"""', "'''"):
            if line.count(quote) % 2:
                closing = quote
    return found
