"""What uploads and downloads have in common: asking the core, a body on its way in a thread, and answers in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from queue import SimpleQueue
from typing import Protocol, TypeVar

from msgspec import Struct

from natterjack.files import credentials, tus
from natterjack.files.limits import FileLimits
from natterjack.files.vault import Vault
from natterjack.net.exchange import Exchange
from natterjack.net.loan import Loan
from natterjack.net.progress import Patience
from natterjack.ports.events import Now
from natterjack.ports.files import (
    Begin,
    Credential,
    Denied,
    Erase,
    Fetch,
    FileAbandoned,
    FileAnswer,
    FileAnswered,
    FileAsked,
    Finish,
    Identify,
)
from natterjack.server.crew import Crew
from natterjack.wire.http import Headers, Request, Response

#: Threads for what is no body: short work on the disk.
_HANDS = 4
#: Seconds after which somebody who found all seats taken may try again.
RETRY = 5
#: Seconds for which is found out what somebody has asked who has closed his half of the connection. He may only have
#: nothing more to say (RFC 9112 section 9.6), or have gone: which it is shows when he is answered, not before.
GRACE = 5.0
#: Seconds after which somebody who has as little as all others gives his seat up to who has none, if there is no other.
TURN = 600.0
#: What nobody hears, mostly.
_LEFT = Denied(
    HTTPStatus.SERVICE_UNAVAILABLE, "you have ended the connection before the answer was there", RETRY
)

TEXT = ("Content-Type", "text/plain; charset=utf-8")
_COMMON: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
    (tus.SPOKEN.title(), tus.VERSION),
)


class Moved(Protocol):
    """What came of a body: not ``alive``, the connection is of no use any more."""

    @property
    def alive(self) -> bool: ...


_Moved = TypeVar("_Moved", bound=Moved)
_T = TypeVar("_T")


class Call(Struct, frozen=True):
    """One request: who asks (``home``: a program on this machine), with which credential."""

    request: Request
    exchange: Exchange
    ip: str
    home: bool
    credential: Credential

    def answer(self, status: int, text: str = "", *headers: tuple[str, str], close: bool = False) -> None:
        """In words."""
        self.exchange.answer(words(status, text, *headers, close=close))

    def deny(self, denied: Denied) -> None:
        """As the core says."""
        headers: list[tuple[str, str]] = []
        if denied.status == HTTPStatus.UNAUTHORIZED:
            headers += credentials.CHALLENGE
        if denied.retry:
            headers.append(("Retry-After", str(denied.retry)))
        self.answer(denied.status, denied.why, *headers)


class _Seat:
    """One body on its way, for which ``payer`` stands, ``since`` when (monotonic seconds)."""

    __slots__ = ("exchange", "payer", "since")

    def __init__(self, payer: str, exchange: Exchange, since: float) -> None:
        self.payer = payer
        self.exchange = exchange
        self.since = since


class _Asked(Struct, frozen=True):
    """What the core was asked for ``call``, ``since`` when (monotonic seconds), and who gets the answer."""

    call: Call
    ask: Begin | Identify | Finish | Fetch | Erase
    then: Callable[[FileAnswer], None]
    since: float


class Desk:
    """``take`` gives the core an event, ``call`` does something on the loop's thread, ``now`` is the reactor's time."""

    def __init__(
        self,
        vault: Vault,
        limits: FileLimits,
        take: Callable[[FileAsked | FileAbandoned], None],
        call: Callable[[Callable[[], None]], None],
        now: Callable[[], Now],
    ) -> None:
        self.vault = vault
        self.limits = limits
        self.now = now
        self._call = call
        self.crew = Crew(limits.transfers + _HANDS, call)
        self._patience = Patience(limits.patience, limits.least_rate, limits.least_rate_over)
        self._take = take
        self._asked: dict[int, _Asked] = {}
        self._last = 0
        self._seats: dict[_Seat, None] = {}  # who has had one the longest comes first
        self._moving = 0  # those who have a seat, or have had to give it up and have not ended yet

    # -- the core

    def ask(
        self, call: Call, ask: Begin | Identify | Finish | Fetch | Erase, then: Callable[[FileAnswer], None]
    ) -> None:
        """``then`` gets the answer; it comes, sooner or later."""
        self._last += 1
        self._asked[self._last] = _Asked(call, ask, then, self.now().mono)
        self._take(FileAsked(self._last, call.ip, call.home, call.credential, ask))

    def answered(self, effect: FileAnswered) -> None:
        """The core has answered."""
        asked = self._asked.pop(effect.request, None)
        if asked is not None:
            asked.then(effect.answer)

    @property
    def awaits(self) -> bool:
        """Whether anything is under way."""
        return bool(self._asked or self._moving)

    def tick(self) -> None:
        """About once a second: nothing more is found out for those who seem to have gone and have asked a while ago.

        But for what makes a file of an upload: once asked, that is done.
        """
        late = self.now().mono - GRACE
        for number, asked in list(self._asked.items()):
            if asked.since <= late and not isinstance(asked.ask, Finish) and asked.call.exchange.left:
                del self._asked[number]
                self._take(FileAbandoned(number))
                asked.then(_LEFT)

    # -- threads

    def found_out(self, question: Callable[[], _T]) -> _T:
        """In a thread: what ``question`` answers on the loop's, where alone it may be asked. Waits for a turn."""
        answer: SimpleQueue[_T] = SimpleQueue()
        self._call(lambda: answer.put(question()))
        return answer.get()

    def on_disk(self, job: Callable[[], object], then: Callable[[str], None]) -> None:
        """In a thread; ``then`` gets what went wrong, in words, or ``""``."""

        def done() -> str:
            try:
                job()
            except OSError as error:
                return cause(error)
            return ""

        self.crew.do(done, then)

    # -- bodies

    @property
    def seated(self) -> int:
        """How many bodies go up or down just now."""
        return len(self._seats)

    def move(
        self, call: Call, payer: str, job: Callable[[Loan], _Moved], then: Callable[[_Moved], object]
    ) -> bool:
        """Whether one more body may go up or down for ``payer``; if not, that is answered.

        Its connection, which must not be gone, is lent to ``job`` in a thread; ``then`` gets what came of it on the
        loop's, with the connection taken back and the seat free again.
        """
        seat = self._take_seat(call, payer)
        if seat is None:
            return False
        exchange = call.exchange
        loan = exchange.lend(self._patience)
        self._moving += 1

        def moved(result: _Moved) -> None:
            self._moving -= 1
            self._seats.pop(seat, None)
            exchange.take_back(loan, result.alive)
            then(result)

        self.crew.do(lambda: job(loan), moved)
        return True

    def _take_seat(self, call: Call, payer: str) -> _Seat | None:
        taken = Counter(seat.payer for seat in self._seats)
        if taken[payer] >= self.limits.transfers_of_one:
            text = f"You have {self.limits.transfers_of_one} transfers going: wait until one is done."
        elif self.seated >= self.limits.transfers and not self._make_room(taken, payer):
            text = "All that can be done at a time is being done: try again in a moment."
        else:
            seat = _Seat(payer, call.exchange, self.now().mono)
            self._seats[seat] = None
            return seat
        call.answer(HTTPStatus.SERVICE_UNAVAILABLE, text, ("Retry-After", str(RETRY)))
        return None

    def _make_room(self, taken: Counter[str], payer: str) -> bool:
        """Whether who has most gives up his oldest seat to ``payer``, who will have no more than he is left with.

        So a few who are slow don't keep out all others, and nobody is put out again by whom he has put out. Where all
        have as little as he would, whoever has had his turn gives way to who has none, or many could do so for ever.
        """
        if self._moving >= self.limits.transfers + _HANDS:
            return False
        ((richest, most),) = taken.most_common(1)
        if most >= taken[payer] + 2:
            oldest = next(seat for seat in self._seats if seat.payer == richest)
        else:
            oldest = next(iter(self._seats))
            if taken[payer] or self.now().mono - oldest.since < TURN:
                return False
        del self._seats[oldest]
        oldest.exchange.cut()
        return True


def words(status: int, text: str = "", *headers: tuple[str, str], close: bool = False) -> Response:
    """An answer in words, or in none."""
    body = f"{text}\n".encode() if text else b""
    return Response(status, (*([TEXT] if body else []), *headers, *_COMMON), body, close)


def cause(error: OSError) -> str:
    """What went wrong with the disk."""
    return f"The server's disk fails: {error.strerror}."
