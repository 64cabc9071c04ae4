"""Another machine, for tests: a network namespace with a cable to this one. Skips where none can be made."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.process import PATIENCE

_ASK = """
import socket, ssl, sys
address, port, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
sock = socket.create_connection((address, port), timeout=20)
if how != "plain":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    sock = context.wrap_socket(sock)
sock.sendall(sys.stdin.buffer.read())
data = b""
while piece := sock.recv(65536):
    data += piece
sys.stdout.buffer.write(data)
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=PATIENCE)


class Elsewhere:
    """Another machine, with a cable to this one."""

    def __init__(self) -> None:
        number = os.getpid()  # other tests may run at the same time
        self.name = f"nj{number}"
        net = f"10.{200 + number // 250 % 50}.{number % 250}"
        self.here, self.there = f"{net}.1", f"{net}.2"

    def make(self) -> None:
        ip("netns", "add", self.name)
        ip("link", "add", self.name, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("address", "add", f"{self.here}/30", "dev", self.name)
        ip("link", "set", self.name, "up")
        ip("-n", self.name, "address", "add", f"{self.there}/30", "dev", "eth0")
        ip("-n", self.name, "link", "set", "eth0", "up")

    def remove(self) -> None:
        subprocess.run(
            ["ip", "link", "delete", self.name], check=False, capture_output=True, timeout=PATIENCE
        )
        subprocess.run(
            ["ip", "netns", "delete", self.name], check=False, capture_output=True, timeout=PATIENCE
        )

    def run(self, *words: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """A program there."""
        return subprocess.run(
            ["ip", "netns", "exec", self.name, *words],
            input=text,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )

    def ask(self, port: int, how: str, text: bytes) -> bytes:
        """What the server answers to ``text`` until it closes."""
        return self.run(sys.executable, "-c", _ASK, self.here, str(port), how, text=text).stdout


@pytest.fixture(name="elsewhere", scope="module")
def elsewhere_fixture() -> Iterator[Elsewhere]:
    machine = Elsewhere()
    try:
        machine.make()
    except (OSError, subprocess.CalledProcessError) as error:
        machine.remove()
        pytest.skip(f"no network namespace can be made here: {error}")
    yield machine
    machine.remove()
