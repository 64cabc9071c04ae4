"""NAMES, LIST, TOPIC: what a channel shows.

Source: https://modern.ircdocs.horse/#channel-operations
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from natterjack.core import actions, rosters
from natterjack.core.channel import Channel, Topic
from natterjack.core.context import Context
from natterjack.core.hindrances import hindrance
from natterjack.core.policy import LIST_CONDITIONS, SLICE, WHO_LINES
from natterjack.core.registry import Changes, Steps, command
from natterjack.core.replies import shown
from natterjack.ports.questions import NextTurn
from natterjack.proto import modes, standard_replies
from natterjack.proto.masks import matches
from natterjack.proto.names import distinct, is_channel
from natterjack.proto.numerics import (
    ERR_CANNOTSENDTOCHAN,
    RPL_ENDOFNAMES,
    RPL_LIST,
    RPL_LISTEND,
    RPL_LISTSTART,
    RPL_NOTOPIC,
)


@command("NAMES", "[<channel>[,<channel>]]", "Shows who is in a channel.", cost=2, changes=Changes.NOTHING)
def names(ctx: Context) -> Steps:
    """An unknown channel and a secret one have no names, alike. Several channels have one end (RFC 2812, 3.2.5).

    The names of one are all of one moment, as on joining; ten thousand take 5 ms. Between large ones there is a turn.
    """
    if not ctx.params:
        ctx.reply(RPL_ENDOFNAMES, "*")
        return
    asked = distinct(ctx.params[0])
    found = []
    shown_names = 0
    for name in asked:
        if shown_names > SLICE:
            yield NextTurn()
            shown_names = 0
        channel = ctx.peek_channel(name)
        if channel is not None:
            found.append(channel)
            actions.show_members(ctx, channel)
            shown_names += len(channel.members)
    alone = found[0].name if len(asked) == len(found) == 1 else shown(ctx.params[0])
    ctx.reply(RPL_ENDOFNAMES, alone)


@command(
    "TOPIC",
    "<channel> [:<topic>]",
    "Shows a channel's topic, or sets it.",
    params=1,
    cost=2,
    changes=Changes.ONCE_IT_ACTS,
)
def topic(ctx: Context) -> None:
    """An empty topic takes it away."""
    if len(ctx.params) == 1:
        channel = ctx.find_channel(ctx.params[0])
        if channel is None:
            return
        if channel.topic is None:
            ctx.reply(RPL_NOTOPIC, channel.name)
        else:
            actions.show_topic(ctx, channel)
        return
    channel = ctx.own_channel(ctx.params[0])
    if channel is None or (channel.has("t") and ctx.needs_rank(channel, modes.HALFOP)):
        return
    # Those with a rank may set it where nobody may speak.
    silent = hindrance(ctx, channel.name) if channel.members[ctx.user.uid] < modes.VOICE else None
    why = ctx.user.muted or (silent.text if silent is not None else "")
    if why:
        ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=why)
        return
    text = ctx.params[1]
    if actions.is_overlong(ctx, "a topic", text, ctx.policy.limits.topic):
        return
    ctx.act()
    user, owners = ctx.user, (channel, ctx.user, ctx.session)
    line = ctx.line(f":{user.source} TOPIC {channel.name} :{text}")
    rosters.set_topic(ctx, channel, Topic(text, user.source, ctx.now.wall), line, user.nick, owners)
    ctx.relay(channel.groups, line, owners, self_included=True)


_Test = Callable[[Channel], bool]


@command(
    "LIST",
    "[<channel>[,<channel>]] [<condition>[,<condition>]]",
    "Shows the channels.",
    cost=3,
    changes=Changes.NOTHING,
)
def list_(ctx: Context) -> Steps:
    """Names, masks (``#a*``, ``!#b*``) and conditions: ``>3`` users, made ``C<10`` or topic ``T>60`` minutes ago.

    In slices: see :data:`SLICE`; the more conditions, the smaller. More of them than anybody thinks up are refused
    (decision 4). Source: https://modern.ircdocs.horse/#elist-parameter
    """
    wanted = [word for param in ctx.params for word in param.split(",") if word]
    tests = [test for word in wanted if (test := _condition(ctx, word)) is not None]
    if len(tests) > LIST_CONDITIONS:
        why = f"LIST takes at most {LIST_CONDITIONS} conditions, and these are {len(tests)}"
        ctx.fail(standard_replies.INVALID_PARAMS, "LIST", why=why)
        return
    portion = SLICE // max(1, len(tests))
    ctx.reply(RPL_LISTSTART, "Channel")
    names = [word for word in wanted if is_channel(word) and not set("*?") & set(word)]
    count = 0
    for looked, channel in enumerate(_listed(ctx, names), start=1):
        if channel is not None:
            count += 1
            if (names or channel.members) and all(test(channel) for test in tests):
                text = channel.topic.text if channel.topic is not None else ""
                ctx.reply(RPL_LIST, channel.name, str(len(channel.members)), text)
        if count == WHO_LINES:
            break
        if not looked % portion:
            yield NextTurn()
    ctx.reply(RPL_LISTEND)


def _listed(ctx: Context, names: list[str]) -> Iterator[Channel | None]:
    """Those that were named, or all; None for one that may not be seen, or has gone since (there is a turn between)."""
    for name in names or list(ctx.world.channels):
        yield ctx.peek_channel(name)


def _condition(ctx: Context, word: str) -> _Test | None:
    """The test that ``word`` stands for; None where it is a channel's name, or nothing known."""
    if word[0] in "<>":
        return _compare(word, lambda channel: len(channel.members))
    if word[0] in "CT" and word[1:2] in ("<", ">"):
        now = ctx.now.wall
        if word[0] == "C":
            # C>60: made more than 60 minutes ago.
            return _compare(word[1:], lambda channel: (now - channel.created) / 60)
        return _compare(word[1:], lambda channel: (now - channel.topic.time) / 60 if channel.topic else None)
    if word[0] == "!":
        return lambda channel: not matches(word[1:], channel.name)
    if set("*?") & set(word):
        return lambda channel: matches(word, channel.name)
    return None


def _compare(word: str, value: Callable[[Channel], float | None]) -> _Test | None:
    digits = word[1:]
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        return None
    bound = int(digits)

    def test(channel: Channel) -> bool:
        it = value(channel)
        return it is not None and (it > bound if word[0] == ">" else it < bound)

    return test
