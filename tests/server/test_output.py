"""What the server prints while it runs."""

import json

import pytest

from natterjack.ports.effects import Happened
from natterjack.server.output import Output


def test_what_people_say_as_they_leave_is_nothing_that_a_terminal_obeys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = Output(as_json=True)
    text = "kim left (Quit: \x9b2J\u2028\x7f)"
    output.happened(Happened("left", text, "kim"))
    output.close()
    line = capsys.readouterr().out
    assert line.isascii()
    assert "\x7f" not in line
    assert json.loads(line)["text"] == text
