"""Targets: the core with people in it, a client's session, and the store's search."""

from __future__ import annotations

from base64 import b64encode
from functools import cache

from natterjack.client.model import Model as ClientModel
from natterjack.client.secret import Credentials, Secret
from natterjack.core.console import VERBS
from natterjack.ports.events import ConsoleRequest
from natterjack.ports.questions import Page, Search
from natterjack.ports.records import Snapshot
from natterjack.proto import caps
from natterjack.wire.framing import TOO_LONG, LineFramer
from tests.client.transcripts import Talk, welcome
from tests.fuzz.parsers import pieces, text_of
from tests.support import world
from tests.support.chat import Chat, make_account
from tests.support.history import Memory, Model, message

_EVERYTHING = " ".join(each.name for each in caps.CAPABILITIES if each.bit != caps.STS)
_SOME = "message-tags batch echo-message server-time"
_VERBS = sorted(VERBS)
#: Lines in one sample.
_MOST_LINES = 40


def people(**settings: object) -> Chat:
    """Three people in two channels, two of them logged in, one an operator; and a fourth who is on his way in."""
    accounts = (make_account("alice"), make_account("boss", operator=True))
    chat = Chat(store=True, access="open", snapshot=Snapshot(b"", accounts), **settings)
    chat.enter("alice", _EVERYTHING, login="alice")
    chat.enter("boss", _SOME, ip="192.0.2.7", login="boss")
    chat.enter("carl")
    chat.open("dora", "192.0.2.9", "tls")
    for name in ("alice", "boss", "carl"):
        chat.peers[name].post("JOIN #a,#b")
    chat.peers["boss"].post("OPER boss boss-password")
    chat.peers["alice"].post("PRIVMSG #a :hello", "PRIVMSG boss :psst", "PRIVMSG #b :\x01ACTION waves\x01")
    chat.peers["boss"].post("PRIVMSG #a :hello alice", "PRIVMSG alice :what?", "TOPIC #a :of toads")
    chat.quiet()
    return chat


def core(data: bytes) -> None:
    """Lines of several people, pauses, the operator's words, late answers: the state stays in order, and nothing stays.

    The first byte of each line says who does what.
    """
    chat = people(durable=len(data) % 3 > 0, instant=len(data) % 2 == 0)
    chat.answers = len(data) % 5 > 0
    for line in data.split(b"\n")[:_MOST_LINES]:
        if line:
            _act(chat, line[0], line[1:])
    world.check(chat.core)
    chat.finish()
    world.check(chat.core)
    world.check_nothing_is_left(chat.core)
    for peer in chat.peers.values():
        if not peer.closed:
            peer.hang_up()
    chat.finish()
    assert chat.world.sessions == {}
    assert chat.world.users == {}


def _act(chat: Chat, what: int, line: bytes) -> None:
    names = list(chat.peers)
    name = names[what % len(names)]
    peer = chat.peers[name]
    if what < 0x80:
        if not peer.closed:
            peer.post(*_framed(line))
        return
    match what % 8:
        case 0:
            chat.wait(what % 5 * 20.0, step=10)
        case 1 if chat.commits:
            chat.commit()
        case 2 if not peer.closed:
            peer.hang_up()
        case 3 if peer.closed:
            chat.open(name, "127.0.0.1" if what % 2 else "192.0.2.9")
        case 4 | 5:
            words = text_of(line).split(" ")
            verb = words[0] if words[0] in VERBS else _VERBS[what % len(_VERBS)]
            chat.handle(ConsoleRequest(1, verb, tuple(words[1:])))
        case 6 if chat.asked:
            chat.answer(len(line) % len(chat.asked), failed=len(line) % 3 == 0)


def _framed(line: bytes) -> list[bytes]:
    """``line`` as far as the framer lets it through."""
    return [each for each in LineFramer().feed(line + b"\n") if each is not TOO_LONG]


@cache
def _lasting() -> Chat:
    return people(durable=True, instant=True)


