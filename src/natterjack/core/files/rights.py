"""Who may have a file, and who may delete it: asked each time anew, with the rights of today."""

from __future__ import annotations

from collections.abc import Iterator

from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.conversations import of_two
from natterjack.core.files.parties import Party
from natterjack.core.files.rows import File, Who
from natterjack.core.state import User
from natterjack.proto import modes
from natterjack.proto.casemap import fold


def is_uploader(party: Party, file: File) -> bool:
    """Whether ``party`` has uploaded it: the same account, or the same guest."""
    if file.record.account:
        return fold(file.record.account) == fold(party.account)
    return any(user.uid == file.uid for user in party.users)


def may_fetch(ctx: Context, party: Party, file: File) -> bool:
    """Whoever may read the conversation in which it was sent, at that place."""
    record = file.record
    if is_uploader(party, file):
        return True
    if file.between:
        return not set(file.between).isdisjoint(names(party))
    if record.conversation < 0:
        return bool(party.account) and of_two(party.account, record.account) == record.conversation
    return record.conversation > 0 and _may_read(ctx, party, record.conversation, record.line)


def names(party: Party) -> Iterator[Who]:
    """As what ``party`` may be among those between whom something was sent."""
    if party.account:
        yield fold(party.account)
    for user in party.users:
        yield user.uid


def who(user: User) -> Who:
    """``user`` among those between whom something is sent."""
    return fold(user.account) if user.account else user.uid


def _may_read(ctx: Context, party: Party, conversation: int, line: int) -> bool:
    found = _inside(ctx, party, conversation)
    if found is not None:
        user, channel = found
        since = channel.since(user)
    elif party.session is None:  # whoever is not here belongs to channels all the same
        place = channel_of(ctx, conversation)
        seat = place.roster.get(fold(party.account)) if place is not None else None
        if place is None or seat is None or not seat.member:
            return False
        since = seat.since if place.has("H") else 0
    else:
        return False
    return not since or line > since


def _inside(ctx: Context, party: Party, conversation: int) -> tuple[User, Channel] | None:
    """As whom ``party`` is in the channel with that conversation."""
    for user in party.users:
        for channel in ctx.world.channels_of(user):
            if channel.conversation == conversation:
                return user, channel
    return None


def channel_of(ctx: Context, conversation: int) -> Channel | None:
    """The channel with that conversation."""
    channels = ctx.world.channels.values()
    return next((channel for channel in channels if channel.conversation == conversation), None)


def may_delete(ctx: Context, party: Party, file: File) -> bool:
    """Its uploader; and, as with messages, operators of the channel, and those of the server who are in it."""
    if is_uploader(party, file):
        return True
    found = _inside(ctx, party, file.record.conversation)
    if found is None:
        return False
    user, channel = found
    return channel.members[user.uid] >= modes.HALFOP or _operates(party, user)


def _operates(party: Party, user: User) -> bool:
    """Whether ``party`` has the right by which ``user`` is an operator of the server.

    Whoever has shown no session's token has proved to be his account alone, and OPER may have taken another's password.
    """
    own = party.session is not None or fold(user.operator) == fold(party.account)
    return bool(user.operator) and own
