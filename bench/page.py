"""Tables and pictures for docs/performance.md, all from one comparison."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Final

from . import goals, report, svg
from .compare import Comparison
from .peers import Natterjack
from .report import Column, Summary
from .rivals import BARE
from .shapes import SHAPES

PICTURES: Final = {
    "one": ("cpu_us_per_delivery",),
    "saturated": ("cpu_us_per_delivery",),
    "rooms": ("cpu_us_per_delivery",),
    "pairs": ("cpu_us_per_delivery",),
    "paced": ("latency_ms_p50", "latency_ms_p99"),
    "slow": ("cpu_us_per_delivery",),
    "storm": ("join_cpu_s", "cpu_us_per_connection"),
    "idle": ("memory_bytes_per_client", "cpu_us_per_connection"),
}
"""Which figures of which shape are drawn."""


def write(comparison: Comparison, page: Path, folder: Path) -> list[Path]:
    """Put the tables into `page`, between its markers, and the pictures into `folder`, old ones removed.

    The answer is the pictures. Raises ValueError if the page lacks the markers.
    """
    pictures = {
        f"{shape}-{figure.replace('_', '-')}.svg": (shape, drawn)
        for shape, figures in PICTURES.items()
        for figure in figures
        if (drawn := picture(comparison, shape, figure))
    }
    place = folder.relative_to(page.parent).as_posix()
    shown: dict[str, list[str]] = {}
    for name, (shape, _) in pictures.items():
        shown.setdefault(shape, []).append(f"![{comparison.shapes[shape]}]({place}/{name})")
    reached = goals.table(goals.reached(comparison))
    text = report.markdown(comparison, {name: shape.headline for name, shape in SHAPES.items()}, shown)
    report.update(page, "\n".join([text, "### The goals, by this run", "", *reached]))
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    for name, (_, drawn) in pictures.items():
        (folder / name).write_text(drawn)
    return [folder / name for name in pictures]


def picture(comparison: Comparison, shape: str, figure: str) -> str:
    """One figure of one shape as SVG, best first; ``""`` where nothing was measured."""
    column = column_of(figure)
    summary = Summary(comparison)
    rows = []
    for variant, peer in summary.rows.get(shape, []):
        values = [value * column.scale for value in summary.values(shape, variant, peer, figure)]
        if values:
            kind = "bare" if peer == BARE else "own" if peer.startswith(Natterjack.name) else "peer"
            label = peer if variant == "plain" else f"{peer}, {variant}"
            rows.append(svg.Bar(label, statistics.median(values), min(values), max(values), kind))
    if not rows:
        return ""
    rows.sort(key=lambda row: row.value)
    title = comparison.shapes[shape]
    return svg.bars(title[0].upper() + title[1:], column.title, rows, column.digits)


def column_of(figure: str) -> Column:
    """How a figure is shown in the tables. Raises KeyError if it is in none."""
    found = {column.figure: column for columns in report.TABLES.values() for column in columns}
    return found[figure]
