"""Changing the text of a message: a PRIVMSG or NOTICE that names, in the tag ``+natterjack/edit``, what it replaces.

Those with the capability ``natterjack/edit`` get the new text with the tag ``natterjack/edit``, whose value is the id
of the message that has it now. Others get an ordinary line that says that it is a new text. In the history the message
has its new text, in its old place, and the tag ``natterjack/edited`` with the id of the line that brought it; of the
texts before, nothing is kept.

Whoever saw such a line as an ordinary one knows the message by that line's id, so that stands for the message too.
"""

from __future__ import annotations

from collections.abc import Collection, Generator
from typing import Any, Final

from msgspec import Struct, structs

from natterjack.core import conversations
from natterjack.core.context import Context
from natterjack.core.conversations import UNREADABLE, Readable
from natterjack.core.edits import EDIT_OF, named_in
from natterjack.core.registry import Steps
from natterjack.core.replay import verb_of
from natterjack.core.replies import shown
from natterjack.core.rewritten import TRIES
from natterjack.core.speech import Speech, say
from natterjack.ports.questions import Question, StoredLine
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold

TAG: Final = "+natterjack/edit"
#: How often a message is looked up that has changed each time meanwhile: more often that is done on purpose.
_RESTLESS: Final = "That message is being changed all the time: try again"


class Sought(Struct, frozen=True):
    """A message that is to be changed by ``command``: ``target`` and ``msgid`` as given, and of which ``verbs``."""

    command: str
    where: Readable
    target: str
    msgid: str
    verbs: Collection[str]


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
    sought = Sought(speech.verb, where, target, msgid, frozenset((speech.verb,)))
    line = yield from find(ctx, sought, place)
    if line is None:
        return None
    if not ctx.user.account or fold(line.account) != fold(ctx.user.account):
        ctx.fail(fails.EDIT_FORBIDDEN, speech.verb, where.name, msgid)
        return None
    return structs.replace(speech, edits=line, own=f"{EDIT_OF}={ctx.msgids.of(line.id)}")


def find(ctx: Context, sought: Sought, place: int) -> Generator[Question, Any, StoredLine | None]:
    """The message that is at ``place``, or has its text from there, as it is now; None after an error.

    That holds until something else is waited for: while it is looked up it may be changed, and then is looked up again.
    """
    command, where, msgid = sought.command, sought.where, sought.msgid
    for _ in range(TRIES):
        # What was made of it before, by others too, may wait to be stored: it is looked at after that.
        ctx.session.gate = max(ctx.session.gate, ctx.rewritten.batch(place))
        asked = ctx.rewritten.moment
        line = yield from conversations.find(where, place)
        if conversations.still(ctx, where, sought.target) is None:
            ctx.fail(fails.INVALID_TARGET, command, shown(sought.target), why=UNREADABLE)
            return None
        original = named_in(ctx, line.tags, EDIT_OF) if line is not None else 0
        if original:
            place = original
        elif line is None or not ctx.rewritten.since(place, asked):
            if line is not None and line.body and verb_of(line.body) in sought.verbs:
                return line
            ctx.fail(fails.UNKNOWN_MSGID, command, where.name, msgid)
            return None
    ctx.fail(fails.TEMPORARILY_UNAVAILABLE, command, where.name, msgid, why=_RESTLESS)
    return None
