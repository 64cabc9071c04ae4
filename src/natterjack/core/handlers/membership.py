"""JOIN, PART, KICK, INVITE: who is in a channel.

Source: https://modern.ircdocs.horse/#channel-operations
"""

from __future__ import annotations

from natterjack.core import actions, bans, pace, reception, rosters
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.delivery import Gated
from natterjack.core.registry import Changes, command
from natterjack.core.replies import shown
from natterjack.core.silence import is_silent
from natterjack.core.state import User, select
from natterjack.ports.effects import Happened
from natterjack.proto import caps, modes
from natterjack.proto.casemap import fold
from natterjack.proto.limits import clip
from natterjack.proto.names import check_channel
from natterjack.proto.numerics import (
    ERR_BADCHANMASK,
    ERR_BADCHANNELKEY,
    ERR_BANNEDFROMCHAN,
    ERR_CANNOTSENDTOCHAN,
    ERR_CANNOTSENDTOUSER,
    ERR_CHANNELISFULL,
    ERR_INVITEONLYCHAN,
    ERR_LINKCHANNEL,
    ERR_NEEDMOREPARAMS,
    ERR_NEEDREGGEDNICK,
    ERR_NOSUCHCHANNEL,
    ERR_TOOMANYCHANNELS,
    ERR_UNAVAILRESOURCE,
    ERR_USERNOTINCHANNEL,
    ERR_USERONCHANNEL,
    RPL_AWAY,
    RPL_ENDOFINVITELIST,
    RPL_INVITELIST,
    RPL_INVITING,
    Numeric,
)
from natterjack.proto.standard_replies import BELONGS_NO_MORE, CHANNEL_RENAMED


@command(
    "JOIN",
    "<channel>[,<channel>] [<key>[,<key>]]",
    "Comes into channels, or makes them.",
    params=1,
    cost=2,
    changes=Changes.ONCE_IT_ACTS,
)
def join(ctx: Context) -> None:
    """``JOIN 0`` leaves them all (RFC 2812). Each channel counts for the pace, whether he gets in or not."""
    if ctx.params == ("0",):
        ctx.act()
        for channel in list(ctx.world.channels_of(ctx.user)):
            rosters.leave(ctx, channel, ctx.user)
            actions.part(ctx, channel, "")
        return
    keys = ctx.params[1].split(",") if len(ctx.params) > 1 else []
    names = dict.fromkeys(ctx.params[0].split(","))
    pace.charge(ctx.session, ctx.policy.pace, len(names) - 1)
    for index, name in enumerate(names):
        if name:
            _join_one(ctx, name, keys[index] if index < len(keys) else "")


def _join_one(ctx: Context, name: str, key: str) -> None:
    limits = ctx.policy.limits
    channel = ctx.world.channel(name)
    # A channel that is there already may have a longer name than new ones.
    why = check_channel(name, limits.channel) if channel is None else None
    if why is not None:
        ctx.reply(ERR_NOSUCHCHANNEL if name[:1] != "#" else ERR_BADCHANMASK, shown(name), why=why)
        return
    if channel is not None and ctx.user.uid in channel.members:
        return
    present, ended = ctx.world.renamed_from(name, ctx.now.mono)
    if present is not None and _may_follow(ctx, present, ended, key):
        _show_new_name(ctx, name, present, key)
        return
    if limits.channels is not None and len(ctx.user.channels) >= limits.channels:
        ctx.reply(ERR_TOOMANYCHANNELS, name, limit=limits.channels)
        return
    makes = rosters.may_make(ctx)
    if channel is None:
        if not makes:
            ctx.reply(ERR_NOSUCHCHANNEL, shown(name))
        elif ctx.user.muted:  # its name would be something said
            ctx.reply(ERR_UNAVAILRESOURCE, name, why=ctx.user.muted)
        elif (too_many := rosters.why_not_more(ctx)) is not None:
            ctx.reply(ERR_UNAVAILRESOURCE, name, why=too_many)
        else:
            ctx.act()
            rosters.found(ctx, name)
        return
    refusal = _refusal(ctx, channel, key)
    if refusal is None:
        ctx.act()
        rosters.enter(ctx, channel)
    elif channel.has("s") and not makes:
        ctx.reply(ERR_NOSUCHCHANNEL, shown(name))  # word for word as above
    elif (other := _led_to(ctx, channel)) is not None:
        ctx.reply(
            ERR_LINKCHANNEL,
            channel.name,
            other.name,
            why="You can't come in there, and are led on to another channel",
        )
        if ctx.user.uid not in other.members:
            ctx.act()
            rosters.enter(ctx, other)
    else:
        numeric, why = refusal
        ctx.reply(numeric, channel.name, why=why)


