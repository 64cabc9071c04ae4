"""check-config, config show, the options, and a running server that reads its configuration again."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from natterjack.cli import main
from natterjack.core.policy import Policy
from natterjack.exits import BAD_CONFIG, OK, USAGE
from natterjack.files.limits import FileLimits
from natterjack.net.door import DoorLimits
from natterjack.net.http import HEAD_SECONDS
from natterjack.net.roles import QueueLimits
from natterjack.server.certificates import own_identity
from natterjack.server.config import ROWS, Row, add_options, given, taken
from natterjack.server.config.kinds import Amount, BadValueError, YesNo
from natterjack.server.config.table import Config, build
from natterjack.server.entry import sharing
from natterjack.server.policies import file_limits, files_url, queue_limits
from natterjack.server.policies import policy as core_policy
from tests.support.tls import make_certificate


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
    old, key, _ = make_certificate(tmp_path, "old", days=-1, from_days=-5)
    aged = tmp_path / "aged.toml"
    aged.write_text(f"[tls]\ncert = '{old}'\nkey = '{key}'\n")
    assert main(["check-config", "--config", str(aged)]) == BAD_CONFIG
    assert f"tls.cert: {old} ran out on 2" in capsys.readouterr().err
    identity.certificate.write_text("nonsense")
    assert main(["check-config", "--config", str(file)]) == BAD_CONFIG
    assert f"tls.cert: can't use {identity.certificate}" in capsys.readouterr().err
    identity.key.write_text("nonsense")
    assert main(["check-config", "--config", str(file)]) == BAD_CONFIG
    assert f"tls.key: can't use {identity.key}" in capsys.readouterr().err
    identity.key.unlink()
    assert main(["check-config", "--config", str(file)]) == BAD_CONFIG
    assert f"tls.key: can't use {identity.key}: No such file" in capsys.readouterr().err


# -- what becomes of it


#: Where the settings of these sections go, and how they are called there, where that is another name.
_KEEPERS: dict[str, list[tuple[str, Callable[[Config], Any]]]] = {
    "limits": [
        ("", lambda config: core_policy(config).limits),
        ("", lambda config: taken(DoorLimits, config.limits)),
        ("queue_", queue_limits),
        ("", queue_limits),
    ],
    "pace": [("", lambda config: core_policy(config).pace)],
    "sites": [("", lambda config: core_policy(config).sites), ("", sharing)],
    "logins": [("", lambda config: core_policy(config).logins)],
    "files": [
        ("", lambda config: core_policy(config, config.files.url).files),
        (
            "",
            lambda config: structs.replace(
                file_limits(config), share=config.files.share, floor=config.files.floor
            ),
        ),
    ],
}
#: What the shell reads itself: see the tests below, and test_config_live.py.
_OF_THE_SHELL = {"limits.enabled", "limits.http_head", "files.origins"}
_LIMITS = [row for row in ROWS.values() if row.section in _KEEPERS and row.name not in _OF_THE_SHELL]


def another(row: Row) -> Any:
    """A good value that is not the default."""
    kind = row.spec.kind
    if isinstance(kind, Amount):
        return kind.least if row.default != kind.least else kind.most
    if isinstance(kind, YesNo):
        return not row.default
    if row.name == "files.url":
        return "https://[2001:db8::1]:7667/files/"
    assert row.name == "pace.exempt"
    return ("Robot",)


def kept(row: Row, config: Config) -> list[Any]:
    """What those who keep the limit have for it."""
    found = []
    for prefix, keeper in _KEEPERS[row.section]:
        name = row.key.removeprefix(prefix)
        if row.key.startswith(prefix) and hasattr(keeper(config), name):
            found.append(getattr(keeper(config), name))
    return found


@pytest.mark.parametrize("row", _LIMITS, ids=lambda row: row.name)
def test_every_limit_gets_to_where_it_is_kept_and_can_be_changed_while_running(row: Row) -> None:
    value = another(row)
    (there,) = set(kept(row, build({(row.section, row.key): value})))
    assert there == (frozenset({"robot"}) if row.name == "pace.exempt" else value)
    assert row.spec.live or hasattr(FileLimits(), row.key)  # those who move bytes are told at the start


def test_the_defaults_are_those_of_the_parts_that_keep_them() -> None:
    policy, usual = core_policy(Config()), Policy()
    assert (policy.limits, policy.pace, policy.sites, policy.logins) == (
        usual.limits,
        usual.pace,
        usual.sites,
        usual.logins,
    )
    assert policy.files == usual.files
    assert file_limits(Config()) == FileLimits()
    assert queue_limits(Config()) == QueueLimits()
    assert taken(DoorLimits, Config().limits) == DoorLimits()
    assert Config().limits.http_head == HEAD_SECONDS


def test_where_links_of_files_begin() -> None:
    assert files_url(build({("listen", "host"): ("127.0.0.1", "192.0.2.7")}), "127.0.0.1", 7000) == (
        "https://192.0.2.7:7000/files/"
    )
    assert files_url(build({("listen", "host"): ("2001:db8::7",)}), "2001:db8::7", 7667) == (
        "https://[2001:db8::7]:7667/files/"
    )
    own = "https://chat.example.org/talk/files/"
    assert files_url(build({("files", "url"): own}), "127.0.0.1", 7667) == own
    check = ROWS["files", "url"].spec.kind.read_text
    for bad in (
        "ftp://x/files/",
        "https://x/",
        "https://a b/files/",
        "https://x/files/?y",
        f"https://{'x' * 99}/files/",
    ):
        with pytest.raises(BadValueError, match="give one like"):
            check(bad)


def test_without_limits_a_user_may_have_any_number() -> None:
    lifted = core_policy(build({("limits", "enabled"): False}))
    assert (lifted.limited, lifted.limits.channels, lifted.limits.monitor) == (False, None, None)
    assert lifted.limits.topic == 390


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
