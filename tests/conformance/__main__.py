"""``python -m tests.conformance --irctest PATH``: run irctest against this tree, and write docs/conformance.md.

Exits 1 if a test failed for which the page has no explanation.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.conformance.results import Result

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "conformance.md"
#: irctest's own selection for Ergo; the other one is a part of it.
SELECTION = "(Ergo or not implementation-specific) and not deprecated"
#: Seconds for one test: two of them let minutes pass.
PATIENCE = 600


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--irctest", type=Path, required=True, help="a checkout of progval/irctest")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="tests at a time (%(default)s)")
    parser.add_argument("--page", type=Path, default=PAGE, help="where to write (%(default)s)")
    options = parser.parse_args()
    if not (options.irctest / "irctest" / "server_tests").is_dir():
        print(
            f"{options.irctest} is no checkout of irctest: git clone it from github.com/progval",
            file=sys.stderr,
        )
        return 64
    sys.path.insert(
        0, str(options.irctest)
    )  # the controller, which the page tells of, is made of its classes
    from tests.conformance.page import is_explained, render

    tests = _collect(options.irctest)
    print(f"{len(tests)} tests, {options.jobs} at a time", flush=True)
    with tempfile.TemporaryDirectory(prefix="natterjack-irctest-") as scratch:
        results = _run(options.irctest, tests, options.jobs, Path(scratch))
    lost = sorted(set(tests) - {f"irctest/server_tests/{each.test}" for each in results})
    if lost:
        print(f"nothing is known of {len(lost)} tests, such as {lost[0]}", file=sys.stderr)
        return 70
    commit = subprocess.run(
        ["git", "-C", options.irctest, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    options.page.write_text(render(results, commit), encoding="utf-8")
    bad = [each for each in results if each.outcome == "failed" and not is_explained(each)]
    for each in bad:
        print(f"FAILED {each.test}: {each.why}")
    print(f"{len(results) - len(bad)} as they should be, {len(bad)} not; see {options.page}")
    return 1 if bad else 0


def _pytest(checkout: Path, *options: str, results: Path | None = None) -> subprocess.Popen[str]:
    """irctest's pytest with our controller, its output in a file of its own."""
    command = [sys.executable, "-m", "pytest", "--controller", "tests.conformance.controller"]
    command += ["-p", "no:cacheprovider", "-p", "tests.conformance.plugin", "-q", "-W", "ignore"]
    path = os.pathsep.join((str(ROOT), str(ROOT / "src")))
    env = {**os.environ, "PYTHONPATH": path, "NATTERJACK_RESULTS": str(results or os.devnull)}
    if results is not None:  # what irctest writes down of ports it can't share without a library of its own
        env["TMPDIR"] = str(results.with_suffix(".tmp"))
        os.mkdir(env["TMPDIR"])
    return subprocess.Popen(
        [*command, *options],
        cwd=checkout,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _collect(checkout: Path) -> list[str]:
    output, _ = _pytest(checkout, "--collect-only", "-m", SELECTION, "irctest/server_tests").communicate()
    return [line for line in output.split("\n") if line.startswith("irctest/") and "::" in line]


def _run(checkout: Path, tests: list[str], jobs: int, scratch: Path) -> list[Result]:
    """Each job takes every so manieth test: those that take long stand together."""
    files = [scratch / f"{job}.jsonl" for job in range(jobs)]
    running = [
        _pytest(checkout, f"--timeout={PATIENCE}", "--tb=short", *tests[job::jobs], results=file)
        for job, file in enumerate(files)
    ]
    for process in running:
        output, _ = process.communicate()
        print(output[-200:].strip().rpartition("\n")[2])
    lines = [line for file in files if file.exists() for line in file.read_text(encoding="utf-8").split("\n")]
    return sorted(
        (msgspec.json.decode(line, type=Result) for line in lines if line), key=lambda each: each.test
    )


if __name__ == "__main__":
    sys.exit(main())
