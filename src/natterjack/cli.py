"""The command ``natterjack``. Each command's modules are imported only when it runs."""

from __future__ import annotations

import argparse
import errno
import gc
import importlib
import io
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from natterjack import __version__
from natterjack.exits import FAILED, INTERNAL, USAGE, CommandError, complain

#: command -> (module with add_arguments and run, what it does)
COMMANDS = {
    "serve": ("natterjack.server.main", "run a server"),
    "chat": ("natterjack.terminal.main", "chat in this terminal"),
    "gui": ("natterjack.desktop.main", "chat in a window"),
    "console": ("natterjack.server.console_client", "talk to the running server as its operator"),
    "doctor": (
        "natterjack.server.doctor.command",
        "find what is wrong around the server, and how to mend it",
    ),
    "backup": (
        "natterjack.server.copies.backup",
        "copy everything into one file, while the server runs or not",
    ),
    "restore": ("natterjack.server.copies.restore", "bring back a backup; what is there is kept beside it"),
    "export": ("natterjack.server.copies.export", "write everything as lines of JSON"),
    "import": ("natterjack.server.copies.import_", "make a new server's data of an export"),
    "check-config": ("natterjack.server.check_config", "say what is wrong with the configuration"),
    "config": ("natterjack.server.show_config", "show each setting, and where its value comes from"),
    "service": ("natterjack.server.service", "run the server as a service of systemd"),
    "demo": ("natterjack.demo", "a server and two clients that talk; ends by itself"),
}


#: A full disk, or quota, is nobody's mistake.
_NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))  # which Windows does not have


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        complain(f"{message} ({self.prog} --help shows what there is)")
        raise SystemExit(USAGE)


def process() -> int:
    """``main``, and the end of the process: what was printed is out, or that it is not is the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as standard error
    try:
        code = main()
    except SystemExit as ended:  # argparse: help was asked for, or the usage is wrong
        code = ended.code if isinstance(ended.code, int) else USAGE
    try:
        sys.stdout.flush()
    except OSError as error:
        # what Python flushes at its end must not fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code or _unwritten(error)
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``argv`` (the process's own arguments where None) and answer with the exit code."""
    _fill_closed_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    command = next((word for word in words if not word.startswith("-")), "")
    parser = asked = _Parser(prog="natterjack", description="A self-hosted chat that speaks IRC.")
    parser.add_argument("--version", action="version", version=f"natterjack {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    # Where one of them is asked for, nothing need be known of the others.
    for name in [command] if command in COMMANDS else COMMANDS:
        module, about = COMMANDS[name]
        sub = commands.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
        if name == command:
            gc.disable()  # what is loaded stays, and need not be looked at, now or later
            importlib.import_module(module).add_arguments(sub)
            gc.freeze()
            gc.enable()
            asked = sub
    if command and command not in COMMANDS:
        parser.error(_unknown(command))
    args, left = parser.parse_known_args(words)
    if left:
        asked.error(f"unrecognized arguments: {' '.join(left)}")
    if not args.command:
        parser.print_help()
        return USAGE
    return _run(COMMANDS[args.command][0], args)


def _unknown(command: str) -> str:
    from natterjack.proto.nearest import nearest  # seldom needed

    near = nearest(command, COMMANDS)
    return f"there is no command {command!r}" + (f": did you mean {near}?" if near else "")


def _fill_closed_streams() -> None:
    """What would come in the place of a standard stream that is closed, as by ``<&-``, would be read or written to."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - as long as we run


def _run(module: str, args: argparse.Namespace) -> int:
    try:
        code: int = importlib.import_module(module).run(args)
    except CommandError as error:
        complain(str(error))
        return error.code
    except KeyboardInterrupt:
        complain("interrupted")
        return FAILED
    except BrokenPipeError as error:
        return _unwritten(error)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return _unwritten(error)
        logging.getLogger("natterjack").debug("internal error", exc_info=True)
        complain(f"internal error, which is our fault: {type(error).__name__}: {error}")
        return INTERNAL
    return code


def _unwritten(error: OSError) -> int:
    """Something could not be written, our output mostly. Answers with the exit code."""
    if not isinstance(error, BrokenPipeError):  # there nobody is left to tell
        complain(f"cannot write: {(error.strerror or 'it failed').lower()}")
    return FAILED
