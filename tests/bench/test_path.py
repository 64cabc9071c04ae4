"""The way of a message, taken apart: every stage is there, and does what it says."""

import json

import pytest

from bench import path


@pytest.mark.parametrize("durability", ["power", "none"])
def test_each_stage_has_its_share(durability: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert path.main(["--rounds", "2", "--durability", durability, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["us"].keys() == found["bytecodes"].keys() == set(path._STAGES)
    assert all(found["bytecodes"][stage] > 10 for stage in ("read", "handle", "queue", "send"))
    assert (found["bytecodes"]["store"] > 10) == (durability == "power")


@pytest.mark.parametrize("shape", path.SHAPES)
def test_each_shape_can_be_taken_apart(shape: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert path.main(["--rounds", "1", "--shape", shape, "--durability", "none", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["bytecodes"]
    assert found["send"] > 20 * (path.SHAPES[shape][1] - 1) / path.SHAPES[shape][2]
