"""A client as this suite needs it: it writes everything down, comes back by itself, and says again, under the same
client message id and in the same order, what it has no answer to. It shares no code with ``natterjack.client``."""

from __future__ import annotations

import base64
import selectors
import socket
from collections.abc import Callable

from tests.chaos.crowd import Crowd
from tests.chaos.ledger import Entry, Ledger
from tests.chaos.oracle import Line
from tests.chaos.wire import Heard, read

CAPS = (
    "message-tags server-time batch labeled-response echo-message draft/chathistory sasl "
    "draft/account-registration natterjack/client-msgid"
)
#: Lines of history in a request.
PAGE = 500
#: Seconds between two tries to connect.
_AGAIN = 0.02


class Member:
    """``port`` says where the server is just now, or 0. ``password``: he has the account of his nick."""

    def __init__(
        self,
        crowd: Crowd,
        ledger: Ledger,
        nick: str,
        port: Callable[[], int],
        password: str = "",
    ) -> None:
        self.nick = nick
        self.ledger = ledger
        self.password = password
        #: He comes back whenever he is out.
        self.wanted = True
        self.inside = False
        #: What he has no answer to, in the order in which he said it.
        self.unanswered: dict[str, Entry] = {}
        self.heard: list[Heard] = []
        #: Lines that are kept in ``heard``, by their command.
        self.listening = {"ERROR"}
        self.losses = 0
        self._crowd = crowd
        self._port = port
        self._sock: socket.socket | None = None
        self._rest = b""
        self._out = b""
        self._try_at = 0.0
        self._taken = 0
        self._batches: dict[str, list[Heard]] = {}
        self._pages: list[list[Heard]] = []
        self._failed = ""
        self._now = 0.0
        crowd.add(self)

    # -- saying

    def say(self, target: str = "#lobby", filling: str = "") -> Entry:
        """At once where he is in, otherwise as soon as he is."""
        entry = self.ledger.enter(self.nick, target, filling)
        self.unanswered[entry.cid] = entry
        if self.inside:
            self._post(entry)
        return entry

    def say_again(self, entry: Entry) -> None:
        """Although it was answered."""
        self.unanswered[entry.cid] = entry
        self._post(entry)

    def post(self, *lines: str) -> None:
        self._out += "".join(f"{line}\r\n" for line in lines).encode()

    def _post(self, entry: Entry) -> None:
        entry.attempts += 1
        entry.refusal = ""
        cid = entry.cid
        self.post(f"@label={cid};+natterjack/cid={cid} PRIVMSG {entry.target} :{entry.text}")

    # -- reading back

    def history(self, target: str, page: int = PAGE) -> list[Line]:
        """All messages of ``target``, oldest first, page by page from the end."""
        lines: list[Line] = []
        while True:
            selector = f"msgid={lines[0].msgid}" if lines else "*"
            verb = "BEFORE" if lines else "LATEST"
            found = self._page(f"CHATHISTORY {verb} {target} {selector} {page}")
            lines[:0] = found
            if len(found) < page:
                return lines

    def history_forward(self, target: str, after: str, page: int = PAGE) -> list[Line]:
        """All that came after ``after``, page by page from there."""
        lines: list[Line] = []
        while True:
            found = self._page(f"CHATHISTORY AFTER {target} msgid={after} {page}")
            lines += found
            if len(found) < page:
                return lines
            after = found[-1].msgid

    def _page(self, request: str) -> list[Line]:
        self._pages.clear()
        self._failed = ""
        self.post(request)
        self._crowd.until(lambda: self._pages or self._failed, f"answer to {request}")
        assert not self._failed, self._failed
        return [Line(heard.tags["msgid"], heard.text) for heard in self._pages.pop()]

    # -- coming and going

    def work(self, now: float) -> None:
        """See :class:`~tests.chaos.crowd.Part`."""
        self._now = now
        if self._sock is None:
            if self.wanted and now >= self._try_at:
                self._dial()
        elif self._out:
            self._flush()

    def _dial(self) -> None:
        self._try_at = self._now + _AGAIN
        port = self._port()
        if not port:
            return
        try:
            self._sock = socket.create_connection(("127.0.0.1", port), 1.0)
        except OSError:
            return
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock.setblocking(False)
        self._rest, self._out = b"", b""
        self._batches.clear()
        self.post(f"CAP REQ :{CAPS}", f"NICK {self.nick}", f"USER {self.nick} 0 * :{self.nick}")
        self.post(*(("AUTHENTICATE PLAIN",) if self.password else ("CAP END",)))
        self._flush()

    def _flush(self) -> None:
        assert self._sock is not None
        try:
            sent = self._sock.send(self._out)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._lost()
            return
        self._out = self._out[sent:]
        mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
        self._crowd.watch(self._sock, mask, self._ready)

    def _ready(self, mask: int) -> None:
        if mask & selectors.EVENT_READ:
            self._receive()
        if self._sock is not None and mask & selectors.EVENT_WRITE:
            self._flush()

    def _receive(self) -> None:
        assert self._sock is not None
        try:
            data = self._sock.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            self._take(read(line.decode()))

    def _lost(self) -> None:
        self.losses += self.inside
        self._drop()

    def _drop(self) -> None:
        if self._sock is not None:
            self._crowd.watch(self._sock, 0, self._ready)
            self._sock.close()
        self._sock = None
        self.inside = False

    def hang_up(self) -> None:
        """Without a word. He comes back if he is wanted."""
        self._drop()

    def close(self) -> None:
        """See :class:`~tests.chaos.crowd.Part`."""
        self.wanted = False
        self._drop()

    # -- hearing

    def _take(self, heard: Heard) -> None:
        if heard.command in self.listening:
            self.heard.append(heard)
        batch = heard.tags.get("batch")
        if batch in self._batches:
            self._batches[batch].append(heard)
            return
        match heard.command:
            case "PRIVMSG":
                self._message(heard)
            case "BATCH":
                self._batch(heard)
            case "PING":
                self.post(f"PONG :{heard.text or heard.params[-1]}")
            case "AUTHENTICATE":
                plain = f"\0{self.nick}\0{self.password}".encode()
                self.post(f"AUTHENTICATE {base64.b64encode(plain).decode()}")
            case "903":
                self.post("CAP END")
            case "001":
                self.post("PING :inside")
            case "433" if not self.inside:
                self._taken += 1  # by old sessions of his that are still there, and there may be several
                self.post(f"NICK {self.nick}_{self._taken}")
            case "PONG" if not self.inside and "inside" in (heard.text, heard.params[-1]):
                self._enter()
            case "FAIL" if heard.params[0] == "CHATHISTORY":
                self._failed = f"{heard.params} {heard.text}"
            case command if command == "FAIL" or command[:1] in "45":
                self._refused(heard)

    def _enter(self) -> None:
        self.inside = True
        for entry in self.unanswered.values():
            self._post(entry)

    def _message(self, heard: Heard) -> None:
        msgid = heard.tags["msgid"]
        target = heard.params[0]
        sender = heard.source.partition("!")[0]
        place = target if target[0] == "#" else pair(sender, target)
        entry = self.unanswered.pop(heard.tags.get("label", ""), None)
        if entry is not None:
            assert entry.text == heard.text, (entry, heard)
            entry.msgids.append(msgid)
            if entry.attempts > 1:
                return  # an answer, wherever it stands among the others' lines
        self.ledger.saw(self.nick, place, msgid, heard.text)

    def _batch(self, heard: Heard) -> None:
        reference = heard.params[0]
        if reference[0] == "+":
            self._batches[reference[1:]] = [heard]
            return
        begin, *lines = self._batches.pop(reference[1:])
        if "chathistory" in begin.params:
            self._pages.append(lines)
        elif "label" in begin.tags:  # an answer of several lines
            for line in lines:
                line.tags["label"] = begin.tags["label"]
                self._take(
                    Heard(line.tags | {"batch": ""}, line.source, line.command, line.params, line.text)
                )

    def _refused(self, heard: Heard) -> None:
        entry = self.unanswered.pop(heard.tags.get("label", ""), None)
        if entry is not None:
            entry.refusal = f"{heard.command} {' '.join(heard.params)} {heard.text}"

    def __str__(self) -> str:
        return f"{self.nick} {'in' if self.inside else 'out'}, {len(self.unanswered)} unanswered"


