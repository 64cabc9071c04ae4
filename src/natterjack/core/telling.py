"""Metadata as sessions are shown it: numerics, alone or in a batch. See :mod:`natterjack.core.metadata`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from natterjack.core import metadata, pace, rounds
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.metadata import Entry, Target
from natterjack.core.nested import answer_batch, numeric_body
from natterjack.core.policy import METADATA_BYTES, METADATA_MEMBERS
from natterjack.core.replay import note_unfinished
from natterjack.core.rounds import VISIBLE, Round
from natterjack.core.silence import is_silent, silent
from natterjack.core.state import Registration, User, apart
from natterjack.proto import caps
from natterjack.proto.casemap import fold
from natterjack.proto.numerics import (
    RPL_KEYVALUE,
    RPL_METADATASYNCLATER,
    RPL_WHOISKEYVALUE,
)


def body_of(ctx: Context, entry: Entry) -> str:
    """761 for the context's session."""
    name, key, value = entry
    return numeric_body(ctx, RPL_KEYVALUE, name, key, VISIBLE, value)


def show(ctx: Context, name: str, entries: Iterable[Entry]) -> None:
    """A batch about ``name``: as many of ``entries`` as a send queue takes; if that is not all, the session is told."""
    bodies, size = [], 0
    for entry in entries:
        bodies.append(body_of(ctx, entry))
        size += len(bodies[-1].encode())
        if size > METADATA_BYTES:
            note_unfinished(
                ctx, "METADATA", name, why="There is more than can be shown at once: follow fewer keys"
            )
            break
    answer_batch(ctx, "metadata", (name,), bodies)


def changed(ctx: Context, target: Target, changes: Mapping[str, str | None]) -> None:
    """Keys of ``target`` have changed: all who follow them are told, but for the session, which has an answer.

    Each is told in lines of his own: whoever has many told, again and again, would keep the server busy. So he has to
    wait for that afterwards.
    """
    users = ctx.world.users_of(target.account) if isinstance(target, User) and target.account else (target,)
    told = sum(_tell(ctx, target, each, changes) for each in users)
    pace.owe(ctx.session, ctx.policy.pace, told // METADATA_MEMBERS)


def _tell(ctx: Context, owner: Target, about: Target, changes: Mapping[str, str | None]) -> int:
    """How many are told. Where somebody may not speak, those who ask find a new value of his, and others don't."""
    deaf: set[int] = set()
    if isinstance(about, User) and any(value is not None for value in changes.values()):
        closed = apart(ctx.world.listeners(silent(ctx, about)), about.groups)
        deaf = {sid for _, sids in closed for sid in sids}
    sids = deque(
        session.sid
        for session in metadata.followers(ctx, about)
        if session is not ctx.session
        and session.sid not in deaf
        and not changes.keys().isdisjoint(session.subscribed or ())
    )
    return rounds.begin(ctx, Round(about, dict(changes), sids, owner, deaf))


def show_channel(ctx: Context, channel: Channel) -> None:
    """The session has come into ``channel``: what it follows there, or where that may be much, that it can ask."""
    if not ctx.session.subscribed:
        return
    if len(channel.members) > METADATA_MEMBERS:
        later(ctx, channel.name)
        return
    entries = list(metadata.followed_in(ctx, ctx.session, channel))
    if entries:
        show(ctx, channel.name, entries)


def introduce(ctx: Context, channel: Channel) -> None:
    """The user has come into ``channel``: those there who follow something of his are told.

    Unless they are too many: each is told in lines of his own, and coming and going costs little.
    """
    user = ctx.user
    if not ctx.metadata.of(user) or len(channel.members) > METADATA_MEMBERS or is_silent(ctx, channel, user):
        return
    sids = (each.sid for each in metadata.followers(ctx, channel) if each not in user.sessions)
    rounds.begin(ctx, Round(user, dict(ctx.metadata.of(user)), deque(sids), channel))


def appeared(ctx: Context, user: User) -> None:
    """``user`` has come: those who MONITOR him and follow something of his are told."""
    if ctx.metadata.of(user):
        watchers = ctx.world.watchers.get(fold(user.nick), ())
        rounds.begin(ctx, Round(user, dict(ctx.metadata.of(user)), deque(watchers), None))


def show_followed(ctx: Context, user: User) -> None:
    """What the session follows of ``user``, as a part of its answer."""
    for entry in metadata.followed(ctx, ctx.session, user, user.nick):
        ctx.answer("", body_of(ctx, entry))


def later(ctx: Context, name: str) -> None:
    """774: what there is of ``name`` can be asked for, at once."""
    body = numeric_body(ctx, RPL_METADATASYNCLATER, name, "0")
    ctx.answer("", body)


def settle(ctx: Context, registration: Registration) -> None:
    """Registration is complete: what the session has set of itself holds, unless nobody may see what it says."""
    if registration.metadata and not ctx.user.muted:
        metadata.adopt(ctx, ctx.user, registration.metadata)


def show_own(ctx: Context) -> None:
    """What is known of the user himself, in the first lines that he gets."""
    if ctx.has(caps.METADATA):
        user = ctx.user
        show(ctx, user.nick, [(user.nick, *pair) for pair in ctx.metadata.of(user).items()])


def show_whois(ctx: Context, user: User) -> None:
    """The part of WHOIS that tells it, for those who know it."""
    if ctx.has(caps.METADATA):
        for key, value in ctx.metadata.of(user).items():
            ctx.reply(RPL_WHOISKEYVALUE, user.nick, key, VISIBLE, value)
