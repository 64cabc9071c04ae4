"""The console's other half: the verbs that concern the process, the unix socket, and verbs typed into ``serve``.

On the socket a request is one line of JSON, ``{"verb": "kick", "args": ["alice"]}``, and so is its answer,
``{"ok": true, "text": "…", "rows": [{…}]}``; answers come in the order of the requests.
"""

from __future__ import annotations

import functools
import io
import shlex
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from natterjack.core.console import NO_WORDS, VERBS
from natterjack.net.connection import Connection
from natterjack.ports.effects import ConsoleReply
from natterjack.ports.events import ConsoleRequest, Event
from natterjack.proto.nearest import nearest
from natterjack.server.greeting import qr_code
from natterjack.server.output import visible

#: Bytes of one request.
_REQUEST_BYTES = 16 * 1024
#: Letters of what one types, in ``help``.
_COLUMN = 32

Answered = Callable[[ConsoleReply], None]


class Request(Struct):
    """One line on the socket."""

    verb: str
    args: list[str] = []


class ProcessVerb(Struct, frozen=True):
    """A verb that the process carries out; it answers ``(done, text)``."""

    usage: str
    about: str
    run: Callable[[tuple[str, ...]], tuple[bool, str]]


class LongVerb(Struct, frozen=True):
    """A verb of the process that takes a while, and calls back with its answer."""

    usage: str
    about: str
    begin: Callable[[tuple[str, ...], Answered], None]


class Desk:
    """Takes requests from wherever, hands each to the core or to the process, and calls back with the answer."""

    def __init__(self, sink: Callable[[Event], None], process: Mapping[str, ProcessVerb | LongVerb]) -> None:
        self._sink = sink
        self._process = process
        self._waiting: dict[int, Answered] = {}
        self._last = 0

    def ask(self, verb: str, args: tuple[str, ...], answered: Answered) -> None:
        """Carry out ``verb``; ``answered`` is called with what came of it, perhaps at once."""
        verb = verb.lower()
        if verb == "help":
            answered(ConsoleReply(0, *self._help(args)))
        elif verb in self._process:
            own = self._process[verb]
            if isinstance(own, LongVerb):
                own.begin(args, answered)
            elif args and not own.usage:
                answered(ConsoleReply(0, False, f"nothing was done: {NO_WORDS}"))
            else:
                answered(ConsoleReply(0, *own.run(args)))
        elif verb in VERBS:
            self._last += 1
            self._waiting[self._last] = answered
            self._sink(ConsoleRequest(self._last, verb, args))
        else:
            answered(ConsoleReply(0, False, self._unknown(verb)))

    def replied(self, reply: ConsoleReply) -> None:
        """The core's answer."""
        self._waiting.pop(reply.request)(reply)

    def _unknown(self, verb: str) -> str:
        near = nearest(verb, [*VERBS, *self._process, "help"])
        hint = f"did you mean {near}?" if near else "help shows the verbs"
        return f"{verb} is no verb of the console: {hint}"

    def _help(self, args: tuple[str, ...]) -> tuple[bool, str]:
        """Of all verbs, or of the one in ``args``."""
        verbs: dict[str, tuple[str, str]] = {
            **{name: (verb.usage, verb.about) for name, verb in VERBS.items()},
            **{name: (verb.usage, verb.about) for name, verb in self._process.items()},
            "help": ("[VERB]", "this list, or one of it"),
        }
        if len(args) > 1:
            return False, "usage: help [VERB]"
        if args and args[0].lower() not in verbs:
            return False, self._unknown(args[0])
        wanted = [args[0].lower()] if args else sorted(verbs)
        return True, "\n".join(_line(name, *verbs[name]) for name in wanted)


def _line(name: str, usage: str, about: str) -> str:
    """What ``help`` says of a verb, in two lines where the first column is too narrow."""
    typed = f"{name} {usage}".rstrip()
    return f"{typed:{_COLUMN}} {about}" if len(typed) <= _COLUMN else f"{typed}\n{'':{_COLUMN}} {about}"


