"""``natterjack service``: run the server as a service of systemd."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from pathlib import Path

from natterjack.exits import BAD_CONFIG, COMPLAINT, FAILED, OK, CommandError, complain
from natterjack.server import config as configuration
from natterjack.server.unit import MARK, NAME, Program, obstacles, this_program, unit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``natterjack service``."""
    what = "print: show the unit; install: put it in place and start it; uninstall: stop it and take it away"
    parser.add_argument(
        "what", metavar="print|install|uninstall", choices=("print", "install", "uninstall"), help=what
    )
    parser.add_argument("--config", metavar="FILE", help="the configuration of the service")


class Machine:
    """What of the machine is asked and changed."""

    units = Path("/etc/systemd/system")

    def is_root(self) -> bool:
        """Whether we may change the machine."""
        return os.geteuid() == 0

    def has_systemd(self) -> bool:
        """Whether systemd runs it (sd_booted(3))."""
        return os.path.isdir("/run/systemd/system") and shutil.which("systemctl") is not None

    def systemctl(self, *words: str) -> None:
        """Raises :class:`CommandError` with what it said."""
        done = _asked("systemctl", *words)
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split()) or f"exit code {done.returncode}"
            text = f"systemctl {' '.join(words)} failed: {said}: journalctl -u natterjack may tell more"
            raise CommandError(FAILED, text)

    def has_failed(self) -> bool:
        """Whether systemd keeps in mind that the service failed; it would even when the unit has gone."""
        return _asked("systemctl", "--quiet", "is-failed", NAME).returncode == 0

    def complaint(self) -> str:
        """Why the service has just ended, in its own words; "" if it left none."""
        recent = _asked("journalctl", "-q", "--no-pager", "-o", "cat", "--since=-20s", "-u", NAME).stdout
        said = [line for line in recent.splitlines() if line.startswith(COMPLAINT)]
        return said[-1].removeprefix(COMPLAINT) if said else ""


def _asked(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def run(args: argparse.Namespace) -> int:
    """Carry out ``args.what``."""
    machine = Machine()
    if args.what == "uninstall":
        return uninstall(machine)
    program = _program(args.config)
    if args.what == "install":
        return install(machine, program)
    print(unit(program), end="")
    for obstacle in obstacles(program):
        complain(f"as it is now the service would not run: {obstacle}")
    return OK


def _program(config: str | None) -> Program:
    path = os.path.abspath(config) if config else ""
    found = configuration.examine(path or None, {}, {})
    if found.refusals:
        text = f"bad configuration: {found.refusals[0]}: natterjack check-config --config {path} lists all"
        raise CommandError(BAD_CONFIG, text)
    listen, tls = found.config.listen, found.config.tls
    lowest = min(port for port in (listen.port, listen.irc_port, 7667) if port)
    return this_program(path, lowest, tuple(file for file in (tls.cert, tls.key) if file))


def install(machine: Machine, program: Program) -> int:
    """Put the unit in place, and start it now and whenever the machine starts."""
    _check(machine, "install")
    found = obstacles(program)
    if found:
        raise CommandError(FAILED, f"the service could not run: {found[0]}")
    path = machine.units / NAME
    _check_ours(path)
    beside = path.with_suffix(".new")
    try:
        beside.write_text(unit(program), encoding="utf-8")
        beside.chmod(0o644)
        beside.replace(path)
    except OSError as error:
        raise CommandError(FAILED, f"can't write {path}: {error.strerror}: make room, or mend it") from error
    machine.systemctl("daemon-reload")
    machine.systemctl("enable", NAME)
    _restart(machine)
    _say(
        "The server runs, and starts with the machine. Its data is in /var/lib/natterjack.",
        "  systemctl status natterjack       how it is",
        "  journalctl -u natterjack          what it says, the join link included",
        "  systemctl reload natterjack       after a change of its configuration",
    )
    return OK


def _restart(machine: Machine) -> None:
    try:
        machine.systemctl("restart", NAME)
    except CommandError as error:
        why = machine.complaint()
        if not why:
            raise
        raise CommandError(FAILED, f"the service is in place, but could not start: {why}") from error


def uninstall(machine: Machine) -> int:
    """Stop the service and take the unit away; the data stays."""
    _check(machine, "uninstall")
    path = machine.units / NAME
    if not path.exists():
        raise CommandError(FAILED, f"there is no {path}: nothing is installed that could be taken away")
    _check_ours(path)
    machine.systemctl("disable", "--now", NAME)
    if machine.has_failed():
        machine.systemctl("reset-failed", NAME)
    try:
        path.unlink()
    except OSError as error:
        raise CommandError(FAILED, f"can't remove {path}: {error.strerror}: remove it by hand") from error
    machine.systemctl("daemon-reload")
    _say("The service is gone. Its data is still in /var/lib/natterjack: remove that yourself if you want.")
    return OK


def _check(machine: Machine, what: str) -> None:
    if not machine.has_systemd():
        text = "systemd does not run this machine: natterjack service print shows the unit, for use elsewhere"
        raise CommandError(FAILED, text)
    if not machine.is_root():
        raise CommandError(FAILED, f"this takes root: sudo python3 run.py service {what}")


def _check_ours(path: Path) -> None:
    try:
        ours = path.read_text("utf-8").startswith(MARK)
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours:
        text = f"{path} is there and was not made by us: move it away, or mend it by hand"
        raise CommandError(FAILED, text)


def _say(*lines: str) -> None:
    print("\n".join(lines))
