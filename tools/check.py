"""Run the linters and the type checker, all of them; exits 1 if any is unhappy. Started by `python3 run.py check`."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TYPED = [name for name in ("src", "bench", "tools", "run.py") if (ROOT / name).exists()]
CHECKS = [
    ["ruff", "check"],
    ["ruff", "format", "--check"],
    ["mypy", *TYPED],
    ["lint-imports", "--no-logo"],
]


def main() -> int:
    # The tools beside this Python come first, whatever else of their name is on PATH.
    path = sysconfig.get_path("scripts") + os.pathsep + os.environ.get("PATH", "")
    failed = []
    for command in CHECKS:
        name = " ".join(command)
        print(f"== {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, env={**os.environ, "PATH": path}, check=False).returncode:
            failed.append(name)
    print("failed: " + ", ".join(failed) if failed else "all checks passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
