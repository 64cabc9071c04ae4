"""``natterjack chat --json`` as it is, but for the pipes: the real client library, without a process for each.

The driver has its thread; everything else is done by the test's own, where what would be printed is written down.
"""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from pathlib import Path
from random import Random
from typing import Any

from natterjack.client.address import Address
from natterjack.client.chatting.chat import Chat
from natterjack.client.chatting.options import Options
from natterjack.client.driver import Driver
from natterjack.client.keeper import Keeper
from natterjack.client.kept_accounts import KeptAccounts
from natterjack.client.places import client_directory
from natterjack.client.secret import Credentials, Secret
from natterjack.client.session import Timings
from natterjack.client.session.backoff import STEADY
from natterjack.client.trust import Trust
from natterjack.terminal.app import Item, handle
from natterjack.terminal.json_view import JsonView
from tests.chaos.crowd import Crowd
from tests.chaos.ledger import Entry, Ledger
from tests.chaos.member import pair

#: Errors that belong to a life with a bad connection.
_USUAL_ERRORS = {"nick_taken"}
_USUAL = Timings()


class Returning:
    """Somebody who comes back by himself, through ``port`` to #lobby. What he keeps is in ``home``.

    ``password``: he has the account of his nick.
    """

    def __init__(
        self,
        crowd: Crowd,
        ledger: Ledger,
        nick: str,
        port: int,
        home: Path,
        dice: Random,
        *,
        password: str = "",
        timings: Timings = _USUAL,
    ) -> None:
        self.nick = nick
        self.ledger = ledger
        self.inside = False
        #: How often he fell out; came in under another nick, since his old session still had his;
        #: and how many lines had no answer when he fell out.
        self.losses = self.other_nicks = self.cut_off = 0
        #: Errors that nobody should see, and how often he did.
        self.troubles: Counter[str] = Counter()
        self.unanswered: dict[int, Entry] = {}
        self._lines = 0
        self._skipped = 0.0
        self._items: deque[Item] = deque()
        directory = client_directory(home)
        trust = Trust(directory)
        address = Address("127.0.0.1", port)
        options = Options(
            nick,
            interactive=False,
            named=True,
            data_dir=home,
            channels=("#lobby",),
            login=Credentials(nick, Secret(password)) if password else None,
            address=address,
        )
        self._driver = Driver(self._items.append, trust=trust, keeper=Keeper(directory), timings=timings)
        view, accounts = JsonView(self, _Nowhere()), KeptAccounts(directory, trust)
        self._chat = Chat(self._driver, view, options, accounts, self._clock, lambda: dice.uniform(0.8, 1.0))
        self._chat.connect(address)
        crowd.add(self)

    def _clock(self) -> float:
        return time.monotonic() + self._skipped

    def say(self, filling: str = "") -> None:
        """Type a line, whether he is in or not."""
        entry = self.ledger.enter(self.nick, "#lobby", filling)
        entry.attempts = 1  # as far as is known here
        self._lines += 1
        self.unanswered[self._lines] = entry
        self._chat.typed(self._lines, f"SEND {entry.text}")

    # -- what would be printed

    def write(self, text: str, /) -> None:
        """See :class:`~natterjack.terminal.streams.Writer`."""
        told: dict[str, Any] = json.loads(text)
        match told["event"]:
            case "message":
                place = told["to"] if told["to"][0] == "#" else pair(told["from"], self.nick)
                self.ledger.saw(self.nick, place, told["msgid"], told["text"])
            case "ack":
                entry = self.unanswered.pop(told["line"])
                assert entry.text == told["text"], (entry, told)
                entry.msgids.append(told["msgid"])
            case "ready":
                self.inside = True
                self.other_nicks += told["nick"] != self.nick
            case "disconnected":
                self.inside = False
                self.losses += 1
                self.cut_off += len(self.unanswered)
            case "error" if told["line"]:
                self.unanswered.pop(told["line"]).refusal = f"{told['code']} {told['text']}"
            case "error" if told["code"] not in _USUAL_ERRORS:
                self.troubles[f"{told['code']} {told['text']}"] += 1

    def flush(self) -> None:
        """There is nobody who waits for it."""

    # -- see Part

    def work(self, now: float) -> None:
        while self._items:
            was_inside = self.inside
            handle(self._chat, self._items.popleft())
            if self.inside and not was_inside:  # as if he had been in for so long: he comes back soon then
                self._skipped += STEADY

    def close(self) -> None:
        self._driver.close()

    def __str__(self) -> str:
        return f"{self.nick} {'in' if self.inside else 'out'}, {len(self.unanswered)} unanswered"


class _Nowhere:
    """Where what is said in words goes: all of it is told as an event, too."""

    def write(self, text: str, /) -> None:
        """Nothing."""

    def flush(self) -> None:
        """Nothing."""
