"""``natterjack gui``: its options, and whether there can be a window at all."""

from __future__ import annotations

import argparse
import sys

from natterjack.client.chatting.arguments import add_common, options_of
from natterjack.desktop import libraries
from natterjack.exits import FAILED, CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` the options of ``gui``."""
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Open the window, and answer with the exit code. ``CommandError``: for wrong usage, and where there is no Qt."""
    options = options_of(args, interactive=True, ask=False)
    problem = libraries.window_problem()
    if problem:
        raise CommandError(FAILED, problem)
    from natterjack.desktop.run import run_window

    return run_window(options, sys.argv[:1])
