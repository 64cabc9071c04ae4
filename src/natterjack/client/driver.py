"""Puts a session onto a socket: one thread, one selector, any number of connections one after another.

Theory of operation. The driver's thread owns socket and session. Front ends talk to it from their own threads through
:meth:`Driver.connect`, :meth:`Driver.send` and :meth:`Driver.disconnect`, which queue an order and write a byte to a
socket pair that the selector watches. What happens is told by calling ``deliver`` *on the driver's thread* with a list
of events; a front end hands them to its own thread (a queue, a signal, a callback) and must not do more there.

Per connection: ``Connecting``, then ``ConnectFailed``, or all that the session says, and ``Disconnected`` at its end,
always and once.
"""

from __future__ import annotations

import secrets
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from threading import Lock, Thread

from natterjack.client import errors
from natterjack.client import events as e
from natterjack.client.address import Address
from natterjack.client.deriving import derive
from natterjack.client.dialing import PATIENCE
from natterjack.client.keeping import Direct, Step
from natterjack.client.reaching import Reaching
from natterjack.client.requests import Request
from natterjack.client.session import Session, SessionConfig, Timings
from natterjack.client.transport import Transport
from natterjack.client.trust import Trust

#: Bytes that may wait for a server that does not read.
_MOST_UNSENT = 4 * 1024 * 1024
#: Pieces taken from the socket before others get their turn.
_MOST_PIECES = 16
#: Seconds for the server to close after our QUIT.
_GOODBYE = 3.0
_USUAL = Timings()
_CLOSING_LINK = "closing link:"

Deliver = Callable[[list[e.Event]], object]


