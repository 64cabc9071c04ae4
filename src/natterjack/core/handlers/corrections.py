"""REDACT: a message is taken back. (Changing one's text is a PRIVMSG: see :mod:`natterjack.core.editing`.)

What is taken back stays in the history as a place without text, so that whoever had got as far as there still finds
on; that it was taken back, and by whom, is an event of its own.

Source: https://ircv3.net/specs/extensions/message-redaction
"""

from __future__ import annotations

from natterjack.core import conversations
from natterjack.core.context import Context, shown
from natterjack.core.conversations import UNREADABLE, Readable
from natterjack.core.registry import Steps, command
from natterjack.core.replay import verb_of
from natterjack.core.state import select
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
        return _redact(ctx, where, place, msgid)
    return None


def _redact(ctx: Context, where: Readable, place: int, msgid: str) -> Steps:
    line = yield from conversations.find(where, place)
    if line is None or not line.body or verb_of(line.body) not in _REDACTABLE:
        ctx.fail(fails.UNKNOWN_MSGID, "REDACT", where.name, msgid)
    elif not _may_redact(ctx, where.name, line):
        ctx.fail(fails.REDACT_FORBIDDEN, "REDACT", where.name, msgid)
    else:
        _carry_out(ctx, where, place, msgid)


def _may_redact(ctx: Context, target: str, line: StoredLine) -> bool:
    user = ctx.user
    if user.account and fold(line.account) == fold(user.account):
        return True
    channel = ctx.world.channel(target) if is_channel(target) else None
    if channel is None:
        return False
    return channel.members.get(user.uid, 0) >= modes.HALFOP or bool(user.operator)


def _carry_out(ctx: Context, where: Readable, place: int, msgid: str) -> None:
    user = ctx.user
    said = ctx.params[2] if len(ctx.params) > 2 and not user.muted else ""
    reason = clip(said, ctx.policy.limits.reason)
    event = ctx.line(f":{user.source} REDACT {where.name} {msgid}" + (f" :{reason}" if reason else ""))
    groups, owners = conversations.audience(ctx, where.name)
    owners = (*owners, user, ctx.session)
    channel = ctx.world.channel(where.name)
    if channel is not None:
        channel.recent = None
    ctx.delivery.keep(RedactRecord(where.number, place, "", ""), owners)
    ctx.remember(event, (where.number,), owners, message=False)
    knows = ctx.has(caps.MESSAGE_REDACTION)
    loss = ctx.loss("REDACT", where.name)
    ctx.relay(select(groups, caps.MESSAGE_REDACTION), event, owners, knows, loss)
