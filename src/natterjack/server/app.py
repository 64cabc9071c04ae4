"""The server put together: reactor, hub and core in one loop, with the console and the signals beside it."""

from __future__ import annotations

import importlib
import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from natterjack.core.policy import Policy
from natterjack.core.server import Core
from natterjack.exits import FAILED, INTERNAL, OK, CommandError, complain
from natterjack.files.limits import FileLimits
from natterjack.net.connection import Connection
from natterjack.net.hub import Hub
from natterjack.net.listener import Listener, open_unix
from natterjack.net.origin import Origin
from natterjack.net.reactor import Reactor
from natterjack.net.websocket import WebSockets
from natterjack.ports.effects import (
    Ask,
    Close,
    Commit,
    ConsoleReply,
    Deliver,
    Happened,
    Hold,
    Mishap,
    Pause,
    Release,
    Remember,
    Send,
)
from natterjack.ports.events import (
    Answered,
    Backlogged,
    Committed,
    Draining,
    Event,
    Reconfigured,
    Refused,
    Stopping,
    Tick,
)
from natterjack.ports.files import FileAnswered, Holdings, Unkept
from natterjack.ports.questions import Answer, DeriveKey, NextTurn, Reload, Reloaded
from natterjack.proto.msgids import SEED_LENGTH
from natterjack.server.config import Config, change
from natterjack.server.console import ConsoleStack, Desk, ProcessVerb, read_typed
from natterjack.server.copies.desk import Copies
from natterjack.server.datadir import DataDir
from natterjack.server.entry import Entry, web_policy
from natterjack.server.figures import figures
from natterjack.server.files import Files
from natterjack.server.garbage import Garbage
from natterjack.server.greeting import join_link
from natterjack.server.notify import Notifier
from natterjack.server.output import Output
from natterjack.server.policies import file_limits, files_url, policy, queue_limits
from natterjack.server.web import Metric, Web
from natterjack.server.workers import Workers
from natterjack.store.readers import Readers
from natterjack.store.ring import Ring
from natterjack.store.writer import Store
from natterjack.wire.http import HttpCodec

_log = logging.getLogger(__name__)

#: Seconds that clients get to take their last lines once the server is told to stop; 5 s are promised altogether.
_FAREWELL = 3.0
#: Seconds after which the loop's thread makes room for another that waits. A commit that comes while the loop is busy
#: in Python takes 2 ms with it instead of 11 (`python -m bench.history write`).
_SWITCH = 0.0005
#: Seconds between ticks while nothing happens and nothing is due: to wake up costs more than what is looked at then.
_REST = 5.0
#: Seconds after the start when it is time for what the first clients need not wait for.
_UNHURRIED = 1.0
#: Threads that read history: a long search, of which the core asks one at a time, must not hold up all the others.
_READERS = 2


