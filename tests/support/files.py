"""Files in a chat in memory: what the shell asks of the core, with short words for it."""

from __future__ import annotations

import hashlib
import itertools
from typing import Any

from natterjack.ports.events import Now
from natterjack.ports.files import (
    Basic,
    Bearer,
    Begin,
    Credential,
    Denied,
    Erase,
    Fetch,
    FileAnswer,
    FileAsked,
    Finish,
    Finished,
    Granted,
    Identify,
)
from natterjack.ports.records import Snapshot
from tests.support.chat import Chat, make_account

ACCOUNTS = tuple(make_account(name, operator=name == "root") for name in ("alice", "bob", "carol", "root"))
CAPS = "message-tags batch labeled-response echo-message draft/message-redaction"
URL = "https://chat.example.org:7667/files/"


def sha(content: str) -> str:
    """The hash of ``content``."""
    return hashlib.sha256(content.encode()).hexdigest()


def number(letter: str) -> str:
    """An id of an upload."""
    return letter * 22


def denied(answer: Any) -> tuple[int, str]:
    """The status, and why."""
    assert isinstance(answer, Denied), answer
    return answer.status, answer.why


class FileChat(Chat):
    """A chat in which files can be sent; those with accounts are logged in as such."""

    def __init__(self, *nicks: str, caps: str = CAPS, **settings: Any) -> None:
        self._requests = itertools.count(1)
        usual: dict[str, Any] = {
            "store": True,
            "durable": True,
            "instant": True,
            "history": True,
            "snapshot": Snapshot(b"s" * 32, ACCOUNTS),
        }
        super().__init__(**{**usual, **settings})
        for nick in nicks:
            self.enter(nick, caps, login=nick if nick in ("alice", "bob", "carol", "root") else "")
        self.quiet()

    def token(self, name: str) -> Bearer:
        """A token of that session."""
        lines = self.peers[name].send("FILE TOKEN")
        found = next(line for line in lines if line.startswith("FILE TOKEN "))
        return Bearer(found.split(" ")[2])

    def credential(self, who: str | Credential) -> Credential:
        """A new token of a session, or what was given; ``alice!`` is alice's password."""
        if not isinstance(who, str):
            return who
        return Basic(who[:-1], f"{who[:-1]}-password") if who[-1] == "!" else self.token(who)

    def request(self, who: str | Credential, ask: Any, ip: str = "127.0.0.1") -> int:
        """Ask; the number of the request."""
        request = next(self._requests)
        self.handle(FileAsked(request, ip, ip == "127.0.0.1", self.credential(who), ask))
        return request

    def ask(self, who: str | Credential, ask: Any, ip: str = "127.0.0.1") -> FileAnswer:
        """Ask, and have the answer, which must be there at once."""
        return self.file_answers[self.request(who, ask, ip)]

    def begin(self, who: str | Credential, target: str = "", size: int = 5) -> FileAnswer:
        """May that be uploaded?"""
        return self.ask(who, Begin(target, size))

    def whole(self, letter: str, who: str | Credential, target: str = "", **members: Any) -> Finish:
        """What is asked when an upload is whole; its id is made of ``letter``, as is its content."""
        granted = self.ask(who, Identify())
        assert isinstance(granted, Granted), granted
        usual: dict[str, Any] = {
            "owner": granted.owner,
            "payer": granted.payer,
            "name": f"{letter}.jpg",
            "type": "image/jpeg",
            "size": 5,
            "sha256": sha(letter),
        }
        return Finish(id=number(letter), target=target, **{**usual, **members})

    def send(self, letter: str, who: str | Credential, target: str = "", **members: Any) -> FileAnswer:
        """Upload a file, and have the answer."""
        return self.ask(who, self.whole(letter, who, target, **members))

    def sent(self, letter: str, who: str | Credential, target: str = "", **members: Any) -> Finished:
        """The same where it has to be done; nobody's lines are looked at."""
        answer = self.send(letter, who, target, **members)
        assert isinstance(answer, Finished), answer
        for peer in self.peers.values():
            peer.take()
        return answer

    def fetch(self, who: str | Credential, letter: str) -> str:
        """What whoever asks gets: the name, or the status."""
        answer: Any = self.ask(who, Fetch(number(letter)))
        return str(getattr(answer, "name", None) or answer.status)

    def erase(self, who: str | Credential, letter: str) -> FileAnswer:
        """Have it deleted."""
        return self.ask(who, Erase(number(letter)))

    def jump(self, seconds: float) -> None:
        """So much later."""
        self.now = Now(self.now.mono + seconds, self.now.wall + seconds)
        self.wait(2)
