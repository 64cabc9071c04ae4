"""One server for all tests of a module that do it no harm."""

from collections.abc import Iterator

import pytest

from tests.support.process import ServerProcess, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """It stays up and quiet: its log is checked at its end."""
    with serving(tmp_path_factory.mktemp("data"), "--log-level", "warning") as one:
        yield one
        errors = one.end_well()
        assert "rror" not in errors, errors