class Server:
    """``reload`` reads the configuration again, and raises :class:`CommandError` where it is not valid.

    Raises :class:`~natterjack.store.database.StoreError` where what is stored can't be read.
    """

    def __init__(
        self, config: Config, output: Output, data: DataDir, store: Store, reload: Callable[[], Config]
    ) -> None:
        self._config = config
        self._output = output
        self._data = data
        self._reload = reload
        self.hub = Hub(queue_limits(config))
        self._reactor = self.hub.reactor = Reactor(self._tick, self._end_turn)
        self._store = store
        self._workers = Workers(self._answered)
        #: Where messages are kept that are not stored (durability none).
        self._ring = Ring() if config.storage.durability == "none" else None
        sources = [self._ring or store.shelf() for _ in range(_READERS)]
        self._readers = Readers(self._answered, sources)
        now = self._reactor.now
        seed = secrets.token_hex(SEED_LENGTH // 2)
        self._core = Core(policy(config), seed, now, store.snapshot, secrets.token_bytes)
        self.hub.backlogged = lambda sid, full: self._take(Backlogged(sid, full))
        self._files = open_files(data, file_limits(config), self._take, self._reactor)
        self._copies = Copies(data.path, self._reactor.call)
        self._desk = Desk(self._take, {**self._process_verbs(), **self._copies.verbs()})
        self._perform = self._performers()
        self._web = Web(
            web_policy(config), self._unready, self._figures, self._files.begin, WebSockets(self._take)
        )
        self._entry = Entry(config, data.path, self.hub, self._web, self._take)
        self._listeners: list[Listener] = []  # the console's
        self._exit = OK
        self._notifier = Notifier(os.environ)
        self._stop_by = 0.0  # monotonic; 0 while nobody has asked us to stop
        self._at_terminal = sys.stdin.isatty()
        self._garbage: Garbage | None = None  # from the moment it serves

    # -- starting

    def invite(self) -> str:
        """The code that lets others in just now; ``""`` where none does."""
        return self._core.standing_invite()

    def listen(self) -> Entry:
        """Open the listeners and the console; the answer knows where. Raises :class:`CommandError`."""
        self._entry.listen(self._config)
        self._take(Reconfigured(self._policy()))  # now it is known where links lead
        if self._config.console.enabled:
            try:
                self._listeners.append(
                    Listener(self._reactor, open_unix(self._data.console), self._accept_console)
                )
            except OSError as error:
                text = f"can't make the console's socket {self._data.console}: {error}: give a shorter --data-dir"
                raise CommandError(FAILED, f"{text}, or --no-console") from error
        return self._entry

    def _accept_console(self, sock: socket.SocketType, _address: object) -> None:
        def make(connection: Connection) -> ConsoleStack:
            return ConsoleStack(connection, self._desk)

        self.hub.adopt(sock, Origin(), make)

    # -- running

    def run(self) -> int:
        """Serve until a signal or the console says stop. The answer is the exit code."""
        if self._config.console.enabled and self._at_terminal and not self._output.as_json:
            read_typed(self._desk, self._output.text, self._reactor.call)
        self._garbage = Garbage()
        # The store's threads have little to do in Python, but must not wait 5 ms (Python's default) for each bit of it.
        sys.setswitchinterval(_SWITCH)
        self._store.start(self._stored, self._store_refused, self._store_lost)
        self._notifier.ready()
        unhurried = _prepare_later()
        try:
            self._reactor.run()
        except Exception:
            # What the state is worth now nobody knows (decision 39). What was acknowledged is stored.
            _log.critical("internal error, which is our fault: ending", exc_info=True)
            raise
        unhurried.cancel()
        self.hub.close_all()
        self._copies.close()
        self._files.close()
        self._workers.close()
        self._readers.close()
        self._store.close()
        if self._core.owed:
            _log.error("there was no room to store %d changes, which are lost", self._core.owed)
        self._reactor.close()
        return self._exit

    def _take(self, event: Event) -> None:
        """Where all events go."""
        self._core.handle(event, self._reactor.now)

    def _tick(self) -> float:
        """The answer is for how long it is not needed if nothing happens."""
        self._take(Tick())
        self._notifier.alive()
        self.hub.check_progress()
        self._readers.check()
        self._files.tick()
        if self._garbage is not None:
            self._garbage.tick(len(self.hub))
        if not self._stop_by and not self._store.is_in_place():
            self._store_failed(
                "the database file was deleted or replaced while the server ran: put it back, or restore a backup"
            )
        now = self._reactor.now.mono
        self._entry.check(self._reactor.now)
        for listener in self._listeners:
            listener.resume()
        if self._stop_by and now >= self._stop_by:
            self._reactor.stop()
        return 0.0 if self._awaits(now + _REST) else min(_REST, self._notifier.patience)

    def _awaits(self, until: float) -> bool:
        """Whether time alone brings anything on ``until`` then."""
        if (
            self._stop_by
            or self.hub.awaits
            or self._entry.awaits
            or self._files.awaits
            or self._readers.awaits
        ):
            return True
        return any(listener.awaits for listener in self._listeners) or self._core.awaits(until)

    def _end_turn(self) -> None:
        """Perform what the turn's events led to; writing may lose connections, which leads to more."""
        hub = self.hub
        while True:
            effects = self._core.take()
            for effect in effects:
                if isinstance(effect, Deliver):
                    hub.deliver(effect)
                elif isinstance(effect, Send):
                    hub.send(effect.sid, effect.data)
                else:
                    self._perform[type(effect)](effect)
            if not hub.flush() and not effects:
                break
        self._output.wake()
        if self._garbage is not None:
            self._garbage.turn()
        if self._stop_by and hub.settled():
            self._reactor.stop()

    def _performers(self) -> dict[type, Callable[[Any], object]]:
        """What is done for each kind of effect, but for the two that are nearly all of them."""
        hub, ring = self.hub, self._ring
        performers: dict[type, Callable[[Any], object]] = {
            Close: lambda effect: hub.close(effect.sid),
            Commit: lambda effect: self._store.submit(effect.batch, effect.records, effect.heard),
            Ask: self._ask,
            Pause: lambda effect: hub.pause(effect.sid, effect.paused),
            Hold: lambda effect: hub.hold(effect.sid),
            Release: lambda effect: hub.release(effect.sid, effect.data),
            Happened: self._output.happened,
            Mishap: _log_mishap,
            ConsoleReply: self._desk.replied,
            FileAnswered: self._files.answered,
            Holdings: self._files.hold,
            Unkept: self._files.unkept,
        }
        if ring is not None:
            performers[Remember] = lambda effect: ring.take(effect.records)
        return performers

    def _ask(self, effect: Ask) -> None:
        if isinstance(effect.question, DeriveKey):
            self._workers.ask(effect.ask, effect.question)
        elif isinstance(effect.question, NextTurn):
            self._reactor.soon(lambda: self._take(Answered(effect.ask, None)))
        elif isinstance(effect.question, Reload):
            self._reactor.soon(lambda: self._answered(effect.ask, Reloaded(*self._reloaded())))
        else:
            self._readers.ask(effect.ask, effect.question)

    # -- answers from other threads

    def _answered(self, ask: int, answer: Answer) -> None:
        self._reactor.call(lambda: self._take(Answered(ask, answer)))

    def _stored(self, batch: int) -> None:
        self._reactor.call(lambda: self._heard_of(Committed(batch), ""))

    def _store_refused(self, batch: int, why: str) -> None:
        self._reactor.call(lambda: self._heard_of(Refused(batch), why))

    def _heard_of(self, event: Committed | Refused, why: str) -> None:
        core = self._core
        before = core.stuck
        self._take(event)
        if core.stuck and not before:
            _log.error(
                "%s: until there is room, nothing is stored that does not fit, and nobody gets it", why
            )
        elif before and not core.stuck:
            _log.warning("there is room again: everything is stored")

    def _store_lost(self, why: str) -> None:
        """Nobody knows what the disk has: at once, and without another word to anybody. In the writer's thread."""
        complain(f"{why}: ended at once; check the disk, then start again")
        os._exit(INTERNAL)

    def _store_failed(self, why: str) -> None:
        """What was not stored was not acknowledged; to go on would be to guess what the disk has."""
        _log.critical("%s: stopping", why)
        self._exit = INTERNAL
        self._reactor.call(lambda: self._stop("the server can't store anything any more"))

    # -- the console

    def _process_verbs(self) -> dict[str, ProcessVerb]:
        return {
            "reload": ProcessVerb(
                "", "read the configuration again, as SIGHUP does", lambda _: self._reloaded()
            ),
            "drain": ProcessVerb(
                "[off]", "let nobody new in, keep those inside; off lets them in again", self._drain
            ),
            "shutdown": ProcessVerb(
                "", "tell everybody, close everything and exit", lambda _: self._shut_down()
            ),
        }

    def _drain(self, args: tuple[str, ...]) -> tuple[bool, str]:
        if args not in ((), ("off",)):
            return False, "usage: drain [off]"
        if args:
            self._take(Draining(""))
            return True, "letting people in again"
        self._take(Draining("the server is about to go down, come back later"))
        return True, "nobody new is let in; drain off ends that"

    def _shut_down(self) -> tuple[bool, str]:
        self._reactor.soon(lambda: self._stop("the server was shut down by its operator"))
        return True, "shutting down"

    # -- signals

    def catch_signals(self) -> None:
        """Before anybody is told that we are here: from then on we may be sent signals."""
        self._reactor.catch_signals()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _frame: self._asked_to_stop(number))
        signal.signal(signal.SIGHUP, lambda _number, _frame: self._reactor.soon(self._hang_up))

    def _asked_to_stop(self, number: int) -> None:
        if self._stop_by:
            # At once, wherever the loop or its end is just now: what is committed is safe.
            os._exit(FAILED)
        self._reactor.soon(lambda: self._stop(f"the server is shutting down ({signal.Signals(number).name})"))

    def _stop(self, reason: str) -> None:
        if self._stop_by:
            return
        self._stop_by = self._reactor.now.mono + _FAREWELL
        self._notifier.stopping()
        self._output.text(f"Stopping: {reason}")
        self._output.event("stopping", text=reason)
        self._entry.close()
        for listener in self._listeners:
            listener.close()
        self._take(Stopping(reason))
        # In the next turn: whoever is no session, after what is still answered. Sessions end by the core's word, which
        # may have to wait for a commit.
        self._reactor.soon(lambda: self.hub.finish_all(but=self._core.world.sessions))

    def _hang_up(self) -> None:
        if self._at_terminal and not sys.stdin.isatty():
            self._stop("its terminal was closed")
            return
        done, text = self._reloaded()
        (_log.info if done else _log.error)("%s", text)

    def _reloaded(self) -> tuple[bool, str]:
        self._notifier.reloading()
        text = ""
        try:
            done, text = self._read_again()
            return done, text
        finally:
            self._notifier.ready(text)

    def _read_again(self) -> tuple[bool, str]:
        try:
            config = self._reload()
        except CommandError as error:
            return False, f"kept the old configuration, since the new one is not valid: {error}"
        changed = change(self._config, config)
        config = self._config = changed.config
        logging.getLogger().setLevel(config.log.level.upper())
        self.hub.limits = queue_limits(config)
        try:
            certificate = self._entry.reload(config)
        except CommandError as error:
            return False, f"{changed}; but kept the old certificate, since the new one is not valid: {error}"
        finally:
            self._take(Reconfigured(self._policy()))  # with the key that is shown now
        return True, f"{changed}; {certificate}" if certificate else str(changed)

    def _policy(self) -> Policy:
        config, entry = self._config, self._entry
        url = files_url(config, entry.host, entry.port)
        return policy(config, url, join_link(config, entry.host, entry.port, entry.identity), entry.told)

    # -- figures

    def _unready(self) -> str:
        """Why nobody should be sent here just now; ``""`` where they may."""
        core = self._core
        return core.draining or ("there is no room to store anything" if core.stuck else "")

    def _figures(self) -> list[Metric]:
        """For ``/metrics``: everything here is counted anyway, or once a turn."""
        return [*figures(self._core, self.hub, self._entry.door), *self._files.figures()]


