"""What a handler sees: the one session and command it works for, the world, and the ways to answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from natterjack.core.answering import NOBODY, Answering
from natterjack.core.batches import Batches
from natterjack.core.channel import Channel
from natterjack.core.cids import Cids
from natterjack.core.cloaks import cloak
from natterjack.core.conversations import Pairs
from natterjack.core.crowds import Crowds
from natterjack.core.delivery import Delivery, Gated, Line, Loss
from natterjack.core.exchanges import Exchanges
from natterjack.core.files.tickets import Tickets
from natterjack.core.greeting import Greeting
from natterjack.core.guard import Guard
from natterjack.core.lasting import Lasting
from natterjack.core.offer import Offer
from natterjack.core.policy import LABEL_BYTES, Policy
from natterjack.core.replies import fitted, kept, shown
from natterjack.core.rewritten import Rewritten
from natterjack.core.state import Groups, Session, User
from natterjack.core.world import World
from natterjack.ports.events import Now
from natterjack.ports.records import AuditRecord, LineRecord
from natterjack.proto import caps, isupport, modes
from natterjack.proto.numerics import (
    ERR_CHANOPRIVSNEEDED,
    ERR_NOSUCHCHANNEL,
    ERR_NOSUCHNICK,
    ERR_NOTONCHANNEL,
)
from natterjack.proto.scram import MECHANISM
from natterjack.proto.timestamps import format_time
from natterjack.wire.message import Message

if TYPE_CHECKING:
    from natterjack.core.leaving import Going
    from natterjack.core.rounds import Round

_LABELS = caps.LABELED_RESPONSE | caps.BATCH
_NO_MESSAGE = Message("")


class Context(Answering):
    """One for each core; aimed anew at each command by :meth:`begin`."""

    __slots__ = (
        "_last_id",
        "_mark",
        "_seed",
        "accounts",
        "arrivals",
        "audit",
        "batches",
        "certificates",
        "cids",
        "crowds",
        "draining",
        "entropy",
        "exchanges",
        "files",
        "greeting",
        "guard",
        "invites",
        "isupport",
        "leaving",
        "marks",
        "message",
        "metadata",
        "milliseconds",
        "missed",
        "msgids",
        "now",
        "offer",
        "pairs",
        "params",
        "rewritten",
        "sanctions",
        "started",
        "tickets",
        "time",
        "untold",
        "world",
    )

    def __init__(
        self,
        world: World,
        lasting: Lasting,
        policy: Policy,
        delivery: Delivery,
        seed: str,
        entropy: Callable[[int], bytes],
        started: Now,
    ) -> None:
        super().__init__(policy, delivery)
        self.world = world
        self.crowds = Crowds(policy.sites)
        self.guard = Guard(policy.logins, policy.sites)
        self.exchanges = Exchanges()
        self.batches = Batches()
        self.accounts = lasting.accounts
        self.certificates = lasting.certificates
        self.invites = lasting.invites
        self.audit = lasting.audit
        self.marks = lasting.marks
        self.files = lasting.files
        self.tickets = Tickets(entropy)
        self.metadata = lasting.metadata
        self.arrivals: list[Channel] | None = None  # see note_arrival
        #: Since when (ms) an account has missed what nobody of it was shown, by its folded name; see core/playback.py.
        self.missed: dict[str, int] = {}
        self.draining = ""  # why nobody new is let in
        self.leaving: dict[Session, Going] = {}  # those that end, and how; see core/leaving.py
        self.untold: deque[Round] = deque()  # see core/rounds.py
        self.cids = Cids()
        self.rewritten = Rewritten()
        self.pairs = Pairs()
        self.sanctions = lasting.sanctions
        self.at(started)
        self.started = started
        self.isupport = _isupport(policy)
        self.offer = Offer(policy)
        self.greeting = Greeting(policy, self.isupport, started.wall)
        self.entropy = entropy  # so many random bytes
        self._seed = seed
        self._last_id = self._mark = lasting.last_id
        self.msgids = lasting.msgids
        self.msgids.begin(self._last_id + 1, seed)
        self.message = _NO_MESSAGE
        self.params: tuple[str, ...] = ()

    def reconfigure(self, policy: Policy) -> None:
        """From now on ``policy`` is in force, here and with all that keep its limits."""
        self.policy = policy
        self.crowds.limits = policy.sites
        self.guard.limits = policy.logins
        self.guard.sites = policy.sites
        self.isupport = _isupport(policy)
        self.offer = Offer(policy)
        self.greeting = Greeting(policy, self.isupport, self.started.wall)

    # -- the life of one command

    def at(self, now: Now) -> None:
        """From now on everything happens at ``now``: a turn has begun."""
        self.now = now
        self.time = format_time(now.wall)  # as a server-time value
        self.milliseconds = int(now.wall * 1000)  # since 1970

    def begin(self, session: Session, message: Message) -> None:
        """From now on everything is about ``message`` from ``session``."""
        self.session = session
        self.user = self.world.users.get(session.uid, NOBODY)
        self.message = message
        self._mark = self._last_id
        self.params = message.params
        label = message.tags.get("label", "") if message.tags else ""
        if label and session.caps & _LABELS == _LABELS and len(label.encode()) <= LABEL_BYTES:
            self._label = label

    def stand_for(self, message: Message) -> None:
        """What the session has said in several lines is handled as ``message``."""
        self.message = message
        self.params = message.params

    @contextmanager
    def aimed_at(self, session: Session) -> Iterator[None]:
        """Answers inside go to ``session``; if it is another one, they have nothing to do with the label."""
        if session is self.session:
            yield
            return
        own = self.session, self.user
        suspended = self.suspend()
        self.session, self.user = session, self.world.users.get(session.uid, NOBODY)
        try:
            yield
        finally:
            self.session, self.user = own
            self.resume(suspended)

    def note_arrival(self, *channels: Channel) -> None:
        """By its present command the session has come into ``channels``, or back: it may be shown what was said there.

        ``arrivals`` are all of them; None: nothing of that kind.
        """
        self.arrivals = [*(self.arrivals or ()), *channels]

    def refresh_user(self) -> None:
        """The nick may have changed hands with this command (NICK, the end of registration): look it up again."""
        self.user = self.world.users.get(self.session.uid, NOBODY)

    def record(self, by: str, verb: str, about: str, owners: Collection[Gated] = ()) -> None:
        """Put into the audit log that ``by`` did ``verb``, and to what; ``owners`` wait until that is stored."""
        self.delivery.store(self.audit.add(AuditRecord(self.now.wall, by, verb, about)), owners)

    # -- lines to others

    @property
    def seed(self) -> str:
        """Letters and digits that set this run of the server apart from all others."""
        return self._seed

    @property
    def last_id(self) -> int:
        """The place of the latest line in the order of all."""
        return self._last_id

    @property
    def has_spoken(self) -> bool:
        """Whether any line was given its place since :meth:`begin`, or the handler has said that it acts."""
        return self._last_id != self._mark

    def act(self) -> None:
        """The handler has checked what it had to, and changes something now; it may say so again."""
        self._mark = -1

    def next_id(self) -> int:
        """The next place in the order of all lines."""
        self._last_id += 1
        return self._last_id

    def line(self, body: str, user: User | None = None) -> Line:
        """An event by ``user`` (the session's own where none is named), now, with a message id."""
        user = user or self.user
        return self.stamp(fitted(body), user.account, "bot" if "B" in user.modes else "")

    def stamp(self, body: str, account: str = "", extra: str = "", kind: type[Line] = Line) -> Line:
        """``body`` as a line of now, with the next place in the order and its message id."""
        self._last_id = place = self._last_id + 1
        return kind(body, self.time, place, f"{self._seed}{place:x}", account, extra)

    def keep(self, line: Line, channels: Iterable[Channel], owners: Collection[Gated]) -> None:
        """``line``, an event, becomes part of the history of ``channels``, and waits for that if it is stored."""
        if self.policy.history:
            conversations = tuple(channel.conversation for channel in channels)
            if conversations:
                self.remember(line, conversations, owners, message=False)

    def remember(
        self, line: Line, conversations: tuple[int, ...], owners: Collection[Gated], message: bool
    ) -> None:
        """``line`` becomes part of the history of ``conversations``; ``message``: it is a PRIVMSG or NOTICE."""
        tags = kept(line.extra) if line.extra else ""
        time = self.milliseconds
        record = LineRecord(line.id, conversations, time, message, line.body, line.account, tags)
        self.delivery.keep(record, owners)

    def server_line(self, body: str) -> Line:
        """An event by the server itself, now, with a message id; ``body`` is without a source."""
        return self.stamp(fitted(f":{self.policy.name} {body}"))

    def relay(
        self,
        groups: Groups,
        line: Line,
        owners: Collection[Gated],
        self_included: bool,
        loss: Loss | None = None,
    ) -> None:
        """Show ``line`` to ``groups``. If the session is among them (``self_included``), it gets it as an answer."""
        if self_included and self._label:
            self.delivery.relay(groups, line, owners, self.session, loss=loss)
            if loss is None:
                self.answer(line.tags(self.session.kind), line.body)
            else:
                self.echo(line)
        else:
            self.delivery.relay(groups, line, owners, loss=loss)

    def arrive(self, settled: Groups, newcomers: Groups, line: Line, owners: Collection[Gated]) -> None:
        """Show ``line``, by which the user comes to those in ``settled``; the session, one of ``newcomers``, too."""
        if not self._label:
            self.delivery.arrive(settled, newcomers, line, owners)
            return
        self.delivery.arrive(settled, newcomers, line, owners, self.session)
        for tags, body in line.parts(self.session.kind):
            self.answer(tags, body)

    # -- looking up, with the error that belongs to not finding it

    @property
    def secure(self) -> bool:
        """Whether what the session says can't be read on its way: TLS, or this very machine."""
        return self.session.home or self.session.via in ("tls", "wss")

    def cloak(self, ip: str) -> str:
        """What others see of ``ip``."""
        return cloak(self.accounts.secret, ip)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms that the session may log in with: PLAIN says the password, EXTERNAL is a certificate."""
        external = ("EXTERNAL",) if self.session.certfp else ()
        return (*external, "PLAIN", MECHANISM) if self.secure else (*external, MECHANISM)

    def find_user(self, nick: str) -> User | None:
        """The user with ``nick``, or None after a 401."""
        user = self.world.find(nick)
        if user is None:
            self.reply(ERR_NOSUCHNICK, shown(nick))
        return user

    def find_channel(self, name: str) -> Channel | None:
        """The channel ``name`` if the user may know of it, or None after a 403."""
        channel = self.peek_channel(name)
        if channel is None:
            self.reply(ERR_NOSUCHCHANNEL, shown(name))
        return channel

    def peek_channel(self, name: str) -> Channel | None:
        """The channel ``name`` if the user may know of it. A secret one is as absent for whoever is not in it."""
        channel = self.world.channel(name)
        return channel if channel is not None and self.world.visible(channel, self.user) else None

    def own_channel(self, name: str) -> Channel | None:
        """The channel ``name``, which the user is in, or None after a 403 or 442."""
        channel = self.find_channel(name)
        if channel is not None and self.user.uid not in channel.members:
            self.reply(ERR_NOTONCHANNEL, channel.name)
            return None
        return channel

    def needs_rank(self, channel: Channel, rank: int) -> bool:
        """Whether the user lacks ``rank`` in ``channel``; if so a 482 was sent."""
        if channel.members.get(self.user.uid, 0) >= rank:
            return False
        self.reply(ERR_CHANOPRIVSNEEDED, channel.name, rank="owner" if rank == modes.OWNER else "operator")
        return True


def _isupport(policy: Policy) -> list[str]:
    files = policy.files
    most = files.most if policy.takes_files else 0
    filehost = files.url if files.links else ""
    return isupport.tokens(policy.network, policy.limits, policy.history, most, filehost, policy.icon)
