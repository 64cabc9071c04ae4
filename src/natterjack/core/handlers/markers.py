"""MARKREAD: how far somebody has read, told to all his devices.

Source: https://ircv3.net/specs/extensions/read-marker
"""

from __future__ import annotations

from natterjack.core import actions, marks
from natterjack.core.context import Context
from natterjack.core.conversations import account_of
from natterjack.core.registry import command
from natterjack.core.replies import shown
from natterjack.proto import caps
from natterjack.proto import standard_replies as fails
from natterjack.proto.names import is_channel
from natterjack.proto.numerics import ERR_UNKNOWNCOMMAND
from natterjack.proto.timestamps import parse_time


@command("MARKREAD", "<target> [timestamp=<time>]", "Says how far you have read.")
def markread(ctx: Context) -> None:
    """Asks for the marker, or moves it forward; it never moves back, and never past now."""
    if not ctx.policy.history:
        ctx.reply(ERR_UNKNOWNCOMMAND, "MARKREAD")
        return
    if not ctx.params or not ctx.params[0]:
        ctx.fail(fails.NEED_MORE_PARAMS, "MARKREAD")
        return
    target = _known(ctx, ctx.params[0])
    if target is None and len(ctx.params) == 1:
        # Whatever it is, nobody can tell from this whether it exists.
        ctx.say("MARKREAD", shown(ctx.params[0]), "*")
    elif target is None:
        ctx.fail(
            fails.INVALID_PARAMS, "MARKREAD", shown(ctx.params[0]), why="There is nothing to read for you"
        )
    elif len(ctx.params) == 1:
        actions.show_mark(ctx, target)
    else:
        _mark(ctx, target, ctx.params[1])


def _known(ctx: Context, target: str) -> str | None:
    """``target`` as it is spelt, if it may have a marker: a channel that the user is in, or a person."""
    if is_channel(target):
        channel = ctx.peek_channel(target)
        return channel.name if channel is not None and ctx.user.uid in channel.members else None
    user = ctx.world.find(target)
    return user.nick if user is not None else account_of(ctx, target) or None


def _mark(ctx: Context, target: str, word: str) -> None:
    kind, _, value = word.partition("=")
    time = parse_time(value) if kind == "timestamp" else None
    if time is None:
        ctx.fail(fails.INVALID_PARAMS, "MARKREAD", shown(word), why="A marker is timestamp=<time>")
        return
    user = ctx.user
    latest = min(round(time * 1000), int(ctx.now.wall * 1000))
    gone = ctx.marks.advance(user, target, latest)
    if gone is None:
        actions.show_mark(ctx, target)
        return
    sessions = ctx.world.sessions_of(user)
    marks.store(ctx.delivery, user, target, latest, gone, (user, *sessions))
    actions.show_mark(ctx, target)
    for session in sessions:
        if session is not ctx.session and session.caps & caps.READ_MARKER:
            with ctx.aimed_at(session):
                actions.show_mark(ctx, target)
