"""Make dist/natterjack-VERSION-….whl, in which the way of a message is compiled. Started by `python3 run.py compiled`.

    python3 run.py compiled                      # the wheel
    python3 run.py compiled --test tests/core    # and run these tests against it

It is built by mypyc from a copy of the source in a scratch directory, from which nothing is left. The source is plain
Python and runs without; this is the same program for this Python and this machine alone (decision 56).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))  # run.py has Python import nothing from beside what it starts

from apart import SUFFIX, apart, whole  # noqa: E402
from dist import version  # noqa: E402

#: What every message passes. Others gain nothing that can be measured, and take minutes to compile.
MODULES = (
    "core/actions.py",
    "core/answering.py",
    "core/bans.py",
    "core/channel.py",
    "core/cids.py",
    "core/context.py",
    "core/conversations.py",
    "core/delivery.py",
    "core/edits.py",
    "core/handlers/messages.py",
    "core/hindrances.py",
    "core/intake.py",
    "core/owed.py",
    "core/pace.py",
    "core/reception.py",
    "core/registry.py",
    "core/replies.py",
    "core/rosters.py",
    "core/server.py",
    "core/silence.py",
    "core/speaking.py",
    "core/speech.py",
    "core/state.py",
    "core/timers.py",
    "core/world.py",
    "net/connection.py",
    "net/hub.py",
    "net/roles.py",
    "net/stacks.py",
    "proto/casemap.py",
    "proto/msgids.py",
    "proto/names.py",
    "proto/timestamps.py",
    "wire/framing.py",
    "wire/message.py",
)
_SETUP = """\
from mypyc.build import mypycify
from setuptools import setup

setup(
    packages={packages!r},
    package_data={{"": ["*"]}},
    ext_modules=mypycify(
        ["--implicit-reexport", "--python-version=3.11", *{modules!r}],
        opt_level="2",
        debug_level="0",
        group_name="natterjack",
    ),
    **{about!r},
)
"""


def prepare(scratch: Path, root: Path = ROOT) -> None:
    """Copy the source into ``scratch``, ready to be built there."""
    package = scratch / "natterjack"
    shutil.copytree(root / "src" / "natterjack", package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in MODULES:
        path = package / name
        module = ".".join(("natterjack", *Path(name).with_suffix("").parts))
        rest, values = apart(whole(path.read_text("utf-8")), module)
        path.write_text(rest, "utf-8")
        if values:
            path.with_name(f"{path.stem}{SUFFIX}.py").write_text(values, "utf-8")
    folders = [path for path in package.rglob("*") if path.is_dir()]
    packages = [".".join(path.relative_to(scratch).parts) for path in (package, *sorted(folders))]
    modules = [f"natterjack/{name}" for name in MODULES]
    text = _SETUP.format(packages=packages, modules=modules, about=about(root))
    (scratch / "setup.py").write_text(text, "utf-8")


def about(root: Path) -> dict[str, object]:
    """What a wheel tells of itself: the same as the one that is not compiled."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    scripts = [f"{name} = {what}" for name, what in project["scripts"].items()]
    return {
        "name": project["name"],
        "version": version(root),
        "description": project["description"],
        "license": project["license"],
        "python_requires": project["requires-python"],
        "install_requires": project["dependencies"],
        "extras_require": {"gui": project["optional-dependencies"]["gui"]},
        "entry_points": {"console_scripts": scripts},
    }


def build(scratch: Path) -> Path:
    """The wheel, built in ``scratch``. Raises CalledProcessError where mypyc or the compiler is unhappy."""
    command = [sys.executable, "setup.py", "-q", "bdist_wheel"]
    surroundings = {**os.environ, "MYPY_CACHE_DIR": str(scratch / "cache")}
    subprocess.run(command, cwd=scratch, env=surroundings, check=True, stdout=sys.stderr)
    (wheel,) = (scratch / "dist").glob("*.whl")
    return wheel


def test(wheel: Path, scratch: Path, options: list[str]) -> int:
    """Run tests with the wheel's natterjack in place of the source's. Returns pytest's exit code.

    Without those that put something of their own in place of a part of the core: compiled code calls its own parts.
    """
    place = scratch / "unpacked"
    zipfile.ZipFile(wheel).extractall(place)
    command = [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "-m", "not inside", *options]
    surroundings = {**os.environ, "PYTHONPATH": str(place)}
    return subprocess.run(command, cwd=ROOT, env=surroundings, check=False).returncode


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 run.py compiled", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--into", type=Path, default=ROOT / "dist", help="folder for the wheel (default: dist)"
    )
    parser.add_argument("--test", nargs=argparse.REMAINDER, help="run these tests (pytest's options) with it")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="natterjack-compiled-") as name:
        scratch = Path(name)
        try:
            prepare(scratch)
            made = build(scratch)
            options.into.mkdir(parents=True, exist_ok=True)
            wheel = Path(shutil.copy(made, options.into))
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"compiled: the wheel cannot be made: {error}", file=sys.stderr)
            return 1
        print(f"{wheel} ({wheel.stat().st_size:,} bytes)", flush=True)
        return 0 if options.test is None else test(wheel, scratch, options.test)


if __name__ == "__main__":
    sys.exit(main())
