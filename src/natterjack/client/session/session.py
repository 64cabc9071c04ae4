"""One connection's conversation with a server, without the connection: bytes in, events out; requests in, bytes out.

Theory of operation. The session never waits and never looks at a clock: whoever drives it hands in the bytes that came
(:meth:`Session.receive`), the requests (:meth:`Session.submit`) and the time, takes what is to be sent
(:meth:`Session.output`), and calls :meth:`Session.tick` when :meth:`Session.deadline` has come. What takes a processor
for long is handed out the same way (:meth:`Session.task`), and brought back with :meth:`Session.derived`. Two times go
in: ``now`` in seconds of a clock that never jumps, for patience; ``wall`` in seconds since 1970, for messages from
servers that do not date them.

A request takes this way: whether the server has what it needs is looked at here, :mod:`.asking` puts it onto the wire.
A line takes this one: framer, parser, registration (until we are in), then by its command to :mod:`.people` or by its
number to :mod:`.answers`; :mod:`.waiting` knows which request it answers.

Sources: https://modern.ircdocs.horse, https://ircv3.net/irc/
"""

from __future__ import annotations

from collections.abc import Iterable

from natterjack.client.events import (
    Acked,
    Closing,
    Done,
    Event,
    HistoryRead,
    MessageReceived,
    NickKept,
    NotWelcome,
    Ready,
    Refused,
    Silent,
)
from natterjack.client.requests import (
    NEEDED,
    Deliver,
    Edit,
    FileRequest,
    Join,
    LogIn,
    Oper,
    Register,
    Request,
    Say,
)
from natterjack.client.session import answers, multiline, people
from natterjack.client.session.accounts import Accounts, Finished
from natterjack.client.session.asking import Asking
from natterjack.client.session.config import SessionConfig, Timings
from natterjack.client.session.ends import login_unanswered, plain, refusal, unanswered
from natterjack.client.session.line import Line
from natterjack.client.session.login import Derivation, make_nonce
from natterjack.client.session.registration import READY_TOKEN, Phase, Registration
from natterjack.client.session.state import ServerInfo, State
from natterjack.client.session.texts import clean, kind_and_text
from natterjack.client.session.waiting import FENCE, Waiting, WaitingTable
from natterjack.proto import numerics as n
from natterjack.proto.casemap import fold
from natterjack.proto.source import Source, parse_source
from natterjack.proto.timestamps import parse_time
from natterjack.wire.framing import SERVER_TAG_BYTES, LineFramer, TooLong
from natterjack.wire.message import NO_TAGS, Message, WireError, parse, render

_ALIVE_TOKEN = "natterjack-alive"
_END_OF_GREETING = frozenset({n.RPL_ENDOFMOTD.code, n.ERR_NOMOTD.code})
_USUAL = Timings()


