"""How files go: told to, with what they belong to, or when their time is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from natterjack.core.context import Context
from natterjack.core.delivery import Gated
from natterjack.core.files.rows import File
from natterjack.core.state import User
from natterjack.ports.files import Unkept
from natterjack.ports.records import FileGoneRecord
from natterjack.proto.casemap import fold

#: Seconds between two looks through all files, and files that are looked at in a second meanwhile: about a millisecond.
EVERY = 60.0
_PORTION = 1000


def remove(ctx: Context, file: File, owners: Collection[Gated] = ()) -> None:
    """Nobody can fetch it any more. What its ``owners`` say from now on waits until that is stored."""
    remove_all(ctx, (file,), owners)


def tell_unkept(ctx: Context) -> None:
    """Have those contents deleted that no file has any more."""
    for content in ctx.files.unkept(ctx.delivery.stored):
        ctx.delivery.tell(Unkept(content))


def remove_all(ctx: Context, files: Iterable[File], owners: Collection[Gated] = ()) -> int:
    """The same for all of ``files``; how many that were."""
    count = 0
    for file in files:
        batch = 0
        if not file.between:
            ctx.delivery.store(FileGoneRecord(file.id), owners)
            batch = ctx.delivery.batch
        ctx.files.remove(file.id, batch)
        count += 1
    tell_unkept(ctx)
    return count


def redacted(ctx: Context, conversation: int, line: int, owners: Collection[Gated]) -> None:
    """The message ``line`` is taken back by this turn's batch: so is the file that it announces, or neither is."""
    file = ctx.files.of_line(line)
    if file is None or (not file.between and file.record.conversation != conversation):
        return
    if ctx.delivery.keeps_lines:
        # What passes a guest is not stored itself, and goes with the message all the same.
        gone = () if file.between else (FileGoneRecord(file.id),)
        ctx.files.withdraw(file.id, ctx.delivery.attempt(gone, owners))
    else:  # the message is gone already, whatever comes of the batch
        remove(ctx, file, owners)


def forgotten(ctx: Context, conversation: int) -> None:
    """There is no such conversation any more."""
    remove_all(ctx, ctx.files.in_place(conversation))


def of_account(ctx: Context, account: str, owners: Collection[Gated] = ()) -> int:
    """All that ``account`` has uploaded; how many that were."""
    return remove_all(ctx, ctx.files.of_owner(fold(account)), owners)


def departed(ctx: Context, user: User) -> None:
    """``user`` has left the server: what he has sent in private as a guest, or to one, goes."""
    remove_all(ctx, ctx.files.passing(user.uid))
    if user.account and not ctx.world.users_of(user.account):
        remove_all(ctx, ctx.files.passing(fold(user.account)))


class Sweeper:
    """Looks for files whose time is over, or whose channel is not there any more, some at a time."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._next = ctx.now.mono
        self._ids: Iterator[str] = iter(())

    def tick(self) -> None:
        """Time has passed. The first look is at the start."""
        ctx = self._ctx
        if ctx.now.mono >= self._next:
            self._next = ctx.now.mono + EVERY
            self._ids = iter(ctx.files.ids())
        channels: dict[int, float] | None = None
        for _, number in zip(range(_PORTION), self._ids, strict=False):
            channels = _channels(ctx) if channels is None else channels
            file = ctx.files.get(number)
            if file is not None and _is_over(ctx, file, channels):
                remove(ctx, file)


def _channels(ctx: Context) -> dict[int, float]:
    """How long messages are kept in each channel (0: for ever), by its conversation."""
    usual = ctx.policy.files.keep_messages_for
    return {
        channel.conversation: channel.keep.seconds or (0.0 if channel.keep.rows else usual)
        for channel in ctx.world.channels.values()
    }


def _is_over(ctx: Context, file: File, channels: dict[int, float]) -> bool:
    """Whether it is older than files may be, or than messages where it was sent."""
    conversation = file.record.conversation
    if conversation > 0 and conversation not in channels:
        return True
    usual = ctx.policy.files.keep_messages_for if conversation else 0.0
    limits = (ctx.policy.files.keep, channels.get(conversation, usual))
    age = today(ctx) - file.record.created
    return any(limit and age >= limit for limit in limits)


def today(ctx: Context) -> float:
    """Seconds since 1970. Where the clock was set forward since the start, it is not believed: nothing comes back."""
    return min(ctx.now.wall, ctx.started.wall + ctx.now.mono - ctx.started.mono)
