"""Every test of this package gets a fresh loop, and a hall with a door, where it asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hall import Hall
from tests.support.loop import Loop, loop_fixture

loop = loop_fixture


@pytest.fixture
def hall(loop: Loop, tmp_path: Path) -> Iterator[Hall]:
    hall = Hall(loop, tmp_path)
    yield hall
    hall.close()
