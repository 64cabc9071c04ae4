"""The operator's verbs that concern the chat itself. What concerns the process is the server's: see ``server/console``.

Each handler gets the context and the words behind the verb, and answers ``(done, text, rows)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct, structs

from natterjack.core import actions, rosters
from natterjack.core.admissions import make_invite
from natterjack.core.context import Context, fitted
from natterjack.core.delivery import Gated
from natterjack.core.invites import is_good
from natterjack.core.state import Groups, User, group, prefixes
from natterjack.ports.records import InviteRecord
from natterjack.proto.casemap import fold
from natterjack.proto.limits import clip
from natterjack.proto.names import check_channel, is_channel
from natterjack.proto.timestamps import format_time

Rows = tuple[dict[str, Any], ...]
Answer = tuple[bool, str, Rows]


class Verb(Struct, frozen=True):
    """``usage`` and ``about`` are what ``help`` shows."""

    usage: str
    about: str
    handler: Callable[[Context, tuple[str, ...]], Answer]


def _status(ctx: Context, _args: tuple[str, ...]) -> Answer:
    world = ctx.world
    row = {
        "name": ctx.policy.name,
        "version": ctx.policy.version,
        "started": format_time(ctx.started.wall),
        "up_seconds": int(ctx.now.mono - ctx.started.mono),
        "users": world.registered,
        "most_users": world.most_users,
        "sessions": len(world.sessions),
        "channels": len(world.channels),
        "access": ctx.policy.access,
        "durability": "power" if ctx.policy.durable else "none",
    }
    return True, "", (row,)


def _users(ctx: Context, _args: tuple[str, ...]) -> Answer:
    rows = []
    for session in ctx.world.sessions.values():
        user = ctx.world.users.get(session.uid)
        rows.append(
            {
                "nick": user.nick if user is not None else "",
                "account": user.account if user is not None else "",
                "ip": session.ip,
                "port": session.port,
                "via": session.via.upper(),
                "since": format_time(session.opened),
                "idle_seconds": int(ctx.now.mono - session.active),
                "registered": session.registration is None,
                "channels": _channels_of(ctx, user) if user is not None else "",
            }
        )
    return True, f"{len(rows)} sessions", tuple(rows)


def _channels_of(ctx: Context, user: User) -> str:
    names = (
        prefixes(channel.members[user.uid], False) + channel.name for channel in ctx.world.channels_of(user)
    )
    return " ".join(names)


def _channels(ctx: Context, _args: tuple[str, ...]) -> Answer:
    rows = tuple(
        {
            "channel": channel.name,
            "users": len(channel.members),
            "modes": channel.mode_params(with_key=False)[0],
            "created": format_time(channel.created),
            "topic": channel.topic.text if channel.topic is not None else "",
        }
        for channel in ctx.world.channels.values()
    )
    return True, f"{len(rows)} channels", rows


def _kick(ctx: Context, args: tuple[str, ...]) -> Answer:
    if not args:
        return False, "kick whom? Usage: kick NICK [#channel] [reason]", ()
    user = ctx.world.find(args[0])
    if user is None:
        return False, f"nobody here is called {args[0]}: see users", ()
    if len(args) > 1 and is_channel(args[1]):
        return _kick_from(ctx, user, args[1], clip(" ".join(args[2:]), ctx.policy.limits.reason))
    reason = clip(" ".join(args[1:]), ctx.policy.limits.reason) or "put out by the server's operator"
    ctx.record("console", "kick", f"{user.nick} ({reason})")
    for session in user.sessions:
        actions.hang_up(ctx, session, reason)
    return True, f"{user.nick} was disconnected", ()


def _kick_from(ctx: Context, user: User, name: str, reason: str) -> Answer:
    channel = ctx.world.channel(name)
    if channel is None or user.uid not in channel.members:
        return False, f"{user.nick} is not in {name}", ()
    tail = reason or "put out by the server's operator"
    line = ctx.line(f":{ctx.policy.name} KICK {channel.name} {user.nick} :{tail}")
    owners: tuple[Gated, ...] = (channel, user, *user.sessions)
    ctx.keep(line, (channel,), owners)
    ctx.delivery.relay(channel.groups, line, owners)
    rosters.leave(ctx, channel, user, put_out=True)
    ctx.world.part(channel, user)
    ctx.record("console", "kick", f"{user.nick} from {channel.name} ({tail})")
    return True, f"{user.nick} was put out of {channel.name}", ()


def _say(ctx: Context, args: tuple[str, ...]) -> Answer:
    """To a channel, to somebody, or to everybody."""
    world = ctx.world
    target = args[0] if args else ""
    channel = world.channel(target) if is_channel(target) else None
    user = world.find(target) if channel is None and len(args) > 1 else None
    groups: Groups
    if is_channel(target):
        if channel is None:
            return False, f"there is no channel {target}: see channels", ()
        name, groups, words, where = channel.name, channel.groups, args[1:], channel.name
    elif user is not None:
        name, groups, words, where = user.nick, user.groups, args[1:], user.nick
    else:
        everybody = [session for session in world.sessions.values() if session.registration is None]
        name, groups, words, where = "$*", group(everybody), args, f"everybody ({len(everybody)} sessions)"
    text = clip(" ".join(words), ctx.policy.limits.reason)
    if not text:
        return False, "say what? Usage: say [#channel or nick] TEXT", ()
    line = ctx.stamp(fitted(f":{ctx.policy.name} NOTICE {name} :{text}"))
    owners = (channel,) if channel is not None else (user,) if user is not None else ()
    if channel is not None and ctx.policy.history:
        ctx.remember(line, (channel.conversation,), owners, message=True)
    ctx.delivery.relay(groups, line, owners)
    return True, f"said to {where}", ()


def _invite(ctx: Context, args: tuple[str, ...]) -> Answer:
    if args[:1] == ("revoke",):
        return _revoke(ctx, args[1:])
    wish = _read_wish(args, ctx.policy.limits.channel)
    if isinstance(wish, str):
        return False, wish, ()
    uses, seconds, channel = wish
    expires = ctx.now.wall + seconds if seconds else 0.0
    record = make_invite(ctx, "console", uses, expires, channel)
    return True, "Give it as the server password of an IRC app.", (_show_invite(record),)


def _revoke(ctx: Context, args: tuple[str, ...]) -> Answer:
    record = ctx.invites.get(" ".join(args))
    if record is None:
        return False, f"there is no invite {' '.join(args) or '(give its code)'}: see invites", ()
    record = structs.replace(record, revoked=True)
    ctx.invites.put(record)
    ctx.delivery.store(record, ())
    ctx.record("console", "invite revoke", record.code)
    return True, f"{record.code} lets nobody in any more", ()


def _read_wish(args: tuple[str, ...], length: int) -> tuple[int, float, str] | str:
    """Uses (-1: no limit), seconds (0: for ever) and channel that ``args`` ask for, or what is wrong with them."""
    uses, seconds, channel = -1, 0.0, ""
    words = iter(args)
    for word in words:
        value = next(words, "")
        if word == "--uses" and value.isascii() and value.isdigit() and 0 < len(value) < 7 and int(value):
            uses = int(value)
        elif word == "--expires" and (found := re.fullmatch("([0-9]{1,5})([mhd])", value)):
            seconds = int(found[1]) * {"m": 60.0, "h": 3600.0, "d": 86400.0}[found[2]]
        elif word == "--channel" and check_channel(value, length) is None:
            channel = value
        else:
            return (
                f"can't read {word} {value}".rstrip()
                + ": invite [--uses 5] [--expires 30m|12h|7d] [--channel #team]"
            )
    return uses, seconds, channel


def _show_invite(record: InviteRecord) -> dict[str, Any]:
    return {
        "code": record.code,
        "uses_left": record.uses_left if record.uses_left >= 0 else "no limit",
        "expires": format_time(record.expires) if record.expires else "never",
        "channel": record.channel,
        "by": record.by,
        "revoked": record.revoked,
    }


def _invites(ctx: Context, args: tuple[str, ...]) -> Answer:
    rows = tuple(_show_invite(record) for record in ctx.invites if args or is_good(record, ctx.now.wall))
    return (
        True,
        f"{len(rows)} invites" + ("" if args else " that let somebody in; invites all shows the others too"),
        rows,
    )


def _accounts(ctx: Context, _args: tuple[str, ...]) -> Answer:
    online: dict[str, int] = {}
    for user in ctx.world.users.values():
        if user.account:
            online[fold(user.account)] = online.get(fold(user.account), 0) + len(user.sessions)
    rows = tuple(
        {
            "account": record.name,
            "created": format_time(record.created),
            "sessions": online.get(fold(record.name), 0),
            "revoked": record.revoked,
        }
        for record in ctx.accounts
    )
    return True, f"{len(rows)} accounts", rows


def _audit(ctx: Context, args: tuple[str, ...]) -> Answer:
    count = int(args[0]) if args and args[0].isascii() and args[0].isdigit() and len(args[0]) < 5 else 20
    rows = tuple(
        {"time": format_time(line.time), "by": line.by, "did": line.verb, "about": line.about}
        for line in ctx.audit.latest(max(1, count))
    )
    return True, f"the latest {len(rows)} lines", rows


VERBS: dict[str, Verb] = {
    "status": Verb("", "how the server is", _status),
    "users": Verb(
        "", "who is here: nick, account, address, port, how he came, since when, idle, channels", _users
    ),
    "channels": Verb("", "which channels there are", _channels),
    "kick": Verb("NICK [#channel] [reason]", "put somebody out of a channel, or off the server", _kick),
    "accounts": Verb("", "which accounts there are", _accounts),
    "invite": Verb(
        "[--uses N] [--expires 7d] [--channel #x] | revoke CODE",
        "let somebody in who has no account yet",
        _invite,
    ),
    "invites": Verb("[all]", "which invites there are", _invites),
    "audit": Verb("[N]", "who did what: the latest N lines", _audit),
    "say": Verb("[#channel or nick] TEXT", "tell a channel, somebody, or everybody", _say),
}
