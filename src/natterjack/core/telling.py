"""Metadata as sessions are shown it: numerics, alone or in a batch. See :mod:`natterjack.core.metadata`."""

from __future__ import annotations

from collections.abc import Iterable

from natterjack.core import metadata, pace
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.metadata import Entry, Target
from natterjack.core.nested import answer_batch, numeric_body
from natterjack.core.policy import METADATA_BYTES, METADATA_MEMBERS
from natterjack.core.replay import note_unfinished
from natterjack.core.replies import fitted
from natterjack.core.state import Registration, Session, User
from natterjack.proto import caps
from natterjack.proto.casemap import fold
from natterjack.proto.numerics import (
    RPL_KEYNOTSET,
    RPL_KEYVALUE,
    RPL_METADATASYNCLATER,
    RPL_WHOISKEYVALUE,
)

#: Who can see a value: everybody who can see whom it is of.
_VISIBLE = "*"


def body_of(ctx: Context, entry: Entry) -> str:
    """761 for the context's session."""
    name, key, value = entry
    return numeric_body(ctx, RPL_KEYVALUE, name, key, _VISIBLE, value)


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


def changed(ctx: Context, target: Target, key: str, value: str | None) -> None:
    """``key`` of ``target`` has changed: all who follow it are told, but for the session, which has an answer.

    Each is told in a line of his own: whoever has many told, again and again, would keep the server busy. So he has to
    wait for that afterwards.
    """
    if isinstance(target, Channel):
        told = _tell(ctx, target, target, target.name, key, value)
    else:
        users = ctx.world.users_of(target.account) if target.account else (target,)
        told = sum(_tell(ctx, target, user, user.nick, key, value) for user in users)
    pace.owe(ctx.session, ctx.policy.pace, told // METADATA_MEMBERS)


def _tell(ctx: Context, owner: Target, target: Target, name: str, key: str, value: str | None) -> int:
    """How many were told."""
    told = 0
    for session in metadata.followers(ctx, target):
        if session is not ctx.session and key in (session.subscribed or ()):
            with ctx.aimed_at(session):
                if value is None:
                    _send(ctx, owner, numeric_body(ctx, RPL_KEYNOTSET, name, key))
                else:
                    _send(ctx, owner, body_of(ctx, (name, key, value)))
            told += 1
    return told


def _send(ctx: Context, owner: Target | Session, body: str) -> None:
    """To the context's session, behind what ``owner`` has done, which may have to be stored first."""
    ctx.delivery.send(owner, ctx.session.sid, f"{fitted(body)}\r\n".encode())


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
    if not ctx.metadata.of(user) or len(channel.members) > METADATA_MEMBERS:
        return
    for session in metadata.followers(ctx, channel):
        if session not in user.sessions:
            show_user(ctx, session, user, channel)


def appeared(ctx: Context, user: User) -> None:
    """``user`` has come: those who MONITOR him and follow something of his are told."""
    if ctx.metadata.of(user):
        for sid in ctx.world.watchers.get(fold(user.nick), ()):
            show_user(ctx, ctx.world.sessions[sid], user, ctx.world.sessions[sid])


def show_user(ctx: Context, session: Session, user: User, owner: Target | Session) -> None:
    """What ``session`` follows of ``user``, in the order that ``owner`` keeps."""
    with ctx.aimed_at(session):
        for entry in metadata.followed(ctx, session, user, user.nick):
            _send(ctx, owner, body_of(ctx, entry))


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
            ctx.reply(RPL_WHOISKEYVALUE, user.nick, key, _VISIBLE, value)
