"""The examples are run as their first lines say, against a server as it comes."""

from __future__ import annotations

import ast
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.process import PATIENCE, Irc, serving

ROOT = Path(__file__).resolve().parents[2]
BOT = ROOT / "examples" / "bot.py"


def test_the_bot_answers_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    with serving(tmp_path) as server, Irc(server.port, "kim") as kim:
        words = [sys.executable, str(BOT), "127.0.0.1", str(server.port)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as bot:
            kim.until(":pingbot!pingbot@127.0.0.1 JOIN #lobby")
            kim.send("PRIVMSG #lobby :!ping")
            kim.until(":pingbot!pingbot@127.0.0.1 PRIVMSG #lobby :pong")
            kim.send("PRIVMSG pingbot :!ping")
            kim.until(":pingbot!pingbot@127.0.0.1 PRIVMSG kim :pong")
            bot.send_signal(signal.SIGINT)
            assert bot.communicate(timeout=PATIENCE) == ("", None)
            assert bot.returncode == 0
        kim.until(":pingbot!pingbot@127.0.0.1 QUIT")


def test_the_bot_ends_in_one_line_with_its_server_or_without_one(tmp_path: Path) -> None:
    """It was a traceback."""
    with serving(tmp_path) as server, Irc(server.port, "kim") as kim:
        words = [sys.executable, str(BOT), "127.0.0.1", str(server.port)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as bot:
            kim.until(":pingbot!pingbot@127.0.0.1 JOIN #lobby")
            kim.send("PRIVMSG pingbot :!ping")  # its answer shows that it is in, and knows that
            kim.until(":pingbot!pingbot@127.0.0.1 PRIVMSG kim :pong")
            server.end_well()
            said, _ = bot.communicate(timeout=PATIENCE)
    again = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    for text, code, why in (
        (said, bot.returncode, "SIGTERM"),
        (again.stdout + again.stderr, again.returncode, "no server"),
    ):
        assert text.startswith("pingbot: ")
        assert text.index("\n") == len(text) - 1
        assert why in text
        assert code == 1


def test_the_bot_has_as_many_lines_as_the_pages_say() -> None:
    body = ast.parse(BOT.read_text("utf-8")).body[1:]  # behind what it says of itself
    lines = {node.lineno for statement in body for node in ast.walk(statement) if isinstance(node, ast.stmt)}
    assert len(lines) == 12
    assert "has twelve lines of code" in (ROOT / "README.md").read_text("utf-8")
    assert "A bot in twelve lines of Python" in (ROOT / "USAGE.txt").read_text("utf-8")
