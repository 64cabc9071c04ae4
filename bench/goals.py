"""What the server is to reach, as a table, and how far it is from it in a comparison."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .compare import Comparison
from .peers import Natterjack, NatterjackMypyc, NatterjackPower
from .report import Summary
from .rivals import BARE, Ergo

BEST: Final = "best"
"""The best of the other servers, whichever that is; the bare loop is none."""
_CPU: Final = "cpu_us_per_delivery"


@dataclass(frozen=True, slots=True)
class Goal:
    """`peer` in `variant` takes at most `most` times what `against` takes (or `most` itself: ``""``)."""

    shape: str
    figure: str
    peer: str
    variant: str
    against: str
    most: float
    plus: str = ""
    """A figure of our own that may be added to the other's."""


GOALS: Final = (
    Goal("saturated", _CPU, Natterjack.name, "all", BEST, 0.9),
    Goal("one", _CPU, Natterjack.name, "all", BARE, 1.25),
    Goal("rooms", _CPU, Natterjack.name, "all", BEST, 1.2),
    Goal("pairs", _CPU, Natterjack.name, "all", BEST, 2.7),
    Goal("rooms", _CPU, NatterjackMypyc.name, "all", BEST, 1.0),
    Goal("pairs", _CPU, NatterjackMypyc.name, "all", BEST, 2.0),
    Goal("saturated", _CPU, NatterjackPower.name, "all", Ergo.name, 0.6),
    Goal("rooms", _CPU, NatterjackPower.name, "all", Ergo.name, 0.6),
    Goal("one", _CPU, NatterjackPower.name, "all", Ergo.name, 1.1),
    Goal("saturated", _CPU, NatterjackPower.name, "all", BEST, 1.0),
    Goal("rooms", _CPU, NatterjackPower.name, "all", BEST, 1.7),
    Goal("paced", "latency_ms_p50", NatterjackPower.name, "plain", BEST, 1.0, "sync_ms_p50"),
    Goal("paced", "latency_ms_p99", NatterjackPower.name, "plain", BEST, 1.0, "sync_ms_p50"),
    Goal("idle", "memory_bytes_per_client", Natterjack.name, "plain", "", 4096),
    Goal("idle", "cpu_us_per_connection", Natterjack.name, "plain", BEST, 1.0),
    Goal("storm", "cpu_us_per_connection", Natterjack.name, "plain", BEST, 1.0),
    Goal("storm", "join_cpu_s", Natterjack.name, "plain", BEST, 1.0),
)


@dataclass(frozen=True, slots=True)
class Reached:
    """How a goal stands: our figure by the other's, as medians; and the least and the greatest of any round."""

    goal: Goal
    against: str
    ratio: float
    low: float
    high: float

    @property
    def met(self) -> bool:
        """By the medians."""
        return self.ratio <= self.goal.most


def reached(comparison: Comparison, goals: Sequence[Goal] = GOALS) -> list[Reached]:
    """The goals for which there are figures, in their order."""
    summary = Summary(comparison)
    return [found for goal in goals if (found := _look(summary, comparison, goal)) is not None]


def _look(summary: Summary, comparison: Comparison, goal: Goal) -> Reached | None:
    own = summary.values(goal.shape, goal.variant, goal.peer, goal.figure)
    if not own:
        return None
    if not goal.against:
        return Reached(goal, "", statistics.median(own), min(own), max(own))
    names = [goal.against]
    if goal.against == BEST:
        names = [name for name in comparison.peers if name != BARE and not name.startswith(Natterjack.name)]
    others = [(found, name) for name in names if (found := _of(summary, goal, name))]
    if not others:
        return None
    values, name = min(others, key=lambda each: statistics.median(each[0]))
    extra = summary.median(goal.shape, goal.variant, goal.peer, goal.plus) or 0.0 if goal.plus else 0.0
    rounds = [ours / (theirs + extra) for ours, theirs in zip(own, values, strict=False)]
    ratio = statistics.median(own) / (statistics.median(values) + extra)
    return Reached(goal, name, ratio, min(rounds), max(rounds))


def _of(summary: Summary, goal: Goal, name: str) -> list[float]:
    """What another server takes: in our variant where it is asked for by name and has it, else plain."""
    same = summary.values(goal.shape, goal.variant, name, goal.figure) if goal.against == name != BARE else []
    return same or summary.values(goal.shape, "plain", name, goal.figure)


def table(found: Sequence[Reached]) -> list[str]:
    """As lines of Markdown."""
    lines = [
        "| shape | figure | server | by | ratio (least–greatest round) | at most | |",
        "|---|---|---|---|--:|--:|---|",
    ]
    for each in found:
        goal = each.goal
        own = goal.peer if goal.variant == "plain" else f"{goal.peer}, {goal.variant}"
        against = each.against + (" and one sync" if goal.plus else "")
        digits = 0 if not goal.against else 2
        ratio = f"{each.ratio:,.{digits}f} ({each.low:,.{digits}f}–{each.high:,.{digits}f})"
        verdict = "met" if each.met else "**missed**"
        cells = [goal.shape, goal.figure, own, against, ratio, f"{goal.most:g}", verdict]
        lines.append("| " + " | ".join(cells) + " |")
    return lines
