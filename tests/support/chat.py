'''A whole chat in memory, with a clock that the test turns.

Tests read like transcripts::

    chat = Chat("alice", "bob")
    chat.play("""
        alice > PRIVMSG #lobby :good morning
        bob   < :alice PRIVMSG #lobby :good morning
        alice > PRIVMSG carol :are you there?
        alice < 401 alice carol :No such nick or channel
    """)

``who > line`` sends a line, ``who < line`` is one that he then gets. All that anybody gets has to be there, each
one's lines in their order; ``…`` stands for any text. The server's own source is left out, and a user's source is
written as its nick alone. ``-- commit`` reports the oldest batch as stored, ``-- refuse`` says that it, and all that
were handed over after it, can't be; ``-- wait 90`` lets seconds pass.
``-- console ban alice`` is what the operator types; his answer is not looked at.
'''

from __future__ import annotations

import itertools
import random
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import ndiff
from typing import Any

from natterjack.core import logins
from natterjack.core.policy import Policy
from natterjack.core.server import Core
from natterjack.ports.effects import (
    Ask,
    Close,
    Commit,
    ConsoleReply,
    Deliver,
    Effect,
    Happened,
    Hold,
    Mishap,
    Release,
    Remember,
    Send,
)
from natterjack.ports.events import (
    Answered,
    Closed,
    Committed,
    ConsoleRequest,
    Event,
    Now,
    Opened,
    Received,
    Refused,
    Tick,
)
from natterjack.ports.files import FileAnswer, FileAnswered, Unkept
from natterjack.ports.questions import DeriveKey, NextTurn, ReadFailed
from natterjack.ports.records import AccountRecord, Record, Snapshot
from natterjack.proto.scram import ROUNDS, make_verifier
from natterjack.wire.message import Message, WireError, parse
from tests.support.lines import cut
from tests.support.past import Past

#: 2026-11-22T20:31:02.500Z, a moment like any other.
WALL = 1795379462.5
_SOURCE = re.compile(r"(?<=:)(\S+?)!\S+?@127\.0\.0\.1(?= )")


def read(line: str | bytes) -> Message | WireError:
    """A line as the shell hands it to the core."""
    try:
        return parse(line.encode() if isinstance(line, str) else line)
    except WireError as error:
        return error


def derived(password: bytes, salt: bytes) -> bytes:
    """Stands for the derivation of a key, which the core never does itself."""
    return (password + salt).ljust(32, b".")[:32]


def make_account(name: str, **members: Any) -> AccountRecord:
    """An account whose password is ``NAME-password``."""
    salt = b"0123456789abcdef"
    verifier = make_verifier(derived(f"{name}-password".encode(), salt), salt, ROUNDS)
    return AccountRecord(name, 1.0, ROUNDS, salt, verifier.stored_key, verifier.server_key, **members)


class Peer:
    """One session, as seen from its other end."""

    def __init__(self, chat: Chat, sid: int, name: str) -> None:
        self.chat = chat
        self.sid = sid
        self.name = name
        self.closed = False
        self.heard: list[str] = []  # whole lines, as they came
        self.held: list[str] | None = None  # lines that wait for the history

    def send(self, *lines: str | bytes) -> list[str]:
        """Send lines in one packet; the answer is what this session got since it was last asked."""
        self.post(*lines)
        return self.take()

    def post(self, *lines: str | bytes) -> list[Effect]:
        """Send lines in one packet; the answer is what the core wants done."""
        return self.chat.handle(Received(self.sid, [read(line) for line in lines]))

    def take(self) -> list[str]:
        """What came since the last call, shortened as the module says."""
        lines, self.heard = self.heard, []
        return [shorten(line) for line in lines]

    def release(self, lines: list[str]) -> None:
        """``lines`` come before what it was sent since it was held."""
        self.heard += [*lines, *(self.held or [])]
        self.held = None

    def hang_up(self, reason: str = "Connection closed") -> None:
        """The connection breaks."""
        self.closed = True
        self.chat.handle(Closed(self.sid, reason))


