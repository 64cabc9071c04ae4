"""Where the password of ``--account`` comes from: a file, the environment, or a question on the terminal.

Never the command line itself: other users of the machine can read that.
"""

from __future__ import annotations

import getpass
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from natterjack.client.secret import Credentials, Secret
from natterjack.exits import USAGE, CommandError, complain

VARIABLE = "NATTERJACK_PASSWORD"
#: Bytes read of the file: no password is longer.
_MOST = 4096


def credentials(
    account: str | None, file: Path | None, environment: Mapping[str, str], *, ask: bool
) -> Credentials | None:
    """What to log in with; None without ``account``. ``ask``: somebody sits there who can be asked.

    Raises ``CommandError`` where there is no password to be had.
    """
    password = _read(file) if file is not None else ""
    if not account:
        if file is not None:
            raise CommandError(USAGE, "--password-file is for an account: give --account NAME too.")
        return None
    if any(letter.isspace() or not letter.isprintable() for letter in account):
        raise CommandError(USAGE, f"{account!r} is no account: give --account one word.")
    password = password or environment.get(VARIABLE, "") or (_ask(account) if ask else "")
    if not password:
        text = f"no password for {account}: give --password-file FILE, or set {VARIABLE}."
        raise CommandError(USAGE, text)
    return Credentials(account, Secret(password))


def _read(file: Path) -> str:
    """The first line of ``file``."""
    try:
        with file.open("rb") as stream:
            line = stream.readline(_MOST)
            mode = os.fstat(stream.fileno()).st_mode
        password = line.decode("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        text = f"cannot read {file} ({error.strerror}): give --password-file a file that you may read."
        raise CommandError(USAGE, text) from error
    except UnicodeDecodeError as error:
        raise CommandError(USAGE, f"{file} is not UTF-8: save it as plain text.") from error
    if not password:
        raise CommandError(USAGE, f"{file} holds no password: write it on the first line.")
    if os.name == "posix" and stat.S_ISREG(mode) and mode & 0o077:
        complain(f"warning: others can read the password in {file}. Mend it with: chmod 600 {file}")
    return password


def _ask(account: str) -> str:
    try:
        return getpass.getpass(f"Password for {account}: ")
    except EOFError:
        return ""
