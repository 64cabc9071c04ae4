"""What was said before, shown to those who can't ask for it: on joining, and to an account that comes back.

A client with ``draft/chathistory`` asks for itself, and gets nothing unasked. All others get the latest lines of each
channel that they come into. A session of an account of which nobody was here gets what was missed instead: in its
channels, and of what others have written to it, as soon as it is logged in. If the first to come back can ask, the
next one that can't is shown what was missed.

When an account was last here is its presence mark (:mod:`natterjack.core.marks`). It stays where it is until what was
missed since then has been shown, or somebody has come who can ask: who goes before that, or finds that the history
can't be read, is shown it another time. Whose connection is lost was here until he was heard of last, and not until
that is noticed; so it is with all of them when the server ends. Better twice than never.

It comes right behind the channel's names, and before whatever is said meanwhile: the session's connection holds back
what it is sent from then on (``Hold``) until the history's answer is there (``Release``).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import Any, Final

from natterjack.core import conversations
from natterjack.core.channel import Channel, Recent
from natterjack.core.context import Context
from natterjack.core.registry import Steps
from natterjack.core.replay import fitting, replayed
from natterjack.core.replies import within
from natterjack.core.rewritten import answer, as_now
from natterjack.core.state import Session
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
#: Seconds for which the latest lines of a channel are remembered: it may be told to keep none any longer.
_REMEMBERED: Final = 60.0


def is_wanted(ctx: Context, session: Session) -> bool:
    """Whether ``session`` is shown what was said before."""
    return ctx.policy.history and not session.caps & caps.CHATHISTORY and ctx.policy.limits.replay > 0


# -- when an account was here


def arrived(ctx: Context) -> None:
    """The context's user has come in, by one more session, or has logged in: is there anything that he has missed?"""
    account = ctx.user.account
    if not (ctx.policy.history and account):
        return
    first = _sessions(ctx, account) == 1
    if first:
        since = ctx.marks.presence(account)
        if 0 < since <= _now(ctx):  # above that, the clock was ahead: nobody knows when he was here
            ctx.missed[fold(account)] = since
    owed = fold(account) in ctx.missed
    if owed and is_wanted(ctx, ctx.session):
        ctx.note_arrival()
    elif owed or first:
        _note_presence(ctx, account)


def departed(ctx: Context, account: str, lost: Session | None = None) -> None:
    """Some session of ``account`` (``""``: of none) is gone, or logged in to it no longer.

    ``lost``: that one was, without a goodbye. Nobody knows what of all that it was sent has come to anybody.
    """
    if not (ctx.policy.history and account) or _sessions(ctx, account):
        return
    since = ctx.missed.pop(fold(account), 0)
    if since and since == ctx.marks.presence(account):
        return
    if lost is None:
        _note_presence(ctx, account)
    elif not lost.full:
        _note_presence(ctx, account, ctx.now.mono - lost.seen)


def ending(ctx: Context) -> None:
    """The server ends, and with it all sessions: each account was here until it was heard of last."""
    if not ctx.policy.history:
        return
    heard: dict[str, float] = {}
    behind: set[str] = set(ctx.missed)
    for user in ctx.world.users.values():
        for session in user.sessions if user.account and user.registered else ():
            account = fold(user.account)
            heard[account] = max(heard.get(account, 0.0), session.seen)
            if session.full:
                behind.add(account)
    for account, seen in heard.items():
        if account not in behind:
            _note_presence(ctx, account, ctx.now.mono - seen)


def _sessions(ctx: Context, account: str) -> int:
    return sum(len(user.sessions) for user in ctx.world.users_of(account))


def _note_presence(ctx: Context, account: str, ago: float = 0.0) -> None:
    """It was here, so many seconds ``ago``."""
    # Of the millisecond in which he went, what was said behind his going is missed. What was said before it in that one
    # is shown once more.
    ctx.marks.note_presence(ctx.delivery, account, _now(ctx) - int(ago * 1000) - 1)


def _now(ctx: Context) -> int:
    return int(ctx.now.wall * 1000)


# -- showing


def play(ctx: Context, channels: Sequence[Channel]) -> Steps:
    """Show what was said in ``channels``, into which the session has just come, or all that its account has missed."""
    session, account = ctx.session, ctx.user.account
    before = ctx.last_id + 1  # what comes from now on, it gets anyway
    since = ctx.missed.get(fold(account), 0)
    if since:
        channels = tuple(ctx.world.channels_of(ctx.user))
    ctx.delivery.do(session, Hold(session.sid))
    shown: list[bytes] = []
    fair = min(ctx.policy.limits.history, max(ctx.policy.limits.replay, MOST_LINES // max(1, len(channels))))
    room = MOST_BYTES // (len(channels) + 1)
    for channel in channels:
        if since:
            bound = Bound(time=since)
            hidden = channel.since(ctx.user) if ctx.user.uid in channel.members else before
            missed = ReadHistory(channel.conversation, bound, None, False, fair, False, hidden)
            lines = yield from _lines(ctx, missed)
        else:
            lines = yield from _recent(ctx, channel)
        if ctx.user.uid in channel.members:
            hidden = channel.since(ctx.user)
            shown += _batch(ctx, channel.name, (line for line in lines if hidden < line.id < before), room)
    if since:
        shown += yield from _private(ctx, since, before, room)
    ctx.delivery.do(session, Release(session.sid, b"".join(shown)))
    if since:
        ctx.missed.pop(fold(account), None)
        _note_presence(ctx, account)


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
        latest = ReadHistory(channel.conversation, None, None, False, ctx.policy.limits.replay, False)
        lines = yield from _lines(ctx, latest)
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
        bound, most = Bound(time=since), MOST_LINES // len(found)
        lines = yield from _lines(ctx, ReadHistory(number, bound, None, False, most, False))
        name = conversations.account_of(ctx, other) or other
        earlier = (line for line in lines if line.id < before)
        shown += _batch(ctx, name, earlier, room // len(found))
    return shown


def _lines(ctx: Context, wanted: ReadHistory) -> Generator[Question, Any, tuple[StoredLine, ...]]:
    page = yield from as_now(ctx, lambda: answer(wanted))
    return page.lines


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