class Chat:
    """A core with sessions. ``settings`` are fields of its :class:`Policy`; the ``nicks`` are in before it is yours.

    Pace is not limited unless ``settings`` say so: a transcript's clock stands still. Keys are derived at once, and
    if ``instant``, what is to be stored is stored at once. ``snapshot`` is what the store has at the start.
    """

    def __init__(
        self,
        *nicks: str,
        caps: str = "",
        instant: bool = False,
        snapshot: Snapshot = Snapshot(b""),  # noqa: B008 - a frozen value
        now: Now = Now(1000.0, WALL),  # noqa: B008 - a frozen value
        **settings: Any,
    ) -> None:
        self._in_turn = False
        self.now = now
        settings = {"limited": False, "history": settings.get("durable", False), **settings}
        policy = Policy(version="1", **settings)
        self.core = Core(policy, "m", self.now, snapshot, random.Random(1).randbytes)
        self.instant = instant
        self.answers = True  # whether what the core asks is answered at once
        self.peers: dict[str, Peer] = {}
        self.asked: list[Ask] = []  # what it has asked and was not answered
        self.commits: list[Commit] = []
        self.records: list[Record] = []  # all that were to be committed
        self.happened: list[Happened] = []
        self.replies: list[ConsoleReply] = []
        self.file_answers: dict[int, FileAnswer] = {}  # by request
        self.unkept: list[str] = []  # hashes of contents that are to be deleted
        self.past = Past()
        self._by_sid: dict[int, Peer] = {}
        self._sids = itertools.count(1)
        for nick in nicks:
            self.enter(nick, caps)
        self.quiet()

    @property
    def world(self) -> Any:
        """The core's state."""
        return self.core.world

    # -- coming

    def open(self, name: str, ip: str = "127.0.0.1", via: str = "irc", proxied: bool = False) -> Peer:
        """A connection that has said nothing yet, called ``name`` in transcripts."""
        sid = next(self._sids)
        peer = self.peers[name] = self._by_sid[sid] = Peer(self, sid, name)
        self.handle(Opened(sid, ip, 50000 + sid, via, proxied))
        return peer

    def enter(self, nick: str, caps: str = "", ip: str = "127.0.0.1", login: str = "") -> Peer:
        """A connection that is through registration; what it was told on the way is thrown away.

        With ``login`` it is logged in to that account, whose password is that of :func:`make_account`.
        """
        peer = self.open(nick, ip, "irc" if ip == "127.0.0.1" else "tls")
        hello = [f"NICK {nick}", f"USER {nick} 0 * :Real {nick}"]
        if login:
            hello += said(login, f"{login}-password")
        if caps or login:
            hello = [f"CAP REQ :{caps}", *hello, "CAP END"]
        peer.send(*hello)
        self.settle()
        assert self.world.find(nick) is not None, peer.heard
        peer.heard.clear()
        return peer

    def log_in(self, name: str, account: str) -> list[str]:
        """``name`` has proved that he is ``account`` (made if there is none); what he then gets."""
        ctx, peer = self.core._ctx, self.peers[name]
        if ctx.accounts.get(account) is None:
            ctx.accounts.put(make_account(account))
        ctx.now = self.now
        session = self.world.sessions[peer.sid]
        ctx.begin(session, Message("*"))
        logins.log_in(ctx, account)
        self.core._intake.go_on(session)
        self.carry_out(self.core.take())
        return peer.take()

    def quiet(self) -> None:
        """Forget what anybody heard until now."""
        self.settle()
        for peer in self._by_sid.values():
            peer.heard.clear()

    # -- events and effects

    @contextmanager
    def turn(self) -> Iterator[None]:
        """All events in it are of one turn."""
        self._in_turn = True
        try:
            yield
        finally:
            self._in_turn = False
            self.carry_out(self.core.take())

    def handle(self, event: Event) -> list[Effect]:
        """One event, in a turn of its own, unless it is in that of others; then nothing comes of it yet."""
        self.core.handle(event, self.now)
        if self._in_turn:
            return []
        effects = self.core.take()
        self.carry_out(effects)
        return effects

    def carry_out(self, effects: list[Effect]) -> None:
        """All of a turn. What it asks is answered after that, as the server does, where others find it out."""
        for effect in effects:
            if not (isinstance(effect, Ask) and self.answers):
                self._perform(effect)
        for effect in effects:
            if isinstance(effect, Ask) and self.answers:
                self._answer(effect)

    def wait(self, seconds: float, step: float = 1.0) -> None:
        """Let time pass, tick by tick."""
        end = self.now.mono + seconds
        while self.now.mono < end:
            pause = min(step, end - self.now.mono)
            self.now = Now(self.now.mono + pause, self.now.wall + pause)
            self.handle(Tick())

    def commit(self) -> None:
        """The oldest batch under way is stored."""
        commit = self.commits.pop(0)
        for record in commit.records:
            self.past.store(record)
        self.handle(Committed(commit.batch))

    def refuse(self) -> None:
        """The oldest batch under way can't be stored; so all others under way are passed over."""
        commit = self.commits.pop(0)
        self.commits.clear()
        self.handle(Refused(commit.batch))

    def settle(self) -> None:
        """All batches under way are stored."""
        while self.commits:
            self.commit()

    def console(self, verb: str, *args: str) -> ConsoleReply:
        """What the operator's verb led to."""
        self.handle(ConsoleRequest(1, verb, args))
        while not self.replies:
            if self.commits:
                self.commit()
            else:
                self.answer()
        return self.replies.pop()

    def answer(self, index: int = 0, failed: bool = False) -> None:
        """One of those that were asked is answered; if ``failed``, a look into the history with an error."""
        ask = self.asked.pop(index)
        if failed and not isinstance(ask.question, DeriveKey):
            self.handle(Answered(ask.ask, ReadFailed("the disk is gone")))
        else:
            self._answer(ask)

    def finish(self) -> None:
        """Everything under way comes to its end, and nothing of it stays behind."""
        for _ in range(1000):
            if self.asked:
                self.answer()
            elif self.commits:
                self.commit()
            elif self.core._waits._asked:  # steps that only wait for time to pass
                self.wait(1.0)
            else:
                return
        raise AssertionError("something never ends")

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send() | Deliver() | Close() | Hold() | Release():
                self._carry(effect)
            case Commit():
                self.commits.append(effect)
                self.records += effect.records
                if self.instant:
                    self.commit()
            case Remember(records):
                for record in records:
                    self.past.store(record)
            case Ask():
                self.asked.append(effect)
            case ConsoleReply():
                self.replies.append(effect)
            case Happened():
                self.happened.append(effect)
            case Mishap():  # contained or not, it is an error of ours
                raise effect.error
            case _:
                self._perform_of_files(effect)

    def _carry(self, effect: Send | Deliver | Close | Hold | Release) -> None:
        """What happens to connections."""
        match effect:
            case Send(sid, data):
                self._hear(sid, data)
            case Deliver(to, data, instead):
                assert len(set(to)) == len(to), "somebody is addressed twice"
                assert instead is None or set(instead) <= set(to), "a swap for somebody who is not addressed"
                for sid in to:
                    self._hear(sid, data if instead is None else instead.get(sid, data))
            case Close(sid):
                self._by_sid[sid].closed = True
            case Hold(sid):
                self._by_sid[sid].held = []
            case Release(sid, data):
                self._by_sid[sid].release(cut(data) if data else [])

    def _perform_of_files(self, effect: Effect) -> None:
        match effect:
            case FileAnswered(request, answer):
                assert request not in self.file_answers, "a request is answered twice"
                self.file_answers[request] = answer
            case Unkept(content):
                self.unkept.append(content)

    def _answer(self, effect: Ask) -> None:
        question = effect.question
        if isinstance(question, DeriveKey):
            self.handle(Answered(effect.ask, derived(question.password, question.salt)))
        elif isinstance(question, NextTurn):
            self.handle(Answered(effect.ask, None))
        else:
            self.handle(Answered(effect.ask, self.past.ask(question)))

    def _hear(self, sid: int, data: bytes) -> None:
        peer = self._by_sid[sid]
        if data and not peer.closed:
            (peer.heard if peer.held is None else peer.held).extend(cut(data))

    # -- transcripts

    def play(self, transcript: str) -> None:
        """Act out ``transcript``, and assert that everybody hears what it says and nothing else."""
        expected: dict[str, list[str]] = {}
        for line in transcript.strip().split("\n"):
            words = line.strip()
            if not words:
                continue
            who, sign, text = _parted(words)
            if sign == "<":
                expected.setdefault(who, []).append(text)
                continue
            self._compare(expected)
            expected = {}
            if sign == ">":
                self.peers[who].post(text)
            elif who == "commit":
                self.commit()
            elif who == "refuse":
                self.refuse()
            elif who == "console":
                verb, *args = text.split()
                self.console(verb, *args)
            else:
                self.wait(float(text))
        self._compare(expected)

    def _compare(self, expected: dict[str, list[str]]) -> None:
        heard = {name: peer.take() for name, peer in self.peers.items() if peer.heard}
        for name, lines in expected.items():
            came = heard.get(name, [])
            for index, wanted in enumerate(lines):
                if index < len(came) and fits(wanted, came[index]):
                    lines[index] = came[index]
        if heard != expected:
            raise AssertionError("\n".join(ndiff(_listed(expected), _listed(heard))))


