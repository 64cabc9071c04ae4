"""Stored lines as a session gets them: what it can take of them, with the time and the id that they had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import structs

from natterjack.core.context import Context
from natterjack.core.delivery import Line
from natterjack.core.multiline import Lines, is_long, split
from natterjack.core.policy import LINE_LIMIT
from natterjack.ports.questions import Page, StoredLine
from natterjack.proto import caps
from natterjack.proto.limits import clip
from natterjack.proto.names import CHANNEL_PREFIX
from natterjack.proto.standard_replies import UNFINISHED
from natterjack.proto.timestamps import format_time

#: Bytes of one answer: half of what may wait to be sent to somebody (`limits.queue_close`), by default.
REPLAY_BYTES: Final = 512 * 1024
#: Bytes that a line has besides its text: its source, target, id, time and account.
_LINE_BYTES = 200
#: What only those understand who negotiated it.
_NEEDS = {
    "TAGMSG": caps.MESSAGE_TAGS,
    "REDACT": caps.MESSAGE_REDACTION,
    "RENAME": caps.CHANNEL_RENAME,
}


def replayed(ctx: Context, lines: Iterable[StoredLine], dated: bool = False) -> Iterator[tuple[str, str]]:
    """Tags and body of each of ``lines`` that the session understands. One of several lines is a batch in itself.

    What was said in a channel when it had another name was said in what it is called now. With ``dated`` the text says
    when: whoever is not told the time of a line can't tell an old one from a new one.
    """
    kind = ctx.session.kind
    names = {channel.conversation: channel.name for channel in ctx.world.channels_of(ctx.user)}
    for stored in lines:
        if not stored.body:  # taken back
            continue
        if not _NEEDS.get(verb_of(stored.body), 0) & ~kind:
            line = restored(ctx, _renamed(stored, names))
            yield from _dated(line.parts(kind), line.time) if dated else line.parts(kind)


def _dated(parts: Iterable[tuple[str, str]], time: str) -> Iterator[tuple[str, str]]:
    due = True
    for tags, body in parts:
        head, colon, text = body.partition(" :")
        if due and verb_of(body) in ("PRIVMSG", "NOTICE") and not text.startswith("\x01"):
            due = False
            yield tags, clip(f"{head}{colon}[{time[:10]} {time[11:16]}] {text}", LINE_LIMIT - 2)
        else:
            yield tags, body


def _renamed(stored: StoredLine, names: Mapping[int, str]) -> StoredLine:
    """``stored`` with its channel's present name; with the former one, if it would become too long for that."""
    source, verb, rest = stored.body.split(" ", 2)
    target, space, text = rest.partition(" ")
    name = names.get(stored.conversation, target)
    if target == name or target[:1] != CHANNEL_PREFIX or verb == "RENAME":
        return stored
    head = f"{source} {verb} {name}{space}"
    if any(len(f"{head}:{piece}\r\n".encode()) > LINE_LIMIT for _, piece in split(text)):
        return stored
    return structs.replace(stored, body=head + text)


def fitting(page: Page, forward: bool, room: int | None = None) -> Page:
    """As much of ``page`` as is sent at once, in about ``room`` bytes (None: as ever), at least a line.

    The first ones if ``forward``, else the last. A page that was cut is not complete.
    """
    room = REPLAY_BYTES if room is None else room
    lines = page.lines if forward else page.lines[::-1]
    for count, line in enumerate(lines):
        room -= _size(line)
        if room < 0 and count:
            chosen = lines[:count] if forward else lines[count - 1 :: -1]
            return Page(chosen, page.known, complete=False)
    return page


def _size(line: StoredLine) -> int:
    """How many bytes ``line`` is, more or less."""
    more = line.body.count("\n") + line.body.count("\r")
    return len(line.body.encode()) + len(line.tags.encode()) + _LINE_BYTES * (1 + more)


def note_unfinished(ctx: Context, command: str, *context: str, why: str) -> None:
    """Say, beside the batch that is the answer, that there is more than stands in it."""
    words = " ".join((f":{ctx.policy.name} NOTE {command} {UNFINISHED.code}", *context))
    ctx.delivery.send(
        ctx.session, ctx.session.sid, f"{words} :{UNFINISHED.text.format(why=why)}\r\n".encode()
    )


def restored(ctx: Context, stored: StoredLine) -> Line:
    """``stored`` as the line that it was."""
    time = format_time(stored.time / 1000)
    made = Lines if is_long(stored.body) else Line
    return made(stored.body, time, stored.id, ctx.msgids.of(stored.id), stored.account, stored.tags)


def verb_of(body: str) -> str:
    """The command of a stored line."""
    return body.split(" ", 2)[1]
