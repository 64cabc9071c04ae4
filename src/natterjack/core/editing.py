"""Changing the text of a message: a PRIVMSG or NOTICE that names, in the tag ``+natterjack/edit``, what it replaces.

Those with the capability ``natterjack/edit`` get the new text with the tag ``natterjack/edit``, whose value is the id
of the message that has it now. Others get an ordinary line that says that it is a new text. In the history the message
has its new text, in its old place, and the tag ``natterjack/edited`` with the id of the line that brought it; of the
texts before, nothing is kept.

Whoever saw such a line as an ordinary one knows the message by that line's id, so that stands for the message too.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from msgspec import structs

from natterjack.core import conversations
from natterjack.core.context import Context
from natterjack.core.conversations import UNREADABLE, Readable
from natterjack.core.registry import Steps
from natterjack.core.replay import verb_of
from natterjack.core.replies import shown
from natterjack.core.speech import EDIT_OF, Speech, named_in, say
from natterjack.ports.questions import Question, StoredLine
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold

TAG: Final = "+natterjack/edit"


def edit(ctx: Context, speech: Speech, target: str) -> Steps:
    """Replace the text of the message that the tag names by that of ``speech``."""
    aimed = yield from aim(ctx, speech, target)
    if aimed is not None:
        say(ctx, aimed, target)


def aim(ctx: Context, speech: Speech, target: str) -> Generator[Question, Any, Speech | None]:
    """``speech`` with the line that it replaces; None where it can't, which has been told."""
    msgid = ctx.message.tags[TAG]
    where = conversations.readable(ctx, target)
    place = ctx.msgids.parse(msgid)
    if where is None:
        ctx.fail(fails.INVALID_TARGET, speech.verb, shown(target), why=UNREADABLE)
        return None
    if place is None or not ctx.policy.history:
        ctx.fail(fails.UNKNOWN_MSGID, speech.verb, where.name, shown(msgid))
        return None
    line = yield from find(ctx, where, place)
    if conversations.still(ctx, where, target) is None:
        ctx.fail(fails.INVALID_TARGET, speech.verb, shown(target), why=UNREADABLE)
    elif line is None or verb_of(line.body) != speech.verb:
        ctx.fail(fails.UNKNOWN_MSGID, speech.verb, where.name, msgid)
    elif not ctx.user.account or fold(line.account) != fold(ctx.user.account):
        ctx.fail(fails.EDIT_FORBIDDEN, speech.verb, where.name, msgid)
    else:
        return structs.replace(speech, edits=line, own=f"{EDIT_OF}={ctx.msgids.of(line.id)}")
    return None


def find(ctx: Context, where: Readable, place: int) -> Generator[Question, Any, StoredLine | None]:
    """The message that is at ``place``, or has its text from there; None where it is gone or was taken back."""
    # Whatever was accepted before, of others too, may be about this message: it is looked at after that is stored.
    for owner in conversations.audience(ctx, where.name)[1]:
        ctx.session.gate = max(ctx.session.gate, owner.gate)
    line = yield from conversations.find(where, place)
    original = named_in(ctx, line.tags, EDIT_OF) if line is not None else 0
    if original:
        line = yield from conversations.find(where, original)
    return line if line is not None and line.body else None
