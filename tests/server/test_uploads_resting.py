"""Uploads that rest are given up in their time, whatever the clock says meanwhile (G13)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from natterjack.files.limits import FileLimits
from natterjack.files.vault import FOLDER, Meta, Vault
from natterjack.ports.events import Now
from natterjack.server.files import Files

_YEAR = 365 * 86400.0
_START = 1.5e9


class Rest:
    """A server that finds one upload, begun ``ago`` seconds before, of which nothing came; it rests for ten."""

    def __init__(self, data: Path, ago: float) -> None:
        vault = Vault(data / FOLDER)
        vault.describe(Meta(id="a" * 22, owner="ann", payer="ann", target="", name="a", said="", size=5))
        begun = _START - ago
        os.utime(data / FOLDER / "incoming" / f"{'a' * 22}.json", (begun, begun))
        self.now = Now(1000.0, _START)
        limits = FileLimits(expire_empty=10.0)
        self.files = Files(data, limits, lambda _ask: None, lambda _then: None, lambda: self.now)

    def there(self, later: float, clock: float = 0.0) -> bool:
        """Whether it still is, so many seconds after the start; ``clock``: how far that was set meanwhile."""
        self.now = Now(1000.0 + later, _START + later + clock)
        self.files.under_way.expire()
        return len(self.files.under_way.uploads) == 1


@pytest.fixture
def rest(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rest]:
    made = Rest(tmp_path, request.param)
    yield made
    made.files.close()


@pytest.mark.parametrize("rest", [4.0], indirect=True)
@pytest.mark.parametrize("clock", [0.0, 10 * _YEAR, -10 * _YEAR])
def test_in_its_time(rest: Rest, clock: float) -> None:
    assert rest.there(5.0, clock)
    assert not rest.there(7.0, clock)


@pytest.mark.parametrize("rest", [-10 * _YEAR], indirect=True)
def test_what_was_begun_in_the_future_rests_from_now_on(rest: Rest) -> None:
    assert rest.there(9.0)
    assert not rest.there(11.0)
