"""``natterjack chat``: its options, and which way of running fits the terminal, pipe or program it runs in."""

from __future__ import annotations

import argparse
import io
import os
import sys
from typing import TextIO

from natterjack.client.chatting.arguments import add_common, options_of
from natterjack.client.chatting.faces import View
from natterjack.client.chatting.options import Options
from natterjack.client.chatting.text_view import TextView
from natterjack.exits import FAILED, CommandError
from natterjack.terminal.app import run_plain
from natterjack.terminal.json_view import JsonView
from natterjack.terminal.screen.watch import watched
from natterjack.terminal.streams import Current

_KILLED = "natterjack: ended by {}. The terminal is as it was; what you sent is kept, and goes out with the next start."
_WELCOME = "Type CONNECT to join the server on this machine, CONNECT host port for another, HELP for more."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` the options of ``chat``."""
    add_common(parser)
    parser.add_argument("--json", action="store_true", help="write one JSON object a line, for programs")
    parser.add_argument("--plain", action="store_true", help="no prompt and no redrawing, for screen readers")
    parser.add_argument(
        "--theme",
        choices=("default", "dark", "light", "mono"),
        default="default",
        help="colours of the screen; default leaves the background as it is (NO_COLOR in the environment: mono)",
    )
    parser.add_argument("--seconds", action="store_true", help="show times with seconds")
    parser.add_argument("--no-typing", action="store_true", help="do not show the others that you type")


def run(args: argparse.Namespace) -> int:
    """Chat as the command line says. Answers with the exit code; raises ``CommandError`` for wrong usage."""
    on_terminal = _is_terminal(sys.stdin) and _is_terminal(sys.stdout) and not args.json
    options = options_of(args, interactive=on_terminal, ask=on_terminal)
    _speak_utf8()
    try:
        return _run(args, options)
    except (BrokenPipeError, CommandError) as error:
        # our output goes nowhere; what Python flushes at its end must not fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if isinstance(error, CommandError):
            raise
        return FAILED


def _run(args: argparse.Namespace, options: Options) -> int:
    if args.json:
        return run_plain(JsonView(Current("stdout"), Current("stderr")), options)
    view: View = TextView(Current("stdout"), Current("stderr"), hints=options.interactive)
    if not options.interactive:
        return run_plain(view, options)
    term = os.environ.get("TERM", "" if sys.platform == "win32" else "dumb")  # which Windows does not set
    if args.plain or term in ("dumb", "unknown"):
        if options.address is None:
            view.info(_WELCOME)
        return run_plain(view, options)
    return watched(lambda parent: _run_screen(args, options, parent), _KILLED)


def _run_screen(args: argparse.Namespace, options: Options, parent: int) -> int:
    # here, so that pipes, programs and the watching parent do not pay for loading it
    from natterjack.terminal.screen.run import run_screen  # noqa: PLC0415

    return run_screen(
        options,
        _WELCOME,
        theme=args.theme,
        seconds=args.seconds,
        shows_typing=not args.no_typing,
        parent=parent,
    )


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _speak_utf8() -> None:
    """Other encodings cannot write what people say; on a terminal, what it cannot show becomes a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="replace", newline="\n")
