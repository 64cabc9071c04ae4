"""Two clients and a real server: what one says in several lines reaches the other, and whoever comes later, as one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.address import Address
from natterjack.client.driver import Driver
from natterjack.client.keeper import Keeper
from natterjack.client.mailbox import Mailbox
from natterjack.client.model import Model
from natterjack.client.model.items import Message
from natterjack.client.secret import Secret
from natterjack.client.session import SessionConfig
from tests.support.process import PATIENCE, Irc, serving

TEXT = "def leap():\n    return 'far'\n\ngo()"


class Member:
    """A front end that shows what it is told, in a model."""

    def __init__(self, directory: Path, port: int, nick: str) -> None:
        self.model = Model()
        self.events: list[e.Event] = []
        self._mailbox: Mailbox[list[e.Event]] = Mailbox()
        self.driver = Driver(self._mailbox.put, patience=1.0, keeper=Keeper(directory))
        self.driver.connect(Address("127.0.0.1", port), SessionConfig(nick))
        self.until(lambda: self.model.online)

    def until(self, true: Callable[[], object]) -> None:
        while not true():
            events = self._mailbox.get(PATIENCE)
            assert events, "nothing more came"
            for event in events:
                self.events.append(event)
                self.model.apply(event)
                if isinstance(event, e.Mark):
                    self.driver.shown(event.number)

    def has(self, kind: type[e.Event], ref: int) -> bool:
        return any(isinstance(event, kind) and getattr(event, "ref", 0) == ref for event in self.events)

    def said(self) -> list[Message]:
        lobby = self.model.find("#lobby")
        return [item for item in lobby.items if isinstance(item, Message)] if lobby else []

    def close(self) -> None:
        self.driver.disconnect()
        self.until(lambda: not self.model.online)
        self._mailbox.close()
        self.driver.close()


def test_one_message_of_several_lines(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        old = Irc(server.port, "old")
        old.send("JOIN #lobby")
        ann = Member(tmp_path / "ann", server.port, "ann")
        ben = Member(tmp_path / "ben", server.port, "ben")
        ann.driver.send(r.Register(1, Secret("correct-horse-battery")))
        ann.until(lambda: ann.has(e.Done, 1))
        ann.driver.send(r.Say(2, "#lobby", TEXT))
        ben.until(ben.said)
        ann.until(lambda: ann.has(e.Acked, 2))
        (message,) = ben.said()
        assert (message.text, message.nick) == (TEXT, "ann")
        lobby = ben.model.find("#lobby")
        assert lobby is not None
        assert lobby.unread == 1
        assert [item.text for item in ann.said()] == [TEXT]
        lines = [line.partition(" #lobby ")[2].lstrip(":") for line in old.until("go()") if "PRIVMSG" in line]
        assert lines == [line for line in TEXT.split("\n") if line]

        ann.driver.send(r.Edit(3, "#lobby", message.msgid, "one\ntwo"))
        ben.until(lambda: ben.said()[0].edited)
        assert ben.said()[0].text == "one\ntwo"
        ann.driver.send(r.Edit(4, "#lobby", message.msgid, "\n".join("x" * 30)))
        ann.until(lambda: ann.has(e.Refused, 4))
        ben.driver.send(r.Say(5, "#lobby", "\n".join(map(str, range(50)))))
        ann.until(lambda: len(ann.said()) == 4)
        assert [item.text.count("\n") + 1 for item in ann.said()] == [2, 24, 24, 2]
        ben.driver.send(r.Search(6, "#lobby", "two"))
        ben.until(lambda: ben.has(e.Done, 6))
        assert [event.text for event in ben.events if isinstance(event, e.Found)] == ["one\ntwo"]

        cat = Member(tmp_path / "cat", server.port, "cat")
        cat.until(lambda: len(cat.said()) == 4)
        assert [item.text for item in cat.said()] == [item.text for item in ann.said()]
        for each in (ann, ben, cat):
            each.close()
        old.close()


def test_what_was_typed_without_a_connection_is_one_message(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        ann = Member(tmp_path / "ann", server.port, "ann")
        ben = Member(tmp_path / "ben", server.port, "ben")
        port = server.port
        server.process.kill()
        ann.until(lambda: not ann.model.online)
        ann.driver.send(r.Say(2, "#lobby", TEXT))
        ann.until(lambda: ann.has(e.Kept, 2))
        lobby = ann.model.find("#lobby")
        assert lobby is not None
        assert [each.text for each in lobby.waiting] == [TEXT]
        with serving(tmp_path / "data", "--port", str(port)):
            for each, nick in ((ben, "ben"), (ann, "ann")):
                each.driver.connect(Address("127.0.0.1", port), SessionConfig(nick))
                each.until(lambda each=each: each.model.online)
            ben.until(ben.said)
            assert [item.text for item in ben.said()] == [TEXT]
            ann.until(lambda: ann.has(e.Acked, 2))
            assert lobby.waiting == []
            ann.close()
            ben.close()
