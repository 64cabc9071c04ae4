"""Who may have a file, with the real server: the real core and the real threads that move bytes."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from typing import Self

import pytest

from tests.support.fileserver import Web, b64
from tests.support.process import PATIENCE, Irc, ServerProcess, serving

#: More than all buffers on the way take.
LARGE = os.urandom(1 << 20) * 32
#: Seconds that are promised, and one for a busy machine.
SOON = 2.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("rights") / "data", "--log-level", "warning") as one:
        yield one
        one.end_well()


class Person:
    """Somebody in the chat, and what he does over HTTP."""

    def __init__(self, server: ServerProcess, nick: str, *lines: str, tls: bool = False) -> None:
        self.irc: Irc = server.connect(nick, "message-tags")
        self.irc.send(*lines)
        self.irc.sync()
        self.web = Web(server.port, tls)
        self.irc.send("FILE TOKEN")
        token = self.irc.until("FILE TOKEN")[-1].split(" ")[3]
        self.auth = {"Authorization": f"Bearer {token}"}

    def upload(self, data: bytes, target: str) -> str:
        """A file for ``target``; its path."""
        tus = {**self.auth, "Tus-Resumable": "1.0.0"}
        said = f"filename {b64('a.bin')},target {b64(target)}"
        body_type = "application/offset+octet-stream"
        status, headers, body = self.web.ask(
            "POST",
            "/files/",
            data,
            **tus,
            Upload_Length=str(len(data)),
            Upload_Metadata=said,
            Content_Type=body_type,
        )
        assert (status, headers["Upload-Offset"]) == (201, str(len(data))), body
        return headers["Location"]

    def status(self, path: str) -> int:
        """What a request of now is answered."""
        return self.web.ask("GET", path, **self.auth, Range="bytes=0-0")[0]

    def begin(self, path: str) -> Download:
        """Begins a download, of which only the first bytes are read."""
        return Download(self.web.raw(), path, self.auth["Authorization"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.irc.close()
        self.web.close()


class Download:
    """One under way: whoever does not read can't be told that it is cut, but gets nothing more."""

    def __init__(self, sock: socket.socket, path: str, authorization: str) -> None:
        self.sock = sock
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n"
        sock.sendall(request.encode())
        first = sock.recv(1000)
        assert first.startswith(b"HTTP/1.1 200"), first
        self.got = len(first)

    def read(self, seconds: float) -> float:
        """Read slowly (2 MB/s) until it is cut; after how long that was. Or until all is there, which must not be."""
        began = time.monotonic()
        self.sock.settimeout(seconds)
        try:
            while part := self.sock.recv(65536):
                self.got += len(part)
                assert self.got < len(LARGE), "all of it came"
                assert time.monotonic() - began < PATIENCE
                time.sleep(len(part) / 2e6)  # a reader of that speed, not a wait for something
        except ConnectionError:
            pass
        finally:
            self.sock.close()
        return time.monotonic() - began


def transfers(server: ServerProcess) -> int:
    """Bodies that move."""
    web = Web(server.port)
    try:
        lines = web.ask("GET", "/metrics")[2].decode().splitlines()
    finally:
        web.close()
    return int(next(line for line in lines if line.startswith("natterjack_file_transfers ")).split(" ")[1])


