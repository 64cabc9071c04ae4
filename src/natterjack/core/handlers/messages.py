"""PRIVMSG, NOTICE, TAGMSG: what all the rest is for.

Source: https://modern.ircdocs.horse/#sending-messages, https://ircv3.net/specs/extensions/message-tags
"""

from __future__ import annotations

from natterjack.core import resending, services
from natterjack.core.context import Context
from natterjack.core.registry import Changes, Steps, command
from natterjack.core.replies import shown
from natterjack.core.speaking import TAGS, speak
from natterjack.core.speech import Speech, say, say_in_channel
from natterjack.proto import caps
from natterjack.proto.names import CHANNEL_PREFIX, distinct
from natterjack.proto.numerics import (
    ERR_NEEDMOREPARAMS,
    ERR_NORECIPIENT,
    ERR_NOTEXTTOSEND,
    ERR_TOOMANYTARGETS,
)


@command(
    "PRIVMSG",
    "<target>[,<target>] :<text>",
    "Says something in channels or to people.",
    changes=Changes.BY_SPEAKING,
)
def privmsg(ctx: Context) -> Steps | None:
    """Errors are told to the sender."""
    return _speak(ctx, "PRIVMSG")


@command(
    "NOTICE",
    "<target>[,<target>] :<text>",
    "Says something that no program answers.",
    changes=Changes.BY_SPEAKING,
)
def notice(ctx: Context) -> Steps | None:
    """Never answered with an error (RFC 1459), lest two programs talk for ever."""
    return _speak(ctx, "NOTICE", quiet=True)


@command(
    "TAGMSG",
    "<target>[,<target>]",
    "Sends only tags, such as a reaction or a typing notice.",
    params=1,
    changes=Changes.BY_SPEAKING,
)
def tagmsg(ctx: Context) -> Steps | None:
    """Goes only to those with message-tags."""
    if not ctx.has(caps.MESSAGE_TAGS):
        return None
    if services.named(ctx.params[0]) is not None:
        return None  # such as that somebody is typing: nobody is there to see it
    if resending.TAG in ctx.message.tags:
        return resending.say_once(ctx, Speech("TAGMSG", None), ctx.params[0])
    targets = _targets(ctx, ctx.params[0])
    for target in targets:
        say(ctx, Speech("TAGMSG", None, single=len(targets) == 1), target)
    return None


def _speak(ctx: Context, verb: str, quiet: bool = False) -> Steps | None:
    params = ctx.params
    if not params:
        if not quiet:
            ctx.reply(ERR_NORECIPIENT, command=verb)
        return None
    if len(params) < 2 or not params[1]:
        if not quiet:
            ctx.reply(ERR_NOTEXTTOSEND)
        return None
    target, text = params[0], params[1]
    tags = ctx.message.tags
    if target[0] == CHANNEL_PREFIX:
        if not tags and "," not in target:  # by far the most frequent
            say_in_channel(ctx, Speech(verb, text, quiet=quiet), target)
            return None
    elif (service := services.named(target)) is not None:
        return None if quiet else services.heard(ctx, service, text)
    if tags and not TAGS.isdisjoint(tags):
        return speak(ctx, Speech(verb, text, quiet=quiet), target)
    if "," not in target:
        say(ctx, Speech(verb, text, quiet=quiet), target)
        return None
    targets = _targets(ctx, target, quiet)
    for target in targets:
        say(ctx, Speech(verb, text, len(targets) == 1, quiet), target)
    return None


def _targets(ctx: Context, text: str, quiet: bool = False) -> list[str]:
    """The targets in ``text``, each once; none after an error."""
    targets = [target for target in distinct(text) if target]
    most = ctx.policy.limits.targets
    if len(targets) > most:
        if not quiet:
            ctx.reply(ERR_TOOMANYTARGETS, shown(targets[0]), limit=most)
        return []
    if not targets and not quiet:
        ctx.reply(ERR_NEEDMOREPARAMS, ctx.message.command)
    return targets