class Session:
    """See the module. One for each connection: it is not used again after the connection has ended."""

    def __init__(
        self,
        config: SessionConfig,
        now: float,
        seed: int = 0,
        *,
        private: bool = False,
        timings: Timings = _USUAL,
    ) -> None:
        """``seed`` is a number that nobody guesses, of 128 bits or so: all that looks random here is made of it.

        ``private``: nobody can read along, so that a password may be said.
        """
        self._config = config
        self._timings = timings
        self._state = State(config.nick)
        self._framer = LineFramer(SERVER_TAG_BYTES)
        self._out: list[Message] = []
        self._waiting = WaitingTable(timings.answer)
        self._asking = Asking(self._out, self._state, self._waiting)
        self._registration = Registration(config, self._state, seed, self._out, private=private)
        self._accounts = Accounts(self._out, timings.answer, private=private)
        self._seed = seed
        self._logins = 0  # how many there were
        self._task: Derivation | None = None  # the last one handed out
        self._started = self._heard = now
        self._pinged = False
        self._registration.start()

    # -- what a front end may look at ------------------------------------------------------------------------------

    @property
    def nick(self) -> str:
        return self._state.nick

    @property
    def is_ready(self) -> bool:
        return self._registration.phase is Phase.READY

    @property
    def server(self) -> ServerInfo:
        """What the server announced of itself. To be read only."""
        return self._state.info

    @property
    def capabilities(self) -> frozenset[str]:
        return frozenset(self._state.caps)

    @property
    def account(self) -> str:
        """The one that we are logged in to, ``""`` for a guest."""
        return self._state.account

    @property
    def resends(self) -> bool:
        """Whether a :class:`Deliver` may be repeated under its cid without reaching anybody twice."""
        return self._state.resends

    @property
    def marks(self) -> bool:
        """Whether the server keeps for our other devices how far we have read."""
        return "draft/read-marker" in self._state.caps

    @property
    def plays_events(self) -> bool:
        """Whether the history has what else has happened, in its place."""
        return "draft/event-playback" in self._state.caps

    @property
    def limits(self) -> multiline.Limits | None:
        """What a message of several lines may have; None where the server takes none."""
        if not self._state.caps >= {multiline.NAME, "batch", "message-tags"}:
            return None
        return multiline.read_limits(self._registration.offered.get(multiline.NAME, ""))

    @property
    def history_limit(self) -> int:
        """Lines that one request for history brings at most; 0 where none can be made."""
        return self._state.history_limit

    # -- in and out ------------------------------------------------------------------------------------------------

    def output(self) -> bytes:
        """What is to be sent, all of it; it is not given a second time."""
        data = b"".join(map(render, self._out))
        self._out.clear()
        return data

    def receive(self, data: bytes, now: float, wall: float) -> list[Event]:
        """What ``data``, a piece of the stream however cut, tells."""
        self._heard = now
        self._pinged = False
        events: list[Event] = []
        for raw in self._framer.feed(data):
            if not isinstance(raw, TooLong):
                events.extend(self._read(raw, now, wall))
        return events

    def submit(self, request: Request, now: float) -> list[Event]:
        """Send ``request``. Answers with a :class:`Refused` at once where it cannot go onto the wire."""
        if not self.is_ready:
            return [refusal(request, "NOT_CONNECTED", "Not connected to a server yet.")]
        if isinstance(request, LogIn):
            return self._log_in(request, now)
        needed = NEEDED.get(type(request))
        if needed and needed[0] not in self._state.caps:
            return [refusal(request, "not_offered", f"This server offers no {needed[1]}: nothing was sent.")]
        if isinstance(request, FileRequest) and not self._state.moves_files:
            return [refusal(request, "not_offered", "This server takes no files: nothing was sent.")]
        if isinstance(request, Register | Oper):
            reason = self._accounts.why_not(request, self._registration.offered)
            if reason:
                return [refusal(request, reason.code, reason.text)]
        if isinstance(request, Say | Deliver | Edit):
            return self._asking.say(request, self.limits, now)
        return self._asking.ask(request, now)

    def task(self) -> Derivation | None:
        """A key that must be derived for us, elsewhere, since it takes long. It is not asked for a second time."""
        login = self._registration.login
        wanted = (login.derivation if login else None) or self._accounts.derivation
        if wanted is None or wanted is self._task:
            return None
        self._task = wanted
        return wanted

    def derived(self, task: Derivation, key: bytes) -> None:
        """``key`` is what ``task`` asked for. Output may follow."""
        if self._registration.login:
            self._registration.login.derived(task, key)
        self._accounts.derived(task, key)

    def quit(self, reason: str) -> None:
        """Say goodbye; the server answers with an ERROR and closes the connection."""
        self._out.append(Message("QUIT", (clean(reason),) if reason else ()))

    def deadline(self) -> float | None:
        """When :meth:`tick` must be called, if nothing else happens before."""
        if self._registration.phase is Phase.OVER:
            return None
        timings = self._timings
        moments = [self._heard + timings.idle + (timings.silence if self._pinged else 0.0)]
        if not self.is_ready:
            moments.append(self._started + timings.registration)
        due = (self._waiting.deadline(), self._accounts.deadline())
        return min(moments + [moment for moment in due if moment is not None])

    def tick(self, now: float) -> list[Event]:
        """Do what is due by now: ask whether the server is there, give up on it or on an answer."""
        events: list[Event] = [unanswered(waiting) for waiting in self._waiting.overdue(now)]
        events += login_unanswered(self._accounts.overdue(now))
        silent, timings = now - self._heard, self._timings
        if self._registration.phase is Phase.OVER:
            return events
        if not self.is_ready and now - self._started >= timings.registration:
            self._registration.phase = Phase.OVER
            text = f"The server did not let us in within {timings.registration:g} s. Is it an IRC server?"
            events.append(NotWelcome("timed_out", text))
        elif silent >= timings.idle + timings.silence and self._pinged:
            events.append(Silent(silent))
        elif silent >= timings.idle and not self._pinged:
            self._pinged = True
            self._out.append(Message("PING", (_ALIVE_TOKEN,)))
        return events

    def lost(self) -> list[Event]:
        """The connection has ended: what that means for what was waiting. The last call to a session."""
        events: list[Event] = [unanswered(waiting) for waiting in self._waiting.drop_all()]
        events += login_unanswered(self._accounts.drop())
        not_in = self._registration.gone()
        self._registration.phase = Phase.OVER
        return [*events, not_in] if not_in else events

    # -- requests --------------------------------------------------------------------------------------------------

    def _log_in(self, request: LogIn, now: float) -> list[Event]:
        self._logins += 1
        offered = self._registration.offered.get("sasl") if "sasl" in self._state.caps else None
        nonce = make_nonce(self._seed, self._logins)
        finished = self._accounts.log_in(request, offered, nonce, now)
        return self._logged_in(finished, now) if finished else []

    def _logged_in(self, finished: Finished, now: float) -> list[Event]:
        """A LOGIN is over. After success comes the account's name, if we have another one."""
        request, outcome = finished.request, finished.outcome
        if outcome.code:
            events: list[Event] = [refusal(request, outcome.code, outcome.text)]
            if outcome.impostor:
                self._registration.phase = Phase.OVER
                events.append(NotWelcome(outcome.code, outcome.text))
            return events
        account = self._state.account or request.account
        if request.take_nick and not self._state.is_me(account):
            refused = self._asking.send(request, "NICK", (account,), now, behalf="LOGIN")
            if not refused:
                return []
        return [Done(request.ref, "LOGIN")]

    # -- lines -----------------------------------------------------------------------------------------------------

    def _read(self, raw: bytes, now: float, wall: float) -> Iterable[Event]:
        try:
            message = parse(raw)
        except WireError:
            return  # a broken line from a server is nothing that people could mend
        yield from self._take(message, now, wall)
        waiting = self._waiting.find(message.tags.get("label", "")) if message.command != "BATCH" else None
        if waiting:  # it has asked for what is read elsewhere: PING, CAP
            yield from self._finish(waiting, now, wall)

    def _take(self, message: Message, now: float, wall: float) -> Iterable[Event]:
        if message.command == "PING":
            self._out.append(Message("PONG", message.params[-1:]))
            return ()
        if message.command == "PONG":
            return self._pong(message, now, wall)
        registering = self._registration.read(message)
        if registering is not None:
            return registering
        of_login, finished = self._accounts.read(message)
        if of_login:
            return self._logged_in(finished, now) if finished else ()
        if message.command == "ERROR":
            text = message.params[-1] if message.params else ""
            self._registration.note_error("closed", text)
            return (Closing(text),)
        if message.command == "BATCH":
            return self._batch(message, now, wall)
        if message.command == "NOTE" and message.params[:2] == ("CHATHISTORY", "UNFINISHED"):
            self._waiting.cut(message.params[-2])
            return ()
        batch = self._waiting.batch(message.tags.get("batch", ""))
        if batch is not None and batch.message is not None and message.command in multiline.COMMANDS:
            batch.message.add(message)
            return ()
        events = list(self._dispatch(message, now, wall))
        if message.command in _END_OF_GREETING and self._registration.phase is Phase.GREETED:
            self._settle(now)
        return events

    def _dispatch(self, message: Message, now: float, wall: float) -> Iterable[Event]:
        tags = message.tags
        batch = self._waiting.batch(tags.get("batch", ""))
        label = tags.get("label", "")
        waiting = self._waiting.find(label or (batch.label if batch else ""))
        if waiting is None and not self._state.labels:
            waiting = self._oldest_if_answered_by(message)
        line = Line(
            message=message,
            source=parse_source(message.source) if message.source else Source(self._state.server),
            time=_time_of(message, wall),
            history=batch is not None and batch.history,
            split=batch is not None and batch.kind == "netsplit",
            waiting=waiting,
            found=batch is not None and batch.found,
            place=batch.place if batch else "",
            came=wall,
        )
        if waiting and batch and batch.history:
            waiting.lines += 1
            waiting.last = tags.get("msgid", "") or waiting.last
            waiting.first = waiting.first or waiting.last
        if message.command.isdigit():
            yield from answers.read_numeric(self._state, line)
        else:
            yield from people.read(self._state, line)
        if label and waiting:
            yield from self._finish(waiting, now, wall)

    def _oldest_if_answered_by(self, message: Message) -> Waiting | None:
        """Without labels: the request that ``message`` is about, since servers work in order."""
        oldest = self._waiting.oldest()
        if oldest is None or message.command.isdigit() or message.command == "FAIL":
            return oldest
        if message.command == oldest.command and message.command in ("REGISTER", "MARKREAD", "JOIN", "PART"):
            return oldest
        if message.command in ("NOTE", "WARN"):
            return oldest if message.params[:1] == (oldest.command,) else None
        own = self._state.is_me(parse_source(message.source).nick)
        matches = own and oldest.is_message and message.params[:1] == (oldest.target,)
        return oldest if matches and message.command == oldest.command else None

    def _batch(self, message: Message, now: float, wall: float) -> Iterable[Event]:
        # https://ircv3.net/specs/extensions/batch
        name = message.params[0] if message.params else ""
        if name[:1] == "+" and len(message.params) > 1:
            tags = message.tags
            self._waiting.open_batch(
                name[1:],
                message.params[1],
                tags.get("label", ""),
                tags.get("batch", ""),
                message.params[2] if len(message.params) > 2 else "",
                multiline.Gathering(message) if message.params[1] == multiline.NAME else None,
            )
        elif name[:1] == "-":
            batch = self._waiting.close_batch(name[1:])
            whole = batch.message.whole() if batch is not None and batch.message is not None else None
            if whole is not None:
                yield from self._dispatch(whole, now, wall)
            waiting = self._waiting.find(batch.label) if batch is not None and batch.ends else None
            if waiting:
                yield from self._finish(waiting, now, wall)

    def _pong(self, message: Message, now: float, wall: float) -> Iterable[Event]:
        token = message.params[-1] if message.params else ""
        if token == READY_TOKEN and self._registration.phase is Phase.SETTLING:
            self._registration.phase = Phase.READY
            info = self._state.info
            yield Ready(self._state.nick, self._state.server, info.network, "".join(info.prefix_of.values()))
        elif token.startswith(FENCE):
            waiting = self._waiting.find(token[len(FENCE) :])
            if waiting:
                yield from self._finish(waiting, now, wall)

    def _settle(self, now: float) -> None:
        self._registration.phase = Phase.SETTLING
        for channel in self._config.channels:
            self._asking.ask(Join(0, channel, self._config.keys.get(fold(channel), "")), now)
        self._out.append(Message("PING", (READY_TOKEN,)))

    def _finish(self, waiting: Waiting, now: float, wall: float) -> Iterable[Event]:
        """Its answer is complete."""
        self._waiting.finish(waiting.label, now)
        if waiting.renamed:
            refused = self._asking.join_renamed(waiting, now)
            if not waiting.error:
                yield from refused
                return
        if waiting.behalf:
            if waiting.error:
                yield NickKept(self._state.nick, waiting.target, waiting.error[1])
            yield Done(waiting.ref, waiting.behalf)
        elif waiting.error:
            code, text = waiting.error
            yield Refused(waiting.ref, waiting.name, waiting.target, code, text, waiting.left)
        elif waiting.is_message:
            when = waiting.time or wall
            if not waiting.seen:
                yield from self._local_echo(waiting, when)
            yield Acked(waiting.ref, waiting.msgid, waiting.target, plain(waiting), when, waiting.left)
        else:
            if waiting.reads_history:
                yield HistoryRead(
                    waiting.ref, waiting.target, waiting.lines, waiting.last, waiting.cut, waiting.first
                )
            yield Done(waiting.ref, waiting.name)

    def _local_echo(self, waiting: Waiting, when: float) -> Iterable[Event]:
        """Our message as others got it, from a server that does not send it back."""
        meant = kind_and_text(waiting.command, waiting.text)
        if meant:
            me = Source(self._state.nick, self._state.user, self._state.host)
            yield MessageReceived("", when, me, waiting.target, meant[1], meant[0], own=True)


def _time_of(message: Message, wall: float) -> float:
    # https://ircv3.net/specs/extensions/server-time
    if message.tags is NO_TAGS:
        return wall
    sent = parse_time(message.tags.get("time", ""))
    return wall if sent is None else sent
