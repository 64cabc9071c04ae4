"""REDACT: a message is taken back. (Changing one's text is a PRIVMSG: see :mod:`natterjack.core.editing`.)

What is taken back stays in the history as a place without text, so that whoever had got as far as there still finds
on; that it was taken back, and by whom, is an event of its own.

Source: https://ircv3.net/specs/extensions/message-redaction
"""

from __future__ import annotations

from natterjack.core import conversations, editing
from natterjack.core.context import Context
from natterjack.core.conversations import UNREADABLE, Readable
from natterjack.core.editing import Sought
from natterjack.core.edits import forget_edit
from natterjack.core.files import removing
from natterjack.core.hindrances import hindrance
from natterjack.core.registry import Steps, command
from natterjack.core.replies import shown
from natterjack.core.rewritten import rewrite
from natterjack.core.state import select, without
from natterjack.ports.questions import StoredLine
from natterjack.ports.records import RedactRecord
from natterjack.proto import caps, modes
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold
from natterjack.proto.limits import clip
from natterjack.proto.names import is_channel
from natterjack.proto.numerics import ERR_UNKNOWNCOMMAND

_REDACTABLE = frozenset({"PRIVMSG", "NOTICE", "TAGMSG"})


@command("REDACT", "<target> <msgid> [:<reason>]", "Takes a message back.", params=2, cost=2)
def redact(ctx: Context) -> Steps | None:
    """One's own, said with the account that one has now; or anybody's, as operator of the channel or the server."""
    if not ctx.policy.history:
        ctx.reply(ERR_UNKNOWNCOMMAND, "REDACT")
        return None
    target, msgid = ctx.params[:2]
    where = conversations.readable(ctx, target)
    place = ctx.msgids.parse(msgid)
    if where is None:
        ctx.fail(fails.INVALID_TARGET, "REDACT", shown(target), why=UNREADABLE)
    elif place is None:
        ctx.fail(fails.UNKNOWN_MSGID, "REDACT", where.name, shown(msgid))
    else:
        return _redact(ctx, where, place, target, msgid)
    return None


def _redact(ctx: Context, where: Readable, place: int, target: str, msgid: str) -> Steps:
    sought = Sought("REDACT", where, target, msgid, _REDACTABLE)
    line = yield from editing.find(ctx, sought, place)
    if line is None:
        return
    if not _may_redact(ctx, where.name, line):
        ctx.fail(fails.REDACT_FORBIDDEN, "REDACT", where.name, msgid)
    else:
        _carry_out(ctx, where, line)


def _may_redact(ctx: Context, target: str, line: StoredLine) -> bool:
    user = ctx.user
    if user.account and fold(line.account) == fold(user.account):
        return True
    channel = ctx.world.channel(target) if is_channel(target) else None
    if channel is None:
        return False
    return channel.members.get(user.uid, 0) >= modes.HALFOP or bool(user.operator)


def _carry_out(ctx: Context, where: Readable, line: StoredLine) -> None:
    user = ctx.user
    groups, owners = conversations.audience(ctx, where.name)
    owners = (*owners, user, ctx.session)
    channel = ctx.world.channel(where.name)
    if channel is not None:
        channel.recent = None
    rewrite(ctx, RedactRecord(where.number, line.id, "", ""), owners)
    removing.redacted(ctx, where.number, line.id, owners)
    newer = forget_edit(ctx, line, owners)
    event = ctx.line(_body(ctx, where, line.id))
    ctx.remember(event, (where.number,), owners, message=False)
    knows = ctx.has(caps.MESSAGE_REDACTION)
    loss = ctx.loss("REDACT", where.name)
    groups = select(groups, caps.MESSAGE_REDACTION)
    ctx.relay(groups, event, owners, knows, loss)
    if newer:  # those who can't know a new text by its tag have it under its own id
        event = ctx.line(_body(ctx, where, newer))
        ctx.relay(without(groups, caps.EDIT), event, owners, knows and not ctx.has(caps.EDIT), loss)


def _body(ctx: Context, where: Readable, place: int) -> str:
    said = ctx.params[2] if len(ctx.params) > 2 and hindrance(ctx, where.name) is None else ""
    reason = clip(said, ctx.policy.limits.reason)
    body = f":{ctx.user.source} REDACT {where.name} {ctx.msgids.of(place)}"
    return f"{body} :{reason}" if reason else body
