"""Rounds: each server with each shape in turn, again and again, so that the machine's moods hit all alike."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from . import procinfo
from .peers import Peer
from .serverproc import StartError, running
from .shapes import TLS_VARIANT, VARIANTS, Figures, Load, NotOfferedError, Shape, drive
from .swarm import LoadError


@dataclass(frozen=True, slots=True)
class Record:
    """One server, one shape, one variant, one round."""

    round: int
    peer: str
    shape: str
    variant: str
    capabilities: list[str]
    figures: Figures
    failure: str | None = None
    """Why there are no figures, or why they are not to be used; None if all is well."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that a comparison yields; `raw()` is what is kept as JSON."""

    when: str
    machine: str
    settings: dict[str, object]
    peers: dict[str, str]
    """Version by name."""
    shapes: dict[str, str]
    """Title by name."""
    records: list[Record]

    def raw(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @staticmethod
    def parse(text: str) -> Comparison:
        """What `raw()` wrote."""
        value = json.loads(text)
        value["records"] = [Record(**record) for record in value["records"]]
        return Comparison(**value)

    def rounds(self, shape: str) -> int:
        """The most rounds that any server has had with `shape`."""
        turns = Counter((each.peer, each.variant) for each in self.records if each.shape == shape)
        return max(turns.values(), default=0)


def merged(parts: Sequence[Comparison]) -> Comparison:
    """Several comparisons as one: for shapes measured apart, or rounds measured later.

    Raises ValueError if they were not measured alike.
    """
    first = parts[0]
    windows: dict[str, object] = {}
    for part in parts:
        if part.machine != first.machine or _alike(part) != _alike(first):
            raise ValueError("these results were measured on different machines or with different settings")
        own = part.settings["windows"]
        assert isinstance(own, dict)
        if any(windows.get(name, size) != size for name, size in own.items()):
            raise ValueError("these results were measured with different windows")
        windows |= own
    return Comparison(
        when=max(part.when for part in parts),
        machine=first.machine,
        settings=first.settings | {"windows": windows},
        peers={name: version for part in parts for name, version in part.peers.items()},
        shapes={name: title for part in parts for name, title in part.shapes.items()},
        records=[record for part in parts for record in part.records],
    )


def _alike(part: Comparison) -> dict[str, object]:
    return {name: value for name, value in part.settings.items() if name != "windows"}


def usable(peers: Sequence[Peer]) -> list[Peer]:
    """Those of `peers` that can be started here; of each other one it is said why not."""
    found = []
    for peer in peers:
        reason = peer.missing()
        if reason is None:
            found.append(peer)
        else:
            say(f"skipping {peer.name}: {reason}")
    return found


def say(text: str) -> None:
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)


Case = tuple[Shape, str, Peer]


def groups(
    peers: Sequence[Peer], shapes: Sequence[Shape], variants: Sequence[str] | None, rounds: int
) -> Iterator[tuple[int, list[Case]]]:
    """Everything there is to do, in order: round by round, in groups that must be done in one go.

    A group is one shape in one variant with all servers next to each other; who is first changes from round to round.
    """
    for number in range(1, rounds + 1):
        turn = (number - 1) % len(peers)
        order = [*peers[turn:], *peers[:turn]]
        for shape in shapes:
            for variant in shape.variants if variants is None else variants:
                yield number, [(shape, variant, peer) for peer in order if can_hold(peer, shape)]


def can_hold(peer: Peer, shape: Shape) -> bool:
    """Whether so many clients are not too many for it."""
    return not peer.max_clients or shape.clients <= peer.max_clients


class Budget:
    """Whether a group still fits into so many minutes, judged by the group whose cases took longest until now."""

    def __init__(self, minutes: float) -> None:
        self._end = time.monotonic() + minutes * 60 if minutes else float("inf")
        self._taken: list[float] = []

    def fits(self, cases: int, guess: float) -> bool:
        """With `guess` seconds for a case, as long as there is nothing to go by."""
        each = max(self._taken, default=guess)
        return time.monotonic() + each * cases <= self._end

    def took(self, cases: int, seconds: float) -> None:
        """A group of so many took so long."""
        self._taken.append(seconds / cases)


