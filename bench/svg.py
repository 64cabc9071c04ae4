"""Bars with whiskers as SVG: readable on light pages and on dark ones, and in a text editor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 720
_LABELS: Final = 190
_VALUES: Final = 130
_ROW: Final = 24
_BAR: Final = 14
_TOP: Final = 46
_STYLE: Final = """\
text{font:13px system-ui,sans-serif;fill:#222}.title{font-weight:600;font-size:15px}.small{fill:#666;font-size:12px}
.own{fill:#2b7a4b}.peer{fill:#7d8fa3}.bare{fill:#c9a227}.line{stroke:#222;stroke-width:1.5}
.axis{stroke:#bbb;stroke-width:1}
@media (prefers-color-scheme:dark){text{fill:#ddd}.small{fill:#999}.own{fill:#4fbf7f}.peer{fill:#8fa3b8}
.bare{fill:#e0bd4a}.line{stroke:#eee}.axis{stroke:#555}}"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One server: its median, and the least and the greatest over the rounds."""

    label: str
    value: float
    low: float
    high: float
    kind: str
    """``own``, ``peer`` or ``bare``: its colour."""


def bars(title: str, unit: str, rows: Sequence[Bar], digits: int = 2) -> str:
    """A picture of `rows`, from above to below; all are measured from 0. Raises ValueError if there are none."""
    if not rows:
        raise ValueError(f"nothing to draw for {title}")
    room = _WIDTH - _LABELS - _VALUES
    most = max(row.high for row in rows) or 1.0
    height = _TOP + _ROW * len(rows) + 12
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    said = "; ".join(f"{row.label} {row.value:,.{digits}f}" for row in rows)
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
            f'role="img" aria-label="{escape(f"{title}, {unit}: {said}")}">'
        ),
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="0" y="18">{escape(title)}</text>',
        f'<text class="small" x="0" y="36">{escape(unit)}; the line is from the least to the greatest round</text>',
    ]
    for number, row in enumerate(rows):
        top = _TOP + _ROW * number
        middle = top + _ROW / 2
        place = {
            name: _LABELS + room * value / most
            for name, value in (("value", row.value), ("low", row.low), ("high", row.high))
        }
        lines += [
            f'<text x="{_LABELS - 8}" y="{middle + 4.5:.1f}" text-anchor="end">{escape(row.label)}</text>',
            (
                f'<rect class="{row.kind}" x="{_LABELS}" y="{middle - _BAR / 2:.1f}" '
                f'width="{max(1.0, place["value"] - _LABELS):.1f}" height="{_BAR}" rx="2"/>'
            ),
            (
                f'<line class="line" x1="{place["low"]:.1f}" y1="{middle:.1f}" '
                f'x2="{place["high"]:.1f}" y2="{middle:.1f}"/>'
            ),
            f'<text x="{place["high"] + 8:.1f}" y="{middle + 4.5:.1f}">{row.value:,.{digits}f}</text>',
        ]
    bottom = _TOP + _ROW * len(rows)
    lines += [f'<line class="axis" x1="{_LABELS}" y1="{_TOP}" x2="{_LABELS}" y2="{bottom}"/>', "</svg>"]
    return "\n".join(lines) + "\n"
