"""say, topic and kick: a word with those who are here."""

from __future__ import annotations

from natterjack.core import moderation, rosters
from natterjack.core.channel import Topic
from natterjack.core.console.verbs import Answer, Asker, Verb, find_channel, sessions
from natterjack.core.context import Context
from natterjack.core.delivery import UNTOLD, Gated
from natterjack.core.policy import LINE_LIMIT
from natterjack.core.state import Groups, User, group
from natterjack.proto.limits import clip
from natterjack.proto.names import is_channel

_NO_REASON = "put out by the server's operator"


def _kick(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    if not args:
        return False, "kick whom? Usage: kick NICK [#channel] [reason]", ()
    user = ctx.world.find(args[0])
    if user is None:
        return False, f"nobody here is called {args[0]}: see users", ()
    if len(args) > 1 and is_channel(args[1]):
        return _kick_from(ctx, asker, user, args[1], clip(" ".join(args[2:]), ctx.policy.limits.reason))
    reason = clip(" ".join(args[1:]), ctx.policy.limits.reason) or _NO_REASON
    asker.record(ctx, "kick", f"{user.nick} ({reason})")
    moderation.put_off(ctx, user, reason, reason)
    return True, f"{user.nick} was disconnected", ()


def _kick_from(ctx: Context, asker: Asker, user: User, name: str, reason: str) -> Answer:
    channel = ctx.world.channel(name)
    if channel is None or user.uid not in channel.members:
        return False, f"{user.nick} is not in {name}", ()
    tail = reason or _NO_REASON
    rosters.put_out(ctx, channel, user, tail)
    asker.record(ctx, "kick", f"{user.nick} from {channel.name} ({tail})")
    return True, f"{user.nick} was put out of {channel.name}", ()


def _say(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    """To a channel, to somebody, or to everybody. They see the server itself: only the log says whose words it were."""
    world = ctx.world
    target = args[0] if args else ""
    channel = find_channel(ctx, target) if is_channel(target) else None
    user = world.find(target) if channel is None and len(args) > 1 else None
    groups: Groups
    if isinstance(channel, str):
        return False, channel, ()
    if channel is not None:
        name, groups, words, where = channel.name, channel.groups, args[1:], channel.name
    elif user is not None:
        name, groups, words, where = user.nick, user.groups, args[1:], user.nick
    else:
        everybody = [session for session in world.sessions.values() if session.registration is None]
        name, groups, words, where = "$*", group(everybody), args, f"everybody ({sessions(len(everybody))})"
    text = clip(" ".join(words), ctx.policy.limits.reason)
    if not text:
        return False, "say what? Usage: say [#channel or nick] TEXT", ()
    line = ctx.server_line(f"NOTICE {name} :{text}")
    owners: tuple[Gated, ...] = (channel,) if channel is not None else (user,) if user is not None else ()
    loss = None
    if channel is not None and ctx.policy.history:
        owners = (*owners, ctx.session)
        channel.recent = None
        ctx.remember(line, (channel.conversation,), owners, message=True)
        loss = UNTOLD if ctx.delivery.keeps_lines else None
    ctx.delivery.relay(groups, line, owners, loss=loss)
    ctx.record(asker.name, "say", f"to {where}: {text}")
    return True, f"said to {where}", ()


def _topic(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    """Of any channel, and of those that belong to the server, where nobody has a rank, the one way to it."""
    if not args:
        return False, "of which channel? Usage: topic #channel [TEXT]", ()
    channel = find_channel(ctx, args[0])
    if isinstance(channel, str):
        return False, channel, ()
    if len(args) == 1:
        topic = channel.topic
        return True, f"{channel.name}: {topic.text}" if topic else f"{channel.name} has no topic", ()
    text, before = " ".join(args[1:]).strip(), f":{ctx.policy.name} TOPIC {channel.name} :\r\n"
    most = min(ctx.policy.limits.topic, LINE_LIMIT - len(before.encode()))
    if len(text.encode()) > most:
        return False, f"a topic has {most} bytes at most, and that has {len(text.encode())}", ()
    server, owners = ctx.policy.name, (channel, ctx.session)
    line = ctx.server_line(f"TOPIC {channel.name} :{text}")
    rosters.set_topic(ctx, channel, Topic(text, server, ctx.now.wall), line, server, owners)
    ctx.delivery.relay(channel.groups, line, owners)
    asker.record(ctx, "topic", f"{channel.name}: {text or 'none'}")
    done = f"the topic of {channel.name} is set" if text else f"{channel.name} has no topic any more"
    return True, done, ()


VERBS = {
    "kick": Verb("NICK [#channel] [reason]", "put somebody out of a channel, or off the server", _kick),
    "say": Verb(
        "[#channel or nick] TEXT",
        "tell a channel, somebody, or everybody",
        _say,
        unstored="nothing was said, since it can't be stored just now: see status",
    ),
    "topic": Verb("#channel [TEXT]", 'the topic of a channel; set it, or with "" take it away', _topic),
}
