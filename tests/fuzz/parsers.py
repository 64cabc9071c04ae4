"""Targets: functions that read one thing. Each takes any bytes."""

from __future__ import annotations

import tempfile
import tomllib
from base64 import b64decode, b64encode
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from natterjack.client.address import parse_address
from natterjack.client.chatting import parse as typed
from natterjack.client.chatting.sanitise import harmless
from natterjack.client.errors import BadAddress
from natterjack.files import credentials, disposition, serving, tus
from natterjack.files.names import NAME_BYTES, clean
from natterjack.files.sniffing import sniff as sniff_file
from natterjack.net.http import Peer, refuse
from natterjack.net.origin import Proxies
from natterjack.ports.files import Fetchable
from natterjack.proto import durations, extbans, joinlink, masks, modes, scram, timestamps
from natterjack.proto.limits import MASK_LENGTH
from natterjack.server import console
from natterjack.server.config.load import examine
from natterjack.server.config.table import ROWS, Config
from natterjack.server.web import Web, WebPolicy
from natterjack.wire import forwarded, message, proxyhead, websocket
from natterjack.wire.framing import CLIENT_TAG_BYTES, LINE_BYTES, TOO_LONG, LineFramer
from natterjack.wire.http import BadRequest, HttpCodec, Request
from natterjack.wire.sniffer import sniff
from tests.support.chat import derived

_YEAR_10000 = 253402300800


def text_of(data: bytes) -> str:
    """Any text that a line can hold."""
    return data.decode("utf-8", "replace")


def argument(data: bytes) -> str:
    """Any text that the command line can hold: bytes that are no UTF-8 come as lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def pieces(data: bytes) -> list[bytes]:
    """``data`` cut at places that depend on it."""
    found = []
    at = 0
    while at < len(data):
        size = data[at] % 13 + 1
        found.append(data[at : at + size])
        at += size
    return found


#: A request that every WebSocket begins with.
_UPGRADE = Request(
    "GET",
    "/ws",
    {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "sec-websocket-version": "13",
        "sec-websocket-protocol": "text.ircv3.net",
    },
    body=False,
)


# -- wire


def wire(data: bytes) -> None:
    """Framing and messages: however it is cut it is the same, and what was read and written is read as the same."""
    whole, cut = LineFramer(), LineFramer()
    lines = whole.feed(data)
    assert [line for piece in pieces(data) for line in cut.feed(piece)] == lines
    for line in lines:
        if line is TOO_LONG:
            continue
        assert len(line) <= CLIENT_TAG_BYTES + LINE_BYTES
        assert b"\n" not in line
        try:
            found = message.parse(line)
        except message.WireError as error:
            assert error.code in ("INVALID_UTF8", "INVALID_LINE", "EMPTY_LINE")
            continue
        if found.source or (":" in line.decode() and not found.params):  # what a server alone may say
            assert found.command
        try:
            written = message.render(found)
        except ValueError:
            assert any("\0" in value for value in found.tags.values()) or ":" in found.command[:1]
            continue
        again = message.parse(written[:-2])
        assert (again.command, again.params) == (found.command, found.params)
        assert dict(again.tags) == dict(found.tags)
        assert again.source == found.source


def frames(data: bytes) -> None:
    """WebSocket's frames: however they are cut they are the same lines, or the same end."""
    whole, cut = websocket.accept(_UPGRADE), websocket.accept(_UPGRADE)
    assert isinstance(whole, websocket.WebSocketCodec)
    assert isinstance(cut, websocket.WebSocketCodec)
    lines = whole.feed(data)
    assert [line for piece in pieces(data) for line in cut.feed(piece)] == lines
    assert cut.over is whole.over  # of several errors in one piece, another may be the first to be seen
    assert whole.over is bool(whole.why)
    for line in lines:
        if isinstance(line, bytes):
            assert len(line) <= CLIENT_TAG_BYTES + LINE_BYTES
            assert b"\n" not in line


def upgrade(data: bytes) -> None:
    """The request for one, as any headers have it."""
    names = ("connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol")
    values = data.decode("latin-1").split("\n")
    found = websocket.accept(Request("GET", "/ws", dict(zip(names, values, strict=False)), body=False))
    if isinstance(found, websocket.WebSocketCodec):
        assert found.answer.startswith(b"HTTP/1.1 101 ")
    else:
        assert found.status in (400, 426)


def sniffer(data: bytes) -> None:
    """It is known by eight bytes, and more of them change nothing."""
    answer = sniff(data[:8])
    assert answer is not None or len(data) < 8
    for size in range(min(8, len(data))):
        early = sniff(data[:size])
        assert early is None or early is sniff(data)


def proxy_head(data: bytes) -> None:
    """A head says an address, or nothing, or is refused."""
    try:
        size = proxyhead.measure(data)
        if not size:
            return
        assert size <= len(data)
        assert proxyhead.measure(data[:size]) == size
        told = proxyhead.read(data[:size])
    except proxyhead.BadHeadError as error:
        assert str(error)
        return
    assert 0 <= told.port <= 0xFFFF
    if told.ip:
        assert proxyhead.plain(ip_address(told.ip)) == told.ip


