"""Nobody waits between two attempts here, unless a test is about that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from natterjack.client.transfers import steps
from tests.client.fileserver import FileServer
from tests.client.transfers.person import CONTENT, Person


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "backoff", lambda attempt, chance: 0.0)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as server:
        yield server


@pytest.fixture
def kim(server: FileServer, tmp_path: Path) -> Iterator[Person]:
    with Person(tmp_path, server.port) as kim:
        yield kim


@pytest.fixture
def cat(server: FileServer) -> str:
    return server.offer(CONTENT)
