"""The secrets that the client keeps: which is used where, and that none is lost or told to a stranger."""

from __future__ import annotations

import json
import os
import stat
import string
import sys
from pathlib import Path
from threading import Thread

import pytest

from natterjack.client import files
from natterjack.client.address import Address, Security
from natterjack.client.errors import AccountsUnusable, ConnectError
from natterjack.client.kept_accounts import AUTHORITY, PLAIN, Kept, KeptAccounts
from natterjack.client.trust import Trust
from natterjack.proto.joinlink import make_pin

ONE, TWO = make_pin(bytes(32)), make_pin(bytes([1]) * 32)
FAR = Address("Chat.example.org", invite="1-otter")
HERE = Address()


def kept_in(directory: Path) -> KeptAccounts:
    return KeptAccounts(directory, Trust(directory))


def pinned(pin: str, address: Address = FAR) -> Address:
    return Address(address.host, address.port, address.invite, pin)


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    accounts = kept_in(tmp_path / "new" / "client")
    assert accounts.known(FAR) == []
    made = accounts.keep(pinned(ONE), "kim")
    assert (made.server, made.key, made.account, made.sure) == ("chat.example.org:7667", ONE, "kim", False)
    assert len(made.secret.text) == 24
    assert set(made.secret.text) <= set(string.ascii_letters + string.digits)
    assert made.secret.text not in repr(made)
    assert kept_in(accounts.path.parent).known(pinned(ONE)) == [made]
    assert accounts.keep(pinned(ONE), "kim").secret != made.secret
    if sys.platform != "win32":
        assert stat.S_IMODE(accounts.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(accounts.path.parent.stat().st_mode) == 0o700
    assert os.listdir(accounts.path.parent) == ["accounts.json"]


def test_the_file_is_for_people_too(tmp_path: Path) -> None:
    accounts = kept_in(tmp_path)
    made = accounts.keep(HERE, "kim")
    (row,) = json.loads(accounts.path.read_text())["accounts"]
    assert row == {
        "server": "127.0.0.1:7667",
        "key": "plain",
        "account": "kim",
        "secret": made.secret.text,
        "sure": False,
    }


def test_a_sure_one_goes_first_and_replaces_older_ones_of_its_name(tmp_path: Path) -> None:
    accounts = kept_in(tmp_path)
    first, second = accounts.keep(pinned(ONE), "kim"), accounts.keep(pinned(ONE), "lee")
    assert accounts.known(pinned(ONE)) == [second, first]
    accounts.settle(first)
    (sure, *rest) = accounts.known(pinned(ONE))
    assert (sure.account, sure.sure, sure.secret, rest) == ("kim", True, first.secret, [second])
    third = accounts.keep(pinned(ONE), "KIM")
    accounts.settle(third)
    assert [each.secret for each in accounts.known(pinned(ONE))] == [third.secret, second.secret]
    accounts.forget(second)
    assert [each.account for each in accounts.known(pinned(ONE))] == ["KIM"]


def test_one_made_for_a_key_is_for_that_key(tmp_path: Path) -> None:
    accounts = kept_in(tmp_path)
    made = accounts.keep(pinned(ONE), "kim")
    assert accounts.known(pinned(TWO)) == []
    (found,) = accounts.known(FAR)
    assert found.at(FAR) == Address(FAR.host, FAR.port, FAR.invite, ONE, Security.TLS)
    Trust(tmp_path).check(pinned(TWO), TWO)  # somebody said yes to another key
    assert accounts.known(FAR) == []
    assert accounts.known(pinned(ONE)) == [made]
    assert accounts.known(Address(FAR.host, security=Security.PLAIN)) == []
    assert accounts.known(Address(FAR.host, 7)) == []


def test_the_key_that_was_trusted_at_first_sight_counts(tmp_path: Path) -> None:
    Trust(tmp_path).check(pinned(ONE), ONE)
    assert kept_in(tmp_path).keep(FAR, "kim").key == ONE


def test_one_made_under_an_authority_is_for_those_that_one_vouches_for(tmp_path: Path) -> None:
    accounts = kept_in(tmp_path)
    made = accounts.keep(FAR, "kim")
    assert made.key == AUTHORITY
    assert accounts.known(FAR) == [made]
    assert made.at(FAR).wants_tls
    assert made.at(FAR).pin == ""
    assert accounts.known(pinned(ONE)) == []
    assert accounts.known(Address(FAR.host, security=Security.PLAIN)) == []
    Trust(tmp_path).check(pinned(ONE), ONE)
    assert accounts.known(FAR) == []


def test_on_this_machine(tmp_path: Path) -> None:
    accounts = kept_in(tmp_path)
    plain = accounts.keep(HERE, "kim")
    assert plain.key == PLAIN
    assert accounts.known(HERE) == [plain]
    assert not plain.at(HERE).wants_tls
    assert accounts.known(pinned(ONE, HERE)) == []
    accounts.forget(plain)
    made = accounts.keep(pinned(ONE, HERE), "kim")  # by a link, and so over TLS
    assert accounts.known(HERE) == [made]
    assert made.at(HERE).pin == ONE
    assert made.at(HERE).wants_tls
    assert accounts.known(Address(security=Security.PLAIN)) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"v": 1, "accounts": 1}',
        b'{"v": 1, "accounts": [{"server": "h:1"}]}',
        b'{"v": 1, "accounts": [{"server":"h","key":"","account":"a","secret":1,"sure":true}]}',
        b'{"v": 2, "accounts": []}',
        b"\xff",
        b"[" * 99999,
    ],
)
def test_a_damaged_file_is_not_an_empty_one(tmp_path: Path, content: bytes) -> None:
    accounts = kept_in(tmp_path)
    kept = Kept(FAR.name, ONE, "kim", accounts.keep(FAR, "x").secret, sure=False)
    accounts.path.write_bytes(content)
    for action in (
        lambda: accounts.known(FAR),
        accounts.prepare,
        lambda: accounts.keep(FAR, "kim"),
        lambda: accounts.settle(kept),
        lambda: accounts.forget(kept),
    ):
        with pytest.raises(AccountsUnusable) as caught:
            action()
        assert isinstance(caught.value, ConnectError)
        assert str(accounts.path) in caught.value.text
    assert accounts.path.read_bytes() == content


