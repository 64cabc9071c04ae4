"""Words for tests of catching up: lines, answers, and a pond that is left and come back to."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st
from msgspec import structs

from natterjack.client import events as e
from natterjack.client.requests import AskHistory, Request
from natterjack.client.session.catchup import CatchUp, Position, Shown
from natterjack.proto.source import Source

KIM = Source("kim", "k", "h")
ALICE = Source("alice", "a", "h")
FIRST = 1000


def line(
    number: int, target: str = "#pond", *, sender: Source = ALICE, ref: int = 0, history: bool = False
) -> e.MessageReceived:
    text, own = f"text {number}", sender is KIM
    return e.MessageReceived(
        f"m{number}", float(number), sender, target, text, e.Kind.MESSAGE, own, history=history, ref=ref
    )


def joined(channel: str = "#pond") -> e.Joined:
    return e.Joined(KIM, channel, "", "", True, 0.0)


def catch_up(*positions: Position, known: Iterable[str] = ()) -> CatchUp:
    return CatchUp(positions, known, FIRST)


def take(past: CatchUp) -> list[str]:
    """What is to be shown, as texts, with ``!`` before what moves the position."""
    out, past.out = past.out, []
    return [("!" if each.moves else "") + each.msgid for each in out if isinstance(each, Shown)]


def asked(past: CatchUp) -> list[Request]:
    requests, past.requests = past.requests, []
    return requests


def history(past: CatchUp, ref: int, numbers: Iterable[int], target: str = "#pond", lines: int = 0) -> None:
    """The answer to the request ``ref``; ``lines``: how many there were, with those that are no messages."""
    last = ""
    count = 0
    for number in numbers:
        past.heard(line(number, target, ref=ref, history=True))
        last, count = f"m{number}", count + 1
    past.heard(e.HistoryRead(ref, target, lines or count, last))
    past.heard(e.Done(ref, "CHATHISTORY"))


def enter(past: CatchUp, limit: int = 3, *, talks: bool = False) -> list[Request]:
    """Into #pond, up to what is asked then."""
    past.heard(joined())
    past.joined("#pond", limit)
    past.connected(limit, talks=talks)
    return asked(past)


class Pond:
    """A channel that is kept, and one client who comes and goes."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.wire: list[e.Event] = []
        self.inside = False
        self.past = catch_up(Position("#pond", "m0", 0.0))
        self.seen: list[str] = []

    def say(self, count: int) -> None:
        for _ in range(count):
            self.lines.append(len(self.lines) + 1)
            if self.inside:
                self.wire.append(self.made(self.lines[-1]))

    def made(self, number: int, ref: int = 0) -> e.Event:
        """What stands there: live, or as the answer to ``ref``."""
        return line(number, ref=ref, history=ref > 0)

    def come(self, _: int) -> None:
        if not self.inside:
            self.inside = True
            self.past.heard(joined())
            self.past.joined("#pond", 3)
            self.past.connected(3, talks=False, events=True)

    def cut(self, keep: int) -> None:
        self.deliver(keep)
        self.wire.clear()
        self.inside = False
        self.past.lost()
        self.past.requests.clear()
        self.note()

    def work(self, _: int) -> None:
        """The server answers all that was asked so far."""
        for request in asked(self.past):
            assert isinstance(request, AskHistory)
            after = int(request.selector.removeprefix("msgid=m"))
            found = self.lines[after : after + request.limit]
            self.wire += [self.made(number, request.ref) for number in found]
            last = f"m{found[-1]}" if found else ""
            self.wire.append(e.HistoryRead(request.ref, "#pond", len(found), last))
            self.wire.append(e.Done(request.ref, "CHATHISTORY"))

    def deliver(self, count: int) -> None:
        for event in self.wire[:count]:
            self.past.heard(event)
        del self.wire[:count]
        self.note()

    def restart(self, _: int) -> None:
        """Killed; what was shown is known."""
        self.cut(0)
        kept = self.past.positions["#pond"]
        self.past = catch_up(structs.replace(kept), known=self.seen)

    def note(self) -> None:
        self.seen += [each.removeprefix("!") for each in take(self.past)]


STEP = st.tuples(
    st.sampled_from(["say", "come", "cut", "work", "deliver", "restart", "say", "come", "deliver", "work"]),
    st.integers(0, 8),
)
