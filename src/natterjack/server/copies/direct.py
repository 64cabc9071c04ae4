"""A command that works on a data directory that no server uses, or has the server that does do it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from natterjack.exits import FAILED, IN_USE, UNREACHABLE, CommandError
from natterjack.server import config as configuration
from natterjack.server.console_client import ask_once
from natterjack.server.datadir import DataDir
from natterjack.store import placing
from natterjack.store.database import NAME, StoreError, explained


def add_arguments(parser: argparse.ArgumentParser, what: str) -> None:
    """One file, and where the data is."""
    parser.add_argument("file", metavar="FILE", type=_file, help=what)
    configuration.add_options(parser, only=("--data-dir",))


def _file(name: str) -> Path:
    """Not what others' programs call standard input and output: it gets its name when it is complete."""
    if name == "-":
        raise argparse.ArgumentTypeError("- is not taken here: name a file (./- for one that is called so)")
    return Path(name)


def data_directory(args: argparse.Namespace) -> Path:
    """Where the data is, as the options say. Raises :class:`CommandError`."""
    return configuration.load(args.config, os.environ, configuration.given(args)).data_dir


def wherever(args: argparse.Namespace, verb: str, work: Callable[[Path, Path], str], *others: Path) -> str:
    """Have ``work`` done with the data directory and the file: here, or by the running server as ``verb``.

    ``others``: what else the verb takes.

    The answer says what was done. Raises :class:`CommandError`.
    """
    data = data_directory(args)
    to = args.file.absolute()
    if os.path.isdir(data) and not os.access(data, os.R_OK | os.X_OK):
        raise CommandError(FAILED, f"can't look into {data}: run it as the server's user, or as root")
    if not any((data / name).exists() for name in (NAME, f"{NAME}-wal")) and not list(
        data.glob("restoring-*")
    ):
        raise CommandError(
            FAILED, f"there is no database in {data}: name the server's directory with --data-dir"
        )
    try:
        held = DataDir(data)
    except CommandError as error:
        if error.code != IN_USE:
            raise
        return _by_server(data, verb, (to, *others), error)
    try:
        with explained(data / NAME):
            placing.finish(data)
        return work(data, to)
    except StoreError as error:
        raise CommandError(FAILED, str(error)) from error
    finally:
        held.hand_back()
        held.close()


def alone(args: argparse.Namespace, work: Callable[[Path, Path], str], mistaken: tuple[bytes, str]) -> str:
    """Have ``work`` done with the data directory, which no server may use meanwhile, and the file.

    ``mistaken``: how a file begins that was meant for another command, and what to say then.

    Raises :class:`CommandError`.
    """
    data = data_directory(args)
    begin, what = mistaken
    try:
        with args.file.open("rb") as file:
            if file.read(len(begin)) == begin:
                raise CommandError(FAILED, f"{args.file} is {what}")
    except OSError as error:
        raise CommandError(FAILED, f"can't read {args.file}: {error.strerror}: name another file") from error
    held = DataDir(data)
    try:
        done = work(data, args.file.absolute())
        held.told()
        held.hand_back()
    except StoreError as error:
        if held.new:
            held.remove()
        raise CommandError(FAILED, str(error)) from error
    finally:
        held.close()
    return done


def _by_server(data: Path, verb: str, paths: tuple[Path, ...], in_use: CommandError) -> str:
    try:
        reply = ask_once(data, verb, tuple(map(str, paths)))
    except CommandError as error:
        if error.code != UNREACHABLE:
            raise
        raise CommandError(
            IN_USE, f"{in_use}; and its console does not answer, so it can't do it itself"
        ) from error
    if not reply.ok:
        raise CommandError(FAILED, reply.text)
    return reply.text
