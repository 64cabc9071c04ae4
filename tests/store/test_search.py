"""Searching: what is found is what looking at every message would find, whatever of it is in the index."""

from __future__ import annotations

import time

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natterjack.ports.questions import Page, Search
from natterjack.ports.records import Record, RedactRecord
from natterjack.store import index, search
from natterjack.store.ring import Ring
from natterjack.store.texts import PLACE, TEXT, entry, fold_text, query, words
from tests.support.history import Memory, Model, message

#: What people write, in pieces that meet each other often.
_PIECES = [
    "hello", "Hello", "HELLO", "hell", "low", "ello", "世界", "你好", "你好世界", "世界你", "日本語",
    "にほんご", "ニホンゴ", "ﾆﾎﾝｺﾞ",
    "が", "か", "café", "CAFE", "cafe\u0301", "naïve", "straße", "STRASSE", "İstanbul", "ΣΊΣΥΦΟΣ", "σίσυφος",
    "й", "и", "👩‍👩‍👧",
    "👍🏽", "👍", "a", "ab", "abc", '"quoted"', "it's", "C++", "50%", "_x_", "*", "AND", "OR", "NEAR(a",
    "\U000f0001\U000f0002",
    "\x01ACTION", "waves\x01", "\u2028", "\u00a0", "\u3000", "fi", "ﬁ", "Ⅷ", "\u0301",
]  # fmt: skip
_PIECE = st.sampled_from(_PIECES)
_GLUE = st.sampled_from(["", " ", "  ", "-"])
_TEXTS = st.lists(st.tuples(_PIECE, _GLUE), min_size=1, max_size=4).map(
    lambda pieces: "".join(piece + glue for piece, glue in pieces)
)
_ACCOUNTS = st.sampled_from(["", "alice", "Bob"])
_SEARCHES = st.builds(
    Search,
    st.lists(st.integers(1, 3), min_size=1, unique=True).map(tuple),
    _TEXTS | _PIECE,
    st.integers(0, 40),
    st.integers(0, 40),
    st.sampled_from(["", "", "alice", "bob"]),
    st.integers(1, 5),
    st.just(()) | st.tuples(*[st.integers(0, 25)] * 3),
)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few messages are a part of the index, or not yet."""
    monkeypatch.setattr(index, "ZONE", 3)
    monkeypatch.setattr(index, "STEP", 4)
    monkeypatch.setattr(search, "_CHUNK", 3)
    monkeypatch.setattr(search, "_FIRST_HITS", 2)


@st.composite
def _stories(draw: st.DrawFn) -> list[Record]:
    records: list[Record] = []
    for number in range(1, draw(st.integers(1, 25))):
        is_message = draw(st.integers(0, 5)) > 0
        records.append(
            message(
                number, draw(_TEXTS), draw(st.integers(1, 3)), draw(_ACCOUNTS), draw(st.integers(1, 40)),
                is_message=is_message,
            )
        )  # fmt: skip
    return records


@st.composite
def _redactions(draw: st.DrawFn) -> list[Record]:
    body = draw(st.sampled_from([":a!b@c PRIVMSG #lobby :", ":a!b@c PRIVMSG #lobby :hello 世界 again"]))
    return [RedactRecord(draw(st.integers(1, 3)), draw(st.integers(1, 25)), body, "")]


@settings(max_examples=200)
@given(_stories(), _redactions(), st.lists(_SEARCHES, min_size=1, max_size=8), st.integers(0, 8))
def test_a_search_finds_what_looking_at_everything_finds(
    story: list[Record], redactions: list[Record], searches: list[Search], steps: int
) -> None:
    model, memory, ring = Model(), Memory(), Ring()
    for place in (model, memory, ring):
        place.take(story)
    memory.build(steps)
    for place in (model, memory, ring):
        place.take(redactions)
    for question in searches:
        expected = model.answer(question)
        assert memory.answer(question) == expected
        assert ring.answer(question, float("inf")) == expected
    memory.build()
    for question in searches:
        assert memory.answer(question) == model.answer(question)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("We meet in the Café tomorrow", "CAFE"),
        ("we meet in the cafe tomorrow", "Café"),
        ("Straße", "STRASSE"),
        ("今天天气很好", "天气"),
        ("今天天气很好", "天气很好"),
        ("これはテストです", "テスト"),
        ("これはﾃｽﾄです", "テスト"),
        ("well done 👍🏽!", "👍"),
        ("substrings", "bstr"),
        ("one two three", "three one"),
        ("ПРИВЕТ", "привет"),
        ("two lines\nfound together", "together lines"),
        ("what goes on over a bro\rken line", "broken"),
    ],
)
def test_a_word_is_found_however_it_is_written(text: str, asked: str) -> None:
    memory = Memory()
    memory.take([message(1, text)] + [message(number, "something else") for number in range(2, 12)])
    question = Search((1,), asked, 0, 0, "", 10)
    for _ in range(2):
        answer = memory.answer(question)
        assert isinstance(answer, Page)
        assert [line.id for line in answer.lines] == [1]
        memory.build()


@pytest.mark.parametrize(
    ("text", "asked"), [("かき", "がき"), ("мой", "мои"), ("abc", "abd"), ("a bc", "abc")]
)
def test_what_is_another_word_is_not_found(text: str, asked: str) -> None:
    memory = Memory()
    memory.take([message(1, text)])
    assert memory.answer(Search((1,), asked, 0, 0, "", 10)) == Page(())


def test_nothing_is_searched_for_without_words_or_places() -> None:
    memory = Memory()
    memory.take([message(1, "hello")])
    for question in (Search((1,), " \t", 0, 0, "", 5), Search((), "hello", 0, 0, "", 5)):
        assert memory.answer(question) == Page(())
        assert Ring().answer(question, float("inf")) == Page(())


def test_more_conversations_than_are_looked_up_one_by_one() -> None:
    memory = Memory()
    memory.take([message(number, f"hello {number}", conversation=number) for number in range(1, 301)])
    memory.build()
    places = tuple(range(1, 301, 2))
    answer = memory.answer(Search(places, "hello", 0, 0, "", 3))
    assert isinstance(answer, Page)
    assert [line.id for line in answer.lines] == [295, 297, 299]


def test_a_search_that_looks_through_too_much_says_that_it_gave_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SCAN_ROWS", 9)
    memory = Memory()
    texts = ["oh"] + ["something"] * 20 + ["oh"]
    memory.take([message(number, text) for number, text in enumerate(texts, 1)])
    answer = memory.answer(Search((1,), "oh", 0, 0, "", 5))
    assert isinstance(answer, Page)
    assert ([line.id for line in answer.lines], answer.complete) == ([22], False)


def test_a_search_that_is_out_of_time_says_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    memory.take([message(number, "hello") for number in range(1, 50)])
    question = Search((1,), "hello", 0, 0, "", 40)
    answer = search.search(memory.connection, question, time.monotonic() - 1)
    assert not answer.complete
    assert 0 < len(answer.lines) < 40
    ring = Ring()
    ring.take([message(1, "hello")])
    assert ring.answer(question, time.monotonic() - 1) == Page((), complete=False)


@given(st.text(), st.text())
def test_a_part_of_a_text_is_looked_up_by_trigrams_that_the_text_has(text: str, more: str) -> None:
    for word in words(text):
        assert word == fold_text(word) or fold_text(word) in fold_text(fold_text(word))
        for term in query((word,), (1,), "").split(" AND ")[:-1]:
            assert term.strip('"').replace('""', '"') in word or '"' in word


# -- the index follows what becomes of messages


def _entries(memory: Memory) -> int:
    return memory.count("SELECT count(*) FROM words")


def _finds(memory: Memory, text: str) -> list[int]:
    rows = memory.connection.execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid", (text,))
    return [row[0] for row in rows.fetchall()]


def test_a_redacted_text_leaves_the_index_and_an_edited_one_is_found_by_its_new_words() -> None:
    memory = Memory()
    memory.take([message(number, f"secret{number}") for number in range(1, 13)])
    memory.build()
    assert _finds(memory, "ret") == list(range(1, 13))
    memory.take(
        [
            RedactRecord(1, 3, ":a!b@c PRIVMSG #lobby :", ""),
            RedactRecord(1, 5, ":a!b@c PRIVMSG #lobby :plain", ""),
        ]
    )
    assert _finds(memory, "ret") == [1, 2, 4, 6, 7, 8, 9, 10, 11, 12]
    assert _finds(memory, "lai") == [5]
    assert _entries(memory) == 11


def test_what_is_redacted_before_it_is_in_the_index_never_gets_there() -> None:
    memory = Memory()
    memory.take([message(number, f"secret{number}") for number in range(1, 13)])
    memory.take(
        [RedactRecord(1, 3, ":a!b@c PRIVMSG #lobby :", ""), RedactRecord(2, 4, ":a!b@c PRIVMSG #lobby :", "")]
    )
    memory.build()
    assert _finds(memory, "ret") == [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12]


@pytest.mark.parametrize("conversation", [1, 50, -1, -70_000, 1 << 31, (1 << 45) - 1])
def test_sqlite_reckons_an_entry_as_python_does(conversation: int) -> None:
    body = ":Ann!a@x PRIVMSG #lobby :Two  words :of IRC\nand\r\n more\r"
    reckoned = apsw.Connection(":memory:").execute(
        f"SELECT 5, {TEXT}, {PLACE}, '' FROM (SELECT ? AS body, ? AS conversation)",  # noqa: S608 - expressions of ours
        (body, conversation),
    )
    assert reckoned.fetchall() == [entry(5, conversation, "", body)]


def test_an_index_that_was_interrupted_goes_on_where_it_was() -> None:
    memory = Memory()
    memory.take([message(number, f"word{number}") for number in range(1, 41)])
    memory.build(40 // index.ZONE + 3)  # the zones are first
    before = _entries(memory)
    assert 0 < before < 40
    memory.index = index.Index(memory.connection)  # a new process
    memory.build()
    assert _entries(memory) == 40
    assert _finds(memory, "ord") == list(range(1, 41))
    memory.connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")


def test_many_small_steps_are_merged_into_few_segments() -> None:
    memory = Memory()
    for number in range(1, 1001):
        memory.take([message(number, f"word{number} and some more")])
        memory.build()
    assert memory.count("SELECT count(DISTINCT segid) FROM words_idx") <= 12
