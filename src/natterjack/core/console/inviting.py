"""invite, invites and link: letting in those who have no account yet.

Members may do that too where the configuration says so, each with his own invites, and into a channel only where he
is an operator: an invite gets past whatever else keeps people out of it.
"""

from __future__ import annotations

from typing import Any

from msgspec import structs

from natterjack.core.admissions import is_good, make_invite, standing_invite
from natterjack.core.console.verbs import DURATIONS, Answer, Asker, Right, Verb, counted
from natterjack.core.context import Context
from natterjack.core.policy import INVITES_PER_MEMBER
from natterjack.ports.records import InviteRecord
from natterjack.proto import durations, modes
from natterjack.proto.casemap import fold
from natterjack.proto.joinlink import is_loopback
from natterjack.proto.names import check_channel
from natterjack.proto.timestamps import format_time

_APPS = "Send the link; an IRC app takes host and port with TLS"
_NO_INVITE = (
    "No invite lets anybody in just now, so that it takes an account: invite makes one with its link."
)
_ALONE = "It listens on this machine only, so that the link is of no use elsewhere."
#: Seconds. Invites are kept for good, also those that are revoked, so members must not make them without end.
_DAY = 86400


def _invite(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    if args[:1] == ("revoke",):
        return _revoke(ctx, asker, args[1:])
    wish = _read_wish(args, ctx.policy.limits.channel)
    if isinstance(wish, str):
        return False, wish, ()
    uses, seconds, channel = wish
    why = _refusal(ctx, asker, channel) if asker.right is Right.MEMBER else ""
    if why:
        return False, why, ()
    expires = ctx.now.wall + seconds if seconds else 0.0
    record = make_invite(ctx, asker.name, uses, expires, channel, (ctx.session,))
    return True, _how(ctx, record.code), (_show(record) | {"link": _link_with(ctx, record.code)},)


def _refusal(ctx: Context, asker: Asker, name: str) -> str:
    """Why a member may not make an invite into the channel ``name`` (``""``: none); ``""`` where he may."""
    now = ctx.now.wall
    own = [record for record in ctx.invites if _may_see(asker, record)]
    if sum(is_good(ctx, record) for record in own) >= INVITES_PER_MEMBER:
        return f"{INVITES_PER_MEMBER} invites of yours are good still: revoke some (see invites)"
    if sum(now - _DAY < record.created <= now for record in own) >= INVITES_PER_MEMBER:
        return f"you have made {INVITES_PER_MEMBER} invites within a day: make the next one tomorrow"
    channel = ctx.world.channel(name) if name else None
    if name and (channel is None or channel.members.get(ctx.user.uid, 0) < modes.HALFOP):
        return f"you are no operator of a channel {name}"
    return ""


def _may_see(asker: Asker, record: InviteRecord) -> bool:
    return asker.right > Right.MEMBER or fold(record.by) == fold(asker.name)


def _revoke(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    record = ctx.invites.get(" ".join(args))
    if record is None or not _may_see(asker, record):
        return False, f"there is no invite {' '.join(args) or '(give its code)'}: see invites", ()
    record = structs.replace(record, revoked=True)
    ctx.invites.put(record)
    ctx.delivery.store(record, (ctx.session,))
    asker.record(ctx, "invite revoke", record.code)
    return True, f"{record.code} lets nobody in any more", ()


def _read_wish(args: tuple[str, ...], length: int) -> tuple[int, int, str] | str:
    """Uses (-1: no limit), seconds (0: for ever) and channel that ``args`` ask for, or what is wrong with them."""
    uses, seconds, channel = -1, 0, ""
    words = iter(args)
    for word in words:
        value = next(words, "")
        if word == "--uses" and value.isascii() and value.isdigit() and 0 < len(value) < 7 and int(value):
            uses = int(value)
        elif word == "--expires" and (wanted := durations.read(value)):
            seconds = wanted
        elif word == "--channel" and check_channel(value, length) is None:
            channel = value
        else:
            return (
                f"can't read {word} {value}".rstrip()
                + f": invite [--uses 5] [--expires {DURATIONS}] [--channel #team]"
            )
    return uses, seconds, channel


def _show(record: InviteRecord) -> dict[str, Any]:
    return {
        "code": record.code,
        "uses_left": record.uses_left if record.uses_left >= 0 else "no limit",
        "expires": format_time(record.expires) if record.expires else "never",
        "channel": record.channel,
        "by": record.by,
        "revoked": record.revoked,
    }


def _invites(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    if args not in ((), ("all",)):
        return False, "usage: invites, or invites all", ()
    rows = tuple(
        _show(record) for record in ctx.invites if _may_see(asker, record) and (args or is_good(ctx, record))
    )
    return (
        True,
        counted(len(rows), "invite")
        if args
        else counted(len(rows), "invite that lets", "invites that let")
        + " somebody in; invites all shows the others too",
        rows,
    )


def _link(ctx: Context, _asker: Asker, args: tuple[str, ...]) -> Answer:
    record = ctx.invites.get(" ".join(args))
    if args and (record is None or not is_good(ctx, record)):
        return False, f"no invite {' '.join(args)} lets anybody in: see invites", ()
    code = record.code if record is not None else standing_invite(ctx)
    link = ctx.policy.link
    row = {
        "link": _link_with(ctx, code),
        "host": link.host,
        "port": link.port,
        "invite": code,
        "pin": link.pin,
    }
    return True, _how(ctx, code), (row,)


def _how(ctx: Context, code: str) -> str:
    """What to do with a link that has the invite ``code``, or none."""
    if is_loopback(ctx.policy.link.host):
        return _ALONE
    if code:
        return f"{_APPS}, and the invite as its server password."
    return f"{_APPS}." if ctx.policy.access == "open" else _NO_INVITE


def _link_with(ctx: Context, code: str) -> str:
    return structs.replace(ctx.policy.link, invite=code).render()


VERBS = {
    "invite": Verb(
        "[--uses N] [--expires 7d] [--channel #x] | revoke CODE",
        "let somebody in who has no account yet",
        _invite,
        Right.MEMBER,
    ),
    "link": Verb("[CODE]", "the join link, with the invite for everybody or another", _link),
    "invites": Verb("[all]", "which invites there are", _invites, Right.MEMBER),
}
