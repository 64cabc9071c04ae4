"""Invites: what lets in somebody who has no account yet.

An invite is a few words that can be said over the telephone, used as the server's password. It can be good for some
uses, for some time, and bring whoever comes by it into a channel. All are in memory; the store gets every change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from natterjack.core.words import WORDS
from natterjack.ports.records import InviteRecord, Snapshot

#: Words in a code. With the number before them that is 42 bits: at a thousand guesses a second, more than a century.
_WORDS_A_CODE = 4


class Invites:
    """The owner of the invites."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._by_code: dict[str, InviteRecord] = {record.code: record for record in snapshot.invites}

    def __iter__(self) -> Iterator[InviteRecord]:
        return iter(self._by_code.values())

    def put(self, record: InviteRecord) -> None:
        """``record`` is how its invite is from now on."""
        self._by_code[record.code] = record

    def get(self, code: str) -> InviteRecord | None:
        """The invite with ``code``, good or not."""
        return self._by_code.get(tidy(code))


def new_code(entropy: Callable[[int], bytes]) -> str:
    """A code that nobody can guess: ``417-otter-lamp-fern-coral``."""
    random = entropy(2 + _WORDS_A_CODE)
    number = int.from_bytes(random[:2], "big") % 1000
    return "-".join([str(number), *(WORDS[byte] for byte in random[2:])])


def tidy(code: str) -> str:
    """``code`` as it may have been heard or typed: case and spaces don't matter."""
    return "-".join(code.lower().replace("-", " ").split())
