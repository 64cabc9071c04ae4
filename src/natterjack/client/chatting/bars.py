"""Transfers as lines of text: with a bar for a terminal, without one for lists and screen readers."""

from __future__ import annotations

from natterjack.client.chatting.sanitise import harmless
from natterjack.client.transfers.values import Direction, State, Transfer
from natterjack.client.view.spans import duration
from natterjack.proto.sizes import in_words

#: From which width on: columns of the bar itself, of a name at most, and whether it is told in brief.
_ROOM = ((98, 20, 30, False), (76, 10, 16, False), (52, 10, 12, True), (0, 0, 12, True))


def share(transfer: Transfer) -> float | None:
    """How much of it is done, between 0 and 1; None while nobody knows."""
    if transfer.size < 0:
        return None
    return min(transfer.done / transfer.size, 1.0) if transfer.size else 1.0


def bars(transfers: list[Transfer], width: int, rows: int) -> str:
    """One line for each, none longer than ``width``; of more than ``rows``, the last line says how many more."""
    shown = len(transfers) if len(transfers) <= rows else max(rows - 1, 0)
    lines = [bar(each, max(width - 1, 0)) for each in transfers[:shown]]
    if len(transfers) > shown:
        lines.append(f"and {len(transfers) - shown} more"[:width])
    return "\n".join(lines)


def bar(transfer: Transfer, width: int) -> str:
    """``up   cat.png  [####------]  45 % of 7.1 MiB  3.1 MiB/s  12 s left``, or less of it in a small ``width``."""
    columns, most, brief = next(row[1:] for row in _ROOM if width >= row[0])
    done = share(transfer)
    name = harmless(transfer.name)
    name = name if len(name) <= most else f"{name[: most - 3]}..."
    full = round((done or 0.0) * columns)
    drawn = f"[{'#' * full}{'-' * (columns - full)}]  " if columns else ""
    text = f"{transfer.direction.value:<4} {name}  {drawn}{_how(transfer, done, brief=brief)}"
    return text if len(text) <= width else f"{text[: max(width - 3, 0)]}..."[:width]


def line(transfer: Transfer) -> str:
    """The same for a list."""
    way = f"to {transfer.target}" if transfer.direction is Direction.UP else "from the server"
    return f"{transfer.number}  {transfer.name} {way}: {_how(transfer, share(transfer))}"


def _how(transfer: Transfer, done: float | None, *, brief: bool = False) -> str:
    state = transfer.state
    if state is State.DONE:
        return f"done, {in_words(transfer.size)}"
    parts = [f"{int(done * 100)} %" if done is not None else in_words(transfer.done)]
    if transfer.size >= 0 and not brief:
        parts[0] += f" of {in_words(transfer.size)}"
    if state is State.RUNNING:
        if transfer.speed:
            parts.append(f"{in_words(transfer.speed)}/s")
        if transfer.left is not None and not brief:
            parts.append(f"{duration(transfer.left)} left")
    elif state is State.CHECKING:
        parts.append("checking")
    elif state is State.WAITING:
        parts.append(f"waiting ({transfer.text})" if transfer.text else "waiting")
    elif state is State.FAILED:
        parts.append(f"stopped, {transfer.text}" if transfer.again else f"failed, {transfer.text}")
    else:
        parts.append(state.value)
    return "  ".join(parts)
