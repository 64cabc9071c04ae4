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
from natterjack.exits import BAD_CONFIG, FAILED, OK, CommandError
from natterjack.server.service import Machine, install, uninstall
from natterjack.server.unit import MARK, NAME, Program, obstacles, quoted, this_program, unit

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


def test_what_stands_in_the_way() -> None:
    modes = dict.fromkeys(("/", "/opt", "/opt/nj", "/opt/nj/natterjack", "/etc", "/usr"), 16877)
    modes |= {"/usr/python": 0o100755, "/etc/nj.toml": 0o100644}
    program = Program("/usr/python", "/opt/nj/natterjack", "/etc/nj.toml")

    def mode(path: Path) -> int:
        if str(path) not in modes:
            raise FileNotFoundError(str(path))
        return modes[str(path)]

    assert obstacles(program, mode) == []
    modes["/etc/nj.toml"] = 0o100640
    modes["/opt/nj"] = 0o40711  # to enter is enough on the way
    assert obstacles(program, mode) == [
        "/etc/nj.toml is closed to other users, and so to the service: chmod o+rX, or put all under /opt"
    ]
    modes["/opt/nj"] = 0o40700
    assert obstacles(program, mode)[0].startswith("/opt/nj is closed to other users")
    del modes["/usr/python"]
    assert obstacles(program, mode)[0].startswith("/usr/python is closed")


def test_nothing_is_run_from_directories_for_temporary_files() -> None:
    (said,) = obstacles(Program("/usr/bin/env", "/tmp/natterjack"))
    assert said.startswith("/tmp/natterjack is in a directory for temporary files")


class MadeUp(Machine):
    """A machine with systemd, whose root we are unless it says otherwise."""

    def __init__(self, units: Path, root: bool = True, systemd: bool = True) -> None:
        self.units = units
        self.root = root
        self.systemd = systemd
        self.asked: list[str] = []

    def is_root(self) -> bool:
        return self.root

    def has_systemd(self) -> bool:
        return self.systemd

    def systemctl(self, *words: str) -> None:
        self.asked.append(" ".join(words))


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
