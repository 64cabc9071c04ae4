"""A chat at which a test types: the driver only notes what it is asked. No socket, no thread."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from msgspec import structs

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.address import Address
from natterjack.client.chatting.chat import Chat
from natterjack.client.chatting.options import Options
from natterjack.client.chatting.text_view import TextView
from natterjack.client.errors import AccountsUnusable
from natterjack.client.kept_accounts import PLAIN, Kept
from natterjack.client.secret import Secret
from natterjack.client.session import SessionConfig
from natterjack.proto.source import Source
from natterjack.terminal.json_view import JsonView

KIM = Source("kim", "k", "h")
ALICE = Source("alice", "a", "h")


class Line:
    """A driver that only notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.addresses: list[Address] = []
        self.read_upto: list[tuple[str, float]] = []

    def connect(self, address: Address, config: SessionConfig, seconds: float = 0.0) -> None:
        later = (seconds,) if seconds else ()
        self.asked.append(("connect", str(address), config, *later))
        self.addresses.append(address)

    def shown(self, number: int) -> None:
        self.asked.append(("shown", number))

    def send(self, request: r.Request) -> None:
        self.asked.append(request)

    def read(self, target: str, upto: float) -> None:
        self.read_upto.append((target, upto))

    def disconnect(self, reason: str = "") -> None:
        self.asked.append(("disconnect", reason))

    def take(self) -> list[Any]:
        asked, self.asked = self.asked, []
        return asked


class Remembered:
    """Accounts as the file keeps them, in memory. ``broken`` is what is wrong with it."""

    def __init__(self) -> None:
        self.path = Path("accounts.json")
        self.kept: list[Kept] = []
        self.broken = ""

    def known(self, address: Address) -> list[Kept]:
        self.prepare()
        found = [each for each in reversed(self.kept) if each.server == address.name]
        return sorted(found, key=lambda each: not each.sure)

    def prepare(self) -> None:
        if self.broken:
            raise AccountsUnusable(str(self.path), self.broken)

    def keep(self, address: Address, account: str) -> Kept:
        self.prepare()
        secret = Secret(f"secret{len(self.kept)}")
        self.kept.append(Kept(address.name, address.pin or PLAIN, account, secret, sure=False))
        return self.kept[-1]

    def settle(self, kept: Kept) -> None:
        self.prepare()
        sure = structs.replace(kept, sure=True)
        same = (kept.server, kept.key, kept.account)
        self.kept = [each for each in self.kept if (each.server, each.key, each.account) != same] + [sure]

    def forget(self, kept: Kept) -> None:
        self.prepare()
        self.kept.remove(kept)


class Desk:
    """A chat at which a test types."""

    def __init__(self, *, interactive: bool = True, as_json: bool = False, **options: Any) -> None:
        self.line = Line()
        self.out, self.err = io.StringIO(), io.StringIO()
        view = JsonView(self.out, self.err) if as_json else TextView(self.out, self.err, hints=interactive)
        self.accounts = Remembered()
        self.now = 0.0
        self.chat = Chat(
            self.line,
            view,
            Options("kim", interactive, **options),
            self.accounts,
            clock=lambda: self.now,
            chance=lambda: 0.0,
        )
        self.number = 0

    def type(self, *lines: str) -> list[Any]:
        """What the driver is asked for."""
        for line in lines:
            self.number += 1
            self.chat.typed(self.number, line)
        return self.line.take()

    def happens(self, *events: e.Event) -> list[Any]:
        self.chat.happened(events)
        return self.line.take()

    def said(self) -> list[str]:
        text = self.out.getvalue().splitlines()
        self.out.seek(0)
        self.out.truncate()
        return text

    def failed(self) -> list[str]:
        text = self.err.getvalue().splitlines()
        self.err.seek(0)
        self.err.truncate()
        return text

    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said()]

    def online(self) -> Desk:
        self.type("CONNECT")
        self.arrive()
        self.said()
        return self

    def arrive(self) -> list[Any]:
        members = (e.Named("kim"), e.Named("alice", "@"))
        return self.happens(
            e.Connecting("127.0.0.1:7667"),
            e.Welcomed("kim", "srv"),
            e.Joined(KIM, "#lobby", "", "", True, 0.0),
            e.NamesListed(0, "#lobby", members),
            e.Ready("kim", "srv", "natterjack"),
        )
