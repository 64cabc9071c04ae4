"""The note of what is in the certificate: used where it fits, passed over where it does not."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path

import pytest

from natterjack.exits import CommandError
from natterjack.server import certificates
from natterjack.server.identity import Identity, given, own
from tests.support.tls import make_certificate

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The certificates that were really read."""
    read: list[Path] = []
    load = certificates.load_identity

    def counting(certificate: Path, key: Path, *, own: bool = False) -> Identity:
        read.append(certificate)
        return load(certificate, key, own=own)

    monkeypatch.setattr(certificates, "load_identity", counting)
    return read


def test_files_that_are_the_same_are_read_once(tmp_path: Path, looked: list[Path]) -> None:
    made = own(tmp_path / "tls", "natterjack", NOW)
    before = len(looked)
    assert own(tmp_path / "tls", "natterjack", NOW + DAY) == made
    assert len(looked) == before
    assert (tmp_path / "tls" / "seen.json").stat().st_mode & 0o777 == 0o600
    assert not made.context().asks


def test_another_key_is_seen(tmp_path: Path) -> None:
    made = own(tmp_path / "a", "natterjack", NOW)
    other = own(tmp_path / "b", "natterjack", NOW)
    (tmp_path / "a" / "cert.pem").write_bytes((tmp_path / "b" / "cert.pem").read_bytes())
    with pytest.raises(CommandError, match="belongs to another key"):
        own(tmp_path / "a", "natterjack", NOW)
    (tmp_path / "a" / "key.pem").write_bytes((tmp_path / "b" / "key.pem").read_bytes())
    assert own(tmp_path / "a", "natterjack", NOW).pin == other.pin != made.pin


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"sha256": 1}', b"\xff\xfe"])
def test_a_damaged_note_is_made_anew(tmp_path: Path, looked: list[Path], damage: bytes) -> None:
    made = own(tmp_path, "natterjack", NOW)
    (tmp_path / "seen.json").write_bytes(damage)
    before = len(looked)
    assert own(tmp_path, "natterjack", NOW) == made
    assert len(looked) == before + 1
    assert json.loads((tmp_path / "seen.json").read_bytes())["pin"] == made.pin


def test_the_end_is_seen_all_the_same(tmp_path: Path) -> None:
    made = own(tmp_path, "natterjack", NOW)
    late = made.expires - DAY
    renewed = own(tmp_path, "natterjack", late)
    assert renewed.pin == made.pin
    assert renewed.expires > made.expires


def test_a_given_one_has_its_dates_in_the_note(tmp_path: Path, looked: list[Path]) -> None:
    now = dt.datetime.now(dt.UTC)
    certificate, key, _ = make_certificate(tmp_path, from_days=-1, days=1)
    for moment, words in ((now, ""), (now - 2 * DAY, "not good before"), (now + 2 * DAY, "ran out")):
        fault = given(tmp_path / "tls", certificate, key).fault(moment)
        assert words in fault
        assert bool(fault) is bool(words)
    assert looked == [certificate]


def test_a_note_that_cannot_be_written_is_no_reason_to_stay_away(tmp_path: Path) -> None:
    certificate, key, pin = make_certificate(tmp_path)
    (tmp_path / "tls").write_text("in the way")
    assert given(tmp_path / "tls", certificate, key).pin == pin


def test_the_library_is_not_asked_for_what_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = own(tmp_path, "natterjack", NOW)
    monkeypatch.setitem(sys.modules, "natterjack.server.certificates", None)  # importing it fails
    assert own(tmp_path, "natterjack", NOW) == made