def pond(*nicks: str, modes: str = "", caps: str = "", accounts: str = "", **settings: object) -> Chat:
    """No lobby: all are in #pond alone, which the first has made and has given ``modes``.

    Those in ``accounts`` are logged in to accounts of their names.
    """
    chat = Chat(*nicks, caps=caps, lobby=(), **settings)
    for nick in nicks:
        chat.peers[nick].send("JOIN #pond")
    for nick in accounts.split():
        chat.log_in(nick, nick)
    if modes:
        chat.peers[nicks[0]].send(f"MODE #pond {modes}")
    chat.quiet()
    return chat


def _listed(heard: dict[str, list[str]]) -> list[str]:
    return [f"{name} < {line}" for name in sorted(heard) for line in heard[name]]


def said(login: str, password: str) -> list[str]:
    """The lines that log in by SASL PLAIN."""
    text = b64encode(f"\0{login}\0{password}".encode()).decode()
    return ["AUTHENTICATE PLAIN", f"AUTHENTICATE {text}"]


def _parted(line: str) -> tuple[str, str, str]:
    if line.startswith("-- "):
        verb, _, rest = line[3:].partition(" ")
        return verb, "--", rest
    who, sign, text = re.split(r"\s*([<>]) ?", line, maxsplit=1)
    return who, sign, text


def shorten(line: str) -> str:
    """``line`` without the server's source, and with users' sources cut to their nick."""
    tags, space, rest = line.partition(" ") if line[0] == "@" else ("", "", line)
    rest = rest.removeprefix(":natterjack ")
    return tags + space + (_SOURCE.sub(r"\1", rest, count=1) if rest[0] == ":" else rest)


def fits(wanted: str, line: str) -> bool:
    """Whether ``line`` is ``wanted``, in which ``…`` stands for any text."""
    return re.fullmatch(".*".join(map(re.escape, wanted.split("…"))), line) is not None
