"""Answers to a session: numerics, standard replies, lines from the server, under the label of its command.

Labels and batches (https://ircv3.net/specs/extensions/labeled-response) are solved here once: while a labelled command
is handled its answers are collected, and :meth:`Answering.finish` sends them as one labelled line, a batch, or ACK.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from natterjack.core.delivery import UNTOLD, Delivery, Line, Loss, unstored
from natterjack.core.policy import LINE_LIMIT, Policy
from natterjack.core.replies import fitted, numbered, standard, wired, within
from natterjack.core.state import Session, User
from natterjack.ports.effects import Send
from natterjack.proto import caps
from natterjack.proto.numerics import Numeric
from natterjack.proto.standard_replies import Fail
from natterjack.wire.message import escape, render_body

#: Tags and body of each line of an answer.
Answers = list[tuple[str, str]]
#: A label, the answers collected for it, and those to give if what is answered can't be stored (None: the same).
Suspended = tuple[str, Answers, Answers | None]
NOTHING: Suspended = ("", [], None)
NOBODY = User(0, "*", "")


class Answering:
    """What of a :class:`~natterjack.core.context.Context` answers its session, whichever that is."""

    __slots__ = ("_answers", "_batches", "_label", "_otherwise", "delivery", "policy", "session", "user")

    def __init__(self, policy: Policy, delivery: Delivery) -> None:
        self.policy = policy
        self.delivery = delivery
        self._batches = 0
        self._label = ""
        self._answers: Answers = []
        self._otherwise: Answers | None = None
        self.session: Session = Session(0, "", 0, "", 0.0, 0.0, 0.0)
        self.user = NOBODY

    def finish(self) -> None:
        """The command is done: send what was collected for its label."""
        if not self._label:
            return
        label, answers, otherwise = self.suspend()
        lines = self._labelled(label, answers)
        if otherwise is None:
            for line in lines:
                self.delivery.send(self.session, self.session.sid, line)
        else:
            self._send_either(lines, self._labelled(label, otherwise))

    def _labelled(self, label: str, answers: Answers) -> list[bytes]:
        """``answers`` as one labelled line, a batch, or ACK."""
        label = f"label={escape(label)}"
        if not answers:
            answers = [("", f":{self.policy.name} ACK")]
        if len(answers) == 1:
            tags, body = answers[0]
            return [wired(f"{label};{tags}" if tags else label, body)]
        ref = self.batch_reference()
        lines = [wired(label, f":{self.policy.name} BATCH +{ref} labeled-response")]
        lines += (wired(within(ref, tags), body) for tags, body in answers)
        return [*lines, wired("", f":{self.policy.name} BATCH -{ref}")]

    def suspend(self) -> Suspended:
        """The handler has to wait: put away what :meth:`resume` will need."""
        suspended: Suspended = (self._label, self._answers, self._otherwise)
        self._label, self._answers, self._otherwise = "", [], None
        return suspended

    def resume(self, suspended: Suspended) -> None:
        """After ``begin`` (of the context) with the same session and message: go on where the handler was."""
        self._label, self._answers, self._otherwise = suspended

    # -- answers to the session

    def reply(self, numeric: Numeric, *params: str, **fields: object) -> None:
        """A numeric to the session: its nick, ``params``, and the numeric's own text filled with ``fields``."""
        self.answer("", numbered(self.policy.name, self.nick, numeric, params, fields))

    def room(self, numeric: Numeric, *params: str) -> int:
        """How many bytes are left for the last parameter of ``numeric`` behind ``params``."""
        head = " ".join((f":{self.policy.name}", numeric.code, self.nick, *params))
        return LINE_LIMIT - len(f"{head} :\r\n".encode())

    def fail(self, fail: Fail, command: str, *context: str, **fields: object) -> None:
        """A FAIL: ``context`` are the words of the command that it is about."""
        self._standard("FAIL", fail, command, context, fields)

    def note(self, fail: Fail, command: str, *context: str, **fields: object) -> None:
        """A NOTE, which says that nothing went wrong but something is worth knowing."""
        self._standard("NOTE", fail, command, context, fields)

    def _standard(
        self, kind: str, fail: Fail, command: str, context: Collection[str], fields: dict[str, object]
    ) -> None:
        self.answer("", standard(self.policy.name, kind, fail, command, *context, **fields))

    def say(self, command: str, *params: str) -> None:
        """A line from the server to the session."""
        self.answer("", render_body(command, params, self.policy.name))

    def say_bare(self, command: str, word: str) -> None:
        """The same without a source, as AUTHENTICATE and PING have it."""
        self.answer("", f"{command} {word}")

    def answer(self, tags: str, body: str) -> None:
        """A line for the session, as a part of the answer to its command."""
        body = fitted(body)
        if self._label:
            self._answers.append((tags, body))
            if self._otherwise is not None:
                self._otherwise.append((tags, body))
        else:
            self._send(tags, body)

    def answer_all(self, answers: Answers) -> None:
        """The same for several lines: sent as one."""
        if self._label:
            for tags, body in answers:
                self.answer(tags, body)
        else:
            data = b"".join([wired(tags, fitted(body)) for tags, body in answers])
            self.delivery.send(self.session, self.session.sid, data)

    def answer_lines(self, lines: str) -> None:
        """The same for whole ``lines`` that fit, each with its CR LF: sent as one, where none needs a tag."""
        if self._label:
            for body in lines.split("\r\n")[:-1]:
                self.answer("", body)
        else:
            self.delivery.send(self.session, self.session.sid, lines.encode())

    def _send(self, tags: str, body: str) -> None:
        self.delivery.send(self.session, self.session.sid, wired(tags, body))

    def _send_either(self, lines: Iterable[bytes], otherwise: Iterable[bytes]) -> None:
        sid = self.session.sid
        send, other = Send(sid, b"".join(lines)), Send(sid, b"".join(otherwise))
        self.delivery.either(self.session, self.delivery.batch, send, other)

    # -- answers that depend on whether what they are about is stored

    def loss(self, command: str, target: str, label: str = "") -> Loss | None:
        """What goes along with all lines that say what was just kept, to ``target``: see ``core/delivery.py``.

        ``label`` is one that was taken (:meth:`take_label`). None where lines are not stored.
        """
        if not self.delivery.keeps_lines:
            return None
        if not self._label:
            return self.session.sid, command, target, label
        if self._otherwise is None:
            self._otherwise = self._answers.copy()
        self._otherwise.append(("", unstored(self.policy.name, command, target)))
        return UNTOLD

    def echo(self, line: Line) -> None:
        """``line`` with its :meth:`loss` is the answer, or part of it: it is not given where it can't be stored."""
        self._answers += line.parts(self.session.kind)

    def answer_either(self, lines: Iterable[str], otherwise: str) -> None:
        """The bodies ``lines`` are the answer, or ``otherwise`` if what the command has changed can't be stored."""
        answers = [("", fitted(line)) for line in lines]
        other = ("", fitted(otherwise))
        if self._label:
            self._otherwise = [*(self._answers if self._otherwise is None else self._otherwise), other]
            self._answers += answers
        else:
            self._send_either((wired(*each) for each in answers), [wired(*other)])

    # -- answers of several lines, and to other commands

    def batch(self, kind: str, params: Iterable[str], lines: Iterable[tuple[str, str]]) -> None:
        """The answer is a batch of ``lines`` (tags and body each), sent at once, under the label if there is one.

        Source: https://ircv3.net/specs/extensions/batch. Whoever has not negotiated it gets the lines alone.
        """
        label = self.take_label()
        if not self.has(caps.BATCH):
            for tags, body in lines:
                self._send(tags, body)
            return
        ref = self.batch_reference()
        words = " ".join((f":{self.policy.name} BATCH +{ref} {kind}", *params))
        self._send(f"label={label}" if label else "", words)
        for tags, body in lines:
            self._send(within(ref, tags), body)
        self._send("", f":{self.policy.name} BATCH -{ref}")

    def batch_reference(self) -> str:
        """A new reference for a BATCH."""
        self._batches += 1
        return f"{self._batches:x}"

    @contextmanager
    def answering(self, earlier: Suspended) -> Iterator[None]:
        """Answers inside belong to an earlier command of the session, and are all that it gets."""
        own = self.suspend()
        self.resume(earlier)
        try:
            yield
            self.finish()
        finally:
            self.resume(own)

    def take_label(self) -> str:
        """The label, escaped (``""``: none), for a handler that answers with exactly one line and tags it itself."""
        label, self._label = self._label, ""
        return escape(label) if label else ""

    @property
    def labelled(self) -> bool:
        """Whether answers are being collected."""
        return bool(self._label)

    # -- whom they are for

    @property
    def nick(self) -> str:
        """How numerics address the session."""
        return self.user.nick if self.user is not NOBODY else "*"

    def has(self, cap: int) -> bool:
        """Whether the session negotiated ``cap``."""
        return bool(self.session.caps & cap)
