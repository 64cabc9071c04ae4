"""Medians, ratios and Markdown of a comparison; and what is read out of /proc."""

import os
import sys
import zipfile
from pathlib import Path

import pytest

from bench import peers, procinfo, report
from bench.compare import Comparison, Record, groups, merged
from bench.peers import CommandLine, InspIrcd, Natterjack, NatterjackPower, NatterjackProcess, NgIrcd
from bench.serverproc import listening_port
from bench.shapes import SHAPES, percentiles, resized
from tests.support.comparing import comparison

CPU = "cpu_us_per_delivery"


def record(
    number: int, peer: str, value: float, variant: str = "plain", failure: str | None = None
) -> Record:
    return Record(number, peer, "rooms", variant, [], {CPU: value}, failure)


MEASURED = comparison(
    record(1, "ngircd", 4.0),
    record(2, "ngircd", 2.0),
    record(3, "ngircd", 6.0),
    record(1, "natterjack", 2.0),
    record(2, "natterjack", 1.0, failure="not complete"),
    record(3, "natterjack", 3.0),
    record(1, "natterjack", 5.0, "tags"),
)


def test_medians_leave_failed_rounds_out() -> None:
    summary = report.Summary(MEASURED)
    assert summary.median("rooms", "plain", "ngircd", CPU) == 4.0
    assert summary.median("rooms", "plain", "natterjack", CPU) == 2.5
    assert summary.failures() == ["round 2, natterjack, rooms, plain: not complete"]


def test_a_variant_that_the_reference_lacks_is_compared_with_its_plain_one() -> None:
    assert report.Summary(MEASURED).ratio("rooms", "tags", "natterjack", CPU) == 1.25


def test_table() -> None:
    lines = report.table(report.Summary(MEASURED), "rooms", CPU)
    assert lines[2].startswith("| natterjack | 2.50 (2.00–3.00) | 0.62 |")
    assert lines[3].startswith("| natterjack, tags | 5.00 | 1.25 |")
    assert lines[4].startswith("| ngircd | 4.00 (2.00–6.00) | 1.00 |")


def test_a_shape_at_an_even_pace_is_compared_by_its_latency() -> None:
    figures = {"latency_ms_p50": 3.0, "latency_ms_p99": 9.0, CPU: 5.0, "sync_ms_p50": 0.5}
    figures |= {"arrival_ms_p50": 2.5, "arrival_ms_p99": 8.0}
    paced = comparison(Record(1, "natterjack", "paced", "plain", [], figures))
    lines = report.table(report.Summary(paced), "paced", SHAPES["paced"].headline)
    assert lines[0].startswith("| server | p50, ms |")
    assert lines[2] == "| natterjack | 3.00 |  |  | 9.00 |  | 2.50 | 8.00 | 5.00 | 0.50 |"


@pytest.mark.parametrize("kind", [Natterjack, NatterjackPower, NatterjackProcess])
def test_natterjack_is_started_with_the_durability_that_its_name_says(
    kind: type[Natterjack], tmp_path: Path
) -> None:
    argv = kind().prepare(tmp_path, 0).argv
    durability = argv[argv.index("--durability") + 1]
    assert kind.name in ("natterjack", f"natterjack-{durability}")
    assert (durability == "none") == (kind is Natterjack)


def test_goal() -> None:
    assert report.misses(MEASURED, "natterjack", ["rooms"]) == [
        "natterjack, rooms, tags: 1.25 of ngircd's CPU time per delivery"
    ]
    assert len(report.misses(MEASURED, "natterjack", ["saturated"])) == 2


def test_the_compiled_server_is_started_from_its_wheel_or_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "ROOT", tmp_path)
    assert "run.py compiled" in (peers.NatterjackMypyc().missing() or "")
    (tmp_path / "dist").mkdir()
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    with zipfile.ZipFile(tmp_path / "dist" / f"natterjack-1-{tag}-{tag}-linux.whl", "w") as wheel:
        wheel.writestr("natterjack/__init__.py", "")
    launch = peers.NatterjackMypyc().prepare(tmp_path, 0)
    assert (Path(launch.environment["PYTHONPATH"]) / "natterjack" / "__init__.py").exists()


