"""``natterjack console``: talks to the running server through its unix socket."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
from pathlib import Path
from typing import IO, Any

from natterjack.exits import FAILED, OK, UNREACHABLE, CommandError, complain
from natterjack.ports.effects import ConsoleReply
from natterjack.server import config as configuration
from natterjack.server.console import show, shown, split
from natterjack.server.datadir import CONSOLE
from natterjack.server.output import visible
from natterjack.server.prompt import prepare
from natterjack.wire.jsonlines import escaped

#: Seconds to wait for an answer; the loop answers within milliseconds unless it is stuck.
_PATIENCE = 10.0
#: Verbs whose answer takes as long as it takes, and that name a file.
_LONG = frozenset({"backup", "export"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``natterjack console``."""
    parser.add_argument(
        "verb",
        nargs="?",
        metavar="VERB",
        help="a verb (help lists them); without one, verbs are read line by line",
    )
    parser.add_argument("args", nargs=argparse.REMAINDER, metavar="ARG", help="what the verb is about")
    _add_options(parser)
    # All that is behind the verb is taken as the verb's, our own options too: they are looked for once more.
    behind = type(parser)(parser.prog, add_help=False, allow_abbrev=False)
    _add_options(behind)
    parser.set_defaults(behind=behind)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="answers as JSON, one object a line")
    configuration.add_options(parser, only=("--data-dir",))


def run(args: argparse.Namespace) -> int:
    """One verb, or verbs line by line; 1 if the last was not carried out."""
    args, words = args.behind.parse_known_args(args.args, args)
    config = configuration.load(args.config, os.environ, configuration.given(args))
    path = _socket_path(config.data_dir)
    with _connect(path) as sock, sock.makefile("r", encoding="utf-8") as answers:
        if args.verb:
            return OK if _ask(sock, answers, args.verb, tuple(words), args.json) else FAILED
        return _read_verbs(sock, answers, args.json)


def ask_once(data: Path, verb: str, args: tuple[str, ...]) -> ConsoleReply:
    """What the server that uses the directory ``data`` answers. Raises :class:`CommandError` (69) if there is none."""
    with _connect(_socket_path(data)) as sock, sock.makefile("r", encoding="utf-8") as answers:
        return _exchange(sock, answers, verb, args)[0]


def _socket_path(data: Path) -> str:
    return str(data / CONSOLE)


def _read_verbs(sock: socket.socket, answers: IO[str], as_json: bool) -> int:
    done = True
    typing = sys.stdin.isatty()
    remember = prepare(_verbs(sock, answers)) if typing else lambda _line: None
    while True:
        try:
            line = input("console> " if typing else "")
            remember(line)
            verb, args = split(line)
        except ValueError as error:
            print(f"natterjack: {error}: close the quote", file=sys.stderr)
            continue
        except (EOFError, KeyboardInterrupt):
            if typing:
                print()  # what comes next begins in a line of its own
            return OK if done else FAILED
        if verb in ("quit", "exit"):
            return OK if done else FAILED
        if verb:
            done = _ask(sock, answers, verb, args, as_json)


def _verbs(sock: socket.socket, answers: IO[str]) -> list[str]:
    """Those that this server has: with which its help has the lines begin that don't go on with one before."""
    told = _exchange(sock, answers, "help", ())[0].text.split("\n")
    return [line.split()[0] for line in told if line[:1].strip()]


def _connect(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(_PATIENCE)
    try:
        sock.connect(path)
    except OSError as error:
        sock.close()
        if isinstance(error, PermissionError):
            raise CommandError(
                UNREACHABLE, f"{path} is for another user: run it as the server's user, or as root"
            ) from error
        text = f"no server answers at {path} ({error.strerror or error}): start one, or name its --data-dir"
        raise CommandError(UNREACHABLE, text) from error
    return sock


def _ask(sock: socket.socket, answers: IO[str], verb: str, args: tuple[str, ...], as_json: bool) -> bool:
    if verb.lower() in _LONG:  # the server works in another directory
        args = tuple(os.path.abspath(arg) for arg in args)
    reply, line = _exchange(sock, answers, verb, args)
    if as_json:
        print(escaped(line), end="", flush=True)
    elif reply.ok:
        print(shown(verb, reply), flush=True)
    else:
        if reply.rows:
            print(show(ConsoleReply(0, False, "", reply.rows)), flush=True)
        complain(visible(reply.text))
    return reply.ok


def _exchange(
    sock: socket.socket, answers: IO[str], verb: str, args: tuple[str, ...]
) -> tuple[ConsoleReply, str]:
    """The answer, and as it came."""
    request = {"verb": verb, "args": args}
    sock.settimeout(None if verb.lower() in _LONG else _PATIENCE)
    try:
        sock.sendall(json.dumps(request).encode() + b"\n")
        line = answers.readline()
    except OSError as error:
        raise CommandError(UNREACHABLE, f"the server did not answer: {error}") from error
    if not line:
        raise CommandError(UNREACHABLE, "the server has gone away")
    answer: dict[str, Any] = json.loads(line)
    return ConsoleReply(0, bool(answer["ok"]), answer["text"], tuple(answer["rows"])), line
