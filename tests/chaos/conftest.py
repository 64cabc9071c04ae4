"""Options of the chaos suite: ``python3 run.py test tests/chaos --long``, ``--rounds N``, ``--seed N``.

Without options each test is as short as it can be and still find something, so that the whole suite can be run with
every change. A test that fails prints the seed it ran with.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from tests.chaos.crowd import Crowd
from tests.chaos.plan import Plan

#: Seconds that a test may take with --long or --rounds.
_LONG = 3600


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("chaos")
    group.addoption(
        "--long", action="store_true", help="the chaos suite as it is meant: thorough, for minutes"
    )
    group.addoption("--rounds", type=int, help="how often each test of the chaos suite tries")
    group.addoption("--seed", type=int, help="for whatever is left to chance in the chaos suite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long", False) or config.getoption("--rounds", None):
        for item in items:
            if "/chaos/" in item.path.as_posix():
                item.add_marker(pytest.mark.timeout(_LONG))


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> Iterator[Plan]:
    """How long, and with what dice."""
    option = request.config.getoption
    seed = option("--seed", None)
    if seed is None:
        seed = random.randrange(1 << 32)
    made = Plan(bool(option("--long", False)), option("--rounds", None), seed)
    print(f"for the same dice: --seed {seed}")
    began = time.monotonic()
    yield made
    print(f"took {time.monotonic() - began:.1f} s")


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    """Everybody who takes part; they leave with the test."""
    made = Crowd()
    yield made
    made.close()
