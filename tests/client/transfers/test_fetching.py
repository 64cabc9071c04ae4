"""Downloads against a scripted server: cut, restarted, lied to, killed."""

from __future__ import annotations

import os
import random
from pathlib import Path

import apsw
import pytest

from natterjack.client.transfers import parts, steps
from natterjack.client.transfers import requests as f
from natterjack.client.transfers.values import State
from tests.client.fileserver import FileServer
from tests.client.transfers.person import CONTENT, SIZE, Person


def stopped_on_the_way(server: FileServer, directory: Path, cat: str) -> Person:
    """Whose client has ended when a part of ``cat`` was here."""
    with Person(directory, server.port) as kim:
        server.hold(1_000_000)
        kim.get(cat)
        kim.until(lambda transfer: transfer.done > 0)
    server.let_go()
    return kim


def test_a_file_comes(server: FileServer, kim: Person, cat: str) -> None:
    done = kim.got(cat)
    assert (done.state, done.name, done.size, done.done) == (State.DONE, "cat.png", SIZE, SIZE)
    assert done.path == str(kim.downloads / "cat.png")
    assert done.sha256 == server.files[cat].sha256
    assert kim.saved == {"cat.png": CONTENT}


@pytest.mark.parametrize("size", [0, 1])
def test_a_small_file(server: FileServer, kim: Person, size: int) -> None:
    assert kim.got(server.offer(b"x" * size, "small")).state is State.DONE
    assert kim.saved == {"small": b"x" * size}


def test_cut_at_many_places(server: FileServer, kim: Person, cat: str) -> None:
    places = [0, 1, 1000, 65536, 1_048_575, 1_048_576, 1_048_577, SIZE - 1]
    places += random.Random(8).sample(range(SIZE), 15)
    for place in places:
        server.cuts = [place]
        done = kim.got(cat)
        assert done.state is State.DONE, place
        assert Path(done.path).read_bytes() == CONTENT
        Path(done.path).unlink()
    assert kim.saved == {}


def test_cut_again_and_again(server: FileServer, kim: Person, cat: str) -> None:
    server.cuts = [400_000] * 25
    assert kim.got(cat).state is State.DONE
    assert kim.saved == {"cat.png": CONTENT}
    ranges = [headers.get("range") for _, headers in server.asked("GET")]
    assert len(ranges) == 26
    assert ranges[:2] == [None, "bytes=400000-"]


def test_a_restart_in_the_middle(
    server: FileServer, kim: Person, cat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "backoff", lambda attempt, chance: 0.3)
    assert kim.through_a_restart(server, lambda: kim.get(cat)).state is State.DONE
    assert kim.saved == {"cat.png": CONTENT}


def test_the_next_run_goes_on(server: FileServer, tmp_path: Path, cat: str) -> None:
    with Person(tmp_path, server.port) as kim:
        server.hold(1_000_000)
        kim.get(cat)
        kim.until(lambda transfer: transfer.done > 0)
        assert server.held.wait(10)
    (part,) = kim.saved
    assert part == "cat.png.part"
    server.let_go()
    with Person(tmp_path, server.port) as kim:
        assert kim.end(0).state is State.DONE
        assert kim.saved == {"cat.png": CONTENT}
    start = server.asked("GET")[-1][1]["range"].removeprefix("bytes=").removesuffix("-")
    assert int(start) > 0
    with Person(tmp_path, server.port) as kim:
        assert kim.got(server.offer(b"2", "two")).state is State.DONE
        assert len(kim.model.transfers.all) == 1  # nothing is left of the first


