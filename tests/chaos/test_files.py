"""G14: a file that can be seen is whole and right, wherever its upload was cut or the server killed; and it goes on.

The server's core knows of files what tests/support/filecore.py does. It is killed at its system calls, client and link
are cut at places of the transfer; after each the client does what clients do: asks how far it got, and goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import random
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.chaos.plan import Plan
from tests.chaos.stage import EndedError, Stage, needs_strace, strace
from tests.chaos.test_syscalls import points
from tests.support.fileserver import AUTH, PATCH, TUS, Web, file_command
from tests.support.process import PATIENCE

#: What changes a file or a folder on the way of an upload, tells the loop, or goes to the client.
_CALLS = (
    "pwrite64",
    "write",
    "fsync",
    "fdatasync",
    "rename",
    "link",
    "unlink",
    "mkdir",
    "sendto",
    "recvfrom",
)
_SIZE = 1_500_000
_PLACES = 60
_GONE = (OSError, http.client.HTTPException)


class FileStage(Stage):
    """With the small core in the server."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self._program = file_command()

    def restarted(self) -> None:
        if self.is_running():
            self.signal(signal.SIGKILL)
        self.wait()
        self.start()

    def incoming(self) -> set[str]:
        return {path.name for path in (self.data / "files" / "incoming").iterdir()}

    def whole(self) -> set[str]:
        return {path.name for path in (self.data / "files" / "whole").glob("??/*")}


def content(plan: Plan) -> bytes:
    return random.Random(plan.dice.random()).randbytes(_SIZE)


def go_on(stage: Stage, path: str, data: bytes, pieces: int = 2) -> bool:
    """As a client: where was I, and on from there, until all is there; False where the server is gone."""
    try:
        web = Web(stage.port)
        with contextlib.closing(web):
            status, headers, body = web.ask("HEAD", path, **TUS)
            assert status == 200, body
            offset = int(headers["Upload-Offset"])
            while offset < len(data):
                piece = data[offset : offset + len(data) // pieces + 1]
                status, headers, body = web.ask("PATCH", path, piece, **PATCH, Upload_Offset=str(offset))
                assert status == 204, body
                offset = int(headers["Upload-Offset"])
    except _GONE:
        return False
    return True


def check(stage: FileStage, path: str, data: bytes) -> None:
    """What is seen is right; nothing else is there, now and after a start."""
    sha256 = hashlib.sha256(data).hexdigest()
    with contextlib.closing(Web(stage.port)) as web:
        status, headers, body = web.ask("GET", path, **AUTH)
        assert (status, headers["ETag"], body == data) == (200, f'"{sha256}"', True)
        end = time.monotonic() + PATIENCE
        name = path.split("/")[2]
        while any(each.startswith(name) for each in stage.incoming()):  # it is forgotten behind the answer
            assert time.monotonic() < end, stage.incoming()
        assert stage.whole() == {sha256}
        status, _, _ = web.ask("DELETE", path, **TUS)
        assert status == 204
        while stage.whole():
            assert time.monotonic() < end, stage.whole()


def seen_is_right(stage: Stage, path: str, data: bytes) -> None:
    """However far the upload is: whoever fetches gets all of it, or nothing."""
    with contextlib.closing(Web(stage.port)) as web:
        status, _, body = web.ask("GET", path, **AUTH)
        assert (status == 404) or (status == 200 and body == data), status


def begin(stage: Stage, data: bytes) -> str:
    with contextlib.closing(Web(stage.port)) as web:
        return web.create(len(data), filename="a.bin")


# -- the server is killed at each system call


@needs_strace()
def test_killed_at_every_step_of_an_upload(tmp_path: Path, plan: Plan) -> None:
    data = content(plan)
    with FileStage(tmp_path / "counted") as stage:
        trace = tmp_path / "trace"
        words = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "signal=none", "-o", str(trace)]
        stage.start(*words, "-e", f"trace={','.join(_CALLS)}", "--")
        path = begin(stage, data)
        assert go_on(stage, path, data)
        check(stage, path, data)
        stage.stop()
    known = points(trace)
    kills = 0
    tried = plan.some(known, 6)
    for call, number in tried:
        with FileStage(tmp_path / f"{call}-{number}") as stage:
            kills += killed_at(stage, call, number, data)
    print(f"{len(tried)} of {len(known)} points, {kills} kills")
    assert kills > len(tried) / 2