class Driver:
    """See the module. ``patience`` is in seconds for one address to answer, and as much again for TLS with it.

    ``trust`` decides which servers are the right ones; None: by what this user's client keeps. ``keeper`` sees to it
    that nothing is lost; None: nobody does. ``timings`` are for when the connection stands.
    """

    def __init__(
        self,
        deliver: Deliver,
        patience: float = PATIENCE,
        trust: Trust | None = None,
        keeper: Direct | None = None,
        timings: Timings = _USUAL,
    ) -> None:
        self._deliver = deliver
        self._keeper = keeper or Direct()
        self._timings = timings
        self._keeper.attach(lambda make: self._order(lambda: self._take(make(), time.monotonic())))
        self._orders: deque[Callable[[], None]] = deque()
        self._lock = Lock()
        self._woken = self._stopping = False
        self._inside, self._outside = socket.socketpair()
        self._inside.setblocking(False)
        self._outside.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._inside, selectors.EVENT_READ)
        self._reaching = Reaching(
            self._selector, trust or Trust(), patience, self._order, self._begin, self._not_connected
        )
        self._config = SessionConfig("guest")
        self._address = Address()
        self._session: Session | None = None
        self._transport: Transport | None = None
        self._unsent = bytearray()
        self._watching = 0
        self._leaving: float | None = None  # until when we wait for the server's goodbye
        self._later: float | None = None  # when to connect
        self._error: errors.ClientError | None = None
        self._thread = Thread(target=self._run, name="natterjack-client", daemon=True)
        self._thread.start()

    # -- for any thread --------------------------------------------------------------------------------------------

    def connect(self, address: Address, config: SessionConfig, seconds: float = 0.0) -> None:
        """Connect there, leaving where we are; in so many ``seconds``, unless there is another order before."""
        self._order(lambda: self._connect(address, config, seconds))

    def send(self, request: Request) -> None:
        """Ask the server for something. Without a connection, what the keeper cannot do is answered by ``Refused``."""
        self._order(lambda: self._send(request))

    def shown(self, number: int) -> None:
        """Everything up to the ``Mark`` of that number has been shown."""
        self._order(lambda: self._tell(self._keeper.shown(number)))

    def read(self, target: str, upto: float) -> None:
        """The person has read what was said in ``target`` up to that time: our other devices may know.

        To be called as often as one likes; what it is to be called with is what ``Model.read`` answers.
        """
        self._order(lambda: self._read_upto(target, upto))

    def disconnect(self, reason: str = "") -> None:
        """Say goodbye, and close once the server has answered, or after a few seconds. Nothing where not connected."""
        self._order(lambda: self._disconnect(reason))

    def close(self, seconds: float = 5.0) -> None:
        """End the thread; what is open is closed without a word. Waits for at most ``seconds``."""
        self._order(self._stop)
        self._thread.join(seconds)

    def _order(self, order: Callable[[], None]) -> None:
        with self._lock:
            if self._stopping:
                return
            self._orders.append(order)
            if self._woken:
                return
            self._woken = True
            self._outside.send(b"!")

    # -- the loop --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._turn()
        except Exception as error:
            self._deliver([e.DriverFailed(error)])
            raise  # a mistake of ours: the traceback belongs on standard error
        finally:
            self._drop()
            self._keeper.close()
            with self._lock:
                self._stopping = True
                self._selector.close()
                self._inside.close()
                self._outside.close()

    def _turn(self) -> None:
        deadline = self._deadline()
        wait = None if deadline is None else max(0.0, deadline - time.monotonic())
        for key, mask in self._selector.select(wait):
            if key.fileobj is self._inside:
                self._take_orders()
            elif self._transport is not None and key.fd == self._watching_fd():
                self._on_socket(mask)
            else:
                self._reaching.go_on(key.fileobj)
        self._tick(time.monotonic())

    def _deadline(self) -> float | None:
        moments = [self._leaving, self._later, self._keeper.deadline(), self._reaching.deadline()]
        moments.append(self._session.deadline() if self._session else None)
        return min((moment for moment in moments if moment is not None), default=None)

    def _take_orders(self) -> None:
        self._inside.recv(64)
        with self._lock:
            self._woken = False
            orders = list(self._orders)
            self._orders.clear()
        for order in orders:
            order()
        self._flush()

    def _tick(self, now: float) -> None:
        self._reaching.tick(now)
        if self._later is not None and now >= self._later:
            self._connect(self._address, self._config)
        if self._leaving is not None and now >= self._leaving:
            self._end()
        elif self._session is not None:
            self._heard(self._session.tick(now))
            self._flush()
        due = self._keeper.deadline()
        if due is not None and now >= due:
            self._take(self._keeper.tick(now), now)
            self._flush()

    # -- orders ----------------------------------------------------------------------------------------------------

    def _connect(self, address: Address, config: SessionConfig, seconds: float = 0.0) -> None:
        if self._session is not None:
            self._session.quit("")
            self._leaving = (
                time.monotonic()
            )  # before anything is sent: it may turn out that the connection is gone
            self._flush()
        self._end()
        self._stay()
        self._address, self._config = address, config
        if seconds > 0:
            self._later = time.monotonic() + seconds
            return
        self._config, told, known = self._keeper.begin(address, config)
        self._tell([*told, e.Connecting(str(address), known)])
        self._reaching.begin(address)

    def _send(self, request: Request) -> None:
        now = time.monotonic()
        self._take(self._keeper.submit(request, self._session, now), now)

    def _read_upto(self, target: str, upto: float) -> None:
        now = time.monotonic()
        self._take(self._keeper.read(target, upto, self._session, now), now)

    def _take(self, step: Step, now: float) -> None:
        """Tell and ask what the keeper wants told and asked."""
        self._tell(step.events)
        for each in step.requests:
            if self._session is None:
                text = "Not connected to a server."
                self._tell([e.Refused(each.ref, type(each).__name__.upper(), "", "NOT_CONNECTED", text)])
            else:
                self._heard(self._session.submit(each, now))

    def _disconnect(self, reason: str) -> None:
        if self._later is not None:
            self._later = None
            self._tell([e.Disconnected(str(self._address), None)])
        elif self._reaching.is_under_way:
            self._reaching.give_up()
            self._tell([e.Disconnected(str(self._address), None)])
        elif self._session is not None and self._leaving is None:
            self._session.quit(reason)
            self._leaving = time.monotonic() + _GOODBYE

    def _stop(self) -> None:
        self._stopping = True

    # -- connecting ------------------------------------------------------------------------------------------------

    def _not_connected(self, error: errors.ConnectError) -> None:
        self._tell([e.ConnectFailed(str(self._address), error)])

    def _begin(self, transport: Transport) -> None:
        """The connection stands."""
        self._transport = transport
        private = transport.is_private()
        now, seed = time.monotonic(), secrets.randbits(128)
        self._session = Session(self._config, now, seed, private=private, timings=self._timings)
        self._error = None
        self._watching = selectors.EVENT_READ
        self._selector.register(self._transport, self._watching)
        self._flush()

    # -- connected -------------------------------------------------------------------------------------------------

    def _watching_fd(self) -> int:
        return self._transport.fileno() if self._transport else -1

    def _on_socket(self, mask: int) -> None:
        assert self._transport is not None
        try:
            if mask & selectors.EVENT_READ and not self._read():
                self._end()
                return
        except OSError as error:
            self._fail(self._dropped(error))
            return
        self._flush()

    def _read(self) -> bool:
        """Whether the connection stands."""
        for _ in range(_MOST_PIECES):
            transport, session = self._transport, self._session
            if transport is None or session is None:
                return True  # ended by what was just read
            data = transport.receive()
            if data is None:
                return True
            if not data:
                return False
            self._heard(session.receive(data, time.monotonic(), time.time()))
        return True

    def _flush(self) -> None:
        """Send what the session has, and watch for room where not all of it went."""
        if self._transport is None or self._session is None:
            return
        self._start_task(self._session)
        self._unsent += self._session.output()
        try:
            while self._unsent:
                sent = self._transport.send(self._unsent)
                if not sent:
                    break
                del self._unsent[:sent]
        except OSError as error:
            self._last_words(error)
            return
        if len(self._unsent) > _MOST_UNSENT:
            self._fail(errors.Dropped(f"{self._address} takes nothing in any more: disconnected."))
            return
        want = selectors.EVENT_READ
        if self._transport.wants_write(bool(self._unsent)):
            want |= selectors.EVENT_WRITE
        if want != self._watching:
            self._watching = want
            self._selector.modify(self._transport, want)

    def _start_task(self, session: Session) -> None:
        task = session.task()
        if task is not None:
            derive(task, lambda key: self._order(lambda: session.derived(task, key)))

    def _heard(self, events: list[e.Event]) -> None:
        """The session tells ``events``, through the keeper. What he asks it for then is answered the same way."""
        while events and self._session is not None:
            session, now = self._session, time.monotonic()
            step = self._keeper.heard(events, session, now)
            self._tell(step.events)
            events = [event for each in step.requests for event in session.submit(each, now)]

    def _tell(self, events: list[e.Event]) -> None:
        if events:
            self._deliver(events)
        for event in events:
            if isinstance(event, e.Closing):
                self._error = errors.ClosedByServer(_closing(event.text))
            elif isinstance(event, e.NotWelcome):
                self._fail(_not_welcome(event))
            elif isinstance(event, e.Silent):
                text = (
                    f"The connection timed out: nothing came from {self._address} in {event.seconds:.0f} s."
                )
                self._fail(errors.WentSilent(text))

    def _dropped(self, error: OSError) -> errors.ClientError:
        if self._error is not None:
            return self._error  # the server said why before
        why = (error.strerror or "it broke").lower()
        return errors.Dropped(f"The connection to {self._address} was lost: {why}.")

    def _last_words(self, error: OSError) -> None:
        """Sending failed: what the server said before it closed may still be there to read."""
        try:
            self._read()
        except OSError:
            pass  # the first error is the one to tell
        if self._session is not None:
            self._fail(self._dropped(error))

    def _fail(self, error: errors.ClientError) -> None:
        self._error = error
        self._end()

    def _end(self) -> None:
        """The connection is over: tell what that means."""
        session, self._session = self._session, None
        if session is None:
            return
        asked = self._leaving is not None
        self._drop()
        error = self._error
        lost: list[e.Event] = []
        for event in session.lost():
            if isinstance(event, e.NotWelcome):
                error = error or _not_welcome(event)
            else:
                lost.append(event)
        lost = self._keeper.lost(lost)
        error = error or errors.Dropped(
            f"The connection to {self._address} was lost: the other side closed it."
        )
        self._tell([*lost, e.Disconnected(str(self._address), None if asked else error)])

    def _stay(self) -> None:
        """Go nowhere, now or later."""
        self._later = None
        self._reaching.give_up()

    def _drop(self) -> None:
        """Let go of the connection."""
        self._stay()
        if self._transport is not None:
            self._selector.unregister(self._transport)
            self._transport.close()
            self._transport = None
        self._unsent.clear()
        self._leaving = None


def _not_welcome(event: e.NotWelcome) -> errors.ClientError:
    """A server that said no is one thing, one that said nothing another."""
    if event.about_name:
        return errors.NameRefused(event.code, event.text)
    if event.code == "timed_out":
        return errors.WentSilent(event.text)
    if event.code == "closed":
        return errors.Dropped(event.text)
    return errors.NotLetIn(event.code, _without_formula(event.text))


def _without_formula(text: str) -> str:
    """What a server says before it closes, without the two words that all servers put before that."""
    return text[len(_CLOSING_LINK) :].strip() if text.casefold().startswith(_CLOSING_LINK) else text


def _closing(text: str) -> str:
    why = _without_formula(text)
    return f"The server closed the connection: {why}" if why else "The server closed the connection."