def moving(server: ServerProcess, count: int, seconds: float) -> bool:
    """Whether so many bodies move, at last, within so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if transfers(server) == count:
            return True
    return False


@pytest.mark.parametrize("tls", [False, True])
def test_who_is_kicked_is_cut_off_in_the_middle(server: ServerProcess, tls: bool) -> None:
    club = f"#club-{tls}"
    with Person(server, "ann", f"JOIN {club}") as ann, Person(server, "ben", f"JOIN {club}", tls=tls) as ben:
        path = ann.upload(LARGE, club)
        assert ben.status(path) == 206
        download = ben.begin(path)
        assert moving(server, 1, PATIENCE)  # the short one that was before it is over
        ann.irc.send(f"KICK {club} ben")
        ben.irc.until(f" KICK {club} ben")
        assert moving(server, 0, SOON)
        assert ben.status(path) == 404
        download.read(PATIENCE)
        assert download.got < len(LARGE)
        assert ann.status(path) == 206  # nobody else is


def test_who_reads_on_gets_no_more_than_what_was_under_way(server: ServerProcess) -> None:
    with Person(server, "ann", "JOIN #hall") as ann, Person(server, "ben", "JOIN #hall") as ben:
        path = ann.upload(LARGE, "#hall")
        download = ben.begin(path)
        ben.irc.send("PART #hall")
        ben.irc.until(" PART #hall")
        download.read(PATIENCE)
        assert moving(server, 0, SOON)


def test_an_account_that_is_taken_from_the_channel_and_one_that_is_revoked(server: ServerProcess) -> None:
    def member(nick: str) -> Person:
        return Person(server, nick, f"REGISTER * * password-of-{nick}", "JOIN #den")

    with member("dan") as dan, member("eve") as eve, member("fay") as fay:
        path = dan.upload(LARGE, "#den")
        downloads = [eve.begin(path), fay.begin(path)]
        basic = {"Authorization": f"Basic {b64('eve:password-of-eve')}"}
        assert eve.web.ask("HEAD", path, **basic)[0] == 200
        eve.irc.close()  # an account belongs to its channels when nobody of it is here, too
        assert eve.web.ask("HEAD", path, **basic)[0] == 200
        eve.irc = server.connect("other")
        dan.irc.send("KICK #den fay", "MODE #den +b $a:eve", "KICK #den eve")
        dan.irc.sync()
        assert fay.status(path) == 404
        for download in downloads:
            download.read(PATIENCE)
        assert moving(server, 0, SOON)


def test_an_account_that_is_revoked_is_cut_off(server: ServerProcess) -> None:
    with (
        Person(server, "lea", "JOIN #pub") as lea,
        Person(server, "max", "REGISTER * * password-of-max", "JOIN #pub") as user,
    ):
        path = lea.upload(LARGE, "#pub")
        user.auth = {"Authorization": f"Basic {b64('max:password-of-max')}"}
        download = user.begin(path)
        assert server.console("accounts", "revoke", "max").returncode == 0
        assert moving(server, 0, SOON)
        assert user.status(path) == 401
        download.read(PATIENCE)


def test_a_private_file_is_nobody_elses(server: ServerProcess) -> None:
    with (
        Person(server, "gil", "REGISTER * * password-of-gil") as gil,
        Person(server, "hal", "REGISTER * * password-of-hal") as hal,
        Person(server, "ivy", "REGISTER * * password-of-ivy", "JOIN #lobby") as ivy,
    ):
        path = gil.upload(b"between the two", "hal")
        assert hal.irc.until(" PRIVMSG hal ")
        assert [each.status(path) for each in (gil, hal, ivy)] == [206, 206, 404]
        nothing = "/files/" + "x" * 22
        answers = [ivy.web.ask("GET", each, **ivy.auth) for each in (path, nothing)]
        assert answers[0][0] == answers[1][0] == 404
        assert answers[0][2] == answers[1][2]  # it looks as if there were none
        assert ivy.web.ask("DELETE", path, **ivy.auth, Tus_Resumable="1.0.0")[0] == 404
        ivy.irc.send("FILE LIST gil", "FILE LIST hal")
        assert not any(path.rpartition("/")[2] in line for line in ivy.irc.sync())
        assert hal.web.ask("DELETE", path, **hal.auth, Tus_Resumable="1.0.0")[0] == 403
        assert gil.web.ask("DELETE", path, **gil.auth, Tus_Resumable="1.0.0")[0] == 204
        assert [each.status(path) for each in (gil, hal, ivy)] == [404] * 3


def test_a_link_that_is_revoked_is_cut_off_too(server: ServerProcess) -> None:
    with Person(server, "kim") as kim:
        headers = {**kim.auth, "Content-Disposition": 'attachment; filename="a.bin"'}
        status, answer, _ = kim.web.ask("POST", "/files/", LARGE, **headers)
        assert status == 201
        link = answer["Location"]
        stranger = Web(server.port)
        assert stranger.ask("HEAD", link)[0] == 200
        download = Download(stranger.raw(), link, "Basic")
        kim.irc.send(f"FILE UNLINK {link.split('/')[2]}")
        kim.irc.until(" FILE UNLINKED ")
        assert moving(server, 0, SOON)
        assert stranger.ask("HEAD", link)[0] == 404
        download.read(PATIENCE)
        assert kim.status("/".join(link.split("/")[:3])) == 206
        stranger.close()
