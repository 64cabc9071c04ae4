"""What a trial found: figures, each beside its bound if it has one. As a table, on a terminal or in a page."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import procinfo, report
from bench.shapes import percentiles


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure. Without a `bound` it is only told."""

    what: str
    figure: str
    bound: str = ""
    passed: bool = True

    @property
    def verdict(self) -> str:
        """What stands in the last column."""
        return ("PASS" if self.passed else "FAIL") if self.bound else ""


def told(what: str, figure: str) -> Finding:
    """A figure that has no bound."""
    return Finding(what, figure)


def at_most(what: str, value: float, bound: float, unit: str = "", digits: int = 1) -> Finding:
    """A figure that may not be greater than `bound`; NaN is."""
    return Finding(what, shown(value, unit, digits), f"≤ {shown(bound, unit, digits)}", value <= bound)


def exactly(what: str, value: int, bound: int) -> Finding:
    """A count that has to be `bound`."""
    return Finding(what, f"{value:,}", f"= {bound:,}", value == bound)


def shown(value: float, unit: str = "", digits: int = 1) -> str:
    """A number with its unit."""
    return f"{value:,.{digits}f} {unit}".strip()


def p99_ms(latencies_ns: Sequence[int]) -> float:
    """The 99th percentile in milliseconds; NaN, which is within no bound, where there are none."""
    return percentiles(list(latencies_ns)).get("latency_ms_p99", float("nan"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that a trial found. `settings` says in a few words at which size."""

    trial: str
    settings: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every bound was kept."""
        return all(each.passed for each in self.findings)

    def text(self) -> str:
        """For a terminal."""
        rows = [(each.what, each.figure, each.bound, each.verdict) for each in self.findings]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [f"{self.trial}: {self.settings}"]
        for what, figure, bound, verdict in rows:
            cells = (what.ljust(widths[0]), figure.rjust(widths[1]), bound.ljust(widths[2]), verdict)
            lines.append("  " + "  ".join(cells).rstrip())
        lines += [f"  ({note})" for note in self.notes]
        return "\n".join([*lines, "PASS" if self.passed else "FAIL"])

    def markdown(self, how: str) -> str:
        """For a page; `how` says when, where and by which command it was found."""
        lines = [how, "", f"{self.settings[0].upper()}{self.settings[1:]}.", ""]
        lines += ["| what | figure | bound | |", "| --- | --: | :-- | --- |"]
        lines += [
            f"| {each.what} | {each.figure} | {each.bound} | {each.verdict} |" for each in self.findings
        ]
        for note in self.notes:
            lines += ["", f"{note[0].upper()}{note[1:]}."]
        return "\n".join(lines)


def circumstances(command: str, load_before: float, remark: str = "") -> str:
    """When, on which machine, under how much other load, and by which command."""
    busy = f"load average before it began {load_before:.1f}"
    when = time.strftime("%Y-%m-%d", time.gmtime())
    parts = [f"Measured on {when}: {procinfo.machine()}", busy, *([remark] if remark else [])]
    return f"{'; '.join(parts)}. `{command}`"


def load_average() -> float:
    """Over the last minute: how busy others keep the machine."""
    return os.getloadavg()[0]


def markers(trial: str) -> tuple[str, str]:
    """The lines of a Markdown file between which the trial's table belongs."""
    return f"<!-- trial:{trial}:begin -->", f"<!-- trial:{trial}:end -->"


def update(path: Path, outcome: Outcome, how: str) -> None:
    """Put the table into the file at `path`. Raises ValueError if it has no place for it."""
    path.write_text(report.replaced(path.read_text(), outcome.markdown(how), markers(outcome.trial)))
