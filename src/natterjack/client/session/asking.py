"""What a session is asked for goes onto the wire, and waits there for its answer.

A request becomes one message or several, and each of them a line, or the lines of a batch. With it goes what its answer
is told by: a label, or a fence behind it (:mod:`.waiting`). What the answer is is none of this module's business.
"""

from __future__ import annotations

from collections.abc import Mapping

from natterjack.client.events import Event
from natterjack.client.requests import AskHistory, Deliver, Edit, Join, React, Request, Say, tags_of, to_line
from natterjack.client.session import multiline, saying
from natterjack.client.session.ends import refusal
from natterjack.client.session.state import LINE_BYTES, State
from natterjack.client.session.texts import clean
from natterjack.client.session.waiting import FENCE, Awaited, Waiting, WaitingTable
from natterjack.proto.names import SERVICES
from natterjack.wire.message import NO_TAGS, Message, WireError, render

#: What may stand behind these is shown to nobody, whatever becomes of them.
_WITH_PASSWORDS = frozenset({"REGISTER", "OPER", "PASS", "AUTHENTICATE", "NS", *map(str.upper, SERVICES)})


class Asking:
    """Appends to ``out`` what is to be sent, and to ``waiting`` what then waits.

    All methods answer with the :class:`~natterjack.client.events.Refused` of what cannot go out; of that nothing does.
    ``now`` is in seconds of a clock that never jumps.
    """

    def __init__(self, out: list[Message], state: State, waiting: WaitingTable) -> None:
        self._out = out
        self._state = state
        self._waiting = waiting
        self._batches = 0  # how many there were

    def say(self, request: Say | Deliver | Edit, limits: multiline.Limits | None, now: float) -> list[Event]:
        """``limits`` are those of messages of several lines; None where the server takes none."""
        try:
            messages = saying.messages(request, self._state, limits)
        except saying.Unsayable as error:
            return [refusal(request, error.code, str(error))]
        events: list[Event] = []
        for place, said in enumerate(messages, 1):
            events += self._send_said(request, said, len(messages) - place, now)
        return events

    def _send_said(self, request: Request, said: saying.Said, left: int, now: float) -> list[Event]:
        if len(said.pieces) == 1:
            params = (said.target, said.pieces[0][1])
            return self.send(request, said.command, params, now, left=left, name=said.name, tags=said.tags)
        self._batches += 1
        lines = multiline.batch(f"m{self._batches}", said.command, said.target, said.pieces, said.tags)
        text = multiline.joined(said.pieces)
        awaited = Awaited(request.ref, said.command, said.target, text, left, "", said.name)
        return self._put(request, lines, awaited, now)

    def ask(self, request: Request, now: float) -> list[Event]:
        """Any request that says nothing, and is no login."""
        try:
            command, params = to_line(request, self._state.info.whox)
        except WireError as error:
            return [refusal(request, error.code, error.text)]
        name = "REACT" if isinstance(request, React) else ""
        return self.send(request, command, tuple(map(clean, params)), now, name=name)

    def send(
        self,
        request: Request,
        command: str,
        params: tuple[str, ...],
        now: float,
        *,
        left: int = 0,
        behalf: str = "",
        name: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> list[Event]:
        """One line of ``request``. ``left``, ``behalf`` and ``name`` as in :class:`~.waiting.Awaited`.

        ``tags``: None stands for those that belong to the request.
        """
        target, text = (params[0], params[-1]) if params else ("", "")
        if command == "CHATHISTORY":
            target = getattr(request, "target", "")  # the first parameter is what to do with it
        elif command in _WITH_PASSWORDS:
            target = text = ""  # a password is kept no longer than it takes to send it
        tags = tags_of(request) if tags is None else tags
        lines = [Message(command, params, tags)]
        waiting = Awaited(request.ref, command, target, text, left, behalf, name)
        return self._put(request, lines, waiting, now)

    def join_renamed(self, waiting: Waiting, now: float) -> list[Event]:
        """Come into channels by their present names; the answer to that is the one to ``waiting``, if it has none."""
        named = sorted(waiting.renamed.items(), key=lambda each: not each[1])  # those with a key come first
        channels, keys = ",".join(name for name, _ in named), ",".join(key for _, key in named if key)
        params = (channels, keys) if keys else (channels,)
        ref = 0 if waiting.error else waiting.ref
        awaited = Awaited(ref, "JOIN", channels, params[-1], led=True)
        return self._put(Join(ref, channels, keys), [Message("JOIN", params)], awaited, now)

    def _put(self, request: Request, lines: list[Message], awaited: Awaited, now: float) -> list[Event]:
        """Have ``lines`` sent, which are one message, and wait for the answer to it."""
        if self._waiting.is_full:
            text = "Too much is waiting for the server already: try again later."
            return [refusal(request, "TOO_MANY", text, awaited.left)]
        try:
            over = max(len(render(Message(line.command, line.params))) for line in lines) - LINE_BYTES
        except ValueError as error:
            return [refusal(request, "INVALID", f"This cannot be sent: {error}.", awaited.left)]
        if over > 0:
            text = f"This is {over} bytes too long for one line."
            return [refusal(request, "TOO_LONG", text, awaited.left)]
        waiting = self._waiting.add(now, awaited)
        waiting.back = isinstance(request, AskHistory) and request.way != "AFTER"
        first, *others = lines
        tags = first.tags if "message-tags" in self._state.caps else NO_TAGS
        if self._state.labels:
            self._out += (Message(first.command, first.params, {"label": waiting.label, **tags}), *others)
        else:
            fence = Message("PING", (FENCE + waiting.label,))
            self._out += (Message(first.command, first.params, tags), *others, fence)
        return []
