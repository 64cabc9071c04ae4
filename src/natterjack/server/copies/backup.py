"""``natterjack backup FILE``."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path

from natterjack.exits import OK
from natterjack.server.copies import direct
from natterjack.server.copies.work import make_backup


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    direct.add_arguments(parser, "what to make; it must not exist, and holds the server's key too")
    parser.add_argument(
        "--files",
        metavar="FOLDER",
        type=Path,
        help="copy the bytes of files that people sent into this folder, which may have those of earlier backups",
    )


def run(args: argparse.Namespace) -> int:
    """By the running server, if there is one. Raises :class:`~natterjack.exits.CommandError`."""
    folder = args.files.absolute() if args.files is not None else None
    work = functools.partial(make_backup, folder=folder)
    print(direct.wherever(args, "backup", work, *([folder] if folder is not None else [])))
    return OK
