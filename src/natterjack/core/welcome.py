"""The end of registration: who may in, the first lines he gets, and his way into the default channels.

Source: https://modern.ircdocs.horse/#connection-setup
"""

from __future__ import annotations

from natterjack.core import actions, admissions, leaving, moderation, nicks, pace, playback, rosters, telling
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.crowds import GUEST, MEMBER
from natterjack.core.nested import show_supported
from natterjack.core.policy import Policy
from natterjack.core.state import Registration
from natterjack.ports.effects import Happened
from natterjack.ports.records import InviteRecord
from natterjack.proto import caps, modes
from natterjack.proto.numerics import (
    ERR_NOSUCHCHANNEL,
    ERR_PASSWDMISMATCH,
    RPL_UMODEIS,
    RPL_YOUREOPER,
)


def refusal(policy: Policy, home: bool, via: str) -> str | None:
    """Why a peer may not come in at all, in words; None where it may. ``home``: it is this machine, and trusted."""
    if home:
        return None
    if not policy.allow_plaintext and via in ("irc", "ws"):
        what = "plain text from its own machine only" if policy.trust_loopback else "no plain text"
        return (
            f"this server takes {what}: connect with TLS, on the same port "
            "(its owner can allow it without: serve --allow-plaintext)"
        )
    if policy.access != "open" and not policy.store:
        return "this server has no accounts, so it lets nobody in from other machines (serve --access open would)"
    return None


def complete(ctx: Context) -> None:
    """If the session has said all that it must, let it in. Whoever a ban means is not kept waiting for that."""
    session = ctx.session
    registration = session.registration
    if registration is None or not registration.username or not (session.uid or registration.wanted):
        return
    if session.waiting is not None or session.sid not in ctx.world.sessions:
        return
    bans = ctx.sanctions.bans
    ban = bans.fits(moderation.person_of(ctx, session)) if bans else None
    if ban is not None:
        moderation.expel(ctx, ban, session)
    elif not registration.negotiating:
        _let_in(ctx, registration)


def _let_in(ctx: Context, registration: Registration) -> None:
    session = ctx.session
    admission = admissions.admit(ctx, registration)
    if isinstance(admission, str):
        ctx.reply(ERR_PASSWDMISMATCH, why=admission)
        leaving.hang_up(ctx, session, admission)
        return
    standing = MEMBER if registration.account else GUEST
    crowded = ctx.crowds.refusal(session.site, standing)
    if crowded:
        leaving.hang_up(ctx, session, crowded)
        return
    user = nicks.settle(ctx, registration)
    if user is None:
        return
    ctx.world.let_in(session)
    pace.settle(session, ctx.policy.pace)
    ctx.crowds.move(session.site, session.standing, standing)
    session.standing = standing
    session.active = ctx.now.mono
    ctx.refresh_user()
    if user.registered or registration.account:  # what others of him hear just now, he finds in the history
        ctx.delivery.follow(session)
    if user.registered:
        moderation.joined(ctx, user)
        playback.arrived(ctx)
        if len(user.sessions) == 1:
            _come_back(ctx, registration)
        else:
            ctx.sanctions.judge(user)
        _settle_away(ctx)
        actions.settle_away(ctx, user)
        telling.settle(ctx, registration)
        _join_oneself(ctx)
        if not user.operator and moderation.may_operate(ctx, user.account):
            moderation.grant(ctx, user, user.account)
    else:
        _introduce(ctx, registration)
        _bring_in(ctx, admission)


def _introduce(ctx: Context, registration: Registration) -> None:
    """The user is new here: he is as he has introduced himself, and gets the first lines."""
    user, session, world = ctx.user, ctx.session, ctx.world
    user.username = registration.username
    user.realname = registration.realname
    user.refresh_source()
    world.admit(user, ctx.now.wall)
    world.set_modes(user, ctx.policy.user_modes)
    if registration.account:
        world.identify(user, registration.account)
        playback.arrived(ctx)
        if moderation.may_operate(ctx, user.account):
            world.make_operator(user, user.account)
    ctx.sanctions.judge(user)
    if user.muted:  # it is shown with his JOIN, and he may come anew with another one
        user.realname = user.nick
    _settle_away(ctx)
    user.away = user.absence()
    text = f"{user.nick} connected from {session.ip} port {session.port}"
    ctx.delivery.tell(Happened("connected", text, user.nick, ip=session.ip, port=session.port))
    telling.settle(ctx, registration)
    greet(ctx)
    actions.announce(ctx, user.nick, user)


