"""CAP: what the session wants to be told, and how.

Source: https://ircv3.net/specs/extensions/capability-negotiation
"""

from __future__ import annotations

from collections.abc import Callable

from natterjack.core.context import Context
from natterjack.core.policy import METADATA_KEYS, METADATA_SUBSCRIPTIONS, METADATA_VALUE_BYTES
from natterjack.core.registry import Changes, command
from natterjack.core.replies import shown
from natterjack.core.speech import RELAYED_BY
from natterjack.proto import caps
from natterjack.proto.names import ELSEWHERE
from natterjack.proto.numerics import ERR_INVALIDCAPCMD, ERR_NEEDMOREPARAMS

#: Bytes of capability names in one line: 512 less source, nick and the words before them.
_NAMES_BYTES = 300
#: The same where there has to be one line only: what the longest server name and nick leave.
_LINE_BYTES = 400
_MULTILINE = "draft/multiline"
_METADATA = "draft/metadata-3"
_REGISTRATION = "draft/account-registration"
_METADATA_LIMITS = ",".join(
    (
        "before-connect",
        f"max-subs={METADATA_SUBSCRIPTIONS}",
        f"max-keys={METADATA_KEYS}",
        f"max-value-bytes={METADATA_VALUE_BYTES}",
    )
)
#: What is told by its value alone, so that it is nothing to those before 302.
_VALUED = frozenset({_MULTILINE, "sts"})
_OF_ACCOUNTS = caps.SASL | caps.ACCOUNT_REGISTRATION
_OF_HISTORY = (
    caps.CHATHISTORY
    | caps.EVENT_PLAYBACK
    | caps.READ_MARKER
    | caps.SEARCH
    | caps.MESSAGE_REDACTION
    | caps.EDIT
    | caps.CLIENT_MSGID
)


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
    names = [capability.name for capability in caps.CAPABILITIES if _offered(ctx, capability)]
    if ctx.session.cap_version >= 302:
        _show(ctx, "LS", [_with_value(ctx, name) for name in names])
    else:
        _say(ctx, "LS", " ".join(_for_old_ones(names)))


def _for_old_ones(names: list[str]) -> list[str]:
    """What of ``names`` is offered to those before 302, who take one line and no values: finished ones first."""
    kept: set[str] = set()
    room = _LINE_BYTES
    for name in sorted(names, key=lambda name: "/" in name):
        room -= len(name) + 1
        if room >= 0 and name not in _VALUED:
            kept.add(name)
    return [name for name in names if name in kept]


def _offered(ctx: Context, capability: caps.Capability) -> bool:
    """What has to do with accounts takes a store, what has to do with the past takes a history."""
    if capability.bit == caps.STS:
        return _offers_sts(ctx)
    if capability.bit & _OF_ACCOUNTS:
        return ctx.policy.store
    return ctx.policy.history or not capability.bit & _OF_HISTORY


def _offers_sts(ctx: Context) -> bool:
    """While the certificate is good. Programs on this machine that came in the open are not told: they call it
    ``localhost``, for which no certificate verifies, and who believes ``sts`` comes by TLS or not at all.
    """
    session = ctx.session
    in_the_open = session.home and session.via in ("irc", "ws")
    return bool(ctx.policy.sts) and ctx.now.wall < ctx.policy.sts_until and not in_the_open


def _with_value(ctx: Context, name: str) -> str:
    if name == _REGISTRATION and ctx.policy.logins.register_early:
        return f"{name}=before-connect"
    if name == "sasl":
        return f"sasl={','.join(ctx.mechanisms)}"
    if name == RELAYED_BY:
        return f"{name}={ELSEWHERE}"
    if name == "sts":
        return f"sts={ctx.policy.sts}"
    if name == _METADATA:
        return f"{name}={_METADATA_LIMITS}"
    if name == _MULTILINE:
        limits = ctx.policy.limits
        return f"{name}=max-bytes={limits.multiline_bytes},max-lines={limits.multiline_lines}"
    return name


def tell_values(ctx: Context) -> None:
    """What a message of several lines may have is another than before."""
    if ctx.session.cap_version >= 302:
        _say(ctx, "NEW", _with_value(ctx, _MULTILINE))


def _list_active(ctx: Context) -> None:
    names = [capability.name for capability in caps.CAPABILITIES if ctx.session.caps & capability.bit]
    _show(ctx, "LIST", names)


def _show(ctx: Context, subcommand: str, names: list[str]) -> None:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) + 1 > _NAMES_BYTES:
            lines.append("")
        lines[-1] += f" {name}" if lines[-1] else name
    more = ["*"] if ctx.session.cap_version >= 302 else []
    for text in lines[:-1]:
        _say(ctx, subcommand, *more, text)
    _say(ctx, subcommand, lines[-1])


def _request(ctx: Context) -> None:
    _hold_registration(ctx)
    wanted = ctx.params[1] if len(ctx.params) > 1 else ""
    now = ctx.session.caps
    for name in wanted.split(" "):
        if not name:
            continue
        capability = caps.BY_NAME.get(name.removeprefix("-"))
        if (
            capability is None
            or capability.bit == caps.STS  # https://ircv3.net/specs/extensions/sts: nobody requests it
            or not _offered(ctx, capability)
            or (name[0] == "-" and _pinned(ctx, capability.bit))
        ):
            _say(ctx, "NAK", wanted)
            return
        now = now & ~capability.bit if name[0] == "-" else now | capability.bit
    _say(ctx, "ACK", wanted)
    ctx.world.set_caps(ctx.session, now)


def _pinned(ctx: Context, bit: int) -> bool:
    """cap-notify comes with version 302 and then can't be turned off."""
    return bit == caps.CAP_NOTIFY and ctx.session.cap_version >= 302


def _end(ctx: Context) -> None:
    registration = ctx.session.registration
    if registration is not None:
        registration.negotiating = False


def _hold_registration(ctx: Context) -> None:
    if ctx.session.registration is not None:
        ctx.session.registration.negotiating = True


def _say(ctx: Context, subcommand: str, *params: str) -> None:
    words = " ".join(("CAP", ctx.nick, subcommand, *params[:-1]))
    ctx.answer("", f":{ctx.policy.name} {words} :{params[-1]}")


_SUBCOMMANDS: dict[str, Callable[[Context], None]] = {
    "LS": _list_offered,
    "LIST": _list_active,
    "REQ": _request,
    "END": _end,
}
