"""A server of files that does as a test says: real sockets on loopback, IRC and HTTP on one port, faults at any byte.

What is uploaded and offered is in memory. Every list of faults is taken from its front, one for each occasion, so that
a test says beforehand what happens in which order.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

import h11

from tests.client.scripted import KEEPING, PATIENCE

_PIECE = 64 * 1024
_METHODS = (b"OPTIO", b"POST ", b"HEAD ", b"PATCH", b"DELET", b"GET /")
Reply = tuple[int, dict[str, str], bytes]


class Hung(Exception):  # noqa: N818
    """The test wants the connection cut here."""


class Begun:
    """An upload under way, or finished: then ``file`` has the same id."""

    def __init__(self, length: int, metadata: dict[str, str]) -> None:
        self.length = length
        self.metadata = metadata
        self.data = bytearray()
        self.skipped = 0  # bytes that a test pretends to have
        self.finished = False
        self.writer: socket.socket | None = None  # whose body goes into it

    @property
    def offset(self) -> int:
        return self.skipped + len(self.data)


class Offered:
    """A file that can be fetched."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        self.sha256 = hashlib.sha256(data).hexdigest()


class FileServer:
    """In a ``with``. ``port`` stays the same over :meth:`stop` and :meth:`start`."""

    def __init__(self, *, most: int = 10**12, context: ssl.SSLContext | None = None) -> None:
        self.uploads: dict[str, Begun] = {}
        self.files: dict[str, Offered] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []  # method, path, headers
        self.announced: list[str] = []
        # faults
        self.cuts: list[int | None] = []  # bytes of the next bodies after which the connection is cut
        self.replies: list[
            tuple[str, Reply]
        ] = []  # answers to the next requests of a method, instead of the right ones
        self.deaf: list[str] = []  # methods whose next answers are lost after the work was done
        self.change: Callable[[str, int, dict[str, str]], None] = lambda method, status, headers: None
        self.hold_after: int | None = None  # bytes of a body after which it waits for ``gate``
        self.gate = Event()
        self.held = Event()
        self.tokens_refused = False
        self.tokens: set[str] = set()
        self.token_seconds = 900
        self._most = most
        self._context = context
        self._numbers = count(1)
        self._lock = Lock()
        self._socks: set[socket.socket] = set()
        self._irc: dict[socket.socket, str] = {}
        self._listener: socket.socket | None = None
        self.port = 0
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.set()
        self.stop()

    def hold(self, after: int) -> None:
        """From now on bodies stop after so many bytes; ``held`` says that one has."""
        self.gate.clear()
        self.held.clear()
        self.hold_after = after

    def let_go(self) -> None:
        """What stopped goes on, and nothing stops any more."""
        self.hold_after = None
        self.gate.set()

    def start(self) -> None:
        listener = self._listener = socket.create_server(("127.0.0.1", self.port), backlog=100)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)  # who waits here, waits soon
        self.port = self._listener.getsockname()[1]
        Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Everything that is open breaks, as when the server is killed; tokens are forgotten."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut_all()
        self.tokens.clear()

    def cut_all(self, *, chat: bool = True) -> None:
        with self._lock:
            socks = [sock for sock in self._socks if chat or sock not in self._irc]
        for sock in socks:
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                sock.shutdown(socket.SHUT_RDWR)

    def offer(self, data: bytes, name: str = "cat.png", id: str = "") -> str:
        """A file to fetch: its id."""
        id = id or f"file{next(self._numbers):018d}"
        self.files[id] = Offered(name, data)
        return id

    def asked(self, method: str) -> list[tuple[str, dict[str, str]]]:
        return [(path, headers) for each, path, headers in self.requests if each == method]

    # -- connections -----------------------------------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                sock.settimeout(PATIENCE * 3)
                Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with self._lock:
            self._socks.add(sock)
        try:
            if self._context is not None:
                raw, sock = sock, self._context.wrap_socket(sock, server_side=True)
                with self._lock:
                    self._socks.discard(raw)
                    self._socks.add(sock)
            first = sock.recv(_PIECE)
            if first[:5] in _METHODS:
                self._http(sock, first)
            elif first:
                self._chat(sock, first)
        except (OSError, Hung, h11.RemoteProtocolError):
            pass  # cut, by us or by the client: what it comes to is what the tests look at
        finally:
            with self._lock:
                self._socks.discard(sock)
                self._irc.pop(sock, None)
            sock.close()

    # -- IRC -------------------------------------------------------------------------------------------------------

    def _chat(self, sock: socket.socket, held: bytes) -> None:
        nick = "kim"
        while True:
            while b"\n" not in held:
                data = sock.recv(4096)
                if not data:
                    return
                held += data
            raw, _, held = held.partition(b"\n")
            line = raw.decode().rstrip("\r")
            tags, _, rest = line[1:].partition(" ") if line.startswith("@") else ("", "", line)
            label = re.search(r"(?:^|;)label=([^;]*)", tags)
            answers = list(self._answers(rest, nick, sock))
            if rest.startswith("NICK "):
                nick = rest[5:]
            if label:
                answers = _labelled(label[1], answers)
            sock.sendall("".join(f"{answer}\r\n" for answer in answers).encode())
            if rest.startswith("QUIT"):
                return

    def _answers(self, line: str, nick: str, sock: socket.socket) -> Iterator[str]:
        word, _, rest = line.partition(" ")
        if word == "CAP" and rest.startswith("LS"):
            yield f":srv CAP * LS :{KEEPING}"
        elif word == "CAP" and rest.startswith("REQ"):
            yield f":srv CAP * ACK :{rest[4:].removeprefix(':')}"
        elif line == "CAP END":
            yield f":srv 001 {nick} :Welcome"
            yield f":srv 005 {nick} CHANTYPES=# CHATHISTORY=500 natterjack/FILES={self._most} :are supported"
            yield f":{nick}!k@h JOIN #lobby"
            yield f":srv 353 {nick} = #lobby :{nick} alice"
            yield f":srv 366 {nick} #lobby :End"
            yield f":srv 422 {nick} :no message of the day"
            with self._lock:
                self._irc[sock] = nick
        elif word == "PING":
            yield f":srv PONG srv {rest}"
        elif line == "FILE TOKEN":
            if self.tokens_refused:
                yield "FAIL FILE NO_TOKEN :You may not move files."
            else:
                token = f"token{next(self._numbers)}"
                self.tokens.add(token)
                yield f":srv FILE TOKEN {token} {self.token_seconds}"
        elif word == "FILE" and rest.startswith("LIST"):
            target = rest.split(" ")[1]
            for id, file in self.files.items():
                yield (
                    f":srv FILE LIST {target} {id} {len(file.data)} {file.sha256} 2026-01-01T00:00:00.000Z alice "
                    f":{file.name}"
                )
            yield f":srv FILE ENDOFLIST {target}"
        elif word == "PRIVMSG":
            yield f"@msgid=m{next(self._numbers)} :{nick}!k@h {line}"

    def say(self, *lines: str) -> None:
        """To all who chat."""
        with self._lock:
            socks = list(self._irc)
        for sock in socks:
            with suppress(OSError):
                sock.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def announce(self, id: str, *, sender: str = "alice", target: str = "#lobby") -> None:
        file = self.files[id]
        name = file.name.replace(" ", "\\s")
        tags = {"": id, "-name": name, "-size": len(file.data), "-sha256": file.sha256}
        text = ";".join(f"natterjack/file{key}={value}" for key, value in tags.items())
        self.announced.append(id)
        self.say(
            f"@msgid=f{next(self._numbers)};{text} :{sender}!u@h PRIVMSG {target} :{file.name} (some bytes)"
        )

    # -- HTTP ------------------------------------------------------------------------------------------------------

    def _http(self, sock: socket.socket, held: bytes) -> None:
        machine = h11.Connection(h11.SERVER)
        machine.receive_data(held)
        while True:
            event = _next(machine, sock)
            if not isinstance(event, h11.Request):
                return
            method, path = event.method.decode(), event.target.decode()
            headers = {name.decode(): value.decode() for name, value in event.headers}
            self.requests.append((method, path, headers))
            reply = self._reply(machine, sock, method, path, headers)
            if method in self.deaf:
                self.deaf.remove(method)
                raise Hung
            self._send(machine, sock, method, reply)
            if machine.our_state is not h11.DONE or machine.their_state is not h11.DONE:
                sock.shutdown(socket.SHUT_WR)  # closed with something unread, it would take the answer back
                while sock.recv(_PIECE):
                    pass
                return
            machine.start_next_cycle()

    def _reply(
        self, machine: h11.Connection, sock: socket.socket, method: str, path: str, headers: dict[str, str]
    ) -> Reply:
        for place, (meant, reply) in enumerate(self.replies):
            if meant == method:
                del self.replies[place]
                return reply
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return 401, {"WWW-Authenticate": "Bearer"}, b"A token is needed.\n"
        id = path.removeprefix("/files/")
        tus = headers.get("tus-resumable") == "1.0.0"
        if method == "POST":
            _drain(machine, sock)
            return self._create(headers)
        if method in ("HEAD", "GET"):
            _drain(machine, sock)
        if method == "HEAD" and tus:
            return self._tell(id)
        if method == "PATCH":
            return self._take(machine, sock, id, int(headers["upload-offset"]))
        if method == "DELETE":
            gone = self.uploads.pop(id, None) or self.files.pop(id, None)
            return (204 if gone else 404), {}, b""
        return self._give(id, headers)

    def _create(self, headers: dict[str, str]) -> Reply:
        metadata = dict(pair.partition(" ")[::2] for pair in headers["upload-metadata"].split(","))
        words = {key: base64.b64decode(value, validate=True).decode() for key, value in metadata.items()}
        id = f"up{next(self._numbers):020d}"
        self.uploads[id] = Begun(int(headers["upload-length"]), words)
        self._finish(id)
        return 201, {"Location": f"/files/{id}", "Tus-Resumable": "1.0.0"}, b""

    def _tell(self, id: str) -> Reply:
        upload = self.uploads.get(id)
        if upload is None:
            return 404, {}, b""
        with self._lock:
            upload.writer = (
                None  # as from the real one, an earlier body that is still on its way is not taken any more
            )
        self._finish(id)
        return 200, {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.length)}, b""

    def _take(self, machine: h11.Connection, sock: socket.socket, id: str, offset: int) -> Reply:
        upload = self.uploads.get(id)
        if upload is None:
            return 404, {}, b"There is no such upload."
        with self._lock:
            if offset != upload.offset:
                return 409, {}, b"The offset is another one."
            upload.writer = sock
        cut = self.cuts.pop(0) if self.cuts else None
        taken = 0
        for piece in _pieces(machine, sock):
            part = piece if cut is None else piece[: max(cut - taken, 0)]
            with self._lock:
                if upload.writer is not sock:
                    raise Hung
                upload.data += part
            taken += len(part)
            if cut is not None and taken >= cut:
                raise Hung
            self._hold(taken)
        self._finish(id)
        return 204, {"Upload-Offset": str(upload.offset), "Tus-Resumable": "1.0.0"}, b""

    def _finish(self, id: str) -> None:
        upload = self.uploads[id]
        if upload.finished or upload.offset < upload.length:
            return
        upload.finished = True
        self.files[id] = Offered(upload.metadata["filename"], bytes(upload.data))
        self.announce(id, sender="kim", target=upload.metadata.get("target", "kim"))

    def _give(self, id: str, headers: dict[str, str]) -> Reply:
        file = self.files.get(id)
        if file is None:
            return 404, {}, b"There is no such file.\n"
        etag = f'"{file.sha256}"'
        name = file.name.encode().decode("latin-1").replace("\\", "\\\\").replace('"', "'")
        answer = {
            "ETag": etag,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Accept-Ranges": "bytes",
        }
        wanted = re.fullmatch(r"bytes=(\d+)-", headers.get("range", ""))
        if wanted and headers.get("if-range", etag) == etag:
            start = int(wanted[1])
            if start >= len(file.data):
                return 416, {"Content-Range": f"bytes */{len(file.data)}"}, b""
            answer["Content-Range"] = f"bytes {start}-{len(file.data) - 1}/{len(file.data)}"
            return 206, answer, file.data[start:]
        return 200, answer, file.data

    def _send(self, machine: h11.Connection, sock: socket.socket, method: str, reply: Reply) -> None:
        status, headers, body = reply
        headers = {"Content-Length": str(len(body)), **headers}
        if machine.their_state is not h11.DONE:
            headers["Connection"] = "close"
        self.change(method, status, headers)
        fields = [(name, value.encode("latin-1")) for name, value in headers.items()]
        sock.sendall(machine.send(h11.Response(status_code=status, headers=fields)) or b"")
        cut = None
        if method == "GET" and status in (200, 206):
            cut = self.cuts.pop(0) if self.cuts else None
        if method != "HEAD" and status != 204:
            sent = 0
            while sent < len(body):
                if cut is not None and sent >= cut:
                    raise Hung
                end = sent + _PIECE if cut is None else min(sent + _PIECE, cut)
                sock.sendall(machine.send(h11.Data(data=body[sent:end])) or b"")
                sent = min(end, len(body))
                self._hold(sent)
        with suppress(h11.LocalProtocolError):  # a length that a test has made a lie of
            sock.sendall(machine.send(h11.EndOfMessage()) or b"")

    def _hold(self, done: int) -> None:
        if self.hold_after is not None and done >= self.hold_after:
            self.held.set()
            assert self.gate.wait(PATIENCE * 3)


def _next(machine: h11.Connection, sock: socket.socket) -> object:
    while (event := machine.next_event()) is h11.NEED_DATA:
        machine.receive_data(sock.recv(_PIECE))
    return event


def _pieces(machine: h11.Connection, sock: socket.socket) -> Iterator[bytes]:
    while isinstance(event := _next(machine, sock), h11.Data):
        yield bytes(event.data)
    if isinstance(event, h11.ConnectionClosed):
        raise Hung


def _drain(machine: h11.Connection, sock: socket.socket) -> None:
    for _ in _pieces(machine, sock):
        pass


def _labelled(label: str, answers: list[str]) -> list[str]:
    """https://ircv3.net/specs/extensions/labeled-response"""
    if not answers:
        return [f"@label={label} :srv ACK"]
    if len(answers) == 1:
        first = answers[0]
        return [f"@label={label};{first[1:]}" if first.startswith("@") else f"@label={label} {first}"]
    inside = [f"@batch=b{label} {answer}" for answer in answers]
    return [f"@label={label} :srv BATCH +b{label} labeled-response", *inside, f":srv BATCH -b{label}"]
