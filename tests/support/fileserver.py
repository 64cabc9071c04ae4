"""``natterjack serve`` whose core knows of files only what :mod:`tests.support.filecore` does.

As a program: the same words as ``natterjack``. The core's files are in ``files.json`` in the data directory; limits
of files come from the environment (:data:`LIMITS`), as JSON.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import process
from tests.support.filecore import FileCore
from tests.support.tls import client_context

LIMITS = "TEST_FILE_LIMITS"
AUTH = {"Authorization": "Bearer token-ann"}
TUS = {**AUTH, "Tus-Resumable": "1.0.0"}
PATCH = {**TUS, "Content-Type": "application/offset+octet-stream"}


class Web:
    """A client of HTTP: one connection, opened anew when it has ended."""

    def __init__(self, port: int, tls: bool = False) -> None:
        self.port = port
        self._context = client_context("http/1.1") if tls else None
        self._open()

    def _open(self) -> None:
        if self._context:
            self.connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=process.PATIENCE, context=self._context
            )
        else:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=process.PATIENCE)

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers, body. Underscores in names of headers are hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body, named)
        response = self.connection.getresponse()
        return response.status, response.headers, response.read()

    def raw(self) -> socket.socket:
        """A socket of its own."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=process.PATIENCE)
        return self._context.wrap_socket(sock, server_hostname="x") if self._context else sock

    def upload(self, data: bytes, **metadata: str) -> str:
        """By tus in one PATCH; the answer is the path."""
        path = self.create(len(data), **metadata)
        if data:
            status, _, body = self.ask("PATCH", path, data, **PATCH, Upload_Offset="0")
            assert status == 204, body
        return path

    def create(self, size: int, **metadata: str) -> str:
        """An upload; its path."""
        said = {"Upload-Metadata": ",".join(f"{key} {b64(value)}" for key, value in metadata.items())}
        status, headers, body = self.ask("POST", "/files/", **TUS, Upload_Length=str(size), **said)
        assert status == 201, body
        return headers["Location"]

    def close(self) -> None:
        self.connection.close()


def held(server: process.ServerProcess) -> set[str]:
    """What is in the vault, but for the names of folders."""
    root = server.data_dir / "files"
    return {path.name for path in root.rglob("*") if path.is_file()}


def send_part(web: Web, path: str, offset: int, whole: int, part: bytes) -> socket.socket:
    """Begin a PATCH of so many bytes, with the first of them."""
    sock = web.raw()
    headers = {**PATCH, "Host": "x", "Upload-Offset": str(offset), "Content-Length": str(whole)}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    sock.sendall(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode() + part)
    return sock


def growing(server: process.ServerProcess, path: str, beyond: int = 0) -> None:
    """Until more of the upload has come than was there before."""
    file = server.data_dir / "files" / "incoming" / path.split("/")[2]
    end = time.monotonic() + process.PATIENCE
    while not (file.exists() and file.stat().st_size > beyond):
        assert time.monotonic() < end


def b64(text: str | bytes) -> str:
    import base64

    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def read_answer(sock: socket.socket | ssl.SSLSocket) -> bytes:
    """All that comes until the end."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := sock.recv(65536):
            parts.append(part)
    return b"".join(parts)


def file_command(*words: str) -> list[str]:
    """This program."""
    return [sys.executable, "-m", "tests.support.fileserver", *words]


@contextlib.contextmanager
def serving(data: Path, *options: str, **settings: Any) -> Iterator[process.ServerProcess]:
    """A server for the length of a ``with``."""
    with process.serving(data, *options, program=file_command, **settings) as server:
        yield server


def main(arguments: list[str]) -> int:
    """Run the program, with the other core in it."""
    from msgspec import structs

    from natterjack.cli import main as run
    from natterjack.core.server import Core
    from natterjack.ports.files import FileAsked, Holdings
    from natterjack.server import app
    from natterjack.server.files import Files

    data = Path(arguments[arguments.index("--data-dir") + 1])
    effects: list[Any] = []
    handle, take = Core.handle, Core.take
    core = FileCore(data / "files.json", effects.append)

    def handle_too(self: Core, event: Any, now: Any) -> None:
        if isinstance(event, FileAsked):
            core.handle(event)
        else:
            handle(self, event, now)

    def take_too(self: Core) -> list[Any]:
        ours = effects[:]
        effects.clear()
        return [effect for effect in take(self) if not isinstance(effect, Holdings)] + ours  # it has none

    change = json.loads(os.environ.get(LIMITS, "{}"))
    app.Files = lambda data, limits, *rest: Files(data, structs.replace(limits, **change), *rest)  # type: ignore[assignment, misc]
    Core.handle = handle_too  # type: ignore[method-assign]
    Core.take = take_too  # type: ignore[method-assign]
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))


def a_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[process.ServerProcess]:
    """One for all tests of a module that do it no harm."""
    with serving(tmp_path_factory.mktemp("files") / "data", "--log-level", "warning") as one:
        yield one
        one.end_well()


def a_web(server: process.ServerProcess, request: pytest.FixtureRequest) -> Iterator[Web]:
    """A client of that, plain and by TLS."""
    client = Web(server.port, tls=request.param == "tls")
    yield client
    client.close()


server_fixture = pytest.fixture(name="server", scope="module")(a_server)
web_fixture = pytest.fixture(name="web", params=["plain", "tls"])(a_web)
