"""``natterjack doctor``: what is wrong around a server, and how to mend it."""

from __future__ import annotations

import argparse
import os

from natterjack.exits import FAILED, OK
from natterjack.server import config as configuration
from natterjack.server.doctor.checks import CHECKS, Check, Finding
from natterjack.server.doctor.facts import Facts
from natterjack.server.doctor.gather import gather
from natterjack.wire.jsonlines import one_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``natterjack doctor``: how to print, and all settings."""
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--check-database",
        action="store_true",
        help="look at all of the database, which takes minutes for millions of messages",
    )
    configuration.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Look at everything; 1 if there is a problem. Warnings are none."""
    found = configuration.examine(args.config, os.environ, configuration.given(args))
    results = examine(gather(found, os.environ, args.check_database))
    print("\n".join(_as_json(results) if args.json else _as_text(results)))
    return FAILED if any(finding.level == "problem" for _, finding in results) else OK


def examine(facts: Facts) -> list[tuple[Check, Finding]]:
    """What all checks find."""
    return [(check, finding) for check in CHECKS for finding in check.find(facts)]


def _as_json(results: list[tuple[Check, Finding]]) -> list[str]:
    return [
        one_line(
            {
                "check": check.name,
                "looks_at": check.looks_at,
                "finding": finding.level,
                "text": finding.text,
                "remedy": finding.remedy,
            }
        )
        for check, finding in results
    ]


def _as_text(results: list[tuple[Check, Finding]]) -> list[str]:
    lines = []
    width = max(len(check.name) for check in CHECKS)
    for check, finding in results:
        mark = "" if finding.level == "ok" else finding.level.upper()
        lines.append(f"{mark or 'ok':8} {check.name:{width}}  {finding.text}")
        if finding.remedy:
            lines.append(f"{'':8} {'':{width}}  -> {finding.remedy}")
    counts = {
        level: sum(finding.level == level for _, finding in results) for level in ("problem", "warning")
    }
    lines.append(f"{_counted(counts['problem'], 'problem')}, {_counted(counts['warning'], 'warning')}.")
    return lines


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
