"""``python -m tests.fuzz TARGET ... [--seconds N]``: one process for each target, one after the other."""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
#: Seconds for one sample, and MiB for all of a process: what takes more hangs, or leaks.
_PATIENCE, _MEMORY = 5, 1500
_MISSING = """\
atheris is not installed: it is a tool of its own, and the program does not need it. To have it:

  .venv/bin/pip install atheris    (Linux, Python 3.11 to 3.13)"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="by name, or 'all'; none: show them")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (%(default)s)")
    parser.add_argument(
        "--corpus", type=Path, help="keep what reached something new in here, and begin from it"
    )
    parser.add_argument("--again", type=Path, metavar="FILE", help="give the target this one sample")
    parser.add_argument("--in-here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not importlib.util.find_spec("atheris") and options.again is None and options.targets:
        print(_MISSING, file=sys.stderr)
        return 69
    if options.in_here:
        _fuzz(options.targets[0], options.seconds, options.corpus)
    from tests.fuzz.table import TARGETS

    names = list(TARGETS) if options.targets == ["all"] else options.targets
    unknown = [name for name in names if name not in TARGETS]
    if unknown or not names:
        print(f"there are: {', '.join(TARGETS)}")
        return 64 if unknown else 0
    if options.again is not None:
        TARGETS[names[0]].run(options.again.read_bytes())
        print("nothing is wrong with it")
        return 0
    return max(_in_a_process(name, options.seconds, options.corpus) for name in names)


def _in_a_process(name: str, seconds: int, corpus: Path | None) -> int:
    """Fuzz one target, and say in a line what came of it."""
    with tempfile.TemporaryDirectory(prefix="natterjack-fuzz-") as scratch:
        kept = (corpus or Path(scratch)) / name
        kept.mkdir(parents=True, exist_ok=True)
        command = ["--in-here", name, "--seconds", str(seconds), "--corpus", str(kept)]
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz", *command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        said = done.stdout + done.stderr
        runs = re.search(r"number_of_executed_units: (\d+)", said)
        reached = re.findall(r"cov: (\d+)", said)
        found = "nothing found" if not done.returncode else "FOUND SOMETHING"
        count = int(runs[1]) if runs else 0
        print(
            f"{name:10} {count:>11,} runs  {reached[-1] if reached else '?':>6} places reached  {found}",
            flush=True,
        )
        if done.returncode:
            told = [
                line for line in said.splitlines() if not line.startswith(("INFO", "WARNING", "#", "stat:"))
            ]
            print("\n".join(told[-60:]), flush=True)
        return 1 if done.returncode else 0


def _fuzz(name: str, seconds: int, corpus: Path) -> None:
    """Does not return: atheris ends the process."""
    import atheris

    with atheris.instrument_imports(include=["natterjack", "h11"]):
        from tests.fuzz.table import TARGETS
    target = TARGETS[name]
    for number, sample in enumerate(target.samples):
        (corpus / f"sample-{number}").write_bytes(sample)
    words = corpus.with_name(f"{name}.words")
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    options = {
        "max_total_time": seconds,
        "max_len": target.longest,
        "timeout": _PATIENCE,
        "rss_limit_mb": _MEMORY,
        "print_final_stats": 1,
        "artifact_prefix": f"{tempfile.gettempdir()}/natterjack-{name}-",
    }
    if target.words:
        options["dict"] = str(words)
    atheris.Setup([name, *(f"-{key}={value}" for key, value in options.items()), str(corpus)], target.run)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    sys.exit(main())
