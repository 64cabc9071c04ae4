"""invite and invites: letting in those who have no account yet.

Members may do that too where the configuration says so, each with his own invites, and into a channel only where he
is an operator: an invite gets past whatever else keeps people out of it.
"""

from __future__ import annotations

from typing import Any

from msgspec import structs

from natterjack.core.admissions import is_good, make_invite
from natterjack.core.console.verbs import DURATIONS, Answer, Asker, Right, Verb
from natterjack.core.context import Context
from natterjack.core.policy import INVITES_PER_MEMBER
from natterjack.ports.records import InviteRecord
from natterjack.proto import durations, modes
from natterjack.proto.casemap import fold
from natterjack.proto.names import check_channel
from natterjack.proto.timestamps import format_time

_HOW = "Give it as the server password of an IRC app, or put it behind invite= in the join link."
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
    return True, _HOW, (_show(record),)


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
        f"{len(rows)} invites" + ("" if args else " that let somebody in; invites all shows the others too"),
        rows,
    )


VERBS = {
    "invite": Verb(
        "[--uses N] [--expires 7d] [--channel #x] | revoke CODE",
        "let somebody in who has no account yet",
        _invite,
        Right.MEMBER,
    ),
    "invites": Verb("[all]", "which invites there are", _invites, Right.MEMBER),
}
