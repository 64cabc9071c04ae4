"""What the Tab key offers: commands, channels, and nicks with the last speaker first."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from natterjack.client.channels import is_channel
from natterjack.client.model.conversations import Channel
from natterjack.client.model.model import Model
from natterjack.proto.casemap import fold

#: Commands whose text is said to others: a nick at its start is somebody spoken to.
_SAYING = frozenset({"SEND", "/SEND", "/ME"})


class Completion(Struct, frozen=True):
    """``line[start:cursor]`` is to be replaced by one of ``candidates``, best first."""

    start: int
    candidates: tuple[str, ...]


def complete(model: Model, line: str, cursor: int, commands: Sequence[str]) -> Completion:
    """What could be meant by the word before ``cursor``. ``commands`` are the known command words, in capitals."""
    before = line[:cursor]
    start = before.rfind(" ") + 1
    word = before[start:]
    first = before[:start].strip()
    if not first and word[:1] == "/":
        names = sorted(name for name in commands if name.startswith(word[1:].upper()))
        return Completion(start, tuple(f"/{name.lower()} " for name in names))
    if is_channel(word):
        names = sorted(
            each.name
            for each in model.conversations
            if isinstance(each, Channel) and fold(each.name).startswith(fold(word))
        )
        return Completion(start, tuple(f"{name} " for name in names))
    found: list[str] = []
    if not first and word and word.isupper():
        found = [f"{name} " for name in sorted(commands) if name.startswith(word)]
    if word:
        at_start = not first or first.upper() in _SAYING
        begun = word.removeprefix("@")  # elsewhere people are called by that
        found += [nick + (": " if at_start else " ") for nick in nicks(model, begun)]
    return Completion(start, tuple(found))


def nicks(model: Model, prefix: str) -> list[str]:
    """Nicks that begin with ``prefix`` in the current conversation: who spoke last first, then by the alphabet."""
    conversation = model.find(model.current)
    if conversation is None:
        return []
    names = (
        [m.nick for m in conversation.members] if isinstance(conversation, Channel) else [conversation.name]
    )
    wanted = fold(prefix)
    fitting = [nick for nick in names if fold(nick).startswith(wanted) and not model.is_me(nick)]
    return sorted(fitting, key=lambda nick: (-conversation.spoke(nick), fold(nick)))
