"""Coming in, and being put out: what a connection begins and ends with."""

from __future__ import annotations

from natterjack.client.events.base import Event


class Welcomed(Event, frozen=True):
    """The server took us in as ``nick``. More may follow before :class:`Ready`, our own JOINs for one."""

    nick: str
    server: str


class Ready(Event, frozen=True):
    """Everything that the server sends to begin with is here: requests may be made from now on.

    ``ranks`` are the signs that the server puts before nicks and, in targets, before channels, highest first.
    """

    nick: str
    server: str
    network: str
    ranks: str = ""


class NickTaken(Event, frozen=True):
    """The name ``nick`` could not be had on arrival; ``trying`` is asked for instead."""

    nick: str
    trying: str
    text: str


class LoginFailed(Event, frozen=True):
    """Logging in to ``account`` on arrival failed: we come in as a guest."""

    account: str
    code: str
    text: str


class LoginTurned(Event, frozen=True):
    """The first of two logins was refused on arrival: the other one is tried now."""


class NotWelcome(Event, frozen=True):
    """The server does not take us in. The connection is of no use any more. ``about_name``: under another it might."""

    code: str
    text: str
    about_name: bool = False


class Closing(Event, frozen=True):
    """The server is about to close the connection, and says why."""

    text: str


class Silent(Event, frozen=True):
    """Nothing came for ``seconds``, not even the answer to a PING: the connection is dead."""

    seconds: float
