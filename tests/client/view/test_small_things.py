"""Order, switcher, completion, links, spans of time, drafts."""

from __future__ import annotations

import pytest

from natterjack.client import events as e
from natterjack.client.events import Kind
from natterjack.client.model import Model
from natterjack.client.view import order, spans
from natterjack.client.view.completing import completions
from natterjack.client.view.drafts import Drafts
from natterjack.client.view.emoji import EMOJI
from natterjack.client.view.links import find_links
from natterjack.client.view.switcher import ranked
from natterjack.proto.source import Source

KIM = Source("kim", "k", "h")
ALICE = Source("alice", "a", "h")


def model() -> Model:
    """Kim in #lobby, #dev and #design, with something from alice in person, and a mention in #dev."""
    found = Model()
    found.apply(e.Welcomed("kim", "srv"))
    for name in ("#lobby", "#dev", "#design"):
        found.apply(e.Joined(KIM, name, "", "", True, 1.0))
    found.apply(e.Ready("kim", "srv", "Net"))
    found.apply(e.NamesListed(0, "#lobby", (e.Named("kim"), e.Named("alice"), e.Named("alan"))))
    found.apply(e.MessageReceived("m1", 2.0, ALICE, "kim", "psst", Kind.MESSAGE, False))
    found.apply(e.MessageReceived("m2", 3.0, ALICE, "#design", "hello", Kind.MESSAGE, False))
    found.apply(e.MessageReceived("m3", 4.0, ALICE, "#dev", "kim: hello", Kind.MESSAGE, False))
    return found


def test_order() -> None:
    found = model().conversations
    assert [each.name for each in order.arranged(found)] == ["#lobby", "#dev", "#design", "alice"]
    second = order.nth(found, 2)
    assert second is not None
    assert second.name == "#dev"
    assert order.nth(found, 5) is None
    walked = [
        order.neighbour(found, name, step) for name, step in (("#lobby", -1), ("alice", 1), ("#dev", 1))
    ]
    assert [each.name for each in walked if each] == ["alice", "#lobby", "#design"]
    mentioned = order.next_unread(found, "#lobby")
    assert mentioned is not None
    assert mentioned.name == "#dev"
    assert order.neighbour([], "", 1) is None


@pytest.mark.parametrize(
    ("letters", "best"),
    [("", "#dev"), ("de", "#dev"), ("dsg", "#design"), ("ali", "alice"), ("#l", "#lobby"), ("LBB", "#lobby")],
)
def test_switcher(letters: str, best: str) -> None:
    assert ranked(model().conversations, letters)[0].name == best


def test_switcher_knows_none() -> None:
    assert ranked(model().conversations, "xyz") == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("al", ["alan: ", "alice: "]),
        ("hi al", ["alan ", "alice "]),
        ("@al", ["alan: ", "alice: "]),
        ("hi @al", ["alan ", "alice "]),
        ("one\nal", ["alan: ", "alice: "]),
        ("one\n/jo", ["/join "]),
        ("#d", ["#design ", "#dev "]),
        ("/jo", ["/join "]),
        ("nice :rock", ["🚀 "]),
        (":thumbsu", ["👍 "]),
        ("12:30", []),
        ("SENDFILE alice no", ["notes.txt"]),
        ("/sendfile alice sub/", ["sub/"]),
    ],
)
def test_completion(line: str, found: list[str]) -> None:
    def listing(directory: str) -> list[str]:
        return ["sub/"] if directory else ["notes.txt", ".hidden", "sub/"]

    assert list(completions(model(), line, len(line), ("JOIN", "PART"), listing).candidates) == found


def test_completion_before_other_words() -> None:
    """There is a blank already: a second one would stand between the two."""

    def found(line: str, cursor: int) -> tuple[int, tuple[str, ...]]:
        offered = completions(model(), line, cursor, ("JOIN",), lambda directory: [])
        return offered.start, offered.candidates

    assert found("ask ali please", 7) == (4, ("alice",))
    assert found("ali please", 3) == (0, ("alice:",))
    assert found("ask alixxx please", 7) == (4, ("alice ",))
    assert found("one\nask :rock it", 13) == (8, ("🚀",))


def test_emoji_are_one_character_each() -> None:
    assert len(EMOJI) > 200
    assert {name: text for name, text in EMOJI.items() if len(text) != 1} == {}


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see https://a.example/b.", ["https://a.example/b"]),
        ("(https://a.example/x_(y)) and HTTP://B.example!", ["https://a.example/x_(y)", "HTTP://B.example"]),
        ("ftp://x javascript://y https:// nothing", []),
        ('"https://a.example/?q=1&r=2", said she', ["https://a.example/?q=1&r=2"]),
    ],
)
def test_links(text: str, urls: list[str]) -> None:
    links = find_links(text)
    assert [link.url for link in links] == urls
    assert [text[link.start : link.end] for link in links] == urls


def test_spans_of_time() -> None:
    seconds = (0.2, 59, 60, 125, 12000, 187200)
    words = ["0 s", "59 s", "1 min", "2 min 5 s", "3 h 20 min", "2 d 4 h"]
    assert [spans.duration(each) for each in seconds] == words


def test_drafts_and_typed_lines() -> None:
    drafts = Drafts(lambda text: "secret" in text)
    drafts.leave("#x", "half a line")
    drafts.leave("#y", "LOGIN kim secret")
    assert (drafts.resume("#X"), drafts.resume("#y"), drafts.begun) == ("half a line", "", {"#x"})
    for text in ("one", "two", "one", "secret", "three"):
        drafts.typed("#x", text)
    assert drafts.resume("#x") == ""
    assert drafts.forth("#x") is None
    back = [drafts.back("#x", "begun") for _ in range(4)]
    assert back == ["three", "one", "two", None]
    assert [drafts.forth("#x") for _ in range(4)] == ["one", "three", "begun", None]
    drafts.leave("#x", "again")
    again = Drafts(lambda text: False, drafts.kept("#x"))
    assert (again.resume("#x"), again.back("#x", ""), again.kept("#x").current) == ("again", "three", "#x")