def open_files(data: DataDir, limits: FileLimits, take: Callable[[Event], None], reactor: Reactor) -> Files:
    """Where files are kept, and how they go in and out. Raises :class:`CommandError`."""
    try:
        return Files(data.path, limits, take, reactor.call, lambda: reactor.now)
    except OSError as error:
        text = (
            f"can't use the folder {error.filename} for files: {error.strerror}: see to it, then start again"
        )
        raise CommandError(FAILED, text) from error


def _prepare_later() -> threading.Timer:
    unhurried = threading.Timer(_UNHURRIED, _prepare)
    unhurried.daemon = True
    unhurried.start()
    return unhurried


def _prepare() -> None:
    """In a thread: what the first HTTP request, WebSocket or password would hold the loop up for (decision 54).

    Tried until it is done: later there may be no descriptor to read a module with.
    """
    try:
        HttpCodec()
        for name in ("natterjack.wire.websocket", "concurrent.futures.thread", "email.utils"):
            importlib.import_module(name)
    except OSError as error:
        _log.warning("what is needed later could not be loaded yet: %s", error)
        _prepare_later()


def _log_mishap(effect: Mishap) -> None:
    _log.error(
        "internal error, which is our fault, in %s: it was disconnected", effect.what, exc_info=effect.error
    )
