"""The command ``natterjack gui`` from its start to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.process import command, run, serving


def test_it_comes_in_by_itself_and_ends_in_order(tmp_path: Path) -> None:
    with serving(tmp_path / "server") as server, server.connect("gus") as gus:
        gus.sock.settimeout(60)  # Qt takes a while to be loaded on a machine that has much to do
        gus.send("JOIN #lobby")
        gus.sync()
        words = ("gui", f"127.0.0.1:{server.port}", "--nick", "hal", "--data-dir", str(tmp_path / "me"))
        offscreen = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
        with subprocess.Popen(command(*words), stderr=subprocess.PIPE, env=offscreen) as window:
            try:
                gus.until(" JOIN ")
                window.send_signal(signal.SIGTERM)
                _, errors = window.communicate(timeout=60)
            finally:
                window.kill()
        assert b"Traceback" not in errors
        assert window.returncode == 0
        assert any("QUIT" in line for line in gus.until(" QUIT "))


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("gui", "host:notaport"), 2, "is no port"),
        (("gui", "--nick", "two words"), 2, "is no name"),
        (("gui", "--pin", "nonsense"), 2, "SHA256"),
    ],
)
def test_wrong_usage_is_one_line_before_any_window(words: tuple[str, ...], code: int, text: str) -> None:
    ended = run(*words)
    assert ended.returncode == code
    assert text in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a screen")
def test_without_a_screen_it_says_so() -> None:
    bare = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    ended = run("gui", env=bare)
    assert ended.returncode == 1
    assert "no screen here" in ended.stderr
    assert "natterjack chat" in ended.stderr
