"""Medians, spreads and ratios of a comparison, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .compare import Comparison
from .peers import REFERENCE

MARKERS: Final = ("<!-- bench:begin -->", "<!-- bench:end -->")
"""What stands between these lines of a Markdown file is replaced."""


@dataclass(frozen=True, slots=True)
class Column:
    """One figure in a table: where it comes from and how it is shown."""

    figure: str
    title: str
    scale: float = 1.0
    digits: int = 2
    spread: bool = False
    """Show minimum and maximum over the rounds beside the median."""
    ratio: bool = False
    """Followed by a column with the ratio to the reference server."""


_BUSY: Final = Column("cpu_busy_percent", "server busy, %", digits=0)
_CONNECTIONS: Final = (
    Column("connections_per_s", "connections/s", digits=0),
    Column("cpu_us_per_connection", "CPU per connection, µs", digits=0),
)
_LATENCY: Final = tuple(Column(f"latency_ms_{name}", f"{name}, ms") for name in ("p50", "p90", "p99", "max"))

TABLES: Final[dict[str, tuple[Column, ...]]] = {
    "cpu_us_per_delivery": (
        Column("cpu_us_per_delivery", "CPU per delivery, µs", spread=True, ratio=True),
        Column("deliveries_per_s", "deliveries/s", digits=0),
        _BUSY,
        *_LATENCY,
    ),
    "latency_ms_p50": (
        Column("latency_ms_p50", "p50, ms", spread=True, ratio=True),
        *_LATENCY[1:],
        Column("arrival_ms_p50", "p50 in the socket, ms"),
        Column("arrival_ms_p99", "p99 in the socket, ms"),
        Column("cpu_us_per_delivery", "CPU per delivery, µs"),
        Column("sync_ms_p50", "one sync, ms"),
    ),
    "join_cpu_s": (
        Column("join_cpu_s", "CPU, s", spread=True, ratio=True),
        Column("join_s", "until all are in, s", spread=True),
        *_CONNECTIONS,
    ),
    "memory_bytes_per_client": (
        Column("memory_bytes_per_client", "memory per client, KiB", 1 / 1024, 1, spread=True, ratio=True),
        *_CONNECTIONS,
    ),
}
"""Columns by the headline figure of a shape."""


class Summary:
    """Values of a comparison by (shape, variant, server), failed records left out."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self._values: dict[tuple[str, str, str, str], list[float]] = {}
        self.rows: dict[str, list[tuple[str, str]]] = {}
        for record in comparison.records:
            row = (record.variant, record.peer)
            rows = self.rows.setdefault(record.shape, [])
            if row not in rows:
                rows.append(row)
            if record.failure is None:
                for name, value in record.figures.items():
                    self._values.setdefault((record.shape, *row, name), []).append(value)
        names = list(comparison.peers)
        for rows in self.rows.values():
            rows.sort(key=lambda row: (names.index(row[1]), row[0] != "plain", row[0]))

    def values(self, shape: str, variant: str, peer: str, figure: str) -> list[float]:
        """One value for each valid round."""
        return self._values.get((shape, variant, peer, figure), [])

    def median(self, shape: str, variant: str, peer: str, figure: str) -> float | None:
        """Median over the valid rounds; None if there is none."""
        values = self.values(shape, variant, peer, figure)
        return statistics.median(values) if values else None

    def ratio(self, shape: str, variant: str, peer: str, figure: str) -> float | None:
        """To the reference server in the same variant; if it has not got that one, to its plain one."""
        own = self.median(shape, variant, peer, figure)
        other = self.median(shape, variant, REFERENCE, figure)
        if other is None:
            other = self.median(shape, "plain", REFERENCE, figure)
        return own / other if own is not None and other else None

    def failures(self) -> list[str]:
        """A line for each record that is not used."""
        return [
            f"round {record.round}, {record.peer}, {record.shape}, {record.variant}: {record.failure}"
            for record in self.comparison.records
            if record.failure is not None
        ]


def _number(value: float | None, column: Column) -> str:
    return "" if value is None else f"{value * column.scale:,.{column.digits}f}"


