"""The table's settings as options of a command."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Mapping
from typing import Any

from natterjack.server.config.kinds import BadValueError, Choice, Kind, Many, YesNo
from natterjack.server.config.table import ROWS, Row

Options = Mapping[tuple[str, str], Any]


def add_options(parser: argparse.ArgumentParser, only: Collection[str] = ()) -> None:
    """``--config``, and an option for each setting that has one (those of ``only``, if any are named)."""
    parser.add_argument("--config", metavar="FILE", help="a TOML file with settings")
    for row in ROWS.values():
        option = row.spec.option
        if not option or (only and option not in only):
            continue
        kwargs = _kwargs(row)
        parser.add_argument(option, dest=_dest(row), default=None, help=_help(row), **kwargs)


def given(args: argparse.Namespace) -> dict[tuple[str, str], Any]:
    """What was given on the command line, by section and key."""
    found = {}
    for place, row in ROWS.items():
        value = getattr(args, _dest(row), None)
        if value is not None:
            found[place] = tuple(value) if isinstance(value, list) else value
    return found


def _dest(row: Row) -> str:
    return f"setting_{row.section}_{row.key}"


def _help(row: Row) -> str:
    if row.spec.help:
        return row.spec.help
    text = row.spec.about[0].lower() + row.spec.about[1:].rstrip(".")
    default = ("yes" if row.default else "no") if isinstance(row.default, bool) else str(row.default)
    return f"{text} (default {default})"


def _kwargs(row: Row) -> dict[str, Any]:
    kind = row.spec.kind
    if row.spec.sets is not None:
        return {"action": "store_const", "const": row.spec.sets}
    kwargs: dict[str, Any] = {"metavar": row.spec.metavar or None, "type": _reader(kind)}
    if isinstance(kind, Choice):
        kwargs["metavar"] = "|".join(kind.words)
    if isinstance(kind, YesNo):
        kwargs["metavar"] = "yes|no"
    if row.spec.repeats:
        assert isinstance(kind, Many)
        kwargs |= {"action": "append", "type": _reader(kind.item)}
    return kwargs


def _reader(kind: Kind) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return kind.read_text(text)
        except BadValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read
