"""For all tests: what clients keep of a user is kept nowhere near the real one's."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def _own_home(_homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place for what lasts that no other test knows; made by whoever puts something there."""
    monkeypatch.setenv("XDG_DATA_HOME", str(_homes / str(next(_NUMBERS))))
