"""The typed lines in their order: what each of them is, and which has to wait for what.

Theory of operation. Lines queue, and are carried out one after the other:

- a command that lacks its password is none yet: the lines behind it are about that (:mod:`.missing_password`);
- where something was asked (:class:`~.questions.Question`), a line is the answer, unless it is a command;
- while a connection is being made, lines wait for it;
- messages follow one another without waiting, up to a number under way; after any other request the next line waits
  until it is answered, since ``JOIN #x`` decides where the ``SEND`` behind it goes. For files a person does not wait;
- read from a pipe, what leaves the server (QUIT, DISCONNECT, CONNECT) waits until everything sent is answered, and no
  file is on its way any more. On a terminal QUIT and DISCONNECT wait for lines only that were typed before them, until
  they are typed once more; HELP never waits.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from natterjack.client.chatting import parse
from natterjack.client.chatting.commands import CAPITALS, COMMANDS, Row
from natterjack.client.chatting.link import Phase
from natterjack.client.chatting.missing_password import MissingPassword
from natterjack.client.chatting.people_commands import Lacking, blanks_lost
from natterjack.client.chatting.questions import NameQuestion
from natterjack.client.chatting.under_way import UnderWay
from natterjack.client.secret import Secret

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat

#: Commands after which we are not here any more.
_LEAVING: Final = ("QUIT", "DISCONNECT", "CONNECT")
#: Those that a program may have at any time, too.
_TELLING: Final = ("HELP", "CLEAR")
#: What is told of that which waits for other lines.
WAITS: Final = "{} once what was typed before is done. {}"
#: What is told of a password that is typed with its command.
BLANKS: Final = (
    "Blanks before and behind a password are left out here. {} without one asks for it, and takes them."
)


class _Line(Struct, frozen=True):
    """``password`` is what ``lacking`` asked for; that is None for a line which lacked none."""

    number: int
    text: str
    lacking: Lacking | None = None
    password: Secret = Secret()


class Lines:
    """``taken`` counts those that are done with; true as long as others wait."""

    def __init__(
        self, chat: Chat, missing: MissingPassword, under_way: UnderWay, *, interactive: bool
    ) -> None:
        self.taken = 0
        self._chat = chat
        self._missing = missing
        self._under_way = under_way
        self._interactive = interactive
        self._waiting: deque[_Line] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def waiting(self) -> int:
        """How many are not carried out yet."""
        return len(self._waiting)

    @property
    def undone(self) -> int:
        """How many of them do something else than leave."""
        return sum(_at_once(line.text) not in _LEAVING for line in self._waiting)

    def typed(self, number: int, text: str) -> None:
        """Line ``number`` was typed; :meth:`go_on` follows."""
        if self._missing.question is not None:
            self.taken += 1
            self._missing.answer(text)
        elif self._missing.asks(number, text):
            self.taken += 1
        elif self._overtakes(text):
            self._waiting.appendleft(_Line(number, text))
        else:
            self._waiting.append(_Line(number, text))

    def _overtakes(self, text: str) -> bool:
        """Whether ``text``, just typed, is carried out before what waits. It is said where it could not be known."""
        name = _at_once(text) if self._interactive and self._waiting else ""
        if name in _LEAVING and all(_at_once(line.text) != name for line in self._waiting):
            self._chat.info(WAITS.format(f"{name} is carried out", f"{name} once more does not wait."))
            return False
        return bool(name)

    def completed(self, number: int, name: str, lacking: Lacking, password: Secret) -> None:
        """Line ``number``, which was taken, is the command ``name``, and has its password; :meth:`go_on` follows."""
        self.taken -= 1  # it is only about to be
        self._waiting.append(_Line(number, f"/{name}", lacking, password))

    def unreadable(self) -> None:
        """What was typed is no line."""
        self.taken += 1

    def drop(self) -> None:
        """Those that wait are not carried out."""
        self.taken += len(self._waiting)
        self._waiting.clear()

    def go_on(self) -> None:
        """Have all carried out that need not wait."""
        chat = self._chat
        while self._waiting and not chat.finished and not chat.ending.quitting:
            line = self._waiting[0]
            if self._answers(line):
                self._waiting.popleft()
                self.taken += 1
                continue
            connected = chat.link.phase is not Phase.OFFLINE
            meant = parse.parse(line.text, CAPITALS, COMMANDS, connected=connected)
            row = COMMANDS.get(meant.name) if isinstance(meant, parse.Command) else None
            if self._must_wait(meant, row):
                return
            self._waiting.popleft()
            self.taken += 1
            if row and row.lacks and chat.hides and _loses_blanks(meant, line.text):
                chat.info(BLANKS.format(row.name))
            if line.lacking is None:
                chat.carry_out(line.number, meant, row)
            else:
                chat.carry_out(line.number, meant, row, partial(line.lacking.run, chat, line.password))

    def _answers(self, line: _Line) -> bool:
        """Whether ``line`` is the answer to what is asked."""
        question = self._chat.question
        if isinstance(question, NameQuestion) and line.lacking is not None and line.text == "/LOGIN":
            question.log_in(line.lacking.account, line.password)
            return True
        return question is not None and question.answer(line.text)

    def _must_wait(self, meant: parse.Typed, row: Row | None) -> bool:
        if row and row.at_once and (self._interactive or row.name in _TELLING):
            return False
        link = self._chat.link
        if link.returning:
            # what can be written down is; a pipe has time, a person is told
            kept = isinstance(meant, parse.Text) or (row is not None and row.kept)
            if kept and self._chat.model.current:
                return not self._interactive and self._under_way.full
            if link.phase is Phase.AWAY and (self._interactive or (row is not None and row.online)):
                return not self._interactive
        if link.phase in (Phase.CONNECTING, Phase.LEAVING):
            return True
        if row and row.name in _LEAVING and self._chat.moving and not self._interactive:
            return True  # at a terminal they go on meanwhile, or when one comes back
        if not self._under_way:
            return False
        if row and (row.settled or not (row.online or self._interactive)):
            return True
        return self._under_way.full or not self._under_way.only_messages


def _loses_blanks(meant: parse.Typed, text: str) -> bool:
    return isinstance(meant, parse.Command) and blanks_lost(meant.name, meant.rest, text)


def _at_once(text: str) -> str:
    """The command in ``text``, if it is one that need not wait for answers."""
    meant = parse.parse(text, CAPITALS, COMMANDS, connected=True)
    row = COMMANDS.get(meant.name) if isinstance(meant, parse.Command) else None
    return row.name if row and row.at_once else ""
