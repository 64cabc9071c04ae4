"""Inside irctest's pytest: tells the controller which test runs, and writes down what came of each.

``pytest -p tests.conformance.plugin`` with the file's name in ``NATTERJACK_RESULTS``; a line of JSON for each test.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from typing import Any

import pytest

from tests.conformance import controller


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tell the controller which test it is for."""
    controller.running = item.nodeid


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Write down what came of ``item``: passed, failed, skipped or xfailed, and why."""
    report = yield
    if report.when == "call" or (report.when == "setup" and report.outcome != "passed"):
        outcome = report.outcome
        if hasattr(report, "wasxfail") and outcome == "skipped":
            outcome = "xfailed"
        line = {
            "test": item.nodeid.removeprefix("irctest/server_tests/"),
            "outcome": outcome,
            "why": _reason(report),
            "marks": sorted({mark.name for mark in item.iter_markers()}),
        }
        with open(os.environ["NATTERJACK_RESULTS"], "a", encoding="utf-8") as file:
            file.write(f"{json.dumps(line)}\n")
    return report


def _reason(report: Any) -> str:
    if report.outcome == "passed":
        return ""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash is not None else report.longrepr).partition("\n")[0]
