"""``natterjack backup FILE``."""

from __future__ import annotations

import argparse

from natterjack.exits import OK
from natterjack.server.copies import direct
from natterjack.server.copies.work import make_backup


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    direct.add_arguments(parser, "what to make; it must not exist, and holds the server's key too")


def run(args: argparse.Namespace) -> int:
    """By the running server, if there is one. Raises :class:`~natterjack.exits.CommandError`."""
    print(direct.wherever(args, "backup", make_backup))
    return OK
