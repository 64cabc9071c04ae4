"""What is typed after ``natterjack``."""

import pytest

from natterjack.cli import COMMANDS, main
from natterjack.exits import USAGE


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
