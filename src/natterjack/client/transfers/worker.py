"""One transfer's thread: does what its machine says, with a file and a connection, and reports.

Theory of operation. The porter starts it with all that is known, and it ends by itself, with :class:`Over` as its last
report. Reports are values, and go to ``tell``, which must be quick. In the other direction the porter has
:meth:`Worker.stop`, :meth:`Worker.give` (a token) and :meth:`Worker.link` (whether the chat is connected); each of them
wakes the thread, wherever it waits.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from threading import Condition, Thread
from typing import Final, Protocol

from msgspec import Struct

from natterjack.client.address import Address
from natterjack.client.secret import Secret
from natterjack.client.transfers.connection import Connection, Cut
from natterjack.client.transfers.ledger import Row
from natterjack.client.transfers.meter import Meter
from natterjack.client.transfers.steps import Rest
from natterjack.client.transfers.values import State
from natterjack.client.transfers.words import Trouble
from natterjack.client.trust import Trust

#: Bytes read from a file, hashed and sent in one piece.
PIECE: Final = 1024 * 1024
#: Why it waits then.
NO_CHAT: Final = "the chat is not connected"


class Report(Struct, frozen=True):
    """The base of all of them."""


class Moved(Report, frozen=True):
    done: int
    speed: float
    left: float | None


class Now(Report, frozen=True):
    """It is in ``state`` now; ``text`` says why it waits."""

    state: State
    text: str = ""


class Keep(Report, frozen=True):
    """What is known now, to be written down before it goes on: :meth:`Worker.kept` is to be called."""

    row: Row


class NeedToken(Report, frozen=True):
    """``bad`` is one that the server did not take, None for none."""

    bad: Secret | None


class Over(Report, frozen=True):
    """It has ended in ``state``. ``path`` and ``sha256`` are those of what was saved, or sent."""

    state: State
    trouble: Trouble | None = None
    path: str = ""
    sha256: str = ""
    done: int = 0


class Stopped(Exception):  # noqa: N818 - it is no error
    """Somebody has told the worker to stop; ``state`` is how."""

    def __init__(self, state: State) -> None:
        super().__init__(state.value)
        self.state = state


class NoToken(Exception):  # noqa: N818 - named for what there is
    """The server gives none."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.text)
        self.trouble = trouble


class Errand(Protocol):
    """What a worker does: :mod:`.sending` or :mod:`.fetching`."""

    def run(self, worker: Worker) -> Over:
        """Do it. May raise :class:`Stopped` and :class:`NoToken`."""

    def cancel(self, worker: Worker) -> None:
        """It was cancelled: throw away what there is, as far as that can be done now."""

    def close(self) -> None:
        """Let go of files."""


