"""How sessions end, and how those who share a channel with whoever goes are told.

Those who go in one turn (a network has failed, a bouncer was started anew) go together: first all are taken out, then
those who remain are told, and whoever gets the same lines gets them in one piece. One after the other, each would be
told of all who went before him: when a channel of 10,000 goes, that is 50 million lines that nobody reads.

So whoever goes by himself is noted (:func:`leave`), and seen off (:func:`see_off`) before the next event that is no
such end. Nobody notices: since all of them go at one time, who was first is ours to say. Within one event (a tick, in
which those who were too fast go on) others may still act; if they end somebody who is noted, that is his end. Those
with the same channels go one after the other, so that what is told of them goes to the same people. Last, whoever goes
is told so himself: once he has ERROR, the others know, and it is stored where such things are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct, structs

from natterjack.core import actions, conversations, playback
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.delivery import Gated, Line
from natterjack.core.files import removing
from natterjack.core.state import Groups, Session, User, apart
from natterjack.ports.effects import Happened

_Audience = tuple[Groups, Groups]
#: What is shown where somebody goes without a word.
WORDLESS: Final = "Quit"


class Going(Struct, frozen=True):
    """How a session ends: what is ``shown`` as its QUIT, and what it is ``told`` (None: nothing).

    ``lost``: its connection is, so it may not have had the last of what it was sent.

    ``silent`` are the folded names of the channels in which its user may say nothing, so that it is not shown there.
    """

    shown: str
    told: str | None = None
    silent: frozenset[str] = frozenset()
    lost: bool = False


class _Quit(Struct, frozen=True):
    """What is to be told of a user who is gone, and where: ``line``, and that without words in those ``silent``."""

    user: User
    line: Line
    channels: tuple[Channel, ...]
    silent: tuple[Channel, ...]
    owners: tuple[Gated, ...]


def leave(ctx: Context, session: Session, going: Going) -> None:
    """``session`` ends, together with all others that do so before anything else happens."""
    if session is ctx.session:
        ctx.finish()
    ctx.leaving.setdefault(session, going)
    session.waiting = deque()  # what it may still have said is not carried out


def see_off(ctx: Context) -> None:
    """All that :func:`leave` has noted end now."""
    leaving, ctx.leaving = ctx.leaving, {}
    depart(ctx, leaving)


def hang_up(ctx: Context, session: Session, reason: str, shown: str | None = None) -> None:
    """End ``session`` from our side: tell it why, close it, and show ``shown`` (or ``reason``) as its QUIT."""
    hang_up_all(ctx, (session,), reason, reason if shown is None else shown)


def hang_up_all(ctx: Context, sessions: Iterable[Session], reason: str, shown: str) -> int:
    """The same with all ``sessions``; how many they were."""
    leaving = dict.fromkeys(sessions, Going(shown, reason))
    if ctx.session in leaving:
        ctx.finish()
    depart(ctx, leaving)
    return len(leaving)


def depart(ctx: Context, leaving: Mapping[Session, Going]) -> None:
    """The sessions in ``leaving`` end. Whose last one that was goes with it, and his QUIT says why."""
    for session in leaving:
        ctx.leaving.pop(session, None)
    quits: list[tuple[Session, _Quit]] = []
    fewer: list[Session] = []
    for session in sorted(leaving, key=lambda each: _whereabouts(ctx, each)):
        gone = _end(ctx, session, leaving[session])
        if gone is None:
            fewer.append(session)
        else:
            quits.append((session, gone))
    audiences: dict[
        tuple[tuple[Channel, ...], tuple[Channel, ...]], _Audience
    ] = {}  # the same people for the same channels: that is one delivery
    for session, gone in quits:
        where = gone.channels, gone.silent
        if where not in audiences:
            audiences[where] = _audience(ctx, gone)
        _tell(ctx, gone, audiences[where])
        text = f"{gone.user.nick} left ({leaving[session].shown})"
        ctx.delivery.tell(Happened("left", text, gone.user.nick, ip=session.ip, port=session.port))
    for session in fewer:
        user = ctx.world.users.get(session.uid)
        if user is not None:
            ctx.sanctions.judge(user)  # a mute may have meant that session's address
            with ctx.aimed_at(session):
                actions.settle_away(ctx, user)
    for session, going in leaving.items():
        if going.told is not None:
            ctx.delivery.send(session, session.sid, f"ERROR :Closing link: {going.told}\r\n".encode())
            ctx.delivery.close(session, session.sid)


def dismiss(ctx: Context, user: User, reason: str) -> None:
    """``user``, who has no session, goes now: all who share a channel with him see him QUIT."""
    gone = _quit(ctx, user, Going(reason))
    ctx.world.remove_user(user, ctx.now.wall)
    _forget(ctx, user)
    _tell(ctx, gone, _audience(ctx, gone))
    ctx.delivery.tell(Happened("left", f"{user.nick} left ({reason})", user.nick))


def _whereabouts(ctx: Context, session: Session) -> tuple[str, ...]:
    user = ctx.world.users.get(session.uid)
    return tuple(sorted(user.channels)) if user is not None else ()


def _end(ctx: Context, session: Session, going: Going) -> _Quit | None:
    """``session`` is no more. What is to be told of its user, if he is gone with it."""
    user = ctx.world.users.get(session.uid)
    last = user is not None and user.registered and len(user.sessions) == 1
    staying = last and user is not None and actions.stays(ctx, user)
    told = _quit(ctx, user, going) if user is not None and last and not staying else None
    ctx.crowds.leave(session.site, session.standing)
    ctx.tickets.forget(session.sid)
    gone = ctx.world.remove_session(session, ctx.now.wall, staying)
    if gone is not None:
        _forget(ctx, gone)
    elif user is not None and staying:
        user.left = ctx.now.mono
        ctx.world.set_modes(user, user.modes.replace("o", ""))  # he is one again by logging in
    if user is not None:
        playback.departed(ctx, user.account, session if going.lost else None)
    return told


def _quit(ctx: Context, user: User, going: Going) -> _Quit:
    """``user`` goes, and is still there: his QUIT, which is part of his channels' history.

    It is one event with one id, wherever it is shown with his words and wherever without.
    """
    line = ctx.line(f":{user.source} QUIT :{going.shown}", user)
    channels = tuple(ctx.world.channels[folded] for folded in sorted(user.channels))
    silent = tuple(channel for channel in channels if channel.folded in going.silent) if going.silent else ()
    owners = actions.owners_of(ctx, user)
    gone = _Quit(user, line, channels, silent, owners)
    if silent:
        ctx.keep(line, (channel for channel in channels if channel not in silent), owners)
        ctx.keep(_wordless(gone), silent, owners)
    else:
        ctx.keep(line, channels, owners)
    return gone


def _wordless(gone: _Quit) -> Line:
    return structs.replace(gone.line, body=f":{gone.user.source} QUIT :{WORDLESS}")


def _audience(ctx: Context, gone: _Quit) -> _Audience:
    """Who is told of it with words, and who without: whoever is in one of the silent channels."""
    everybody = ctx.world.listeners(gone.channels)
    if not gone.silent:
        return everybody, ()
    silent = ctx.world.listeners(gone.silent)
    return apart(everybody, silent), silent


def _tell(ctx: Context, gone: _Quit, audience: _Audience) -> None:
    """To those who remain."""
    others, silent = audience
    ctx.delivery.relay(others, gone.line, gone.owners)
    if silent:
        ctx.delivery.relay(silent, _wordless(gone), gone.owners)
    actions.announce(ctx, gone.user.nick, None)


def _forget(ctx: Context, user: User) -> None:
    """``user`` is gone."""
    ctx.marks.forget(user)
    conversations.forget_guest(ctx, user)
    removing.departed(ctx, user)
