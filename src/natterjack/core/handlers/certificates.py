"""CERT: which client certificates stand for one's account, so that SASL EXTERNAL logs in with them.

A command of our own; the answers are standard replies (https://ircv3.net/specs/extensions/standard-replies), that to a
change after its commit::

    CERT ADD                   NOTE CERT ADDED <fingerprint> :...
    CERT DEL <fingerprint>     NOTE CERT REMOVED <fingerprint> :...
    CERT LIST                  NOTE CERT LISTED <fingerprint> :...    for each, then NOTE CERT END_OF_LIST :...
"""

from __future__ import annotations

from collections.abc import Callable

from natterjack.core.certificates import read_fingerprint
from natterjack.core.context import Context, shown
from natterjack.core.policy import CERTIFICATES_PER_ACCOUNT
from natterjack.core.registry import Steps, command
from natterjack.ports.questions import Stored
from natterjack.ports.records import AuditRecord, CertificateGoneRecord, CertificateRecord
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold
from natterjack.proto.numerics import ERR_UNKNOWNCOMMAND
from natterjack.proto.timestamps import format_time


@command(
    "CERT",
    "ADD | DEL <fingerprint> | LIST",
    "Lets the client certificate of this connection stand for your account.",
    params=1,
    cost=2,
)
def cert(ctx: Context) -> Steps | None:
    """Hands on to the subcommand."""
    if not ctx.policy.store:
        ctx.reply(ERR_UNKNOWNCOMMAND, "CERT")
        return None
    handler = _SUBCOMMANDS.get(ctx.params[0].upper())
    if handler is None:
        ctx.fail(fails.INVALID_PARAMS, "CERT", shown(ctx.params[0]), why="There are ADD, DEL and LIST")
    elif not ctx.user.account:
        ctx.fail(fails.ACCOUNT_REQUIRED, "CERT")
    else:
        return handler(ctx)
    return None


def _add(ctx: Context) -> Steps:
    """Only what this connection has shown: fingerprints are no secret, and one belongs to whoever has the key."""
    account = ctx.user.account
    fingerprint = ctx.session.certfp
    if len(ctx.params) > 1 and read_fingerprint(ctx.params[1]) != fingerprint:
        ctx.fail(fails.INVALID_PARAMS, "CERT", "ADD", why="Connect with the certificate that you want to add")
        return
    if not fingerprint:
        ctx.fail(fails.NO_CERTIFICATE, "CERT")
        return
    known = ctx.certificates.get(fingerprint)
    if known is not None and fold(known.account) != fold(account):
        ctx.fail(fails.FINGERPRINT_IN_USE, "CERT", fingerprint)
        return
    if known is None:
        if len(ctx.certificates.of(account)) >= CERTIFICATES_PER_ACCOUNT:
            ctx.fail(fails.TOO_MANY_FINGERPRINTS, "CERT", fingerprint, limit=CERTIFICATES_PER_ACCOUNT)
            return
        known = CertificateRecord(fingerprint, account, ctx.now.wall)
        ctx.certificates.put(known)
        entry = AuditRecord(ctx.now.wall, account, "cert add", fingerprint)
        stored = yield Stored((entry, known))
        if stored:
            ctx.audit.add(entry)
        elif ctx.certificates.get(fingerprint) is known:
            ctx.certificates.remove(fingerprint)
    else:  # what another session of his has added may still be on its way to the disk
        stored = yield Stored((known,))
    if stored:
        ctx.note(fails.CERT_ADDED, "CERT", fingerprint, account=account)
    else:
        ctx.fail(fails.TEMPORARILY_UNAVAILABLE, "CERT", fingerprint, why=_NO_ROOM)


def _delete(ctx: Context) -> Steps:
    account = ctx.user.account
    if len(ctx.params) < 2 or not ctx.params[1]:
        ctx.fail(fails.INVALID_PARAMS, "CERT", "DEL", why="Name the fingerprint: see CERT LIST")
        return
    fingerprint = read_fingerprint(ctx.params[1])
    if fingerprint is None:
        ctx.fail(fails.INVALID_FINGERPRINT, "CERT", shown(ctx.params[1]))
        return
    known = ctx.certificates.get(fingerprint)
    if known is None or fold(known.account) != fold(account):
        ctx.fail(fails.NO_SUCH_FINGERPRINT, "CERT", fingerprint, account=account)
        return
    ctx.certificates.remove(fingerprint)
    entry = AuditRecord(ctx.now.wall, account, "cert del", fingerprint)
    stored = yield Stored((entry, CertificateGoneRecord(fingerprint)))
    if stored:
        ctx.audit.add(entry)
        ctx.note(fails.CERT_REMOVED, "CERT", fingerprint, account=account)
        return
    if ctx.certificates.get(fingerprint) is None:
        ctx.certificates.put(known)
    ctx.fail(fails.TEMPORARILY_UNAVAILABLE, "CERT", fingerprint, why=_NO_ROOM)


def _list(ctx: Context) -> None:
    account = ctx.user.account
    found = ctx.certificates.of(account)
    for record in found:
        ctx.note(fails.CERT_LISTED, "CERT", record.fingerprint, when=format_time(record.added))
    ctx.note(fails.CERT_LIST_END, "CERT", account=account, count=len(found), limit=CERTIFICATES_PER_ACCOUNT)


_NO_ROOM = "Nothing was changed: the server has no room to store it just now. Try again later"
_SUBCOMMANDS: dict[str, Callable[[Context], Steps | None]] = {"ADD": _add, "DEL": _delete, "LIST": _list}
