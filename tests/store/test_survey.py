"""How fast a database grows, as far as can be told from outside."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from natterjack.store import index
from natterjack.store.database import NAME, StoreError, build, open_database, transaction
from natterjack.store.index import Index
from natterjack.store.rows import write
from natterjack.store.survey import survey
from tests.support.history import message

_NOW, _DAY = 1_800_000_000.0, 86_400


def test_growth_is_that_of_the_last_week(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "ZONE", 100)
    connection = open_database(tmp_path)
    with transaction(connection):
        for number in range(1, 3001):  # the first thousand a year ago, the others within four days
            ago = 365 * _DAY if number <= 1000 else (3000 - number) / 2000 * 4 * _DAY
            write(connection, message(number, "x" * 100, time=int((_NOW - ago) * 1000)))
    behind = Index(connection)
    while behind.is_due(3000):
        behind.step(3000)
    connection.close()
    found = survey(tmp_path / NAME, _NOW)
    assert found.size == (tmp_path / NAME).stat().st_size
    assert found.a_day == pytest.approx(500 * found.size / 3000, rel=0.1)


def test_what_is_new_old_or_damaged_has_no_growth(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    assert survey(tmp_path / NAME, _NOW).a_day == 0
    old = tmp_path / "old.db"
    old.touch()
    build(old, 2).close()
    assert survey(old, _NOW).a_day == 0
    (tmp_path / NAME).write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError):
        survey(tmp_path / NAME, _NOW)


@pytest.mark.parametrize(
    ("pragma", "text"),
    [
        ("user_version = 9999", "newer version of natterjack: "),
        ("application_id = 7", "no database of natterjack: "),
        ("", "is empty, so it was cut off: "),
    ],
)
def test_what_a_server_would_refuse_is_refused(tmp_path: Path, pragma: str, text: str) -> None:
    """The doctor said that all is well."""
    open_database(tmp_path).close()
    connection = apsw.Connection(str(tmp_path / NAME))
    connection.execute(f"PRAGMA {pragma}" if pragma else "SELECT 1")
    connection.close()
    if not pragma:
        (tmp_path / NAME).write_bytes(b"")
    with pytest.raises(StoreError, match=text):
        survey(tmp_path / NAME, _NOW)
