"""What a typed line means: a command, text for the others, or something better held back.

A known command word in capitals, or with ``/`` before it in any case, is a command; any other text is said. Since text
goes to everybody, two kinds of line are held back instead: one that begins with a capital word one slip away from a
command (``SNED hello``), and one that looks like a login or registration however it is spelt (``login kim secret``).
Of a text of several lines any line may be one of the latter, and holds back the whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct

from natterjack.proto.nearest import distance, nearest

#: Commands shorter than this have too many real words one letter away from them.
_LONG_ENOUGH = 4
#: Words to log in with, and how many words follow where somebody means it: with these, a slip counts in any case.
_SECRET_WORDS = {"LOGIN": 2, "REGISTER": 1}
#: What is said to a service elsewhere by a command of its own.
_TO_SERVICE = "MSG NickServ"
_PASSWD = f"{_TO_SERVICE} PASSWD"
_CONSOLE_PASSWD = "CONSOLE PASSWD"
#: Commands with passwords: who meant one of them is not told how to say the line all the same.
SECRET_WORDS = frozenset([*_SECRET_WORDS, "OPER", _TO_SERVICE, _PASSWD, _CONSOLE_PASSWD])
#: What people type who learnt it elsewhere.
_LIKE_LOGIN = frozenset({"IDENTIFY", "LOGON", "SIGNIN", "SIGNUP", "LOG-IN", "SIGN-IN"})
#: One slip away from LOGIN, and a word of its own.
_REAL_WORDS = frozenset({"LOGIC"})
_SERVICES = frozenset({"NICKSERV", "USERSERV", "AUTHSERV", "NS", "X", "Q"})
#: Those of them that are no word of anybody's, and what is said to them with a password.
_SERVICE_WORDS = frozenset({"NICKSERV", "USERSERV", "AUTHSERV", "NS"})
_SERVICE_VERBS = ("IDENTIFY", "LOGIN", "REGISTER", "PASSWD", "SAREGISTER", "GHOST")
#: With whom it is said behind it; here, and in other programs.
_SAYING = frozenset({"MSG", "QUERY", "PRIVMSG", "NOTICE"})


class Mistyped(Exception):  # noqa: N818  (it is no error of the program)
    """``text`` says what is wrong and what to type instead."""

    def __init__(self, text: str, code: str = "usage") -> None:
        super().__init__(text)
        self.code = code


class Typed(Struct, frozen=True):
    """The base of what a line can mean."""


class Nothing(Typed, frozen=True):
    """An empty line."""


class Text(Typed, frozen=True):
    """To be said where we are."""

    text: str


class Command(Typed, frozen=True):
    """``name`` is known, and in capitals; ``rest`` is what follows it, without spaces around."""

    name: str
    rest: str


class HeldBack(Typed, frozen=True):
    """Not said, since ``meant`` was probably meant, in the line of that number."""

    word: str
    meant: str
    line: int = 1


class Unknown(Typed, frozen=True):
    """No command: after a slash, or while there is nobody to say it to. ``meant`` is None where nothing is near."""

    word: str
    meant: str | None


def parse(line: str, capitals: Collection[str], slash: Collection[str], *, connected: bool) -> Typed:
    """What ``line`` means. ``capitals`` are the commands that go without a slash, ``slash`` all of them."""
    text = line.rstrip("\r\n")
    stripped = text.strip()
    if not stripped:
        return Nothing()
    first, *below = text.splitlines()
    word, rest = first_word(stripped)
    held = _held_back(below, 2)
    if held is not None:
        return held
    if stripped.startswith("//"):
        said = stripped[1:]
        return Text(said) if connected else Unknown(word, nearest(word.lstrip("/"), slash))
    if stripped.startswith("/"):
        name = word[1:].upper()
        secret = secret_meant(word, rest) or secret_meant(*first_word(first))
        if name not in slash and secret in (_TO_SERVICE, _PASSWD):
            return HeldBack(word, secret)
        return Command(name, rest) if name in slash else Unknown(word, nearest(name, slash))
    if word in capitals:
        return Command(word, rest)
    meant = secret_meant(word, rest) or secret_meant(*first_word(first))
    meant = meant or (_slip(word, capitals) if word.isupper() else None)
    if meant:
        return HeldBack(word, meant)
    return Text(text) if connected else Unknown(word, nearest(word, capitals))


def first_word(text: str) -> tuple[str, str]:
    """The first word of ``text``, and what follows it without spaces around. Any white space parts the two."""
    words = text.split(maxsplit=1)
    return (words[0] if words else "", words[1].rstrip() if len(words) > 1 else "")


def find_held_back(text: str) -> HeldBack | None:
    """The first line of ``text`` that looks like one with a password, whether or not it is a command."""
    return _held_back(text.splitlines(), 1)


def _held_back(lines: Iterable[str], number: int) -> HeldBack | None:
    """The same of ``lines``, whose first one has that number."""
    for place, line in enumerate(lines, number):
        word, rest = first_word(line)
        meant = secret_meant(word, rest)
        if meant:
            return HeldBack(word, meant, place)
    return None


def secret_meant(word: str, rest: str) -> str | None:
    """LOGIN, REGISTER, OPER or what is said to NickServ where a line of ``word`` and ``rest`` looks so, in any case."""
    name = word.strip("/.,:;!\"'").upper()
    if name in _SECRET_WORDS:
        return name
    if name in _LIKE_LOGIN:
        return "LOGIN"
    words = rest.split()
    if _is_for_service(name, words):
        return _TO_SERVICE
    if name == "PASSWD" and (len(words) == 2 or (words and word.isupper())):
        return _PASSWD
    if name == "CONSOLE" and words and words[0].upper() == "PASSWD":
        return _CONSOLE_PASSWD
    if name in ("LOG", "SIGN") and len(words) == 3 and words[0].upper() in ("IN", "ON"):
        return "LOGIN"
    if name == "OPER" and len(words) == 2:
        return name
    if name in _REAL_WORDS:
        return None
    return next(
        (
            secret
            for secret, follow in _SECRET_WORDS.items()
            if (len(words) == follow or word.isupper()) and _one_away(name, secret)
        ),
        None,
    )


def _is_for_service(name: str, words: list[str]) -> bool:
    if name in _SAYING and words:
        name, words = _targets(words[0])[-1], words[1:]
    return name in _SERVICE_WORDS and bool(words) and _is_verb(words[0].lstrip(":").upper())


def _targets(word: str) -> list[str]:
    """The names in a list of them, without servers behind them."""
    return [target.partition("@")[0] for target in word.upper().split(",")]


def _is_verb(word: str) -> bool:
    return any(
        word == verb or (len(verb) > _LONG_ENOUGH and _one_away(word, verb)) for verb in _SERVICE_VERBS
    )


def is_secret(line: str) -> bool:
    """Whether ``line`` may hold a password or an invite: then it enters no history."""
    if "\n" in line:  # pasted
        return any(map(is_secret, line.split("\n")))
    word, rest = first_word(line)
    name = word.lstrip("/").upper()
    words = rest.split()
    first = words[0].upper() if words else ""
    if secret_meant(word, rest) or "invite=" in line:
        return True
    if (
        name == "OPER"
        or (word.startswith("/") and _one_away(name, "OPER"))
        or (name == "CONSOLE" and first == "PASSWD")
    ):
        return True
    if name in ("RAW", "QUOTE"):
        return first in ("PASS", "AUTHENTICATE", "REGISTER", "NS", "NICKSERV") or is_secret(rest)
    if name == "SEND":
        return is_secret(rest)
    if name in ("PASSWD", "SAREGISTER"):  # where one talks to NickServ
        return bool(rest)
    return name in _SAYING and len(words) > 1 and not _SERVICES.isdisjoint(_targets(first))


def _slip(word: str, names: Collection[str]) -> str | None:
    return next((name for name in names if len(name) >= _LONG_ENOUGH and _one_away(word, name)), None)


def _one_away(word: str, name: str) -> bool:
    return abs(len(word) - len(name)) <= 1 and distance(word, name) == 1
