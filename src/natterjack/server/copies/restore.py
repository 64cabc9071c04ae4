"""``natterjack restore FILE``."""

from __future__ import annotations

import argparse
from pathlib import Path

from natterjack.exits import OK
from natterjack.server.copies import direct
from natterjack.server.copies.work import ALLOWED, stamp
from natterjack.store.backup import restore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    direct.add_arguments(parser, "a backup, or any database of a server's")


def run(args: argparse.Namespace) -> int:
    """While no server runs. Raises :class:`~natterjack.exits.CommandError`."""
    print(direct.alone(args, _restore))
    return OK


def _restore(data: Path, file: Path) -> str:
    restored = restore(file, data, ALLOWED, stamp())
    lines = [f"{data} has what {file} had. Start the server."]
    if not restored.files:
        lines.append("The server's key was not in it: the one that is there stays, or a new one is made.")
    if restored.replaced is not None:
        lines.append(f"What was there before is now in {restored.replaced}: remove it once all is well.")
    return "\n".join(lines)
