"""Which server is the right one: what decides, what is kept, and that nothing is lost or taken for nothing."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from natterjack.client.address import Address, Security
from natterjack.client.errors import KeyChanged, NotTrusted, TrustUnreadable, WrongKey
from natterjack.client.places import client_directory
from natterjack.client.trust import Trust
from natterjack.proto.joinlink import make_pin

ONE, TWO = make_pin(bytes(32)), make_pin(bytes([1]) * 32)
HOST = Address("chat.example.org")


def given(pin: str) -> Address:
    return Address("Chat.example.org", pin=pin)


def test_a_given_pin_is_kept_once_it_was_right(tmp_path: Path) -> None:
    trust = Trust(tmp_path / "client")
    assert trust.expected(HOST) == ""
    assert trust.expected(given(ONE)) == ONE
    assert trust.expected(HOST) == ""
    trust.check(given(ONE), ONE)
    again = Trust(tmp_path / "client")
    assert again.expected(HOST) == ONE
    assert again.expected(Address(HOST.host, 7)) == ""
    again.check(HOST, ONE)
    if sys.platform != "win32":
        (file,) = (tmp_path / "client").iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_another_key(tmp_path: Path) -> None:
    trust = Trust(tmp_path)
    with pytest.raises(WrongKey) as wrong:
        trust.check(given(ONE), TWO)
    assert trust.expected(HOST) == ""
    trust.check(given(ONE), ONE)
    with pytest.raises(KeyChanged) as changed:
        trust.check(HOST, TWO)
    for error in (wrong.value, changed.value):
        assert ONE in error.text
        assert TWO in error.text
        assert "somebody on the way" in error.text
        assert "\n" not in error.text
    trust.check(given(TWO), TWO)  # somebody was told of the new one
    assert trust.expected(HOST) == TWO


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"servers": 1}',
        b'{"servers": {"h:1": 2}}',
        b'{"servers": {"h:1": "x"}}',
        b"\xff",
        b"[" * 99999,
    ],
)
def test_a_damaged_file_is_not_an_empty_one(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "known-servers.json"
    file.write_bytes(content)
    for action in (lambda: Trust(tmp_path).expected(HOST), lambda: Trust(tmp_path).check(given(ONE), ONE)):
        with pytest.raises(TrustUnreadable) as caught:
            action()
        assert isinstance(caught.value, NotTrusted)
        assert str(file) in caught.value.text
    assert file.read_bytes() == content


def test_what_cannot_be_kept_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrustUnreadable):
        Trust(tmp_path / "file").check(given(ONE), ONE)


def test_what_wants_tls() -> None:
    assert Address("h").wants_tls
    assert not Address("::1").wants_tls
    assert Address("::1", pin=ONE).wants_tls
    assert Address("::1", security=Security.TLS).wants_tls
    assert not Address("h", security=Security.PLAIN).wants_tls
    assert Address("h", pin=ONE, security=Security.PLAIN).wants_tls


@pytest.mark.parametrize(
    ("platform", "variable", "wanted"),
    [
        ("linux", "XDG_DATA_HOME", "natterjack"),
        ("win32", "APPDATA", "Natterjack"),
        ("darwin", "HOME", os.path.join("Library", "Application Support", "Natterjack")),
    ],
)
def test_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, variable: str, wanted: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert client_directory() == tmp_path / wanted / "client"
    assert client_directory(tmp_path / "x") == tmp_path / "x" / "client"
