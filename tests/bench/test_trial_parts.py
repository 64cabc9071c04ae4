"""The parts that trials are made of, each by itself."""

import argparse
from array import array
from collections import Counter
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest

from bench.swarm import LoadError
from bench.trials import elsewhere, slow_readers, tls_cost
from bench.trials.command import TRIALS
from bench.trials.company import Heard, Plan, main_reason
from bench.trials.options import Common, add_options, option, read
from bench.trials.outcome import Finding, Outcome, at_most, exactly, markers, p99_ms, told, update
from bench.trials.servers import Seen, parse_metrics, sockstat_pages
from bench.trials.undeciphered import OVERHEAD, Records

KEPT = Outcome("sample", "ten clients", (at_most("p99", 12.34, 100, "ms"), told("CPU", "3 %")), ("a note",))


def test_a_bound_is_kept_missed_or_not_there() -> None:
    assert at_most("p99", 12.34, 100, "ms") == Finding("p99", "12.3 ms", "≤ 100.0 ms", True)
    assert not at_most("p99", 100.1, 100).passed
    assert exactly("lost", 0, 0).verdict == "PASS"
    assert exactly("lost", 1, 0).verdict == "FAIL"
    assert told("CPU", "3 %").verdict == ""


def test_what_was_not_measured_is_within_no_bound() -> None:
    assert not at_most("p99", p99_ms([]), 100).passed


def test_a_trial_passes_if_all_bounds_are_kept() -> None:
    assert KEPT.passed
    assert not Outcome("sample", "", (*KEPT.findings, exactly("lost", 2, 0))).passed


def test_the_table_on_a_terminal() -> None:
    assert KEPT.text().splitlines() == [
        "sample: ten clients",
        "  p99  12.3 ms  ≤ 100.0 ms  PASS",
        "  CPU      3 %",
        "  (a note)",
        "PASS",
    ]


def test_the_table_goes_to_its_own_place_in_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    begin, end = markers("sample")
    other = "\n".join(markers("other"))
    page.write_text(f"before\n{begin}\nold\n{end}\n{other}\n")
    update(page, KEPT, "Measured today. `command`")
    text = page.read_text()
    assert text.startswith(f"before\n{begin}\n\nMeasured today. `command`\n\nTen clients.\n")
    assert "| p99 | 12.3 ms | ≤ 100.0 ms | PASS |" in text
    assert "old" not in text
    assert text.endswith(f"{end}\n{other}\n")
    page.write_text("nothing")
    with pytest.raises(ValueError, match="trial:sample:begin"):
        update(page, KEPT, "")


# --- options


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Common):
    clients: int = option(10, "how many")
    rate: float = option(1.5, "how fast")
    limits: bool = option(True, "whether")
    cpus: frozenset[int] = frozenset({1})


def given(*words: str) -> Common:
    parser = argparse.ArgumentParser()
    add_options(parser, Settings)
    return read(parser.parse_args(words), Settings)


def test_settings_are_options() -> None:
    assert given() == Settings()
    assert given("--clients", "3", "--rate", "2", "--no-limits", "--cpus", "any") == Settings(
        clients=3, rate=2.0, limits=False, cpus=frozenset()
    )


def test_a_setting_of_the_server_becomes_a_variable_of_its_environment() -> None:
    variables = given("--setting", "limits.queue_close=1 MiB").setting
    assert variables == (("NATTERJACK_LIMITS__QUEUE_CLOSE", "1 MiB"),)
    for wrong in ("queue_close=1", "limits.queue_close"):
        with pytest.raises(ValueError, match=r"SECTION\.KEY=VALUE"):
            given("--setting", wrong)


def test_sizes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="slow readers"):
        slow_readers.Settings(clients=5, slow=5)
    with pytest.raises(ValueError, match="15 messages a second"):
        slow_readers.Settings(clients=20, slow=10, rate=100.0)
    with pytest.raises(ValueError, match="1 to 64"):
        assert tls_cost.Settings(volleys="65").sizes


