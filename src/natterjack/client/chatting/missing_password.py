"""The password that a typed command lacks: LOGIN kim, REGISTER and /oper are typed without, since others may look on.

Theory of operation. Such a command is none yet. Its password is asked for at once, whatever waits, and is the next
line, whatever that looks like: what may be a password is neither carried out nor said to anybody. What was typed before
goes on meanwhile. With its password the command is a line like any other, and has its turn as one. An empty line,
Ctrl+C and the end of the input leave everything as it was; blanks around a password are part of it. A window with a
field for it calls what the question has for that.

It is asked for only where what is typed can be hidden, and where the command would be carried out with it; else the
command itself tells what it lacks. On the way back to a server it is asked for too, although the command has to wait:
what is typed without looking would be said to all once there is a connection. What is pasted below one may be the
password too, and stays with it (:mod:`natterjack.client.chatting.typed`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from natterjack.client.chatting import parse
from natterjack.client.chatting.commands import CAPITALS, COMMANDS, Row
from natterjack.client.chatting.faces import View
from natterjack.client.chatting.people_commands import Lacking
from natterjack.client.chatting.questions import Question
from natterjack.client.secret import Secret

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat


class PasswordQuestion(Question, frozen=True):
    """The password of ``account``, which a command lacks. What is typed is not shown, kept, or said to anybody else.

    An empty line means that the command is not carried out. ``new``: it is chosen now, and typed twice. ``give`` takes
    it, and says what is wrong with it; ``""``: nothing, the command is carried out. ``withdraw``: it is not.
    """

    account: str
    new: bool
    give: Callable[[str], str]
    withdraw: Callable[[], None]


class MissingPassword:
    """``question`` asks for it; None: no line lacks one."""

    def __init__(self, chat: Chat, view: View) -> None:
        self.question: PasswordQuestion | None = None
        self._chat = chat
        self._view = view

    def asks(self, number: int, text: str) -> bool:
        """Whether line ``number`` lacks a password, and nothing else: then that is asked for now."""
        meant = parse.parse(text, CAPITALS, COMMANDS, connected=True) if self._chat.hides else None
        row = COMMANDS.get(meant.name) if isinstance(meant, parse.Command) else None
        if not (isinstance(meant, parse.Command) and row and row.lacks):
            return False
        why = self._chat.why_not_now(row)
        if why and not self._chat.link.returning:
            return False
        lacking = row.lacks(self._chat, meant.rest)
        if lacking is None:
            return False
        if why:
            self._chat.info(why)
        _Asking(self._chat, self, number, row, lacking).begin()
        return True

    def put(self, question: PasswordQuestion) -> None:
        """Ask for that, before all else."""
        self.question = question
        self._view.asks(question)

    def answer(self, text: str) -> None:
        """A line was typed."""
        if self.question is not None:
            self.question.answer(text)

    def drop(self) -> None:
        """It is not asked for any more."""
        self.question = None


class _Asking:
    """Asks for what line ``number`` lacks: a new password twice.

    It may be asked while a connection is made, or lost: the question stays, and the command finds out then.
    """

    def __init__(self, chat: Chat, missing: MissingPassword, number: int, row: Row, lacking: Lacking) -> None:
        self._chat = chat
        self._missing = missing
        self._number = number
        self._row = row
        self._lacking = lacking
        self._first = ""  # of a new password that is typed twice

    def begin(self) -> None:
        account, new = self._lacking.account, self._lacking.new
        what = f"A password for {account}" if new else f"The password of {account}"
        words = f"{what}, please. It is not shown; Enter alone leaves everything as it was."
        self._ask(f"{what}: ", words, self._choose if new else self._take)

    def _ask(self, prompt: str, words: str, take: Callable[[str], str]) -> None:
        def answer(text: str) -> bool:
            if not text.strip():
                self._withdraw()
            elif why := take(text):
                self._chat.info(why)
            return True

        account, new = self._lacking.account, self._lacking.new
        where = str(self._chat.link.trying)
        self._missing.put(
            PasswordQuestion(prompt, words, where, answer, account, new, self._take, self._withdraw)
        )

    def _withdraw(self) -> None:
        chat = self._chat
        self._missing.drop()
        chat.info("No password was given: everything is as it was.")
        if chat.question is not None:
            chat.put(chat.question)  # that is what the next line answers

    def _choose(self, password: str) -> str:
        self._first = password
        self._ask("Once more: ", "The same once more, since nobody sees what you type.", self._repeat)
        return ""

    def _repeat(self, password: str) -> str:
        if password == self._first:
            return self._take(password)
        self._chat.info("These were two passwords: nothing was done yet.")
        self.begin()
        return ""

    def _take(self, password: str) -> str:
        """Carry the command out with it; what is wrong with that, ``""`` where nothing is."""
        chat = self._chat
        if "\n" in password:
            return "A password is one line. Nothing was sent: please type it once more."
        why = chat.why_not_now(self._row) if chat.link.returning else ""
        if why:
            return f"{why} Please type the password again when it is back."
        self._missing.drop()
        chat.lines.completed(self._number, self._row.name, self._lacking, Secret(password))
        chat.go_on()
        return ""
