"""For all tests: how many run at a time, and that what clients keep of a user is kept nowhere near the real one's."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import pytest

_NUMBERS = count(1)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two where all tests run, since much of that time is waiting; files stay whole, and come in their order.

    Tests that were chosen, and what they print (``-s``), need no workers.
    """
    all_of_them = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return 2 if all_of_them and config.option.capture != "no" and (os.cpu_count() or 1) > 1 else 0


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def _own_home(_homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place for what lasts that no other test knows; made by whoever puts something there."""
    monkeypatch.setenv("XDG_DATA_HOME", str(_homes / str(next(_NUMBERS))))
