"""``natterjack import FILE``."""

from __future__ import annotations

import argparse
from pathlib import Path

from natterjack.exits import OK
from natterjack.server.copies import direct
from natterjack.server.copies.work import ALLOWED, stamp
from natterjack.store.importing import import_


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    direct.add_arguments(parser, "an export")


def run(args: argparse.Namespace) -> int:
    """Into a directory that has no database yet. Raises :class:`~natterjack.exits.CommandError`."""
    print(direct.alone(args, _import, (b"SQLite format 3\0", "a backup: natterjack restore brings it back")))
    return OK


def _import(data: Path, file: Path) -> str:
    lines = import_(file, data, ALLOWED, stamp())
    return f"{data} has all {lines} lines of {file}. Start the server."
