"""SEARCH: which messages have some words in them.

Source: https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from natterjack.core.context import Context, shown
from natterjack.core.conversations import UNREADABLE, account_of, readable
from natterjack.core.registry import Steps, command
from natterjack.core.replay import replayed
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
    conversations = _conversations(ctx, wish.where)
    if not conversations and wish.where:
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
    return _answer(ctx, wish, conversations, author)


def _answer(ctx: Context, wish: _Wish, conversations: tuple[int, ...], author: str) -> Steps:
    page = Page(())
    if conversations:
        page = yield Search(conversations, wish.text, wish.after, wish.before, fold(author), wish.limit)
    still = set(_conversations(ctx, wish.where))
    lines = tuple(line for line in page.lines if line.conversation in still)
    if not page.complete:
        ctx.delivery.send(ctx.session, ctx.session.sid, _unfinished(ctx))
    ctx.batch("soju.im/search", (), replayed(ctx, lines))


def _unfinished(ctx: Context) -> bytes:
    note = fails.SEARCH_UNFINISHED
    return f":{ctx.policy.name} NOTE SEARCH {note.code} :{note.text}\r\n".encode()


def _conversations(ctx: Context, where: str) -> tuple[int, ...]:
    """What is to be looked through: the conversation ``where``, or all channels that the session is in."""
    if not where:
        return tuple(channel.conversation for channel in ctx.world.channels_of(ctx.user))
    found = readable(ctx, where)
    return (found.number,) if found is not None else ()


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
