"""status, users, channels, audit: how things are."""

from __future__ import annotations

from natterjack.core.console.verbs import Answer, Asker, Verb, counted, sessions
from natterjack.core.context import Context
from natterjack.core.state import User, prefixes
from natterjack.proto.timestamps import format_time


def _status(ctx: Context, _asker: Asker, _args: tuple[str, ...]) -> Answer:
    world = ctx.world
    lock = ctx.sanctions.lock
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
        "draining": bool(ctx.draining),
        "locked": lock is not None,
        "lock_text": lock.text if lock is not None else "",
        "durability": "power" if ctx.policy.durable else "none",
        "storing": not ctx.delivery.stuck,
        "unstored_changes": len(ctx.delivery.owed),
    }
    return True, "", (row,)


def _users(ctx: Context, _asker: Asker, _args: tuple[str, ...]) -> Answer:
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
    return True, sessions(len(rows)), tuple(rows)


def _channels_of(ctx: Context, user: User) -> str:
    names = (
        prefixes(channel.members[user.uid], False) + channel.name for channel in ctx.world.channels_of(user)
    )
    return " ".join(names)


def _channels(ctx: Context, _asker: Asker, _args: tuple[str, ...]) -> Answer:
    rows = tuple(
        {
            "channel": channel.name,
            "users": len(channel.members),
            "modes": channel.mode_params(inside=False)[0],
            "created": format_time(channel.created),
            "topic": channel.topic.text if channel.topic is not None else "",
        }
        for channel in ctx.world.channels.values()
    )
    return True, counted(len(rows), "channel"), rows


def _audit(ctx: Context, _asker: Asker, args: tuple[str, ...]) -> Answer:
    word = args[0] if args else "20"
    count = int(word) if word.isascii() and word.isdigit() and len(word) < 5 else 0
    if len(args) > 1 or not count:
        return False, "usage: audit [N], where N is how many lines to show", ()
    rows = tuple(
        {"time": format_time(line.time), "by": line.by, "did": line.verb, "about": line.about}
        for line in ctx.audit.latest(count)
    )
    return True, "the latest line" if len(rows) == 1 else f"the latest {len(rows)} lines", rows


VERBS = {
    "status": Verb("", "how the server is", _status),
    "users": Verb(
        "", "who is here: nick, account, address, port, how he came, since when, idle, channels", _users
    ),
    "channels": Verb("", "which channels there are", _channels),
    "audit": Verb("[N]", "who did what: the latest N lines", _audit),
}
