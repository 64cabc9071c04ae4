"""CAP: what the session wants to be told, and how.

Source: https://ircv3.net/specs/extensions/capability-negotiation
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from natterjack.core.context import Context
from natterjack.core.offer import active
from natterjack.core.registry import Changes, command
from natterjack.core.replies import shown
from natterjack.proto import caps
from natterjack.proto.numerics import ERR_INVALIDCAPCMD, ERR_NEEDMOREPARAMS


@command(
    "CAP",
    "LS [302] | LIST | REQ :<capabilities> | END",
    "Agrees with the server on IRCv3 capabilities.",
    early=True,
    changes=Changes.ITSELF_EARLY,
)
def cap(ctx: Context) -> None:
    """Hands on to the subcommand."""
    if not ctx.params:
        ctx.reply(ERR_NEEDMOREPARAMS, "CAP")
        return
    subcommand = ctx.params[0].upper()
    handler = _SUBCOMMANDS.get(subcommand)
    if handler is None:
        ctx.reply(ERR_INVALIDCAPCMD, shown(ctx.params[0]))
    else:
        handler(ctx)


def _list_offered(ctx: Context) -> None:
    _hold_registration(ctx)
    version = ctx.params[1] if len(ctx.params) > 1 else ""
    if version.isascii() and version.isdigit() and len(version) < 6:
        session = ctx.session
        session.cap_version = max(session.cap_version, int(version))
        if session.cap_version >= 302:
            ctx.world.set_caps(session, session.caps | caps.CAP_NOTIFY)
    if ctx.session.cap_version >= 302:
        _show(ctx, "LS", ctx.offer.listed(ctx.mechanisms, _offers_sts(ctx)))
    else:
        _say(ctx, "LS", ctx.offer.short)


def _offers_sts(ctx: Context) -> bool:
    """While the certificate is good. Programs on this machine that came in the open are not told: they call it
    ``localhost``, for which no certificate verifies, and who believes ``sts`` comes by TLS or not at all.
    """
    session = ctx.session
    in_the_open = session.home and session.via in ("irc", "ws")
    return bool(ctx.policy.sts) and ctx.now.wall < ctx.policy.sts_until and not in_the_open


def tell_values(ctx: Context) -> None:
    """What a message of several lines may have is another than before."""
    if ctx.session.cap_version >= 302:
        _say(ctx, "NEW", ctx.offer.multiline)


def _list_active(ctx: Context) -> None:
    _show(ctx, "LIST", active(ctx.session.caps))


def _show(ctx: Context, subcommand: str, lines: Sequence[str]) -> None:
    more = ("*",) if ctx.session.cap_version >= 302 else ()
    bodies = [_line(ctx, subcommand, *more, text) for text in lines[:-1]]
    bodies.append(_line(ctx, subcommand, lines[-1]))
    ctx.answer_all([("", body) for body in bodies])


def _request(ctx: Context) -> None:
    _hold_registration(ctx)
    session = ctx.session
    wanted = ctx.params[1] if len(ctx.params) > 1 else ""
    change = caps.change(wanted)
    # cap-notify comes with version 302 and then can't be turned off.
    pinned = caps.CAP_NOTIFY if session.cap_version >= 302 else 0
    if change is None or change.named & ~ctx.offer.bits or change.refused & pinned:
        _say(ctx, "NAK", wanted)
        return
    _say(ctx, "ACK", wanted)
    ctx.world.set_caps(session, session.caps & ~change.off | change.on)


def _end(ctx: Context) -> None:
    registration = ctx.session.registration
    if registration is not None:
        registration.negotiating = False


def _hold_registration(ctx: Context) -> None:
    if ctx.session.registration is not None:
        ctx.session.registration.negotiating = True


def _say(ctx: Context, subcommand: str, *params: str) -> None:
    ctx.answer("", _line(ctx, subcommand, *params))


def _line(ctx: Context, subcommand: str, *params: str) -> str:
    words = " ".join(("CAP", ctx.nick, subcommand, *params[:-1]))
    return f":{ctx.policy.name} {words} :{params[-1]}"


_SUBCOMMANDS: dict[str, Callable[[Context], None]] = {
    "LS": _list_offered,
    "LIST": _list_active,
    "REQ": _request,
    "END": _end,
}