@pytest.mark.parametrize("what", ["not made", "made", "somebody else's"])
def test_killed_as_the_partial_file_was_made(server: FileServer, tmp_path: Path, cat: str, what: str) -> None:
    """Its name alone is written down by then."""
    kim = stopped_on_the_way(server, tmp_path, cat)
    (ledger,) = tmp_path.rglob("transfers.db")
    connection = apsw.Connection(str(ledger))
    connection.execute("UPDATE transfer SET mark = ''")
    connection.close()
    part = kim.downloads / "cat.png.part"
    part.unlink()
    if what != "not made":
        part.write_bytes(b"" if what == "made" else b"mine")
    with Person(tmp_path, server.port) as kim:
        assert kim.end(0).state is State.DONE
        saved = kim.saved
    assert saved.pop("cat.png") == CONTENT
    assert saved == ({"cat.png.part": b"mine"} if what == "somebody else's" else {})


def test_the_name_of_a_partial_file_is_written_down_before_it_is_made(tmp_path: Path) -> None:
    (tmp_path / "cat.part").write_bytes(b"mine")
    announced: list[tuple[Path, bool]] = []
    part = parts.begin(tmp_path / "cat", lambda path: announced.append((path, path.exists())))
    assert announced == [(part.path, False)]
    again = parts.reopen(part.path, "")
    assert again is not None
    again.write(0, b"x")
    again.close()
    part.close()
    assert parts.reopen(part.path, "") is None


@pytest.mark.parametrize("what", ["removed", "replaced", "longer", "a link"])
def test_the_partial_file_is_another_one(server: FileServer, tmp_path: Path, cat: str, what: str) -> None:
    kim = stopped_on_the_way(server, tmp_path, cat)
    part = kim.downloads / "cat.png.part"
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    if what == "longer":
        with part.open("ab") as file:
            file.truncate(SIZE + 5)
    else:
        part.rename(tmp_path / "moved")
        if what == "replaced":
            part.write_bytes(b"mine")
        elif what == "a link":
            part.symlink_to(mine)
    with Person(tmp_path, server.port) as kim:
        assert kim.end(0).state is State.DONE
        saved = kim.saved
    assert saved.pop("cat.png") == CONTENT
    assert saved == ({"cat.png.part": b"mine"} if what in ("replaced", "a link") else {})
    assert mine.read_bytes() == b"mine"


def test_damaged_on_the_way_it_is_fetched_anew(server: FileServer, tmp_path: Path, cat: str) -> None:
    """What an earlier run has left is not what it was: a power cut, say."""
    kim = stopped_on_the_way(server, tmp_path, cat)
    with (kim.downloads / "cat.png.part").open("r+b") as file:
        file.write(b"damaged!")
    with Person(tmp_path, server.port) as kim:
        assert kim.end(0).state is State.DONE
        assert kim.saved == {"cat.png": CONTENT}


def test_the_wrong_content(server: FileServer, kim: Person, cat: str) -> None:
    """It does not get its name, nothing of it stays, and that is said."""
    server.files[cat].data = CONTENT[:-1] + b"?"
    failed = kim.got(cat)
    assert (failed.state, failed.code, failed.again) == (State.FAILED, "wrong_hash", False)
    assert "did not get the file's name" in failed.text
    assert kim.saved == {}


def test_another_content_than_announced(server: FileServer, kim: Person, cat: str) -> None:
    failed = kim.got(cat, name="cat.png", size=SIZE, sha256="0" * 64)
    assert (failed.code, kim.saved) == ("another_file", {})


def test_the_content_changes_between_two_pieces(server: FileServer, kim: Person, cat: str) -> None:
    other = random.Random(9).randbytes(5_000_000)

    def change(method: str, status: int, headers: dict[str, str]) -> None:
        if method == "GET" and len(server.asked("GET")) == 1:
            server.offer(other, id=cat)

    server.change = change
    server.cuts = [2_000_000]
    done = kim.got(cat)
    assert (done.state, done.size) == (State.DONE, 5_000_000)
    assert kim.saved == {"cat.png": other}


