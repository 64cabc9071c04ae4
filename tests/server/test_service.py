"""The systemd unit, and putting it in place on a machine that is made up."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from natterjack.cli import main
from natterjack.exits import BAD_CONFIG, FAILED, OK, CommandError, complain
from natterjack.server.service import Machine, install, uninstall
from natterjack.server.unit import (
    MARK,
    NAME,
    Access,
    Program,
    groups_for,
    obstacles,
    quoted,
    this_program,
    unit,
)

PROGRAM = Program("/usr/bin/python3", "/opt/natterjack/src/natterjack")


def entries(text: str) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return dict(parser["Service"])


def test_the_unit() -> None:
    text = unit(PROGRAM)
    assert text.startswith(MARK + "\n")
    service = entries(text)
    assert service["ExecStart"] == "/usr/bin/python3 -P -m natterjack serve --data-dir %S/natterjack"
    assert service["Environment"].split()[0] == "PYTHONPATH=/opt/natterjack/src"
    wanted = {
        "Type": "notify",
        "DynamicUser": "yes",
        "StateDirectory": "natterjack",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "NoNewPrivileges": "yes",
        "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
        "CapabilityBoundingSet": "",
        "Restart": "on-failure",
        "KillSignal": "SIGTERM",
        "TimeoutStopSec": "10",
        "ExecReload": "/bin/kill -HUP $MAINPID",
        "LimitNOFILE": "65536",
    }
    assert {key: service[key] for key in wanted} == wanted
    assert "AmbientCapabilities" not in service
    assert "SupplementaryGroups" not in service
    assert "\nStartLimitIntervalSec=0\n" in text, "five crashes in ten seconds would be the end of it"


def test_odd_paths_mean_themselves() -> None:
    program = Program("/opt/a b/python", "/opt/100%/src/natterjack", '/etc/$x "y".toml')
    service = entries(unit(program))
    assert service["ExecStart"].startswith('"/opt/a b/python" -P')
    assert service["ExecStart"].endswith('--config "/etc/$$x \\"y\\".toml"')
    assert service["Environment"].split()[0] == "PYTHONPATH=/opt/100%%/src"
    assert quoted("it's") == '"it\'s"'


def test_low_ports_take_a_right_and_homes_stay_readable_where_needed() -> None:
    service = entries(unit(Program("/home/kim/python", "/home/kim/src/natterjack", port=80)))
    assert service["AmbientCapabilities"] == service["CapabilityBoundingSet"] == "CAP_NET_BIND_SERVICE"
    assert service["ProtectHome"] == "read-only"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here to ask")
def test_systemd_has_nothing_against_it(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text(unit(Program(os.path.realpath(sys.executable), "/opt/src/natterjack", "/etc/n j.toml")))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(path)], check=False, capture_output=True, text=True, timeout=50
    )
    assert [line for line in done.stderr.splitlines() if NAME in line] == []


class Files:
    """Files that are made up: permissions and group by path."""

    def __init__(self) -> None:
        folders = ("/", "/srv", "/srv/nj", "/srv/nj/src", "/srv/nj/src/natterjack", "/etc", "/etc/nj", "/usr")
        self.modes = dict.fromkeys(folders, 0o40755)
        self.modes |= {"/usr/python": 0o100755, "/etc/nj.toml": 0o100644}
        self.modes |= {"/etc/nj/cert.pem": 0o100644, "/etc/nj/key.pem": 0o100600}
        self.groups: dict[str, int] = {}

    def look(self, path: Path) -> Access:
        if str(path) not in self.modes:
            raise FileNotFoundError(str(path))
        return Access(self.modes[str(path)], self.groups.get(str(path), 0))


def test_what_stands_in_the_way() -> None:
    files = Files()
    program = Program("/usr/python", "/srv/nj/src/natterjack", "/etc/nj.toml")
    assert obstacles(program, files.look) == []
    closed = "is closed to other users, and so to the service"
    files.modes["/etc/nj.toml"] = 0o100640
    files.modes["/srv/nj"] = 0o40711  # to enter is enough on the way
    assert obstacles(program, files.look) == [
        f"/etc/nj.toml {closed}: chmod o+rX /etc/nj.toml, or put all under /opt"
    ]
    files.modes["/srv/nj"] = 0o40700
    (said, _) = obstacles(program, files.look)
    assert said == f"/srv/nj {closed}: chmod -R o+rX /srv/nj"
    del files.modes["/usr/python"]
    assert obstacles(program, files.look)[0].startswith("/usr/python is closed")


def test_all_of_a_copy_has_to_be_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``cp -r`` with a umask of 077, and only the folders opened after that."""
    monkeypatch.setattr("natterjack.server.unit._TEMPORARY", ())  # where tests have their files
    package = tmp_path / "nj" / "src" / "natterjack"
    package.mkdir(parents=True)
    (package / "away").symlink_to(tmp_path / "gone")
    (package / "cli.py").touch(mode=0o600)

    def look(path: Path) -> Access:  # the directories of tests are closed themselves
        return Access(path.stat().st_mode if path.is_relative_to(package) else 0o40755)

    (said,) = obstacles(Program("/usr/bin/env", str(package)), look)
    assert said.startswith(f"{package / 'cli.py'} is closed")
    assert said.endswith(f": chmod -R o+rX {tmp_path / 'nj'}")


