"""The shapes of load, as a table. To add one, add a row; if it measures something new, add its function.

What a shape's function returns are plain figures under the names in `Figures`; units are in the names.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from . import disk, procinfo
from .counters import Word
from .fleet import Fleet
from .layout import Layout

Figures = dict[str, float]


class NotOfferedError(Exception):
    """The server has none of the capabilities that were wanted."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape of load."""

    name: str
    title: str
    clients: int
    channel_size: int
    """Members of a channel; 0: the clients are in none."""
    measure: Callable[[Run], Figures]
    window: int = 0
    """Messages under way."""
    rate: float = 0.0
    """Messages a second at most; 0: as many as the window allows."""
    variants: tuple[str, ...] = ("plain",)
    """Names of the variants (see VARIANTS) that a comparison runs it in."""
    pairs: bool = False
    """Each talks to his neighbour, by his nick."""
    deaf: int = 0
    """Every so-manieth stops reading when the talking begins; 0: nobody."""
    longer: float = 1.0
    """How many times as long as the others it is measured: of few messages the slowest hundredth is one."""
    headline: str = "cpu_us_per_delivery"
    """The figure by which servers are compared; the smaller the better."""


@dataclass(slots=True)
class Run:
    """What a shape's function works with."""

    shape: Shape
    fleet: Fleet
    pids: list[int]
    """The server's processes; empty: unknown, so no CPU time and no memory."""
    seconds: float
    warm_up: float
    text_bytes: int
    batch: int
    wanted: str | frozenset[str]
    memory_before: int = 0
    figures: Figures = field(default_factory=dict)
    capabilities: frozenset[str] = frozenset()


def measure_flood(run: Run) -> Figures:
    """Everybody in turn talks to his channel, with a fixed number of messages under way."""
    _connect(run)
    if run.shape.channel_size:
        run.fleet.join(run.batch)
    _memory(run)
    copies = run.fleet.layout.copies + ("echo-message" in run.capabilities)
    window, text_bytes, rate = run.shape.window, run.text_bytes, run.shape.rate
    if run.warm_up:
        run.fleet.flood(run.warm_up, window, text_bytes, copies, rate)
    before = procinfo.cpu_time_ns(run.pids)
    latencies = run.fleet.flood(run.seconds, window, text_bytes, copies, rate)
    cpu = procinfo.cpu_time_ns(run.pids) - before
    counters = run.fleet.counters
    deliveries, elapsed = counters.total(Word.RECEIVED), counters.span_ns()
    figures = run.figures
    figures["messages"] = counters.total(Word.SENT)
    figures["deliveries"] = deliveries
    figures["deliveries_per_s"] = deliveries / (elapsed / 1e9)
    if run.pids:
        figures["cpu_us_per_delivery"] = cpu / 1e3 / deliveries
        figures["cpu_busy_percent"] = 100 * cpu / elapsed
    figures.update(percentiles(latencies.read))
    figures.update(percentiles(latencies.arrived, "arrival"))
    return figures


def measure_paced(run: Run) -> Figures:
    """As a flood, but at an even pace; and what one sync costs at that pace, the least that a stored message takes.

    It is taken where the server is: a processor that the disk's interrupt does not come to has to be woken by another.
    """
    measure_flood(run)
    with procinfo.pinned(frozenset(os.sched_getaffinity(run.pids[0])) if run.pids else frozenset()):
        run.figures["sync_ms_p50"] = disk.sync_ms(pause=1 / run.shape.rate)
    return run.figures


def measure_storm(run: Run) -> Figures:
    """All join one channel at once: until each has the names, and the JOIN of everyone who came later."""
    _connect(run)
    before = procinfo.cpu_time_ns(run.pids)
    run.fleet.counters.clear(Word.FIRST, Word.LAST)
    run.fleet.join(0)
    cpu = procinfo.cpu_time_ns(run.pids) - before
    run.figures["join_s"] = run.fleet.counters.span_ns() / 1e9
    if run.pids:
        run.figures["join_cpu_s"] = cpu / 1e9
    _memory(run)
    return run.figures


def measure_idle(run: Run) -> Figures:
    """Clients that are registered and do nothing."""
    _connect(run)
    _memory(run)
    return run.figures


def _connect(run: Run) -> None:
    """Register all clients; connections a second and the server's CPU time for each."""
    run.memory_before = procinfo.memory_bytes(run.pids)
    before = procinfo.cpu_time_ns(run.pids)
    run.capabilities = run.fleet.connect(run.batch)
    if run.wanted and not run.capabilities:
        raise NotOfferedError
    cpu = procinfo.cpu_time_ns(run.pids) - before
    run.figures["connections_per_s"] = run.shape.clients / (run.fleet.counters.span_ns() / 1e9)
    if run.pids:
        run.figures["cpu_us_per_connection"] = cpu / 1e3 / run.shape.clients
    run.fleet.counters.clear(Word.FIRST, Word.LAST)


