"""SEARCH: which messages have some words in them.

Source: https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from natterjack.core.context import Context
from natterjack.core.conversations import UNREADABLE, account_of, readable
from natterjack.core.registry import Changes, Steps, command
from natterjack.core.replay import fitting, note_unfinished, replayed
from natterjack.core.replies import shown
from natterjack.core.rewritten import answer, as_now
from natterjack.ports.questions import Page, Search
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold
from natterjack.proto.numerics import ERR_UNKNOWNCOMMAND
from natterjack.proto.timestamps import parse_time
from natterjack.wire.message import parse_tags

#: Messages that are found where the request names no limit.
_USUAL_LIMIT = 50
_ATTRIBUTES = frozenset({"in", "from", "after", "before", "text", "limit"})


class _Wish(Struct, frozen=True):
    """What a request asks for. Times in milliseconds since 1970, 0 for none; ``where`` ``""``: everywhere."""

    where: str
    nick: str
    after: int
    before: int
    text: str
    limit: int


@command(
    "SEARCH",
    "<attribute>=<value>[;…]",
    "Finds messages: in, from, text, after, before, limit.",
    params=1,
    cost=3,
    changes=Changes.NOTHING,
)
def search(ctx: Context) -> Steps | None:
    """Answers with a batch of type ``soju.im/search``."""
    if not ctx.policy.history:
        ctx.reply(ERR_UNKNOWNCOMMAND, "SEARCH")
        return None
    wish = _read_wish(parse_tags(ctx.params[0]), ctx.policy.limits.history)
    if isinstance(wish, str):
        ctx.fail(fails.INVALID_PARAMS, "SEARCH", why=wish)
        return None
    places = _places(ctx, wish.where)
    if not places and wish.where:
        ctx.fail(fails.INVALID_TARGET, "SEARCH", shown(wish.where), why=UNREADABLE)
        return None
    author = account_of(ctx, wish.nick) if wish.nick else ""
    if wish.nick and not author:
        ctx.fail(
            fails.INVALID_PARAMS,
            "SEARCH",
            shown(wish.nick),
            why="Only those with an account can be searched for",
        )
        return None
    return _answer(ctx, wish, places, author)


def _answer(ctx: Context, wish: _Wish, places: Mapping[int, int], author: str) -> Steps:
    page = Page(())
    if places:
        since = tuple(places.values())
        search = Search(tuple(places), wish.text, wish.after, wish.before, fold(author), wish.limit, since)
        page = yield from as_now(ctx, lambda: answer(search))
    if not page.complete:
        note_unfinished(ctx, "SEARCH", why="Looking through all of it took too long: narrow it down by time")
    page = fitting(Page(page.lines), forward=False)
    if not page.complete:
        note_unfinished(ctx, "SEARCH", why="Only the latest of what was found are shown")
    still = _places(ctx, wish.where)
    lines = (line for line in page.lines if line.id > still.get(line.conversation, line.id))
    ctx.batch("soju.im/search", (), replayed(ctx, lines))


def _places(ctx: Context, where: str) -> dict[int, int]:
    """What is to be looked through, each with the last line that may not be read: the conversation ``where``, or all
    channels that the session is in."""
    if not where:
        channels = ctx.world.channels_of(ctx.user)
        return {channel.conversation: channel.since(ctx.user) for channel in channels}
    found = readable(ctx, where)
    return {found.number: found.since} if found is not None else {}


def _read_wish(attributes: Mapping[str, str], most: int) -> _Wish | str:
    """What ``attributes`` ask for, or what is wrong with them."""
    unknown = attributes.keys() - _ATTRIBUTES
    if unknown or not attributes:
        return f"Unknown attribute {shown(min(unknown))}" if unknown else "Say what to look for: text=<words>"
    times = [_read_time(attributes.get(name, "")) for name in ("after", "before")]
    limit = attributes.get("limit", str(_USUAL_LIMIT))
    if None in times:
        return "A time is like 2026-11-22T20:31:02.500Z"
    if not (limit.isascii() and limit.isdigit() and len(limit) < 10 and int(limit) > 0):
        return "The limit is a number from 1 on"
    after, before = (time or 0 for time in times)
    most = min(int(limit), most)
    return _Wish(
        attributes.get("in", ""), attributes.get("from", ""), after, before, attributes.get("text", ""), most
    )


def _read_time(text: str) -> int | None:
    time = parse_time(text) if text else 0.0
    return round(time * 1000) if time is not None else None
