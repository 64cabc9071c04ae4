"""History: pages, single lines, client message ids and targets, from the database and from the ring."""

from __future__ import annotations

import itertools
import threading
import tracemalloc

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natterjack.ports.questions import (
    Bound,
    FindCid,
    FindLine,
    Page,
    ReadHistory,
    ReadQuestion,
    ReadTargets,
    StoredLine,
)
from natterjack.ports.records import (
    AccountRecord,
    CidRecord,
    ForgetRecord,
    LineRecord,
    MarkRecord,
    PairRecord,
    Record,
    RedactRecord,
)
from natterjack.store import index, messages
from natterjack.store import ring as ring_module
from natterjack.store.ring import Ring
from tests.support.history import Memory, Model, message

_PLACES = st.integers(1, 3)
_TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\0", exclude_categories=("Cs",)), max_size=6
)
_TIMES = st.integers(1, 60)  # so few that clocks often stand still and jump back


@st.composite
def _stories(draw: st.DrawFn) -> list[Record]:
    """What may have been stored: lines with times in any order, and what became of some of them."""
    records: list[Record] = []
    number = 0
    for _ in range(draw(st.integers(0, 25))):
        number += draw(st.integers(1, 3))
        places = draw(st.lists(_PLACES, min_size=1, max_size=2, unique=True))
        is_message = draw(st.booleans()) or draw(st.booleans())
        text, tags = draw(_TEXT), draw(_TEXT)
        conversations = tuple(places[:1] if is_message else places)
        line = message(number, text, 0, "", draw(_TIMES), conversations, is_message)
        records.append(msgspec.structs.replace(line, tags=tags))
        if draw(st.integers(0, 5)) == 0:
            body = draw(st.sampled_from((":a!b@c X :new", "")))
            records.append(RedactRecord(draw(_PLACES), draw(st.integers(1, number)), body, "t=1"))
    return records


_BOUNDS = st.none() | st.builds(Bound, id=st.integers(1, 75)) | st.builds(Bound, time=st.integers(0, 61))
_QUESTIONS = st.one_of(
    st.builds(
        ReadHistory,
        _PLACES,
        _BOUNDS,
        _BOUNDS,
        st.booleans(),
        st.integers(1, 10),
        st.booleans(),
        st.just(0) | st.integers(0, 75),
    ),
    st.builds(FindLine, _PLACES, st.integers(1, 75)),
    st.builds(
        ReadTargets,
        st.lists(_PLACES, unique=True).map(tuple),
        st.just("nobody"),
        st.integers(0, 61),
        st.integers(0, 61),
        st.integers(1, 3),
        st.just(()) | st.tuples(*[st.integers(0, 75)] * 9),
    ),
)


