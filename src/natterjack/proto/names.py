"""What a nick or a channel may be called.

A nick has letters and digits of any script and ``-_[]{}|^``; its letters are of one script, it is NFC, and its
*skeleton* (what it looks like, roughly) is that of no other nick in use. Japanese and Korean count as one script
each, as in Unicode's "highly restrictive" profile. Python's standard library knows no scripts, but the first word
of a letter's Unicode name is its script, which is all that is needed here.

Source: https://www.unicode.org/reports/tr39/ for the idea of skeletons and of single-script names.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from string import ascii_letters, digits

from natterjack.proto.casemap import fold
from natterjack.proto.limits import CHANNEL_BYTES, NICK_BYTES, USER_LENGTH, USUAL

CHANNEL_PREFIX = "#"
#: Whoever sits at the server's console, in the log and as the maker of invites: so it is nobody's account, nor nick.
CONSOLE = "console"
#: What services are called, here and elsewhere: whoever had such a nick would be told passwords.
SERVICES = frozenset(
    (
        "nickserv",
        "chanserv",
        "authserv",
        "saslserv",
        "operserv",
        "memoserv",
        "hostserv",
        "botserv",
        "helpserv",
    )
)
_PUNCTUATION = frozenset("-_[]{}|^")
#: Of the letters in ASCII those that a nick may have, and those that are left of a user name.
_OF_NICKS = ascii_letters + digits + "".join(sorted(_PUNCTUATION))
_OF_USERS = ascii_letters + digits + "-_."
_LETTERS = ("L", "M")
#: Scripts that are written together, and are one for our purpose.
_JAPANESE = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HALFWIDTH"})
_KOREAN = frozenset({"CJK", "HANGUL"})
#: Letters and marks that are not seen (Default_Ignorable_Code_Point): with them a nick could look like any other.
_INVISIBLE = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
#: What mustn't be in a channel's name: it would end the name on the wire.
_NOT_IN_CHANNELS = frozenset(" ,:\x07")

# Letters that look like a Latin one, by what they look like. Applied after case folding, so lower case will do.
_LOOKS = {
    "a": "аαɑ",
    "b": "ьƅ",
    "c": "сϲᴄ",
    "d": "ԁ",
    "e": "еєҽ",
    "f": "ſ",
    "g": "ɡց",
    "h": "һհ",
    "i": "іıɩιӏ",
    "j": "јϳ",
    "k": "кκ",
    "l": "1|ⅼ",
    "m": "м",
    "n": "пηո",
    "o": "0оοσօ",
    "p": "рρ",
    "q": "ԛզ",
    "r": "гᴦ",
    "s": "ѕꜱ",
    "t": "тτ",
    "u": "υսᴜ",
    "v": "ѵν",
    "w": "ԝωш",
    "x": "хχ",
    "y": "уγү",
    "z": "ᴢ",
}
_SKELETON = str.maketrans({look: letter for letter, looks in _LOOKS.items() for look in looks})


def check_nick(nick: str, length: int = USUAL.nick) -> str | None:
    """Why ``nick`` (NFC) can be nobody's nick, in words; None where it can. It may have ``length`` characters."""
    if not nick:
        return "it is empty"
    if len(nick) > length:
        return f"it is longer than {length} characters"
    if len(nick.encode()) > NICK_BYTES:
        return f"it is longer than {NICK_BYTES} bytes"
    look = skeleton(nick)
    if look == CONSOLE:
        return "it is what the server's own console is called"
    if look in _SERVICES_LOOKS:
        return "it is what a service of the server is called"
    if not nick.isascii():
        return _check_letters(nick)
    bad = nick.lstrip(_OF_NICKS)  # from the first one on that it may not have
    return f"it may not contain {bad[0]!r}" if bad else None