def killed_at(stage: FileStage, call: str, number: int, data: bytes) -> bool:
    """Whether the server was killed there, at the latest while it was told to stop."""
    path = ""
    with contextlib.suppress(EndedError, *_GONE):
        stage.start(*strace(f"{call}:signal=SIGKILL:when={number}"))
        path = begin(stage, data)
        if go_on(stage, path, data):
            stage.signal(signal.SIGTERM)
    code = stage.wait()
    assert code in (0, -signal.SIGKILL), (code, stage.errors())
    stage.start()
    path = path or begin(stage, data)
    seen_is_right(stage, path, data)
    assert go_on(stage, path, data)
    check(stage, path, data)
    stage.restarted()
    assert stage.incoming() <= {
        name for name in stage.incoming() if name.endswith(".json")
    }  # begun, unheard of
    return code != 0


# -- killed, or cut, at places of the transfer


def places(plan: Plan, short: int) -> list[int]:
    """Bytes that were sent before."""
    return plan.some([_SIZE * place // _PLACES for place in range(1, _PLACES + 1)], short)


def send_to(stage: Stage, path: str, data: bytes, place: int) -> socket.socket:
    """As much as up to ``place``, in the middle of a PATCH for all."""
    sock = Web(stage.port).raw()
    named = {**PATCH, "Host": "x", "Upload-Offset": "0", "Content-Length": str(len(data))}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    sock.sendall(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode() + data[:place])
    return sock


def test_the_server_is_killed_at_places_of_an_upload(tmp_path: Path, plan: Plan) -> None:
    data = content(plan)
    with FileStage(tmp_path / "data") as stage:
        stage.start()
        for place in places(plan, 4):
            path = begin(stage, data)
            with contextlib.closing(send_to(stage, path, data, place)):
                file = stage.data / "files" / "incoming" / path.split("/")[2]
                end = time.monotonic() + PATIENCE
                while place < _SIZE and not (file.exists() and file.stat().st_size >= place // 2):
                    assert time.monotonic() < end
                stage.restarted()
            seen_is_right(stage, path, data)
            assert go_on(stage, path, data)
            check(stage, path, data)


@pytest.mark.parametrize("how", ["reset", "silence"])
def test_the_client_is_killed_or_the_link_is_cut_at_places_of_an_upload(
    tmp_path: Path, plan: Plan, how: str
) -> None:
    data = content(plan)
    left = []
    with FileStage(tmp_path / "data") as stage:
        stage.start()
        for place in places(plan, 8):
            path = begin(stage, data)
            sock = send_to(stage, path, data, place)
            if how == "reset":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                sock.close()
            else:  # nothing more is heard of it, and it does not end
                left.append(sock)
            while not go_on(stage, path, data):  # a request that was still on its way cuts ours
                assert stage.is_running()
            check(stage, path, data)
        for sock in left:
            sock.close()
        stage.stop()


@pytest.mark.parametrize("how", ["client", "server"])
def test_cut_at_places_of_a_download(tmp_path: Path, plan: Plan, how: str) -> None:
    data = content(plan)
    with FileStage(tmp_path / "data") as stage:
        stage.start()
        path = begin(stage, data)
        assert go_on(stage, path, data)
        tag = f'"{hashlib.sha256(data).hexdigest()}"'
        for place in places(plan, 8 if how == "client" else 3):
            with contextlib.closing(Web(stage.port)) as web:
                web.connection.request("GET", path, headers=AUTH)
                found = web.connection.getresponse().read(place)
                if how == "server":
                    stage.restarted()
            with contextlib.closing(Web(stage.port)) as web:
                asked = {"Range": f"bytes={len(found)}-", "If-Range": tag}
                status, _, rest = web.ask("GET", path, **AUTH, **asked)
                assert status == (206 if len(found) < len(data) else 416)
                assert found + (rest if status == 206 else b"") == data
        check(stage, path, data)
        assert json.loads((stage.data / "files.json").read_text()) == {}