def _may_follow(ctx: Context, channel: Channel, ended: float, key: str) -> bool:
    """Whether the context's user, who says the name that ``channel`` had until then, may be told the present one.

    A secret one looks as if it were not there to all who are not in it, do not belong to it and are not asked in; and
    so does an invite-only one to all who could not come in. Who is in it with a client that would be led there, and
    was there as it got another name, means another one of that name. Who has come since may not know: a login puts
    people where they were, and then their clients join what they remember.
    """
    user = ctx.user
    if user.uid in channel.members:
        return ctx.has(caps.CHANNEL_RENAME) or ctx.session.since > ended
    if user.uid in channel.invited or rosters.belongs(channel, user):
        return True
    return not channel.has("s") and (not channel.has("i") or _refusal(ctx, channel, key) is None)


def _show_new_name(ctx: Context, name: str, channel: Channel, key: str) -> None:
    """https://ircv3.net/specs/extensions/channel-rename#channel-redirection and #fallback

    Told as soon as it is stored that ``channel`` has another name.
    """
    ctx.session.gate = max(ctx.session.gate, channel.gate)
    if ctx.has(caps.CHANNEL_RENAME):
        ctx.fail(CHANNEL_RENAMED, "JOIN", name, channel.name)
    else:
        ctx.reply(ERR_LINKCHANNEL, name, channel.name, why=CHANNEL_RENAMED.text)
        _join_one(ctx, channel.name, key)


def _led_to(ctx: Context, channel: Channel) -> Channel | None:
    """Where the user, who can't come into ``channel``, can come in instead; he is led on once, not from there again."""
    other = ctx.world.channel(channel.forward) if channel.forward else None
    return other if other is not None and _refusal(ctx, other, "") is None else None


def _refusal(ctx: Context, channel: Channel, key: str) -> tuple[Numeric, str] | None:
    """What keeps the context's user out of ``channel``; None where nothing does. The cheapest looks come first."""
    user = ctx.user
    if user.uid in channel.invited or rosters.belongs(channel, user):
        return None
    if channel.has("R") and not user.account:
        return ERR_NEEDREGGEDNICK, "Cannot join channel (+R): you need to log in to an account"
    if channel.key and channel.key != key:
        return ERR_BADCHANNELKEY, ""
    if channel.limit and len(channel.members) >= channel.limit:
        return ERR_CHANNELISFULL, ""
    if channel.has("i") and not bans.listed(channel, "I", user):
        return ERR_INVITEONLYCHAN, ""
    ban = bans.barred(channel, user, speaking=False)
    return None if ban is None else (ERR_BANNEDFROMCHAN, bans.words(ctx, ban))


@command(
    "PART",
    "<channel>[,<channel>] [:<reason>]",
    "Leaves channels.",
    params=1,
    changes=Changes.ONCE_IT_ACTS,
)
def part(ctx: Context) -> None:
    """Each one in turn."""
    reason = clip(ctx.params[1], ctx.policy.limits.reason) if len(ctx.params) > 1 else ""
    for name in dict.fromkeys(ctx.params[0].split(",")):
        channel = ctx.own_channel(name) if name else None
        if channel is not None:
            silent = bool(reason) and is_silent(ctx, channel, ctx.user)
            ctx.act()
            rosters.leave(ctx, channel, ctx.user)
            actions.part(ctx, channel, "" if silent else reason)


@command(
    "KICK",
    "<channel> <nick>[,<nick>] [:<reason>]",
    "Puts somebody out of a channel.",
    params=2,
    changes=Changes.ONCE_IT_ACTS,
)
def kick(ctx: Context) -> None:
    """One channel and any number of nicks, or as many channels as nicks (RFC 2812 section 3.2.8).

    A half-operator may not kick those who rank as high as himself; an owner is kicked by owners alone. With somebody
    whose account belongs to the channel all go that it has there, or it could come back; where it has nobody there, its
    name says that it does not belong there any more.
    """
    channels, nicks = ctx.params[0].split(","), ctx.params[1].split(",")
    if len(channels) == 1:
        channels *= len(nicks)
    elif len(channels) != len(nicks):
        ctx.reply(ERR_NEEDMOREPARAMS, "KICK")
        return
    text = clip(ctx.params[2], ctx.policy.limits.reason) if len(ctx.params) > 2 else ""
    for name, nick in dict.fromkeys(zip(channels, nicks, strict=True)):
        channel = ctx.own_channel(name)
        if channel is None or ctx.needs_rank(channel, modes.HALFOP):
            return
        if text and ctx.user.muted:
            ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=ctx.user.muted)
            return
        if nick:
            _kick_one(ctx, channel, nick, text or ctx.user.nick)