class ConsoleStack:
    """Requests on the unix socket, one a line; one is carried out at a time, and nothing is read meanwhile."""

    __slots__ = ("_busy", "_connection", "_desk", "_lines", "_rest", "_working")

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._connection = connection
        self._desk = desk
        self._lines: deque[bytes] = deque()
        self._rest = b""
        self._busy = False  # a request waits for its answer
        self._working = False  # we are in the loop below already

    def receive(self, data: bytes) -> None:
        """Carry out each complete line."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _REQUEST_BYTES:
            self._connection.finish()
            return
        self._lines.extend(lines)
        self._work()

    def _work(self) -> None:
        self._working = True
        while self._lines and not self._busy:
            self._busy = True
            self._carry_out(self._lines.popleft())
        self._working = False
        self._connection.update_interest()

    def _carry_out(self, line: bytes) -> None:
        try:
            request = msgspec.json.decode(line, type=Request)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._answer(ConsoleReply(0, False, f"no such request: {error}"))
        else:
            self._desk.ask(request.verb, tuple(request.args), self._answer)

    def _answer(self, reply: ConsoleReply) -> None:
        answer = {"ok": reply.ok, "text": reply.text, "rows": reply.rows}
        self._connection.hub.send(self._connection.sid, msgspec.json.encode(answer) + b"\n")
        self._busy = False
        if not self._working:
            self._work()

    def pending(self) -> bool:
        """Whether a request is under way."""
        return self._busy

    def lost(self, _reason: str) -> None:
        """Whoever asked has gone."""


def read_typed(desk: Desk, say: Callable[[str], None], call: Callable[[Callable[[], None]], None]) -> None:
    """Lines typed into ``serve``, from now on: a thread reads them; ``call`` does something on the loop's."""

    def carry_out(line: str) -> None:
        try:
            verb, args = split(line)
        except ValueError as error:
            say(f"{error}: close the quote")
            return
        desk.ask(verb, args, lambda reply: say(shown(verb, reply)))

    def read() -> None:
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # not every terminal types UTF-8
        for line in _typed(sys.stdin):
            text = line.strip()
            if text:
                call(functools.partial(carry_out, text))

    threading.Thread(target=read, name="console", daemon=True).start()


def _typed(terminal: Iterable[str]) -> Iterator[str]:
    """Its lines, as long as it is there."""
    with suppress(OSError):  # EIO: it has gone; SIGHUP tells the server, and what follows from that
        yield from terminal


def split(line: str) -> tuple[str, tuple[str, ...]]:
    """A typed line as verb and arguments; quotes hold words together. Raises ``ValueError`` for an open quote."""
    words = shlex.split(line)
    return (words[0], tuple(words[1:])) if words else ("", ())


def shown(verb: str, reply: ConsoleReply) -> str:
    """The answer to ``verb`` on standard output: on a terminal with the QR code of a link that was asked for."""
    if verb.lower() == "link" and reply.ok and sys.stdout.isatty():
        return f"{show(reply)}\n{qr_code(reply.rows[0]['link'])}"
    return show(reply)


def show(reply: ConsoleReply) -> str:
    """An answer for people: the rows as a table, the text below."""
    parts = []
    if len(reply.rows) == 1:
        width = max(map(len, reply.rows[0]))
        parts += [f"{name:{width}}  {_cell(value)}" for name, value in reply.rows[0].items()]
    elif reply.rows:
        parts.append(_table(reply.rows))
    if reply.text:
        parts += map(visible, reply.text.split("\n"))
    return "\n".join(parts)


def _table(rows: tuple[dict[str, Any], ...]) -> str:
    heads = list(rows[0])
    cells = [heads] + [[_cell(row[head]) for head in heads] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    lines = (
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return visible(str(value)) if value != "" else "-"