@lru_cache(maxsize=4096)
def _check_letters(nick: str) -> str | None:
    """The same of the letters of ``nick``, which are of any script."""
    if not unicodedata.is_normalized("NFC", nick):
        return "it is not in Unicode's normal form C"
    scripts = set()
    for letter in nick:
        category = unicodedata.category(letter)
        if category[0] in _LETTERS and letter not in _INVISIBLE:
            if category != "Mn":
                scripts.add(unicodedata.name(letter, "?").split(" ")[0])
        elif category != "Nd" and letter not in _PUNCTUATION:
            return f"it may not contain {letter!r}"
    if unicodedata.category(nick[0]) == "Mn":
        return "it may not begin with a combining mark"
    if len(scripts) > 1 and not (scripts <= _JAPANESE or scripts <= _KOREAN):
        return "it mixes letters of several scripts"
    return None


def skeleton(nick: str) -> str:
    """What ``nick`` looks like: two nicks with one skeleton could be mistaken for each other."""
    looks = nick.encode().translate(_ASCII_LOOKS).decode() if nick.isascii() else _looks(nick)
    return looks.replace("rn", "m")


@lru_cache(maxsize=4096)
def _looks(text: str) -> str:
    """``text`` with the letters that its own look like."""
    plain = unicodedata.normalize("NFKD", text).replace("I", "l").casefold()
    return plain.translate(_SKELETON)


#: The same for each letter in ASCII, as ``bytes.translate`` wants it.
_ASCII_LOOKS = _looks("".join(map(chr, range(128)))).encode().ljust(256)
#: In capitals too, in which an I looks like an l.
_SERVICES_LOOKS = frozenset(skeleton(each) for name in SERVICES for each in (name, name.upper()))


def is_service(name: str) -> bool:
    """Whether ``name`` is what a service is called, or looks so."""
    return skeleton(name) in _SERVICES_LOOKS


def normalise_nick(nick: str) -> str:
    """``nick`` in NFC, since some keyboards send the parts of a letter one by one."""
    return nick if nick.isascii() else unicodedata.normalize("NFC", nick)


#: What stands between somebody's name elsewhere and where that is: ``kim/matrix``. No nick has it.
ELSEWHERE = "/"


def check_relayed(name: str, length: int = USUAL.nick) -> str | None:
    """Why ``name`` can't be shown as the name of somebody elsewhere, in words; None where it can."""
    if len(name) > length or len(name.encode()) > NICK_BYTES:
        return f"it is longer than {length} characters, or {NICK_BYTES} bytes"
    parts = name.split(ELSEWHERE)
    if len(parts) < 2:
        return f"it takes a {ELSEWHERE}, as in kim{ELSEWHERE}matrix"
    return next((why for part in parts if (why := check_nick(part, length)) is not None), None)


def check_channel(name: str, length: int = USUAL.channel) -> str | None:
    """Why ``name`` can be no channel's name, in words; None where it can. It may have ``length`` characters."""
    if name[:1] != CHANNEL_PREFIX:
        return f"it must begin with {CHANNEL_PREFIX}"
    if len(name) == 1:
        return "it is empty"
    if len(name) > length:
        return f"it is longer than {length} characters"
    if len(name.encode()) > CHANNEL_BYTES:
        return f"it is longer than {CHANNEL_BYTES} bytes"
    for letter in name:
        if letter in _NOT_IN_CHANNELS or (not letter.isprintable() and letter not in "\u200c\u200d"):
            return f"it may not contain {letter!r}"
    return None


def is_channel(target: str) -> bool:
    """Whether ``target`` means a channel rather than a nick, by its first character."""
    return target[:1] == CHANNEL_PREFIX


def tidy_user(user: str) -> str:
    """The user name that a client gave, with what could be mistaken for a part of a source left out."""
    if user.lstrip(_OF_USERS):
        user = "".join(letter for letter in user if letter in _OF_USERS)
    return user[:USER_LENGTH] or "user"


def distinct(names: str) -> list[str]:
    """The names in a list with commas, each once, however it is spelt."""
    found: dict[str, str] = {}
    for name in names.split(","):
        found.setdefault(fold(name), name)
    return list(found.values())
