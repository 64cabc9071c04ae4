"""Uploads against a scripted server: cut, restarted, lied to; the source gone, changed, or none to begin with."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest

from natterjack.client.transfers import requests as f
from natterjack.client.transfers import steps
from natterjack.client.transfers.values import Direction, State
from natterjack.client.transfers.worker import NO_CHAT
from tests.client.fileserver import FileServer
from tests.client.transfers.person import Person

#: More than the system holds between two programs.
SIZE = 12_000_001
CONTENT = random.Random(5).randbytes(SIZE)


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    path = tmp_path / "cat.png"
    path.write_bytes(CONTENT)
    return path


def arrived(server: FileServer, times: int = 1) -> None:
    """The file is there as often as it was sent, right, and announced once each."""
    assert [file.data == CONTENT for file in server.files.values()] == [True] * times
    assert server.announced == list(server.files)


def test_a_file_goes_there(server: FileServer, kim: Person, cat: Path) -> None:
    done = kim.sent(cat)
    assert (done.state, done.name, done.target, done.size, done.done) == (
        State.DONE,
        "cat.png",
        "#lobby",
        SIZE,
        SIZE,
    )
    assert done.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert done.file_id in server.files
    assert done.direction is Direction.UP
    (upload,) = server.uploads.values()
    assert upload.metadata == {"filename": "cat.png", "filetype": "image/png", "target": "#lobby"}
    arrived(server)
    assert kim.model.transfers.active == []


@pytest.mark.parametrize("size", [0, 1])
def test_a_small_file(server: FileServer, kim: Person, tmp_path: Path, size: int) -> None:
    path = tmp_path / "small"
    path.write_bytes(b"x" * size)
    done = kim.sent(path)
    assert (done.state, done.size) == (State.DONE, size)
    assert [file.data for file in server.files.values()] == [b"x" * size]


def test_cut_at_many_places(server: FileServer, kim: Person, cat: Path) -> None:
    places = [0, 1, 2, 1000, 65536, 1_048_575, 1_048_576, 1_048_577, 2_000_000, SIZE - 1, SIZE]
    places += random.Random(7).sample(range(SIZE), 12)
    for place in places:
        server.cuts = [place]
        assert kim.sent(cat).state is State.DONE, place
    arrived(server, len(places))


def test_cut_again_and_again(server: FileServer, kim: Person, cat: Path) -> None:
    server.cuts = [100_000] * 25
    assert kim.sent(cat).state is State.DONE
    arrived(server)
    assert len(server.asked("PATCH")) == 26


def test_an_answer_that_is_lost(server: FileServer, kim: Person, cat: Path) -> None:
    """What was done is not done twice: above all, nothing is announced twice."""
    for method in ("PATCH", "HEAD"):
        server.deaf = [method]
        assert kim.sent(cat).state is State.DONE
    arrived(server, 2)


def test_finished_and_forgotten(server: FileServer, kim: Person, cat: Path) -> None:
    """The last answer is lost, and the server knows only the file of the upload any more."""
    server.deaf = ["PATCH"]
    server.replies = [("HEAD", (404, {}, b""))]
    assert kim.sent(cat).state is State.DONE
    arrived(server)


def test_the_server_has_lost_the_upload(server: FileServer, kim: Person, cat: Path) -> None:
    server.cuts = [500_000]
    server.replies = [("HEAD", (404, {}, b"")), ("HEAD", (404, {}, b""))]
    assert kim.sent(cat).state is State.DONE
    assert len(server.asked("POST")) == 2
    arrived(server)


def test_a_restart_in_the_middle(
    server: FileServer, kim: Person, cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "backoff", lambda attempt, chance: 0.3)
    assert kim.through_a_restart(server, lambda: kim.send(cat)).state is State.DONE
    arrived(server)


def test_a_token_that_has_ended(server: FileServer, kim: Person, cat: Path) -> None:
    server.cuts = [1000]
    ref = kim.send(cat)
    kim.until(lambda transfer: transfer.state is State.RUNNING)
    server.tokens.clear()
    assert kim.end(ref).state is State.DONE
    arrived(server)


def test_no_token_to_be_had(server: FileServer, kim: Person, cat: Path) -> None:
    server.tokens_refused = True
    failed = kim.sent(cat)
    assert (failed.code, failed.again) == ("NO_TOKEN", True)
    assert "you may not move files" in failed.text
    server.tokens_refused = False
    kim.ask(lambda ref: f.ResumeTransfer(ref, failed.number))
    assert kim.until(lambda transfer: not transfer.active).state is State.DONE


def test_every_token_is_refused(server: FileServer, kim: Person, cat: Path) -> None:
    server.replies = [("POST", (401, {}, b"")), ("POST", (401, {}, b""))]
    failed = kim.sent(cat)
    assert (failed.state, failed.code) == (State.FAILED, "not_allowed")


@pytest.mark.parametrize(
    ("reply", "code", "again", "said"),
    [
        (
            (403, {}, b"You may not speak there.\n"),
            "not_allowed",
            False,
            "was not sent: you may not speak there.",
        ),
        ((413, {}, b""), "too_large", False, "too large for this server"),
        ((507, {}, b""), "server_full", True, "no room for it on the server"),
        ((404, {}, b"<html>404</html>"), "no_such_file", False, "there is no such file"),
        ((412, {}, b""), "not_offered", False, "another version"),
        ((299, {}, b""), "http_299", False, "answered 299"),
        ((201, {"Location": "https://elsewhere/x"}, b""), "bad_server", True, "no place"),
        ((201, {"Location": "/files/../etc"}, b""), "bad_server", True, "no place"),
    ],
)
def test_refused(server: FileServer, kim: Person, cat: Path, reply: tuple[int, dict[str, str], bytes], code: str,
                 again: bool, said: str) -> None:  # fmt: skip
    server.replies = [("POST", reply)]
    failed = kim.sent(cat)
    assert (failed.state, failed.code, failed.again) == (State.FAILED, code, again)
    assert said in failed.text


@pytest.mark.parametrize("status", [429, 503, 500, 502])
def test_busy_for_a_while(server: FileServer, kim: Person, cat: Path, status: int) -> None:
    server.replies = [
        (method, (status, {"Retry-After": "0"}, b"Try again later.")) for method in ("POST", "PATCH")
    ]
    assert kim.sent(cat).state is State.DONE
    arrived(server)
    assert "try again later" in {transfer.text for transfer in kim.seen if transfer.state is State.WAITING}


def test_refused_in_the_middle(server: FileServer, kim: Person, tmp_path: Path) -> None:
    """The server answers before it has all of it: the rest is not sent into the void."""
    path = tmp_path / "big"
    path.write_bytes(bytes(50_000_000))
    server.replies = [("PATCH", (507, {}, b"The disk is full."))]
    failed = kim.sent(path)
    assert (failed.code, failed.again) == ("server_full", True)
    assert "the disk is full" in failed.text
    kim.ask(lambda ref: f.ResumeTransfer(ref, failed.number))
    assert kim.until(lambda transfer: not transfer.active).state is State.DONE


@pytest.mark.parametrize("offset", ["-1", str(SIZE + 1), "", "1_0", "nan", "9" * 30, "٣"])
def test_a_server_that_lies_about_what_it_has(
    server: FileServer, kim: Person, cat: Path, offset: str
) -> None:
    server.cuts = [1000]

    def lie(method: str, status: int, headers: dict[str, str]) -> None:
        if "Upload-Offset" in headers:
            headers["Upload-Offset"] = offset.encode().decode("latin-1")

    server.change = lie
    failed = kim.sent(cat)
    assert (failed.state, failed.code) == (State.FAILED, "bad_server")
    assert server.files == {}


def test_a_server_that_takes_nothing(server: FileServer, kim: Person, cat: Path) -> None:
    """It ends, in words, and can be resumed."""
    server.cuts = [0] * 100
    failed = kim.sent(cat)
    assert (failed.code, failed.again) == ("no_progress", True)
    server.cuts = []
    assert kim.sent(cat).state is State.DONE
    arrived(server)


def test_other_content_arrived(server: FileServer, kim: Person, cat: Path) -> None:
    def lie(method: str, status: int, headers: dict[str, str]) -> None:
        if "ETag" in headers:
            headers["ETag"] = f'"{"0" * 64}"'

    server.change = lie
    failed = kim.sent(cat)
    assert (failed.state, failed.code, failed.again) == (State.FAILED, "wrong_hash", False)
    assert "taken back" in failed.text
    assert server.asked("DELETE")


def test_the_source_changes_meanwhile(server: FileServer, kim: Person, cat: Path) -> None:
    server.hold(500_000)
    ref = kim.send(cat)
    assert server.held.wait(10)
    cat.write_bytes(b"something else")
    server.let_go()
    failed = kim.end(ref)
    assert (failed.code, failed.again) == ("source_changed", False)
    assert "has changed meanwhile" in failed.text
    assert server.files == {}
    assert server.asked("DELETE")


def test_the_source_changes_between_two_runs(server: FileServer, tmp_path: Path, cat: Path) -> None:
    with Person(tmp_path, server.port) as kim:
        server.hold(500_000)
        kim.send(cat)
        assert server.held.wait(10)
    server.let_go()
    cat.write_bytes(CONTENT[:-1])
    with Person(tmp_path, server.port) as kim:
        assert kim.end(0).code == "source_changed"
    assert server.files == {}
    with Person(tmp_path, server.port) as kim:
        assert kim.sent(cat).state is State.DONE  # nothing is left of the first attempt
        assert len(kim.model.transfers.all) == 1


def test_the_next_run_goes_on(server: FileServer, tmp_path: Path, cat: Path) -> None:
    with Person(tmp_path, server.port) as kim:
        server.hold(1_000_000)
        kim.send(cat)
        assert server.held.wait(10)
    server.let_go()
    with Person(tmp_path, server.port) as kim:
        assert kim.end(0).state is State.DONE
    arrived(server)
    assert int(server.asked("PATCH")[-1][1]["upload-offset"]) >= 1_000_000
    assert len(server.asked("POST")) == 1


def test_the_same_again_is_the_same_transfer(server: FileServer, kim: Person, cat: Path) -> None:
    server.hold(1_000_000)
    kim.send(cat)
    assert server.held.wait(10)
    second = kim.send(cat)
    server.let_go()
    assert kim.end(second).state is State.DONE
    arrived(server)


def test_paused_resumed_cancelled(server: FileServer, kim: Person, cat: Path) -> None:
    server.hold(1_000_000)
    ref = kim.send(cat)
    assert server.held.wait(10)
    number = kim.until(lambda transfer: transfer.state is State.RUNNING).number
    kim.ask(lambda ref: f.PauseTransfer(ref, number))
    assert kim.end(ref).state is State.PAUSED
    server.let_go()
    kim.seen.clear()
    kim.ask(lambda ref: f.ResumeTransfer(ref, number))
    assert kim.until(lambda transfer: not transfer.active).state is State.DONE
    assert NO_CHAT not in {transfer.text for transfer in kim.seen}
    server.hold(1_000_000)
    ref = kim.send(cat)
    assert server.held.wait(10)
    number = kim.until(lambda transfer: transfer.state is State.RUNNING).number
    kim.ask(lambda ref: f.CancelTransfer(ref, number))
    server.let_go()
    assert kim.end(ref).state is State.CANCELLED
    assert server.asked("DELETE")
    arrived(server)


def test_paused_and_resumed_in_one_breath(server: FileServer, kim: Person, cat: Path) -> None:
    server.hold(1_000_000)
    ref = kim.send(cat)
    assert server.held.wait(10)
    server.hold_after = None
    for make in (f.PauseTransfer, f.ResumeTransfer):
        kim.ask(lambda ref, make=make: make(ref, 1))  # type: ignore[misc]
    server.gate.set()
    assert kim.until(lambda transfer: transfer.state in (State.DONE, State.FAILED)).ref == ref
    arrived(server)


def test_paused_stays_paused(server: FileServer, tmp_path: Path, cat: Path) -> None:
    with Person(tmp_path, server.port) as kim:
        server.hold(1_000_000)
        ref = kim.send(cat)
        assert server.held.wait(10)
        kim.ask(lambda ref: f.PauseTransfer(ref, 1))
        assert kim.end(ref).state is State.PAUSED
    server.let_go()
    with Person(tmp_path, server.port) as kim:
        paused = kim.until(lambda transfer: True)
        assert (paused.state, paused.name) == (State.PAUSED, "cat.png")
        assert server.files == {}
        kim.ask(lambda ref: f.ResumeTransfer(ref, paused.number))
        assert kim.end(0).state is State.DONE
    arrived(server)


def test_several_at_once(server: FileServer, kim: Person, tmp_path: Path) -> None:
    refs = []
    for number in range(12):
        path = tmp_path / f"file{number}"
        path.write_bytes(random.Random(number).randbytes(300_000))
        refs.append(kim.send(path))
    server.cuts = [100_000, None, 200_000, 0]
    states = {}
    while len(states) < len(refs):
        done = kim.until(lambda transfer: not transfer.active)
        states[done.ref] = done.state
    assert states == dict.fromkeys(refs, State.DONE)
    found = sorted(hashlib.sha256(file.data).hexdigest() for file in server.files.values())
    assert found == sorted(hashlib.sha256(random.Random(n).randbytes(300_000)).hexdigest() for n in range(12))


def test_what_is_no_file(server: FileServer, kim: Person, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    secret = tmp_path / "secret"
    secret.write_bytes(b"x")
    secret.chmod(0)
    cases = [(tmp_path, "directory"), (fifo, "no_file"), (Path("/dev/zero"), "no_file"), (tmp_path / "none", "no_file"),
             (secret / "below", "no_file"), (Path("a\0b"), "unreadable")]  # fmt: skip
    if os.geteuid():
        cases.append((secret, "no_rights"))
    for path, code in cases:
        failed = kim.sent(path)
        assert (failed.state, failed.code, failed.again) == (State.FAILED, code, False), path
    assert server.requests == []


def test_no_rights(server: FileServer, kim: Person, cat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("natterjack.client.transfers.sources.os.open", refuse)
    failed = kim.sent(cat)
    assert (failed.code, failed.text) == ("no_rights", f"You may not read {cat}: nothing was sent.")


def test_too_large_for_the_server(tmp_path: Path, cat: Path) -> None:
    with FileServer(most=1000) as server, Person(tmp_path, server.port) as kim:
        failed = kim.sent(cat)
        assert failed.code == "too_large"
        assert "12,000,001 bytes" in failed.text
        assert server.requests == []


def test_a_link_to_a_file_and_quotes(server: FileServer, kim: Person, tmp_path: Path, cat: Path) -> None:
    link = tmp_path / "my cat.png"
    link.symlink_to(cat)
    assert kim.sent(f"'{link}'").name == "my cat.png"
    arrived(server)


def test_five_gigabytes_of_which_the_last_is_missing(server: FileServer, kim: Person, tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Offsets beyond 32 bits, with a hash that costs nothing here."""
    size = 5_000_000_001
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(size)

    class Quick:
        def __init__(self) -> None:
            self.size = 0

        def add(self, offset: int, data: memoryview) -> None:
            assert offset <= self.size
            self.size = max(self.size, offset + len(data))

        def text(self) -> str:
            return hashlib.sha256(bytes(1_000_001)).hexdigest()

    monkeypatch.setattr("natterjack.client.transfers.sending.Digest", Quick)
    monkeypatch.setattr(
        "natterjack.client.transfers.sources.Source.read", lambda self, offset, buffer: len(buffer)
    )
    server.cuts = [0]
    server.replies = [("PATCH", (409, {}, b""))]
    ref = kim.send(path)
    kim.until(lambda transfer: transfer.file_id != "")
    (upload,) = server.uploads.values()
    upload.skipped = size - 1_000_001
    done = kim.end(ref)
    assert (done.state, done.done) == (State.DONE, size)
    assert server.asked("PATCH")[-1][1]["content-length"] == "1000001"
    assert len(upload.data) == 1_000_001
