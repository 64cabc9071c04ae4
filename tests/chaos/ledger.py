"""What clients wrote down as they went: what they sent, what came of it, and what they saw.

A text is said under one client message id and by nobody else, so wherever it turns up it is known whose it is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Entry:
    """One message. ``msgids``: those it was acknowledged with; ``refusal``: what the last attempt was refused with."""

    number: int
    cid: str
    sender: str
    target: str
    text: str
    attempts: int = 0
    msgids: list[str] = field(default_factory=list)
    refusal: str = ""

    @property
    def acknowledged(self) -> bool:
        return bool(self.msgids)


@dataclass(frozen=True)
class Sight:
    """What somebody was shown live."""

    msgid: str
    text: str


class Ledger:
    """One for a server and all that happens to it."""

    def __init__(self, name: str = "m") -> None:
        self.entries: list[Entry] = []
        #: By viewer and target, in the order in which it was shown.
        self.seen: defaultdict[tuple[str, str], list[Sight]] = defaultdict(list)
        self._name = name

    def enter(self, sender: str, target: str, filling: str = "") -> Entry:
        """A new message, not sent yet."""
        number = len(self.entries)
        cid = f"{self._name}{number:010d}"
        entry = Entry(number, cid, sender, target, f"{cid} {sender} {filling}".rstrip())
        self.entries.append(entry)
        return entry

    def saw(self, viewer: str, target: str, msgid: str, text: str) -> None:
        self.seen[viewer, target].append(Sight(msgid, text))

    @property
    def acknowledged(self) -> int:
        return sum(1 for entry in self.entries if entry.msgids)

    def __str__(self) -> str:
        refused = sum(1 for entry in self.entries if entry.refusal)
        resent = sum(1 for entry in self.entries if entry.attempts > 1)
        shown = sum(map(len, self.seen.values()))
        return (
            f"{len(self.entries)} messages ({resent} sent more than once), {self.acknowledged} acknowledged, "
            f"{refused} refused; {shown} shown"
        )
