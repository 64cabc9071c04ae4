"""What the chat asks a person, who answers with the next line: whether a key is trusted, how to be called, a password.

A command is no answer: it is carried out, and most of them mean that there is to be no answer. Only where a password is
asked for, everything is one: what may be a password is neither carried out nor said. A window with fields and
buttons does not answer with lines: it calls what the question has for that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from natterjack.client.address import Address
from natterjack.client.chatting import parse
from natterjack.client.chatting.commands import CAPITALS, COMMANDS, Row
from natterjack.client.chatting.people_commands import Lacking
from natterjack.client.secret import Credentials, Secret
from natterjack.proto.names import check_nick, normalise_nick

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat

#: Commands that tell something, and leave the question where it is.
_HELPING = frozenset({"HELP", "CLEAR"})


class Question(Struct, frozen=True):
    """``answer`` takes a line and says whether it was one; it takes ``chat.question`` away where it is settled.

    ``words`` ask it, for a person who answers with a line. ``where`` is the server's address.
    """

    prompt: str
    words: str
    where: str
    answer: Callable[[str], bool]


class TrustQuestion(Question, frozen=True):
    """Whether the key ``pin`` is trusted; ``decide`` takes the answer."""

    pin: str
    decide: Callable[[bool], None]


class NameQuestion(Question, frozen=True):
    """Which name to come in by. ``call`` takes one, and says what is wrong with it; ``""``: nothing, it is tried.

    ``log_in`` takes an account and its password in place of a name. ``again``: the last name could not be had.
    """

    suggestion: str
    again: bool
    call: Callable[[str], str]
    log_in: Callable[[str, Secret], None]


class PasswordQuestion(Question, frozen=True):
    """The password of ``account``, which a command lacks. What is typed is not shown, kept, or said to anybody else.

    An empty line means that the command is not carried out. ``new``: it is chosen now, and typed twice. ``give`` takes
    it, and says what is wrong with it; ``""``: nothing, the command is carried out. ``withdraw``: it is not.
    """

    account: str
    new: bool
    give: Callable[[str], str]
    withdraw: Callable[[], None]


def ask_trust(chat: Chat, stranger: Address) -> TrustQuestion:
    """Whether the key of ``stranger``, which was shown, is trusted: then ``stranger`` is connected to."""

    def decide(trusted: bool) -> None:
        chat.question = None
        if trusted:
            chat.connect(stranger)
        else:
            chat.info("The key is not trusted, and you are not connected.")

    def answer(text: str) -> bool:
        word = text.strip().casefold()
        decide(word in ("yes", "y"))
        return word in ("yes", "y", "no", "n", "")

    words = "Do you trust this key from now on? Type yes, or no."
    prompt = "Trust this key from now on (yes or no)? "
    return TrustQuestion(prompt, words, str(stranger), answer, stranger.pin, decide)


def ask_name(
    chat: Chat, address: Address, words: str, suggestion: str = "", again: bool = False
) -> NameQuestion:
    """By which name somebody becomes a member at ``address``; ``suggestion`` is what Enter alone means."""

    def call(text: str) -> str:
        name = normalise_nick(text.strip() or suggestion)
        why = check_nick(name)
        if why is not None:
            return why
        chat.question = None
        chat.link.arrivals.call(address, name)
        chat.connect(address)
        return ""

    def log_in(account: str, password: Secret) -> None:
        chat.question = None
        chat.link.arrivals.offer(address, Credentials(account, password))
        chat.connect(address)

    def answer(text: str) -> bool:
        meant = parse.parse(text, CAPITALS, COMMANDS, connected=False)
        if isinstance(meant, parse.Command):
            return _instead_of_name(chat, meant, log_in)
        word, rest = parse.first_word(text)
        if word.startswith("/") or (rest and parse.secret_meant(word, rest)):
            return False  # told as everywhere; the question stays
        why = call(text)
        if why:
            chat.info(f"That cannot be a name: {why}. Please another one.")
        return True

    hint = f" Enter alone means {suggestion}." if suggestion else ""
    words = f"{words}{hint} (If you have an account there: LOGIN name{'' if chat.hides else ' password'})"
    prompt = f"Your name [{suggestion}]: " if suggestion else "Your name: "
    return NameQuestion(prompt, words, str(address), answer, suggestion, again, call, log_in)


def ask_password(chat: Chat, row: Row, lacking: Lacking, go_on: Callable[[str], None]) -> None:
    """Ask for the password that the command ``row`` lacks; ``go_on`` is called with it, or never.

    It may be asked while a connection is made, or lost: the question stays, and the command finds out then.
    """
    _Asking(chat, row, lacking, go_on).begin()


class _Asking:
    """See :func:`ask_password`."""

    def __init__(self, chat: Chat, row: Row, lacking: Lacking, go_on: Callable[[str], None]) -> None:
        self._chat = chat
        self._row = row
        self._lacking = lacking
        self._go_on = go_on
        self._first = ""  # of a new password that is typed twice

    def begin(self) -> None:
        account, new = self._lacking.account, self._lacking.new
        what = f"A password for {account}" if new else f"The password of {account}"
        words = f"{what}, please. It is not shown; Enter alone leaves everything as it was."
        self._ask(f"{what}: ", words, self._choose if new else self._take)

    def _ask(self, prompt: str, words: str, take: Callable[[str], str]) -> None:
        def answer(text: str) -> bool:
            if not text.strip():
                self.withdraw()
            elif why := take(text):
                self._chat.info(why)
            return True

        chat, lacking = self._chat, self._lacking
        where = str(chat.link.trying)
        chat.put_password(
            PasswordQuestion(
                prompt, words, where, answer, lacking.account, lacking.new, self._take, self.withdraw
            )
        )

    def withdraw(self) -> None:
        chat = self._chat
        chat.password = None
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
        """Use it; what is wrong with that, ``""`` where nothing is."""
        chat = self._chat
        if "\n" in password:
            return "A password is one line. Nothing was sent: please type it once more."
        why = chat.why_not_now(self._row) if chat.link.returning else ""
        if why:
            return f"{why} Please type the password again when it is back."
        chat.password = None
        self._go_on(password)
        return ""


def _instead_of_name(chat: Chat, meant: parse.Command, log_in: Callable[[str, Secret], None]) -> bool:
    """Whether the command ``meant`` was an answer all the same."""
    account, password = parse.first_word(meant.rest)
    if meant.name != "LOGIN":
        if meant.name not in _HELPING:
            chat.question = None
        return False
    if password:
        log_in(account, Secret(password))
    else:
        chat.info("LOGIN needs an account and its password, in one line: LOGIN name password")
    return True