def test_raw_results_can_be_read_back() -> None:
    assert Comparison.parse(MEASURED.raw()) == MEASURED


def test_results_measured_apart_can_be_put_together() -> None:
    both = merged([MEASURED, comparison(record(1, "ngircd", 9.0))])
    assert report.Summary(both).values("rooms", "plain", "ngircd", CPU) == [4.0, 2.0, 6.0, 9.0]
    assert both.rounds("rooms") == 4
    other = comparison()
    other.settings["seconds"] = 2.0
    with pytest.raises(ValueError, match="different"):
        merged([MEASURED, other])


def test_markdown_goes_between_the_markers_and_nowhere_else() -> None:
    text = report.markdown(MEASURED, {"rooms": CPU})
    document = f"# before\n{report.MARKERS[0]}\nold\n{report.MARKERS[1]}\nafter\n"
    once = report.replaced(document, text)
    assert once.startswith("# before\n")
    assert once.endswith("\nafter\n")
    assert "old" not in once
    assert report.replaced(once, text) == once
    with pytest.raises(ValueError, match="lacks"):
        report.replaced("nothing", text)


def test_percentiles_are_in_milliseconds() -> None:
    figures = percentiles([1_000_000 * number for number in range(101)])
    assert figures["latency_ms_p50"] == 50
    assert figures["latency_ms_p99"] == 99
    assert figures["latency_ms_max"] == 100
    assert percentiles([]) == {}
    assert percentiles([2_000_000], "arrival")["arrival_ms_p99"] == 2


def test_a_resized_channel_for_all_stays_one_for_all() -> None:
    assert resized(SHAPES["saturated"], 20, None, None).channel_size == 20
    assert resized(SHAPES["rooms"], 20, None, None).channel_size == 10
    assert resized(SHAPES["rooms"], None, None, None) is SHAPES["rooms"]


def test_servers_stand_next_to_each_other_in_a_round() -> None:
    order = [
        (number, [(shape.name, variant, peer.name) for shape, variant, peer in cases])
        for number, cases in groups([NgIrcd(), InspIrcd()], [SHAPES["rooms"]], ["plain"], 2)
    ]
    assert order == [
        (1, [("rooms", "plain", "ngircd"), ("rooms", "plain", "inspircd")]),
        (2, [("rooms", "plain", "inspircd"), ("rooms", "plain", "ngircd")]),
    ]


def test_a_server_by_its_command_line(tmp_path: Path) -> None:
    launch = CommandLine("mine", "serve --port={port} --data {dir}/x 'a b'").prepare(tmp_path, 4711)
    assert launch.argv == ["serve", "--port=4711", "--data", f"{tmp_path}/x", "a b"]
    with pytest.raises(ValueError, match="port"):
        CommandLine("mine", "serve")


def test_port_of_the_first_line() -> None:
    assert listening_port(b'{"event":"listening","port":77') is None
    assert listening_port(b'{"event":"listening","port":7667}\n{"event"') == 7667


def test_cpu_lists() -> None:
    assert procinfo.parse_cpus("0-2,5") == {0, 1, 2, 5}
    assert procinfo.parse_cpus("any") == frozenset()
    with pytest.raises(ValueError, match="invalid"):
        procinfo.parse_cpus("two")


def test_what_is_read_out_of_proc() -> None:
    assert procinfo.parent_of("12 (a) b) S 7 12 12 0") == 7
    assert (
        procinfo.kibibytes("Rss: 9 kB\nPss_Anon:   4 kB\nPss_Shmem: 1 kB\n", ("Pss_Anon", "Pss_Shmem")) == 5
    )
    assert procinfo.kibibytes("Rss: 9 kB\n", ("Pss_Anon",)) is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")
def test_our_own_process() -> None:
    assert os.getpid() in procinfo.process_tree(os.getppid())
    assert procinfo.cpu_time_ns([os.getpid()]) > 0
    assert procinfo.memory_bytes([os.getpid()]) > 0