def compare(
    peers: Sequence[Peer],
    shapes: Sequence[Shape],
    variants: Sequence[str] | None,
    *,
    rounds: int,
    load: Load,
    server_cpus: frozenset[int],
    before: Comparison | None = None,
    minutes: float = 0,
    keep: Callable[[Comparison], None] = lambda _: None,
) -> tuple[Comparison, int]:
    """Do all rounds that `before` has not; the result, and how many groups are left.

    With `minutes` no group is begun that would not be done by then. `keep` gets what there is after each group. A case
    that failed is recorded with the reason; it is tried again in the next round. Raises ValueError where `before` was
    measured otherwise.
    """
    result = Comparison(
        when=time.strftime("%Y-%m-%d", time.gmtime()),
        machine=procinfo.machine(),
        settings={**asdict(replace(load, cpus=frozenset())), "cpus": sorted(load.cpus)}
        | {"server_cpus": sorted(server_cpus), "windows": {shape.name: shape.window for shape in shapes}},
        peers={peer.name: peer.version() for peer in peers},
        shapes={shape.name: shape.title for shape in shapes},
        records=[],
    )
    if before is not None:
        result = merged([before, result])
    done = {(each.round, each.shape, each.variant) for each in result.records}
    pointless: set[tuple[str, str]] = set()
    budget, left = Budget(minutes), 0
    for number, cases in groups(peers, shapes, variants, rounds):
        if not cases or (number, cases[0][0].name, cases[0][1]) in done:
            continue
        shape = cases[0][0]
        guess = load.seconds * shape.longer + load.warm_up + shape.clients / 500
        if left or not budget.fits(len(cases), guess):
            left += 1
            continue
        began = time.monotonic()
        for shape, variant, peer in cases:
            try:
                if (peer.name, variant) in pointless:
                    continue
                record = once(number, peer, shape, variant, load=load, server_cpus=server_cpus)
            except NotOfferedError:
                pointless.add((peer.name, variant))
                say(f"skipping {peer.name} / {variant}: it offers none of that")
                continue
            result.records.append(record)
            say(f"round {number}/{rounds} {peer.name} / {shape.name} / {variant}: {brief(record)}")
        budget.took(len(cases), time.monotonic() - began)
        keep(result)
    return result, left


def once(
    number: int, peer: Peer, shape: Shape, variant: str, *, load: Load, server_cpus: frozenset[int]
) -> Record:
    """Start one server, drive one shape, stop the server."""
    wanted = VARIANTS[variant]
    tls = load.tls or variant == TLS_VARIANT
    if tls and not peer.tls:
        raise NotOfferedError
    gentle = replace(load, batch=load.batch or peer.backlog, tls=tls)
    try:
        with running(peer, server_cpus, tls) as server:
            try:
                figures, capabilities = drive(shape, server.address, wanted, server.pid, gentle)
            except LoadError as error:
                end = server.end()
                raise LoadError(f"{error}; {end}" if end else str(error)) from error
    except (LoadError, StartError) as error:
        return Record(number, peer.name, shape.name, variant, [], {}, str(error))
    return Record(number, peer.name, shape.name, variant, sorted(capabilities), figures)


def brief(record: Record) -> str:
    """A few words on one record."""
    if record.failure is not None:
        return f"INVALID: {record.failure}"
    chosen = itertools.islice(
        (
            f"{name} {value:,.2f}"
            for name, value in record.figures.items()
            if name not in ("messages", "deliveries", "cpu_us_per_connection")
        ),
        9,
    )
    return ", ".join(chosen)


def save(comparison: Comparison, path: Path) -> None:
    """Keep the raw results."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(comparison.raw())
    draft.replace(path)
