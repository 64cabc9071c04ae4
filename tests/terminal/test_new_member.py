"""From an invite to coming again, with the real server, from another machine."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from natterjack.proto.joinlink import parse_link
from tests.support.elsewhere import Elsewhere, elsewhere_fixture
from tests.support.process import PATIENCE, ServerProcess, command, serving
from tests.terminal.pane import Pane

elsewhere = elsewhere_fixture


@pytest.fixture(scope="module")
def server(elsewhere: Elsewhere, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("server"), "--host", elsewhere.here) as process:
        yield process


def link_for(server: ServerProcess, *words: str) -> str:
    """A join link with an invite of its own."""
    done = server.console("--json", "invite", *words)
    (invite,) = (row["code"] for row in json.loads(done.stdout)["rows"])
    link: str = server.first["link"]
    return f"{link.partition('&invite=')[0]}&invite={invite}"


class Newcomer:
    """The client of one person, on the other machine."""

    def __init__(self, elsewhere: Elsewhere, directory: Path) -> None:
        self._elsewhere = elsewhere
        self.directory = directory

    @property
    def accounts(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads((self.directory / "client" / "accounts.json").read_text())[
            "accounts"
        ]
        return rows

    def words(self, *words: str) -> list[str]:
        return command("chat", "--data-dir", str(self.directory), *words)

    def chat(self, *words: str) -> tuple[int, list[dict[str, Any]], str]:
        """Exit code, events and errors of one message."""
        done = self._elsewhere.run(*self.words("--json", *words), text=b"SEND hello\n")
        return (
            done.returncode,
            [json.loads(line) for line in done.stdout.splitlines()],
            done.stderr.decode(),
        )


def of(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == name]


def test_from_a_link_to_coming_again(server: ServerProcess, elsewhere: Elsewhere, tmp_path: Path) -> None:
    person, other = Newcomer(elsewhere, tmp_path / "one"), Newcomer(elsewhere, tmp_path / "two")
    link = link_for(server, "--uses", "1")
    code, events, err = person.chat(link, "--nick", "kim")
    assert (code, err) == (0, "")
    assert of(events, "account") == [{"event": "account", "line": None, "nick": "kim", "account": "kim"}]
    assert len(of(events, "ack")) == 1
    (row,) = person.accounts
    assert (row["account"], row["key"], row["sure"]) == ("kim", server.first["pin"], True)

    # The invite is used up: for him it is no matter, for others it is.
    for words in ((link,), (f"{elsewhere.here}:{server.port}",), (link, "--nick", "kim")):
        code, events, err = person.chat(*words)
        assert (code, err) == (0, "")
        (ready,) = of(events, "ready")
        assert (ready["nick"], ready["account"]) == ("kim", "kim")
    code, events, err = other.chat(link, "--nick", "lee")
    assert code == 77
    assert [event["code"] for event in of(events, "error")] == ["464"]
    assert "ask for a new one" in err

    # What the file has is a password like any other.
    file = tmp_path / "password"
    file.touch(mode=0o600)
    file.write_text(row["secret"])
    code, events, _ = other.chat(
        f"{elsewhere.here}:{server.port}",
        "--account",
        "kim",
        "--password-file",
        str(file),
        "--pin",
        row["key"],
    )
    assert code == 0
    assert of(events, "ready")[0]["account"] == "kim"


def test_a_code_that_is_no_invite_is_told_and_ends_with_77(
    server: ServerProcess, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    person = Newcomer(elsewhere, tmp_path)
    words = (
        f"{elsewhere.here}:{server.port}",
        "--pin",
        server.first["pin"],
        "--nick",
        "kit",
        "--invite",
        "no-such-code",
    )
    code, events, err = person.chat(*words)
    assert code == 77
    assert [event["code"] for event in of(events, "error")] == ["464"]
    assert err.count("\n") == 1
    assert "this invite is unknown, used up or expired: ask for a new one" in err
    done = elsewhere.run(*person.words(*words), text=b"SEND hello\n")
    assert done.returncode == 77
    assert b"this invite is unknown, used up or expired: ask for a new one" in done.stderr
    assert not (tmp_path / "client" / "accounts.json").exists()
    link = link_for(server)
    assert person.chat(link, "--nick", "kit")[0] == 0  # the name was not lost by it


def test_a_taken_name_does_not_spend_the_invite(
    server: ServerProcess, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    person = Newcomer(elsewhere, tmp_path)
    link = link_for(server, "--uses", "1")
    Newcomer(elsewhere, tmp_path / "owner").chat(link_for(server), "--nick", "owner")
    code, events, err = person.chat(link, "--nick", "owner")
    assert code == 77
    assert [event["code"] for event in of(events, "error")] == ["433"]
    assert "another" in err
    assert person.chat(link, "--nick", "guest")[0] == 0
    assert [row["account"] for row in person.accounts] == ["guest"]


def test_killed_in_between(server: ServerProcess, elsewhere: Elsewhere, tmp_path: Path) -> None:
    person = Newcomer(elsewhere, tmp_path)
    link = link_for(server)
    file = tmp_path / "client" / "accounts.json"
    with subprocess.Popen(
        ["ip", "netns", "exec", elsewhere.name, *person.words("--nick", "killed", link)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + PATIENCE
        while not file.exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    (row,) = person.accounts
    # The server still holds the name until it has noticed; whether it made the account is its own affair.
    deadline = time.monotonic() + PATIENCE
    while (found := person.chat("--nick", "killed", link))[0] == 77:
        assert time.monotonic() < deadline
    assert found[0] == 0
    (after,) = person.accounts
    assert (after["account"], after["secret"], after["sure"]) == ("killed", row["secret"], True)
    _, events, _ = person.chat(f"{elsewhere.here}:{server.port}")
    assert of(events, "ready")[0]["account"] == "killed"


def test_another_key_learns_nothing(elsewhere: Elsewhere, tmp_path: Path) -> None:
    person = Newcomer(elsewhere, tmp_path / "person")
    with serving(tmp_path / "one", "--host", elsewhere.here) as server:
        assert person.chat(server.first["link"], "--nick", "kim")[0] == 0
        port = server.port
    before = person.accounts
    with serving(tmp_path / "two", "--host", elsewhere.here, "--port", str(port)) as server:
        place = f"{elsewhere.here}:{port}"
        code, events, err = person.chat(place)
        assert code == 77
        assert "has changed" in err
        assert not of(events, "ready")
        # By the new link it is another server, where he becomes a member anew.
        code, events, _ = person.chat(server.first["link"], "--nick", "kim")
        assert (code, [event["account"] for event in of(events, "account")]) == (0, ["kim"])
        assert person.chat(place)[0] == 0
    assert person.accounts[0] == before[0]
    assert [row["key"] for row in person.accounts] == [before[0]["key"], parse_link(server.first["link"]).pin]


@pytest.mark.terminal
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("plain", [False, True])
def test_at_a_terminal(server: ServerProcess, elsewhere: Elsewhere, tmp_path: Path, plain: bool) -> None:
    person = Newcomer(elsewhere, tmp_path)
    taken, name = f"taken{plain:d}", f"person{plain:d}"
    Newcomer(elsewhere, tmp_path / "owner").chat(link_for(server), "--nick", taken)

    def start(where: str) -> Pane:
        words = person.words(where, *(["--plain"] if plain else []))
        # High enough for all that the others have said in #lobby: it may come in one go with what is looked for.
        return Pane(tmp_path, size=(240, 100), command=["ip", "netns", "exec", elsewhere.name, *words])

    with start(link_for(server, "--uses", "1")) as chat:
        chat.until("What shall the others call you?")
        chat.type(taken)
        chat.until(f"The name {taken} cannot be had: Nick")
        chat.until("Which other name?")
        chat.type(name)
        chat.until(f"as {name}.")
        chat.until(f"The name {name} is yours from now on")
        chat.type("QUIT")
        assert chat.end() == 0
        assert "Goodbye." in chat.text

    with start(f"{elsewhere.here}:{server.port}") as chat:
        chat.until(f"as {name}, logged in.")
        chat.type("QUIT")
        assert chat.end() == 0
