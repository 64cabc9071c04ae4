"""What several files of these tests begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.written import Written


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    made = Written(tmp_path)
    yield made
    made.store.close()