def forwarded_for(data: bytes) -> None:
    """Addresses, or gaps."""
    one, _, other = data.decode("latin-1").partition("\n")
    for headers in (
        {"forwarded": one},
        {"x-forwarded-for": other},
        {"forwarded": one, "x-forwarded-for": other},
    ):
        try:
            hops = forwarded.hops(headers)
        except forwarded.ForwardedError:
            continue
        for hop in filter(None, hops):
            ip_address(hop)
        asker = Proxies(("127.0.0.0/8", "::1")).asker("127.0.0.1", hops)
        assert ip_address(asker)


_WEB = Web(WebPolicy(proxies=Proxies(("127.0.0.0/8",))), lambda: "", lambda: ())


def _requests(parts: list[bytes]) -> list[Request | str]:
    """What the codec makes of ``parts``, each request answered as the server would."""
    codec = HttpCodec()
    found: list[Request | str] = []
    for part in parts:
        codec.feed(part)
        while not codec.over:
            try:
                request = codec.next()
            except BadRequest as error:
                found.append(str(error))
                assert codec.answer(refuse(error)).startswith(b"HTTP/1.1 ")
                assert codec.over
                break
            if request is None:
                break
            found.append(request)
            answer = codec.answer(_WEB.answer(request, Peer("127.0.0.1", len(found) % 2 == 0)))
            assert answer.startswith(b"HTTP/1.1 ")
    return found


def http(data: bytes) -> None:
    """Each request is answered or refused, and however it is cut, the same is understood."""
    assert _requests(pieces(data)) == _requests([data])


def bodies(data: bytes) -> None:
    """A body in chunks, however it is cut: the same bytes, or the same refusal; and what is behind it is not lost."""
    assert _body(pieces(data)) == _body([data])


