"""What several handlers do alike: to come into a channel, to leave it, to be shown to be somewhere."""

from __future__ import annotations

from typing import ClassVar

from msgspec import structs

from natterjack.core import telling
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.delivery import Gated, Line
from natterjack.core.policy import LINE_LIMIT
from natterjack.core.replies import fitted
from natterjack.core.rolls import Manner, Roll, words_for
from natterjack.core.sanctions import seen
from natterjack.core.silence import is_silent, silent
from natterjack.core.state import NOBODY_THERE, NOT_HERE, User, apart, select
from natterjack.ports.effects import Happened
from natterjack.ports.records import AccountRecord
from natterjack.proto import caps
from natterjack.proto.casemap import fold
from natterjack.proto.limits import NICK_BYTES
from natterjack.proto.names import is_service
from natterjack.proto.numerics import (
    ERR_INPUTTOOLONG,
    RPL_ENDOFNAMES,
    RPL_MONOFFLINE,
    RPL_MONONLINE,
    RPL_NAMREPLY,
    RPL_TOPIC,
    RPL_TOPICWHOTIME,
)
from natterjack.proto.timestamps import format_time


class Arrival(Line, frozen=True, gc=False):
    """A JOIN; ``full`` is its body for those with extended-join. https://ircv3.net/specs/extensions/extended-join"""

    full: str = ""

    LOOKS: ClassVar[int] = Line.LOOKS | caps.EXTENDED_JOIN

    def render(self, kind: int, label: str = "") -> bytes:
        """As sessions of ``kind`` get it."""
        body = self.full if kind & caps.EXTENDED_JOIN else self.body
        return Line(body, self.time, self.id, self.msgid, self.account, self.extra).render(kind, label)

    def parts(self, kind: int) -> list[tuple[str, str]]:
        """The one line that it is for ``kind``."""
        return [(self.tags(kind), self.full if kind & caps.EXTENDED_JOIN else self.body)]


def join(ctx: Context, channel: Channel, ranks: int = 0) -> None:
    """The context's user comes into ``channel``; everybody there is told, and the session gets topic and names."""
    user = ctx.user
    settled = channel.settled()
    ctx.world.join(channel, user, ranks, ctx.last_id)
    owners: tuple[Gated, ...] = (channel, user, *user.sessions)
    plain = ctx.line(f":{user.source} JOIN {channel.name}")
    hushed = is_silent(ctx, channel, user)
    realname = user.nick if hushed else user.realname  # as tell_realname has it
    full = fitted(f"{plain.body} {user.account or '*'} :{realname}")
    line = Arrival(plain.body, plain.time, plain.id, plain.msgid, plain.account, plain.extra, full)
    ctx.keep(line, (channel,), owners)
    ctx.arrive(settled, channel.newcomers, line, owners)
    if user.away:
        text = away_text(user.away, hushed)
        away = ctx.line(f":{user.source} AWAY :{text}")
        ctx.delivery.relay(select(channel.groups, caps.AWAY_NOTIFY), away, owners)
    came = ctx.session
    text = f"{user.nick} joined {channel.name} from {came.ip}"
    ctx.delivery.tell(Happened("joined", text, user.nick, channel.name, came.ip, came.port))
    _show_channel(ctx, channel)
    telling.introduce(ctx, channel)
    ctx.note_arrival(channel)
    for session in user.sessions:
        if session is not ctx.session:
            with ctx.aimed_at(session):
                _show_channel(ctx, channel)


def show_arrival(ctx: Context, channel: Channel) -> None:
    """Tell the session alone that its user is in ``channel``, where he has been before it came."""
    show_joined(ctx, channel)
    ctx.note_arrival(channel)


def show_joined(ctx: Context, channel: Channel) -> None:
    """JOIN, and what follows it, for the session alone: it has not heard of ``channel``, or not under its name."""
    user = ctx.user
    if ctx.has(caps.EXTENDED_JOIN):
        line = ctx.line(f":{user.source} JOIN {channel.name} {user.account or '*'} :{user.realname}")
    else:
        line = ctx.line(f":{user.source} JOIN {channel.name}")
    ctx.answer(line.tags(ctx.session.kind), line.body)
    _show_channel(ctx, channel)