def test_the_key_of_a_certificate_needs_a_group() -> None:
    files = Files()
    program = Program("/usr/python", "/srv/nj/src/natterjack", tls=("/etc/nj/cert.pem", "/etc/nj/key.pem"))
    refused = "is closed to the service: give it to a group of its own and let that read"
    for mode in (0o100600, 0o100640):  # of root's group it does not become a member
        files.modes["/etc/nj/key.pem"] = mode
        (said,) = obstacles(program, files.look)
        assert said.startswith(f"/etc/nj/key.pem {refused}")
    files.groups["/etc/nj/key.pem"] = 4_000_000
    assert obstacles(program, files.look) == []
    files.modes["/etc/nj"] = 0o40700
    (said,) = obstacles(program, files.look)
    assert said.startswith(f"/etc/nj {refused}")
    files.modes["/etc/nj"] = 0o40710
    files.groups["/etc/nj"] = 4_000_001
    assert obstacles(program, files.look) == []
    assert groups_for(program, files.look) == [4_000_000, 4_000_001]
    assert entries(unit(program, files.look))["SupplementaryGroups"] == "4000000 4000001"


def test_the_groups_word_goes_before_that_of_others() -> None:
    files = Files()
    program = Program("/usr/python", "/srv/nj/src/natterjack", tls=("/etc/nj/key.pem", "/etc/nj/cert.pem"))
    files.modes |= {"/etc/nj/key.pem": 0o100640, "/etc/nj/cert.pem": 0o100604}
    files.groups = {"/etc/nj/key.pem": 4_000_000, "/etc/nj/cert.pem": 4_000_000}
    (said,) = obstacles(program, files.look)
    assert said.startswith("/etc/nj/cert.pem is closed")


def test_a_certificate_by_a_path_from_here() -> None:
    (said,) = obstacles(Program("/usr/bin/env", "/usr/bin", tls=("no/such/cert.pem",)))[:1]
    assert said == "no/such/cert.pem of tls.cert or tls.key is found from here alone: write the whole path"


def test_nothing_is_run_from_directories_for_temporary_files() -> None:
    (said,) = obstacles(Program("/usr/bin/env", "/tmp/natterjack"))
    assert said.startswith("/tmp/natterjack is in a directory for temporary files")


