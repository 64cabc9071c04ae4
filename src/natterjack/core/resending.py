"""The same message sent twice is said once: client message ids.

A client that lost its connection can't know whether its last messages arrived. If it gave each an id of its own (the
tag ``+natterjack/cid``), it sends them again, and gets the answer that it missed. The id belongs to the account; a
guest has nothing else that outlives his connection, so for guests the id alone stands for the sender.

What was said lately is in memory (:mod:`natterjack.core.cids`); for older ids the history is asked, and only that
session waits for it. The history keeps an id longer than its message. Where it can't be asked, nobody knows whether
the message is there: then there is no answer, and the session ends.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from natterjack.core import conversations, editing
from natterjack.core.cids import Said
from natterjack.core.context import Context
from natterjack.core.delivery import Line, unstored
from natterjack.core.edits import plain
from natterjack.core.multiline import Lines
from natterjack.core.registry import Steps
from natterjack.core.replay import restored
from natterjack.core.speech import Speech, relayed, say
from natterjack.ports.effects import Send
from natterjack.ports.questions import Cid, FindCid, StoredLine
from natterjack.ports.records import CidRecord
from natterjack.proto import caps
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold

TAG: Final = "+natterjack/cid"
#: What can be said once.
COMMANDS: Final = frozenset({"PRIVMSG", "NOTICE", "TAGMSG"})
_SHAPE = re.compile("[A-Za-z0-9_-]{8,64}")


def say_once(ctx: Context, speech: Speech, target: str) -> Steps | None:
    """Say it, unless it was said already: then answer as at the first time."""
    cid = ctx.message.tags[TAG]
    if not _SHAPE.fullmatch(cid):
        ctx.fail(
            fails.INVALID_CID, speech.verb, why="A client message id has 8 to 64 letters, digits, - and _"
        )
        return None
    if "," in target:
        ctx.fail(fails.INVALID_CID, speech.verb, cid, why="A message with an id of its own has one target")
        return None
    sender, digest = fold(ctx.user.account), _digest(ctx, speech, target)
    said = ctx.cids.get(sender, cid)
    if said is None and (ctx.policy.history or editing.TAG in ctx.message.tags):
        return _look_up(ctx, speech, target, Cid(0, digest), sender, cid)
    if said is None:
        _say(ctx, speech, target, digest, sender, cid)
    else:
        _again(ctx, speech, said, digest, cid)
    return None


def _look_up(ctx: Context, speech: Speech, target: str, wanted: Cid, sender: str, cid: str) -> Steps:
    found: Cid | None = yield FindCid(sender, cid)
    stored: StoredLine | None = None
    if found is None and editing.TAG in ctx.message.tags and ctx.cids.get(sender, cid) is None:
        aimed = yield from editing.aim(ctx, speech, target)
        if aimed is None:
            return
        speech = aimed
    elif found is not None:
        where = conversations.readable(ctx, target)
        stored = (yield from conversations.find(where, found.id)) if where is not None else None
    said = ctx.cids.get(sender, cid)  # another session of the same account may have been faster
    if said is not None:
        _again(ctx, speech, said, wanted.digest, cid)
    elif found is None:
        _say(ctx, speech, target, wanted.digest, sender, cid)
    else:
        line = (
            restored(ctx, stored)
            if stored is not None and stored.body
            else _remade(ctx, speech, target, found)
        )
        _again(ctx, speech, Said(found, line, 0), wanted.digest, cid)


def _say(ctx: Context, speech: Speech, target: str, digest: int, sender: str, cid: str) -> None:
    line = say(ctx, speech, target)
    if line is not None:
        if ctx.policy.history:
            ctx.delivery.keep(CidRecord(sender, cid, line.id, digest), (ctx.session,))
        ctx.cids.add(sender, cid, Said(Cid(line.id, digest), line, ctx.session.gate), ctx.delivery.stored)


def _again(ctx: Context, speech: Speech, said: Said, digest: int, cid: str) -> None:
    """The id is known: the first answer once more, after the commit that the first one waits for."""
    if said.cid.digest != digest:
        ctx.fail(fails.CID_CONFLICT, speech.verb, cid)
        return
    session = ctx.session
    session.gate = max(session.gate, said.gate)
    label = ctx.take_label()
    tags = f"@label={label} " if label else ""
    answer = f"{tags}:{ctx.policy.name} ACK\r\n".encode() if label else b""
    if session.caps & caps.ECHO_MESSAGE:
        line = said.line if ctx.has(caps.EDIT) else plain(said.line)
        answer = line.render(session.kind, label)
    target = said.line.body.split(" ", 3)[2]
    failed = f"{tags}{unstored(ctx.policy.name, speech.verb, target)}\r\n".encode()
    sid = session.sid
    ctx.delivery.either(session, said.gate, Send(sid, answer) if answer else None, Send(sid, failed))


def _remade(ctx: Context, speech: Speech, target: str, found: Cid) -> Line:
    """The line that was said and is not to be had any more; the sender has just repeated it."""
    body = f":{ctx.user.source} {speech.verb} {target}"
    if speech.text is not None:
        body += f" :{speech.text}"
    tags, account = relayed(ctx.message.tags), ctx.user.account
    made = Lines if speech.long else Line
    return made(body, ctx.time, found.id, ctx.msgids.of(found.id), account, tags)


def _digest(ctx: Context, speech: Speech, target: str) -> int:
    tags = ctx.message.tags
    content = f"{speech.verb}\0{fold(target)}\0{relayed(tags) if speech.text is None else speech.text}"
    if editing.TAG in tags:
        content += f"\0{tags[editing.TAG]}"
    return int.from_bytes(hashlib.sha256(content.encode()).digest()[:8], "big") >> 1
