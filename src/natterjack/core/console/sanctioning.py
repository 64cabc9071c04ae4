"""ban, mute, bans, lock and their opposites: keeping people out, or quiet."""

from __future__ import annotations

from msgspec import Struct

from natterjack.core import moderation
from natterjack.core.console.verbs import DURATIONS, Answer, Asker, Verb, because, counted, sessions
from natterjack.core.context import Context
from natterjack.core.policy import SANCTION_MASKS, SANCTIONS
from natterjack.core.sanctions import BAN, MUTE, day, means_loopback, read_network, show_network
from natterjack.ports.records import LockGoneRecord, LockRecord, SanctionGoneRecord, SanctionRecord
from natterjack.proto import durations
from natterjack.proto.limits import MASK_LENGTH, SANCTION_LENGTH, clip
from natterjack.proto.masks import normalise
from natterjack.proto.timestamps import format_time

_FORMS = "an account, an address, a network such as 192.0.2.0/24, or a mask nick!user@host"


class _Wish(Struct, frozen=True):
    target: str
    seconds: float  # 0: for good
    reason: str


class _UnreadableError(ValueError):
    """What was typed can't be carried out; the text says why."""


def _ban(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    try:
        wish = _read_wish(ctx, BAN, args)
        if means_loopback(wish.target):
            return False, f"{wish.target} would keep out this machine itself, and you with it", ()
        record = _impose(ctx, asker, BAN, wish)
    except _UnreadableError as error:
        return False, str(error), ()
    count = moderation.cut(ctx, record)
    return True, f"{_told(record, 'banned')}; {sessions(count)} cut", ()


def _mute(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    try:
        record = _impose(ctx, asker, MUTE, _read_wish(ctx, MUTE, args))
    except _UnreadableError as error:
        return False, str(error), ()
    count = moderation.rejudge(ctx, record)
    return True, f"{_told(record, 'muted')}; {count} of those who are here", ()


def _impose(ctx: Context, asker: Asker, kind: str, wish: _Wish) -> SanctionRecord:
    """Write down what was wished for. Raises :class:`_UnreadableError` where there is no room for it."""
    targets = ctx.sanctions.of_kind(kind)
    if targets.get(wish.target) is None:
        if len(targets) >= SANCTIONS:
            raise _UnreadableError(f"there are {SANCTIONS} already: lift some, or name networks")
        if "!" in wish.target and targets.masks >= SANCTION_MASKS:
            raise _UnreadableError(f"there are {SANCTION_MASKS} masks already: lift some, or name addresses")
    until = ctx.now.wall + wish.seconds if wish.seconds else 0.0
    record = SanctionRecord(kind, wish.target, asker.name, ctx.now.wall, until, wish.reason)
    ctx.sanctions.put(record, ctx.now)
    ctx.delivery.store(record, (ctx.session,))
    asker.record(ctx, kind, f"{wish.target}{_until(record)}{because(wish.reason)}")
    return record


def _until(record: SanctionRecord) -> str:
    return f" until {day(record.until)}" if record.until else ""


def _told(record: SanctionRecord, what: str) -> str:
    return f"{record.target} is {what}{_until(record)}"


def _read_wish(ctx: Context, kind: str, args: tuple[str, ...]) -> _Wish:
    """What ``args`` ask for. Raises :class:`_UnreadableError`."""
    usage = f"{kind} TARGET [--for {DURATIONS}] [reason]"
    if not args:
        raise _UnreadableError(f"{kind} whom? Usage: {usage}")
    target = _read_target(ctx, args[0])
    rest, seconds = args[1:], 0.0
    if rest[:1] == ("--for",):
        seconds = float(durations.read(rest[1]) or 0) if len(rest) > 1 else 0.0
        if not seconds:
            raise _UnreadableError(f"can't read {' '.join(rest[:2])}: {usage}")
        rest = rest[2:]
    if rest and rest[0].startswith("--"):
        raise _UnreadableError(f"can't read {rest[0]}: {usage}")
    return _Wish(target, seconds, clip(" ".join(rest), SANCTION_LENGTH))


def _read_target(ctx: Context, text: str) -> str:
    """``text`` as a target in its one form; else an :class:`_UnreadableError` that says what could be one."""
    record = ctx.accounts.get(text)
    if record is not None:
        return record.name
    network = read_network(text)
    if network is not None:
        return show_network(network)
    if "!" in text or "@" in text:
        mask = normalise(text)
        if " " in mask or len(mask.encode()) > MASK_LENGTH:
            raise _UnreadableError(f"a mask is one word of {MASK_LENGTH} bytes at most")
        return mask
    user = ctx.world.find(text)
    if user is None:
        raise _UnreadableError(f"{text} is neither an account nor somebody's nick here: give {_FORMS}")
    if user.account:
        raise _UnreadableError(f"{user.nick} is a nick: name his account, {user.account}")
    ips = [session.ip for session in user.sessions if not means_loopback(session.ip)]
    address = f"his address, {ips[0]}, or " if ips else ""
    raise _UnreadableError(f"{user.nick} is a guest's nick: name {address}a mask, {user.nick}!*@{user.host}")


def _lift(ctx: Context, asker: Asker, kind: str, args: tuple[str, ...]) -> Answer:
    if len(args) != 1:
        return False, f"usage: un{kind} TARGET, as bans shows it", ()
    target = args[0]
    network = read_network(target)
    if network is not None:
        target = show_network(network)
    elif "!" in target or "@" in target:
        target = normalise(target)
    gone = ctx.sanctions.lift(kind, target)
    if gone is None:
        return False, f"there is no {kind} of {target}: see bans", ()
    ctx.delivery.store(SanctionGoneRecord(kind, gone.target), (ctx.session,))
    asker.record(ctx, f"un{kind}", gone.target)
    if kind == MUTE:
        moderation.rejudge(ctx, gone)
        return True, f"{gone.target} may speak again", ()
    return True, f"{gone.target} may come in again", ()


def _bans(ctx: Context, _asker: Asker, _args: tuple[str, ...]) -> Answer:
    rows = tuple(
        {
            "what": record.kind,
            "target": record.target,
            "expires": format_time(record.until) if record.until else "never",
            "by": record.by,
            "since": format_time(record.since),
            "reason": record.reason,
        }
        for record in sorted(ctx.sanctions, key=lambda each: each.since)
    )
    return True, counted(len(rows), "ban or mute", "bans and mutes"), rows


def _lock(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    text = clip(" ".join(args), SANCTION_LENGTH)
    lock = ctx.sanctions.lock = LockRecord(text, asker.name, ctx.now.wall)
    ctx.delivery.store(lock, (ctx.session,))
    asker.record(ctx, "lock", text)
    _silence_all(ctx)
    return True, "only those with an account come in and may speak; unlock ends that", ()


def _unlock(ctx: Context, asker: Asker, _args: tuple[str, ...]) -> Answer:
    if ctx.sanctions.lock is None:
        return False, "it is not locked", ()
    ctx.sanctions.lock = None
    ctx.delivery.store(LockGoneRecord(), (ctx.session,))
    asker.record(ctx, "unlock", "")
    _silence_all(ctx)
    return True, "guests may come in and speak again", ()


def _silence_all(ctx: Context) -> None:
    for user in ctx.world.users.values():
        if user.registered:
            ctx.sanctions.silence(user)


_USAGE = "TARGET [--for 7d] [reason]"
VERBS = {
    "ban": Verb(_USAGE, "keep an account, address, network or mask out", _ban),
    "unban": Verb("TARGET", "let it in again", lambda ctx, asker, args: _lift(ctx, asker, BAN, args)),
    "mute": Verb(_USAGE, "let in what fits, but show nobody what it says", _mute),
    "unmute": Verb("TARGET", "let it speak again", lambda ctx, asker, args: _lift(ctx, asker, MUTE, args)),
    "bans": Verb("", "who is banned or muted, by whom, until when and why", _bans),
    "lock": Verb("[text]", "let nobody in, and nobody speak, who has no account", _lock),
    "unlock": Verb("", "end that", _unlock),
}
