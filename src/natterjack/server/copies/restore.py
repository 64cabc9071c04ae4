"""``natterjack restore FILE``."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path

from natterjack.exits import FAILED, OK, CommandError
from natterjack.server.copies import direct
from natterjack.server.copies.contents import bytes_of, copy, told, whole
from natterjack.server.copies.work import ALLOWED, stamp
from natterjack.store.backup import contents, never, restore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    direct.add_arguments(parser, "a backup, or any database of a server's")
    parser.add_argument(
        "--files",
        metavar="FOLDER",
        type=Path,
        help="put back the bytes of files, from where backup copied them",
    )


def run(args: argparse.Namespace) -> int:
    """While no server runs. Raises :class:`~natterjack.exits.CommandError`."""
    folder = args.files.absolute() if args.files is not None else None
    if folder is not None and not folder.is_dir():
        raise CommandError(FAILED, f"there is no folder {folder}: name the one that backup --files made")
    work = functools.partial(_restore, folder=folder)
    print(direct.alone(args, work, (b"{", "an export: natterjack import reads it")))
    return OK


def _restore(data: Path, file: Path, folder: Path | None) -> str:
    wanted = contents(file)
    copied: list[str] = []
    if folder is not None:  # first: what no file has does no harm, and a file without its bytes would
        copied = [f"{told(copy(wanted, folder, whole(data), never), whole(data))}."]
    elif wanted:
        there = whole(data)
        missing = sum(not (there / sha256[:2] / sha256).exists() for sha256 in wanted)
        if missing:
            copied = [f"{bytes_of(missing)} of it are not here: --files FOLDER brings them back."]
    restored = restore(file, data, ALLOWED, stamp())
    lines = [f"{data} has what {file} had. Start the server.", *copied]
    if not restored.files:
        lines.append("The server's key was not in it: the one that is there stays, or a new one is made.")
    if restored.replaced is not None:
        lines.append(f"What was there before is now in {restored.replaced}: remove it once all is well.")
    return "\n".join(lines)
