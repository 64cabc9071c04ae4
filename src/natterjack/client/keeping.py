"""The driver's face of whoever keeps things for it, and the one who keeps nothing.

See :mod:`natterjack.client.keeper` for the other one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from natterjack.client import events as e
from natterjack.client.address import Address
from natterjack.client.requests import MarkRead, Request
from natterjack.client.session.config import SessionConfig

if TYPE_CHECKING:
    from natterjack.client.session import Session


class Step(Struct, frozen=True):
    """Ask the session for ``requests``, in order, and tell ``events``."""

    requests: list[Request]
    events: list[e.Event]


class Direct:
    """Keeps nothing: for programs that see to that themselves."""

    def attach(self, order: Callable[[Callable[[], Step]], None]) -> None:
        """Called once, before all else: ``order``, from any thread, has a step made and carried out by the driver."""

    def begin(self, address: Address, config: SessionConfig) -> tuple[SessionConfig, list[e.Event], bool]:
        """We are about to connect: as whom, what is to be told before, and whether the server is known."""
        return config, [], False

    def submit(self, request: Request, session: Session | None, now: float) -> Step:
        return Step([request], [])

    def read(self, target: str, upto: float, session: Session | None, now: float) -> Step:
        """The person has read what was said in ``target`` up to that time."""
        requests: list[Request] = [MarkRead(0, target, upto)]
        return Step(requests if session is not None and session.marks else [], [])

    def heard(self, events: list[e.Event], session: Session, now: float) -> Step:
        return Step([], events)

    def lost(self, events: list[e.Event]) -> list[e.Event]:
        """The connection is over, with ``events`` as the session's last."""
        return events

    def deadline(self) -> float | None:
        """When :meth:`tick` has something to tell."""
        return None

    def tick(self, now: float) -> Step:
        return Step([], [])

    def shown(self, number: int) -> list[e.Event]:
        """All up to the mark of that number has been shown."""
        return []

    def close(self) -> None:
        """It is over."""
