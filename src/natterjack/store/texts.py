"""What is searched for in a message: its words, however they are written.

Texts are compared *folded*: no difference between cases, between full and half width, or between a Latin letter and
the same with marks on it (``é`` is ``e``); marks of other scripts make other letters and stay (``が`` is not ``か``).

**The index** holds, for each message, every three characters that follow each other in its words (*trigrams*), so that
any part of a word is found, in scripts without spaces too. It does not hold where they stand: a word is looked up as
the messages that have all of its trigrams, and each hit is compared with the message itself. That takes a third of the
space, and compared they must be anyway. Two more trigrams, of private characters that nobody writes, say in which
conversation a message stands and whose it is: so a search in a quiet channel passes over all that a busy one has.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b

from natterjack.proto.casemap import fold

#: Characters of a word that the index finds.
TRIGRAM = 3
#: Trigrams of one word that are looked up at most: more would hardly sort out any more messages.
_TERMS = 12
#: Marks on a letter of ASCII, once it is taken apart.
_MARKS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
#: Where the private characters for conversations and for accounts begin (planes 15 and 16), and the bits of each.
_PLACES = 0xF0000
_AUTHORS = 0x100000
_BITS = 15


def fold_text(text: str) -> str:
    """``text`` as it is compared. What has no white space in it has none afterwards that matters to :func:`words`."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", apart))


def words(text: str) -> tuple[str, ...]:
    """The words of what somebody searches for, folded, each once."""
    return tuple(dict.fromkeys(fold_text(text).split()))


def text_of(body: str) -> str:
    """What was said in a line (``:source PRIVMSG target :text``); ``""`` where it has no text.

    A message of several lines has LF between them, and CR where one only goes on: there nothing was between the two.
    """
    return body.partition(" :")[2].replace("\r", "")


def matcher(
    wanted: tuple[str, ...], account: str, after: int, before: int
) -> Callable[[int, str, str], bool]:
    """A function that says of a message's time, body and account whether it is one that is searched for.

    The arguments are those of :class:`~natterjack.ports.questions.Search`, with the words as :func:`words` gives them.
    """

    def matches(time: int, body: str, author: str) -> bool:
        if time <= after and after:
            return False
        if time >= before and before:
            return False
        if account and fold(author) != account:
            return False
        text = fold_text(text_of(body))
        return all(word in text for word in wanted)

    return matches


# -- the index


def entry(number: int, conversation: int, account: str, body: str) -> tuple[int, str, str, str]:
    """A row of the index: the message's id, its words (run together: no trigram with a space is ever looked up),
    its place and its author."""
    return number, index_text(body), _place(conversation), author(account)


def index_text(body: str) -> str:
    """The words of a line, folded and run together, as they go into the index."""
    return "".join(fold_text(text_of(body)).split())


def query(wanted: tuple[str, ...], conversations: tuple[int, ...], account: str) -> str:
    """What to look up for messages that may contain all of ``wanted``; ``""`` where no word is long enough.

    Where there are many ``conversations`` it asks for none: the caller has to sort them out.
    """
    terms = dict.fromkeys(trigram for word in wanted for trigram in _trigrams(word))
    if not terms:
        return ""
    if account:
        terms[author(account)] = None  # folded, as any spelling is
    asked = " AND ".join(_quoted(term) for term in terms)
    if len(conversations) > _MANY:
        return asked
    places = " OR ".join(dict.fromkeys(_quoted(_place(each)) for each in conversations))
    return f"{asked} AND ({places})"


#: Conversations that a query names one by one at most.
_MANY = 100


def _trigrams(word: str) -> list[str]:
    """Trigrams that together cover ``word``; none of a word that is too short."""
    last = len(word) - TRIGRAM
    if last < 0:
        return []
    starts = [*range(0, last, TRIGRAM), last][:_TERMS]
    return [word[start : start + TRIGRAM] for start in starts]


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'


def _token(plane: int, number: int) -> str:
    mask = (1 << _BITS) - 1
    return "".join(chr(plane + (number >> shift & mask)) for shift in _SHIFTS)


_SHIFTS = (2 * _BITS, _BITS, 0)
#: What :func:`index_text` gives for a ``body`` in ASCII, and the place of a ``conversation``, both as SQLite reckons
#: them. (White space of other kinds may stay: nobody searches for it.)
TEXT = "lower(replace(replace(replace(substr(body, instr(body, ' :') + 2), ' ', ''), char(10), ''), char(13), ''))"
PLACE = (
    f"char({', '.join(f'{_PLACES} + (conversation >> {shift} & {(1 << _BITS) - 1})' for shift in _SHIFTS)})"
)


@lru_cache(4096)
def _place(conversation: int) -> str:
    return _token(_PLACES, conversation)


@lru_cache(4096)
def author(account: str) -> str:
    """What stands in the index for an account; ``""`` for none."""
    if not account:
        return ""
    digest = blake2b(fold(account).encode(), digest_size=6).digest()
    return _token(_AUTHORS, int.from_bytes(digest, "big"))
