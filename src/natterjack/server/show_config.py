"""``natterjack config show``: each setting, its value, and where that comes from."""

from __future__ import annotations

import argparse
import os

from natterjack.exits import BAD_CONFIG, OK, complain
from natterjack.server import config as configuration
from natterjack.server.config import ROWS, Examined, Row
from natterjack.wire.jsonlines import one_line

#: Stands for a value that is nobody's business.
_SECRET = "(secret)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``natterjack config``."""
    parser.add_argument(
        "what", metavar="show", choices=("show",), help="show: each setting, its value, where that comes from"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    configuration.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Show all settings; 78 where something is wrong, which is said after them."""
    found = configuration.examine(args.config, os.environ, configuration.given(args))
    print("\n".join(_as_json(found) if args.json else _as_text(found)))
    for trouble in found.troubles:
        complain(str(trouble))
    return BAD_CONFIG if found.refusals else OK


def _as_json(found: Examined) -> list[str]:
    lines = []
    for place, row in ROWS.items():
        value = _SECRET if _is_hidden(row, found) else found.config.get(row)
        origin = found.origins[place]
        members = {"key": row.name, "value": value, "origin": origin.kind, "where": origin.text}
        lines.append(one_line(members))
    return lines


def _as_text(found: Examined) -> list[str]:
    cells = []
    for place, row in ROWS.items():
        value = _SECRET if _is_hidden(row, found) else row.spec.kind.show(found.config.get(row))
        cells.append((row.name, value, found.origins[place].text))
    names = max(len(name) for name, _, _ in cells)
    values = min(40, max(len(value) for _, value, _ in cells))
    return [f"{name:{names}}  {value:{values}}  {origin}" for name, value, origin in cells]


def _is_hidden(row: Row, found: Examined) -> bool:
    return row.spec.secret and bool(found.config.get(row))
