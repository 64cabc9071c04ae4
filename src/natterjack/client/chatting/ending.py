"""When the program is over, what it leaves behind, and which exit code it ends with.

Theory of operation. A person quits, and has seen what went wrong, and mended it: his program has done well. One that is
fed from a pipe is over at the end of its input too, once everything sent is answered and no file is on its way any
more; there what went wrong last is the exit code, but for a connection that came back. What stays behind (messages in
the outbox, files on their way) is told: it goes on when one comes back to that server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from natterjack.client.chatting.faces import View
from natterjack.client.chatting.link import Phase
from natterjack.client.chatting.under_way import UnderWay
from natterjack.exits import FAILED, INTERNAL, OK, UNREACHABLE

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat


class Ending:
    """``finished`` turns true once; then ``exit_code`` is what the program ends with.

    ``quitting``: that is wanted, and no more line is carried out.
    """

    def __init__(self, chat: Chat, view: View, under_way: UnderWay, *, interactive: bool) -> None:
        self.quitting = self.finished = self._input_ended = False
        self.exit_code = OK
        self._chat = chat
        self._view = view
        self._under_way = under_way
        self._interactive = interactive

    @property
    def near(self) -> bool:
        """Whether it is over as soon as all that was typed is done."""
        return self.quitting or self._input_ended

    @property
    def has_work(self) -> bool:
        """Whether something typed is not done yet, or more may be typed."""
        return bool(self._chat.lines or self._under_way or self._chat.moving) or not self._input_ended

    @property
    def is_due(self) -> bool:
        """Whether the input has ended, and all is done that was in it."""
        chat = self._chat
        moving = chat.moving and not self._interactive
        coming = self._interactive and chat.link.phase is Phase.CONNECTING and not chat.lines
        idle = not ((chat.busy and not coming) or moving or self.finished or self.quitting)
        return self._input_ended and idle

    # -- what went wrong -------------------------------------------------------------------------------------------

    def fail(self, code: int) -> None:
        """From a pipe, that is what the program ends with if nothing else goes wrong."""
        if not self._interactive:
            self.exit_code = code

    def not_all_done(self) -> None:
        """Not everything that was typed is carried out: a failure, where nothing else was one."""
        self.fail(self.exit_code or FAILED)

    def reached(self) -> None:
        """There is a connection: that there was none before is of no matter any more."""
        if self.exit_code == UNREACHABLE:
            self.exit_code = OK

    # -- the end ---------------------------------------------------------------------------------------------------

    def end_of_input(self) -> None:
        """No line will follow."""
        self._input_ended = True

    def begin(self) -> None:
        """One wants out."""
        self.quitting = True
        self._tell_unfinished()

    def given_up(self, *, waited: bool) -> None:
        """There is no connection, and none is tried for. ``waited``: we had tried to come back."""
        if waited and self._chat.moving and not self._interactive:
            self._tell_unfinished()
            self.fail(UNREACHABLE)
        kept = self._under_way.give_up()
        if kept:
            what = "1 message is" if kept == 1 else f"{kept} messages are"
            text = f"{what} kept on this computer, and sent when you come back to this server."
            if self._interactive:
                self._view.parting(text[:1].upper() + text[1:])
            else:
                self._view.error(0, "kept", f"{'There is no connection any more. ' if waited else ''}{text}")
                self.fail(UNREACHABLE)

    def _tell_unfinished(self) -> None:
        """Files that are on their way stay behind, and at a terminal lines that wait."""
        undone = self._chat.lines.undone
        if undone and self._interactive:
            what = "1 line that was typed is" if undone == 1 else f"{undone} lines that were typed are"
            self._view.parting(f"{what} not carried out any more.")
        count = len(self._chat.model.transfers.active)
        if count:
            what = "1 file is" if count == 1 else f"{count} files are"
            text = f"{what} not finished yet: that goes on when you come back to this server."
            if self._interactive:
                self._view.parting(text)
            else:
                self._view.error(0, "kept", text)

    def finish(self) -> None:
        self.finished = True
        self._view.bye()

    def finish_at_once(self) -> None:
        """Asked for twice: without waiting for the server's goodbye."""
        self.finished = True

    def crash(self) -> None:
        """By a mistake of ours."""
        self.exit_code = INTERNAL
        self.finished = True
