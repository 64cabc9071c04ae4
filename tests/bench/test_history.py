"""The benchmark of history runs, in small, and what it reads is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import history


def test_all_of_it_in_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_TEXTS", 500)
    monkeypatch.setattr(history, "_FILL", history._FILL.replace("50000", "500"))
    figures = list(history.measure(tmp_path, 3000, 0.2))
    assert [next(iter(each)) for each in figures] == [
        "made", "index", "bytes_per_message", "start", "pages", "pages", "search", "search", "search"
    ]  # fmt: skip
    found = figures[-1]["ms, hits, complete"]
    assert (found["rare"][1], found["absent"][1], found["common"][1]) == (1, 0, 50)
    assert all(complete for _, _, complete in found.values())


@pytest.mark.parametrize("cids", [False, True])
def test_writing_in_small(tmp_path: Path, cids: bool) -> None:
    figures = history.write(tmp_path, 10, cids, 0.1)
    assert figures["busy"]["rows_per_second"] > 0
    assert figures["idle"]["rows_per_second"] > 0
