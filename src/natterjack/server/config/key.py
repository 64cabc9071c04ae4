"""What a setting is, besides its name, its type and its default."""

from __future__ import annotations

from msgspec import Struct

from natterjack.server.config.kinds import Kind


class Key(Struct, frozen=True):
    """``about`` is one sentence; ``live`` says whether a running server applies a change (SIGHUP, ``reload``).

    ``option`` is how ``serve`` calls it, ``sets`` the value that an option without a value of its own stands for,
    ``help`` what is said of it where ``about`` doesn't fit, and ``metavar`` what stands for its value. A list's
    option is given repeatedly if ``repeats``. A ``secret`` is never shown.
    """

    kind: Kind
    about: str
    live: bool = False
    option: str = ""
    sets: bool | None = None
    help: str = ""
    metavar: str = ""
    repeats: bool = False
    secret: bool = False
