"""Reads what is done to messages that were said before, and signs without text: typing, and how far was read.

Sources: https://ircv3.net/specs/extensions/message-redaction, https://ircv3.net/specs/extensions/read-marker, and the
client tags https://ircv3.net/specs/client-tags/reply, .../react and .../typing
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from natterjack.client.events import Edited, Event, Reacted, ReadUpTo, Redacted, Typing
from natterjack.client.session.line import Line
from natterjack.client.session.state import State
from natterjack.client.session.texts import kind_and_text
from natterjack.proto.timestamps import parse_time

#: Our server's own tags: on a new text, which message has it now; on that message, that it has one.
EDIT: Final = "natterjack/edit"
EDITED: Final = "natterjack/edited"
_STATES = frozenset({"active", "paused", "done"})


def reply_to(line: Line) -> str:
    """The id of the message that it answers, or is about; ``""`` where there is none."""
    tags = line.message.tags
    return tags.get("+draft/reply", "") or tags.get("+reply", "")


def edited(state: State, line: Line, msgid: str) -> Iterable[Event]:
    """The line has the new text of ``msgid``."""
    meant = kind_and_text(line.message.command, line.param(1))
    if meant is not None:
        yield Edited(
            msgid,
            line.msgid,
            line.time,
            line.source,
            line.param(0),
            state.is_ours(line.source.nick, line.account),
            line.account,
            line.history,
            line.ref if line.history else 0,
            text=meant[1],
            kind=meant[0],
        )


def redacted(state: State, line: Line) -> Iterable[Event]:
    """REDACT target msgid [:reason]"""
    yield Redacted(
        line.param(1),
        line.msgid,
        line.time,
        line.source,
        line.param(0),
        state.is_ours(line.source.nick, line.account),
        line.account,
        line.history,
        line.ref if line.history else 0,
        reason=line.param(2),
    )


def tagged(state: State, line: Line) -> Iterable[Event]:
    """A TAGMSG: what it says is in its tags. Of what we don't know, nothing is told."""
    tags = line.message.tags
    own = state.is_ours(line.source.nick, line.account)
    for tag, adding in (("+draft/react", True), ("+draft/unreact", False)):
        if tags.get(tag) and reply_to(line):
            yield Reacted(
                reply_to(line),
                line.msgid,
                line.time,
                line.source,
                line.param(0),
                own,
                line.account,
                line.history,
                line.ref if line.history else 0,
                reaction=tags[tag],
                adding=adding,
            )
    typing = tags.get("+typing", "") or tags.get("+draft/typing", "")
    if typing in _STATES and not (own or line.history):
        yield Typing(line.came, line.source, line.param(0), typing, line.account)


def marked(state: State, line: Line) -> Iterable[Event]:
    """MARKREAD target timestamp=...; ``*`` stands for a time that is not known."""
    kind, _, value = line.param(1).partition("=")
    time = parse_time(value) if kind == "timestamp" else None
    yield ReadUpTo(line.param(0), time or 0.0)
