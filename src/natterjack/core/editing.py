"""Changing the text of a message: a PRIVMSG or NOTICE that names, in the tag ``+natterjack/edit``, what it replaces.

Those with the capability ``natterjack/edit`` get the new text with the tag ``natterjack/edit``, whose value is the id
of the message that has it now. Others get an ordinary line that says that it is a new text. In the history the message
has its new text, in its old place.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from natterjack.core import conversations
from natterjack.core.context import Context, shown
from natterjack.core.conversations import UNREADABLE, Readable
from natterjack.core.registry import Steps
from natterjack.core.replay import verb_of
from natterjack.core.speech import Speech, say
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold

TAG: Final = "+natterjack/edit"


def edit(ctx: Context, speech: Speech, target: str) -> Steps | None:
    """Replace the text of the message that the tag names by that of ``speech``."""
    msgid = ctx.message.tags[TAG]
    where = conversations.readable(ctx, target)
    place = ctx.msgids.parse(msgid)
    if where is None:
        ctx.fail(fails.INVALID_TARGET, speech.verb, shown(target), why=UNREADABLE)
    elif place is None or not ctx.policy.history:
        ctx.fail(fails.UNKNOWN_MSGID, speech.verb, where.name, shown(msgid))
    else:
        return _edit(ctx, speech, where, place, msgid)
    return None


def _edit(ctx: Context, speech: Speech, where: Readable, place: int, msgid: str) -> Steps:
    line = yield from conversations.find(where, place)
    if line is None or not line.body or verb_of(line.body) != speech.verb:
        ctx.fail(fails.UNKNOWN_MSGID, speech.verb, where.name, msgid)
    elif not ctx.user.account or fold(line.account) != fold(ctx.user.account):
        ctx.fail(fails.EDIT_FORBIDDEN, speech.verb, where.name, msgid)
    else:
        say(ctx, structs.replace(speech, edits=line), where.name)
