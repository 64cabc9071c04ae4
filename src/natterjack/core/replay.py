"""Stored lines as a session gets them: what it can take of them, with the time and the id that they had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from natterjack.core.context import Context
from natterjack.core.delivery import Line
from natterjack.ports.questions import StoredLine
from natterjack.proto import caps
from natterjack.proto.timestamps import format_time


def replayed(ctx: Context, lines: Iterable[StoredLine]) -> Iterator[tuple[str, str]]:
    """Tags and body of each of ``lines`` that the session understands."""
    kind = ctx.session.caps
    for stored in lines:
        if not stored.body:  # taken back
            continue
        if verb_of(stored.body) == "TAGMSG" and not kind & caps.MESSAGE_TAGS:
            continue
        yield restored(ctx, stored).tags(kind), stored.body


def restored(ctx: Context, stored: StoredLine) -> Line:
    """``stored`` as the line that it was."""
    time = format_time(stored.time / 1000)
    return Line(stored.body, time, stored.id, ctx.msgids.of(stored.id), stored.account, stored.tags)


def verb_of(body: str) -> str:
    """The command of a stored line."""
    return body.split(" ", 2)[1]
