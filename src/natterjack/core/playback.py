"""What was said before, shown to those who can't ask for it: on joining, and to an account that comes back.

A client with ``draft/chathistory`` asks for itself, and gets nothing unasked. All others get the latest lines of each
channel that they come into. A session of an account of which nobody was here gets what was missed instead: in its
channels, and of what others have written to it. The time of leaving is kept as a read marker of nothing. If the first
to come back can ask, the next one that can't is shown what was missed.

It comes right behind the channel's names, and before whatever is said meanwhile: the session's connection holds back
what it is sent from then on (``Hold``) until the history's answer is there (``Release``).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import Any, Final

from natterjack.core import conversations, marks
from natterjack.core.context import Context
from natterjack.core.registry import Steps
from natterjack.core.replay import fitting, replayed
from natterjack.core.replies import within
from natterjack.core.state import Channel, Recent, Session, User
from natterjack.ports.effects import Hold, Release
from natterjack.ports.questions import (
    LATE,
    Bound,
    Page,
    Question,
    ReadHistory,
    ReadTargets,
    StoredLine,
    Targets,
)
from natterjack.proto import caps
from natterjack.proto.casemap import fold

#: Lines that are shown unasked, over all conversations, and their bytes: well within a send queue.
MOST_LINES = 2000
MOST_BYTES = 768 * 1024
#: People whose messages are looked for.
_MOST_PEOPLE = 100
#: The read marker that says when an account was last here: no channel or person is called so.
_PRESENCE = ""
#: Seconds for which the latest lines of a channel are remembered: it may be told to keep none any longer.
_REMEMBERED: Final = 60.0


def is_wanted(ctx: Context, session: Session) -> bool:
    """Whether ``session`` is shown what was said before."""
    return ctx.policy.history and not session.caps & caps.CHATHISTORY and ctx.policy.limits.replay > 0


# -- when an account was here


def arrived(ctx: Context) -> None:
    """The context's user has come in: if nobody of his account was here, note since when he has missed something."""
    user = ctx.user
    if not (ctx.policy.history and user.account) or _sessions(ctx, user.account) > 1:
        return
    ctx.session.missed = ctx.marks.get(user, _PRESENCE)
    _note_presence(ctx, user)


def departed(ctx: Context, user: User) -> None:
    """``user`` has gone, and nobody of his account is left."""
    if ctx.policy.history and user.account and not _sessions(ctx, user.account):
        _note_presence(ctx, user)


def _sessions(ctx: Context, account: str) -> int:
    return sum(len(user.sessions) for user in ctx.world.users_of(account))


def _note_presence(ctx: Context, user: User) -> None:
    # Of the millisecond in which he went, what was said behind his going is missed. What was said before it in that one
    # is shown once more: better twice than never.
    now = int(ctx.now.wall * 1000) - 1
    gone = ctx.marks.advance(user, _PRESENCE, now)
    if gone is not None:
        marks.store(ctx.delivery, user, _PRESENCE, now, gone, ())


# -- showing


def play(ctx: Context, channels: Sequence[Channel]) -> Steps:
    """Show what was said in ``channels``, into which the session has just come."""
    session = ctx.session
    before = ctx.last_id + 1  # what comes from now on, it gets anyway
    since, session.missed = session.missed or _not_shown(ctx), 0
    ctx.delivery.do(session, Hold(session.sid))
    shown: list[bytes] = []
    fair = min(ctx.policy.limits.history, max(ctx.policy.limits.replay, MOST_LINES // max(1, len(channels))))
    room = MOST_BYTES // (len(channels) + 1)
    for channel in channels:
        if since:
            bound = Bound(time=since)
            hidden = channel.since(ctx.user) if ctx.user.uid in channel.members else before
            page: Page = yield ReadHistory(channel.conversation, bound, None, False, fair, False, hidden)
            lines = page.lines
        else:
            lines = yield from _recent(ctx, channel)
        if ctx.user.uid in channel.members:
            hidden = channel.since(ctx.user)
            shown += _batch(ctx, channel.name, (line for line in lines if hidden < line.id < before), room)
    if since:
        shown += yield from _private(ctx, since, before, room)
    ctx.delivery.do(session, Release(session.sid, b"".join(shown)))


def _not_shown(ctx: Context) -> int:
    """Since when the session's account has missed what nobody of it was shown; 0: nothing.

    Whoever of it came back first may ask for himself, and so was shown nothing: then the next one is, who can't.
    """
    account = ctx.user.account
    for user in ctx.world.users_of(account) if account else ():
        for other in user.sessions:
            if other.missed and other.caps & caps.CHATHISTORY:
                since, other.missed = other.missed, 0
                return since
    return 0


def _recent(ctx: Context, channel: Channel) -> Generator[Question, Any, tuple[StoredLine, ...]]:
    """The latest lines of ``channel``: remembered for a while, until something is said, since many may come at once."""
    now = ctx.now.mono
    known = channel.recent
    if known is not None and known.read + _REMEMBERED <= now:
        known = channel.recent = None
    if known is not None and known.lines is not None:
        return known.lines
    # One of its own: after something was said others may be asking too, and what we are told lacks that.
    mine = Recent(now)
    if known is None:
        channel.recent = mine
    lines = None
    try:
        page: Page = yield ReadHistory(
            channel.conversation, None, None, False, ctx.policy.limits.replay, False
        )
        lines = page.lines
    finally:  # whoever asked may be gone before the answer comes
        if channel.recent is mine:
            channel.recent = Recent(now, lines) if lines is not None else None
    return lines


def _private(ctx: Context, since: int, before: int, room: int) -> Generator[Question, Any, list[bytes]]:
    """What others have written to the account since then."""
    account = fold(ctx.user.account)
    # No bound above, for it is the latest message of each that counts: ``before`` cuts what was said meanwhile.
    found: Targets = yield ReadTargets((), account, since, LATE, _MOST_PEOPLE, latest=True)
    shown: list[bytes] = []
    for number, other, _ in found:
        page: Page = yield ReadHistory(
            number, Bound(time=since), None, False, MOST_LINES // len(found), False
        )
        name = conversations.account_of(ctx, other) or other
        earlier = (line for line in page.lines if line.id < before)
        shown += _batch(ctx, name, earlier, room // len(found))
    return shown


def _batch(ctx: Context, name: str, lines: Iterable[StoredLine], room: int) -> list[bytes]:
    """``lines`` of the conversation ``name`` as the session gets them: the last ones, in about ``room`` bytes."""
    chosen = fitting(Page(tuple(lines)), False, room).lines
    bodies = list(replayed(ctx, chosen, dated=not ctx.has(caps.SERVER_TIME)))
    if not ctx.has(caps.BATCH) or not bodies:
        return [f"@{tags} {body}\r\n".encode() if tags else f"{body}\r\n".encode() for tags, body in bodies]
    ref = ctx.batch_reference()
    inside = [f"@{within(ref, tags)} {body}\r\n".encode() for tags, body in bodies]
    server = ctx.policy.name
    return [
        f":{server} BATCH +{ref} chathistory {name}\r\n".encode(),
        *inside,
        f":{server} BATCH -{ref}\r\n".encode(),
    ]
