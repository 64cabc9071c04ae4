"""Saying something: who may, to whom it goes, what is kept of it, and what the speaker himself gets.

Whoever may speak is decided when a message is accepted, and so is who gets it. What is part of the history is shown
only after it is stored; typing notices and the like are shown at once, and never kept. What is said to an account
reaches all its sessions, under whatever nicks, and waits for it while it has none.

Source: https://modern.ircdocs.horse/#sending-messages, https://ircv3.net/specs/extensions/message-tags
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar, Final

from msgspec import Struct, structs

from natterjack.core import conversations, multiline, reception, rosters
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.delivery import Gated, Line, Loss
from natterjack.core.edits import EDITED, replace, show_edit
from natterjack.core.hindrances import FULL, counts, is_silenced, lasts
from natterjack.core.multiline import Lines
from natterjack.core.policy import LINE_LIMIT
from natterjack.core.replies import shown
from natterjack.core.state import Groups, User, group, select
from natterjack.ports.effects import Send
from natterjack.ports.questions import StoredLine
from natterjack.proto import caps, modes
from natterjack.proto import standard_replies as fails
from natterjack.proto.names import CHANNEL_PREFIX, is_channel
from natterjack.proto.numerics import (
    ERR_CANNOTSENDTOCHAN,
    ERR_CANNOTSENDTOUSER,
    ERR_INPUTTOOLONG,
    ERR_NOSUCHCHANNEL,
    ERR_NOSUCHNICK,
    RPL_AWAY,
)
from natterjack.wire.message import render_tags

#: Who passed on what somebody elsewhere has said, https://github.com/ircv3/ircv3-specifications/pull/417
RELAYED_BY: Final = "draft/relaymsg"
#: The user name of those elsewhere.
_ELSEWHERE: Final = "relay"
#: Characters that fit a line whatever they are, edited or not: UTF-8 has four bytes for one at most.
_SURELY_FITS: Final = (LINE_LIMIT - 2 - len(EDITED)) // 4


class Speech(Struct, frozen=True, gc=False):
    """What is said. ``text`` None: nothing but tags. ``single``: to one target only. ``quiet``: errors are not told.

    ``edits`` is the line whose text it replaces; see :mod:`natterjack.core.editing`. ``long``: the text has several
    lines, as :mod:`natterjack.core.multiline` joins them. ``own``: tags of the server's own, as on the wire.
    """

    verb: str
    text: str | None
    single: bool = True
    quiet: bool = False
    edits: StoredLine | None = None
    long: bool = False
    own: str = ""


def say(ctx: Context, speech: Speech, target: str) -> Line | None:
    """Say it to ``target``. The line that the others get, or None where it was refused, which has been told."""
    if is_channel(target) or (target[:1] in modes.RANK_OF_PREFIX and is_channel(target[1:])):
        return say_in_channel(ctx, speech, target)
    return _to_user(ctx, speech, target)


def say_in_channel(ctx: Context, speech: Speech, target: str) -> Line | None:
    """The same, where ``target`` is a channel, or a part of one (``@#channel``)."""
    verb, text, quiet = speech.verb, speech.text, speech.quiet
    user = ctx.user
    rank = 0
    prefix = ""
    own: tuple[int, ...] = ()  # who gets it though he has not that rank
    name = target
    if target[0] != CHANNEL_PREFIX:
        prefix = target[0]
        rank = modes.RANK_OF_PREFIX[prefix]
        name = target[1:]
    channel = ctx.world.channel(name)
    ranks = channel.members.get(user.uid, -1) if channel is not None else -1
    if channel is None or (ranks < 0 and channel.has("s")):
        if not quiet:
            ctx.reply(ERR_NOSUCHCHANNEL, shown(name))
        return None
    if user.muted:
        if not quiet and text is not None:
            ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=user.muted)
        return None
    if ranks < modes.VOICE and (channel.guarded or ranks < 0):
        if is_silenced(ctx, channel, ranks, speech):
            return None
        if channel.has("U") and rank < modes.HALFOP:
            rank, own = modes.HALFOP, (user.uid,)
    # What is for some ranks only can't be part of what all may read, so it is not kept.
    kept = ctx.policy.history and not rank and (text is not None or lasts(ctx))
    if kept and not channel.lasting and rosters.is_full(ctx):
        if not quiet:
            ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=FULL)
        return None
    target = prefix + channel.name if prefix else channel.name
    line = _line(ctx, speech, target)
    if line is None:
        return None
    if channel.slow and counts(ctx, verb, ranks):
        channel.heard(user, ctx.now.mono)
    groups = _ranked(ctx, channel, rank, own) if rank else channel.groups
    owners = (channel, user, ctx.session)
    label = ctx.take_label() if speech.single and ctx.session.caps & caps.ECHO_MESSAGE else ""
    loss = None
    if kept:
        _keep(ctx, speech, line, channel, owners)
        loss = ctx.loss(verb, target, label)
    heard = ranks >= rank or (bool(own) and ranks >= 0)
    # Not a TAGMSG, nor to some ranks only: they go to others than all.
    speaker = 0 if rank or text is None else ctx.session.sid
    _show(ctx, groups, line, owners, speech, heard=heard, label=label, loss=loss, speaker=speaker)
    return line


