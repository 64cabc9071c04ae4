"""The operators' verbs that concern the chat itself. What concerns the process is the server's: see ``server/console``.

They come from the console (:class:`natterjack.ports.events.ConsoleRequest`) or over IRC (CONSOLE, in
``core/handlers/operators``); :func:`run` carries out either. Whoever asks is the context's session, and what is
answered has to wait for its gate: a verb that changed something answers once that is stored.
"""

from __future__ import annotations

from natterjack.core.console import (
    accounts,
    filing,
    inviting,
    keeping,
    looking,
    sanctioning,
    settings,
    talking,
)
from natterjack.core.console.accounts import replace_password
from natterjack.core.console.verbs import Answer, Asker, Outcome, Right, Rows, Verb, sessions
from natterjack.core.context import Context

__all__ = [
    "NO_WORDS",
    "VERBS",
    "Answer",
    "Asker",
    "Outcome",
    "Right",
    "Rows",
    "Verb",
    "replace_password",
    "run",
    "sessions",
]

#: Of a verb that is followed by something all the same.
NO_WORDS = "this verb takes no words behind it"
VERBS: dict[str, Verb] = {
    **looking.VERBS,
    **talking.VERBS,
    **settings.VERBS,
    **accounts.VERBS,
    **inviting.VERBS,
    **sanctioning.VERBS,
    **keeping.VERBS,
    **filing.VERBS,
}

#: What an operator types becomes part of IRC lines: no CR, LF or NUL may end them early.
_ONE_LINE = str.maketrans("\r\n\0", "   ")


def run(ctx: Context, asker: Asker, verb: Verb, args: tuple[str, ...]) -> Outcome:
    """Carry out ``verb``, which ``asker`` has the right to. What has no usage takes no words."""
    if args and not verb.usage:
        return False, f"nothing was done: {NO_WORDS}", ()
    return verb.handler(ctx, asker, tuple(arg.translate(_ONE_LINE) for arg in args))
