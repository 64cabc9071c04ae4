"""What is not to be kept goes, in small steps, and out of the index too; everything else stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natterjack.ports.questions import Page, ReadHistory
from natterjack.ports.records import KeepRecord
from natterjack.store import index, retention
from natterjack.store.retention import Keep, sweep
from tests.support.history import Memory, message


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "ZONE", 4)
    monkeypatch.setattr(index, "STEP", 4)
    monkeypatch.setattr(retention, "_STEP", 3)
    monkeypatch.setattr(retention, "_COUNT", 2)


def _ids(memory: Memory, conversation: int, events: bool = False) -> list[int]:
    page = memory.answer(ReadHistory(conversation, None, None, True, 1000, events))
    assert isinstance(page, Page)
    return [line.id for line in page.lines]


def _swept(memory: Memory, default: Keep, now: float) -> int:
    return sum(1 for _ in sweep(memory.connection, default, now))


def test_each_conversation_by_its_own_rule_and_the_others_by_the_default() -> None:
    memory = Memory()
    memory.take(message(number, conversation=number % 3, time=number * 1000) for number in range(1, 31))
    memory.take([KeepRecord(0, 0, 2), KeepRecord(1, 5, 0)])
    memory.build()
    assert _swept(memory, Keep(0, 4), now=30.5) > 5
    assert _ids(memory, 0) == [27, 30]
    assert _ids(memory, 1) == [28]  # later than 25.5 s
    assert _ids(memory, 2) == [20, 23, 26, 29]
    left = sorted(_ids(memory, 0) + _ids(memory, 1) + _ids(memory, 2))
    entries = memory.connection.execute("SELECT rowid FROM words ORDER BY rowid").fetchall()
    assert [row[0] for row in entries] == [number for number in left if number <= 28]
    assert _swept(memory, Keep(0, 4), now=30.5) <= 6  # it only counts


def test_without_rules_nothing_goes() -> None:
    memory = Memory()
    memory.take(message(number) for number in range(1, 11))
    assert _swept(memory, Keep(), now=1e12) == 0
    assert _ids(memory, 1) == list(range(1, 11))


def test_events_go_with_the_messages_around_them() -> None:
    memory = Memory()
    memory.take(message(number, is_message=number % 4 == 0) for number in range(1, 41))
    _swept(memory, Keep(0, 3), now=1.0)
    assert _ids(memory, 1) == [32, 36, 40]
    assert _ids(memory, 1, events=True) == [32, 36, 37, 38, 39, 40]  # three events too


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 50), st.booleans()), max_size=40),
    st.integers(0, 55),
    st.integers(0, 6),
)
def test_by_age_goes_what_is_too_old_whatever_the_clock_did(
    lines: list[tuple[int, int, bool]], seconds: int, steps: int
) -> None:
    memory = Memory()
    memory.take(
        message(number, conversation=place, time=time * 1000, is_message=is_message)
        for number, (place, time, is_message) in enumerate(lines, 1)
    )
    memory.build(steps)
    _swept(memory, Keep(seconds), now=55.0)
    for place in (1, 2, 3):
        kept = [
            number
            for number, (where, time, _) in enumerate(lines, 1)
            if where == place and (not seconds or time * 1000 >= (55 - seconds) * 1000)
        ]
        assert _ids(memory, place, events=True) == kept
