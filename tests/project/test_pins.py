"""The locks in requirements/: exact, hashed, of one mind, and free of the machine that wrote them."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import environment

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def pins(lock: str) -> dict[str, str]:
    """The versions by name; fails on a line that is neither a pin nor a hash nor a comment."""
    found = {}
    for line in (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8").splitlines():
        if pin := PIN.match(line):
            found[pin[1]] = pin[2]
        else:
            assert line.startswith("# ") or HASH.match(line), line
    return found


@pytest.mark.parametrize("lock", environment.LOCKS)
def test_every_lock_is_nothing_but_pins_with_hashes(lock: str) -> None:
    assert pins(lock)


@pytest.mark.parametrize("lock", environment.LOCKS)
def test_every_lock_holds_the_pins_of_those_before_it(lock: str) -> None:
    for before in environment.LOCKS[: environment.LOCKS.index(lock) + 1]:
        assert pins(before).items() <= pins(lock).items()


def test_the_pins_are_within_the_ranges_that_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for lock, wanted in (("run", project["dependencies"]), *extras.items(), ("dev", extras["gui"])):
        for requirement in map(Requirement, wanted):
            version = pins(lock)[requirement.name.replace("_", "-").lower()]
            assert requirement.specifier.contains(version), requirement
