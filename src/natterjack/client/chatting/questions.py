"""What the chat asks a person, who answers with the next line: whether a key is trusted, how to be called.

A command is no answer: it is carried out, and most of them mean that there is to be no answer. Only where a password is
asked for, everything is one (:mod:`.missing_password`). A window with fields and buttons does not answer with lines: it
calls what the question has for that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from natterjack.client.address import Address
from natterjack.client.chatting import parse
from natterjack.client.chatting.commands import CAPITALS, COMMANDS
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
        if word in ("yes", "y", "no", "n", ""):
            decide(word in ("yes", "y"))
            return True
        meant = parse.parse(text, CAPITALS, COMMANDS, connected=False)
        if isinstance(meant, parse.Command):
            if meant.name not in _HELPING:
                decide(False)
            return False
        if isinstance(meant, parse.HeldBack) or text.strip().startswith("/"):
            return False  # told as everywhere; the question stays
        chat.info(words)
        return True

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
