"""What irctest needs to know to test Natterjack: how a server is started, and what it says that it can.

Imported by irctest, inside its own pytest: ``pytest --controller tests.conformance.controller``. Each test gets a
server of its own, with a data directory that has an operator, and an invite where the test wants a server's password.
"""

from __future__ import annotations

import atexit
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from irctest import patma
from irctest.basecontrollers import BaseServerController, DirectoryBasedController
from irctest.runner import NotImplementedByController
from irctest.specifications import Capabilities, OptionalBehaviors

from natterjack.proto.scram import LEAST_ROUNDS, make_verifier

SRC = Path(__file__).resolve().parents[2] / "src"
#: What irctest says to become an operator.
OPERATOR, OPERATOR_PASSWORD = "operuser", "operpassword"
#: Bytes of a password that REGISTER can say.
LONGEST_SAID = 400
#: irctest's own passwords are shorter than ours may be, and its messages come as fast as it can send them.
SETTINGS = {
    "LOGINS__PASSWORD_LEAST": "1",
    "LIMITS__MULTILINE_LINES": "32",
    "STORAGE__KEEP_GUESTS": "yes",
    "SERVER__NETWORK": "Test",
    "SERVER__MOTD": "Natterjack under test",
}
#: Part of a test's name -> what it wants set besides: where a test of Ergo's asks for what is a setting here too.
WISHES: dict[str, dict[str, str]] = {
    "ErgoInvisibleDefaultTestCase": {"ACCESS__USER_MODES": "i"},
    "LusersUnregisteredDefaultInvisibleTestCase": {"ACCESS__USER_MODES": "i"},
    "ErgoUtf8NickDisabledTestCase": {"ACCESS__NICKS": "ascii"},
    # Ergo's channels are nobody's until they are registered, and their makers are shown as operators.
    "alwayson.py": {"CHANNELS__MAKER": "operator"},
    "chanserv.py": {"CHANNELS__MAKER": "operator"},
    "ServicesWhoisTestCase": {"CHANNELS__MAKER": "operator"},
    "ProxyProtocolListenerTestCase": {"ACCESS__PROXY_HEADS": "yes"},
    # The proxy tells of another machine, so that has to be let in.
    "ergo/proxy.py": {
        "ACCESS__PROXIES": "127.0.0.1",
        "ACCESS__MODE": "open",
        "ACCESS__ALLOW_PLAINTEXT": "yes",
    },
}
#: The test that is running; the plugin sets it.
running = ""
OPTIONS = (
    "--host=127.0.0.1",
    "--name=My.Little.Server",
    "--lobby=",
    "--durability=process",
    "--no-limits",
    "--no-console",
    "--log-level=warning",
)