def test_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    accounts = kept_in(tmp_path / "file")
    for action in (accounts.prepare, lambda: accounts.keep(pinned(ONE), "kim")):
        with pytest.raises(AccountsUnusable):
            action()


def test_to_prepare_leaves_nothing_behind(tmp_path: Path) -> None:
    accounts = kept_in(tmp_path)
    accounts.prepare()
    assert os.listdir(tmp_path) == []
    made = accounts.keep(FAR, "kim")
    accounts.prepare()
    assert accounts.known(FAR) == [made]


@pytest.mark.skipif(sys.platform == "win32", reason="directories are not synced there")
@pytest.mark.parametrize("lasting", [True, False])
def test_what_is_to_last_is_on_the_disk_before_it_has_its_name_and_so_is_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lasting: bool
) -> None:
    synced: list[tuple[int, bytes]] = []
    path, fsync = tmp_path / "small.json", os.fsync

    def note(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, path.read_bytes()))
        fsync(descriptor)

    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", note)
    files.change(path, 10, lambda data: b"new", lasting=lasting)
    assert path.read_bytes() == b"new"
    wanted = [(path.stat().st_ino, b"old"), (tmp_path.stat().st_ino, b"new")]
    assert synced == (wanted if lasting else [])


def test_a_failed_change_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = kept_in(tmp_path)
    made = accounts.keep(FAR, "kim")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AccountsUnusable, match="no space left"):
        accounts.keep(FAR, "lee")
    assert os.listdir(tmp_path) == ["accounts.json"]
    assert accounts.known(FAR) == [made]


def test_several_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "count"

    def add() -> None:
        for _ in range(20):
            files.change(path, 1000, lambda data: b"x" + (data or b""))

    # a lock is per open descriptor: to threads it is what it is to processes, but for the name of the draft
    first, second = Thread(target=add), Thread(target=add)
    first.start()
    second.start()
    first.join(10)
    second.join(10)
    assert path.read_bytes() == b"x" * 40


@pytest.mark.skipif(sys.platform == "win32", reason="no directory can be locked there")
def test_who_never_finishes_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl  # does not exist on Windows

    monkeypatch.setattr(files, "PATIENCE", 0.05)
    accounts = kept_in(tmp_path)
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(AccountsUnusable, match="another program writes there"):
        accounts.keep(FAR, "kim")
    os.close(other)
    made = accounts.keep(FAR, "kim")
    assert accounts.known(FAR) == [made]
