"""For all tests: how many run at a time, what is kept for the next run, that what clients keep of a user is kept
nowhere near the real one's, and what becomes of the window's tests on a machine without Qt's libraries."""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from natterjack.desktop import libraries

#: Why the window's tests cannot run here; "" if they can. (The machine lacks libraries that Qt stands on.)
NO_WINDOWS = libraries.qt_problem((*libraries.PARTS, "PySide6.QtTest"))

# pytest-qt is not loaded by itself (pyproject.toml), since it ends the run of all tests where Qt cannot be loaded.
pytest_plugins = [] if NO_WINDOWS else ["pytestqt.plugin"]

WINDOWS = Path(__file__).parent / "desktop"

_NUMBERS = count(1)

# What tests are rewritten to, and what the programs that they start import, is kept, as run.py keeps the product's own,
# also where PYTHONDONTWRITEBYTECODE is set: else each worker would spend ten seconds on it in each run.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# On a machine that has other work an example may take any time.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Three where all tests run, also on two processors, since a third of that time is waiting; files stay whole, and
    come in their order.

    Tests that were chosen, and what they print (``-s``), need no workers.
    """
    all_of_them = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return 3 if all_of_them and config.option.capture != "no" and (os.cpu_count() or 1) > 1 else 0


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def _own_home(_homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place for what lasts that no other test knows; made by whoever puts something there."""
    monkeypatch.setenv("XDG_DATA_HOME", str(_homes / str(next(_NUMBERS))))


class _LeftOut(pytest.File):
    """A file of tests that cannot run here."""

    def collect(self) -> NoReturn:
        pytest.skip(NO_WINDOWS, allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The window's tests are left out, with the reason, where there can be no windows."""
    if NO_WINDOWS and WINDOWS in module_path.parents:
        return _LeftOut.from_parent(parent, path=module_path)
    return None