class NatterjackController(BaseServerController, DirectoryBasedController):
    """One server."""

    software_name = "Natterjack"
    _port_wait_interval = 0.02
    supported_sasl_mechanisms = {"PLAIN", "SCRAM-SHA-256"}  # noqa: RUF012 - irctest declares it so
    supports_sts = False  # see docs/conformance.md
    extban_mute_char = "m"
    capabilities = frozenset(Capabilities) - {Capabilities.STS}
    #: Whoever announces UTF8ONLY can't take others too.
    optional_behaviors = frozenset(OptionalBehaviors) - {OptionalBehaviors.NON_UTF8_MESSAGE}
    isupport = {  # noqa: RUF012 - irctest declares it so
        "BOT": "B",
        "CASEMAPPING": "ascii",
        "ELIST": "CMNTU",
        "INVEX": "I",
        "MONITOR": None,
        "MSGREFTYPES": "msgid,timestamp",
        "PREFIX": "(qohv)~@%+",
        "STATUSMSG": "~@%+",
        "TARGMAX": patma.ANYSTR,
        "UTF8ONLY": None,
        "WHOX": None,
    }

    def run(self, hostname: str, port: int, **wishes: Any) -> None:
        """Start a server as a test wishes it."""
        if self.test_config.account_registration_requires_email:
            raise NotImplementedByController("an address of mail with each account: no mail is sent")
        self.create_config()
        assert self.directory is not None
        self.port = port
        password = wishes["password"]
        _furnish(self.directory / "data", password)
        websocket = wishes["websocket_port"]
        # Its tests have one connection say something and look at another's next answer, without waiting for the first
        # one's: so what is said must not wait for a commit, as by default nothing does that guests say to each other.
        self._by_websocket = bool(websocket)
        ports = (f"--port={websocket}", f"--irc-port={port}") if websocket else (f"--port={port}",)
        self._words = (*ports, *(("--allow-plaintext", "--trust-loopback=no") if password else ()))
        self._start()

    def _start(self) -> None:
        settings = {f"NATTERJACK_{key}": value for key, value in SETTINGS.items()}
        if self._by_websocket:
            del settings["NATTERJACK_STORAGE__KEEP_GUESTS"]
        for part, wishes in WISHES.items():
            if part in running:
                settings |= {f"NATTERJACK_{key}": value for key, value in wishes.items()}
        early = self.test_config.account_registration_before_connect
        settings["NATTERJACK_LOGINS__REGISTER_EARLY"] = "yes" if early else "no"
        self.proc = self.execute(
            [
                sys.executable,
                "-m",
                "natterjack",
                "serve",
                f"--data-dir={self.directory}/data",
                *OPTIONS,
                *self._words,
            ],
            proc_name="natterjack",
            env={**os.environ, "PYTHONPATH": str(SRC), **settings},
        )

    def restart(self) -> None:
        """End the server and start it again with what it has stored."""
        self.kill_proc()
        self.port_open = False
        self._start()
        self.wait_for_port()

    def _begin_again(self, account: str, password: str) -> None:
        """A new server that has this ``account``."""
        assert self.directory is not None
        self.kill_proc()
        self.port_open = False
        shutil.rmtree(self.directory / "data")
        _import(self.directory / "data", None, _account(account, password, operator=False))
        self._start()
        self.wait_for_port()

    def wait_for_services(self) -> None:
        """They are the server itself."""

    def registerUser(self, case: Any, username: str, password: str | None = None) -> None:  # noqa: N802 - irctest's
        """Make an account, as a client would; with a password that no line carries, before the server starts."""
        if len(password or "") > LONGEST_SAID:
            assert password is not None
            self._begin_again(username, password)
            return
        client = case.addClient(show_io=False)
        case.sendLine(client, f"NICK {username}")
        case.sendLine(client, "USER r e g :user")
        while case.getRegistrationMessage(client).command != "001":
            pass
        case.getMessages(client)
        case.sendLine(client, f"REGISTER * * {password}")
        answers = case.getMessages(client)
        if not any(msg.command == "REGISTER" and msg.params[0] == "SUCCESS" for msg in answers):
            raise NotImplementedByController(f"an account with this password: {answers[0].params[-1]}")
        case.sendLine(client, "QUIT")
        case.assertDisconnected(client)


_templates: dict[str | None, Path] = {}


def _furnish(data: Path, password: str | None) -> None:
    """Fill the directory ``data`` of a new server; what takes long is done once for all that wish the same."""
    if password not in _templates:
        place = Path(mkdtemp(prefix="natterjack-irctest-"))
        _import(place / "data", password)
        _templates[password] = place / "data"
        atexit.register(shutil.rmtree, place)
    shutil.copytree(_templates[password], data)


def _import(data: Path, password: str | None, *accounts: dict[str, Any]) -> None:
    export = data.with_suffix(".jsonl")
    export.write_text("".join(f"{json.dumps(line)}\n" for line in _export(password, accounts)))
    subprocess.run(
        [sys.executable, "-m", "natterjack", "import", str(export), f"--data-dir={data}"],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        check=True,
        capture_output=True,
    )


def _account(name: str, password: str, operator: bool) -> dict[str, Any]:
    salt = b"one for all in irctest"
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, LEAST_ROUNDS)
    verifier = make_verifier(salted, salt, LEAST_ROUNDS)
    return {
        "type": "account",
        "name": name,
        "created": 0.0,
        "rounds": LEAST_ROUNDS,
        "salt": _base64(salt),
        "stored_key": _base64(verifier.stored_key),
        "server_key": _base64(verifier.server_key),
        "revoked": 0,
        "operator": int(operator),
    }


def _export(password: str | None, accounts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the server is to have from the start, as docs/export.md has it."""
    invite = {
        "type": "invite",
        "code": password,
        "created": 0.0,
        "by": "console",
        "uses_left": -1,
        "expires": 0.0,
        "channel": "",
        "revoked": 0,
    }
    lines = [
        {"type": "natterjack", "version": 1, "schema": 9},
        {"type": "secret", "value": _base64(bytes(32))},
        {"type": "last", "id": 0},
        _account(OPERATOR, OPERATOR_PASSWORD, operator=True),
        *accounts,
        *([invite] if password else []),
    ]
    return [*lines, {"type": "end", "lines": len(lines)}]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def get_irctest_controller_class() -> type[NatterjackController]:
    """What irctest asks for."""
    return NatterjackController
