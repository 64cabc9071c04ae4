"""The connection as the chat sees it: when it is made, what its end means, and how we come back by ourselves.

Theory of operation::

    OFFLINE --connect--> CONNECTING --ready--> ONLINE --QUIT, DISCONNECT--> LEAVING --> OFFLINE
                          ^      |               |
                          |      +---failed------+---lost---> AWAY (the next attempt is due)
                          +------------------------------------+

A server that has let us in is tried again after it was lost, and one that did so in an earlier run where the command
line names it; in both cases what is typed meanwhile waits in the outbox. What will be the same the next time ends that:
not being let in, another key than ours. A program that is fed from a pipe comes back as long as there is something to
do, and gives up after two minutes without a connection.

We come back as who we were, into the channels in which we were. If our nick is taken, by our own old connection more
often than not, we have a similar one until it is free.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final

from msgspec import structs

from natterjack.client import events as e
from natterjack.client.address import Address, Security
from natterjack.client.chatting.arrivals import Accounts, Arrivals
from natterjack.client.chatting.faces import Connection, View
from natterjack.client.chatting.options import Options
from natterjack.client.chatting.questions import ask_name, ask_trust
from natterjack.client.errors import (
    AccountsUnusable,
    ClientError,
    ConnectError,
    ConnectionLost,
    NotLetIn,
    NotTrusted,
    UnknownKey,
)
from natterjack.client.former_names import FormerNames
from natterjack.client.requests import ChangeNick, Recall
from natterjack.client.secret import Credentials
from natterjack.client.session.backoff import STEADY, backoff
from natterjack.client.session.config import SessionConfig
from natterjack.exits import FAILED, NOT_LET_IN, UNREACHABLE
from natterjack.proto.casemap import fold

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat

#: Seconds without a connection after which a program that is fed from a pipe gives up.
PATIENCE: Final = 120.0
#: The number of our own NICK, with which we take our name back.
RETAKE: Final = -2


def not_now(name: str) -> str:
    """Why the command ``name`` was not carried out while there is no connection."""
    return f"There is no connection now: {name} was not carried out."


class Phase(Enum):
    """See the module."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    ONLINE = "online"
    LEAVING = "leaving"
    AWAY = "away"


