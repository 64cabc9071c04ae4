"""What the command line said, as every front end hands it to the chat."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from natterjack.client.address import Address
from natterjack.client.secret import Credentials


class Options(Struct, frozen=True):
    """``interactive``: a person types, at a terminal. ``address``: connect at once.

    ``hides``: what is typed as a password can be kept off the screen, so that one that is missing is asked for.

    ``named``: the nick was asked for, and is not just the usual one.

    ``plaintext``: without TLS, wherever no pin is given. ``data_dir``: where known servers are kept; None: as usual.
    ``downloads``: where fetched files go; None: as usual.
    """

    nick: str
    interactive: bool
    hides: bool = False
    named: bool = False
    invite: str = ""
    pin: str = ""
    plaintext: bool = False
    data_dir: Path | None = None
    downloads: Path | None = None
    channels: tuple[str, ...] = ()
    login: Credentials | None = None
    address: Address | None = None
