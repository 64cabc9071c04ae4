"""Bodies to the disk and back, over a line that is none."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest
from msgspec import structs

from natterjack.files import moving
from natterjack.files.limits import Bound
from natterjack.files.moving import Arrived, Arriving, receive, send
from natterjack.files.tus import Checksum
from natterjack.files.vault import Meta, Vault
from natterjack.wire.http import BadRequest, Response

DATA = os.urandom(3_000_000)
META = Meta(id="i" * 22, owner="", payer="", target="", name="a", said="", size=len(DATA))


class Line:
    """Gives ``pieces``; an exception among them is raised."""

    def __init__(self, *pieces: bytes | BaseException) -> None:
        self.pieces = list(pieces)
        self.sent = b""

    def read_into(self, view: memoryview) -> int:
        while self.pieces and self.pieces[0] == b"":
            self.pieces.pop(0)
        if not self.pieces:
            return 0
        piece = self.pieces[0]
        if isinstance(piece, BaseException):
            raise piece
        size = min(len(view), len(piece))
        view[:size] = piece[:size]
        self.pieces[0] = piece[size:]
        return size

    def begin(self, response: Response) -> None:
        self.sent += b"%d:" % response.status

    def send_file(self, file: int, offset: int, count: int) -> None:
        self.sent += os.pread(file, count, offset)

    def settle(self) -> None:
        """Nothing is left over."""


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "files")


def arriving(offset: int = 0, **change: object) -> Arriving:
    return structs.replace(Arriving(META, offset, META.size, None, None, 0.0), **change)


def on_disk(vault: Vault) -> bytes:
    descriptor = vault.open_upload(META.id)
    try:
        return os.pread(descriptor, 10_000_000, 0)
    finally:
        os.close(descriptor)


def test_all_at_once(vault: Vault) -> None:
    arrived = receive(vault, Line(DATA), arriving())
    assert arrived.content is not None
    assert arrived.content.sha256 == hashlib.sha256(DATA).hexdigest()
    assert arrived.content.head == DATA[: len(arrived.content.head)]
    assert (arrived.offset, arrived.status, arrived.alive) == (len(DATA), 0, True)
    assert on_disk(vault) == DATA


@pytest.mark.parametrize("forget", [False, True])
def test_in_parts_also_where_the_hash_is_forgotten(vault: Vault, forget: bool) -> None:
    offset, hasher = 0, None
    arrived: Arrived | None = None
    for begin, end in ((0, 1), (1, 1_500_000), (1_500_000, len(DATA))):
        arrived = receive(vault, Line(DATA[begin:end]), arriving(offset, hasher=hasher))
        offset, hasher = arrived.offset, None if forget else arrived.hasher
        assert offset == end
    assert arrived is not None
    assert arrived.content is not None
    assert arrived.content.sha256 == hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize(
    ("error", "status", "alive"),
    [
        (ConnectionResetError(errno.ECONNRESET, "gone"), 0, False),
        (TimeoutError(errno.ETIMEDOUT, "nothing has moved"), 408, True),
        (BadRequest(400, "these are no chunks"), 400, True),
    ],
)
def test_what_came_is_kept_however_it_ends(vault: Vault, error: Exception, status: int, alive: bool) -> None:
    arrived = receive(vault, Line(DATA[:1000], error), arriving())
    assert (arrived.offset, arrived.status, arrived.alive, arrived.content) == (1000, status, alive, None)
    (found,) = vault.uploads()
    assert (found.offset, found.meta.synced) == (1000, 1000)
    arrived = receive(vault, Line(DATA[1000:]), arriving(1000, hasher=arrived.hasher))
    assert arrived.content is not None
    assert arrived.content.sha256 == hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize("most", [0, 1, 1000, 3_000_000])
def test_room_in_steps(vault: Vault, most: int) -> None:
    asked: list[int] = []

    def more(offset: int) -> Bound:
        asked.append(offset)
        return Bound(min(offset + 700_000, len(DATA)), 413, "no room")

    meta = structs.replace(META, size=-1, once=True)
    arrived = receive(vault, Line(DATA), arriving(meta=meta, most=most, more=more))
    assert (arrived.offset, arrived.status) == (len(DATA), 0)
    assert arrived.content is not None
    assert arrived.content.sha256 == hashlib.sha256(DATA).hexdigest()
    assert asked == [*range(most, len(DATA), 700_000), len(DATA)]


def test_where_there_is_no_further_step_all_that_has_room_is_kept(vault: Vault) -> None:
    def more(offset: int) -> Bound:
        return Bound(max(offset, 2000), 507, "no room on the disk")

    meta = structs.replace(META, size=-1)
    arrived = receive(vault, Line(DATA), arriving(meta=meta, most=1000, more=more))
    assert (arrived.offset, arrived.status, arrived.why) == (2000, 507, "no room on the disk")
    assert on_disk(vault) == DATA[:2000]


def sha256(data: bytes) -> Checksum:
    return Checksum("sha256", hashlib.sha256(data).digest())


def test_a_wrong_checksum_leaves_nothing(vault: Vault) -> None:
    first = receive(vault, Line(DATA[:1000]), arriving())
    wrong = receive(vault, Line(DATA[1000:]), arriving(1000, hasher=first.hasher, checksum=sha256(b"")))
    assert (wrong.status, wrong.offset, wrong.content) == (460, 1000, None)
    assert on_disk(vault) == DATA[:1000]
    right = sha256(DATA[1000:])
    cut = receive(
        vault, Line(DATA[1000:2000], ConnectionError()), arriving(1000, hasher=wrong.hasher, checksum=right)
    )
    assert cut.offset == 1000  # a part can't be told from a spoiled one
    arrived = receive(vault, Line(DATA[1000:]), arriving(1000, hasher=cut.hasher, checksum=right))
    assert arrived.content is not None
    assert arrived.content.sha256 == hashlib.sha256(DATA).hexdigest()


class KilledError(BaseException):
    """The server ends here, and does nothing more."""


def test_who_is_killed_before_it_was_verified_has_nothing_of_it(vault: Vault, tmp_path: Path) -> None:
    receive(vault, Line(DATA[:1000]), arriving())
    with pytest.raises(KilledError):
        receive(vault, Line(DATA[1000:2000], KilledError()), arriving(1000, checksum=sha256(DATA[1000:])))
    (found,) = Vault(tmp_path / "files").uploads()
    assert (found.offset, on_disk(vault)) == (1000, DATA[:1000])


@pytest.mark.parametrize("right", [True, False])
def test_what_comes_after_a_verified_piece_is_kept_however_it_ends(
    vault: Vault, tmp_path: Path, right: bool
) -> None:
    vault.describe(META)
    said = sha256(DATA[:1000] if right else DATA[1:1000])
    offset = receive(vault, Line(DATA[:1000]), arriving(checksum=said)).offset
    assert offset == (1000 if right else 0)
    with pytest.raises(KilledError):
        receive(vault, Line(DATA[offset:2000], KilledError()), arriving(offset))
    (found,) = Vault(tmp_path / "files").uploads()
    assert (found.offset, on_disk(vault)) == (2000, DATA[:2000])


def test_more_than_there_is_to_come_is_not_kept(vault: Vault) -> None:
    arrived = receive(vault, Line(DATA, b"and more"), arriving())
    assert (arrived.status, arrived.offset, arrived.content) == (413, len(DATA), None)
    assert on_disk(vault) == DATA


@pytest.mark.parametrize("over", [1, 2, 1000, 262_143, 262_144, 262_145, 1_000_000])
def test_where_more_is_there_than_may_be_nothing_is_kept(vault: Vault, over: int) -> None:
    first = receive(vault, Line(DATA[:1_500_000], ConnectionError()), arriving())
    line = Line(DATA[1_500_000:])
    job = arriving(1_500_000, hasher=first.hasher, most=1_500_000 - over)
    arrived = receive(vault, line, job)
    assert (arrived.status, arrived.offset, arrived.content) == (413, 1_500_000, None)
    assert on_disk(vault) == DATA[:1_500_000]
    arrived = receive(vault, Line(DATA[1_500_000:]), arriving(1_500_000, hasher=arrived.hasher))
    assert arrived.content is not None
    assert arrived.content.sha256 == hashlib.sha256(DATA).hexdigest()


def test_an_error_of_ours_costs_one_request(vault: Vault, caplog: pytest.LogCaptureFixture) -> None:
    arrived = receive(vault, Line(DATA[:1000], ValueError("a mistake")), arriving())
    assert (arrived.status, arrived.offset, arrived.alive, arrived.hasher) == (500, 1000, True, None)
    assert "a mistake" in caplog.text
    arrived = receive(vault, Line(DATA[1000:]), arriving(1000, hasher=arrived.hasher))
    assert arrived.content is not None
    assert arrived.content.sha256 == hashlib.sha256(DATA).hexdigest()


def test_a_body_whose_length_nobody_said(vault: Vault) -> None:
    meta = structs.replace(META, size=-1, once=True)
    arrived = receive(vault, Line(b"abc"), arriving(meta=meta, most=10))
    assert arrived.content is not None
    assert arrived.offset == 3
    deferred = structs.replace(META, size=-1)
    arrived = receive(vault, Line(b"abc"), arriving(meta=deferred, most=10))
    assert (arrived.content, arrived.status) == (None, 0)


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EIO, 500)])
def test_a_disk_that_takes_no_more(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    write = os.pwrite

    def fails(file: int, data: memoryview, offset: int) -> int:
        if offset >= 1_000_000:
            raise OSError(number, os.strerror(number))
        return write(file, data[: 1_000_000 - offset], offset)

    monkeypatch.setattr(os, "pwrite", fails)
    arrived = receive(vault, Line(DATA), arriving())
    assert (arrived.status, arrived.offset, arrived.alive) == (status, 1_000_000, True)
    monkeypatch.setattr(os, "pwrite", write)
    arrived = receive(vault, Line(DATA[1_000_000:]), arriving(1_000_000, hasher=arrived.hasher))
    assert arrived.content is not None
    assert arrived.content.sha256 == hashlib.sha256(DATA).hexdigest()


def test_a_disk_that_can_not_even_be_asked(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_path: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "statvfs", fails)
    arrived = receive(vault, Line(DATA), arriving())
    assert (arrived.status, arrived.offset, arrived.alive) == (500, 0, True)


def test_a_disk_that_is_nearly_full(vault: Vault) -> None:
    arrived = receive(vault, Line(DATA), arriving(floor=1.0))
    assert (arrived.status, arrived.offset) == (507, 0)


def test_a_sync_that_fails_is_no_file(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("natterjack.files.vault._fdatasync", fails)
    arrived = receive(vault, Line(DATA), arriving())
    assert (arrived.status, arrived.offset, arrived.content) == (500, 0, None)
    assert on_disk(vault) == b""  # nobody knows which pages the disk has; a second try would not say


def test_after_a_sync_that_failed_what_was_noted_before_does_not_count_either(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes anew from the beginning; a power cut in the middle of that may have left anything there."""

    def fails(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    first = receive(vault, Line(DATA[:1000], ConnectionError()), arriving())
    with monkeypatch.context() as patch:
        patch.setattr("natterjack.files.vault._fdatasync", fails)
        receive(vault, Line(DATA[1000:2000], ConnectionError()), arriving(1000, hasher=first.hasher))
    descriptor = vault.open_upload(META.id)
    os.pwrite(descriptor, bytes(1500), 0)  # what the file has of DATA[:1500] behind a power cut
    os.close(descriptor)
    monkeypatch.setattr("natterjack.files.vault._boot", lambda: "another")
    (found,) = Vault(tmp_path / "files").uploads()
    assert found.offset == 0


def test_several_at_once_wait_for_the_disk(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where that fails under way, what came before is lost as well, with and without a checksum."""
    taking = []

    def fails(file: int) -> None:
        if os.fstat(file).st_size > 1000:  # not before it begins
            taking.append(vault.turn.locked())
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(moving, "_BEGIN", 1_000_000)
    for checksum in (None, sha256(DATA[1000:])):
        first = receive(vault, Line(DATA[:1000], ConnectionError()), arriving())
        with vault.growing(), monkeypatch.context() as patch:
            patch.setattr("natterjack.files.vault._fdatasync", fails)
            job = arriving(1000, hasher=first.hasher, checksum=checksum)
            arrived = receive(vault, Line(DATA[1000:]), job)
        assert (arrived.status, arrived.offset, arrived.content) == (500, 0, None)
        assert on_disk(vault) == b""
    assert taking == [True, True]
    with vault.growing():
        content = receive(vault, Line(DATA), arriving()).content
    assert content is not None
    assert content.sha256 == hashlib.sha256(DATA).hexdigest()


def test_sending(vault: Vault) -> None:
    content = receive(vault, Line(DATA), arriving()).content
    assert content is not None
    vault.place(META.id, content.sha256)
    line = Line()
    sent = send(vault, line, content.sha256, Response(206), 5, 10)
    assert (sent.begun, sent.alive, line.sent) == (True, True, b"206:" + DATA[5:15])
    assert not send(vault, line, "00" * 32, Response(200), 0, 10).begun


def test_the_pieces_are_large() -> None:
    assert moving._PIECE >= 256 * 1024  # or the threads spend their time in Python, which the loop needs
