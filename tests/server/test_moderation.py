"""Moderating a real server: through its console, over IRC, and across a restart."""

from __future__ import annotations

import json
import socket
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import Irc, ServerProcess, serving


def _plain(account: str, password: str) -> list[str]:
    return [
        "AUTHENTICATE PLAIN",
        f"AUTHENTICATE {b64encode(f'{chr(0)}{account}{chr(0)}{password}'.encode()).decode()}",
    ]


def _member(server: ServerProcess, nick: str) -> Irc:
    """Somebody with an account, whose password is ``NICK-password``."""
    irc = server.connect(nick)
    irc.send(f"REGISTER * * {nick}-password")
    irc.until(" 900 ")
    irc.sync()
    return irc


def _rows(server: ServerProcess, *words: str) -> list[dict[str, Any]]:
    done = server.console("--json", *words)
    assert done.returncode == 0, done
    rows: list[dict[str, Any]] = json.loads(done.stdout)["rows"]
    return rows


def test_an_operator_moderates_from_his_chat(server: ServerProcess) -> None:
    with _member(server, "olga") as olga, _member(server, "eve") as eve:
        assert server.console("oper", "olga").stdout == "olga is an operator of this server\n"
        assert olga.until(" 381 ")[-2] == ":natterjack MODE olga +o"
        olga.send("CONSOLE ban eve --for 7d :spam, again")
        assert eve.rest()[-1].endswith(": spam, again")
        answer = olga.until("NOTE CONSOLE")[-1]
        assert answer.startswith(":natterjack NOTE CONSOLE ANSWER ban :eve is banned until ")
        assert answer.endswith("; 1 session cut")
        (row,) = _rows(server, "bans")
        assert (row["what"], row["target"], row["by"], row["reason"]) == ("ban", "eve", "olga", "spam, again")
        assert [line["by"] for line in _rows(server, "audit")][-1] == "olga"
        with server.connect() as again:
            again.send("CAP LS 302", "NICK eve", "USER e 0 * :E", *_plain("eve", "eve-password"), "CAP END")
            assert " 465 * :you are banned from this server until " in again.rest()[-2]
        assert server.console("unban", "eve").returncode == 0
        assert server.console("oper", "olga", "off").returncode == 0
        assert olga.until("MODE")[-1] == ":natterjack MODE olga -o"


def test_a_password_from_the_console(server: ServerProcess) -> None:
    with _member(server, "petra") as petra:
        (row,) = _rows(server, "passwd", "petra")
        assert petra.rest()[-1] == "ERROR :Closing link: your account has a new password"
    for password, numeric in (("petra-password", " 904 "), (row["password"], " 903 ")):
        with server.connect() as irc:
            irc.send("CAP LS 302", *_plain("petra", password))
            irc.until(numeric)
    done = server.console("passwd", "petra", "short")
    assert (done.returncode, done.stderr) == (1, "natterjack: A password has at least 8 bytes\n")
    assert row["password"] not in server.console("audit", "1000").stdout


def test_answers_come_in_the_order_of_the_requests(server: ServerProcess) -> None:
    """Even where one takes a while and the next does not."""
    with _member(server, "quinn"), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(20)
        sock.connect(str(server.data_dir / "console.sock"))
        requests = [
            ("passwd", "quinn"),
            ("nonsense",),
            ("mute", "quinn"),
            ("help",),
            ("unmute", "quinn"),
            ("bans",),
        ]
        for verb, *args in requests:
            sock.sendall(json.dumps({"verb": verb, "args": args}).encode() + b"\n")
        answers = sock.makefile("rb")
        texts = [json.loads(answers.readline())["text"] for _ in requests]
        assert [text.split(" ")[0] for text in texts] == [
            "quinn",
            "nonsense",
            "quinn",
            "accounts",
            "quinn",
            "0",
        ]
        assert texts[0].startswith("quinn has a new password")
        many = b'{"verb": "nonsense"}\n' * 500
        sock.sendall(many + b'{"verb": "status"}\n')
        assert [json.loads(answers.readline())["ok"] for _ in range(501)] == [False] * 500 + [True]


def test_whoever_asked_may_be_gone_before_the_answer(server: ServerProcess) -> None:
    with _member(server, "rosa") as rosa:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.connect(str(server.data_dir / "console.sock"))
            sock.sendall(b'{"verb": "passwd", "args": ["rosa"]}\n')
        assert rosa.rest()[-1] == "ERROR :Closing link: your account has a new password"
    assert server.console("status").returncode == 0


@pytest.mark.parametrize("ending", ["end", "kill"])
def test_what_was_answered_holds_after_a_restart(tmp_path: Path, ending: str) -> None:
    with serving(tmp_path) as server:
        for nick in ("alice", "bob", "carol"):
            _member(server, nick).close()
        for words in (
            ("oper", "alice"),
            ("ban", "192.0.2.0/24", "--for", "7d"),
            ("ban", "spam*!*@*"),
            ("mute", "bob", "too", "loud"),
            ("accounts", "revoke", "carol"),
            ("lock", "members only"),
        ):
            assert server.console(*words).returncode == 0
        if ending == "end":
            server.end()
        else:
            server.process.kill()
    with serving(tmp_path) as server:
        assert [row["account"] for row in _rows(server, "oper")] == ["alice"]
        assert [row["target"] for row in _rows(server, "bans")] == ["192.0.2.0/24", "spam*!*@*", "bob"]
        assert [row["account"] for row in _rows(server, "accounts") if row["revoked"]] == ["carol"]
        assert _rows(server, "status")[0]["lock_text"] == "members only"
        with server.connect() as guest:
            guest.send("NICK guest", "USER g 0 * :G")
            assert guest.rest()[-1] == (
                "ERROR :Closing link: only members may come in just now (members only): log in to an account"
            )
        with server.connect() as bob:
            bob.send("CAP LS 302", "NICK bob", "USER b 0 * :B", *_plain("bob", "bob-password"), "CAP END")
            bob.until(" 422 ")
            bob.send("PRIVMSG #lobby :hi")
            assert bob.until(" 404 ")[-1].endswith("(you are muted: too loud)")
        with server.connect() as carol:
            carol.send("CAP LS 302", *_plain("carol", "carol-password"))
            carol.until(" 904 ")
        assert server.console("unlock").returncode == 0


def test_reload_lets_members_invite(tmp_path: Path) -> None:
    config = tmp_path / "nj.toml"
    config.write_text("")
    with serving(tmp_path / "data", "--config", str(config)) as server, _member(server, "alice") as alice:
        alice.send("CONSOLE invite")
        alice.until(" 481 ")
        config.write_text('access.invites = "members"\n')
        assert "now in force: access.invites" in server.console("reload").stdout
        alice.send("CONSOLE invite --uses 1")
        assert "; by=alice; " in alice.until("NOTE CONSOLE ROW")[-1]
        assert [row["by"] for row in _rows(server, "invites")][-1] == "alice"
