"""OPER, KILL, CONSOLE: for operators of the server.

Who is one is a right of his account, given at the console. Whoever logs in to such an account is one at once; OPER is
for those who are not logged in to it, and whose nick no other session shares (docs/decisions/0061).

Source: https://www.rfc-editor.org/rfc/rfc2812 sections 3.1.4 and 3.7.1, https://modern.ircdocs.horse/#operator-messages
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from natterjack.core import console, moderation, passwords
from natterjack.core.console import VERBS, Answer, Asker, Right
from natterjack.core.context import Context
from natterjack.core.policy import CONSOLE_ROWS
from natterjack.core.registry import Steps, command
from natterjack.core.replies import standard
from natterjack.proto.limits import clip
from natterjack.proto.nearest import nearest
from natterjack.proto.numerics import ERR_NOOPERHOST, ERR_NOPRIVILEGES, ERR_PASSWDMISMATCH
from natterjack.proto.standard_replies import ANSWER, REFUSED, ROW, UNKNOWN_VERB, UNSTORED

#: Bytes of text in one NOTE: 512 less the longest server name, and the words before the text.
_NOTE_BYTES = 400
_NO_OPERATOR = "That account is no operator of this server"
_SHARED = (
    "Not while another session shares your nick, for it would be an operator too: end it first "
    "(/msg NickServ GHOST {nick}), or log in to that account"
)


@command("OPER", "<account> <password>", "Makes you an operator of the server.", params=2, cost=3)
def oper(ctx: Context) -> Steps | None:
    """By an account's password, without being logged in to it."""
    if not ctx.secure:
        ctx.reply(ERR_PASSWDMISMATCH, why=passwords.NOT_HERE)
        return None
    name, password = ctx.params[:2]
    if moderation.would_share(ctx.user, name):
        ctx.reply(ERR_NOOPERHOST, why=_SHARED.format(nick=ctx.user.nick))
        return None
    return _oper(ctx, name, password)


def _oper(ctx: Context, name: str, password: str) -> Steps:
    record = yield from passwords.check(ctx, name, password)
    if record is None:
        ctx.reply(ERR_PASSWDMISMATCH, why=passwords.WRONG)
    elif not moderation.may_operate(ctx, record.name):
        ctx.reply(ERR_NOOPERHOST, why=_NO_OPERATOR)
    elif moderation.would_share(ctx.user, record.name):  # by now
        ctx.reply(ERR_NOOPERHOST, why=_SHARED.format(nick=ctx.user.nick))
    else:
        about = f"{ctx.user.nick} ({ctx.session.ip})"
        ctx.record(record.name, "became operator", about, (ctx.user, ctx.session))
        moderation.grant(ctx, ctx.user, record.name)


@command("KILL", "<nick> [:<reason>]", "Disconnects somebody; for operators of the server.", params=1, cost=2)
def kill(ctx: Context) -> None:
    """All sessions under that nick."""
    if not ctx.user.operator:
        ctx.reply(ERR_NOPRIVILEGES)
        return
    user = ctx.find_user(ctx.params[0])
    if user is None:
        return
    reason = clip(ctx.params[1], ctx.policy.limits.reason) if len(ctx.params) > 1 else ""
    reason = reason or "no reason given"
    ctx.record(ctx.user.operator, "kill", f"{user.nick} ({reason})", (ctx.session,))
    text = f"Killed by {ctx.user.nick}: {reason}"
    moderation.put_off(ctx, user, text, text)


@command("CONSOLE", "<verb> [<word>...]", "Uses the console; HELP is CONSOLE help.", cost=2)
def console_(ctx: Context) -> Steps | None:
    """The verbs that ``natterjack console`` has, except those about the process; NOTE lines answer."""
    asker = _asker(ctx)
    # Some apps send all that was typed as one parameter.
    words = ctx.params[0].split() if len(ctx.params) == 1 else list(ctx.params)
    name = words[0].lower() if words else "help"
    verb = VERBS.get(name)
    if asker is None or (asker.right is Right.MEMBER and name != "help" and not _may(asker, name)):
        ctx.reply(ERR_NOPRIVILEGES)
    elif name == "help":
        _help(ctx, asker, words[1:])
    elif verb is None:
        _unknown(ctx, name, VERBS)
    else:
        before = ctx.delivery.pending
        outcome = console.run(ctx, asker, verb, tuple(words[1:]))
        if not isinstance(outcome, tuple):
            return _later(ctx, name, outcome)
        _show(ctx, name, outcome, changed=ctx.delivery.pending > before)
    return None


def _asker(ctx: Context) -> Asker | None:
    """Who the user is to the console; None where he is nobody."""
    user = ctx.user
    if user.operator:
        return Asker(user.operator, Right.OPERATOR)
    if user.account and ctx.policy.invites == "members":
        return Asker(user.account, Right.MEMBER)
    return None


def _may(asker: Asker, name: str) -> bool:
    return name in VERBS and asker.right >= VERBS[name].least


def _help(ctx: Context, asker: Asker, words: list[str]) -> None:
    """Of all verbs that are his, or of the one in ``words``."""
    his = [name for name in sorted(VERBS) if _may(asker, name)]
    if len(words) > 1:
        ctx.fail(REFUSED, "CONSOLE", "help", why="usage: help [VERB]")
        return
    wanted = [name.lower() for name in words] or his
    for name in wanted:
        if name not in his:
            _unknown(ctx, name, his)
            return
        typed = f"{name} {VERBS[name].usage}".rstrip()
        ctx.note(ANSWER, "CONSOLE", "help", text=f"{typed}: {VERBS[name].about}")


def _unknown(ctx: Context, name: str, verbs: Iterable[str]) -> None:
    near = nearest(name, verbs)
    hint = f"did you mean {near}?" if near else "CONSOLE help shows the verbs"
    ctx.fail(UNKNOWN_VERB, "CONSOLE", clip(name, 50), why=f"That is no verb for here: {hint}")


def _later(ctx: Context, name: str, steps: Any) -> Steps:
    answer = yield from steps
    _show(ctx, name, answer, changed=True)


def _show(ctx: Context, verb: str, answer: Answer, changed: bool) -> None:
    """``answer`` as standard replies: a NOTE for each row and for the sentence, or a FAIL.

    ``changed``: what it says has yet to be stored.
    """
    done, text, rows = answer
    if not done:
        ctx.fail(REFUSED, "CONSOLE", verb, why=text)
        return
    pieces = [
        (ROW, piece)
        for row in rows[:CONSOLE_ROWS]
        for piece in _pieces("; ".join(f"{key}={_cell(value)}" for key, value in row.items()))
    ]
    if len(rows) > CONSOLE_ROWS:
        text = f"{text} (only {CONSOLE_ROWS} are shown here; natterjack console shows all)"
    if text:
        pieces.append((ANSWER, text))
    if not changed:
        for note, piece in pieces:
            ctx.note(note, "CONSOLE", verb, text=piece)
        return
    server = ctx.policy.name
    notes = [standard(server, "NOTE", note, "CONSOLE", verb, text=piece) for note, piece in pieces]
    ctx.answer_either(notes, standard(server, "FAIL", UNSTORED, "CONSOLE", verb, why=VERBS[verb].unstored))


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value != "" else "-"


def _pieces(text: str) -> Iterator[str]:
    """``text`` in pieces that fit a line each, parted between words."""
    piece = ""
    for word in text.split(" "):
        if piece and len(piece.encode()) + len(word.encode()) >= _NOTE_BYTES:
            yield piece
            piece = ""
        piece += f" {word}" if piece else word
    yield piece