def _cell(values: Sequence[float], column: Column) -> str:
    if not values:
        return ""
    text = _number(statistics.median(values), column)
    if column.spread and len(values) > 1:
        text += f" ({_number(min(values), column)}–{_number(max(values), column)})"
    return text


def table(summary: Summary, shape: str, headline: str) -> list[str]:
    """The table of one shape, as lines."""
    heads = ["server"]
    for column in TABLES[headline]:
        heads.append(column.title)
        if column.ratio:
            heads.append(f"ratio to {REFERENCE}")
    lines = [_row(heads), _row(["---"] + ["--:"] * (len(heads) - 1))]
    for variant, peer in summary.rows[shape]:
        cells = [peer if variant == "plain" else f"{peer}, {variant}"]
        for column in TABLES[headline]:
            cells.append(_cell(summary.values(shape, variant, peer, column.figure), column))
            if column.ratio:
                ratio = summary.ratio(shape, variant, peer, column.figure)
                cells.append("" if ratio is None else f"{ratio:.2f}")
        if any(cells[1:]):
            lines.append(_row(cells))
    return lines


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def markdown(
    comparison: Comparison, headlines: dict[str, str], pictures: Mapping[str, Sequence[str]] = {}
) -> str:
    """The whole result; `headlines` has the headline figure of each shape, `pictures` lines to put before its table."""
    summary = Summary(comparison)
    settings = comparison.settings
    how = (
        f"Measured on {comparison.when}: {comparison.machine}; server on CPU {_cpus(settings['server_cpus'])}, "
        f"generator on CPU {_cpus(settings['cpus'])}; {settings['seconds']:g} s a round; "
        f"median (minimum–maximum) over the rounds. Servers: {', '.join(dict.fromkeys(comparison.peers.values()))}."
    )
    lines = [how, ""]
    windows = settings["windows"]
    assert isinstance(windows, dict)
    for shape, title in comparison.shapes.items():
        if shape not in summary.rows:
            continue
        under_way = f"{windows[shape]} messages under way, " if windows.get(shape, 0) > 1 else ""
        turns = comparison.rounds(shape)
        lines += [f"### {title[0].upper()}{title[1:]} ({under_way}{turns} round{'s' * (turns != 1)})", ""]
        lines += [line for each in pictures.get(shape, ()) for line in (each, "")]
        lines += [*table(summary, shape, headlines[shape]), ""]
    failures = summary.failures()
    if failures:
        lines += ["Not used, since they were not complete:", "", *(f"- {line}" for line in failures), ""]
    return "\n".join(lines)


def _cpus(value: object) -> str:
    return ", ".join(str(cpu) for cpu in value) if isinstance(value, list) and value else "any"


def update(path: Path, text: str) -> None:
    """Put `text` between the markers of the file at `path`. Raises ValueError if it lacks them."""
    path.write_text(replaced(path.read_text(), text))


def replaced(document: str, text: str, markers: tuple[str, str] = MARKERS) -> str:
    """`document` with `text` between the `markers`."""
    head, begin, rest = document.partition(markers[0])
    _, end, tail = rest.partition(markers[1])
    if not begin or not end:
        raise ValueError(f"it lacks the lines {markers[0]} and {markers[1]}")
    return f"{head}{begin}\n\n{text.strip()}\n\n{end}{tail}"


def misses(comparison: Comparison, peer: str, shapes: Sequence[str]) -> list[str]:
    """Where `peer` takes more CPU time per delivery than the reference, or was not measured; best empty."""
    summary = Summary(comparison)
    found = []
    for shape in shapes:
        for variant in ("plain", "tags"):
            ratio = summary.ratio(shape, variant, peer, "cpu_us_per_delivery")
            if ratio is None:
                found.append(f"{peer}, {shape}, {variant}: not measured")
            elif ratio > 1:
                found.append(
                    f"{peer}, {shape}, {variant}: {ratio:.2f} of {REFERENCE}'s CPU time per delivery"
                )
    return found
