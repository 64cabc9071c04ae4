"""Lines, as the clients of this suite read them: simpler than the product's own, and apart from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heard:
    """One line. ``text`` is what follows `` :``; ``params`` does not have it."""

    tags: dict[str, str]
    source: str
    command: str
    params: list[str]
    text: str


def read(line: str) -> Heard:
    tags: dict[str, str] = {}
    if line[:1] == "@":
        head, _, line = line[1:].partition(" ")
        for item in head.split(";"):
            key, _, value = item.partition("=")
            tags[key] = value
    source = ""
    if line[:1] == ":":
        source, _, line = line[1:].partition(" ")
    words, _, text = line.partition(" :")
    command, *params = words.split(" ")
    return Heard(tags, source, command, params, text)
