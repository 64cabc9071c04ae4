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
from natterjack.core.registry import command
from natterjack.ports.records import CertificateGoneRecord, CertificateRecord
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
def cert(ctx: Context) -> None:
    """Hands on to the subcommand."""
    if not ctx.policy.store:
        ctx.reply(ERR_UNKNOWNCOMMAND, "CERT")
        return
    handler = _SUBCOMMANDS.get(ctx.params[0].upper())
    if handler is None:
        ctx.fail(fails.INVALID_PARAMS, "CERT", shown(ctx.params[0]), why="There are ADD, DEL and LIST")
    elif not ctx.user.account:
        ctx.fail(fails.ACCOUNT_REQUIRED, "CERT")
    else:
        handler(ctx)


def _add(ctx: Context) -> None:
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
        ctx.record(account, "cert add", fingerprint)
    # Known or not: what another session of his has added may still be on its way to the disk.
    ctx.delivery.store(known, (ctx.session,))
    ctx.note(fails.CERT_ADDED, "CERT", fingerprint, account=account)


def _delete(ctx: Context) -> None:
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
    ctx.record(account, "cert del", fingerprint)
    ctx.delivery.store(CertificateGoneRecord(fingerprint), (ctx.session,))
    ctx.note(fails.CERT_REMOVED, "CERT", fingerprint, account=account)


def _list(ctx: Context) -> None:
    account = ctx.user.account
    found = ctx.certificates.of(account)
    for record in found:
        ctx.note(fails.CERT_LISTED, "CERT", record.fingerprint, when=format_time(record.added))
    ctx.note(fails.CERT_LIST_END, "CERT", account=account, count=len(found), limit=CERTIFICATES_PER_ACCOUNT)


_SUBCOMMANDS: dict[str, Callable[[Context], None]] = {"ADD": _add, "DEL": _delete, "LIST": _list}