class Relayed(Line, frozen=True, gc=False):
    """A :class:`Line` that somebody has passed on, who is named in the first tag of ``extra``."""

    LOOKS: ClassVar[int] = Line.LOOKS | caps.RELAYMSG

    def tags(self, kind: int) -> str:
        """Those who asked to be told by whom are, whether they know of tags otherwise or not."""
        text = super().tags(kind)
        if kind & caps.RELAYMSG and not kind & caps.MESSAGE_TAGS:
            first = self.extra.partition(";")[0]
            return f"{first};{text}" if text else first
        return text


def pass_on(ctx: Context, channel: Channel, name: str, text: str) -> None:
    """The context's user, who may, says ``text`` in ``channel`` for ``name``, who is elsewhere."""
    speech = Speech("PRIVMSG", text)
    body = f":{name}!{_ELSEWHERE}@{ctx.policy.name} PRIVMSG {channel.name} :{text}"
    over = _excess(body, speech)
    if over > 0:
        _tell_too_long(ctx, speech, over)
        return
    kept = ctx.policy.history
    if kept and not channel.lasting and rosters.is_full(ctx):
        ctx.reply(ERR_CANNOTSENDTOCHAN, channel.name, why=FULL)
        return
    tags = ctx.message.tags
    extra = f"{RELAYED_BY}={ctx.user.nick};{relayed(tags) if tags else ''}".rstrip(";")
    line = ctx.stamp(body, ctx.user.account, extra, Relayed)
    owners = (channel, ctx.user, ctx.session)
    label = ctx.take_label() if ctx.has(caps.ECHO_MESSAGE) else ""
    loss = None
    if kept:
        _keep(ctx, speech, line, channel, owners)
        loss = ctx.loss("RELAYMSG", channel.name, label)
    _show(ctx, channel.groups, line, owners, speech, heard=True, label=label, loss=loss)


def _keep(ctx: Context, speech: Speech, line: Line, channel: Channel, owners: Collection[Gated]) -> None:
    """``line`` becomes part of the history of ``channel``."""
    channel.recent = None
    if not channel.lasting:
        rosters.outlast(ctx, channel)
    if speech.edits is not None:
        replace(ctx, speech.edits, line, owners)
    else:
        ctx.remember(line, (channel.conversation,), owners, speech.text is not None)


def _to_user(ctx: Context, speech: Speech, target: str) -> Line | None:
    user = ctx.user
    verb = speech.verb
    receiver = ctx.world.find(target)
    account = receiver.account if receiver is not None else reception.absent(ctx, target)
    if receiver is None and not account:
        if not speech.quiet:
            ctx.reply(ERR_NOSUCHNICK, shown(target))
        return None
    name = receiver.nick if receiver is not None else account
    if user.muted:
        if verb == "PRIVMSG":
            ctx.reply(ERR_CANNOTSENDTOUSER, name, why=user.muted)
        return None
    if receiver is not None and not reception.is_welcome(ctx, receiver, speech.text, speech.quiet):
        return None
    line = _line(ctx, speech, name)
    if line is None:
        return None
    receivers = _same(ctx, receiver, account)
    if user.modes and "R" in user.modes and receiver is not None and not receiver.account:
        reception.accept(user, receiver)  # whoever is spoken to may answer
    senders = _same(ctx, user, user.account)
    owners: tuple[Gated, ...] = (*receivers, *senders, ctx.session)
    away = ""
    if verb == "PRIVMSG" and not speech.quiet:
        away = reception.absence(receiver, receivers)
    if away and speech.single:
        speech = structs.replace(speech, single=False)  # the answer has a second line
    label = ctx.take_label() if speech.single and ctx.session.caps & caps.ECHO_MESSAGE else ""
    loss = None
    if speech.edits is not None:
        replace(ctx, speech.edits, line, owners)
        loss = ctx.loss(verb, name, label)
    elif (speech.text is not None or lasts(ctx)) and (
        other := conversations.kept_with(ctx, receiver, account)
    ):
        conversations.keep(ctx, line, other, owners, message=speech.text is not None)
        loss = ctx.loss(verb, name, label)
    groups = _groups(receivers)
    if speech.text is None:
        groups = select(groups, caps.MESSAGE_TAGS)
    speaker = 0 if speech.text is None or speech.edits is not None else ctx.session.sid
    ctx.delivery.relay(groups, line, owners, None, b"", loss, speaker)
    # The sender's other sessions see what he said; his own gets the echo if it asked for one.
    own = () if user in receivers else _groups(senders)
    others = bool(own) and any(session is not ctx.session for each in senders for session in each.sessions)
    _show(ctx, own if others else (), line, owners, speech, heard=others, label=label, loss=loss)
    if away:
        ctx.reply(RPL_AWAY, name, away)
    return line