def _show_channel(ctx: Context, channel: Channel) -> None:
    if channel.topic is not None:
        show_topic(ctx, channel)
    if ctx.has(caps.READ_MARKER):
        show_mark(ctx, channel.name)
    if not ctx.has(caps.NO_IMPLICIT_NAMES):
        show_names(ctx, channel)
    telling.show_channel(ctx, channel)


def show_mark(ctx: Context, target: str) -> None:
    """MARKREAD: how far the user has read ``target``. https://ircv3.net/specs/extensions/read-marker"""
    time = ctx.marks.get(ctx.user, target)
    ctx.say("MARKREAD", target, f"timestamp={format_time(time / 1000)}" if time else "*")


def show_topic(ctx: Context, channel: Channel) -> None:
    """RPL_TOPIC and who set it; only for a channel that has one."""
    topic = channel.topic
    assert topic is not None
    ctx.reply(RPL_TOPIC, channel.name, topic.text)
    ctx.reply(RPL_TOPICWHOTIME, channel.name, topic.by, str(int(topic.time)))


def show_names(ctx: Context, channel: Channel) -> None:
    """RPL_NAMREPLY for those present whom the user may see, and its end."""
    show_members(ctx, channel)
    ctx.reply(RPL_ENDOFNAMES, channel.name)


def show_members(ctx: Context, channel: Channel) -> None:
    """The same without the end."""
    manner = ctx.has(caps.MULTI_PREFIX), ctx.has(caps.USERHOST_IN_NAMES)
    if ctx.user.uid in channel.members:
        roll = channel.rolls.get(manner)
        if roll is None:
            roll = channel.rolls[manner] = _roll(ctx, channel, manner)
    else:
        roll = _roll(ctx, channel, manner, unless="i")
    head = f":{ctx.policy.name} {RPL_NAMREPLY.code} {ctx.nick} {_sign(channel)} {channel.name} :"
    if roll.fits and roll.lines:
        between = f"\r\n{head}"
        ctx.answer_lines(f"{head}{between.join(roll.lines)}\r\n")
    else:
        ctx.answer_lines("".join([f"{fitted(head + names)}\r\n" for names in roll.lines]))


def _sign(channel: Channel) -> str:
    return "@" if channel.has("s") else "="


def _roll(ctx: Context, channel: Channel, manner: Manner, unless: str = "") -> Roll:
    """Those who are in ``channel``, but for those with the user mode ``unless``, for whoever has the longest nick."""
    longest = "n" * NICK_BYTES
    head = f":{ctx.policy.name} {RPL_NAMREPLY.code} {longest} {_sign(channel)} {channel.name} :\r\n"
    users = ctx.world.users
    members = [(users[uid], ranks) for uid, ranks in channel.members.items()]
    if unless:
        members = [each for each in members if unless not in each[0].modes]
    return Roll(LINE_LIMIT - len(head.encode()), words_for(members, manner))


def part(ctx: Context, channel: Channel, reason: str) -> None:
    """The context's user leaves ``channel``."""
    tail = f" :{reason}" if reason else ""
    line = ctx.line(f":{ctx.user.source} PART {channel.name}{tail}")
    owners = (channel, ctx.user, ctx.session)
    ctx.keep(line, (channel,), owners)
    ctx.relay(channel.groups, line, owners, self_included=True)
    ctx.world.part(channel, ctx.user)
    text = f"{ctx.user.nick} left {channel.name}"
    ctx.delivery.tell(Happened("parted", text, ctx.user.nick, channel.name))


def owners_of(ctx: Context, user: User) -> tuple[Gated, ...]:
    """All whose order an event about ``user`` belongs to: himself, his sessions, his channels."""
    return (user, *user.sessions, *ctx.world.channels_of(user))


