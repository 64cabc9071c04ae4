"""Renew the pins in requirements/ from the ranges in pyproject.toml:  python3 tools/lock.py [--upgrade]

Needs uv (https://docs.astral.sh/uv/). Without --upgrade, pins that still fit stay as they are. Each lock is good for
every platform and every Python from 3.11 on, and holds the pins of those before it: locks can be installed over each
other.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "run": [],
    "gui": ["gui"],
    "dev": ["gui", "dev"],
    "compiled": ["gui", "dev", "compiled"],
}  # lock: the extras of pyproject.toml that it holds
HEADER = """\
# Exact pins with hashes, for every platform: {purpose}.
# Written by tools/lock.py from the ranges in pyproject.toml; renew with: python3 tools/lock.py --upgrade
"""
PURPOSE = {
    "run": "what Natterjack needs to run",
    "gui": "what its desktop window needs, and all of run.txt",
    "dev": "what its tests and checks need, and all of gui.txt",
    "compiled": "what the compiled wheel is built with, and all of dev.txt",
}


def lock(name: str, upgrade: bool) -> None:
    """Write requirements/NAME.txt. Raises CalledProcessError when uv finds no solution."""
    path = ROOT / "requirements" / f"{name}.txt"
    options = ["--universal", "--python-version=3.11", "--generate-hashes", "--output-file", str(path)]
    options += ["--quiet", "--no-config", "--no-header", "--no-annotate"]
    options += [f"--extra={extra}" for extra in LOCKS[name]]
    for before in list(LOCKS)[: list(LOCKS).index(name)]:
        options += ["--constraint", f"requirements/{before}.txt"]
    if upgrade:
        options.append("--upgrade")
    command = ["uv", "pip", "compile", *options, "pyproject.toml"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    lines = path.read_text("utf-8").splitlines(keepends=True)
    pins = "".join(line for line in lines if not line.startswith("#"))
    path.write_text(HEADER.format(purpose=PURPOSE[name]) + pins.lstrip("\n"), "utf-8", newline="\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Renew the pins in requirements/ (needs uv).")
    parser.add_argument("--upgrade", action="store_true", help="take the newest that the ranges allow")
    options = parser.parse_args()
    try:
        for name in LOCKS:  # in this order: each constrains those after it
            lock(name, options.upgrade)
    except FileNotFoundError:
        print("lock: uv is not on PATH; see https://docs.astral.sh/uv/", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
