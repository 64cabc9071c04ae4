"""Messages that come in several lines: BATCH opens one, lines with its name follow, BATCH closes it, and it is said.

All that a message of one line has to pass, it passes when it is closed, as a whole. Until then only its form is looked
at, and the first mistake refuses all of it; the answer belongs to the label of the BATCH that opened it.

Source: https://ircv3.net/specs/extensions/multiline, https://ircv3.net/specs/extensions/client-batch
"""

from __future__ import annotations

import re
from typing import Final

from natterjack.core.answering import Suspended
from natterjack.core.batches import PATIENCE, Batch
from natterjack.core.context import Context
from natterjack.core.multiline import BATCH_TYPE, CONCAT, is_long, join
from natterjack.core.registry import Steps
from natterjack.core.replies import shown
from natterjack.core.speaking import speak
from natterjack.core.speech import Speech
from natterjack.core.state import Session
from natterjack.proto import caps
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold
from natterjack.proto.standard_replies import Fail
from natterjack.wire.message import Message

#: https://ircv3.net/specs/extensions/batch#the-batch-verb
_REF: Final = re.compile("[A-Za-z0-9-]+")
_VERBS: Final = frozenset({"PRIVMSG", "NOTICE"})
_TAGS: Final = frozenset({"batch", CONCAT})
_NONE_OPEN: Final = "Nothing was sent: no batch of that name is open"


def begin(ctx: Context, ref: str) -> None:
    """The session opens the batch ``ref``; its type and target are the command's parameters."""
    session, params = ctx.session, ctx.params
    old = session.batch
    if old is not None and not old.refused:
        _refuse(
            ctx, old, fails.MULTILINE_INVALID, why="Nothing was sent: another batch was begun before its end"
        )
    batch = Batch(ref, ctx.message.tags, ctx.now.mono)
    ctx.batches.begin(session, batch)
    kind = params[1] if len(params) > 1 else ""
    batch.target = params[2] if len(params) > 2 else ""
    if not _REF.fullmatch(ref):
        batch.refuse()
        ctx.fail(fails.INVALID_REFTAG, "BATCH", shown(ref))
    elif kind != BATCH_TYPE or not session.kind & caps.MULTILINE:
        batch.refuse()
        why = f"Batches are of the type {BATCH_TYPE}; it takes the capabilities batch and {BATCH_TYPE}"
        ctx.fail(fails.UNKNOWN_TYPE, "BATCH", ref, shown(kind), why=why)
    elif not batch.target or "," in batch.target:
        batch.refuse()
        ctx.fail(fails.MULTILINE_INVALID, "BATCH", why="A message of several lines has one target: name it")
    else:
        batch.answers = ctx.suspend()


def collect(ctx: Context) -> None:
    """The context's message says that it is of a batch."""
    batch, message = ctx.session.batch, ctx.message
    ref = message.tags["batch"]
    if batch is None or (batch.refused and batch.ref != ref):
        ctx.fail(fails.MULTILINE_INVALID, "BATCH", why=_NONE_OPEN)
    elif not batch.refused:
        why = _NONE_OPEN if batch.ref != ref else _mistake(batch, message)
        if why:
            _refuse(ctx, batch, fails.MULTILINE_INVALID, why=why)
        else:
            _add(ctx, batch, message)


def _mistake(batch: Batch, message: Message) -> str:
    """What is wrong with the form of ``message``, a line of ``batch``; ``""``: nothing."""
    if message.command not in _VERBS or (batch.verb and message.command != batch.verb):
        return "Nothing was sent: a message of several lines is all of PRIVMSG, or all of NOTICE"
    if not _TAGS.issuperset(message.tags):
        return "Nothing was sent: tags of a message of several lines belong to the BATCH that opens it"
    if len(message.params) < 2:
        return "Nothing was sent: each line has a target and a text"
    if not message.params[1] and CONCAT in message.tags:
        return "Nothing was sent: a blank line can't go on with the line before"
    return ""


def _add(ctx: Context, batch: Batch, message: Message) -> None:
    target, text = message.params[:2]
    if fold(target) != fold(batch.target):
        _refuse(ctx, batch, fails.MULTILINE_INVALID_TARGET, shown(batch.target), shown(target))
        return
    batch.verb = message.command
    batch.add(CONCAT in message.tags, text, ctx.now.mono)
    limits = ctx.policy.limits
    if len(batch.lines) > limits.multiline_lines:
        most = limits.multiline_lines
        _refuse(ctx, batch, fails.MULTILINE_MAX_LINES, str(most), limit=most)
    elif batch.size > limits.multiline_bytes:
        most = limits.multiline_bytes
        _refuse(ctx, batch, fails.MULTILINE_MAX_BYTES, str(most), limit=most)


def end(ctx: Context, ref: str) -> Steps | None:
    """The session closes the batch ``ref``: what came of it is said."""
    batch = ctx.session.batch
    if batch is None or batch.ref != ref:
        ctx.fail(fails.MULTILINE_INVALID, "BATCH", why=_NONE_OPEN)
        return None
    ctx.session.batch = None
    if batch.refused:
        return None
    if not ctx.session.kind & caps.MULTILINE:
        _refuse(
            ctx, batch, fails.MULTILINE_INVALID, why="Nothing was sent: you gave up the capability meanwhile"
        )
    elif not any(text for _, text in batch.lines):
        _refuse(ctx, batch, fails.MULTILINE_INVALID, why="Nothing was sent: there is no text in it")
    else:
        return _say(ctx, batch)
    return None


def _say(ctx: Context, batch: Batch) -> Steps | None:
    own = ctx.suspend()
    ctx.resume(batch.answers)
    verb, text = batch.verb, join(batch.lines)
    ctx.stand_for(Message(verb, (batch.target, text), batch.tags))
    speech = Speech(verb, text, quiet=verb == "NOTICE", long=is_long(text))
    steps = speak(ctx, speech, batch.target)
    if steps is not None:
        return _say_later(ctx, steps, own)
    _done(ctx, own)
    return None


def _say_later(ctx: Context, steps: Steps, own: Suspended) -> Steps:
    yield from steps
    _done(ctx, own)


def _done(ctx: Context, own: Suspended) -> None:
    """What there is to say to the label of the first line is said; ``own`` belongs to that of the last."""
    ctx.finish()
    ctx.resume(own)


def expire(ctx: Context, session: Session, batch: Batch) -> None:
    """Nothing has come of ``batch`` for too long."""
    with ctx.aimed_at(session):
        _refuse(ctx, batch, fails.BATCH_TIMEOUT, batch.ref, seconds=f"{PATIENCE:g}")


def _refuse(ctx: Context, batch: Batch, fail: Fail, *context: str, **fields: object) -> None:
    batch.refuse()
    with ctx.answering(batch.answers):
        ctx.fail(fail, "BATCH", *context, **fields)
