"""What a transfer's machine asks of its worker, one type per step, and the patience that is had with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec import Struct

from natterjack.client.session.backoff import backoff
from natterjack.client.transfers.words import Trouble

#: Attempts one after another, without a byte more than before, after which a transfer rests until somebody resumes it:
#: with the pauses between them about four minutes.
MOST_ATTEMPTS: Final = 10


class Renew(Struct, frozen=True):
    """Get another token: the server does not take this one (any more)."""


class Rest(Struct, frozen=True):
    """Wait for ``seconds``; ``why`` is the end of a sentence."""

    seconds: float
    why: str


class Create(Struct, frozen=True):
    """Ask the server for a place for an upload."""


class Ask(Struct, frozen=True):
    """How much of the upload at ``location`` is there?"""

    location: str


class Push(Struct, frozen=True):
    """Send the source from ``offset`` on."""

    location: str
    offset: int


class Confirm(Struct, frozen=True):
    """What does the server have under that id? Asked as one asks for a download."""

    file_id: str


class Remove(Struct, frozen=True):
    """Take the upload at ``location`` back; however that ends, go on."""

    location: str


class Look(Struct, frozen=True):
    """What is there to fetch?"""


class Place(Struct, frozen=True):
    """Find a place for the download here: what it is, is known now."""


class Fetch(Struct, frozen=True):
    """Fetch from ``offset`` on, if the content is still the one of ``sha256``."""

    offset: int
    sha256: str


class Check(Struct, frozen=True):
    """All is here: which hash has it?"""


class End(Struct, frozen=True):
    """It is over; ``trouble`` None: well."""

    trouble: Trouble | None = None


Step: TypeAlias = Renew | Rest | Create | Ask | Push | Confirm | Remove | Look | Place | Fetch | Check | End


class Patience:
    """Counts attempts that brought nothing. ``chance`` gives a number between 0 and 1."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._attempts = 0

    def reset(self) -> None:
        """There was progress."""
        self._attempts = 0

    def rest(self, why: str, seconds: float | None = None) -> Rest | Trouble:
        """How long to wait after one more attempt; or that it is enough. ``seconds``: what the server said."""
        self._attempts += 1
        if self._attempts >= MOST_ATTEMPTS:
            text = f"It does not get on: {why}. What there is of it is kept."
            return Trouble("no_progress", text, again=True)
        usual = backoff(self._attempts - 1, self._chance())
        return Rest(max(usual, seconds or 0.0), why)
