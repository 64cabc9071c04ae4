"""CHATHISTORY: what was said before.

A request is read into a :class:`_Wish` first; what stands in it is checked once, there. Then the history is asked, by
one question or, for AROUND, by two.

Source: https://ircv3.net/specs/extensions/chathistory
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final

from msgspec import Struct

from natterjack.core.context import Context
from natterjack.core.conversations import UNREADABLE, Readable, find, readable, still
from natterjack.core.registry import Changes, Steps, command
from natterjack.core.replay import fitting, note_unfinished, replayed, verb_of
from natterjack.core.replies import shown
from natterjack.core.rewritten import as_now
from natterjack.ports.questions import (
    Bound,
    Page,
    Question,
    ReadHistory,
    ReadTargets,
    StoredLine,
    Targets,
)
from natterjack.proto import caps
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold
from natterjack.proto.numerics import ERR_UNKNOWNCOMMAND
from natterjack.proto.timestamps import format_time, parse_time

_SLOW: Final = "Looking through all of it took too long: ask again, or for another time"
_CUT: Final = "That is not all: go on from where it ends"

_Reading = Generator[Question, Any, Page]


class _Wish(Struct, frozen=True):
    """What a request asks for; ``first`` and ``second`` are its selectors, None for ``*`` or where there is none."""

    subcommand: str
    target: str
    first: Bound | None
    second: Bound | None
    limit: int


@command(
    "CHATHISTORY",
    "LATEST|BEFORE|AFTER|AROUND <target> <timestamp=…|msgid=…|*> <limit>, BETWEEN …, TARGETS …",
    "Shows what was said before.",
    cost=3,
    changes=Changes.NOTHING,
)
def chathistory(ctx: Context) -> Steps | None:
    """Answers with a batch of type ``chathistory``, or ``draft/chathistory-targets``."""
    if not ctx.policy.history:
        ctx.reply(ERR_UNKNOWNCOMMAND, "CHATHISTORY")
        return None
    wish = _read_wish(ctx)
    if isinstance(wish, str):
        ctx.fail(fails.INVALID_PARAMS, "CHATHISTORY", *map(shown, ctx.params[:1]), why=wish)
        return None
    if wish.subcommand == "TARGETS":
        return _targets(ctx, wish)
    where = readable(ctx, wish.target)
    if where is None:
        ctx.fail(fails.INVALID_TARGET, "CHATHISTORY", wish.subcommand, shown(wish.target), why=UNREADABLE)
        return None
    return _answer(ctx, wish, where)


def _answer(ctx: Context, wish: _Wish, where: Readable) -> Steps:
    read = _READERS[wish.subcommand]
    page = yield from as_now(ctx, lambda: read(ctx, wish, where))
    again = still(ctx, where, wish.target)
    if again is None:  # he may have been put out meanwhile
        ctx.fail(fails.INVALID_TARGET, "CHATHISTORY", wish.subcommand, shown(wish.target), why=UNREADABLE)
    elif not page.known:
        ctx.fail(fails.LINE_GONE, "CHATHISTORY", wish.subcommand, where.name)
    elif not page.complete and not page.lines:  # an empty batch would say that there is nothing
        ctx.fail(fails.TEMPORARILY_UNAVAILABLE, "CHATHISTORY", wish.subcommand, where.name, why=_SLOW)
    else:
        if not page.complete:
            note_unfinished(ctx, "CHATHISTORY", wish.subcommand, where.name, why=_CUT)
        lines = (line for line in page.lines if line.id > again.since)
        ctx.batch("chathistory", (where.name,), replayed(ctx, lines))


# -- reading the request


def _read_wish(ctx: Context) -> _Wish | str:
    """The request in ``ctx.params``, or what is wrong with it."""
    params = ctx.params
    subcommand = params[0].upper() if params else ""
    if subcommand not in (*_READERS, "TARGETS"):
        return "Unknown subcommand: it is LATEST, BEFORE, AFTER, AROUND, BETWEEN or TARGETS"
    words = list(params[1:])
    target = words.pop(0) if subcommand != "TARGETS" and words else ""
    wanted = 2 if subcommand in ("BETWEEN", "TARGETS") else 1
    if len(words) != wanted + 1:
        return "Insufficient parameters" if len(words) <= wanted else "Too many parameters"
    bounds: list[Bound | None] = []
    for word in words[:wanted]:
        bound = _read_selector(ctx, word)
        if isinstance(bound, str):
            return bound
        if (word == "*" and subcommand != "LATEST") or (subcommand == "TARGETS" and bound and bound.id):
            return "That selector can't stand here"
        bounds.append(bound)
    limit = words[-1]
    if not (limit.isascii() and limit.isdigit() and len(limit) < 10 and int(limit) > 0):
        return "The limit is a number from 1 on"
    return _Wish(subcommand, target, bounds[0], bounds[-1], min(int(limit), ctx.policy.limits.history))


def _read_selector(ctx: Context, word: str) -> Bound | str | None:
    kind, _, value = word.partition("=")
    if word == "*":
        return None
    if kind == "timestamp":
        time = parse_time(value)
        return Bound(time=round(time * 1000)) if time is not None else "Invalid timestamp"
    if kind == "msgid" and value:
        # What is no id of ours names no line, as one that is gone does.
        return Bound(id=ctx.msgids.parse(value) or -1)
    return "A selector is timestamp=… or msgid=…"


# -- asking the history


def _read(
    ctx: Context, where: Readable, lower: Bound | None, upper: Bound | None, forward: bool, limit: int
) -> _Reading:
    """As :class:`ReadHistory` says. What the session may not read is no line that it could name."""
    if any(bound is not None and 0 < bound.id <= where.since for bound in (lower, upper)):
        return Page((), known=False)
    events = ctx.has(caps.EVENT_PLAYBACK)
    page: Page = yield ReadHistory(where.number, lower, upper, forward, limit, events, where.since)
    return fitting(page, forward)


def _latest(ctx: Context, wish: _Wish, where: Readable) -> _Reading:
    return _read(ctx, where, wish.first, None, False, wish.limit)


def _before(ctx: Context, wish: _Wish, where: Readable) -> _Reading:
    return _read(ctx, where, None, wish.first, False, wish.limit)


def _after(ctx: Context, wish: _Wish, where: Readable) -> _Reading:
    return _read(ctx, where, wish.first, None, True, wish.limit)


def _around(ctx: Context, wish: _Wish, where: Readable) -> _Reading:
    """Half of them before, the line itself (no event for those who would take it for news), the other half after."""
    middle = wish.first
    assert middle is not None
    half = wish.limit // 2
    before = after = Page(())
    lines: tuple[StoredLine, ...] = ()
    if half:
        before = yield from _read(ctx, where, None, middle, False, half)
    if middle.id:
        line = yield from find(where, middle.id)
        if line is None:
            return Page((), known=False)
        if line.body and (ctx.has(caps.EVENT_PLAYBACK) or verb_of(line.body) in ("PRIVMSG", "NOTICE")):
            lines = (line,)
        behind = middle
    else:
        behind = Bound(time=middle.time - 1)  # lines of that very time count as after
    if wish.limit > half + len(lines):
        after = yield from _read(ctx, where, behind, None, True, wish.limit - half - len(lines))
    found = (*before.lines, *lines, *after.lines)
    return Page(found, before.known and after.known, before.complete and after.complete)


def _between(ctx: Context, wish: _Wish, where: Readable) -> _Reading:
    """Counted from the first selector towards the second, whichever is earlier."""
    first, second = wish.first, wish.second
    assert first is not None
    assert second is not None
    if bool(first.id) == bool(second.id):
        forward = (first.id, first.time) <= (second.id, second.time)
    else:  # one is a line, the other a time: compare times
        line = yield from find(where, first.id or second.id)
        if line is None:
            return Page((), known=False)
        forward = (first.time or line.time) <= (second.time or line.time)
    lower, upper = (first, second) if forward else (second, first)
    return (yield from _read(ctx, where, lower, upper, forward, wish.limit))


_READERS: dict[str, Callable[[Context, _Wish, Readable], _Reading]] = {
    "LATEST": _latest,
    "BEFORE": _before,
    "AFTER": _after,
    "AROUND": _around,
    "BETWEEN": _between,
}


def _targets(ctx: Context, wish: _Wish) -> Steps:
    """The session's channels, and whom it has written with, by the time of the latest message."""
    assert wish.first is not None
    assert wish.second is not None
    one, other = wish.first.time, wish.second.time
    channels = {channel.conversation: channel.name for channel in ctx.world.channels_of(ctx.user)}
    since = tuple(channel.since(ctx.user) for channel in ctx.world.channels_of(ctx.user))
    found: Targets = yield ReadTargets(
        tuple(channels),
        fold(ctx.user.account),
        min(one, other),
        max(one, other),
        wish.limit + len(channels),  # of which the session may be put out meanwhile
        since,
        latest=one > other,
    )
    still = {channel.conversation for channel in ctx.world.channels_of(ctx.user)}
    found = tuple(each for each in found if each[1] or each[0] in still)
    chosen = found[: wish.limit] if one <= other else found[-wish.limit :]
    lines = []
    for conversation, account, last in chosen:
        record = ctx.accounts.get(account) if account else None
        name = record.name if record is not None else account or channels[conversation]
        time = format_time(last / 1000)
        lines.append(("", f":{ctx.policy.name} CHATHISTORY TARGETS {name} {time}"))
    ctx.batch("draft/chathistory-targets", (), lines)
