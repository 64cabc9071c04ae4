"""What is shown of a conversation, and that only what changed is worked out anew."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime

from natterjack.client.events import Kind
from natterjack.client.model.conversations import Channel
from natterjack.client.model.items import Arrival, Departure, Item, Message, Note, Renaming, TopicChange
from natterjack.client.view.rows import Day, Happened, New, Row, Rows, Said, Told

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC).timestamp()


def day_of(time: float) -> date:
    return datetime.fromtimestamp(time, UTC).date()


def said(nick: str, at: float, text: str = "hi", msgid: str = "", **more: bool) -> Message:
    own = more.get("own", False)
    return Message(NOON + at, msgid, nick, text, Kind.MESSAGE, own, more.get("history", False), False, "")


def channel(*items: Item, looking: bool = True) -> Channel:
    found = Channel("#x", 1000)
    for item in items:
        found.add(item, looking=looking)
    return found


def words(rows: list[Row]) -> list[str]:
    """Each row, short."""
    return [word(row) for row in rows]


def word(row: Row) -> str:
    match row:
        case Day(date=day):
            return day.isoformat()
        case New():
            return "new"
        case Said(item=item, first=first):
            return f"{item.nick}: {item.text}" if first else f"  {item.text}"
        case Happened(text=text):
            return f"* {text}"
        case Told(item=item):
            return f"- {item.text}"
    raise AssertionError(row)


def shown(found: Channel) -> list[str]:
    rows = Rows(found, day_of)
    rows.update()
    return words(rows.rows)


def test_groups_and_days() -> None:
    assert shown(
        channel(
            said("alice", 0, "one"),
            said("Alice", 200, "two"),
            said("alice", 301, "three"),
            said("bob", 302, "four"),
            said("bob", 43200, "next day"),
        )
    ) == ["2026-05-01", "alice: one", "  two", "alice: three", "bob: four", "2026-05-02", "bob: next day"]


def test_comings_and_goings_are_one_row() -> None:
    time = NOON
    assert shown(
        channel(
            said("bob", -1, "x"),
            Arrival(time, "alice"),
            Arrival(time, "carol"),
            Departure(time, "carol", "", False),
            Departure(time, "dave", "bye", True),
            Renaming(time, "eve", "eva"),
            TopicChange(time, "tea", "alice"),
            Departure(time, "alice", "late", True),
            said("bob", 2, "y"),
        )
    ) == [
        "2026-05-01",
        "bob: x",
        "* alice joined; dave left; carol came and went; eve is now eva",
        "* alice set the topic: tea",
        "* alice left the server (late)",
        "bob: y",
    ]


def test_nobody_reads_who_comes_into_a_crowd() -> None:
    found = channel(Arrival(NOON, "alice"), said("bob", 1))
    rows = Rows(found, day_of)
    rows.update()
    assert words(rows.rows) == ["2026-05-01", "* alice joined", "bob: hi"]
    for number in range(101):
        found.enter(f"n{number}")
    assert rows.update() == 0
    assert words(rows.rows) == ["2026-05-01", "bob: hi"]


def test_the_new_line_stays_where_it_is() -> None:
    found = channel(said("alice", 0, "old"))
    found.mark_read()
    rows = Rows(found, day_of)
    rows.update()
    found.add(said("alice", 1, "one"), looking=False)
    found.add(said("alice", 2, "two"), looking=True)
    rows.update()
    assert words(rows.rows) == ["2026-05-01", "alice: old", "new", "alice: one", "  two"]
    found.mark_read()
    assert rows.update() is None
    found.line_up()
    rows.update()
    assert words(rows.rows) == ["2026-05-01", "alice: old", "  one", "  two"]


def test_only_the_last_rows_are_made_anew() -> None:
    found = channel(*(said(f"n{number}", number) for number in range(200)))
    rows = Rows(found, day_of)
    assert rows.update() == 0
    assert rows.update() is None
    before = list(rows.rows)
    found.add(said("n199", 201), looking=True)
    assert rows.update() == 201
    assert all(one is other for one, other in zip(before, rows.rows, strict=False))


def test_a_changed_message_and_older_ones() -> None:
    found = channel(said("alice", 0, "one", "m1"), said("bob", 1, "two", "m2"))
    rows = Rows(found, day_of)
    rows.update()
    message = found.message("m1")
    assert message is not None
    found.change(message, text="uno", edited=True)
    assert rows.update() == 0
    found.add(said("carol", -10, "zero", history=True), looking=True, past=True)
    rows.update()
    assert words(rows.rows) == ["2026-05-01", "carol: zero", "alice: uno", "bob: two"]
    found.note(Note(NOON + 3, "told"))
    rows.update()
    assert words(rows.rows)[-1] == "- told"
    found.clear()
    rows.update()
    assert rows.rows == []


def test_step_by_step_is_the_same_as_all_at_once() -> None:
    for seed in range(60):
        chance = random.Random(seed)
        found = Channel("#x", 40)
        rows = Rows(found, day_of)
        for step in range(200):
            _do_something(found, chance, step)
            if chance.random() < 0.5:
                rows.update()
        rows.update()
        assert words(rows.rows) == shown(found), seed


def test_from_the_end_backwards_is_the_same_in_the_end() -> None:
    for seed in range(60):
        chance = random.Random(seed)
        found = Channel("#x", 60)
        for step in range(50):
            _do_something(found, chance, step)
        rows = Rows(found, day_of, last=7)
        for step in range(50, 80):
            rows.update()
            rows.earlier(chance.randrange(3))
            _do_something(found, chance, step)
        rows.update()
        while not rows.whole:
            rows.earlier(5)
        assert words(rows.rows) == shown(found), seed


def test_a_long_conversation_is_begun_at_its_end() -> None:
    found = channel(*(said(f"n{number}", number, msgid=f"m{number}") for number in range(500)))
    rows = Rows(found, day_of, last=20)
    rows.update()
    assert len(rows.rows) == 21
    assert not rows.whole
    first = rows.rows[2:]
    assert rows.earlier(30) == 30
    assert all(one is other for one, other in zip(first, rows.rows[-19:], strict=True))
    found.add(said("older", -9, history=True), looking=True, past=True)
    assert rows.update() is None  # it is not among those shown


def _do_something(found: Channel, chance: random.Random, step: int) -> None:
    at = step * chance.choice([1, 100, 3000])
    nick = chance.choice(["alice", "bob"])
    what = chance.randrange(8)
    messages = [item for item in found.items if isinstance(item, Message)]
    if what < 3:
        found.add(said(nick, at, f"t{step}"), looking=chance.random() < 0.5)
    elif what < 5:
        item = Arrival(NOON + at, nick) if what == 3 else Departure(NOON + at, nick, "", False)
        found.add(item, looking=True)
    elif what == 5 and messages:
        found.change(chance.choice(messages), text=f"changed {step}")
    elif what == 6:
        found.add(said(nick, chance.randrange(1000), f"old {step}", history=True), looking=True, past=True)
    else:
        found.mark_read()
        found.line_up()
