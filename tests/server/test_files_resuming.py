"""Uploads that are cut, taken over, refused or stopped, and gone on with; over real sockets, plain and by TLS.

The core's part is a small one's (tests/support/filecore.py).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
import time
from pathlib import Path

from tests.support.fileserver import (
    AUTH,
    PATCH,
    TUS,
    Web,
    growing,
    held,
    read_answer,
    send_part,
    server_fixture,
    serving,
    web_fixture,
)
from tests.support.process import PATIENCE, ServerProcess

DATA = os.urandom(2_500_000)
server, web = server_fixture, web_fixture


def offset_of(web: Web, path: str) -> int:
    status, headers, body = web.ask("HEAD", path, **TUS)
    assert status == 200, body
    return int(headers["Upload-Offset"])


def test_cut_and_gone_on_with(server: ServerProcess, web: Web) -> None:
    path = web.create(len(DATA))
    offset = 0
    for _ in range(4):
        part = DATA[offset : offset + 600_000]
        with contextlib.closing(send_part(web, path, offset, len(DATA) - offset, part)):
            growing(server, path, offset)
        found = offset_of(web, path)
        assert offset < found <= offset + len(part)
        offset = found
    assert web.ask("PATCH", path, DATA[offset:], **PATCH, Upload_Offset=str(offset))[0] == 204
    assert web.ask("GET", path, **AUTH)[2] == DATA


def test_a_client_that_comes_back_takes_over_from_its_old_connection(server: ServerProcess, web: Web) -> None:
    path = web.create(len(DATA))
    with contextlib.closing(send_part(web, path, 0, len(DATA), DATA[:600_000])) as old:
        growing(server, path)
        offset = offset_of(web, path)  # at once, not when the old one's patience has ended
        assert offset <= 600_000
        assert not read_answer(old).startswith(b"HTTP/1.1 2")
    assert web.ask("PATCH", path, DATA[offset:], **PATCH, Upload_Offset=str(offset))[0] == 204
    assert web.ask("GET", path, **AUTH)[2] == DATA


def test_two_at_once_end_as_one_after_the_other(web: Web) -> None:
    path = web.create(len(DATA))
    statuses: list[int] = []

    def patch() -> None:
        other = Web(web.port)
        try:
            statuses.append(other.ask("PATCH", path, DATA, **PATCH, Upload_Offset="0")[0])
        except (OSError, ConnectionError):
            statuses.append(0)  # cut by the other
        other.close()

    threads = [threading.Thread(target=patch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    offset = offset_of(web, path)
    if offset < len(DATA):
        web.ask("PATCH", path, DATA[offset:], **PATCH, Upload_Offset=str(offset))
    assert web.ask("GET", path, **AUTH)[2] == DATA
    assert len(statuses) == 2


def test_refused_at_the_end_it_can_be_finished_later(server: ServerProcess, web: Web) -> None:
    no = server.data_dir / "files.no"
    path = web.create(5)
    no.touch()
    try:
        status, _, body = web.ask("PATCH", path, b"hello", **PATCH, Upload_Offset="0")
        assert (status, body) == (403, b"You can't speak there any more.\n")
        assert web.ask("HEAD", path, **TUS)[0] == 403
        assert web.ask("PATCH", path, b"", **PATCH, Upload_Offset="5")[0] == 403
        assert web.ask("POST", "/files/", b"plain", **AUTH)[0] == 403
        end = time.monotonic() + PATIENCE
        while hashlib.sha256(b"plain").hexdigest() in held(server):
            assert time.monotonic() < end
    finally:
        no.unlink()
    assert offset_of(web, path) == 5
    assert web.ask("GET", path, **AUTH)[2] == b"hello"


def test_the_chat_goes_on_beside_transfers(server: ServerProcess, web: Web) -> None:
    path = web.create(len(DATA))
    with (
        contextlib.closing(send_part(web, path, 0, len(DATA), DATA[:100_000])),
        server.connect("ann") as ann,
        server.connect("ben") as ben,
    ):
        ann.send("PRIVMSG #lobby :hello")
        assert "hello" in ben.until("PRIVMSG #lobby")[-1]


def test_stopping_keeps_what_came_and_is_quick(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        web = Web(server.port)
        path = web.create(len(DATA))
        sock = send_part(web, path, 0, len(DATA), DATA[:600_000])
        growing(server, path)
        large = web.upload(bytes(30 << 20))
        unread = [web.raw(), Web(server.port, tls=True).raw()]
        for each in unread:
            each.sendall(
                f"GET {large} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-ann\r\n\r\n".encode()
            )
            assert each.recv(12) == b"HTTP/1.1 200"
        began = time.monotonic()
        server.end_well()
        assert time.monotonic() - began < PATIENCE / 2  # who still takes a file is not waited for
        for each in (sock, *unread):
            each.close()
        web.close()
    with serving(tmp_path / "data") as server:
        web = Web(server.port)
        offset = offset_of(web, path)
        assert 0 <= offset <= 600_000
        assert web.ask("PATCH", path, DATA[offset:], **PATCH, Upload_Offset=str(offset))[0] == 204
        assert web.ask("GET", path, **AUTH)[2] == DATA
        web.close()


def test_a_power_cut_that_brings_back_the_upload_of_a_file_leaves_the_file_whole(tmp_path: Path) -> None:
    """What was deleted last is there again after one: see :mod:`natterjack.files.vault`."""
    incoming = tmp_path / "data" / "files" / "incoming"
    with serving(tmp_path / "data") as server:
        web = Web(server.port)
        path = web.create(len(DATA))
        name = path.split("/")[2]
        described = (incoming / f"{name}.json").read_text()
        assert web.ask("PATCH", path, DATA, **PATCH, Upload_Offset="0")[0] == 204
        web.close()
        assert server.end()[0] == 0
    (whole,) = (tmp_path / "data" / "files" / "whole").glob("*/*")
    (incoming / name).unlink(missing_ok=True)  # it may have been too late for that
    os.link(whole, incoming / name)
    boot = re.sub(r'"boot":"[^"]*"', '"boot":"before"', described)
    assert boot != described
    (incoming / f"{name}.json").write_text(boot)
    with serving(tmp_path / "data") as server:
        web = Web(server.port)
        assert web.ask("GET", path, **AUTH)[2] == DATA
        web.close()
