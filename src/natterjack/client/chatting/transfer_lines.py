"""What is said of transfers line by line: their beginning and end, why they wait, and for screen readers how far."""

from __future__ import annotations

from natterjack.client.chatting.bars import share
from natterjack.client.transfers.values import Direction, State, Transfer
from natterjack.client.view.spans import duration
from natterjack.proto.sizes import in_words

#: Steps of which each is told, where steps are told at all.
_STEPS = 4
#: What takes less time than this many seconds is told at its end alone.
_LONG = 10.0


class TransferLines:
    """``steps``: tell each quarter of what takes long. ``hints``: a person sits there; else only ends are told."""

    def __init__(self, *, steps: bool, hints: bool) -> None:
        self._steps = steps
        self._hints = hints
        self._last: dict[int, tuple[State, str]] = {}
        self._begun: set[int] = set()
        self._quarters: dict[int, int] = {}
        self._why: dict[int, str] = {}

    def told(self, transfer: Transfer) -> list[str]:
        """What to say of ``transfer`` as it stands now."""
        number, state = transfer.number, transfer.state
        before = self._last.get(number)
        self._last[number] = (state, transfer.text)
        if transfer.over:
            self._last.pop(number, None)
            self._quarters.pop(number, None)
            self._why.pop(number, None)
            self._begun.discard(number)
        if before == (state, transfer.text):
            return self._progress(transfer) if state is State.RUNNING else []
        match state:
            case State.DONE:
                return [_done(transfer)]
            case State.FAILED:
                return [transfer.text]
            case State.PAUSED | State.CANCELLED if before or state is State.CANCELLED:
                return [f"{transfer.name} is {state.value}."]
            case State.PAUSED:
                return (
                    [f"{transfer.name} is paused since last time. To go on: /resume {number}"]
                    if self._hints
                    else []
                )
        if not self._hints:
            return []
        if state is State.RUNNING and number not in self._begun:
            self._begun.add(number)
            self._quarters[number] = _quarter(transfer)
            return [_begins(transfer)]
        if not transfer.text or transfer.text == self._why.get(number):
            return []  # on a bad link, that is told once
        self._why[number] = transfer.text
        return [f"{transfer.name} waits: {transfer.text}."]

    def _progress(self, transfer: Transfer) -> list[str]:
        quarter = _quarter(transfer)
        if not self._steps or quarter <= self._quarters.get(transfer.number, 0):
            return []
        self._quarters[transfer.number] = quarter
        if transfer.left is None or transfer.speed <= 0 or transfer.size / transfer.speed < _LONG:
            return []
        percent = 100 * quarter // _STEPS
        return [
            f"{transfer.name}: {percent} %, {in_words(transfer.speed)}/s, {duration(transfer.left)} left."
        ]


def _quarter(transfer: Transfer) -> int:
    return int((share(transfer) or 0.0) * _STEPS)


def _begins(transfer: Transfer) -> str:
    size = in_words(transfer.size)
    again = f", from {in_words(transfer.done)} on" if transfer.done else ""
    if transfer.direction is Direction.UP:
        return f"Sending {transfer.name} ({size}) to {transfer.target}{again}."
    return f"Fetching {transfer.name} ({size}){again}."


def _done(transfer: Transfer) -> str:
    if transfer.direction is Direction.UP:
        return f"Sent {transfer.name} to {transfer.target}."
    return f"Saved {transfer.name} as {transfer.path}."
