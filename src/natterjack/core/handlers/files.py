"""FILE: tokens to fetch and upload files with over HTTP, and which files there are.

A command of our own::

    FILE TOKEN                   FILE TOKEN <token> <seconds>
    FILE LIST [<target> [<id>]]  FILE LIST <target> <id> <size> <sha256> <time> <account or nick> :<name>   for each,
                                 NOTE FILE MORE <target> <id> :...   if there are more, before that one,
                                 FILE ENDOFLIST <target>
    FILE DELETE <id>             NOTE FILE DELETED <id> :...
    FILE UNLINK <id>             NOTE FILE UNLINKED <id> :...
"""

from __future__ import annotations

from collections.abc import Callable

from natterjack.core import conversations
from natterjack.core.context import Context
from natterjack.core.files import removing, rights
from natterjack.core.files.parties import Party
from natterjack.core.files.rows import File, with_key
from natterjack.core.policy import FILE_TOKEN_SECONDS, FILES_LISTED, SLICE
from natterjack.core.registry import Steps, command
from natterjack.core.replies import shown, standard
from natterjack.ports.questions import NextTurn
from natterjack.proto import standard_replies as fails
from natterjack.proto.casemap import fold
from natterjack.proto.names import is_channel
from natterjack.proto.numerics import ERR_UNKNOWNCOMMAND
from natterjack.proto.standard_replies import Fail
from natterjack.proto.timestamps import format_time


@command(
    "FILE",
    "TOKEN | LIST [<target> [<id>]] | DELETE <id> | UNLINK <id>",
    "Sends and fetches files: a token for HTTP, which files there are, away with one or with its link.",
    params=1,
)
def file(ctx: Context) -> Steps | None:
    """Hands on to the subcommand."""
    if not ctx.policy.takes_files:
        ctx.reply(ERR_UNKNOWNCOMMAND, "FILE")
        return None
    handler = _SUBCOMMANDS.get(ctx.params[0].upper())
    if handler is None:
        why = "There are TOKEN, LIST, DELETE and UNLINK"
        ctx.fail(fails.INVALID_PARAMS, "FILE", shown(ctx.params[0]), why=why)
        return None
    return handler(ctx)


def _token(ctx: Context) -> None:
    """For this session alone: it speaks for whoever that is, and goes with it."""
    token = ctx.tickets.give(ctx.session.sid, ctx.now.mono)
    ctx.say("FILE", "TOKEN", token, f"{FILE_TOKEN_SECONDS:.0f}")


def _party(ctx: Context) -> Party:
    return Party(ctx.user.account, (ctx.user,), ctx.session, "")


# -- LIST


def _list(ctx: Context) -> Steps:
    """The newest ones, of those the oldest first; with an id, of those before that one. In slices: see SLICE."""
    target = ctx.params[1] if len(ctx.params) > 1 else "*"
    before = ctx.params[2] if len(ctx.params) > 2 else ""
    found = ("*", _own(ctx)) if target == "*" else _sent_to(ctx, target)
    if found is None:
        ctx.fail(fails.INVALID_TARGET, "FILE", "LIST", shown(target), why=_NOT_FOR_YOU)
        return
    name, ids = found
    if before:
        if before not in ids or _visible(ctx, before) is None:
            ctx.fail(fails.NO_SUCH_FILE, "FILE", "LIST", shown(before))
            return
        ids = ids[ids.index(before) + 1 :]
    chosen: list[str] = []
    for looked, number in enumerate(ids, start=1):
        if _visible(ctx, number) is not None:
            chosen.append(number)
            if len(chosen) > FILES_LISTED:
                break
        if not looked % SLICE:
            yield NextTurn()
    for number in reversed(chosen[:FILES_LISTED]):
        each = _visible(ctx, number)  # much may have happened in the turns between
        if each is not None:
            _show(ctx, name, each)
    if len(chosen) > FILES_LISTED:
        oldest = chosen[FILES_LISTED - 1]
        ctx.note(fails.FILES_LEFT, "FILE", name, oldest, count=FILES_LISTED, name=name, number=oldest)
    ctx.say("FILE", "ENDOFLIST", name)


def _own(ctx: Context) -> list[str]:
    """All that the user has uploaded, as who he is now and, in this run, as the guest that he was before.

    As with all of these the newest first, whether he may see it or not.
    """
    user = ctx.user
    return ctx.files.listed(owners=(user.uid, fold(user.account)) if user.account else (user.uid,))


def _sent_to(ctx: Context, target: str) -> tuple[str, list[str]] | None:
    """What was sent in the conversation that the session calls ``target``; None where that is not for it to read."""
    where = conversations.readable(ctx, target)
    other = ctx.world.find(target) if not is_channel(target) else None
    if where is None and other is None:
        return None
    conversation = where.number if where is not None else 0
    if other is None:
        assert where is not None
        return where.name, ctx.files.listed(conversation)
    pair = frozenset((rights.who(ctx.user), rights.who(other)))
    return other.nick, ctx.files.listed(conversation, pair=pair)


def _visible(ctx: Context, number: str) -> File | None:
    """The file ``number``, if the user may fetch it, as things are now."""
    each = ctx.files.get(number)
    return each if each is not None and rights.may_fetch(ctx, _party(ctx), each) else None


def _show(ctx: Context, name: str, each: File) -> None:
    record = each.record
    if name == "*":
        channel = rights.channel_of(ctx, record.conversation) if record.conversation > 0 else None
        name = channel.name if channel is not None else record.target or "*"
    words = ("FILE LIST", name, record.id, str(record.size), record.sha256, format_time(record.created))
    ctx.answer("", f":{ctx.policy.name} {' '.join(words)} {record.account or record.nick} :{record.name}")


# -- DELETE and UNLINK


def _delete(ctx: Context) -> None:
    each = _meant(ctx)
    if each is not None:
        removing.remove(ctx, each, (ctx.session,))
        _answer(ctx, fails.FILE_DELETED, each.id)


def _unlink(ctx: Context) -> None:
    each = _meant(ctx)
    if each is None:
        return
    if each.record.key:
        each = with_key(each, "")
        ctx.files.replace(each)
        if not each.between:
            ctx.delivery.store(each.record, (ctx.session,))
    _answer(ctx, fails.FILE_UNLINKED, each.id)


def _meant(ctx: Context) -> File | None:
    """The file that the command is about, if the user may do that with it; None after an error."""
    number = ctx.params[1] if len(ctx.params) > 1 else ""
    word = ctx.params[0].upper()
    each = ctx.files.get(number)
    party = _party(ctx)
    if each is None or not rights.may_fetch(ctx, party, each):
        ctx.fail(fails.NO_SUCH_FILE, "FILE", word, shown(number))
    elif not rights.may_delete(ctx, party, each):
        ctx.fail(fails.FILE_FORBIDDEN, "FILE", word, number)
    else:
        return each
    return None


def _answer(ctx: Context, note: Fail, number: str) -> None:
    """It is done, and that is stored; or it will be."""
    server = ctx.policy.name
    otherwise = standard(server, "FAIL", fails.UNSTORED, "FILE", number, why=_UNSTORED)
    ctx.answer_either([standard(server, "NOTE", note, "FILE", number)], otherwise)


_NOT_FOR_YOU = "There are no files of that for you"
_UNSTORED = "It is done, and holds, but can't be stored just now: it is as soon as there is room"
_SUBCOMMANDS: dict[str, Callable[[Context], Steps | None]] = {
    "TOKEN": _token,
    "LIST": _list,
    "DELETE": _delete,
    "UNLINK": _unlink,
}
