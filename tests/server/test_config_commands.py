"""check-config, config show, the options, and a running server that reads its configuration again."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from natterjack.cli import main
from natterjack.core.policy import Policy
from natterjack.exits import BAD_CONFIG, OK, USAGE
from natterjack.net.connection import QueueLimits
from natterjack.server.app import policy as core_policy
from natterjack.server.app import queue_limits
from natterjack.server.certificates import own_identity
from natterjack.server.config import ROWS, add_options, given
from natterjack.server.config.table import Config, build


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("NATTERJACK_"):
            monkeypatch.delenv(name)


def parsed(*words: str) -> dict[tuple[str, str], object]:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_options(parser)
    return given(parser.parse_args(words))


def test_options_are_settings() -> None:
    assert parsed() == {}
    assert parsed("--host", "::1", "--host", "127.0.0.1", "--port", "0", "--lobby", "#a,#b") == {
        ("listen", "host"): ("::1", "127.0.0.1"),
        ("listen", "port"): 0,
        ("channels", "lobby"): ("#a", "#b"),
    }
    assert parsed(
        "--no-limits", "--no-console", "--allow-plaintext", "--trust-loopback", "no", "--lobby", ""
    ) == {
        ("limits", "enabled"): False,
        ("console", "enabled"): False,
        ("access", "allow_plaintext"): True,
        ("access", "trust_loopback"): False,
        ("channels", "lobby"): (),
    }


@pytest.mark.parametrize("words", [["--port", "70000"], ["--access", "all"], ["--trust-loopback", "maybe"]])
def test_wrong_options_are_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["check-config", *words])
    assert end.value.code == USAGE
    assert capsys.readouterr().err.count("\n") == 1


def test_check_config_of_a_good_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "nj.toml"
    file.write_text("[listen]\nport = 7000\n")
    assert main(["check-config", "--config", str(file), "--data-dir", str(tmp_path)]) == OK
    assert capsys.readouterr().out == (
        "The configuration is good: 2 settings are given, the others have their defaults.\n"
    )


def test_check_config_says_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "nj.toml"
    file.write_text("[listen]\nport = 6697\nprot = 1\n")
    monkeypatch.setenv("NATTERJACK_LOG__LEVEL", "loud")
    assert main(["check-config", "--config", str(file)]) == BAD_CONFIG
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in lines] == [f"{file}:3", "NATTERJACK_LOG__LEVEL", f"{file}:2"]


def test_config_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "nj.toml"
    file.write_text("[limits]\nping_after = '1 min'\n")
    monkeypatch.setenv("NATTERJACK_LISTEN__HOST", "::1,127.0.0.1")
    words = ["config", "show", "--config", str(file), "--port", "7000"]
    assert main(words) == OK
    lines = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert list(lines) == [row.name for row in ROWS.values()]
    assert lines["limits.ping_after"] == ['"1', 'min"', f"{file}:2"]
    assert lines["limits.drop_after"] == ['"150', 's"', "default"]
    assert lines["listen.port"] == ["7000", "option", "--port"]
    assert main([*words, "--json"]) == OK
    rows = {row["key"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["listen.host"] == {
        "key": "listen.host",
        "value": ["::1", "127.0.0.1"],
        "origin": "environment",
        "where": "environment variable NATTERJACK_LISTEN__HOST",
    }
    assert rows["limits.ping_after"]["value"] == 60


def test_config_show_with_something_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "nj.toml"
    file.write_text("[limits]\nping_after = 1.5\n")
    assert main(["config", "show", "--config", str(file)]) == BAD_CONFIG
    assert "limits.ping_after: 1.5 is not a whole number" in capsys.readouterr().err


def test_secrets_are_not_shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    token = "0123456789abcdef0123456789abcdef"
    monkeypatch.setenv("NATTERJACK_METRICS__TOKEN", token)
    for words in ([], ["--json"]):
        assert main(["config", "show", *words]) == OK
        out = capsys.readouterr().out
        assert token not in out
        assert "(secret)" in out


def test_check_config_looks_into_the_certificate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    identity = own_identity(tmp_path, "natterjack", dt.datetime.now(dt.UTC))
    file = tmp_path / "nj.toml"
    file.write_text(f"[tls]\ncert = '{identity.certificate}'\nkey = '{identity.key}'\n")
    assert main(["check-config", "--config", str(file)]) == OK
    identity.certificate.write_text("nonsense")
    assert main(["check-config", "--config", str(file)]) == BAD_CONFIG
    assert "tls.cert: " in capsys.readouterr().err


# -- what becomes of it


def test_limits_get_to_where_they_are_obeyed() -> None:
    sizes = {
        "queue_stop_reading": 5000,
        "queue_close": 70000,
        "queue_no_progress": 7,
        "queue_all_together": 2**21,
    }
    times = {"registration": 8, "ping_after": 9, "drop_after": 11}
    config = build({("limits", key): value for key, value in {**sizes, **times}.items()})
    assert queue_limits(config) == QueueLimits(*sizes.values())
    policy = core_policy(config)
    assert [policy.registration_timeout, policy.ping_after, policy.drop_after] == [8, 9, 11]
    assert queue_limits(Config()) == QueueLimits()
    usual = Policy()
    default = core_policy(Config())
    for name in ("registration_timeout", "ping_after", "drop_after"):
        assert getattr(default, name) == getattr(usual, name), "the default is said twice, and once wrong"


# -- a running server


class Running:
    """A server with a configuration file, and its console."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "nj.toml"
        self.data = folder / "data"
        self.file.write_text("[limits]\nping_after = 50\n")
        words = ["serve", "--json", "--port", "0", "--host", "127.0.0.1", "--config", str(self.file)]
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "natterjack", *words, "--data-dir", str(self.data)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.first = json.loads(self.process.stdout.readline())

    def reload(self, text: str, capsys: pytest.CaptureFixture[str]) -> str:
        """What the console says after the file has become ``text``."""
        self.file.write_text(text)
        main(["console", "--json", "--data-dir", str(self.data), "reload"])
        answer: str = json.loads(capsys.readouterr().out)["text"]
        return answer


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    server = Running(tmp_path)
    yield server
    server.process.terminate()
    server.process.communicate(timeout=20)


def test_a_running_server_takes_over_what_it_can(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "[limits]\nping_after = 60\n[server]\nname = 'other'\n"
    assert running.reload(text, capsys) == (
        "read the configuration again; now in force: limits.ping_after; "
        "changed, but only a restart applies it: server.name"
    )
    kept = running.reload("[limits]\nping_after = 1\nx = 1\n", capsys)
    assert kept.startswith("kept the old configuration, since the new one is not valid: ")
    assert "limits.ping_after: 1 is less than 5 s" in kept
    assert "(and 1 more" in kept
    assert running.reload("[limits]\nping_after = 60\n", capsys).endswith("nothing has changed")