def test_an_announced_one_changes_between_two_pieces(server: FileServer, kim: Person, cat: str) -> None:
    known = server.files[cat]

    def change(method: str, status: int, headers: dict[str, str]) -> None:
        if method == "GET" and len(server.asked("GET")) == 1:
            server.offer(b"other", id=cat)

    server.change = change
    server.cuts = [2_000_000]
    failed = kim.got(cat, name="cat.png", size=SIZE, sha256=known.sha256)
    assert (failed.state, failed.code) == (State.FAILED, "another_file")
    assert kim.saved == {}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Content-Range", "bytes 5-9/10"),
        ("Content-Range", f"bytes 1000000-{SIZE - 1}/{SIZE + 1}"),
        ("Content-Range", "rubbish"),
        ("Content-Range", ""),
        ("ETag", f'"{"1" * 64}"'),
    ],
)
def test_a_server_that_lies_about_a_piece(server: FileServer, kim: Person, cat: str, header: str,
                                          value: str) -> None:  # fmt: skip
    def lie(method: str, status: int, headers: dict[str, str]) -> None:
        if status == 206:
            headers[header] = value

    server.change = lie
    server.cuts = [1_000_000]
    failed = kim.got(cat)
    assert (failed.state, failed.code) == (State.FAILED, "bad_server")
    assert "cat.png" not in kim.saved


@pytest.mark.parametrize(("header", "value"), [("ETag", 'W/"x"'), ("ETag", "cat"), ("Content-Length", "5")])
def test_a_server_that_does_not_say_what_it_has(server: FileServer, kim: Person, cat: str, header: str,
                                                value: str) -> None:  # fmt: skip
    def lie(method: str, status: int, headers: dict[str, str]) -> None:
        if method == "HEAD":
            headers[header] = value

    server.change = lie
    failed = kim.got(cat)
    assert (failed.state, failed.code) == (State.FAILED, "bad_server")
    assert kim.saved == {} or header == "Content-Length"


def test_no_such_file(kim: Person) -> None:
    failed = kim.got("nonesuch")
    assert (failed.state, failed.code) == (State.FAILED, "no_such_file")
    assert "there is no such file" in failed.text
    assert kim.saved == {}


def test_it_is_deleted_in_the_middle(server: FileServer, kim: Person, cat: str) -> None:
    server.cuts = [1_000_000]
    server.change = lambda method, status, headers: server.files.pop(cat, None) if method == "GET" else None  # type: ignore[func-returns-value, assignment, return-value]
    assert kim.got(cat).code == "no_such_file"
    assert kim.saved == {}


def test_killed_between_name_and_end(tmp_path: Path) -> None:
    """The file has its name already: it does not get a second one."""
    part = parts.begin(tmp_path / "cat", lambda path: None)
    part.write(0, b"x")
    os.link(part.path, tmp_path / "cat")
    assert part.settle(tmp_path / "cat") == tmp_path / "cat"
    assert [path.name for path in tmp_path.iterdir()] == ["cat"]


@pytest.mark.parametrize("what", ["its own name", "a number", "another file", "another of that size", "gone"])
def test_killed_when_the_file_had_its_name_before_anybody_knew(
    server: FileServer, tmp_path: Path, cat: str, what: str
) -> None:
    """It is not fetched a second time; and whatever else stands there is left alone."""
    kim = stopped_on_the_way(server, tmp_path, cat)
    part, place = kim.downloads / "cat.png.part", kim.downloads / "cat.png"
    expected = {"cat.png": CONTENT}
    if what == "a number":
        place.write_bytes(b"mine")
        place = kim.downloads / "cat (2).png"
        expected = {"cat.png": b"mine", "cat (2).png": CONTENT}
    part.rename(place)
    content = {"another file": b"mine", "another of that size": bytes(SIZE)}.get(what, CONTENT)
    place.write_bytes(content)
    if content != CONTENT:  # where the numbers of files are given anew, one of somebody else's may have it
        expected = {"cat.png": content, "cat (2).png": CONTENT}
    if what == "gone":
        place.unlink()
    asked = len(server.asked("GET"))
    with Person(tmp_path, server.port) as kim:
        assert kim.end(0).state is State.DONE
        assert kim.saved == expected
    assert len(server.asked("GET")) - asked == (0 if what in ("its own name", "a number") else 1)
    with Person(tmp_path, server.port) as kim:
        assert kim.got(server.offer(b"2", "two")).state is State.DONE
        assert len(kim.model.transfers.all) == 1  # nothing is left of the first


