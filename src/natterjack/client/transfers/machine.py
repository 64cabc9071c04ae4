"""What the machines of uploads and downloads have in common: a step that goes before, patience, and an end. Pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from http import HTTPStatus

from natterjack.client.transfers.steps import Patience, Renew, Rest, Step
from natterjack.client.transfers.words import Answer, Trouble, is_passing, retry_after, waiting


class Machine(ABC):
    """Take a step with :meth:`next`, and tell what came of it by the method that fits.

    ``what`` is the beginning of a sentence: "X was not sent".
    """

    def __init__(self, what: str, chance: Callable[[], float]) -> None:
        self._what = what
        self._patience = Patience(chance)
        self._pending: Step | None = None  # to be done before the phase's own step
        self._renewed = False
        self._trouble: Trouble | None = None

    def next(self) -> Step:
        """What to do now."""
        if self._pending is not None:
            pending, self._pending = self._pending, None
            return pending
        return self._step()

    def reconnected(self) -> None:
        """The chat was not connected meanwhile, and is again: what was tried without it does not count."""
        self._patience.reset()

    @abstractmethod
    def broke(self, why: str) -> None:
        """The connection is gone, before its answer or in the middle of it. ``why`` is the end of a sentence."""

    @abstractmethod
    def _step(self) -> Step:
        """The phase's own step."""

    @abstractmethod
    def _end(self, trouble: Trouble | None) -> None:
        """It is over; None: well."""

    def _put_off(self, answer: Answer) -> bool:
        """Whether the server says no only for now: for want of a token that holds, or because it is busy."""
        if answer.status == HTTPStatus.UNAUTHORIZED and not self._renewed:
            self._renewed = True
            self._pending = Renew()
        elif is_passing(answer.status):
            self._rest(waiting(answer), retry_after(answer))
        else:
            return False
        return True

    def _rest(self, why: str, seconds: float | None = None) -> None:
        self._renewed = False  # a token goes with the server that gave it, which may be another one by then
        rest = self._patience.rest(why, seconds)
        if isinstance(rest, Rest):
            self._pending = rest
        else:
            self._end(Trouble(rest.code, f"{self._what} yet. {rest.text}", again=True))
