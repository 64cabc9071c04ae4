"""Who may come in: whoever is at home, has an account, or an invite; what the server's access says of each."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import structs

from natterjack.core.context import Context
from natterjack.core.delivery import Gated
from natterjack.core.invites import new_code
from natterjack.core.sanctions import lock_text
from natterjack.core.state import Registration
from natterjack.ports.effects import Happened
from natterjack.ports.records import InviteRecord

_NO_ACCOUNT = "only members may come in: log in to an account (SASL)"
_NO_INVITE = "you need an invite (as the server password) or an account (SASL)"
#: The same for all three, so that guessing tells nothing.
_BAD_INVITE = "this invite is unknown, used up or expired: ask for a new one"


def admit(ctx: Context, registration: Registration) -> InviteRecord | str | None:
    """Whether the session, whose registration is complete, may come in.

    The answer is None where it may, the invite that lets it in and has to be spent, or why it may not, in words.
    """
    policy = ctx.policy
    lock = ctx.sanctions.lock
    if lock is not None and not registration.account:
        return lock_text(lock, "come in")
    if registration.account or (policy.access == "open" and not registration.password):
        return None
    if ctx.session.home and policy.access != "accounts":
        return None
    if not registration.password:
        return _NO_ACCOUNT if policy.access == "accounts" else _NO_INVITE
    invite = ctx.invites.get(registration.password)
    if invite is None or not is_good(ctx, invite):
        return None if policy.access == "open" else _BAD_INVITE
    return invite


def is_good(ctx: Context, invite: InviteRecord) -> bool:
    """Whether ``invite`` still lets somebody in. Whoever is kept out himself can't let others in, or himself again."""
    maker = ctx.accounts.get(invite.by)
    return (
        not invite.revoked
        and invite.uses_left != 0
        and (not invite.expires or ctx.now.wall < invite.expires)
        and (maker is None or (not maker.revoked and ctx.sanctions.bans.on_account(maker.name) is None))
    )


def standing_invite(ctx: Context) -> str:
    """The code that lets others in just now; ``""`` where none does, or none is needed."""
    if not ctx.policy.store or ctx.policy.access == "open":
        return ""
    good = [record for record in ctx.invites if is_good(ctx, record)]
    # One that was made for somebody in particular is not shown to everybody, if there is another.
    general = [
        record for record in good if record.uses_left < 0 and not record.expires and not record.channel
    ]
    found = general or good
    return found[-1].code if found else ""


def make_invite(
    ctx: Context,
    by: str,
    uses: int = -1,
    expires: float = 0.0,
    channel: str = "",
    owners: Collection[Gated] = (),
) -> InviteRecord:
    """A new invite, made by ``by``; the rest as in :class:`~natterjack.ports.records.InviteRecord`.

    What its ``owners`` say from now on waits until it is stored.
    """
    record = InviteRecord(new_code(ctx.entropy), ctx.now.wall, by, uses, expires, channel)
    ctx.invites.put(record)
    ctx.delivery.store(record, owners)
    ctx.record(by, "invite", record.code, owners)
    return record


def spend(ctx: Context, invite: InviteRecord) -> InviteRecord:
    """The session came in by ``invite``: count that, and write down who it was."""
    if invite.uses_left > 0:
        invite = structs.replace(invite, uses_left=invite.uses_left - 1)
        ctx.invites.put(invite)
        ctx.delivery.store(invite, ())
    ctx.record(f"{ctx.user.nick} ({ctx.session.ip})", "came by invite", invite.code)
    text = f"{ctx.user.nick} came by the invite {invite.code}"
    ctx.delivery.tell(Happened("invited", text, ctx.user.nick, ip=ctx.session.ip, port=ctx.session.port))
    return invite
