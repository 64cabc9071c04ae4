"""NickServ and ChanServ: words that people and IRC apps have typed for decades, for what the server does by itself.

They are nobody: a name that takes messages, and that nobody else can have (:data:`natterjack.proto.names.SERVICES`).
What is said to them is no message. It reaches nobody, is not kept, and not echoed, since it may be a password; it is
answered by a NOTICE for each sentence. Each verb does what some command or verb of the console does, by the same
functions, so there is one place that says who may do what.
"""

from __future__ import annotations

from typing import Any, Final

from natterjack.core.context import Context
from natterjack.core.registry import Changes, Steps
from natterjack.core.replies import shown
from natterjack.core.services import chanserv, nickserv
from natterjack.core.services.verbs import Service, Verb
from natterjack.proto.casemap import fold
from natterjack.proto.nearest import nearest
from natterjack.proto.numerics import ERR_NOPRIVILEGES
from natterjack.proto.services import UNSTORED
from natterjack.wire.message import Message

__all__ = ["SERVICES", "Service", "Verb", "heard", "named"]

#: By folded name.
SERVICES: Final[dict[str, Service]] = {
    fold(service.name): service for service in (nickserv.SERVICE, chanserv.SERVICE)
}


def named(target: str) -> Service | None:
    """The service that is called ``target``."""
    return SERVICES.get(fold(target))


def heard(ctx: Context, service: Service, text: str) -> Steps | None:
    """The context's user says ``text`` to ``service``."""
    # Whatever is done now is not what a PRIVMSG does; and its tags are of no use, the label apart.
    ctx.stand_for(Message(service.command, (text,)))
    words = text.split()
    name = words[0].lower() if words else "help"
    verb = service.verbs.get(name)
    if name == "help":
        _tell(ctx, service, _help(ctx, service, words[1].lower() if len(words) > 1 else ""))
    elif verb is None:
        near = nearest(name, service.verbs)
        hint = f"did you mean {near.upper()}?" if near else f"say HELP to {service.name} to see them"
        _tell(ctx, service, [f"That is no command of mine: {hint}"])  # it may have been a password
    elif verb.operators and not ctx.user.operator:
        ctx.reply(ERR_NOPRIVILEGES)
    elif len(words) - 1 < verb.words:
        _tell(ctx, service, [f"Usage: {name.upper()} {verb.usage}"])
    else:
        return _carry_out(ctx, service, verb, tuple(words[1:]))
    return None


def _carry_out(ctx: Context, service: Service, verb: Verb, words: tuple[str, ...]) -> Steps | None:
    if verb.changes is Changes.MUCH:
        ctx.act()
    before = ctx.delivery.pending
    outcome = verb.handler(ctx, words)
    if not isinstance(outcome, list):
        return _later(ctx, service, outcome)
    _tell(ctx, service, outcome, changed=ctx.delivery.pending > before)
    return None


def _later(ctx: Context, service: Service, steps: Any) -> Steps:
    sentences = yield from steps
    if ctx.session.sid in ctx.world.sessions:
        _tell(ctx, service, sentences, changed=True)


def _tell(ctx: Context, service: Service, sentences: list[str], changed: bool = False) -> None:
    """``changed``: what they say has yet to be stored."""
    head = f":{service.name}!{service.name}@{ctx.policy.name} NOTICE {ctx.nick} :"
    if changed and sentences:
        ctx.answer_either([head + text for text in sentences], head + UNSTORED)
        return
    for text in sentences:
        ctx.answer("", head + text)


def _help(ctx: Context, service: Service, name: str) -> list[str]:
    verbs = {word: verb for word, verb in service.verbs.items() if ctx.user.operator or not verb.operators}
    if name and name not in verbs:
        return [f"There is no help on {shown(name)}: say HELP alone to {service.name} to see what there is"]
    lines = [
        f"{word.upper()} {verb.usage}".rstrip() + f": {verb.about}"
        for word, verb in verbs.items()
        if verb.about and name in ("", word)
    ]
    return lines if name else [service.about, *lines]
