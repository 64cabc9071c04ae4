"""A client for programs that just want to chat: connect, loop over messages, answer.

::

    from natterjack.client import Client

    with Client("127.0.0.1", 7667, nick="bot") as chat:
        for message in chat:
            if message.text == "!ping":
                chat.send(message.reply_to, "pong")

Every call waits for its answer and raises one of :mod:`natterjack.client.errors` where it is no. What comes in while a
call waits is kept for the loop.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct

from natterjack.client import errors, requests
from natterjack.client import events as e
from natterjack.client.address import DEFAULT_HOST, Address, Security
from natterjack.client.driver import Driver
from natterjack.client.mailbox import Mailbox
from natterjack.client.model import Model
from natterjack.client.places import client_directory
from natterjack.client.secret import Credentials, Secret
from natterjack.client.session import SessionConfig
from natterjack.client.trust import Trust
from natterjack.proto.joinlink import DEFAULT_PORT, parse_pin

_ENDS = (e.Acked, e.Done, e.Refused, e.Unanswered)


class Message(Struct, frozen=True):
    """What somebody else said. ``reply_to`` is where an answer goes: the channel, or whoever wrote to us alone.

    ``sender`` is a nick, ``target`` the channel or our own nick. ``time`` is in seconds since 1970, by the server's
    clock where it tells. ``msgid`` is ``""`` on servers without; ``account`` is ``""`` for a guest, and on servers
    that do not say.
    """

    sender: str
    target: str
    text: str
    reply_to: str
    msgid: str
    time: float
    account: str
    kind: e.Kind


class Client:
    """One connection, from :meth:`connect` to :meth:`close`, for one thread.

    ``timeout`` is in seconds, for connecting and for each answer.

    ``nick`` is the one to ask for: if somebody has it, one like it is taken. ``channels`` are joined on coming in,
    beside those that the server puts everybody into. ``invite`` is sent as server password (PASS).

    ``pin`` is the server's key (``SHA256:...``), as its owner shows it; it is kept under ``data_dir`` (None: the user's
    own directory), so that it need not be given again. Without one, an authority has to vouch for servers on other
    machines. Raises :class:`ValueError` for one that is none.

    With ``account`` and ``password`` it logs in, and does not come in where that fails (``NotLetIn``).
    :attr:`model` has the channels, who is in them, and what was said.
    """

    def __init__(
        self,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        *,
        nick: str = "bot",
        channels: tuple[str, ...] = (),
        invite: str = "",
        pin: str = "",
        security: Security = Security.USUAL,
        data_dir: Path | None = None,
        account: str = "",
        password: str = "",
        timeout: float = 30.0,
    ) -> None:
        self.model = Model()
        self._address = Address(host, port, pin=parse_pin(pin) if pin else "", security=security)
        self._trust = Trust(client_directory(data_dir))
        self._config = SessionConfig(
            nick,
            realname=nick,
            password=invite,
            channels=channels,
            login=Credentials(account, Secret(password)) if account else None,
            login_or_leave=True,
        )
        self._timeout = timeout
        self._mailbox: Mailbox[list[e.Event]] = Mailbox()
        self._driver: Driver | None = None
        self._arrived: deque[e.Event] = deque()  # off the mailbox, not yet looked at
        self._kept: deque[e.Event] = deque()  # looked at while a call waited for something else
        self._refs = 0
        self._over: errors.ClientError | None = None

    @property
    def nick(self) -> str:
        """Ours at present."""
        return self.model.nick

    # -- coming and going ------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Connect, and wait until we are in. Raises ``ConnectError``, ``NotLetIn`` or ``ConnectionLost``.

        After any of these this client is closed: whoever tries again makes another.
        """
        self._driver = Driver(self._mailbox.put, trust=self._trust)
        try:
            self._driver.connect(self._address, self._config)
            self._come_in(time.monotonic() + self._timeout)
        except BaseException:  # Ctrl+C as well: nobody else could end the driver's thread
            self.close()
            raise

    def close(self, reason: str = "") -> None:
        """Say goodbye and end, after a few seconds if no answer comes. Does nothing the second time."""
        driver, self._driver = self._driver, None
        if driver is None:
            return
        driver.disconnect(reason)
        deadline = time.monotonic() + 5.0
        while self.model.online and self._over is None and self._next(deadline):
            pass
        self._mailbox.close()
        driver.close()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- talking ---------------------------------------------------------------------------------------------------

    def send(self, target: str, text: str, kind: e.Kind = e.Kind.MESSAGE) -> str:
        """Say ``text`` to a channel or nick, and wait until the server has it. Raises as :meth:`request`.

        Answers with the message id, ``""`` on servers without. A text too long for one message goes as several, and the
        id is that of the last.
        """
        ends = [
            event for event in self.request(requests.Say(0, target, text, kind)) if isinstance(event, e.Acked)
        ]
        return ends[-1].msgid

    def join(self, channel: str, key: str = "") -> None:
        """Come into ``channel``. Raises as :meth:`request`."""
        self.request(requests.Join(0, channel, key))

    def part(self, channel: str, reason: str = "") -> None:
        """Leave ``channel``. Raises as :meth:`request`."""
        self.request(requests.Part(0, channel, reason))

    def request(self, request: requests.Request) -> list[e.Event]:
        """Ask for anything of :mod:`natterjack.client.requests`, whose ``ref`` is given here.

        Answers with the events (:mod:`natterjack.client.events`) that carry that number: what was asked for, and last
        an ``Acked`` or ``Done``. Raises ``RequestRefused``, ``NoAnswer`` (it is unknown whether it was done), or
        ``ConnectionLost``.
        """
        if self._driver is None:
            raise errors.NoAnswer(
                "Not connected: call connect() first, or use the client in a with statement."
            )
        self._refs += 1
        ref = self._refs
        self._driver.send(_numbered(request, ref))
        deadline = time.monotonic() + self._timeout
        answer: list[e.Event] = []
        while event := self._next(deadline):
            if getattr(event, "ref", 0) != ref:
                self._kept.append(event)
                continue
            answer.append(event)
            if isinstance(event, _ENDS) and getattr(event, "left", 0) == 0:
                return _checked(answer)
        raise self._over or errors.NoAnswer(f"No answer came in {self._timeout:g} s.")

    # -- listening -------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Message]:
        """Others' messages, as they come, until we close. Raises ``ConnectionLost`` when the server goes away.

        Notices are left out: no program may answer them. They are among :meth:`events`.
        """
        for event in self.events():
            if not isinstance(event, e.MessageReceived) or event.own or event.history:
                continue
            if event.kind is e.Kind.NOTICE:
                continue
            yield Message(
                sender=event.sender.nick,
                target=event.target,
                text=event.text,
                reply_to=event.sender.nick if self.model.is_me(event.target) else event.target,
                msgid=event.msgid,
                time=event.time,
                account=event.account,
                kind=event.kind,
            )

    def events(self, seconds: float | None = None) -> Iterator[e.Event]:
        """Everything that happens, as it comes; ends after ``seconds`` of silence, if they are given, or when we close.

        What came while a call waited comes first. Raises ``ConnectionLost`` when the server goes away.
        """
        while self._driver is not None or self._kept:
            if self._kept:
                yield self._kept.popleft()
                continue
            event = self._next(None if seconds is None else time.monotonic() + seconds)
            if event is None:
                if self._over is not None:
                    raise self._over
                return
            yield event

    # -- inside ----------------------------------------------------------------------------------------------------

    def _come_in(self, deadline: float) -> None:
        while not self.model.online:
            event = self._next(deadline)
            if event is None:
                raise self._over or errors.ConnectTimedOut(str(self._address), self._timeout)
            self._kept.append(event)

    def _next(self, deadline: float | None) -> e.Event | None:
        """The next event, which the model has taken in; None when ``deadline`` has passed or the connection is over."""
        if not self._arrived:
            if self._over is not None:
                return None
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            self._arrived.extend(self._mailbox.get(left) or ())
            if not self._arrived:
                return None
        event = self._arrived.popleft()
        self.model.apply(event)
        if isinstance(event, e.ConnectFailed):
            raise event.error
        if isinstance(event, e.DriverFailed):
            raise event.error
        if isinstance(event, e.Disconnected):
            self._over = event.error or errors.ConnectionLost("The connection is closed.")
            if isinstance(event.error, errors.NotLetIn):
                raise event.error
        return event


def _numbered(request: requests.Request, ref: int) -> requests.Request:
    return type(request)(
        **{name: getattr(request, name) for name in request.__struct_fields__} | {"ref": ref}
    )


def _checked(answer: list[e.Event]) -> list[e.Event]:
    for event in answer:
        if isinstance(event, e.Refused):
            raise errors.RequestRefused(event.code, event.text)
        if isinstance(event, e.Unanswered):
            raise errors.NoAnswer(event.text)
    return answer