def _kick_one(ctx: Context, channel: Channel, nick: str, reason: str) -> None:
    holder = rosters.find_holder(ctx, channel, nick)
    if holder is None:
        return
    ranks = holder.ranks
    if not holder.users and not channel.roster[fold(holder.account)].member:
        ctx.reply(ERR_USERNOTINCHANNEL, holder.account, channel.name)
        return
    if ranks >= modes.HALFOP and ctx.needs_rank(channel, modes.OWNER if ranks >= modes.OWNER else modes.OP):
        return
    ctx.act()
    # First, since what is shown has to wait for what that stores.
    going = _going(ctx, channel, holder, nick)
    for user in going:
        _show_out(ctx, channel, user, reason)
    if not going:  # there is nobody whom the others could see going
        ctx.note(BELONGS_NO_MORE, "KICK", channel.name, holder.account, account=holder.account)
    for name in [user.nick for user in going] or [holder.account]:
        text = f"{name} was put out of {channel.name} by {ctx.user.nick} ({reason})"
        ctx.delivery.tell(Happened("kicked", text, name, channel.name))


def _going(ctx: Context, channel: Channel, holder: rosters.Holder, nick: str) -> tuple[User, ...]:
    """Who has to go where ``holder`` is put out, whose account then belongs to ``channel`` no longer.

    Whoever names one of his own nicks means that one: it goes as if it had parted.
    """
    named = ctx.world.find(nick)
    if named is not None and named in holder.users and fold(named.account) == fold(ctx.user.account):
        rosters.leave(ctx, channel, named)
        return (named,)
    rosters.expel(ctx, channel, holder, ctx.session)
    return holder.users


def _show_out(ctx: Context, channel: Channel, user: User, reason: str) -> None:
    line = ctx.line(f":{ctx.user.source} KICK {channel.name} {user.nick} :{reason}")
    owners: tuple[Gated, ...] = (channel, ctx.user, ctx.session, user, *user.sessions)
    ctx.keep(line, (channel,), owners)
    ctx.relay(channel.groups, line, owners, self_included=ctx.user.uid in channel.members)
    ctx.world.part(channel, user)


@command(
    "INVITE",
    "[<nick> <channel>]",
    "Asks somebody into a channel, or shows where you are asked in.",
    changes=Changes.ONCE_IT_ACTS,
)
def invite(ctx: Context) -> None:
    """Where the channel is invite-only, only its operators may. An invitation gets past all that keeps people out."""
    if not ctx.params:
        for folded in ctx.user.invitations:
            ctx.reply(RPL_INVITELIST, ctx.world.channels[folded].name)
        ctx.reply(RPL_ENDOFINVITELIST)
        return
    if len(ctx.params) < 2:
        ctx.reply(ERR_NEEDMOREPARAMS, "INVITE")
        return
    target = ctx.find_user(ctx.params[0])
    channel = ctx.own_channel(ctx.params[1]) if target is not None else None
    if target is None or channel is None:
        return
    if channel.has("i") and ctx.needs_rank(channel, modes.HALFOP):
        return
    if ctx.user.muted:
        ctx.reply(ERR_CANNOTSENDTOUSER, target.nick, why=ctx.user.muted)
        return
    if target.uid in channel.members:
        ctx.reply(ERR_USERONCHANNEL, target.nick, channel.name)
        return
    # The name of a channel is something said. Whoever is not here is asked in all the same.
    unwelcome = reception.unwelcome(ctx, target, "") if target.sessions else None
    if unwelcome is not None:
        ctx.reply(unwelcome[0], target.nick, why=unwelcome[1])
        return
    ctx.act()
    if ctx.user.uid in channel.members and channel.members[ctx.user.uid] >= modes.HALFOP:
        ctx.world.invite(channel, target)
    ctx.reply(RPL_INVITING, target.nick, channel.name)
    if target.away:
        ctx.reply(RPL_AWAY, target.nick, target.away)
    line = ctx.line(f":{ctx.user.source} INVITE {target.nick} {channel.name}")
    owners: tuple[Gated, ...] = (channel, ctx.user, ctx.session, target, *target.sessions)
    ctx.delivery.relay(target.groups, line, owners)
    # https://ircv3.net/specs/extensions/invite-notify: those who could have invited are told.
    for kind, sids in select(channel.groups, caps.INVITE_NOTIFY):
        told = tuple(sid for sid in sids if sid != ctx.session.sid and _may_invite(ctx, channel, sid))
        if told:
            ctx.delivery.relay(((kind, told),), line, owners)


def _may_invite(ctx: Context, channel: Channel, sid: int) -> bool:
    return channel.members[ctx.world.sessions[sid].uid] >= modes.HALFOP or not channel.has("i")
