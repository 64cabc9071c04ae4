"""What the server prints while it runs."""

import io
import json
import sys

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


def test_letters_that_a_terminal_does_not_have_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """They ended all output: of whoever came next nothing was printed."""
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", terminal)
    output = Output(as_json=False)
    output.text("Жора joined #lobby")
    output.text("Jörg joined #lobby")
    output.close()
    printed = terminal.buffer.getvalue().decode("latin-1")  # type: ignore[attr-defined] - it is a BytesIO
    assert printed == r"\u0416\u043e\u0440\u0430 joined #lobby" + "\nJörg joined #lobby\n"