@pytest.fixture(autouse=True)
def small_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few lines fill several."""
    monkeypatch.setattr(index, "ZONE", 4)
    monkeypatch.setattr(index, "STEP", 5)


@settings(max_examples=150)
@given(_stories(), st.lists(_QUESTIONS, min_size=1, max_size=12), st.integers(0, 12))
def test_database_and_ring_answer_as_a_plain_list_would(
    story: list[Record], questions: list[ReadQuestion], steps: int
) -> None:
    model, memory, ring = Model(), Memory(), Ring()
    model.take(story)
    memory.take(story)
    assert ring.take(story) == ()
    memory.build(steps)
    for question in questions:
        expected = model.answer(question)
        assert memory.answer(question) == expected
        assert ring.answer(question, float("inf")) == expected


def test_a_page_by_time_after_the_clock_jumped_back_and_forth() -> None:
    memory, model = Memory(), Model()
    times = [100, 110, 120, 9000, 9010, 50, 130, 140, 55, 150, 160, 170, 8999, 180]
    lines = [message(number, time=time) for number, time in enumerate(times, 1)]
    memory.take(lines)
    model.take(lines)
    memory.build()
    assert memory.count("SELECT count(*) FROM zone") == 3
    for lower in (None, *(Bound(time=time) for time in (49, 50, 100, 135, 9000, 9500))):
        for upper in (None, *(Bound(time=time) for time in (50, 56, 141, 9000, 9500))):
            for forward in (True, False):
                question = ReadHistory(1, lower, upper, forward, 4, False)
                assert memory.answer(question) == model.answer(question)


@pytest.mark.parametrize("kind", [Memory, Ring])
def test_a_bound_that_is_no_line_of_the_conversation_reads_nothing(kind: type[Memory] | type[Ring]) -> None:
    place = kind()
    place.take([message(1), message(2, conversation=2), message(3), message(4, is_message=False)])
    unknown = Page((), known=False)

    def ask(lower: Bound | None, upper: Bound | None) -> object:
        question = ReadHistory(1, lower, upper, True, 5, False)
        return place.answer(question, 0.0) if isinstance(place, Ring) else place.answer(question)

    assert ask(Bound(id=2), None) == unknown  # another conversation's
    assert ask(None, Bound(id=9)) == unknown
    assert ask(Bound(id=1), Bound(id=2)) == unknown
    page = ask(Bound(id=1), Bound(id=4))  # an event, although messages alone are asked for
    assert isinstance(page, Page)
    assert [line.id for line in page.lines] == [3]


@pytest.mark.parametrize("kind", [Memory, Ring])
def test_pairs_of_accounts_are_targets_of_both(kind: type[Memory] | type[Ring]) -> None:
    place, model = kind(), Model()
    records: list[Record] = [
        PairRecord("alice", "bob", -7),
        PairRecord("alice", "bob", -7),
        PairRecord("carol", "alice", -9),
        message(1, conversation=-7),
        message(2, conversation=5),
        message(3, conversation=-9),
        message(4, conversation=6),
        message(5, conversation=6, is_message=False),
    ]
    place.take(records)
    model.take(records)
    for account in ("alice", "bob", "carol", "dave"):
        for latest, limit in ((False, 10), (True, 10), (False, 2), (True, 2)):
            question = ReadTargets((5, 6, 8), account, 0, 1000, limit, (), latest)
            answer = place.answer(question, 0.0) if isinstance(place, Ring) else place.answer(question)
            assert answer == model.answer(question)
    question = ReadTargets((5, 6), "alice", 10, 40, 1)
    answer = place.answer(question, 0.0) if isinstance(place, Ring) else place.answer(question)
    assert answer == ((5, "", 20),)


@pytest.mark.parametrize("kind", [Memory, Ring])
def test_a_client_message_id_is_found_by_its_sender_alone(kind: type[Memory] | type[Ring]) -> None:
    place, model = kind(), Model()
    records = [message(1), CidRecord("alice", "c" * 64, 1, -(1 << 63)), CidRecord("", "other", 1, 7)]
    place.take(records)
    model.take(records)
    for sender in ("alice", "", "bob"):
        for cid in ("c" * 64, "other"):
            question = FindCid(sender, cid)
            answer = place.answer(question, 0.0) if isinstance(place, Ring) else place.answer(question)
            assert answer == model.answer(question)


@pytest.mark.parametrize(
    "beside",
    [(), (message(1, "another"),), (message(1, "an event", is_message=False),)],
    ids=["alone", "with a message", "with an event"],
)
def test_a_line_comes_back_as_it_was(beside: tuple[LineRecord, ...]) -> None:
    body = ':alice!a@host PRIVMSG #lobby :\x01ACTION says "\\ud83d" \\ ☂ 👩‍👩‍👧 \u2028\x7f\ufeff\x01'
    line = LineRecord(1 << 62, (-(1 << 62),), 1 << 50, True, body, "Älice", "+a=\\:b;bot")
    memory = Memory()
    messages.add(memory.connection, [line, *beside])
    expected = StoredLine(1 << 62, -(1 << 62), 1 << 50, body, "Älice", "+a=\\:b;bot")
    assert memory.answer(FindLine(-(1 << 62), 1 << 62)) == expected


# -- the ring alone


def test_the_ring_forgets_the_oldest_of_all_conversations_first() -> None:
    ring = Ring(size=100 * 450)
    for number in range(1, 2001):
        ring.take([message(number, conversation=number % 3, is_message=number % 5 != 0)])
    left = [
        line.id
        for conversation in range(3)
        for line in ring.answer(ReadHistory(conversation, None, None, True, 999, True), 0.0).lines  # type: ignore[union-attr]
    ]
    assert 90 < len(left) < 110
    assert sorted(left) == list(range(2001 - len(left), 2001))
    assert ring.answer(FindLine(0, 3), 0.0) is None


def test_the_ring_lets_client_message_ids_and_forgotten_conversations_go() -> None:
    ring = Ring(size=10_000)
    ring.take([message(1), CidRecord("alice", "first", 1, 1), ForgetRecord(1)])
    assert ring.answer(FindLine(1, 1), 0.0) is None
    ring.take([message(2)])
    assert ring.answer(FindLine(1, 2), 0.0) is not None
    for number in range(3, 200):
        ring.take([CidRecord("alice", f"cid{number}", number, 1)])
    assert ring.answer(FindCid("alice", "first"), 0.0) is None
    assert ring.answer(FindCid("alice", "cid199"), 0.0) is not None
    assert ring.answer(FindLine(1, 2), 0.0) is None


def test_the_ring_takes_no_more_memory_than_it_says() -> None:
    size = 2_000_000
    tracemalloc.start()
    try:
        ring = Ring(size)
        for number in range(20_000):
            ring.take([msgspec.structs.replace(message(number + 1, conversation=number % 5), body="x" * 500)])
            if not number % 1000:
                taken, _ = tracemalloc.get_traced_memory()
                assert taken < size
    finally:
        tracemalloc.stop()
    assert ring.answer(FindLine(4, 20_000), 0.0) is not None


def test_a_line_that_has_changed_takes_what_it_takes_now() -> None:
    ring = Ring(size=10_000)
    ring.take([message(number) for number in range(1, 11)])
    ring.take([RedactRecord(1, 10, "x" * 8000, "")])
    assert ring.answer(FindLine(1, 1), 0.0) is None
    assert ring.answer(FindLine(1, 10), 0.0) is not None
    ring.take([RedactRecord(1, 10, "x", ""), *(message(number) for number in range(11, 20))])
    assert ring.answer(FindLine(1, 10), 0.0) is not None


def test_the_ring_hands_on_what_is_stored_all_the_same() -> None:
    account = AccountRecord("alice", 1.0, 1, b"", b"", b"")
    mark = MarkRecord("alice", "#lobby", 5)
    assert Ring().take([account, message(1), mark]) == (account, mark)


def test_the_ring_is_read_while_it_is_filled() -> None:
    ring = Ring(size=60_000)
    stop = threading.Event()

    def fill() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            ring.take([message(number, conversation=number % 2)])

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        for _ in range(300):
            page = ring.answer(ReadHistory(1, None, None, False, 50, True), 0.0)
            assert isinstance(page, Page)
            ids = [line.id for line in page.lines]
            assert ids == sorted(ids)
            assert all(later - earlier == 2 for earlier, later in itertools.pairwise(ids))
    finally:
        stop.set()
        thread.join()


class _Door:
    """A lock that knows how many lines are taken out while it is held, and what comes whenever it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ring: Ring) -> None:
        self._ring = ring
        self._lock = ring._lock
        self._next = 10_000
        self.taken = self.most = 0
        at = ring_module._Pile.at

        def counted(pile: ring_module._Pile, index: int) -> StoredLine:
            self.taken += 1
            return at(pile, index)

        monkeypatch.setattr(ring_module._Pile, "at", counted)
        monkeypatch.setattr(ring, "_lock", self)

    def __enter__(self) -> None:
        self._lock.acquire()
        self.taken = 0

    def __exit__(self, *_: object) -> None:
        self.most = max(self.most, self.taken)
        self._lock.release()
        for is_message in (True, False):  # said meanwhile
            self._next += 1
            self._ring._add(message(self._next, is_message=is_message))


@pytest.mark.parametrize("forward", [True, False])
def test_who_reads_in_the_ring_holds_up_nobody_and_reads_what_was_there(
    monkeypatch: pytest.MonkeyPatch, forward: bool
) -> None:
    ring = Ring()
    ring.take([message(number, is_message=number % 2 == 0) for number in range(1, 6001)])
    door = _Door(monkeypatch, ring)
    page = ring.answer(ReadHistory(1, None, None, forward, 700, True), 0.0)
    assert isinstance(page, Page)
    assert [line.id for line in page.lines] == [*(range(1, 701) if forward else range(5301, 6001))]
    page = ring.answer(ReadHistory(1, Bound(time=10**9), None, forward, 10, True), 0.0)
    assert page == Page(())
    assert door.most <= 702
