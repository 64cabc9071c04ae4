"""Which name to ask for when the wanted one cannot be had."""

from __future__ import annotations

from collections.abc import Iterator

from natterjack.proto.names import check_nick, normalise_nick

#: RFC 1459's nick length, which any server takes.
SHORT_NICK = 9
_LETTERS = "bcdfghjkmnpqrstvwxz"


def alternatives(nick: str, seed: int) -> Iterator[str]:
    """Names to try after ``nick``, nearest first, then guest names. ``seed`` (any number) makes those differ.

    Finite: a server that refuses all of them has another reason.
    """
    yield f"{nick}_"
    for number in range(2, 6):
        yield f"{nick}{number}"
    for attempt in range(4):
        number = seed + attempt * 2741  # a prime: the names of one seed have little in common
        yield "guest-" + "".join(
            _LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(3)
        )


def default_nick(user: str) -> str:
    """A guest's name made of ``user``, the operating system's name for him: ``guest-kim``, or just ``guest``."""
    name = normalise_nick(user).partition("@")[0].rpartition("\\")[2].replace(" ", "-").replace(".", "-")
    kept = "".join(letter for letter in name if letter.isalnum() or letter in "-_").strip("-_").casefold()
    nick = f"guest-{kept[:20]}"
    if not kept or kept.startswith("guest") or check_nick(nick) is not None:
        return "guest"
    return nick