def tell_peers(
    ctx: Context,
    user: User,
    body: str,
    cap: int,
    *,
    monitored: bool = True,
    himself: bool = True,
    kept: bool = False,
    closed: tuple[Channel, ...] = (),
    wordless: str = "",
) -> None:
    """Show an event about ``user`` to all who share a channel with him, as far as they negotiated ``cap``.

    He is among them unless ``himself`` is False; it is part of his channels' history if ``kept``. Those who only
    MONITOR him get it with extended-monitor (https://ircv3.net/specs/extensions/extended-monitor). Others who are in a
    channel of those ``closed`` to what he says get ``wordless`` in its place, or nothing.
    """
    line = ctx.line(body, user)
    groups = ctx.world.peers(user, cap)
    known = {sid for _, sids in groups for sid in sids}
    owners = owners_of(ctx, user)
    if closed:
        others = apart(select(ctx.world.listeners(closed), cap), user.groups)
        groups = apart(groups, others)
        if wordless:
            ctx.delivery.relay(others, structs.replace(line, body=fitted(wordless)), owners)
    if kept:
        ctx.keep(line, ctx.world.channels_of(user), owners)
    if himself:
        ctx.relay(groups, line, owners, self_included=ctx.session.sid in known)
    else:
        ctx.delivery.relay(groups, line, owners, ctx.session if ctx.session.sid in known else None)
    watchers = ctx.world.watchers.get(fold(user.nick)) if monitored else None
    for sid in watchers or ():
        session = ctx.world.sessions[sid]
        wanted = cap | caps.EXTENDED_MONITOR
        if sid not in known and session.caps & wanted == wanted:
            ctx.delivery.relay(((session.kind, (sid,)),), line, owners)


def tell_realname(ctx: Context, user: User, himself: bool = True) -> None:
    """His peers are told the new real name of ``user``; where he may not speak they find it by WHO and WHOIS alone."""
    closed = silent(ctx, user)
    tell_peers(
        ctx, user, f":{user.source} SETNAME :{user.realname}", caps.SETNAME, himself=himself, closed=closed
    )


def away_text(text: str, hushed: bool) -> str:
    """``text`` as it is shown; of who is ``hushed`` it is no secret that he is away, but his words are not told."""
    return "Away" if hushed and text not in ("", NOBODY_THERE, NOT_HERE) else text


def settle_away(ctx: Context, user: User) -> None:
    """Something about the sessions of ``user`` has changed: his peers are told if he is away for that, or back."""
    text = user.absence()
    if text == user.away:
        return
    user.away = text
    tail = f" :{text}" if text else ""
    closed = silent(ctx, user) if text else ()
    wordless = f":{user.source} AWAY :{away_text(text, hushed=True)}"
    tell_peers(
        ctx,
        user,
        f":{user.source} AWAY{tail}",
        caps.AWAY_NOTIFY,
        himself=False,
        closed=closed,
        wordless=wordless,
    )


def may_stay(ctx: Context, record: AccountRecord) -> bool:
    """Whether the account ``record`` is to be seen while it has no session: not under a name that can be no nick."""
    return (
        record.stays
        and not record.revoked
        and not is_service(record.name)
        and ctx.sanctions.bans.on_account(record.name) is None
    )


def stays(ctx: Context, user: User) -> bool:
    """Whether ``user`` is here even without a session: under the name of an account that wants it so.

    Whom a ban means goes, whatever it knows him by: his nick, or the address that his last session has.
    """
    record = ctx.accounts.get(user.account) if user.account else None
    return (
        record is not None
        and fold(user.nick) == fold(record.name)
        and may_stay(ctx, record)
        and ctx.sanctions.bans.fits(seen(user)) is None
    )


def is_overlong(ctx: Context, what: str, text: str, most: int) -> bool:
    """Whether ``text`` has more than ``most`` bytes; if so a 417 was sent. To cut it would lose its end unnoticed."""
    size = len(text.encode())
    if size > most:
        ctx.reply(
            ERR_INPUTTOOLONG, why=f"Nothing was changed: {what} has at most {most} bytes, this one {size}"
        )
    return size > most


def announce(ctx: Context, nick: str, user: User | None) -> None:
    """Tell those who MONITOR ``nick`` that ``user`` came under it, or (None) that nobody has it any more.

    Source: https://ircv3.net/specs/extensions/monitor
    """
    watchers = ctx.world.watchers.get(fold(nick)) if ctx.world.watchers else None
    if not watchers:
        return
    for sid in watchers:
        session = ctx.world.sessions[sid]
        numeric, who = (RPL_MONOFFLINE, nick) if user is None else (RPL_MONONLINE, user.source)
        watcher = ctx.world.users[session.uid].nick
        line = f":{ctx.policy.name} {numeric.code} {watcher} :{who}\r\n"
        ctx.delivery.send(session, sid, line.encode())
    if user is not None:
        telling.appeared(ctx, user)
