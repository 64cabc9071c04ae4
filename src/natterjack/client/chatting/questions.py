"""What the chat asks a person, who answers with the next line: whether a key is trusted, and how to be called.

A command is no answer: it is carried out, and most of them mean that there is to be no answer.
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
    """``answer`` takes a line and says whether it was one; it takes ``chat.question`` away where it is settled."""

    prompt: str
    answer: Callable[[str], bool]


def ask_trust(chat: Chat, stranger: Address) -> Question:
    """Whether the key of ``stranger``, which was shown, is trusted: then ``stranger`` is connected to."""
    chat.info("Do you trust this key from now on? Type yes, or no.")

    def answer(text: str) -> bool:
        chat.question = None
        word = text.strip().casefold()
        if word in ("yes", "y"):
            chat.connect(stranger)
            return True
        chat.info("The key is not trusted, and you are not connected.")
        return word in ("no", "n", "")

    return Question("Trust this key from now on (yes or no)? ", answer)


def ask_name(chat: Chat, address: Address, words: str, suggestion: str = "") -> Question:
    """By which name somebody becomes a member at ``address``; ``suggestion`` is what Enter alone means."""
    hint = f" Enter alone means {suggestion}." if suggestion else ""
    chat.info(f"{words}{hint} (If you have an account there: LOGIN name password)")

    def answer(text: str) -> bool:
        meant = parse.parse(text, CAPITALS, COMMANDS, connected=False)
        if isinstance(meant, parse.Command):
            return _instead_of_name(chat, address, meant)
        word, rest = parse.first_word(text)
        if word.startswith("/") or (rest and parse.secret_meant(word, rest)):
            return False  # told as everywhere; the question stays
        name = normalise_nick(text.strip() or suggestion)
        why = check_nick(name)
        if why is not None:
            chat.info(f"That cannot be a name: {why}. Please another one.")
            return True
        chat.question = None
        chat.link.arrivals.call(address, name)
        chat.connect(address)
        return True

    return Question(f"Your name [{suggestion}]: " if suggestion else "Your name: ", answer)


def _instead_of_name(chat: Chat, address: Address, meant: parse.Command) -> bool:
    """Whether the command ``meant`` was an answer all the same."""
    account, password = parse.first_word(meant.rest)
    if meant.name != "LOGIN":
        if meant.name not in _HELPING:
            chat.question = None
        return False
    if password:
        chat.question = None
        chat.link.arrivals.offer(address, Credentials(account, Secret(password)))
        chat.connect(address)
    else:
        chat.info("LOGIN needs an account and its password. Type: LOGIN name password")
    return True