def _bring_in(ctx: Context, admission: InviteRecord | None) -> None:
    """The user comes into the channels in which everybody is, or where he is led, or where he was."""
    invite = admissions.spend(ctx, admission) if admission is not None else None
    for name in ctx.policy.lobby:
        _bring(ctx, name)
    if invite is not None and invite.channel:
        _lead(ctx, invite)
    if ctx.user.account:
        rosters.come_back(ctx)


def _come_back(ctx: Context, registration: Registration) -> None:
    """The user was seen while he had no session, and is here now: he is as he introduces himself."""
    user, session = ctx.user, ctx.session
    username, host = registration.username, ctx.cloak(session.ip)
    if (username, host) != (user.username, user.host):
        # https://ircv3.net/specs/extensions/chghost: said under the old name
        body = f":{user.source} CHGHOST {username} {host}"
        actions.tell_peers(ctx, user, body, caps.CHGHOST, himself=False)
        ctx.world.move(user, username, host)
    ctx.sanctions.judge(user)
    if registration.realname != user.realname and not user.muted:
        user.realname = registration.realname
        actions.tell_realname(ctx, user, himself=False)


def _bring(ctx: Context, name: str) -> None:
    """The user comes into the channel ``name``, whatever keeps others out of it."""
    channel = ctx.world.channel(name)
    if channel is not None:
        if ctx.user.uid not in channel.members:
            rosters.enter(ctx, channel)
    elif rosters.may_make(ctx):
        rosters.found(ctx, name)
    else:
        ctx.reply(ERR_NOSUCHCHANNEL, name)


def _lead(ctx: Context, invite: InviteRecord) -> None:
    """The user comes into the channel of ``invite``, if whoever made that may still let people in there."""
    channel = ctx.world.channel(invite.channel)
    if channel is None or _may_lead(ctx, invite, channel):
        _bring(ctx, invite.channel)
    else:
        ctx.reply(ERR_NOSUCHCHANNEL, invite.channel)


def _may_lead(ctx: Context, invite: InviteRecord, channel: Channel) -> bool:
    maker = ctx.accounts.get(invite.by)
    return (
        maker is None  # the console
        or moderation.may_operate(ctx, maker.name)
        or rosters.ranks_of(ctx, channel, maker.name) >= modes.HALFOP
    )


def _settle_away(ctx: Context) -> None:
    """What the session has said of being away it said before it was known whether it may say anything."""
    if ctx.user.muted and ctx.session.away:
        ctx.session.away = actions.away_text(ctx.session.away, hushed=True)


def _join_oneself(ctx: Context) -> None:
    """The session is one more of a user who is here already: others need not know, and it learns where it is."""
    user, session = ctx.user, ctx.session
    text = f"{user.nick} connected once more, from {session.ip} port {session.port}"
    ctx.delivery.tell(Happened("connected", text, user.nick, ip=session.ip, port=session.port))
    greet(ctx)
    for channel in list(ctx.world.channels_of(user)):
        actions.show_arrival(ctx, channel)


def greet(ctx: Context) -> None:
    """001 to 005, the numbers, the message of the day, the user's modes."""
    greeting = ctx.greeting
    if ctx.has(caps.EXTENDED_ISUPPORT | caps.METADATA):  # more than the plain lines, and in between
        ctx.answer_lines(greeting.opening.fill(ctx.nick, ctx.user.source))
        show_supported(ctx)
        show_numbers(ctx)
        telling.show_own(ctx)
        show_motd(ctx)
    else:
        ctx.answer_lines(greeting.whole.fill(ctx.nick, ctx.user.source, _numbers(ctx)))
    if ctx.user.modes:
        ctx.reply(RPL_UMODEIS, f"+{ctx.user.modes}")
    if ctx.user.operator:
        ctx.reply(RPL_YOUREOPER)


def show_numbers(ctx: Context) -> None:
    """LUSERS: how many are here."""
    ctx.answer_lines(ctx.greeting.numbers.fill(ctx.nick, numbers=_numbers(ctx)))


def _numbers(ctx: Context) -> dict[str, str]:
    """Secret channels don't count: a number that grows would tell of them."""
    world = ctx.world
    users, invisible = world.registered, world.count("i")
    return {
        "visible": f"{users - invisible}",
        "invisible": f"{invisible}",
        "operators": f"{world.count('o')}",
        "unknown": f"{len(world.sessions) - world.inside}",
        "channels": f"{len(world.channels) - world.secret}",
        "users": f"{users}",
        "most": f"{world.most_users}",
    }


def show_motd(ctx: Context) -> None:
    """The message of the day, or 422."""
    ctx.answer_lines(ctx.greeting.motd.fill(ctx.nick))