def test_every_trial_can_say_what_it_takes() -> None:
    for name, trial in TRIALS.items():
        assert trial.descriptors(trial.settings()) > 256, name


def test_a_slow_minute_is_compared_with_the_median_of_those_around_it() -> None:
    def ratio(before: int, during: int, after: int) -> tuple[str, str]:
        times = [
            (second * 1_000_000_000, took * 1_000_000) for second, took in enumerate((before, during, after))
        ]
        heard = Heard(
            stamps=array("q", [at for at, _ in times]), latencies=array("q", [took for _, took in times])
        )
        one, two, three = (slow_readers.Stretch(at, at + 1_000_000_000, 0, 0, Seen()) for at, _ in times)
        found = slow_readers.Found([one, three], [two], [(0.1, 75)], heard)
        rows = {each.what: each for each in slow_readers.findings(slow_readers.Settings(), found)}
        assert rows["p99, all reading"].verdict == ""
        row = rows["the others' p99 by that with all reading"]
        return row.figure, row.verdict

    assert ratio(4, 9, 8) == ("1.50 ×", "PASS")
    assert ratio(4, 10, 8) == ("1.67 ×", "FAIL")
    assert ratio(4, 10, 4) == ("2.50 ×", "FAIL")


# --- what they count


def test_latencies_of_what_was_sent_in_a_time() -> None:
    heard = Heard(
        sent=3, received=5, expected=6, stamps=array("q", [10, 20, 30]), latencies=array("q", [1, 2, 3])
    )
    assert heard.between(10, 30) == [1, 2]
    assert heard.missing == 1


def test_the_most_frequent_reasons_come_first() -> None:
    assert main_reason(Counter({"rare": 1, "often": 7})) == ["7 × often", "1 × rare"]


def test_nicks_of_a_plan_are_distinct() -> None:
    plan = Plan(("127.0.0.1", 1), 1000, "x")
    assert len({plan.nick(index) for index in range(1000)}) == 1000


def test_each_address_elsewhere_is_a_site_of_its_own() -> None:
    addresses = [elsewhere.SERVER, *map(elsewhere.client, range(600))]
    assert len(set(addresses)) == 601
    assert not any(ip_address(each).is_private or ip_address(each).is_loopback for each in addresses)


def test_metrics() -> None:
    text = "# HELP natterjack_users Users.\n# TYPE natterjack_users gauge\nnatterjack_users 7\n"
    assert parse_metrics(text) == {"users": 7.0}


def test_what_the_kernel_holds() -> None:
    text = "sockets: used 3\nTCP: inuse 2 orphan 0 tw 0 alloc 2 mem 17\nUDP: inuse 0 mem 1\n"
    assert sockstat_pages(text) == 17


# --- records of TLS


def record(content: int, kind: int = 23) -> bytes:
    size = content + OVERHEAD
    return bytes((kind, 3, 3, size >> 8, size & 255)) + bytes(size)


@pytest.mark.parametrize("chunk", [1, 2, 4, 5, 6, 17, 100, 1 << 20])
def test_content_is_counted_whatever_the_chunks(chunk: int) -> None:
    stream = record(100) + record(0) + record(16384) + record(1)
    records = Records()
    counted = []
    for start in range(0, len(stream), chunk):
        data = bytearray(stream[start : start + chunk])
        counted.append(records.take(data, len(data)))
    assert sum(counted) == 100 + 16384 + 1


def test_a_record_counts_when_it_is_whole() -> None:
    records = Records()
    stream = bytearray(record(100))
    assert records.take(stream, len(stream) - 1) == 0
    assert records.take(stream[-1:], 1) == 100


def test_other_records_are_an_error() -> None:
    with pytest.raises(LoadError, match="type 21"):
        Records().take(bytearray(record(2, kind=21)), 24)
