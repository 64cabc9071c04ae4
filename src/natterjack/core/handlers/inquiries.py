"""WHO, WHOIS, WHOWAS, ISON, USERHOST: questions about people.

Source: https://modern.ircdocs.horse/#user-based-queries
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from natterjack.core import telling
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.policy import SLICE, WHO_LINES, WHOWAS_ANSWERS
from natterjack.core.registry import Changes, Steps, command
from natterjack.core.replies import host_of, shown
from natterjack.core.state import User, prefixes
from natterjack.ports.questions import NextTurn
from natterjack.proto import caps
from natterjack.proto.casemap import fold
from natterjack.proto.masks import matches
from natterjack.proto.names import is_channel
from natterjack.proto.numerics import (
    ERR_NONICKNAMEGIVEN,
    ERR_WASNOSUCHNICK,
    RPL_AWAY,
    RPL_ENDOFWHO,
    RPL_ENDOFWHOIS,
    RPL_ENDOFWHOWAS,
    RPL_ISON,
    RPL_USERHOST,
    RPL_WHOISACCOUNT,
    RPL_WHOISACTUALLY,
    RPL_WHOISBOT,
    RPL_WHOISCERTFP,
    RPL_WHOISCHANNELS,
    RPL_WHOISIDLE,
    RPL_WHOISOPERATOR,
    RPL_WHOISSECURE,
    RPL_WHOISSERVER,
    RPL_WHOISUSER,
    RPL_WHOREPLY,
    RPL_WHOSPCRPL,
    RPL_WHOWASUSER,
    Numeric,
)
from natterjack.proto.timestamps import format_time

#: The order of WHOX fields on the wire, whatever the order in which they were asked for.
_WHOX_ORDER = "tcuihsnfdlaor"
#: Of whoever has none, and of those whose is not shown.
_NO_ADDRESS = "255.255.255.255"

#: Who everybody is.
_EVERYBODY = ("*", "0")
#: Texts of each user to which a mask is put.
_TEXTS = 5

#: None: one who was looked at, and is none of them.
_Found = Iterable[tuple[User, Channel | None] | None]


@command(
    "WHO",
    "<channel, nick or mask> [%<fields>[,<token>]]",
    "Shows who is in a channel, or fits a mask.",
    cost=3,
    changes=Changes.NOTHING,
)
def who(ctx: Context) -> Steps:
    """With ``%fields`` in WHOX form (https://ircv3.net/specs/extensions/whox). In slices: see :data:`SLICE`.

    Those of a mask are smaller.
    """
    mask = ctx.params[0] if ctx.params else "*"
    options = ctx.params[1] if len(ctx.params) > 1 else ""
    operators_only = "o" in options.partition("%")[0]
    _, extended, rest = options.partition("%")
    fields, _, token = rest.partition(",")
    portion = SLICE if is_channel(mask) or mask in _EVERYBODY else SLICE // _TEXTS
    count = 0
    for looked, found in enumerate(_find(ctx, mask), start=1):
        if found is not None:
            user, channel = found
            if operators_only and "o" not in user.modes:
                pass
            elif extended:
                _whox(ctx, user, channel, fields, token)
            else:
                _who(ctx, user, channel)
            count += 1
            if count == WHO_LINES:
                break
        if not looked % portion:
            yield NextTurn()
    ctx.reply(RPL_ENDOFWHO, shown(mask))


def _find(ctx: Context, mask: str) -> _Found:
    world = ctx.world
    if is_channel(mask):
        channel = ctx.peek_channel(mask)
        return _members(ctx, channel) if channel is not None else ()
    user = world.find(mask)
    if user is not None:
        return ((user, _common(ctx, user)),)
    everybody = mask in _EVERYBODY
    if not everybody and not set("*?") & set(mask):
        return ()
    return _matching(ctx, mask, everybody)


def _members(ctx: Context, channel: Channel) -> Iterator[tuple[User, Channel] | None]:
    """Between two of them a turn may lie, in which anybody may have gone, he who asks included."""
    for uid in list(channel.members):
        user = ctx.world.users.get(uid)
        if not ctx.world.visible(channel, ctx.user):
            return
        inside = ctx.user.uid in channel.members
        if user is not None and uid in channel.members and (inside or "i" not in user.modes):
            yield user, channel
        else:
            yield None


def _matching(ctx: Context, mask: str, everybody: bool) -> Iterator[tuple[User, Channel | None] | None]:
    """As above."""
    for uid in list(ctx.world.users):
        user = ctx.world.users.get(uid)
        if user is None or not user.registered or not _seen(ctx, user):
            yield None
        elif everybody or any(
            matches(mask, text) for text in (user.nick, user.username, user.host, user.realname, user.source)
        ):
            yield user, _common(ctx, user)
        else:
            yield None


def _seen(ctx: Context, user: User) -> bool:
    """The invisible are found only by those who share a channel with them, or know their nick."""
    return "i" not in user.modes or user is ctx.user or ctx.world.shares_channel(ctx.user, user)


def _common(ctx: Context, user: User) -> Channel | None:
    """Some channel of ``user`` that may be shown."""
    for channel in ctx.world.channels_of(user):
        if ctx.user.uid in channel.members or ("i" not in user.modes and not channel.has("s")):
            return channel
    return None


def _flags(ctx: Context, user: User, channel: Channel | None) -> str:
    here = "G" if user.away else "H"
    operator = "*" if "o" in user.modes else ""
    rank = prefixes(channel.members[user.uid], ctx.has(caps.MULTI_PREFIX)) if channel is not None else ""
    bot = "B" if "B" in user.modes else ""
    return here + operator + rank + bot


def _who(ctx: Context, user: User, channel: Channel | None) -> None:
    ctx.reply(
        RPL_WHOREPLY,
        channel.name if channel is not None else "*",
        user.username,
        user.host,
        ctx.policy.name,
        user.nick,
        _flags(ctx, user, channel),
        f"0 {user.realname}",
    )


def _whox(ctx: Context, user: User, channel: Channel | None, fields: str, token: str) -> None:
    own = user is ctx.user
    values = {
        "t": token if token.isascii() and token.isdigit() and len(token) <= 3 else "0",
        "c": channel.name if channel is not None else "*",
        "u": user.username,
        "i": host_of(_addresses(ctx, user)[0]) if own or ctx.user.operator else _NO_ADDRESS,
        "h": user.host,
        "s": ctx.policy.name,
        "n": user.nick,
        "f": _flags(ctx, user, channel),
        "d": "0",
        "l": str(_idle(ctx, user)),
        "a": user.account or "0",
        "o": "n/a",
    }
    words = [values[field] for field in _WHOX_ORDER if field in fields and field in values]
    body = " ".join((f":{ctx.policy.name} {RPL_WHOSPCRPL.code} {ctx.nick}", *words))
    ctx.answer("", f"{body} :{user.realname}" if "r" in fields else body)


def _addresses(ctx: Context, user: User) -> list[str]:
    """Where ``user`` comes from, each address once: this session's own, or those of all of somebody else's."""
    if user is ctx.user:
        return [ctx.session.ip]
    return list(dict.fromkeys(session.ip for session in user.sessions)) or [_NO_ADDRESS]


def _idle(ctx: Context, user: User) -> int:
    """Seconds since ``user`` said something, through whichever session."""
    return int(ctx.now.mono - max((session.active for session in user.sessions), default=user.left))


@command("WHOIS", "[<server>] <nick>", "Shows what is known of somebody.", cost=2, changes=Changes.NOTHING)
def whois(ctx: Context) -> None:
    """One nick at a time (TARGMAX); a mask finds nobody."""
    if not ctx.params:
        ctx.reply(ERR_NONICKNAMEGIVEN)
        return
    nick = ctx.params[-1].split(",")[0]
    user = ctx.find_user(nick)
    if user is not None:
        _describe(ctx, user)
    ctx.reply(RPL_ENDOFWHOIS, shown(nick))


def _describe(ctx: Context, user: User) -> None:
    nick = user.nick
    ctx.reply(RPL_WHOISUSER, nick, user.username, user.host, "*", user.realname)
    for text in _channel_list(ctx, user):
        ctx.reply(RPL_WHOISCHANNELS, nick, text)
    ctx.reply(RPL_WHOISSERVER, nick, ctx.policy.name, ctx.policy.network)
    if "o" in user.modes:
        ctx.reply(RPL_WHOISOPERATOR, nick)
    if "B" in user.modes:
        ctx.reply(RPL_WHOISBOT, nick)
    if user.sessions and all(session.via in ("tls", "wss") for session in user.sessions):
        ctx.reply(RPL_WHOISSECURE, nick)
    if user.account:
        ctx.reply(RPL_WHOISACCOUNT, nick, user.account)
    if user.away:
        ctx.reply(RPL_AWAY, nick, user.away)
    if user is ctx.user or ctx.user.operator:
        for ip in _addresses(ctx, user):
            ctx.reply(RPL_WHOISACTUALLY, nick, user.source.partition("!")[2], host_of(ip))
        for certfp in dict.fromkeys(session.certfp for session in user.sessions if session.certfp):
            ctx.reply(RPL_WHOISCERTFP, nick, fingerprint=certfp)
    telling.show_whois(ctx, user)
    ctx.reply(RPL_WHOISIDLE, nick, str(_idle(ctx, user)), str(int(user.signon)))


def _channel_list(ctx: Context, user: User) -> Iterator[str]:
    room = ctx.room(RPL_WHOISCHANNELS, user.nick)
    text = ""
    for channel in ctx.world.channels_of(user):
        inside = ctx.user.uid in channel.members
        if not inside and (channel.has("s") or "i" in user.modes):
            continue
        name = prefixes(channel.members[user.uid], ctx.has(caps.MULTI_PREFIX)) + channel.name
        if text and len(text.encode()) + len(name.encode()) >= room:
            yield text
            text = ""
        text += f" {name}" if text else name
    if text:
        yield text


@command("WHOWAS", "<nick> [<count>]", "Shows who had a nick before.", cost=2, changes=Changes.NOTHING)
def whowas(ctx: Context) -> None:
    """The latest first."""
    if not ctx.params:
        ctx.reply(ERR_NONICKNAMEGIVEN)
        return
    nick = ctx.params[0]
    most = WHOWAS_ANSWERS
    if len(ctx.params) > 1 and ctx.params[1].isascii() and ctx.params[1].isdigit() and len(ctx.params[1]) < 6:
        most = int(ctx.params[1]) or most
    wanted = fold(nick)
    found = [gone for gone in reversed(ctx.world.gone) if fold(gone.nick) == wanted][
        : min(most, WHOWAS_ANSWERS)
    ]
    if not found:
        ctx.reply(ERR_WASNOSUCHNICK, shown(nick))
    for gone in found:
        ctx.reply(RPL_WHOWASUSER, gone.nick, gone.username, gone.host, "*", gone.realname)
        ctx.reply(RPL_WHOISSERVER, gone.nick, ctx.policy.name, format_time(gone.time))
    ctx.reply(RPL_ENDOFWHOWAS, shown(nick))


@command(
    "ISON", "<nick> [<nick>...]", "Shows which of some nicks are here.", params=1, changes=Changes.NOTHING
)
def ison(ctx: Context) -> None:
    """https://modern.ircdocs.horse/#ison-message"""
    nicks = [nick for param in ctx.params for nick in param.split(" ") if nick]
    found = [user.nick for nick in dict.fromkeys(nicks) if (user := ctx.world.find(nick)) is not None]
    ctx.reply(RPL_ISON, _as_fits(ctx, RPL_ISON, found))


@command(
    "USERHOST",
    "<nick> [<nick>...]",
    "Shows where up to five people come from.",
    params=1,
    changes=Changes.NOTHING,
)
def userhost(ctx: Context) -> None:
    """https://modern.ircdocs.horse/#userhost-message"""
    answers = []
    for nick in ctx.params[:5]:
        user = ctx.world.find(nick)
        if user is not None:
            operator = "*" if "o" in user.modes else ""
            answers.append(f"{user.nick}{operator}={'-' if user.away else '+'}{user.username}@{user.host}")
    ctx.reply(RPL_USERHOST, _as_fits(ctx, RPL_USERHOST, answers))


def _as_fits(ctx: Context, numeric: Numeric, words: list[str]) -> str:
    """As many of ``words`` as one line holds: a word cut in two would be somebody else."""
    room = ctx.room(numeric)
    text = ""
    for word in words:
        longer = f"{text} {word}" if text else word
        if len(longer.encode()) > room:
            break
        text = longer
    return text
