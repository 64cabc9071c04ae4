"""``natterjack chat``: its options, and which way of running fits the terminal, pipe or program it runs in."""

from __future__ import annotations

import argparse
import getpass
import io
import os
import sys
from pathlib import Path
from typing import TextIO

from natterjack.client.address import Address, parse_address
from natterjack.client.chatting.chat import Options, View
from natterjack.client.chatting.text_view import TextView
from natterjack.client.errors import BadAddress
from natterjack.client.session import default_nick
from natterjack.exits import FAILED, USAGE, CommandError
from natterjack.proto.joinlink import BadLink, parse_pin
from natterjack.terminal.app import run_plain
from natterjack.terminal.json_view import JsonView
from natterjack.terminal.password import VARIABLE, credentials
from natterjack.terminal.screen.watch import watched
from natterjack.terminal.streams import Current

_KILLED = "natterjack: ended by {}. The terminal is as it was; what you sent is kept, and goes out with the next start."
_WELCOME = "Type CONNECT to join the server on this machine, CONNECT host port for another, HELP for more."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` the options of ``chat``."""
    parser.add_argument(
        "address", nargs="?", metavar="ADDRESS", help="host, host:port or a join link; connects at once"
    )
    parser.add_argument("--nick", help="the name to be known by (default: guest- and your user name)")
    parser.add_argument("--account", metavar="NAME", help="the account to log in to")
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help=f"its first line is the account's password (default: {VARIABLE} in the environment, else asked for)",
    )
    parser.add_argument(
        "--invite", metavar="CODE", help="the invite that lets you in, and makes you a member with an account"
    )
    parser.add_argument(
        "--channel", action="append", default=[], metavar="#CHANNEL", help="join it on arrival"
    )
    parser.add_argument("--pin", metavar="SHA256:...", help="the only key that the server may have")
    parser.add_argument("--plaintext", action="store_true", help="connect without TLS, for all to read")
    parser.add_argument("--json", action="store_true", help="write one JSON object a line, for programs")
    parser.add_argument("--plain", action="store_true", help="no prompt and no redrawing, for screen readers")
    parser.add_argument(
        "--downloads", type=Path, metavar="DIR", help="where GET puts files (default: your Downloads folder)"
    )
    parser.add_argument(
        "--theme",
        choices=("default", "dark", "light", "mono"),
        default="default",
        help="colours of the screen; default leaves the background as it is (NO_COLOR in the environment: mono)",
    )
    parser.add_argument("--seconds", action="store_true", help="show times with seconds")
    parser.add_argument("--no-typing", action="store_true", help="do not show the others that you type")
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where typed lines, known servers and accounts are kept"
    )


def run(args: argparse.Namespace) -> int:
    """Chat as the command line says. Answers with the exit code; raises ``CommandError`` for wrong usage."""
    on_terminal = _is_terminal(sys.stdin) and _is_terminal(sys.stdout) and not args.json
    options = _options(args, interactive=on_terminal)
    _speak_utf8()
    try:
        return _run(args, options)
    except BrokenPipeError:
        # whoever read our output is gone; what Python flushes at its end must not fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
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


def _options(args: argparse.Namespace, *, interactive: bool) -> Options:
    try:
        address: Address | None = parse_address(args.address) if args.address is not None else None
    except BadAddress as error:
        raise CommandError(USAGE, error.text) from error
    nick = args.nick if args.nick is not None else args.account or default_nick(_user())
    if not nick or any(letter.isspace() or not letter.isprintable() for letter in nick):
        raise CommandError(USAGE, f"{nick!r} is no name: give --nick one word.")
    if not (args.invite or "").isprintable():  # it goes into a line as it is
        raise CommandError(USAGE, "The code behind --invite is damaged: have it sent once more.")
    return Options(
        nick=nick,
        interactive=interactive,
        named=args.nick is not None,
        invite=args.invite or "",
        pin=_pin(args.pin),
        plaintext=args.plaintext,
        data_dir=args.data_dir,
        downloads=args.downloads,
        channels=tuple(_channel(name) for name in args.channel),
        login=credentials(args.account, args.password_file, os.environ, ask=interactive),
        address=address,
    )


def _pin(text: str | None) -> str:
    try:
        return parse_pin(text) if text else ""
    except BadLink as error:
        raise CommandError(USAGE, str(error)) from error


def _channel(name: str) -> str:
    if not name or any(letter in " ,\x07" or not letter.isprintable() for letter in name):
        raise CommandError(USAGE, f"{name!r} is no channel: give --channel a name such as #lobby.")
    return name if name[0] in "#&" else f"#{name}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, and nothing in the environment
        return ""


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
