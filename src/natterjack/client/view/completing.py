"""What the Tab key offers: nicks, #channels, /commands, :emoji: and, after commands that take one, paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from natterjack.client.model import Completion, Model, complete
from natterjack.client.view.emoji import EMOJI

#: Emoji offered at a time.
_MOST: Final = 40
#: Commands whose last parameter is a path, and which word it is.
_PATHS: Final = {"SENDFILE": 2, "GET": 2}

#: Names in the directory that a path begins with, those of directories with ``/`` at their end.
Listing = Callable[[str], list[str]]


def completions(
    model: Model, text: str, cursor: int, commands: Sequence[str], listing: Listing
) -> Completion:
    """What could be meant by what stands before ``cursor`` in its line of ``text``.

    The blank behind a candidate is left out where there is one already.
    """
    begin = text.rfind("\n", 0, cursor) + 1
    found = _in_line(model, text[begin:], cursor - begin, commands, listing)
    candidates = found.candidates
    if text[cursor : cursor + 1] == " ":
        candidates = tuple(each.removesuffix(" ") for each in candidates)
    return Completion(begin + found.start, candidates)


def _in_line(model: Model, line: str, cursor: int, commands: Sequence[str], listing: Listing) -> Completion:
    before = line[:cursor]
    path = _path(before)
    if path is not None:
        directory, _, begun = path.rpartition("/")
        top = f"{directory}/" if "/" in path else ""
        names = [
            name for name in listing(top) if name.startswith(begun) and (begun or not name.startswith("."))
        ]
        return Completion(len(before) - len(begun), tuple(sorted(names)))
    start = before.rfind(":")
    begun = before[start + 1 :]
    if start >= 0 and len(begun) > 1 and _is_name(begun) and (start == 0 or not before[start - 1].isalnum()):
        found = [name for name in EMOJI if name.startswith(begun)]
        found += [name for name in EMOJI if begun in name and name not in found]
        if found:
            return Completion(start, tuple(f"{EMOJI[name]} " for name in found[:_MOST]))
    return complete(model, line, cursor, commands)


def _path(before: str) -> str | None:
    """The path that is being typed; None where none is."""
    words = before.split(" ")
    place = _PATHS.get(words[0].lstrip("/").upper())
    if place is None or len(words) <= place:
        return None
    return " ".join(words[place:])


def _is_name(text: str) -> bool:
    return all(letter.isalnum() or letter in "_+-" for letter in text)
