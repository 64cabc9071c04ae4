"""A channel's modes change: those that are one of two, or a number, for MODE and the console alike; who is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.policy import LINE_LIMIT
from natterjack.ports.effects import Happened
from natterjack.proto import modes
from natterjack.proto.limits import MODES_PER_COMMAND
from natterjack.proto.modes import Change

#: letter -> the largest number that it takes, and what is said of any other.
NUMBERS: Final = {
    "l": (999_999_999, "A limit is a number from 1 on"),
    "w": (3600, "Slow mode takes the seconds between two messages of one: 1 to 3600"),
}


def read_number(change: Change) -> int | None:
    """What ``change`` makes of ``l`` or ``w``: a number, 0 for none; None where it is none that the letter takes."""
    if not change.adding:
        return 0
    text = change.param or ""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return number if 0 < number <= NUMBERS[change.letter][0] else None


def put_number(ctx: Context, channel: Channel, letter: str, number: int) -> list[Change]:
    """``l`` or ``w`` of ``channel`` is ``number`` from now on. Answers with what is to be told: nothing, if it was."""
    if number == (channel.limit if letter == "l" else channel.slow):
        return []
    ctx.act()
    if letter == "l":
        channel.limit = number
    else:
        channel.set_slow(number)
    return [Change(bool(number), letter, str(number) if number else None)]


def put_flag(ctx: Context, channel: Channel, change: Change) -> list[Change]:
    """A mode without a parameter is set, or no longer. Answers as :func:`put_number`."""
    if change.adding == channel.has(change.letter):
        return []
    ctx.act()
    ctx.world.set_flags(channel, channel.flags ^ {change.letter})
    return [change]


def tell(ctx: Context, channel: Channel, done: Sequence[Change]) -> None:
    """The context's user has made the changes ``done``."""
    user = ctx.user
    for words in _lines(channel, done, user.source):
        line = ctx.line(f":{user.source} {words}")
        owners = (channel, user, ctx.session)
        ctx.keep(line, (channel,), owners)
        ctx.relay(channel.groups, line, owners, user.uid in channel.members)
        _report(ctx, channel, words, user.nick)


def tell_own(ctx: Context, channel: Channel, done: Sequence[Change]) -> None:
    """The server itself has made the changes ``done``."""
    for words in _lines(channel, done, ctx.policy.name):
        line = ctx.server_line(words)
        ctx.keep(line, (channel,), (channel,))
        ctx.delivery.relay(channel.groups, line, (channel,))
        _report(ctx, channel, words, ctx.policy.name)


def _report(ctx: Context, channel: Channel, words: str, by: str) -> None:
    text = f"{by} set {words.split(' ', 2)[2]} on {channel.name}"
    ctx.delivery.tell(Happened("mode", text, by, channel.name))


def _lines(channel: Channel, done: Sequence[Change], source: str) -> Iterator[str]:
    """What follows the source in the lines that say ``done``."""
    head = f"MODE {channel.name} "
    for changes in _portions(done, LINE_LIMIT - 2 - len(f":{source} {head}".encode())):
        yield head + " ".join(modes.render_changes(changes))


def _portions(done: Sequence[Change], room: int) -> Iterator[list[Change]]:
    """``done`` in pieces of which each fits a line with ``room`` bytes left for it."""
    piece: list[Change] = []
    for change in done:
        longer = [*piece, change]
        size = len(" ".join(modes.render_changes(longer)).encode())
        if piece and (size > room or len(piece) == MODES_PER_COMMAND):
            yield piece
            longer = [change]
        piece = longer
    if piece:
        yield piece
