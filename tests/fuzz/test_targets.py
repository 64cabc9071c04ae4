"""Every target with its samples, and with samples that were changed here and there: what the command does, in small."""

from __future__ import annotations

import os
import random

import pytest

from tests.fuzz.table import TARGETS, Target

LONG = int(os.environ.get("NATTERJACK_LONG_TESTS", "1"))
#: Those that make a whole chat each time.
SLOW = ("core", "login")


def changed(dice: random.Random, target: Target) -> bytes:
    """A sample with some bytes more, fewer or different, or with a piece of another."""
    data = bytearray(dice.choice(target.samples))
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(5):
            case 0:
                data[at:at] = dice.randbytes(dice.randrange(1, 5))
            case 1:
                del data[at : at + dice.randrange(1, 9)]
            case 2:
                data[at : at + 1] = bytes((dice.randrange(256),))
            case 3:
                other = dice.choice(target.samples)
                data[at:at] = other[dice.randrange(len(other)) :]
            case _:
                data[at:at] = dice.choice(target.words or (b"\0",))
    return bytes(data[: target.longest])


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_but_documented_errors(name: str) -> None:
    target = TARGETS[name]
    dice = random.Random(name)
    for sample in (b"", *target.samples):
        assert target.run(sample) is None
    for _ in range((50 if name in SLOW else 300) * LONG):
        data = changed(dice, target)
        try:
            target.run(data)
        except Exception as error:
            raise AssertionError(f"{name} does not take {data!r}") from error
