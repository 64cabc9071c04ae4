"""``natterjack serve``: how it starts, is told things, and ends."""

import json
import signal
import socket
import subprocess
from pathlib import Path

import apsw
import pytest

from natterjack.cli import main
from natterjack.store.database import NAME
from tests.support.process import PATIENCE, Irc, ServerProcess, command, run, serving


def name_of(server: ServerProcess) -> str:
    with server.connect("probe") as probe:
        probe.send("VERSION")
        return probe.until(" 351 ")[-1].split(" ")[4]


def test_the_first_line_tells_where_it_listens(server: ServerProcess) -> None:
    assert server.first["event"] == "listening"
    assert (server.first["v"], server.first["host"]) == (1, "127.0.0.1")
    assert server.first["pid"] == server.process.pid
    assert server.first["port"] > 0
    with server.connect("alice") as alice:
        assert alice.sync() == []
    assert server.events("connected")["nick"] == "alice"


def test_a_data_directory_in_use_is_75(server: ServerProcess) -> None:
    done = run("serve", "--port", "0", "--data-dir", str(server.data_dir))
    assert done.returncode == 75
    assert str(server.process.pid) in done.stderr
    assert "--data-dir" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_in_use_is_1(server: ServerProcess, tmp_path: Path) -> None:
    done = run("serve", "--host", "127.0.0.1", "--port", str(server.port), "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert f"127.0.0.1 port {server.port}" in done.stderr
    assert server.console("status").returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("serve", "--port", "x"),
        ("serve", "--port", "70000"),
        ("serve", "--nonsense"),
        ("fly",),
        ("serve", "extra"),
        (),
    ],
)
def test_wrong_usage_is_2(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == (1 if words else 0)


@pytest.mark.parametrize(
    ("toml", "env", "key"),
    [
        ("[listen]\nport = 'x'", {}, "port"),
        ("[listen]\nport = 99999", {}, "listen.port"),
        ("listen = 5", {}, "listen"),
        ("[listen]\nprot = 1", {}, "prot"),
        ("[lisen]\nport = 1", {}, "lisen"),
        ("[channels]\nlobby = ['no hash']", {}, "channels.lobby"),
        ("[server]\nname = 'two words'", {}, "server.name"),
        ('[server]\nnetwork = "a\\r\\nb"', {}, "server.network"),
        ("[access]\nmode = 'everybody'", {}, "mode"),
        ("not toml at all", {}, "TOML"),
        ("", {"NATTERJACK_LISTEN__PORT": "x"}, "NATTERJACK_LISTEN__PORT"),
        ("", {"NATTERJACK_LISTEN__NOPE": "1"}, "nope"),
        ("", {"NATTERJACK_CONSOLE__ENABLED": "perhaps"}, "NATTERJACK_CONSOLE__ENABLED"),
    ],
)
def test_a_bad_configuration_is_78_and_names_the_key(
    toml: str,
    env: dict[str, str],
    key: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "n.toml"
    path.write_text(toml)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert main(["serve", "--config", str(path), "--data-dir", str(tmp_path / "d")]) == 78
    errors = capsys.readouterr().err
    assert key.lower() in errors.lower()
    assert not (tmp_path / "d").exists()


def test_a_file_that_is_not_there_is_78(tmp_path: Path) -> None:
    done = run("serve", "--config", str(tmp_path / "none.toml"))
    assert done.returncode == 78
    assert "none.toml" in done.stderr


def test_option_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    path = tmp_path / "n.toml"
    path.write_text("[server]\nname = 'from.file'\n[channels]\nlobby = ['#file']\n")
    env = {"NATTERJACK_SERVER__NAME": "from.env"}
    with serving(tmp_path / "1", "--config", str(path)) as server:
        assert name_of(server) == "from.file"
    with serving(tmp_path / "2", "--config", str(path), env=env) as server:
        assert name_of(server) == "from.env"
    with serving(
        tmp_path / "3", "--config", str(path), "--name", "from.option", "--lobby", "", env=env
    ) as server:
        assert name_of(server) == "from.option"
        with server.connect("alice") as alice:
            alice.send("LIST")
            assert len(alice.until(" 323 ")) == 2


def test_sigterm_tells_everybody_and_exits_0(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.connect("alice") as alice, server.connect() as silent:
        silent.raw(b"N")
        alice.sync()
        server.signal(signal.SIGTERM)
        assert alice.rest()[-1] == "ERROR :Closing link: the server is shutting down (SIGTERM)"
        silent.rest()  # whatever it speaks, it is closed
        assert server.wait() == 0
        assert server.events("stopping")["text"]
        with pytest.raises(ConnectionRefusedError):
            Irc(server.port)
    with serving(tmp_path):
        """The directory is free again."""


def test_sigterm_commits_what_is_under_way_and_closes_the_database(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.connect("alice") as alice:
        alice.send(*(f"PRIVMSG #lobby :{number}" for number in range(300)))
        alice.sync()
        server.signal(signal.SIGTERM)
        alice.rest()
        assert server.wait() == 0
    assert sorted(path.name for path in tmp_path.glob(f"{NAME}*")) == [
        NAME
    ]  # no log, and no note that it is open
    connection = apsw.Connection(str(tmp_path / NAME), flags=apsw.SQLITE_OPEN_READONLY)
    assert connection.execute("SELECT count(*) FROM message").fetchall() == [(300,)]
    connection.close()


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.connect("alice") as alice, server.connect("bob") as bob:
        alice.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        alice.send(*["HELP"] * 3000)  # and takes none of it, so that the end waits for her
        for _ in range(20):  # turns, in each of which some of that is answered
            bob.sync()
        server.signal(signal.SIGINT)
        assert server.events("stopping")
        server.signal(signal.SIGTERM)
        assert server.wait() == 1


def test_sighup_takes_a_valid_configuration_and_keeps_the_old_one_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "n.toml"
    path.write_text("[server]\nmotd = 'first'\n")
    with serving(tmp_path / "d", "--config", str(path)) as server, server.connect() as alice:
        alice.send("NICK alice", "USER a 0 * :A")
        assert alice.until(" 372 ")[-1].endswith(":first")
        alice.sync()
        path.write_text("[server]\nmotd = 'second'\n")
        server.signal(signal.SIGHUP)
        assert motd_once_changed(alice, "first") == "second"
        path.write_text("[server]\nmotd = 5\n")
        done = server.console("reload")
        assert done.returncode == 1
        assert "motd" in done.stderr
        server.signal(signal.SIGHUP)
        assert server.console("status").returncode == 0
        assert motd_once_changed(alice, "first") == "second"
        path.write_text("[server]\nmotd = 'third'\n")
        assert server.console("reload").returncode == 0
        assert motd_once_changed(alice, "second") == "third"


def motd_once_changed(client: Irc, old: str) -> str:
    """Ask until it is another; the signal takes its way through another process."""
    while True:
        client.send("MOTD")
        text = client.until(" 376 ")[-2].rpartition(":")[2]
        if text != old:
            return text


def test_signals_right_after_the_first_line_are_taken(tmp_path: Path) -> None:
    for number, kind in ((signal.SIGHUP, "goes on"), (signal.SIGTERM, "ends")):
        with serving(tmp_path / kind) as server:
            server.signal(number)
            if kind == "ends":
                assert server.wait() == 0
            else:
                server.connect("alice").close()
                assert server.process.poll() is None


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("talk", [True, False])
def test_a_standard_output_that_nobody_reads_stops_nothing(
    tmp_path: Path, talk: bool, unbuffered: str
) -> None:
    env = {"PYTHONUNBUFFERED": unbuffered}  # empty: as mostly
    with serving(tmp_path, env=env) as server, server.connect("alice") as alice:
        assert server.process.stdout is not None
        if not talk:
            server.process.stdout.close()  # the reader has gone
        for number in range(1500):  # more than a pipe holds
            alice.send(f"TOPIC #c{number} :x", f"JOIN #c{number % 40}", f"PART #c{number % 40}")
            if number % 100 == 99:
                alice.sync()
        assert alice.sync() == []
        server.signal(signal.SIGTERM)
        alice.rest()
        assert server.wait() == 0


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
def test_standard_streams_may_be_closed(tmp_path: Path, closed: str) -> None:
    """It was an internal error; some programs that watch over others close them."""
    words = command("serve", "--json", "--port", "0", "--host", "127.0.0.1", "--data-dir", str(tmp_path))
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *words]
    with subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        try:
            with Irc(first["port"], "alice") as alice:
                assert alice.sync() == []
        finally:
            process.terminate()
        assert process.wait(PATIENCE) == 0


def test_without_json_it_speaks_to_people(tmp_path: Path) -> None:
    words = command("serve", "--host", "127.0.0.1", "--port", "0", "--data-dir", str(tmp_path))
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not any("  Key  " in line for line in lines):
            lines.append(process.stdout.readline())
            assert lines[-1]
        port = int(next(line for line in lines if "listening on" in line).split(":")[1].split()[0])
        with Irc(port, "eve") as eve:
            eve.send("JOIN #\u200d", "PART #\u200d", "QUIT :\x1b[31mred\x07")
            eve.rest()
        while "eve left (" not in lines[-1]:
            lines.append(process.stdout.readline())
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert "\x1b" not in "".join(lines)
    assert "(Quit: \ufffd[31mred\ufffd)" in lines[-1]


def test_a_first_run_is_told_by_the_first_start_that_does_not_fail(
    tmp_path: Path, server: ServerProcess
) -> None:
    """Where the port was taken, nobody was told of it ever."""
    data = tmp_path / "data"
    options = ("serve", "--host", "127.0.0.1", "--data-dir", str(data), "--port")
    assert run(*options, str(server.port)).returncode == 1
    first = f"First run: made the data directory {data} (database, TLS key)."
    for told in (True, False):
        process = subprocess.Popen(
            command(*options, "0"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert (process.stdout.readline().rstrip() == first) is told
        process.terminate()
        process.communicate(timeout=PATIENCE)


def test_the_version_is_told() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("natterjack ")
    assert json.dumps(done.stderr) == '""'
