"""Accounts that are seen in their channels even while they have no session, as their settings want it (``stays``).

Such an account's user, under the account's own name, does not go with his last session: nobody sees him QUIT, he is
shown as away, and what is said to him waits, as it does for any account. When the server starts he is there again. He
goes when the setting, or the account, does.
"""

from __future__ import annotations

from natterjack.core import actions, leaving
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.sanctions import Person
from natterjack.ports.records import AccountRecord
from natterjack.proto.casemap import fold

#: The user name of whoever has not said his own since the server started.
_USER = "user"


def settle(ctx: Context, record: AccountRecord) -> None:
    """The settings of ``record``'s account have changed."""
    for user in ctx.world.users_of(record.name):
        if not user.sessions and not actions.stays(ctx, user):
            leaving.dismiss(ctx, user, "Gone")


def recheck(ctx: Context) -> None:
    """After a change of accounts or bans: those go who have no session and may not be here any more."""
    for user in list(ctx.world.users.values()):
        if not user.sessions and not actions.stays(ctx, user):
            leaving.dismiss(ctx, user, "Gone")


def restore(ctx: Context) -> None:
    """The server has started: those who stay are in the channels that they belong to, and in the default ones."""
    world, now = ctx.world, ctx.now
    default = [world.channel(name) for name in ctx.policy.lobby]
    seats: dict[str, list[tuple[Channel, int]]] = {}  # by folded account
    for channel in world.channels.values():
        for folded, seat in channel.roster.items():
            if seat.member:
                seats.setdefault(folded, []).append((channel, seat.ranks))
    for record in ctx.accounts:
        if not actions.may_stay(ctx, record) or world.holder(record.name) is not None:
            continue
        person = Person(record.name, record.name, _USER, ctx.policy.name, ())
        if ctx.sanctions.bans.fits(person) is not None:
            continue
        user = world.appear(record.name, ctx.policy.name)
        user.username, user.realname, user.left = _USER, record.name, now.mono
        user.refresh_source()
        world.identify(user, record.name)
        world.admit(user, now.wall)
        world.set_modes(user, ctx.policy.user_modes)
        user.away = user.absence()
        ctx.sanctions.judge(user)
        for channel, ranks in seats.get(fold(record.name), ()):
            world.join(channel, user, ranks, ctx.last_id)
        for lobby in default:
            if lobby is not None and user.uid not in lobby.members:
                world.join(lobby, user, 0, ctx.last_id)
