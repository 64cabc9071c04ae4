"""The options of the command line that all clients have, and what they say."""

from __future__ import annotations

import argparse
import getpass
import os
from pathlib import Path

from natterjack.client.address import Address, parse_address
from natterjack.client.channels import is_channel
from natterjack.client.chatting.options import Options
from natterjack.client.chatting.password import VARIABLE, credentials
from natterjack.client.errors import BadAddress
from natterjack.client.session import default_nick
from natterjack.exits import USAGE, CommandError
from natterjack.proto.joinlink import BadLink, parse_pin


def add_common(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` the options about where to go, and as whom."""
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
    parser.add_argument(
        "--downloads",
        type=Path,
        metavar="DIR",
        help="where fetched files go (default: your Downloads folder)",
    )
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where typed lines, known servers and accounts are kept"
    )


def options_of(args: argparse.Namespace, *, interactive: bool, ask: bool) -> Options:
    """What ``args`` say. ``ask``: a password that is missing may be asked for. Raises ``CommandError``."""
    try:
        address: Address | None = parse_address(args.address) if args.address is not None else None
    except BadAddress as error:
        raise CommandError(USAGE, error.text) from error
    nick = args.nick if args.nick is not None else args.account or own_nick()
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
        login=credentials(args.account, args.password_file, os.environ, ask=ask),
        address=address,
    )


def own_nick() -> str:
    """The name that this computer's user has where he gives none."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, and nothing in the environment
        user = ""
    return default_nick(user)


def _pin(text: str | None) -> str:
    try:
        return parse_pin(text) if text else ""
    except BadLink as error:
        raise CommandError(USAGE, str(error)) from error


def _channel(name: str) -> str:
    if not name or any(letter in " ,\x07" or not letter.isprintable() for letter in name):
        raise CommandError(USAGE, f"{name!r} is no channel: give --channel a name such as #lobby.")
    return name if is_channel(name) else f"#{name}"
