"""Stored lines as a session gets them: what it can take of them, with the time and the id that they had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from natterjack.core.context import Context
from natterjack.core.delivery import Line
from natterjack.core.multiline import Lines, is_long
from natterjack.ports.questions import StoredLine
from natterjack.proto import caps
from natterjack.proto.timestamps import format_time

#: What only those understand who negotiated it.
_NEEDS = {
    "TAGMSG": caps.MESSAGE_TAGS,
    "REDACT": caps.MESSAGE_REDACTION,
    "RENAME": caps.CHANNEL_RENAME,
}


def replayed(ctx: Context, lines: Iterable[StoredLine]) -> Iterator[tuple[str, str]]:
    """Tags and body of each of ``lines`` that the session understands. One of several lines is a batch in itself."""
    kind = ctx.session.kind
    for stored in lines:
        if not stored.body:  # taken back meanwhile
            continue
        needs = _NEEDS.get(verb_of(stored.body), 0)
        if not needs & ~kind:
            yield from restored(ctx, stored).parts(kind)


def restored(ctx: Context, stored: StoredLine) -> Line:
    """``stored`` as the line that it was."""
    time = format_time(stored.time / 1000)
    made = Lines if is_long(stored.body) else Line
    return made(stored.body, time, stored.id, ctx.msgids.of(stored.id), stored.account, stored.tags)


def verb_of(body: str) -> str:
    """The command of a stored line."""
    return body.split(" ", 2)[1]
