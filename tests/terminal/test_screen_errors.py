"""What goes wrong between people and a real server, as the full-screen client shows it: in words that say what to do.

Whatever was typed is still there.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import Irc, serving
from tests.terminal.test_screen_leaving import child_of

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]
STRICT = ("--trust-loopback", "no")
FREE = resource.RLIM_INFINITY if sys.platform != "win32" else 0


def pane(home: Path, *words: str, **settings: Any) -> Any:
    from tests.terminal.pane import Pane

    return Pane(home, *words, size=settings.pop("size", (99, 40)), **settings)


def words(screen: Any) -> str:
    """All that is said, without what stands beside it and where lines end."""
    return " ".join(" ".join(line.partition("│")[2] or line for line in screen.lines).split())


def says(screen: Any, *texts: str) -> None:
    for text in texts:
        screen.until(lambda text=text: text in words(screen))


def test_a_server_that_dies(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server, pane(tmp_path / "kim", f"127.0.0.1:{server.port}") as kim:
        says(kim, "You are in #lobby")
        kim.press("half a line")
        kim.until("half a line")
        server.process.kill()
        # by a reset, where the sign that he types was not read yet
        says(kim, "was lost: ", "CONNECT tries at once, DISCONNECT gives up.")
        kim.until("connecting")
        kim.until("#lobby> half a line")
        kim.press("enter")
        kim.until("1 not sent yet")
        kim.until("wait           kim  half a line")
        with serving(tmp_path / "data", "--port", str(server.port)):
            kim.type("CONNECT")
            # If his client has come back by itself right then, the server may not have done with that session.
            kim.until(lambda: "kim at Natterjack" in kim.text or "kim_ at Natterjack" in kim.text)
            kim.until(lambda: "not sent yet" not in kim.text)
            assert words(kim).count("half a line") == 1


def test_a_wrong_password(tmp_path: Path) -> None:
    with serving(tmp_path / "data", *STRICT) as server:
        link = server.first["link"]
        with pane(tmp_path / "kim", link) as kim:
            says(kim, "The name kim is yours from now on")
        (account,) = json.loads((tmp_path / "kim" / "client" / "accounts.json").read_text())["accounts"]
        place, pin = f"127.0.0.1:{server.port}", server.first["pin"]
        login = ("--pin", pin, "--account", "kim")
        with pane(tmp_path / "other", place, *login, NATTERJACK_PASSWORD="wrong") as kim:
            says(
                kim,
                "Not logged in as kim: the account or the password is wrong. Check both. "
                "To try again: LOGIN account",
                "You were not let in: you need an invite",
                "with an account: LOGIN account",
            )
            kim.type("LOGIN kim wrong-too")
            says(kim, "You were not let in: Not logged in as kim: the account or the password is wrong.")
            kim.type(f"LOGIN kim {account['secret']}")
            says(kim, "as kim, logged in. You are in #lobby")
        assert "wrong-too" not in (tmp_path / "other" / "client" / "desk.json").read_text()


def test_a_changed_key(tmp_path: Path) -> None:
    with serving(tmp_path / "data", *STRICT) as server, pane(tmp_path / "kim", server.first["link"]) as kim:
        says(kim, "The name kim is yours from now on")
    shutil.rmtree(tmp_path / "data")
    place = f"127.0.0.1:{server.port}"
    with (
        serving(tmp_path / "data", *STRICT, "--port", str(server.port)) as server,
        pane(tmp_path / "kim", place, size=(60, 40)) as kim,
    ):
        says(
            kim,
            f"The key of {place} has changed:",
            "Either the server was set up anew, or somebody on the way pretends to be it.",
            "With a new join link, type: CONNECT link",
        )
        kim.type(f"CONNECT {server.first['link']}")
        says(kim, "You are in #lobby; nobody else is there.")


def test_an_invite_that_has_expired(tmp_path: Path) -> None:
    with serving(tmp_path / "data", *STRICT) as server:
        made = server.console("invite", "--uses", "1", "--json")
        code = json.loads(made.stdout)["rows"][0]["code"]
        assert server.console("invite", "revoke", code).returncode == 0
        place, pin = f"127.0.0.1:{server.port}", server.first["pin"]
        with pane(tmp_path / "kim", place, "--invite", code, "--pin", pin) as kim:
            says(
                kim,
                "You were not let in: this invite is unknown, used up or expired: ask for a new one. "
                "With a new join link, type: CONNECT link.",
            )
            kim.type("hello?")
            says(kim, "You are not connected, so nobody hears this.")
            kim.press("up")
            kim.until("> hello?")
            kim.press("ctrl-c")
            kim.type(f"CONNECT {server.first['link']}")
            says(kim, "You are in #lobby; nobody else is there.")


def test_a_name_in_use(tmp_path: Path) -> None:
    with serving(tmp_path / "data", *STRICT) as server, pane(tmp_path / "kim", server.first["link"]) as kim:
        says(kim, "The name kim is yours from now on")
        with pane(tmp_path / "lee", server.first["link"]) as lee:
            says(lee, "The name kim cannot be had: Nick is already in use.", "Which other name?")
            lee.until("Your name:")
            lee.type("lee")
            says(lee, "You are in #lobby with kim.", "The name lee is yours from now on")
            lee.type("NICK kim")
            says(lee, "kim: Nick is already in use. Type NICK kim_ or NICK kim2, or another.")


def test_a_guest_who_gets_another_name_is_told_so_where_he_looks(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        place = f"127.0.0.1:{server.port}"
        with pane(tmp_path / "kim", place) as kim, pane(tmp_path / "lee", place) as lee:
            told = "The name kim cannot be had (Nick is already in use): you are kim_."
            says(kim, "You are in #lobby")
            kim.until(lambda: told in words(kim) or (lee.read(0) and told in words(lee)))
            (kim if told in words(kim) else lee).until("kim_ at Natterjack")


def test_the_servers_disk_is_full(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server, pane(tmp_path / "kim", f"127.0.0.1:{server.port}") as kim:
        says(kim, "You are in #lobby")
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, FREE))
        kim.type("an answer that matters")
        says(kim, "It was not sent.")
        kim.until("#lobby> an answer that matters")
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (FREE, FREE))
        kim.press("enter")
        kim.until("kim  an answer that matters")


def test_our_own_disk_is_full(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server, pane(tmp_path / "kim", f"127.0.0.1:{server.port}") as kim:
        says(kim, "You are in #lobby")
        kim.type("before")
        kim.until("kim  before")
        client = child_of(kim.program.pid)
        size = os.path.getsize(tmp_path / "kim" / "client" / "client.db")
        resource.prlimit(client, resource.RLIMIT_FSIZE, (min(size, 4096), FREE))
        kim.type("an answer that matters")
        says(kim, "Nothing was sent, since it could not be written down:", "Try again.")
        kim.until("#lobby> an answer that matters")
        resource.prlimit(client, resource.RLIMIT_FSIZE, (FREE, FREE))
        kim.press("enter")
        kim.until("kim  an answer that matters")


def test_what_was_told_on_the_way_in_is_told_where_one_is_taken(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        place = f"127.0.0.1:{server.port}"
        with Irc(server.port, "lee") as lee:
            lee.send("JOIN #shut", "MODE #shut +i")
            lee.sync()
            with pane(tmp_path / "kim", place, "--channel", "#shut", "--channel", "#open") as kim:
                kim.until("#open>")
                says(kim, "#shut: Cannot join channel (+i): you need an invitation.")
            # the next time he is taken to where he was
            with pane(tmp_path / "kim", place, "--account", "kim", NATTERJACK_PASSWORD="wrong") as kim:
                kim.until("#open>")
                says(kim, "Not logged in as kim: the account or the password is wrong.")


def test_what_is_said_to_somebody_else_is_confirmed_where_one_looks(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "data") as server,
        Irc(server.port, "lee"),
        pane(tmp_path / "kim", f"127.0.0.1:{server.port}", size=(60, 20)) as kim,
    ):
        kim.until("#lobby>")
        kim.type("MSG lee psst")
        says(kim, "Said to lee.")
        kim.type("MSG nobody psst")
        says(kim, "nobody: No such nick or channel. It was not sent.")
        kim.press("ctrl-c")
        kim.type("MSG #lobby hello")
        says(kim, "kim hello")
        assert words(kim).count("Said to") == 1


def test_what_was_not_sent_is_typed_over_by_who_does_not_look(tmp_path: Path) -> None:
    """It was gone on with: a command, or a password, went behind it to where that was to go."""
    with (
        serving(tmp_path / "data") as server,
        pane(tmp_path / "kim", f"127.0.0.1:{server.port}") as kim,
    ):
        kim.until("#lobby>")
        kim.type("MSG nobody psst")
        kim.until("#lobby> MSG nobody psst")
        kim.type("hello all")
        says(kim, "kim hello all")
        kim.type("MSG nobody again")
        kim.until("#lobby> MSG nobody again")
        kim.paste("pasted")
        kim.until("#lobby> pasted")
        kim.press("ctrl-c")
        kim.type("MSG nobody more")
        kim.until("#lobby> MSG nobody more")
        kim.press("end", "!")  # who looks goes on with it
        kim.until("#lobby> MSG nobody more!")
