"""What came of the tests."""

from __future__ import annotations

from msgspec import Struct


class Result(Struct, frozen=True):
    """One test: ``outcome`` is passed, failed, skipped or xfailed."""

    test: str
    outcome: str
    why: str
    marks: list[str]
