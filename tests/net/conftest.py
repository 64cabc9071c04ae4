"""Every test of this package gets a fresh loop, and a hall with a door, where it asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from natterjack.net import reactor
from tests.support.hall import Hall
from tests.support.loop import Loop, loop_fixture

loop = loop_fixture


@pytest.fixture
def hall(loop: Loop, tmp_path: Path) -> Iterator[Hall]:
    hall = Hall(loop, tmp_path)
    yield hall
    hall.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop ticks five times a second: for tests that wait until nothing more comes, and then count turns."""
    monkeypatch.setattr(reactor, "TICK", 0.2)
