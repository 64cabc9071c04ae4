"""The outbox: what goes next, what an answer means, what a reconnect means; against servers that lose connections."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from natterjack.client.events import Kind
from natterjack.client.session.backoff import FIRST, MOST, backoff
from natterjack.client.session.multiline import Limits
from natterjack.client.session.outbox import WINDOW, Draft, Entry, Outbox, cut, drafts
from natterjack.client.session.state import LINE_BYTES


def entry(number: int, target: str = "#pond", ref: int = 0, *, tried: bool = False) -> Entry:
    return Entry(number, f"cid{number}", target, Kind.MESSAGE, f"text {number}", tried, ref)


def box(*entries: Entry, resends: bool = True) -> Outbox:
    made = Outbox()
    for each in entries:
        made.add(each)
    assert made.connected(resends=resends) == []
    return made


def numbers(entries: list[Entry]) -> list[int]:
    return [each.number for each in entries]


def test_nothing_goes_without_a_connection() -> None:
    made = Outbox()
    made.add(entry(1))
    assert made.due() == []
    made.connected(resends=True)
    assert numbers(made.due()) == [1]
    assert made.due() == []


def test_a_window_for_each_target() -> None:
    made = box(*(entry(number) for number in range(1, 30)), entry(30, "alice"))
    assert numbers(made.due()) == [*range(1, WINDOW + 1), 30]
    made.answered(3)
    assert numbers(made.due()) == [WINDOW + 1]


def test_a_reconnect_sends_all_that_is_not_answered_again_in_order() -> None:
    made = box(*(entry(number) for number in range(1, 30)))
    first = made.due()
    made.answered(1)
    made.add(entry(40))
    assert made.lost() == []
    assert made.due() == []
    assert made.connected(resends=True) == []
    again = made.due()
    assert numbers(again) == list(range(2, WINDOW + 2))
    assert [each.cid for each in again[:15]] == [each.cid for each in first[1:]]


def test_where_nothing_can_be_sent_again_its_fate_is_unknown() -> None:
    made = box(entry(1), entry(2, "bob"), resends=False)
    assert numbers(made.due()) == [1, 2]
    made.add(entry(3))
    made.answered(1)
    assert numbers(made.due()) == [3]
    made.add(entry(4))
    assert numbers(made.lost()) == [2, 3]
    assert made.connected(resends=False) == []
    assert numbers(made.due()) == [4]


def test_what_an_earlier_run_tried_is_unknown_to_such_a_server() -> None:
    made = Outbox()
    made.add(entry(1, tried=True))
    made.add(entry(2))
    assert numbers(made.connected(resends=False)) == [1]
    assert numbers(made.due()) == [2]


def test_no_answer_in_time() -> None:
    made = box(entry(1), entry(2))
    made.due()
    assert made.again(1) is None
    assert numbers(made.due()) == [1]
    strict = box(entry(1), resends=False)
    strict.due()
    unknown = strict.again(1)
    assert unknown is not None
    assert len(strict) == 0
    assert strict.again(1) is None


def test_how_many_of_a_line_are_still_open() -> None:
    made = box(entry(1, ref=7), entry(2, "bob", ref=7), entry(3, ref=8))
    made.due()
    answered = made.answered(1)
    assert answered is not None
    assert answered[1] == 1
    assert made.answered(1) is None
    answered = made.answered(2)
    assert answered is not None
    assert answered[1] == 0


def test_what_does_not_go_as_one_is_cut_with_all_behind_it() -> None:
    long = structs.replace(entry(2, ref=7), text="one\ntwo")
    tried = structs.replace(entry(1, ref=6), text="tried\nas one", tried=True)
    made = box(tried, long, entry(3), entry(4, "bob"))
    assert made.misfits(Limits()) == ([], [])
    unknown, whole = made.misfits(None)
    assert (unknown, numbers(whole)) == ([tried], [2, 3])
    new = [structs.replace(entry(number, ref=7), text=text) for number, text in ((5, "one"), (6, "two"))]
    made.replace(whole, [*new, entry(7)])
    assert [made.left(6), made.left(7)] == [0, 2]
    assert made.misfits(None) == ([], [])
    assert numbers(made.due()) == [4, 5, 6, 7]


def test_what_was_never_tried_can_be_taken_out() -> None:
    made = box(*(entry(number) for number in range(1, 20)))
    made.due()
    assert numbers(made.take_untried()) == [17, 18, 19]
    assert len(made) == WINDOW


@pytest.mark.parametrize("kind", list(Kind))
def test_a_message_fits_whoever_sends_it(kind: Kind) -> None:
    made = drafts("#pond,alice", "ü" * 1000 + "\n\nzwei\r", kind)
    assert "".join(each.text for each in made if each.target == "#pond") == "ü" * 1000 + "zwei "
    longest = max(len(each.text.encode()) for each in made if each.target == "#pond")
    frame = len("PRIVMSG #pond :\x01ACTION \x01\r\n") if kind is Kind.ACTION else len("PRIVMSG #pond :\r\n")
    assert LINE_BYTES - 123 <= longest + frame <= LINE_BYTES - 118


@given(attempt=st.integers(0, 10_000), chance=st.floats(0, 1))
def test_waiting_has_bounds(attempt: int, chance: float) -> None:
    assert FIRST <= backoff(attempt, chance) <= MOST
    assert backoff(attempt, chance) <= backoff(attempt + 1, chance)


def test_waiting_differs() -> None:
    assert [backoff(attempt, 0.0) for attempt in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert backoff(0, 1.0) == 0.5
    assert backoff(20, 1.0) == 30


class Server:
    """Stores messages, once for each cid where it knows them. ``shown`` is what the others saw, by target."""

    def __init__(self, *, knows_cids: bool) -> None:
        self.knows_cids = knows_cids
        self.shown: dict[str, list[str]] = {}
        self.cids: set[str] = set()

    def take(self, message: Entry) -> None:
        if self.knows_cids and message.cid in self.cids:
            return
        self.cids.add(message.cid)
        self.shown.setdefault(message.target, []).append(message.text)


#: What can happen: type something, the server works off so many lines, so many answers arrive, the connection breaks,
#: it comes back, the program is killed and started again.
HAPPENING = st.one_of(
    st.tuples(st.just("type"), st.sampled_from(["#a", "#b", "bob"])),
    st.tuples(st.just("work"), st.integers(1, 20)),
    st.tuples(st.just("answer"), st.integers(1, 20)),
    st.tuples(st.sampled_from(["cut", "connect", "kill"]), st.just(0)),
)


class World:
    """A client, its disk, two wires and a server."""

    def __init__(self, *, knows_cids: bool) -> None:
        self.server = Server(knows_cids=knows_cids)
        self.disk: dict[int, Entry] = {}
        self.outbox = Outbox()
        self.there: list[Entry] = []
        self.back: list[int] = []
        self.online = False
        self.typed: dict[str, list[str]] = {}
        self.unknown: list[str] = []

    def type(self, target: str) -> None:
        number = sum(map(len, self.typed.values())) + 1
        made = entry(number, target)
        self.typed.setdefault(target, []).append(made.text)
        self.disk[number] = structs.replace(made, tried=self.online)
        self.outbox.add(made)
        self.send()

    def send(self) -> None:
        for each in self.outbox.due():
            self.disk[each.number] = structs.replace(each, tried=True)
            self.there.append(each)

    def work(self, most: int) -> None:
        for each in self.there[:most]:
            self.server.take(each)
            self.back.append(each.number)
        del self.there[:most]

    def answer(self, most: int) -> None:
        for number in self.back[:most]:
            if self.outbox.answered(number):
                del self.disk[number]
        del self.back[:most]
        self.send()

    def cut(self, _: int = 0) -> None:
        self.online = False
        self.there.clear()
        self.back.clear()
        self.note_unknown(self.outbox.lost())

    def connect(self, _: int = 0) -> None:
        if not self.online:
            self.online = True
            self.note_unknown(self.outbox.connected(resends=self.server.knows_cids))
            self.send()

    def kill(self, _: int = 0) -> None:
        self.there, self.back, self.online = [], [], False
        self.outbox = Outbox()
        for number in sorted(self.disk):
            self.outbox.add(self.disk[number])

    def note_unknown(self, entries: list[Entry]) -> None:
        for each in entries:
            self.unknown.append(each.text)
            del self.disk[each.number]

    def settle(self) -> None:
        self.connect()
        while self.there or self.back:
            self.work(1000)
            self.answer(1000)


@settings(max_examples=300)
@given(happenings=st.lists(HAPPENING, max_size=120))
def test_each_message_arrives_once_and_in_order(happenings: list[tuple[str, object]]) -> None:
    world = World(knows_cids=True)
    for name, what in happenings:
        getattr(world, name)(what)
    world.settle()
    assert world.server.shown == world.typed
    assert world.unknown == []
    assert world.disk == {}
    assert len(world.outbox) == 0


@settings(max_examples=300)
@given(happenings=st.lists(HAPPENING, max_size=120))
def test_without_client_message_ids_nobody_sees_anything_twice(happenings: list[tuple[str, object]]) -> None:
    world = World(knows_cids=False)
    for name, what in happenings:
        getattr(world, name)(what)
    world.settle()
    for target, typed in world.typed.items():
        shown = world.server.shown.get(target, [])
        assert len(shown) == len(set(shown))
        assert shown == [text for text in typed if text in set(shown)]
        assert set(typed) - set(shown) <= set(world.unknown)
    assert len(world.outbox) == 0


class Changing(World):
    """The server takes messages of several lines, or none, as it likes with each connection."""

    def __init__(self) -> None:
        super().__init__(knows_cids=True)
        self.limits: Limits | None = Limits()
        self.count = 0

    def type(self, target: str) -> None:
        self.count += 1
        first = f"{self.count}a"
        self.typed.setdefault(target, []).extend([first, f"{self.count}b"])
        self.add(drafts(target, f"{first}\n{self.count}b", Kind.MESSAGE, limits=self.limits))
        self.send()

    def add(self, made: list[Draft]) -> list[Entry]:
        new = []
        for draft in made:
            self.count += 1
            one = Entry(self.count, f"cid{self.count}", draft.target, draft.kind, draft.text, ref=1)
            self.disk[one.number] = structs.replace(one, tried=self.online)
            self.outbox.add(one)
            new.append(one)
        return new

    def change(self, _: int = 0) -> None:
        if not self.online:
            self.limits = None if self.limits else Limits()

    def connect(self, _: int = 0) -> None:
        if self.online:
            return
        unknown, whole = self.outbox.misfits(self.limits)
        self.note_unknown(unknown)
        for each in whole:
            del self.disk[each.number]
        self.add([draft for each in whole for draft in cut(each, self.limits)])
        self.outbox.replace(whole, [])
        super().connect()


CHANGING = st.one_of(HAPPENING, st.tuples(st.just("change"), st.just(0)))


@settings(max_examples=300)
@given(happenings=st.lists(CHANGING, max_size=120))
def test_whatever_the_server_takes_as_one_no_line_is_said_twice(happenings: list[tuple[str, object]]) -> None:
    world = Changing()
    for name, what in happenings:
        getattr(world, name)(what)
    world.settle()
    unknown = {line for text in world.unknown for line in text.split("\n")}
    for target, typed in world.typed.items():
        shown = [line for text in world.server.shown.get(target, []) for line in text.split("\n")]
        assert shown == [line for line in typed if line in set(shown)]
        assert set(typed) - set(shown) <= unknown
    assert len(world.outbox) == 0
    assert world.disk == {}
