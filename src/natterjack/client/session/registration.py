"""Getting in: capabilities, name, password, and knowing when the greeting is over.

Theory of operation::

    start --CAP LS, PASS, NICK, USER--> ASKING --001--> GREETED --end of MOTD: JOINs, PING--> SETTLING --PONG--> READY

Capabilities are negotiated on the way: the server holds 001 back until ``CAP END``, and one that knows no capabilities
just goes on. Whoever is to be logged in is so before ``CAP END``, and thus before anybody sees him. The PING at the end
comes back after everything that the server does with a newcomer by itself (putting him into a channel, say), so *ready*
means that what follows answers requests.

Sources: https://ircv3.net/specs/extensions/capability-negotiation, https://modern.ircdocs.horse/#connection-registration
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from natterjack.client.events import (
    Event,
    LoginFailed,
    LoginTurned,
    NickTaken,
    NotWelcome,
    ServerNote,
    Welcomed,
)
from natterjack.client.secret import Credentials
from natterjack.client.session.config import WANTED, SessionConfig
from natterjack.client.session.login import Login, make_nonce
from natterjack.client.session.nicks import SHORT_NICK, alternatives
from natterjack.client.session.state import State
from natterjack.proto import numerics as n
from natterjack.wire.message import Message

#: The token of the PING that ends the greeting.
READY_TOKEN = "natterjack-ready"
#: Bytes of capability names in one CAP REQ, so that the line stays well within 512.
_REQUEST_BYTES = 400
#: The wanted name cannot be had: taken, not a name here, held back for a while, or the like.
_NICK_TROUBLE = frozenset(
    {n.ERR_NICKNAMEINUSE.code, n.ERR_ERRONEUSNICKNAME.code, n.ERR_NONICKNAMEGIVEN.code, "436", "437"}
)
#: Everybody who gets one of these before 001 is being turned away.
_TURNED_AWAY = frozenset({n.ERR_PASSWDMISMATCH.code, "463", "465", "466"})


class Phase(Enum):
    """See the module."""

    ASKING = "asking"
    GREETED = "greeted"
    SETTLING = "settling"
    READY = "ready"
    OVER = "over"


class Registration:
    """Reads lines until the session is ready. ``out`` collects what must be sent.

    ``offered`` has the server's capabilities with their values; ``login`` is None until we log in.
    """

    def __init__(
        self, config: SessionConfig, state: State, seed: int, out: list[Message], *, private: bool
    ) -> None:
        self.phase = Phase.ASKING
        self.offered: dict[str, str] = {}
        self.login: Login | None = None
        self._config = config
        self._state = state
        self._out = out
        self._others: Iterator[str] = alternatives(config.nick, seed)
        self._seed = seed
        self._private = private
        self._asked: set[str] = set()
        self._negotiating = True
        self._other = config.other_login  # until it is tried
        self._why: tuple[str, str] | None = None  # the last error, which explains an ERROR after it

    def start(self) -> None:
        """Send the opening lines."""
        config = self._config
        self._send("CAP", "LS", "302")
        if config.password:
            self._send("PASS", config.password)
        self._send("NICK", config.nick)
        self._send("USER", config.username or config.nick, "0", "*", config.realname or config.nick)

    def read(self, message: Message) -> Iterable[Event] | None:
        """The events of a line that belongs to registration; None for a line that is not ours to read."""
        command = message.command
        if command == "CAP":
            return self._cap(message.params)
        if self.login is not None and self.login.read(message):
            return self._after_login()
        if self.phase is not Phase.ASKING:
            return None
        if command == n.RPL_WELCOME.code:
            return self._welcome(message)
        if command in _NICK_TROUBLE:
            return self._next_nick(message)
        if command in _TURNED_AWAY:
            return self._turned_away(command, message.params[-1] if message.params else "")
        if command == "ERROR":
            return self._turned_away("ERROR", message.params[-1] if message.params else "")
        if command == "FAIL" and len(message.params) > 2:
            self._why = (message.params[1], message.params[-1])
            return ()
        if command == "NOTICE":
            return ()  # "Looking up your hostname" and the like
        if command in ("421", n.ERR_NOTREGISTERED.code):
            self._negotiating = False  # a server that has never heard of CAP
            return ()
        if command in ("WARN", "NOTE") and len(message.params) > 1:
            return (ServerNote(command, message.params[1], message.params[-1]),)
        return None

    def note_error(self, code: str, text: str) -> None:
        """Keep the reason for what may follow: the end of the connection."""
        self._why = (code, text)

    def gone(self) -> NotWelcome | None:
        """The connection has ended: what that means, where we weren't in yet."""
        if self.phase in (Phase.READY, Phase.OVER):
            return None
        self.phase = Phase.OVER
        code, text = self._why or ("closed", "The server closed the connection before letting us in.")
        return NotWelcome(code, text)

    def _send(self, command: str, *params: str) -> None:
        self._out.append(Message(command, params))

    def _welcome(self, message: Message) -> Iterable[Event]:
        self.phase = Phase.GREETED
        if message.params:
            self._state.nick = message.params[0]
        self._state.server = message.source
        events: list[Event] = [Welcomed(self._state.nick, message.source)]
        if self._config.login and self.login is None:  # this server has never heard of capabilities
            events += self._log_in(self._config.login)
        return events

    def _next_nick(self, message: Message) -> Iterable[Event]:
        refused = self._state.nick
        text = message.params[-1] if message.params else ""
        if self._config.nick_or_leave:
            self.phase = Phase.OVER
            why = f"The name {refused} cannot be had: {text}. Nothing is lost: try again with another."
            return (NotWelcome(message.command, why, about_name=True),)
        if message.command == n.ERR_ERRONEUSNICKNAME.code and len(refused) > SHORT_NICK:
            trying: str | None = refused[:SHORT_NICK]  # most probably too long for this server
        else:
            trying = next(self._others, None)
        if trying is None:
            return self._turned_away(message.command, f"{text} (and so for every other name that was tried)")
        self._state.nick = trying
        self._send("NICK", trying)
        return (NickTaken(refused, trying, text),)

    def _turned_away(self, code: str, text: str) -> Iterable[Event]:
        if code in _TURNED_AWAY:
            self._why = (code, text)
            return ()  # an ERROR follows, or the end of the connection
        if code == "ERROR" and self._why:
            code, text = self._why
        self.phase = Phase.OVER
        return (NotWelcome(code, text),)

    # -- logging in -----------------------------------------------------------------------------------------------

    def _log_in(self, credentials: Credentials, count: int = 0) -> list[Event]:
        """``count``: those that the session makes later begin at 1."""
        self.login = Login(credentials, make_nonce(self._seed, count), self._out)
        offered = self.offered.get("sasl") if "sasl" in self._state.caps else None
        self.login.begin(offered, private=self._private)
        return self._after_login()

    def _after_login(self) -> list[Event]:
        """Go on, if the login is over."""
        outcome = self.login.outcome if self.login else None
        if self.login is None or outcome is None:
            return []
        if outcome.code == n.ERR_SASLFAIL.code and self._other is not None:
            other, self._other = self._other, None
            return [LoginTurned(), *self._log_in(other, -1)]
        if outcome.impostor or (outcome.code and self._config.login_or_leave):
            self.phase = Phase.OVER
            return [NotWelcome(outcome.code, outcome.text)]
        self._end_if_answered()
        return [LoginFailed(self.login.account, outcome.code, outcome.text)] if outcome.code else []

    # -- capabilities ---------------------------------------------------------------------------------------------

    def _cap(self, params: tuple[str, ...]) -> list[Event]:
        if len(params) < 3:
            return []
        verb = params[1].upper()
        words = [word.partition("=") for word in params[-1].split(" ")]
        values = {name: value for name, _, value in words if name}
        names = set(values)
        if verb in ("LS", "NEW"):
            self.offered |= values
            if verb == "NEW" or params[2] != "*":  # "*" there: more lines follow
                return self._ask()
        elif verb == "ACK":
            return self._granted(names)
        elif verb == "NAK":
            self._asked -= names
            return self._end_if_answered()
        elif verb == "DEL":
            self._state.caps -= names
            for name in names:
                self.offered.pop(name, None)
        return []

    def _ask(self) -> list[Event]:
        wanted = [name for name in WANTED if name in self.offered and name not in self._state.caps]
        while wanted:
            group: list[str] = []
            while wanted and len(" ".join([*group, wanted[0]])) <= _REQUEST_BYTES:
                group.append(wanted.pop(0))
            self._asked |= set(group)
            self._send("CAP", "REQ", " ".join(group))
        return self._end_if_answered()

    def _granted(self, names: set[str]) -> list[Event]:
        for name in names:
            self._asked.discard(name.lstrip("-"))
            if name[0] == "-":
                self._state.caps.discard(name[1:])
            else:
                self._state.caps.add(name)
        return self._end_if_answered()

    def _end_if_answered(self) -> list[Event]:
        """All is asked for and answered: log in, and after that let the server go on."""
        if not self._negotiating or self._asked:
            return []
        if self._config.login and self.login is None:
            return self._log_in(self._config.login)
        if self.login is None or self.login.outcome is not None:
            self._negotiating = False
            self._send("CAP", "END")
        return []
