"""Errors of ours: what becomes of an exception that nobody foresaw.

Where a handler fails half-way, what it had changed by then stays, and nobody knows what that was. To go on would be to
serve a state that may be wrong, silently; to end the server (exit code 70) throws everybody out, and whoever knows the
line that does it can do it again. So what a handler may have changed by then is declared beside it
(:class:`~natterjack.core.registry.Changes`): where that is nothing, or nothing that does not go with the session whose
line it was, that session ends, the operator is told, and everybody else goes on. In all other cases the exception goes
on its way, and the server ends.
"""

from __future__ import annotations

from typing import Final

from natterjack.core import leaving
from natterjack.core.context import Context
from natterjack.core.registry import COMMANDS, Changes
from natterjack.core.replies import shown
from natterjack.core.state import Session
from natterjack.ports.effects import Mishap

WHY: Final = (
    "the server failed at what you said, which is its own fault; whoever runs it finds out more in its log"
)


class Mishaps:
    """Contains them, and counts those."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.contained = 0

    def contain(self, session: Session, error: Exception) -> bool:
        """``error`` came of the line of ``session`` that the context is about. False: nobody knows what it has left.

        Otherwise the session has ended.
        """
        return self._is_harmless(session) and self.contain_of(
            session, f"{shown(self._ctx.message.command)} of", error
        )

    def contain_of(self, session: Session, what: str, error: Exception) -> bool:
        """The same where it is known to be harmless; ``what`` was being done for ``session``."""
        ctx = self._ctx
        if ctx.session is not session or session.sid not in ctx.world.sessions:
            return False
        self.contained += 1
        ctx.delivery.tell(Mishap(f"{what} {ctx.nick} from {session.ip} port {session.port}", error))
        ctx.suspend()  # what was collected for a label is half an answer
        ctx.arrivals = None
        leaving.hang_up(ctx, session, WHY, "Internal error")
        return True

    def _is_harmless(self, session: Session) -> bool:
        ctx = self._ctx
        command = COMMANDS.get(ctx.message.command)
        if command is None or ctx.has_spoken:
            return False
        if command.changes is Changes.ITSELF_EARLY:
            return session.registration is not None
        return command.changes is not Changes.MUCH