def _body(parts: list[bytes]) -> tuple[bytes, bool, str]:
    codec = HttpCodec()
    codec.feed(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert codec.next() is not None
    view = memoryview(bytearray(64))
    found = b""
    try:
        for part in parts:
            codec.feed(part)
            while size := codec.body(view):
                found += bytes(view[:size])
    except BadRequest as error:
        return found, False, str(error)
    return found, codec.body_over, ""


def files(data: bytes) -> None:
    """What the head of a request for a file can say, each header on a line of its own; and a name."""
    lines = data.decode("latin-1").split("\n")
    names = ("range", "if-range", "if-none-match", "if-modified-since", "upload-length", "upload-offset",
             "upload-metadata", "upload-checksum", "authorization", "content-disposition")  # fmt: skip
    headers = {"content-type": tus.BODY_TYPE, **dict(zip(names, lines, strict=False))}
    for parse in (tus.creation, tus.appending):
        try:
            assert parse(headers).size >= -1
        except tus.TusError as error:
            assert error.status in (400, 415)
    try:
        credentials.read(headers.get("authorization", ""))
    except credentials.CredentialError as error:
        assert str(error)
    name = clean(disposition.read(headers.get("content-disposition", text_of(data))))
    assert 0 < len(name.encode()) <= NAME_BYTES
    assert clean(name) == name
    assert disposition.read(disposition.say(name, shown=True)) == name
    file = Fetchable("ab" * 32, 1000, name, sniff_file(data, lines[0]), 1.0)
    made = serving.plan("GET", headers, file)
    assert 0 <= made.first <= made.first + made.count <= 1000
    for header, value in made.response.headers:
        assert value.isprintable(), (header, value)


# -- proto


def sasl(data: bytes) -> None:
    """Both ends of SCRAM, each with what its counterpart would never say; and SASLprep."""
    first, _, rest = data.partition(b"\xff")
    second, _, third = rest.partition(b"\xff")
    server = scram.ServerExchange()
    try:
        server.begin(first)
        server.challenge(_verifier(), "servers")
        server.end(second)
    except scram.ScramError as error:
        assert str(error)
    assert not server.done
    client = scram.ClientExchange(text_of(first).replace("\ufffd", ""), "mine")
    try:
        client.read_challenge(second)
        assert scram.LEAST_ROUNDS <= client.rounds <= scram.MOST_ROUNDS
        client.final(b"x" * 32)
        client.check(third)
    except scram.ScramError as error:
        assert str(error)
    else:
        raise AssertionError("a server that knows nothing is believed")
    try:
        prepared = scram.prepare(text_of(first))
        assert scram.prepare(prepared) == prepared
    except scram.ScramError as error:
        assert str(error)
    try:
        assert b64encode(scram.decode_base64(text_of(third))).rstrip(b"=").decode()[:-1] in text_of(third)
    except scram.ScramError:
        assert not _is_base64(text_of(third))


def scram_round_trip(data: bytes) -> None:
    """Whoever knows the password gets in, whatever his name and nonce are."""
    name = text_of(data).replace("\0", "")
    client, server = scram.ClientExchange(name, "mine"), scram.ServerExchange()
    server.begin(client.first())
    assert server.username == name
    client.read_challenge(server.challenge(_verifier(), "servers"))
    client.check(server.end(client.final(derived(b"secret", b"salt"))))
    assert server.done


@cache
def _verifier() -> scram.Verifier:
    return scram.make_verifier(derived(b"secret", b"salt"), b"salt", scram.LEAST_ROUNDS)


def _is_base64(text: str) -> bool:
    try:
        return b64encode(b64decode(text, validate=True)).decode() == text
    except ValueError:
        return False


def mode_changes(data: bytes) -> None:
    """What was read and written is read as the same."""
    letters, *params = text_of(data).split(" ")
    changes = modes.parse_changes(letters, params)
    assert len(changes) <= len(letters)
    if changes:
        again, *given = modes.render_changes(changes)
        assert modes.parse_changes(again, given)[: len(changes)] == changes


def lists_mask(data: bytes) -> None:
    """A mask is in normal form once it is read, and a match takes no more time than mask times text."""
    text, _, subject = text_of(data).partition("\n")
    for mutes in (False, True):
        try:
            mask = extbans.read(text, mutes)
        except extbans.MaskError as error:
            assert str(error)
            continue
        assert len(mask.text.encode(errors="replace")) <= MASK_LENGTH
        assert extbans.read(mask.text, mutes) == mask
        assert extbans.read_stored(mask.text) == mask
        assert mask.fits(subject, subject) in (True, False)
    assert masks.matches("*" + subject.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?"), subject)


def duration(data: bytes) -> None:
    """Durations and times."""
    text = text_of(data)
    seconds = durations.read(text)
    assert seconds is None or 0 < seconds < 10**12
    time = timestamps.parse_time(text)
    if time is not None and time < _YEAR_10000:
        assert timestamps.parse_time(timestamps.format_time(time)) is not None


def join_link(data: bytes) -> None:
    """A link, and whatever else is typed as an address."""
    text = argument(data)
    try:
        link = joinlink.parse_link(text)
    except joinlink.BadLink as error:
        assert str(error)
    else:
        for scheme in joinlink.SCHEMES:
            assert joinlink.parse_link(link.render(scheme)) == link
    try:
        address = parse_address(text)
    except BadAddress as error:
        assert str(error)
    else:
        assert parse_address(str(address)).name == address.name
        assert address.wants_tls in (True, False)


# -- what is typed, and what is shown


def console_line(data: bytes) -> None:
    """What an operator types; and what a program writes to the console's socket."""
    text = argument(data)
    try:
        verb, words = console.split(text)
    except ValueError as error:
        assert str(error)
    else:
        assert isinstance(verb, str)
        assert isinstance(words, tuple)
    answers: list[bytes] = []
    desk = console.Desk(lambda _: None, {})
    stack = console.ConsoleStack(_Connection(answers), desk)  # type: ignore[arg-type]
    for piece in pieces(data):
        stack.receive(piece)
    assert all(answer.endswith(b"\n") for answer in answers)


class _Connection:
    """As much of a connection as a console's stack needs."""

    sid = 1

    def __init__(self, answers: list[bytes]) -> None:
        self.hub = self
        self._answers = answers

    def send(self, _sid: int, data: bytes) -> None:
        self._answers.append(data)

    def update_interest(self) -> None:
        """Nobody is waiting."""

    def finish(self) -> None:
        """Nobody is waiting."""


def typed_line(data: bytes) -> None:
    """What somebody types into the chat, and how received text is shown."""
    text = argument(data)
    names = ("JOIN", "LOGIN", "MSG", "SEND", "REGISTER")
    meant = typed.parse(text, names, [*names, "RAW"], connected=len(data) % 2 == 0)
    if isinstance(meant, typed.Command):
        assert meant.name in (*names, "RAW")
    assert typed.is_secret(text) in (True, False)
    shown = harmless(text)
    assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in shown)
    assert harmless(shown) == shown


@cache
def _scratch() -> Path:
    """A file in memory, where there is such a place."""
    shm = Path("/dev/shm")
    directory = tempfile.mkdtemp(prefix="natterjack-fuzz-", dir=shm if shm.is_dir() else None)
    return Path(directory) / "config.toml"


def config(data: bytes) -> None:
    """A configuration file, and a variable of the environment: wrong ones are told, right ones can be written again."""
    scratch = _scratch()
    scratch.write_bytes(data)
    row = list(ROWS.values())[len(data) % len(ROWS)]
    for found in (examine(str(scratch), {}, {}), examine(None, {row.variable: text_of(data)}, {})):
        for trouble in found.troubles:
            assert trouble.right
            assert str(trouble)
        _check_shown(found.config)


def _check_shown(found: Config) -> None:
    for row in ROWS.values():
        value, kind = found.get(row), row.spec.kind
        written = tomllib.loads(f"x = {kind.show(value)}")["x"]
        assert kind.read(written) == value, row.name