@pytest.mark.skipif(os.name == "nt", reason="directories are not synced there")
def test_a_file_is_on_the_disk_before_it_has_its_name_and_so_is_the_name_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sees the name takes the file for whole, after a power cut too."""
    synced: list[tuple[int, list[str]]] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, sorted(path.name for path in tmp_path.iterdir())))
        fsync(descriptor)

    part = parts.begin(tmp_path / "cat", lambda path: None)
    part.write(0, b"x")
    file, folder = part.path.stat().st_ino, tmp_path.stat().st_ino
    monkeypatch.setattr("natterjack.client.transfers.parts.os.fsync", note)
    part.settle(tmp_path / "cat")
    assert synced == [(file, ["cat.part"]), (folder, ["cat"])]


def test_cancelled(server: FileServer, kim: Person, cat: str) -> None:
    server.hold(1_000_000)
    ref = kim.get(cat)
    kim.until(lambda transfer: transfer.done > 0)
    kim.ask(lambda ref: f.CancelTransfer(ref, 1))
    assert kim.end(ref).state is State.CANCELLED
    assert kim.saved == {}
    server.let_go()


def test_paused_then_cancelled(server: FileServer, kim: Person, cat: str) -> None:
    server.hold(1_000_000)
    ref = kim.get(cat)
    kim.until(lambda transfer: transfer.done > 0)
    kim.ask(lambda ref: f.PauseTransfer(ref, 1))
    assert kim.end(ref).state is State.PAUSED
    assert list(kim.saved) == ["cat.png.part"]
    server.let_go()
    kim.ask(lambda ref: f.CancelTransfer(ref, 1))
    assert kim.end(ref).state is State.CANCELLED
    assert kim.saved == {}


def test_five_gigabytes_of_which_the_last_is_missing(server: FileServer, tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Offsets beyond 32 bits: what is there is sparse, and its hash costs nothing here."""
    size, rest = 5_000_000_001, 1_000_001
    id = server.offer(bytes(rest), "big")
    sha256 = server.files[id].sha256

    class Quick:
        size = 0

        def add(self, offset: int, data: memoryview) -> None:
            self.size = max(self.size, offset + len(data))

        def text(self) -> str:
            return sha256

    monkeypatch.setattr("natterjack.client.transfers.fetching.Digest", Quick)
    monkeypatch.setattr("natterjack.client.transfers.fetching.PIECE", 1 << 26)  # few pieces, in little memory
    monkeypatch.setattr(parts.Part, "read", lambda self, offset, buffer: len(buffer))

    def longer(method: str, status: int, headers: dict[str, str]) -> None:
        if method == "HEAD":
            headers["Content-Length"] = str(size)
        elif method == "GET":
            headers["Content-Range"] = f"bytes {size - rest}-{size - 1}/{size}"

    server.change = longer
    server.hold(0)
    with Person(tmp_path, server.port) as kim:
        kim.get(id)
        assert server.held.wait(10)  # the partial file is made, and known
    server.let_go()
    os.truncate(kim.downloads / "big.part", size - rest)
    server.replies = [("GET", (206, {"ETag": f'"{sha256}"'}, bytes(rest)))] * 3  # should it have to ask again
    with Person(tmp_path, server.port) as kim:
        done = kim.end(0)
        assert (done.state, done.done, done.size) == (State.DONE, size, size), done
        assert (kim.downloads / "big").stat().st_size == size
    assert server.asked("GET")[-1][1]["range"] == f"bytes={size - rest}-"
