"""``natterjack console`` and its socket."""

import json
import os
import re
import socket
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from natterjack.core.console import VERBS
from natterjack.ports.effects import ConsoleReply
from natterjack.proto.joinlink import parse_link
from natterjack.server.console import show, shown
from tests.support.process import ServerProcess, run, serving
from tests.support.tls import make_certificate


def test_users_shows_each_session(server: ServerProcess) -> None:
    with server.connect("alice") as alice:
        alice.send("JOIN #pond")
        alice.sync()
        done = server.console("users", "--json")
        assert done.returncode == 0
        (row,) = json.loads(done.stdout)["rows"]
        assert (row["nick"], row["account"], row["ip"], row["via"]) == ("alice", "", "127.0.0.1", "IRC")
        assert row["port"] == alice.sock.getsockname()[1]
        assert row["channels"] == "#lobby @#pond"
        assert row["idle_seconds"] in range(60)
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["since"])
        text = server.console("users").stdout
        assert all(
            word in text
            for word in ("alice", "127.0.0.1", str(row["port"]), "IRC", row["since"], "#lobby @#pond")
        )


def test_verbs_for_people(server: ServerProcess) -> None:
    with server.connect("alice") as alice:
        assert "channels" in server.console("help").stdout
        assert re.search(r"users +1", server.console("status").stdout)
        assert server.console("say", "#lobby", "hello there").stdout == "said to #lobby\n"
        assert alice.until("NOTICE")[-1] == ":natterjack NOTICE #lobby :hello there"
        assert server.console("kick", "alice", "enough").returncode == 0
        assert alice.rest()[-1] == "ERROR :Closing link: enough"


def test_help_is_legible_and_tells_of_one_verb(server: ServerProcess) -> None:
    """The longest usages ran into what the verb does."""
    lines = server.console("help").stdout.split("\n")
    for name, verb in VERBS.items():
        (line,) = (line for line in lines if line.endswith(f" {verb.about}"))
        assert line.index(verb.about) == 33, name
        assert any(line.startswith(f"{name} {verb.usage}".rstrip()) for line in lines)
    told = server.console("help", "KEEP").stdout
    assert told.startswith("keep [#channel")
    assert told.rstrip("\n").split("\n")[1] == 33 * " " + "how long what was said in a channel is kept"
    for words, code, said in ((("lnk",), 1, "did you mean link?"), (("link", "x"), 1, "usage: help [VERB]")):
        done = server.console("help", *words)
        assert (done.returncode, said in done.stderr) == (code, True)


def test_what_fails_exits_1_and_says_why(server: ServerProcess) -> None:
    done = server.console("usrs")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "natterjack: usrs is no verb of the console: did you mean users?\n"
    done = server.console("kick", "nobody")
    assert done.returncode == 1
    assert "nobody here is called nobody" in done.stderr
    assert json.loads(server.console("--json", "kick", "nobody").stdout)["ok"] is False


def test_the_consoles_own_options_may_stand_behind_the_verb(server: ServerProcess) -> None:
    """They were taken for the verb's words, and the answer advised to name what had been named."""
    done = run("console", "status", "--data-dir", str(server.data_dir), "--json")
    assert (done.returncode, json.loads(done.stdout)["ok"]) == (0, True)
    made = run("console", "invite", "--uses", "2", f"--data-dir={server.data_dir}")
    assert re.search("^uses_left +2$", made.stdout, re.MULTILINE)
    lacking = run("console", "status", "--data-dir")
    assert (lacking.returncode, lacking.stderr) == (
        2,
        "natterjack: argument --data-dir: expected one argument (natterjack console --help shows what there is)\n",
    )


def test_verbs_come_line_by_line_from_a_pipe(server: ServerProcess) -> None:
    done = server.console(input="status\n\nfly\nsay '#lobby' \"to all\"\n")
    assert done.returncode == 0
    assert "said to #lobby" in done.stdout
    assert "fly is no verb" in done.stderr
    assert server.console(input="fly\n").returncode == 1


