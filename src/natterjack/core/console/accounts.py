"""accounts, passwd, oper: who has an account, and what he may do with it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from msgspec import structs

from natterjack.core import enrolling, leaving, moderation, passwords, staying
from natterjack.core.console.verbs import (
    Answer,
    Asker,
    Outcome,
    Verb,
    because,
    counted,
    find_account,
    sessions,
)
from natterjack.core.context import Context
from natterjack.core.delivery import Gated
from natterjack.core.files import removing
from natterjack.ports.questions import Question
from natterjack.ports.records import AccountRecord, CertificateGoneRecord
from natterjack.proto.casemap import fold
from natterjack.proto.limits import SANCTION_LENGTH, clip
from natterjack.proto.names import check_nick, normalise_nick
from natterjack.proto.scram import Verifier
from natterjack.proto.services import NEW_PASSWORD
from natterjack.proto.timestamps import format_time


def _accounts(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Outcome:
    if not args:
        return _list(ctx)
    if args[0] not in ("revoke", "restore", "make") or len(args) < 2:
        usage = "accounts revoke NAME [reason], accounts restore NAME, accounts make NAME [PASSWORD]"
        return False, f"usage: accounts, {usage}", ()
    if args[0] == "make":
        return _make(ctx, asker, normalise_nick(args[1]), args[2:])
    record = find_account(ctx, args[1])
    if isinstance(record, str):
        return False, record, ()
    if args[0] == "revoke":
        return _revoke(ctx, asker, record, clip(" ".join(args[2:]), SANCTION_LENGTH))
    if not record.revoked:
        return False, f"{record.name} is not revoked", ()
    _put(ctx, structs.replace(record, revoked=False))
    asker.record(ctx, "accounts restore", record.name)
    return True, f"{record.name} may log in again", ()


def _make(ctx: Context, asker: Asker, name: str, words: tuple[str, ...]) -> Outcome:
    """An account for somebody who has yet to come: whoever is called so just now could not be told from him."""
    why = check_nick(name, ctx.policy.limits.nick)
    if len(words) > 1:
        why = "a password with spaces belongs into quotes"
    elif why is not None:
        why = f"{name} can be nobody's name: {why}"
    elif not asker.is_secure(ctx):
        why = passwords.NOT_HERE
    elif ctx.accounts.reserving(name) is not None:
        why = f"{name} is an account already, or looks like one"
    elif ctx.world.holder(name) is not None:
        why = f"somebody here is called {name}, or looks so: he can make it his account himself (REGISTER)"
    if why is not None:
        return False, why, ()
    password = words[0] if words else passwords.made_up(ctx.entropy)
    try:
        data = enrolling.prepared(ctx, name, password)
    except enrolling.RefusedError as error:
        return False, str(error), ()
    return _enrol(ctx, asker, name, data, "" if words else password)


def _enrol(
    ctx: Context, asker: Asker, name: str, password: bytes, shown: str
) -> Generator[Question, Any, Answer]:
    try:
        stored = yield from enrolling.make(ctx, name, password)
    except enrolling.RefusedError as error:
        return False, str(error), ()
    if not stored:
        return False, enrolling.NO_ROOM, ()
    asker.record(ctx, "accounts make", name)
    return True, f"{name} is an account now", ({"account": name, "password": shown},) if shown else ()


def _list(ctx: Context) -> Answer:
    online: dict[str, int] = {}
    for user in ctx.world.users.values():
        if user.account:
            online[fold(user.account)] = online.get(fold(user.account), 0) + len(user.sessions)
    rows = tuple(
        {
            "account": record.name,
            "created": format_time(record.created),
            "sessions": online.get(fold(record.name), 0),
            "operator": record.operator,
            "revoked": record.revoked,
        }
        for record in ctx.accounts
    )
    return True, counted(len(rows), "account"), rows


def _revoke(ctx: Context, asker: Asker, record: AccountRecord, reason: str) -> Answer:
    if record.revoked:
        return False, f"{record.name} is revoked already: accounts restore ends that", ()
    _put(ctx, structs.replace(record, revoked=True))
    asker.record(ctx, "accounts revoke", record.name + because(reason))
    why = "your account was revoked" + (f": {reason}" if reason else "")
    count = leaving.hang_up_all(
        ctx, moderation.sessions_of(ctx, record.name), why, "Account revoked" + because(reason)
    )
    moderation.recheck_operators(ctx)
    staying.recheck(ctx)
    files = removing.of_account(ctx, record.name, (ctx.session,))
    gone = f"; what it has uploaded is deleted ({files})" if files else ""
    return True, f"nobody gets in by the account {record.name} any more; {sessions(count)} cut{gone}", ()


def _passwd(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Outcome:
    if not 0 < len(args) < 3:
        return False, "usage: passwd ACCOUNT [PASSWORD]; a password with spaces belongs into quotes", ()
    if not asker.is_secure(ctx):
        return False, passwords.NOT_HERE, ()
    record = find_account(ctx, args[0])
    if isinstance(record, str):
        return False, record, ()
    password = args[1] if len(args) > 1 else passwords.made_up(ctx.entropy)
    try:
        data = passwords.prepared(password, ctx.policy.logins)
    except passwords.UnacceptableError as error:
        return False, str(error), ()
    return _set_password(ctx, asker, record.name, data, "" if len(args) > 1 else password)


def _set_password(
    ctx: Context, asker: Asker, name: str, password: bytes, shown: str
) -> Generator[Question, bytes, Answer]:
    verifier = yield from passwords.derive(ctx, password)
    record = ctx.accounts.get(name)
    if record is None or not asker.still_may(ctx):
        return False, "you are no operator any more, so nothing was changed", ()
    asker.record(ctx, "passwd", name)
    rows = ({"account": name, "password": shown},) if shown else ()
    return True, replace_password(ctx, record, verifier), rows


def replace_password(ctx: Context, record: AccountRecord, verifier: Verifier) -> str:
    """The account ``record`` has the password of ``verifier``; whoever may have got in by the old one is cut.

    The answer says what was done.
    """
    name = record.name
    _put(ctx, structs.replace(record, **structs.asdict(verifier)))
    # Not whoever set it himself: he would not be told what was made up for him.
    others = [session for session in moderation.sessions_of(ctx, name) if session is not ctx.session]
    count = leaving.hang_up_all(ctx, others, "your account has a new password", "Password changed")
    if fold(ctx.user.operator) != fold(name):
        moderation.withdraw(ctx, name)
    # Nor does whoever got in by the old one come back by a certificate that he has let stand for the account.
    certificates = ctx.certificates.of(name)
    for each in certificates:
        ctx.certificates.remove(each.fingerprint)
        ctx.delivery.store(CertificateGoneRecord(each.fingerprint), (ctx.session,))
    gone = f"; no certificate stands for it any more ({len(certificates)} did)" if certificates else ""
    return f"{name} {NEW_PASSWORD}; {sessions(count)} cut{gone}"


def _oper(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    if not args:
        rows = tuple(
            {
                "account": record.name,
                "sessions": len(moderation.sessions_of(ctx, record.name)),
                "revoked": record.revoked,
            }
            for record in ctx.accounts
            if record.operator
        )
        return True, counted(len(rows), "operator"), rows
    if len(args) > 2 or args[1:] not in ((), ("off",)):
        return False, "usage: oper, oper ACCOUNT, oper ACCOUNT off", ()
    record = find_account(ctx, args[0])
    if isinstance(record, str):
        return False, record, ()
    wanted = len(args) == 1
    if record.operator is wanted:
        return False, f"{record.name} is {'an' if wanted else 'no'} operator already", ()
    here = {session.uid for session in moderation.sessions_of(ctx, record.name)}
    users = [user for uid in here if (user := ctx.world.users.get(uid)) is not None and user.registered]
    owners: list[Gated] = [*users, *(session for user in users for session in user.sessions)]
    _put(ctx, structs.replace(record, operator=wanted), owners)
    asker.record(ctx, "oper" if wanted else "oper off", record.name)
    moderation.recheck_operators(ctx)
    if moderation.may_operate(ctx, record.name):
        for user in users:
            moderation.grant(ctx, user, record.name)
    what = "is an operator of this server" if wanted else "is no operator any more"
    return True, f"{record.name} {what}", ()


def _put(ctx: Context, record: AccountRecord, owners: list[Gated] | tuple[()] = ()) -> None:
    ctx.accounts.put(record)
    ctx.delivery.store(record, (ctx.session, *owners))


VERBS = {
    "accounts": Verb(
        "[make NAME [PASSWORD] | revoke NAME [reason] | restore NAME]",
        "which accounts there are; make one, let nobody in by one, or again",
        _accounts,
    ),
    "passwd": Verb(
        "ACCOUNT [PASSWORD]", "give an account a new password; without one, it is made up", _passwd
    ),
    "oper": Verb("[ACCOUNT [off]]", "who is operator of the server; make somebody one, or no longer", _oper),
}
