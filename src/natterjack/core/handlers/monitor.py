"""MONITOR: being told when somebody comes and goes.

Source: https://ircv3.net/specs/extensions/monitor
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from natterjack.core import telling
from natterjack.core.context import Context
from natterjack.core.registry import command
from natterjack.proto.casemap import fold
from natterjack.proto.limits import NICK_BYTES
from natterjack.proto.names import check_nick, normalise_nick
from natterjack.proto.numerics import (
    ERR_MONLISTFULL,
    RPL_ENDOFMONLIST,
    RPL_MONLIST,
    RPL_MONOFFLINE,
    RPL_MONONLINE,
    Numeric,
)

#: Bytes of nicks in one line: 512 less the longest server name and nick.
_LINE_BYTES = 300


@command(
    "MONITOR",
    "+ <nicks> | - <nicks> | C | L | S",
    "Tells you when somebody comes and goes.",
    params=1,
    cost=2,
)
def monitor(ctx: Context) -> None:
    """Hands on by the first letter."""
    handler = _SUBCOMMANDS.get(ctx.params[0].upper())
    if handler is not None:
        handler(ctx)


def _nicks(ctx: Context) -> list[str]:
    text = ctx.params[1] if len(ctx.params) > 1 else ""
    nicks = (normalise_nick(nick) for nick in text.split(","))
    return [nick for nick in nicks if check_nick(nick, NICK_BYTES) is None]


def _add(ctx: Context) -> None:
    watched = dict(ctx.session.monitoring or {})
    nicks = _nicks(ctx)
    added = []
    most = ctx.policy.limits.monitor
    for index, nick in enumerate(nicks):
        if most is not None and fold(nick) not in watched and len(watched) >= most:
            ctx.reply(ERR_MONLISTFULL, str(most), ",".join(nicks[index:]))
            break
        watched[fold(nick)] = nick
        added.append(nick)
    ctx.world.watch(ctx.session, list(watched.values()))
    _show(ctx, added)
    for nick in added:
        user = ctx.world.find(nick)
        if user is not None:
            telling.show_followed(ctx, user)


def _remove(ctx: Context) -> None:
    gone = {fold(nick) for nick in _nicks(ctx)}
    kept = [nick for folded, nick in (ctx.session.monitoring or {}).items() if folded not in gone]
    ctx.world.watch(ctx.session, kept)


def _clear(ctx: Context) -> None:
    ctx.world.watch(ctx.session, ())


def _list(ctx: Context) -> None:
    for text in _fill(list((ctx.session.monitoring or {}).values())):
        ctx.reply(RPL_MONLIST, text)
    ctx.reply(RPL_ENDOFMONLIST)


def _status(ctx: Context) -> None:
    _show(ctx, list((ctx.session.monitoring or {}).values()))


def _show(ctx: Context, nicks: list[str]) -> None:
    users = [(nick, ctx.world.find(nick)) for nick in nicks]
    here: tuple[Numeric, list[str]] = (RPL_MONONLINE, [user.source for _, user in users if user is not None])
    gone: tuple[Numeric, list[str]] = (RPL_MONOFFLINE, [nick for nick, user in users if user is None])
    for numeric, words in (here, gone):
        for text in _fill(words):
            ctx.reply(numeric, text)


def _fill(words: list[str]) -> Iterator[str]:
    """``words`` joined by commas into as few lines as they fit."""
    text = ""
    for word in words:
        if text and len(text.encode()) + len(word.encode()) >= _LINE_BYTES:
            yield text
            text = ""
        text += f",{word}" if text else word
    if text:
        yield text


_SUBCOMMANDS: dict[str, Callable[[Context], None]] = {
    "+": _add,
    "-": _remove,
    "C": _clear,
    "L": _list,
    "S": _status,
}