def _memory(run: Run) -> None:
    if run.pids:
        grown = procinfo.memory_bytes(run.pids) - run.memory_before
        run.figures["memory_bytes_per_client"] = grown / run.shape.clients


def percentiles(latencies_ns: list[int], what: str = "latency") -> Figures:
    """Latencies (ns) as percentiles in milliseconds, by the nearest rank; nothing if there are none."""
    if not latencies_ns:
        return {}
    ordered = sorted(latencies_ns)
    last = len(ordered) - 1
    ranks = {"p50": 0.50, "p90": 0.90, "p99": 0.99, "max": 1.0}
    figures = {f"{what}_ms_{name}": ordered[round(last * rank)] / 1e6 for name, rank in ranks.items()}
    figures[f"{what}_ms_mean"] = statistics.fmean(ordered) / 1e6
    return figures


_ALL: Final = ("plain", "tags", "all", "tls")

SHAPES: Final = {
    shape.name: shape
    for shape in (
        Shape(
            "one",
            "one channel of 1,000, one message under way",
            1000,
            1000,
            measure_flood,
            1,
            variants=("plain", "all"),
        ),
        Shape(
            "saturated",
            "one channel of 1,000, saturated",
            1000,
            1000,
            measure_flood,
            64,
            variants=_ALL,
        ),
        Shape(
            "rooms",
            "fifty rooms of ten, saturated",
            500,
            10,
            measure_flood,
            500,
            variants=_ALL,
        ),
        Shape(
            "pairs", "250 pairs, saturated", 500, 0, measure_flood, 500, variants=("plain", "all"), pairs=True
        ),
        Shape(
            "paced",
            "one channel of 1,000, 50 messages a second",
            1000,
            1000,
            measure_paced,
            64,
            rate=50.0,
            longer=5.0,
            headline="latency_ms_p50",
        ),
        Shape(
            "slow",
            "one channel of 1,000, saturated, a quarter of them not reading",
            1000,
            1000,
            measure_flood,
            64,
            deaf=4,
        ),
        Shape("storm", "join storm of 1,000", 1000, 1000, measure_storm, headline="join_cpu_s"),
        Shape("idle", "10,000 idle clients", 10_000, 0, measure_idle, headline="memory_bytes_per_client"),
    )
}
"""Shapes by name."""

VARIANTS: Final[dict[str, str | frozenset[str]]] = {
    "plain": frozenset[str](),
    "tags": frozenset({"message-tags", "server-time"}),
    "all": "all",
    "tls": frozenset[str](),
}
"""Capabilities to request, by the name of the variant; see also TLS_VARIANT."""

TLS_VARIANT: Final = "tls"
"""The one in which the clients speak TLS."""


def resized(shape: Shape, clients: int | None, channel_size: int | None, window: int | None) -> Shape:
    """`shape` with other numbers where they are given; its title says so."""
    if clients is None and channel_size is None and window is None:
        return shape
    new_clients = shape.clients if clients is None else clients
    new_size = shape.channel_size if channel_size is None else channel_size
    if clients is not None and channel_size is None and shape.channel_size == shape.clients:
        new_size = clients  # one channel for all stays one channel for all
    new_window = shape.window if window is None else window
    title = f"{shape.name}: {new_clients:,} clients, channels of {new_size:,}, {new_window:,} under way"
    return replace(shape, clients=new_clients, channel_size=new_size, window=new_window, title=title)


USUAL_BATCH: Final = 8


@dataclass(frozen=True, slots=True)
class Load:
    """How to drive: everything that is the same for all servers of a comparison."""

    seconds: float = 3.0
    warm_up: float = 0.5
    text_bytes: int = 64
    batch: int = 0
    """Connections on their way in at a time; 0: as the server's listen queue allows."""
    workers: int = 1
    sampled: int = 16
    cpus: frozenset[int] = frozenset({1})
    tls: bool = False
    """Whether the clients speak TLS; the server must, on the same port."""


def drive(
    shape: Shape, address: tuple[str, int], wanted: str | frozenset[str], root_pid: int | None, load: Load
) -> tuple[Figures, frozenset[str]]:
    """Run `shape` once against the server at `address`; its figures and the capabilities the clients got.

    `root_pid` is the server's process (its descendants are counted with it); None: not known.
    Raises swarm.LoadError if the load could not be made or the deliveries were not complete, NotOfferedError if
    capabilities were wanted and the server has none of them.
    """
    layout = Layout(
        shape.clients, shape.channel_size, load.workers, load.sampled, pairs=shape.pairs, deaf=shape.deaf
    )
    pids = procinfo.process_tree(root_pid) if root_pid is not None else []
    with Fleet(address, layout, wanted, load.cpus, load.tls) as fleet:
        seconds, batch = load.seconds * shape.longer, load.batch or USUAL_BATCH
        run = Run(shape, fleet, pids, seconds, load.warm_up, load.text_bytes, batch, wanted)
        return shape.measure(run), run.capabilities
