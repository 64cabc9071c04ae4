"""What is typed after ``natterjack``."""

import os
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from natterjack.cli import COMMANDS, main
from natterjack.exits import FAILED, USAGE


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("serv", "there is no command 'serv': did you mean serve?"),
        ("chekc-config", "there is no command 'chekc-config': did you mean check-config?"),
        ("weather", "there is no command 'weather'"),
    ],
)
def test_a_command_that_there_is_not(capsys: pytest.CaptureFixture[str], typed: str, said: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([typed, "--data-dir", "x"])
    assert ended.value.code == USAGE
    assert capsys.readouterr().err == f"natterjack: {said} (natterjack --help shows what there is)\n"


def test_without_a_command_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == USAGE
    told = capsys.readouterr().out
    assert [line.split()[0] for line in told.splitlines() if line[:4] == "    " and line[4] != " "] == list(
        COMMANDS
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            ["serve", "--porrt", "1"],
            "unrecognized arguments: --porrt 1 (natterjack serve --help shows what there is)",
        ),
        (["chat", "--bogus"], "unrecognized arguments: --bogus (natterjack chat --help shows what there is)"),
        (["--bogus"], "unrecognized arguments: --bogus (natterjack --help shows what there is)"),
    ],
)
def test_an_option_that_there_is_not_leads_to_those_of_the_command(
    capsys: pytest.CaptureFixture[str], typed: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(typed)
    assert ended.value.code == USAGE
    assert capsys.readouterr().err == f"natterjack: {said}\n"


BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
@pytest.mark.parametrize("surroundings", [BUFFERED, {**BUFFERED, "PYTHONUNBUFFERED": "1"}])
@pytest.mark.parametrize("typed", [["config", "show"], ["check-config"], ["demo"]])
def test_a_full_disk_behind_standard_output_is_a_failure_of_one_line(
    typed: list[str], surroundings: dict[str, str]
) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = _end(typed, full, surroundings)
    assert (ended.returncode, ended.stderr) == (
        FAILED,
        b"natterjack: cannot write: no space left on device\n",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
@pytest.mark.parametrize("typed", [["config", "show"], ["check-config"], ["serve", "--help"], ["--version"]])
def test_where_nobody_reads_what_is_said_nothing_more_is(typed: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        ended = _end(typed, gone, BUFFERED)
    assert (ended.returncode, ended.stderr) == (FAILED, b"")


def _end(typed: list[str], out: BinaryIO, surroundings: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "natterjack", *typed]
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
        env=surroundings,
        timeout=60,
        check=False,
    )


def test_what_standard_output_has_no_letters_for_is_escaped(tmp_path: Path) -> None:
    """It was an internal error, of ``console users`` too while somebody was here whose nick is of another script."""
    path = tmp_path / "nj.toml"
    path.write_text('[server]\nnetwork = "Жора"\n', encoding="utf-8")
    command = [sys.executable, "-m", "natterjack", "config", "show", "--config", str(path)]
    ended = subprocess.run(
        command, capture_output=True, env=os.environ | {"PYTHONIOENCODING": "ascii"}, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert rb'"\u0416\u043e\u0440\u0430"' in ended.stdout