def pair(one: str, other: str) -> str:
    """The name under which this suite keeps what two say to each other."""
    return "+".join(sorted((one, other)))


class Talker:
    """Has a member say something at a ``rate`` (messages a second), while at most ``window`` wait for an answer."""

    def __init__(
        self,
        member: Member,
        rate: float,
        targets: tuple[str, ...] = ("#lobby",),
        window: int = 20,
        most: int = 0,
    ) -> None:
        self.member = member
        self.talking = True
        self.said = 0
        self._rate = rate
        self._window = window
        self._targets = targets
        self._most = most
        self._began = 0.0

    def work(self, now: float) -> None:
        """See :class:`~tests.chaos.crowd.Part`. Who is out says nothing new."""
        member = self.member
        if not self.talking or not member.inside:
            self._began = 0.0
            return
        if not self._began:
            self._began = now - self.said / self._rate
        while (
            self.said < (now - self._began) * self._rate
            and len(member.unanswered) < self._window
            and not (self._most and self.said >= self._most)
        ):
            member.say(self._targets[self.said % len(self._targets)], "blah " * (self.said % 7))
            self.said += 1

    def close(self) -> None:
        """See :class:`~tests.chaos.crowd.Part`."""
        self.talking = False

    def __str__(self) -> str:
        return f"{self.member.nick} has said {self.said}"
