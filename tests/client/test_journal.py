"""Who looks at a list now and then is told where it has changed, however much has happened meanwhile."""

from __future__ import annotations

import random

from natterjack.client.model.journal import Journal


def test_thousands_that_came_at_once_are_no_reason_to_look_at_everything() -> None:
    journal = Journal()
    for place in range(10_000):
        journal.changed(place)
    seen = journal.revision
    for place in range(10_000, 13_000):
        journal.changed(place)
    found = journal.since(seen)
    assert found is not None
    assert 9_000 < found <= 10_000
    assert journal.since(journal.revision) is None
    assert journal.since(-1) == 0


def test_no_change_is_ever_missed() -> None:
    chance = random.Random(5)
    journal = Journal()
    changes: list[int] = []  # the place of each revision, from 1
    for _ in range(5000):
        place = len(changes) if chance.random() < 0.95 else chance.randrange(len(changes) + 1)
        journal.changed(place)
        changes.append(place)
        seen = chance.randrange(max(0, journal.revision - 900), journal.revision)
        found = journal.since(seen)
        assert found is not None
        assert found <= min(changes[seen:])
