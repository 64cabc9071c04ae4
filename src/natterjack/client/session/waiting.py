"""Which requests wait for an answer, and which line answers which.

Theory of operation. Two ways to know, by what the server can do:

*Labels* (https://ircv3.net/specs/extensions/labeled-response). Each request carries a label; whatever answers it comes
back with that label: one line, or a batch of them, or ``ACK`` where there is nothing to say. Nested batches inherit it.

*Fences*, on servers without. After each request goes a ``PING`` with a token of ours. Servers work in order, so the
``PONG`` means that the request is dealt with, and the numerics before it were its answer.

Either way a request ends once: with its first error, else with what was learnt of its success.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from natterjack.client.session.config import MOST_WAITING
from natterjack.client.session.multiline import Gathering
from natterjack.proto.casemap import fold

#: What the token of a fence begins with; behind it stands the label of what it belongs to.
FENCE: Final = "natterjack-"
#: Batches that may be open at the same time: they are nested, but not by the hundred.
_MOST_BATCHES = 64


class Awaited(Struct, frozen=True):
    """What an answer will be to. ``text`` is the message's last parameter, unless that is a secret.

    ``left`` counts messages of the same request behind this one. ``behalf`` is ``""``, or the command that this is the
    last part of: it counts as done however this one ends. ``name`` is what it is called in its answer where that is
    another word than its command. ``led``: a JOIN of what channels are called now, since those asked for were former
    names.
    """

    ref: int
    command: str
    target: str
    text: str
    left: int = 0
    behalf: str = ""
    name: str = ""
    led: bool = False


class Waiting:
    """One message on the wire that waits for its answer.

    ``back``: it asks for history that may be older than what is known. ``renamed``: present names of channels that were
    to be come into by former ones, each with its key.
    """

    __slots__ = (
        "back",
        "behalf",
        "command",
        "cut",
        "error",
        "first",
        "label",
        "last",
        "left",
        "led",
        "lines",
        "msgid",
        "name",
        "ref",
        "renamed",
        "seen",
        "target",
        "text",
        "time",
    )

    def __init__(self, label: str, awaited: Awaited) -> None:
        self.label: str = label
        self.ref: int = awaited.ref
        self.left: int = awaited.left
        self.command: str = awaited.command
        self.behalf: str = awaited.behalf
        self.name: str = awaited.name or awaited.command
        self.target: str = awaited.target
        self.text: str = awaited.text
        self.error: tuple[str, str] | None = None  # code and text of the first one
        self.msgid = ""
        self.seen = False  # whether our message came back to us
        self.time = 0.0
        self.lines = 0  # of history that have come
        self.first = self.last = ""  # msgids of the first and the last of them
        self.cut = False  # whether there are more, as the server says
        self.back = False
        self.led = awaited.led
        self.renamed: dict[str, str] = {}

    @property
    def is_message(self) -> bool:
        return self.name in ("PRIVMSG", "NOTICE")

    @property
    def reads_history(self) -> bool:
        """Whether it asks for the lines of one conversation."""
        return self.command == "CHATHISTORY" and self.target != ""

    def fail(self, code: str, text: str) -> None:
        """Note an error; the first one stays."""
        if self.error is None:
            self.error = (code, text)


class Batch:
    """An open batch. ``label`` is its own, or that of the batch around it; so is ``place``, what it is about.

    ``message`` is the one of several lines that it is, None where it is another. ``ends``: the answer of that label is
    complete with it. What is around it is asked once and not kept: a server may nest them for ever.
    """

    __slots__ = ("__weakref__", "ends", "found", "history", "kind", "label", "message", "place")

    def __init__(
        self, kind: str, label: str, parent: Batch | None, place: str, message: Gathering | None = None
    ) -> None:
        self.kind = kind
        self.message = message
        self.place: str = place or (parent.place if parent else "")
        self.label: str = label or (parent.label if parent else "")
        self.ends: bool = parent is None or parent.label != self.label
        self.history: bool = kind == "chathistory" or (parent is not None and parent.history)
        self.found: bool = kind == "soju.im/search" or (parent is not None and parent.found)


class WaitingTable:
    """Everything that waits, in the order in which it was sent."""

    def __init__(self, patience: float) -> None:
        """``patience``: seconds without any answer until what waits is given up."""
        self._patience = patience
        self._by_label: dict[str, Waiting] = {}
        self._batches: dict[str, Batch] = {}
        self._count = 0
        self._progress = 0.0

    def __len__(self) -> int:
        return len(self._by_label)

    @property
    def is_full(self) -> bool:
        return len(self._by_label) >= MOST_WAITING

    def add(self, now: float, awaited: Awaited) -> Waiting:
        """A new one with a label of its own."""
        self._count += 1
        if not self._by_label:
            self._progress = now
        waiting = Waiting(f"n{self._count}", awaited)
        self._by_label[waiting.label] = waiting
        return waiting

    def find(self, label: str) -> Waiting | None:
        return self._by_label.get(label) if label else None

    def cut(self, target: str) -> None:
        """The next answer about the history of ``target`` has not all that there is."""
        for waiting in self._by_label.values():
            if waiting.reads_history and fold(waiting.target) == fold(target):
                waiting.cut = True
                return

    def oldest(self) -> Waiting | None:
        return next(iter(self._by_label.values()), None)

    def finish(self, label: str, now: float) -> Waiting | None:
        """Take it out, since its answer is complete."""
        self._progress = now
        return self._by_label.pop(label, None)

    def deadline(self) -> float | None:
        """When :meth:`overdue` has something, if nothing is answered until then."""
        return self._progress + self._patience if self._by_label else None

    def overdue(self, now: float) -> Iterator[Waiting]:
        """Take out all whose time is up."""
        if self._by_label and now >= self._progress + self._patience:
            yield from self.drop_all()

    def drop_all(self) -> list[Waiting]:
        """Take out everything: the connection is gone."""
        dropped = list(self._by_label.values())
        self._by_label.clear()
        self._batches.clear()
        return dropped

    def open_batch(
        self,
        name: str,
        kind: str,
        label: str,
        parent: str,
        place: str = "",
        message: Gathering | None = None,
    ) -> None:
        """``BATCH +name kind place``; ``label`` and ``parent`` (its own batch tag) are ``""`` where it has none.

        A name that is open already means that one.
        """
        if name not in self._batches and len(self._batches) < _MOST_BATCHES:
            self._batches[name] = Batch(kind, label, self._batches.get(parent), place, message)

    def close_batch(self, name: str) -> Batch | None:
        return self._batches.pop(name, None)

    def batch(self, name: str) -> Batch | None:
        return self._batches.get(name) if name else None
