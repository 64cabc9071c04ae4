"""What the shell tells the core.

A session id (``sid``) is a positive number that the shell gives to a connection and never uses again. Times come as
:class:`Now`, read once a turn, so that all that happens in a turn happens at one time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from natterjack.ports.files import FileAbandoned, FileAsked
from natterjack.ports.questions import Answer
from natterjack.wire.message import Message, WireError

if TYPE_CHECKING:
    from natterjack.core.policy import Policy


class Now(Struct, frozen=True, gc=False):
    """``mono`` is for waiting (seconds, never jumps), ``wall`` for people (seconds since 1970)."""

    mono: float
    wall: float


class Opened(Struct, frozen=True, gc=False):
    """A connection is there. ``ip`` and ``port`` are the peer's; ``via`` is how it came: ``irc``, ``tls``, ``ws`` …

    ``proxied``: a proxy tells the address, so that even one on loopback is not this machine. ``certfp``: the SHA-256 of
    the certificate that the peer has proved to be its own, in hexadecimal digits; ``""``: none.
    """

    sid: int
    ip: str
    port: int
    via: str = "irc"
    proxied: bool = False
    certfp: str = ""


class Received(Struct, frozen=True, gc=False):
    """Lines from a session in their order; a :class:`WireError` stands for a line that was none."""

    sid: int
    items: list[Message | WireError]


class Backlogged(Struct, frozen=True, gc=False):
    """``full``: so much waits to be sent to the connection that what its peer says had better not lead to more.

    Else there is room again.
    """

    sid: int
    full: bool


class Closed(Struct, frozen=True, gc=False):
    """The connection is gone; ``reason`` is told to others where the session did not say QUIT itself."""

    sid: int
    reason: str


class Tick(Struct, frozen=True, gc=False):
    """Time has passed; sent about once a second."""


class Committed(Struct, frozen=True, gc=False):
    """All that the batches up to ``batch`` held is stored."""

    batch: int


class Refused(Struct, frozen=True, gc=False):
    """Nothing of ``batch`` is stored, nor of any batch that was handed over after it, before this was heard.

    That is certain. All before it are stored.
    """

    batch: int


class Answered(Struct, frozen=True, gc=False):
    """The answer to the :class:`~natterjack.ports.effects.Ask` with that number; of which kind, its question says."""

    ask: int
    answer: Answer


class ConsoleRequest(Struct, frozen=True):
    """An operator's verb. ``request`` is a number of the shell's, repeated in the answer."""

    request: int
    verb: str
    args: tuple[str, ...] = ()


class Draining(Struct, frozen=True, gc=False):
    """From now on turn away whoever comes, with ``reason``; with ``""``, let them in again."""

    reason: str


class Stopping(Struct, frozen=True, gc=False):
    """The server is going down: tell every session ``reason`` and close it."""

    reason: str


class Reconfigured(Struct, frozen=True):
    """The configuration was read again; ``policy`` differs only in what may change while running."""

    policy: Policy


Event: TypeAlias = (
    Opened
    | Received
    | Backlogged
    | Closed
    | Tick
    | Committed
    | Refused
    | Answered
    | ConsoleRequest
    | Draining
    | Stopping
    | Reconfigured
    | FileAsked
    | FileAbandoned
)