def history(data: bytes) -> None:
    """CHATHISTORY, SEARCH, REDACT, MARKREAD: each is answered, once, and changes nobody's place."""
    chat = _lasting()
    peer = chat.peers["alice"]
    verb = (b"CHATHISTORY ", b"SEARCH ", b"MARKREAD #a ", b"WHO ", b"LIST ")[len(data) % 5]
    for line in _framed(b"@label=q " + verb + data.replace(b"\n", b" ")):
        answer = peer.send(line)
        assert answer
        assert answer[0].startswith("@") is (not _is_utf8(line) or not {0, 13} & set(line)), answer
    assert chat.world.sessions[peer.sid].waiting is None
    world.check_nothing_is_left(chat.core)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def login(data: bytes) -> None:
    """AUTHENTICATE and REGISTER on the way in, with messages that are in base64, or are not."""
    chat = Chat(store=True, durable=True, access="open", snapshot=Snapshot(b"", (make_account("alice"),)))
    peer = chat.open("eve", "192.0.2.9", "tls")
    peer.post("CAP REQ :sasl standard-replies", "NICK eve", "USER e 0 * :E")
    mechanism = ("PLAIN", "SCRAM-SHA-256", "EXTERNAL")[len(data) % 3]
    peer.post(f"AUTHENTICATE {mechanism}")
    for part in data.split(b"\n")[:8]:
        if part[:1] == b"!":
            peer.post(*_framed(part[1:]))
        else:
            text = b64encode(part).decode()
            peer.post(*(f"AUTHENTICATE {text[at : at + 400]}" for at in range(0, len(text) or 1, 400)))
    chat.finish()
    world.check(chat.core)
    world.check_nothing_is_left(chat.core)
    accounts = {user.account for user in chat.world.users.values()}
    assert "alice" not in accounts or b"alice-password" in data


def session(data: bytes) -> None:
    """A client whose server says anything: events, and what is sent, are the same however it comes cut."""
    whole, cut = (Talk(login=Credentials("kim", Secret("pencil"))) for _ in range(2))
    if len(data) % 2:
        whole, cut = Talk(), Talk()
        welcome(whole)
        welcome(cut)
    events = whole.session.receive(data, 0.0, 0.0)
    apart = [event for piece in pieces(data) for event in cut.session.receive(piece, 0.0, 0.0)]
    assert events == apart
    model = ClientModel()
    for event in events:
        model.apply(event)
    sent = whole.session.output()
    assert sent == cut.session.output()
    assert all(len(line) <= 510 or line[:1] == b"@" for line in sent.split(b"\r\n"))
    for event in (*whole.later(1000.0), *whole.session.lost()):
        model.apply(event)


#: What was said, for searches: pieces of words, marks, scripts without spaces, quotes.
_SAID = (
    "hello", "Hello World", "HELLO wor ld", "café", "cafe\u0301", "ßtraße", "STRASSE", "ｆｕｌｌ ｗｉｄｔｈ", "ｶﾞ", "が", "か",
    "中文没有空格", '"quoted" AND NEAR', "a b c", "", " ", "\x01ACTION hello\x01", "x" * 200, "\U000f0000\U000f0000\U000f0001",
    "İstanbul", "ﬁne", "\u0345", "ΑΣ", "ας", "tab\there", "nul-like \u2400", "emoji 👩‍👩‍👧 family",
)  # fmt: skip


@cache
def _books() -> tuple[Memory, Model]:
    memory, model = Memory(), Model()
    records = [
        message(number, text, 1 + number % 3, ("alice", "Boß", "")[number % 3])
        for number, text in enumerate(_SAID * 3, 1)
    ]
    for book in (memory, model):
        book.take(records)
    memory.build(40)
    return memory, model


def search(data: bytes) -> None:
    """Whatever is searched for, the store finds what a look at everything finds."""
    text = data.decode("utf-8", "replace").replace("\0", "")
    memory, model = _books()
    account = ("", "alice", "boss")[len(data) % 3]
    places = ((1,), (1, 2, 3), (2, 9), tuple(range(1, 200)))[len(text) % 4]
    question = Search(places, text, len(text) % 2 * 40, len(text) % 3 * 500, account, 1 + len(data) % 60)
    found, right = memory.answer(question), model.answer(question)
    assert isinstance(found, Page), found
    assert found == right, question