def test_a_topic_cannot_command_the_operators_terminal(server: ServerProcess) -> None:
    with server.connect("eve") as eve:
        eve.send("JOIN #trap", "TOPIC #trap :\x1b]0;pwned\x07\u202e")
        eve.sync()
        shown = server.console("channels").stdout
    assert "#trap" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def ask(sock: socket.socket, data: bytes) -> dict[str, Any]:
    sock.sendall(data)
    answer: dict[str, Any] = json.loads(sock.makefile("rb").readline())
    return answer


def test_the_socket_is_the_owners_alone_and_outlives_nonsense(server: ServerProcess) -> None:
    path = server.data_dir / "console.sock"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(server.data_dir).st_mode) == 0o700
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(10)
        sock.connect(str(path))
        for nonsense in (b"nonsense\n", b"{}\n", b'{"verb": 5}\n', b"\xff\n", b"[" * 15_000 + b"\n",
                         b'{"x":' * 3_000 + b"\n", b'{"verb":"kick","args":[1]}\n', b"\n"):  # fmt: skip
            assert ask(sock, nonsense)["ok"] is False, nonsense
        assert ask(sock, b'{"verb": "STATUS"}\n')["ok"] is True
        sock.sendall(b"x" * 20_000)
        assert sock.recv(100) == b""
    assert server.console("status").returncode == 0


def test_no_server_is_69(tmp_path: Path) -> None:
    done = run("console", "--data-dir", str(tmp_path), "status")
    assert done.returncode == 69
    assert done.stderr.startswith("natterjack: no server answers at ")
    assert done.stderr.count("\n") == 1


def test_drain_and_shutdown(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.connect("alice") as alice:
        assert '"draining":false' in server.console("status", "--json").stdout
        assert server.console("drain").returncode == 0
        assert '"draining":true' in server.console("status", "--json").stdout
        with server.connect() as late:
            late.send("NICK late")
            assert late.rest()[0].startswith("ERROR :Closing link: the server is about to go down")
        assert alice.sync() == []
        assert server.console("drain", "off").returncode == 0
        server.connect("bob").close()
        assert server.console("drain", "maybe").returncode == 1
        assert server.console("shutdown", "later").returncode == 1
        assert server.console("shutdown").returncode == 0
        assert alice.rest()[-1] == "ERROR :Closing link: the server was shut down by its operator"
        assert server.wait() == 0


def test_no_console_makes_no_socket(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-console") as server:
        assert not (tmp_path / "console.sock").exists()
        assert server.console("status").returncode == 69


def test_the_join_link_of_a_server_that_runs(tmp_path: Path) -> None:
    certificate, key, _ = make_certificate(tmp_path, "now")
    settings = {"NATTERJACK_TLS__CERT": str(certificate), "NATTERJACK_TLS__KEY": str(key)}
    with serving(tmp_path / "data", env=settings) as server:
        done = server.console("link", "--json")
        (row,) = json.loads(done.stdout)["rows"]
        assert (done.returncode, row["link"]) == (0, server.first["link"])
        assert server.first["link"] in server.console("link").stdout
        assert "this machine only" in server.console("link").stdout
        *_, pin = make_certificate(tmp_path, "now")
        assert server.console("reload").returncode == 0
        (row,) = json.loads(server.console("invite", "--json").stdout)["rows"]
        link = parse_link(row["link"])
        assert (link.port, link.pin, link.invite) == (server.port, pin, row["code"])


def test_a_link_has_its_qr_code_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = ConsoleReply(0, True, "how", ({"link": "natterjack://x:1/", "pin": ""},))
    assert shown("link", reply) == show(reply)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    drawn = shown("LINK", reply).removeprefix(show(reply) + "\n").split("\n")
    assert len(drawn) > 10
    assert len(set(map(len, drawn))) <= 3
    assert shown("link", ConsoleReply(0, False, "why", ())) == "why"
    assert shown("invites", reply) == show(reply)