class Link:
    """See the module. ``clock`` tells seconds that never jump, ``chance`` a number between 0 and 1."""

    def __init__(
        self,
        chat: Chat,
        connection: Connection,
        view: View,
        options: Options,
        accounts: Accounts,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self.phase = Phase.OFFLINE
        self.arrivals = Arrivals(options, accounts)
        self.last_address = options.address or Address()  # where CONNECT alone goes
        self._trying = self.last_address
        self._chat = chat
        self._connection = connection
        self._view = view
        self._options = options
        self._clock = clock
        self._chance = chance
        self._known = False  # the server that is tried has let us in before
        self._attempt = 0
        self._since: float | None = None  # since when we are in, or out
        self._channels: tuple[str, ...] = ()  # those in which we were
        self._keys: dict[str, str] = {}  # what lets us into some of them, by folded names
        self._former = FormerNames()  # of channels that we were in
        self._wanted = ""  # the nick that we want back
        self._recalled = self._tried = False  # something is shown of earlier; a server was named
        self._was_out = False  # that we are out was told before somebody asked for it

    @property
    def returning(self) -> bool:
        """Whether we are out, and on our way back: what is typed waits in the outbox."""
        return self._known and self.phase in (Phase.AWAY, Phase.CONNECTING)

    @property
    def trying(self) -> Address:
        """The server that we are connected to, or tried last."""
        return self._trying

    # -- going -----------------------------------------------------------------------------------------------------

    def connect(self, address: Address) -> None:
        """Connect there now, leaving where we are."""
        if address.name != self._trying.name:
            self._forget()
        self._trying, self._tried = address, True
        address = self._meant(address)
        moved = self.arrivals.has_moved(address)
        try:
            way = self.arrivals.way(address)
        except ConnectError as error:
            if self.phase is not Phase.OFFLINE:
                self._connection.disconnect()  # where we were: nothing that follows is meant for it
            self._known = False
            self._chat.take_in(e.ConnectFailed(str(address), error))
            return
        if way is None:
            suggestion = self._options.nick.removeprefix("guest-")
            self._chat.put(ask_name(self._chat, address, "What shall the others call you?", suggestion))
            return
        if moved:
            text = f"Your password for {moved} stays with the server that took it."
            self._chat.info(f"{text} To log in here: LOGIN account password")
        returning = self.returning
        self.phase = Phase.CONNECTING
        self._connection.connect(way.address, self._as_before(way.config) if returning else way.config)

    @property
    def why_no_login(self) -> str:
        """What stands against a LOGIN now that has a password, as far as the connection goes; ``""``: nothing."""
        if self.phase in (Phase.ONLINE, Phase.CONNECTING, Phase.LEAVING):
            return ""
        if self.returning:
            return not_now("LOGIN")
        may = self._options.interactive and self._tried
        return "" if may else "LOGIN needs a server. Type: CONNECT"

    def log_in(self, login: Credentials) -> None:
        """Come in with ``login`` where we were not let in, or could not get to: :attr:`why_no_login` is ``""``."""
        self.arrivals.offer(self._meant(self._trying), login)
        self.connect(self._trying)

    def disconnect(self, reason: str) -> None:
        self._was_out = self.returning
        self.phase = Phase.LEAVING
        self._connection.disconnect(reason)

    def _meant(self, address: Address) -> Address:
        """``address`` with what the command line says about all of them."""
        pin = address.pin or self._options.pin
        security = Security.PLAIN if self._options.plaintext and not pin else address.security
        return Address(address.host, address.port, address.invite, pin, security)

    def _forget(self) -> None:
        self._known, self._channels, self._wanted, self._attempt, self._since = False, (), "", 0, None
        self._keys, self._former, self._recalled = {}, FormerNames(), False

    # -- coming back -----------------------------------------------------------------------------------------------

    def _as_before(self, config: SessionConfig) -> SessionConfig:
        """``config`` with our nick and channels of last time."""
        named = map(self.present_name, config.channels)
        channels = tuple(dict.fromkeys([*named, *self._channels]))
        nick = self._wanted or config.nick
        return structs.replace(config, nick=nick, channels=channels, keys=self._keys, nick_or_leave=False)

    def _comes_back(self, error: ClientError) -> bool:
        """Whether we try to come back after ``error``."""
        ending = self._chat.ending
        if not self._known or ending.quitting or self.phase is Phase.LEAVING or not _may_pass(error):
            return False
        if self._options.interactive:
            return True
        return ending.has_work and self._clock() - (self._since or 0.0) < PATIENCE

    def _come_back(self, why: str) -> None:
        """The next attempt, when it is due."""
        address = self._meant(self._trying)
        try:
            way = self.arrivals.way(address)
        except ConnectError as error:
            self._known = False
            self._chat.take_in(e.ConnectFailed(str(address), error))
            return
        assert way is not None, "we were in: there is nothing to ask"
        seconds = backoff(self._attempt, self._chance())
        self._attempt += 1
        self.phase = Phase.AWAY
        self._connection.connect(way.address, self._as_before(way.config), seconds)
        self._view.event(e.Reconnecting(str(address), seconds, why), self._chat.model)

    # -- what happens ----------------------------------------------------------------------------------------------

    def before(self, event: e.Event) -> None:
        """``event`` is about to be taken in by the model: what it knows now, and not after that."""
        model = self._chat.model
        if isinstance(event, e.Ready) and not (self._wanted or (self._recalled and self._since is None)):
            self._chat.here.settle()
        if isinstance(event, e.Disconnected) and model.online:
            self._chat.services.lost()
            self._channels = tuple(channel.name for channel in model.channels)
            self._keys = {fold(channel.name): channel.key for channel in model.channels if channel.key}
            self._wanted = self._wanted or model.nick

    def shown(self, event: e.Event) -> e.Event | None:
        """``event`` as people should be told of it; None for what is told by others, or is nobody's business."""
        if isinstance(event, e.Refused | e.Unanswered | e.Done) and event.ref == RETAKE:
            return None
        if isinstance(event, e.Unanswered) and not event.ref and event.command == "JOIN":
            return None  # nobody typed it, and it is made again with the next connection
        if isinstance(event, e.ConnectFailed) and self._comes_back(event.error):
            return None  # that we try again says it
        if isinstance(event, e.Disconnected) and event.error is None and self._was_out:
            self._was_out = False
            return None
        if isinstance(event, e.Disconnected) and event.error is not None and self._comes_back(event.error):
            event = structs.replace(event, again=True)
        return self.arrivals.shown(event)

    def ready(self) -> bool:
        """We are in; whether we come back."""
        returning = bool(self._wanted)
        self.phase, self.last_address = Phase.ONLINE, self._trying
        self._known, self._since = True, self._clock()
        if fold(self._chat.model.nick) == fold(self._wanted):
            self._wanted = ""
        return returning

    def connecting(self, event: e.Connecting) -> None:
        named = self._options.interactive and self._trying is self._options.address
        self._known = self._known or (event.known and named)
        if not self._chat.ending.quitting:
            self.phase = Phase.CONNECTING

    def connect_failed(self, event: e.ConnectFailed) -> None:
        ending = self._chat.ending
        comes_back = self._comes_back(event.error)
        self.phase = Phase.OFFLINE
        self.arrivals.unreached()
        ending.fail(exit_code(event.error))
        if comes_back:
            if not self._recalled and not self._chat.model.current:
                self._connection.send(Recall())
            self._recalled = True
            self._come_back(event.error.text)
            return
        interactive = self._options.interactive and not ending.quitting
        if isinstance(event.error, UnknownKey) and interactive:
            where = self._trying
            stranger = Address(where.host, where.port, where.invite, event.error.pin)
            self._chat.put(ask_trust(self._chat, stranger))
        ending.given_up(waited=self._known)
        if not interactive:
            ending.finish()

    def disconnected(self, event: e.Disconnected) -> None:
        was, ending = self.phase, self._chat.ending
        if event.error is None:
            self._channels, self._wanted = (), ""
            if was is Phase.CONNECTING:
                return  # left in order to go elsewhere
        now = self._clock()
        if was is Phase.ONLINE:
            self._attempt = 0 if now - (self._since or 0.0) >= STEADY else self._attempt
            self._since = now
        comes_back = event.error is not None and self._comes_back(event.error)
        self.phase = Phase.OFFLINE
        if event.error is not None:
            ending.fail(exit_code(event.error))
            if comes_back:
                self._come_back("" if was is Phase.ONLINE else event.error.text)
                return
            self._ask_another_name(event.error)
        ending.given_up(waited=event.error is not None and self._known)
        if ending.quitting or (was is Phase.CONNECTING and not self._options.interactive):
            ending.finish()
        elif event.error is None:
            self._chat.info("Left. Type CONNECT to connect again." if self._options.interactive else "Left.")

    def _ask_another_name(self, error: ClientError) -> None:
        """If another name may help where we were not let in, ask for it."""
        address = self.arrivals.turned_away(error)
        if address is not None and self._options.interactive and not self._chat.ending.quitting:
            self._chat.put(ask_name(self._chat, address, "Which other name?", again=True))

    def present_name(self, channel: str) -> str:
        """What ``channel`` is called now, as far as we were told that it has another name."""
        return self._former.present(channel)

    def channel_renamed(self, event: e.ChannelRenamed) -> None:
        """What the command line calls ``old`` is ``new`` when we come back."""
        self._former.rename(event.old, event.new)

    def name_kept(self, event: e.NickKept) -> None:
        """The account's name is somebody else's now."""
        self._wanted = event.wanted

    def name_is_free(self, event: e.QuitSeen | e.NickChanged) -> None:
        """Somebody gave a name up: if it is the one that we want back, take it. Our own choice ends that."""
        if isinstance(event, e.NickChanged) and event.own:
            self._wanted = ""
            return
        freed = event.old if isinstance(event, e.NickChanged) else event.who.nick
        if self._wanted and fold(freed) == fold(self._wanted) and self.phase is Phase.ONLINE:
            self._connection.send(ChangeNick(RETAKE, self._wanted))


def exit_code(error: ClientError) -> int:
    """What the program ends with after ``error``."""
    if isinstance(error, NotLetIn | NotTrusted):
        return NOT_LET_IN
    return FAILED if isinstance(error, AccountsUnusable) else UNREACHABLE


def _may_pass(error: ClientError) -> bool:
    """Whether it may be otherwise the next time. A server that stops, or is full, only says ERROR."""
    if isinstance(error, NotLetIn):
        return error.reason == "ERROR"
    if isinstance(error, NotTrusted | AccountsUnusable):
        return False
    return isinstance(error, ConnectionLost | ConnectError)