class Worker:
    """See the module. ``row`` is what is known; errands change it by :meth:`keep`."""

    def __init__(
        self, errand: Errand, row: Row, address: Address, trust: Trust, tell: Callable[[Worker, Report], None]
    ) -> None:
        self.row = row
        self.meter = Meter()
        self.connection = Connection(address, trust, self._idle)
        self._at = (0, -1)  # what was moved last
        self._errand = errand
        self._tell = tell
        self._changed = Condition()
        self._wish: State | None = None
        self._token: Secret | None = None
        self._no_token: Trouble | None = None
        self._linked = True
        self._kept = True
        self._thread = Thread(target=self._work, name="natterjack-transfer", daemon=True)

    # -- for the porter --------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self, state: State) -> None:
        """End soon: ``state`` is ``PAUSED`` or ``CANCELLED``."""
        with self._changed:
            self._wish = state
            self._changed.notify_all()
        self.connection.abort()

    def give(self, token: Secret) -> None:
        with self._changed:
            self._token, self._no_token = token, None
            self._changed.notify_all()

    def refuse(self, trouble: Trouble) -> None:
        """There is no token to be had."""
        with self._changed:
            self._no_token = trouble
            self._changed.notify_all()

    def link(self, linked: bool) -> None:
        """Whether the chat is connected: without that there is no use in trying."""
        with self._changed:
            self._linked = linked
            self._changed.notify_all()

    def kept(self, row: Row) -> None:
        """``row`` is written down, as well as it can be."""
        with self._changed:
            self.row, self._kept = row, True
            self._changed.notify_all()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    # -- for the errand --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raises :class:`Stopped` if that is wished."""
        if self._wish is not None:
            raise Stopped(self._wish)

    def now(self, state: State, text: str = "") -> None:
        self._tell(self, Now(state, text))

    def moved(self, done: int, size: int) -> None:
        """So much is done: told now and then."""
        self.check()
        self._at = (done, size)
        if self.meter.note(time.monotonic(), done):
            self._tell(self, Moved(done, self.meter.speed, self.meter.left(size)))

    def _idle(self) -> None:
        """Nothing moves at the moment: that is told too."""
        self.moved(*self._at)

    def begin(self, state: State, done: int, size: int) -> None:
        """Moving begins at ``done``."""
        self._at = (done, size)
        self.meter.start(time.monotonic(), done)
        self._tell(self, Moved(done, 0.0, None))
        self.now(state)

    def keep(self, row: Row) -> None:
        """``row`` is what is known from now on; returns when that is written down."""
        with self._changed:
            self._kept = False
        self._tell(self, Keep(row))
        self._wait(lambda: self._kept)

    def rest(self, step: Rest) -> bool:
        """Wait, as long as it says, and then for the chat to be connected; whether that had to be waited for."""
        self.connection.close()
        self.now(State.WAITING, step.why)
        until = time.monotonic() + step.seconds
        self._wait(lambda: time.monotonic() >= until, step.seconds)
        if self._linked:
            return False
        self.now(State.WAITING, NO_CHAT)
        self._wait(lambda: self._linked)
        return True

    @property
    def has_token(self) -> bool:
        return self._token is not None

    @property
    def token(self) -> Secret:
        """One that may be good. Waits for it."""
        if self._token is None:
            self._tell(self, NeedToken(None))
            self._wait_for_token()
        assert self._token is not None
        return self._token

    def renew(self) -> None:
        """The server did not take the last one."""
        with self._changed:
            bad, self._token = self._token, None
        self._tell(self, NeedToken(bad))
        self._wait_for_token()

    def headers(self, *more: tuple[str, str]) -> list[tuple[str, str]]:
        """Those of every request, and ``more``."""
        return [("Authorization", f"Bearer {self.token.text}"), ("User-Agent", "natterjack"), *more]

    def _wait_for_token(self) -> None:
        def decided() -> bool:
            return self._token is not None or self._no_token is not None

        if not self._linked:
            self.now(State.WAITING, NO_CHAT)
        self._wait(decided)
        if self._no_token is not None and self._token is None:
            raise NoToken(self._no_token)

    def _wait(self, until: Callable[[], bool], seconds: float | None = None) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._wish is not None or until(), seconds)
        self.check()

    # -- the thread ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self.check()
            over = self._errand.run(self)
        except Stopped as stopped:
            over = Over(stopped.state)
        except NoToken as error:
            over = Over(State.FAILED, error.trouble)
        except Cut as error:
            # errands tell their machines of it; what comes here was cut by our own stop()
            over = Over(self._wish or State.FAILED, None if self._wish else _internal(error))
        except Exception as error:
            self._end(Over(State.FAILED, _internal(error)))
            raise  # a mistake of ours: the traceback belongs on standard error
        self._end(over)

    def _end(self, over: Over) -> None:
        try:
            if over.state is State.CANCELLED:
                self._errand.cancel(self)
        finally:
            self._errand.close()
            self.connection.close()
            self._tell(self, over)


def _internal(error: Exception) -> Trouble:
    return Trouble("internal", f"Internal error: {error!r}. Please report it.", again=True)


class Digest:
    """The SHA-256 of the beginning of a file, as far as it was read."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    def add(self, offset: int, data: memoryview) -> None:
        """``data`` is what stands at ``offset``; what was added before is passed over. There may be no gap."""
        new = data[self.size - offset :] if offset < self.size else data
        if new:
            self._hash.update(new)
            self.size += len(new)

    def text(self) -> str:
        return self._hash.hexdigest()