class MadeUp(Machine):
    """A machine with systemd, whose root we are unless it says otherwise."""

    def __init__(self, units: Path, root: bool = True, systemd: bool = True) -> None:
        self.units = units
        self.root = root
        self.systemd = systemd
        self.failed = ""
        self.asked: list[str] = []

    def is_root(self) -> bool:
        return self.root

    def has_systemd(self) -> bool:
        return self.systemd

    def systemctl(self, *words: str) -> None:
        self.asked.append(" ".join(words))
        if self.failed and words[0] == "restart":
            raise CommandError(FAILED, "systemctl restart failed: exit code 1")

    def has_failed(self) -> bool:
        return bool(self.failed)

    def complaint(self) -> str:
        return self.failed.removeprefix("?")


FINE = Program("/usr/bin/env", "/usr/bin")


def test_install_and_uninstall(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = MadeUp(tmp_path)
    for _ in range(2):  # again after an update
        assert install(machine, FINE) == OK
        assert (tmp_path / NAME).read_text() == unit(FINE)
        assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o644
        assert machine.asked == ["daemon-reload", f"enable {NAME}", f"restart {NAME}"]
        machine.asked.clear()
    assert "/var/lib/natterjack" in capsys.readouterr().out
    assert uninstall(machine) == OK
    assert machine.asked == [f"disable --now {NAME}", "daemon-reload"]
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CommandError, match="nothing is installed"):
        uninstall(machine)


def test_a_service_that_does_not_start(tmp_path: Path) -> None:
    machine = MadeUp(tmp_path)
    for machine.failed, said in (
        ("port 7667 is in use", "the service is in place, but could not start: port 7667 is in use"),
        ("?", "systemctl restart failed: exit code 1"),  # it left no word
    ):
        with pytest.raises(CommandError) as error:
            install(machine, FINE)
        assert (error.value.code, str(error.value)) == (FAILED, said)
    machine.asked.clear()
    assert uninstall(machine) == OK
    assert machine.asked == [f"disable --now {NAME}", f"reset-failed {NAME}", "daemon-reload"]


def test_what_a_service_said_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    complain("can't listen: choose another")
    journal = tmp_path / "journalctl"
    journal.write_text(f"#!/bin/sh\ncat <<.\n{capsys.readouterr().err}Stopping\n.\n")
    journal.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert Machine().complaint() == "can't listen: choose another"
    journal.write_text("#!/bin/sh\n")
    assert Machine().complaint() == ""


def test_refusals_in_words(tmp_path: Path) -> None:
    for machine, said in (
        (MadeUp(tmp_path, root=False), "this takes root: sudo python3 run.py service"),
        (MadeUp(tmp_path, systemd=False), "systemd does not run this machine"),
    ):
        refused: list[Callable[[], int]] = [partial(install, machine, FINE), partial(uninstall, machine)]
        for act in refused:
            with pytest.raises(CommandError, match=said) as error:
                act()
            assert error.value.code == FAILED
        assert machine.asked == []
    with pytest.raises(CommandError, match="the service could not run: /tmp/x is in a directory"):
        install(MadeUp(tmp_path), Program("/usr/bin/env", "/tmp/x"))


def test_somebody_elses_unit_stays(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("[Service]\nExecStart=/bin/true\n")
    machine = MadeUp(tmp_path)
    acts: list[Callable[[], int]] = [partial(install, machine, FINE), partial(uninstall, machine)]
    for act in acts:
        with pytest.raises(CommandError, match="was not made by us"):
            act()
    assert (tmp_path / NAME).read_text() == "[Service]\nExecStart=/bin/true\n"


def test_print(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "nj.toml"
    file.write_text("[listen]\nport = 443\n")
    assert main(["service", "print", "--config", str(file)]) == OK
    out = capsys.readouterr().out
    assert out == unit(this_program(str(file), 443))
    assert shlex.split(entries(out)["ExecStart"])[-2:] == ["--config", str(file)]
    file.write_text("[listen]\nport = 'x'\n")
    assert main(["service", "print", "--config", str(file)]) == BAD_CONFIG
