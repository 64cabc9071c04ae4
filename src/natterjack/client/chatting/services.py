"""What is said to a service, NickServ above all: it may be a password, and it may be the one with which we come back.

Theory of operation. It goes neither into the outbox nor among the messages that are kept, and is not shown. Who logs in
that way, or makes an account, is logged in once it is answered. That a password was changed is told by the service's
words alone (:mod:`natterjack.proto.services`). Where the connection is lost before they come, it may be either: we come
back with the one that the server takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.chatting.parse import Mistyped
from natterjack.client.secret import Credentials, Secret
from natterjack.proto.casemap import fold
from natterjack.proto.names import SERVICES
from natterjack.proto.services import NEW_PASSWORD, NICKSERV, UNSTORED
from natterjack.wire.message import Message, WireError, parse

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat

#: What NickServ's name is as a command.
_NICKSERV: Final = frozenset({NICKSERV.upper(), "NS"})


class Services:
    """See the module."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._line = 0  # the line that asks for another password
        self._new = Secret()  # and that one, until it is answered
        self._account = ""  # whose it is to be

    def tell(self, service: str, text: str) -> None:
        """Say ``text`` to ``service``."""
        if "\n" in text:
            raise Mistyped(f"{service} takes one line at a time: nothing was sent.")
        if not self._chat.online:
            raise Mistyped(
                f"There is no connection now: what you say to {service} was not sent.", "not_connected"
            )
        # Wherever there are services, their names are commands too; a PRIVMSG of ours would be told as a message.
        self._ask(r.Raw(self._chat.line, f"{service.upper()} :{text}"), service.upper(), text.split())

    def send(self, line: str) -> None:
        """Send ``line``, one of the protocol, which may be said to a service."""
        try:
            message = parse(line.encode())
        except WireError:
            message = Message("")  # which is told when it is sent
        target, text = message.params[0] if message.params else "", " ".join(message.params[1:])
        service = target.partition("@")[0]
        if message.command in ("PRIVMSG", "NOTICE") and fold(service) in SERVICES:
            self.tell(service, text)
        else:
            words = " ".join(message.params).split()
            self._ask(r.Raw(self._chat.line, line), message.command, words)

    def use_console(self, line: str) -> None:
        """Use the server's console, by which operators change passwords."""
        verb, account, *rest = [*line.split(), "", ""]
        if verb.lower() == "passwd" and fold(account) == fold(self._chat.model.account):
            self._change([account, *filter(None, rest)])
        self._chat.ask(r.Console(self._chat.line, line), self._answered)

    def heard(self, event: e.MessageReceived | e.ServerNote) -> None:
        """It may be the word that an account has another password."""
        if not self._new:
            return
        if isinstance(event, e.ServerNote):
            from_it = event.ref == self._line
        else:
            from_it = event.kind is e.Kind.NOTICE and fold(event.sender.nick) == fold(NICKSERV)
        if from_it and (NEW_PASSWORD in event.text or event.text == UNSTORED):
            self._chat.renew_login(self._new)
            self._answered()

    def lost(self) -> None:
        """The connection is."""
        if self._new:
            link = self._chat.link
            link.arrivals.doubt(link.last_address, Credentials(self._account, self._new))
            self._answered()

    def _ask(self, request: r.Raw, command: str, words: Sequence[str]) -> None:
        """``words`` are said to the service whose ``command`` that is, if it is one's."""
        chat, account = self._chat, self._chat.model.account
        verb, rest = (words[0].upper(), words[1:]) if words else ("", ())
        if command not in _NICKSERV:
            chat.ask(request)
        elif verb == "PASSWD" and account:
            self._change(rest)
            chat.ask(request, self._answered)
        elif verb in ("IDENTIFY", "LOGIN", "REGISTER") and rest and not account:
            password = rest[0] if verb == "REGISTER" else " ".join(rest[1:] or rest)
            chat.ask(request, lambda: self._logged_in(Secret(password)))
        else:
            chat.ask(request)

    def _change(self, words: Sequence[str]) -> None:
        """The last of the two ``words`` is to be the password: one with a blank in it, no service takes."""
        self._account = self._chat.model.account
        self._line, self._new = self._chat.line, Secret(words[1] if len(words) == 2 else "")

    def _answered(self) -> None:
        self._new = Secret()

    def _logged_in(self, password: Secret) -> None:
        if self._chat.model.account:
            self._chat.remember_login(self._chat.model.account, password)