def _same(ctx: Context, user: User | None, account: str) -> tuple[User, ...]:
    """All users of ``account``; or ``user`` alone, where that is none."""
    if account:
        return ctx.world.users_of(account)
    return (user,) if user is not None else ()


def _groups(users: tuple[User, ...]) -> Groups:
    if len(users) == 1:
        return users[0].groups
    return group(session for user in users for session in user.sessions)


def _show(
    ctx: Context,
    groups: Groups,
    line: Line,
    owners: Collection[Gated],
    speech: Speech,
    *,
    heard: bool,
    label: str,
    loss: Loss | None,
    speaker: int = 0,
) -> None:
    """Show ``line`` to ``groups``, and the echo to the session; ``heard`` says whether it is among ``groups``.

    ``speaker``: see :meth:`Delivery.relay`.
    """
    session, delivery = ctx.session, ctx.delivery
    if speech.edits is not None:
        groups, line = show_edit(ctx, groups, line, owners, speech.long, loss)
        speaker = 0
    session.active = ctx.now.mono
    if speech.text is None:
        groups = select(groups, caps.MESSAGE_TAGS)
    own = b""
    if session.caps & caps.ECHO_MESSAGE:
        if ctx.labelled:
            delivery.relay(groups, line, owners, session if heard else None, b"", loss, speaker)
            if loss is None:
                for tags, body in line.parts(session.kind):
                    ctx.answer(tags, body)
            else:
                ctx.echo(line)
            return
        if heard and not label:
            delivery.relay(groups, line, owners, None, b"", loss, speaker)
            return
        own = line.render(session.kind, label)
    if heard and session.sid:  # none: whoever speaks does so by another way, and all his sessions see it
        delivery.relay(groups, line, owners, session, own, loss, speaker)
    else:
        if groups:
            delivery.relay(groups, line, owners, None, b"", loss, speaker)
        if own and loss is None:
            delivery.send(session, session.sid, own)
        elif own:
            delivery.either(session, delivery.batch, Send(session.sid, own), None)


def _line(ctx: Context, speech: Speech, target: str) -> Line | None:
    """What others get; None, after a 417, where that would be longer than a line may be.

    Cutting the end off silently, as most servers do, would lose something that its writer believes was read.
    """
    user = ctx.user
    verb, text = speech.verb, speech.text
    body = f":{user.source} {verb} {target}" if text is None else f":{user.source} {verb} {target} :{text}"
    if len(body) > _SURELY_FITS:
        over = (_excess_of_lines if speech.long else _excess)(body, speech)
        if over > 0:
            _tell_too_long(ctx, speech, over)
            return None
    tags = ctx.message.tags
    extra = relayed(tags) if tags else ""
    if user.modes and "B" in user.modes:
        extra = f"bot;{extra}" if extra else "bot"
    if speech.own:
        extra = f"{speech.own};{extra}".rstrip(";")
    return ctx.stamp(body, user.account, extra, Lines if speech.long else Line)


def _excess(body: str, speech: Speech) -> int:
    """By how many bytes ``body`` is too long for others."""
    return len(body.encode()) + 2 - LINE_LIMIT + (len(EDITED) if speech.edits is not None else 0)


def _excess_of_lines(body: str, speech: Speech) -> int:
    """The same where it has several lines: by how much the longest is."""
    head, _, text = body.partition(" :")
    return max(_excess(f"{head} :{piece}", speech) for _, piece in multiline.split(text))


def relayed(tags: Mapping[str, str]) -> str:
    """Client-only tags are passed on, except what is for the server alone. All others would be forged."""
    passed = {
        key: value for key, value in tags.items() if key[0] == "+" and not key.startswith("+natterjack/")
    }
    return render_tags(passed)[1:-1]


def _ranked(ctx: Context, channel: Channel, rank: int, own: tuple[int, ...]) -> Groups:
    """The sessions of those in ``channel`` who rank at least ``rank`` (STATUSMSG), and of ``own``."""
    uids = {uid for uid, ranks in channel.members.items() if ranks >= rank or uid in own}
    sessions = ctx.world.sessions
    return tuple(
        (kind, chosen)
        for kind, sids in channel.groups
        if (chosen := tuple(sid for sid in sids if sessions[sid].uid in uids))
    )


def _tell_too_long(ctx: Context, speech: Speech, over: int) -> None:
    which = "one of the lines" if speech.long else "the line"
    why = f"Nothing was sent: with your name before it {which} is {over} bytes too long for the others"
    if speech.long:
        ctx.fail(fails.MULTILINE_INVALID, "BATCH", why=why)
    else:
        ctx.reply(ERR_INPUTTOOLONG, why=why)
