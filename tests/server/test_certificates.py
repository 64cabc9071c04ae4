"""Keys and certificates: made once, kept, renewed with the same key, and refused in words where they are no good."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from natterjack.exits import BAD_CONFIG, FAILED, CommandError
from natterjack.server.certificates import load_identity, own_identity
from tests.support.tls import make_certificate, pin_of

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_first_run_makes_a_key_and_the_second_keeps_it(tmp_path: Path) -> None:
    directory = tmp_path / "tls"
    made = own_identity(directory, "natterjack", NOW)
    assert (mode(directory), mode(made.key), mode(made.certificate)) == (0o700, 0o600, 0o600)
    certificate = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)
    assert made.pin == pin_of(certificate)
    assert made.context()
    assert own_identity(directory, "other", NOW) == made
    assert sorted(path.name for path in directory.iterdir()) == ["cert.pem", "key.pem"]


def test_its_own_certificate_is_renewed_with_the_same_key(tmp_path: Path) -> None:
    made = own_identity(tmp_path, "natterjack", NOW)
    later = own_identity(tmp_path, "natterjack", made.expires + dt.timedelta(days=400))
    assert later.pin == made.pin
    assert later.expires > made.expires + dt.timedelta(days=1000)


def test_a_run_that_ended_between_key_and_certificate(tmp_path: Path) -> None:
    made = own_identity(tmp_path, "natterjack", NOW)
    made.certificate.unlink()
    (tmp_path / "cert.new").write_text("half")
    assert own_identity(tmp_path, "natterjack", NOW).pin == made.pin


@pytest.mark.parametrize("broken", ["key.pem", "cert.pem"])
@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_own_files_that_are_damaged(tmp_path: Path, broken: str, content: bytes) -> None:
    own_identity(tmp_path, "natterjack", NOW)
    (tmp_path / broken).write_bytes(content)
    with pytest.raises(CommandError) as caught:
        own_identity(tmp_path, "natterjack", NOW)
    assert caught.value.code == BAD_CONFIG
    assert str(tmp_path / broken) in str(caught.value)
    assert "bring both files back from a backup, or remove both" in str(caught.value)


def test_a_lost_key(tmp_path: Path) -> None:
    made = own_identity(tmp_path, "natterjack", NOW)
    made.key.unlink()
    with pytest.raises(CommandError) as caught:
        own_identity(tmp_path, "natterjack", NOW)
    assert f"can't use {made.key}: No such file" in str(caught.value)


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("")
    with pytest.raises(CommandError) as caught:
        own_identity(tmp_path / "tls", "natterjack", NOW)
    assert caught.value.code in (FAILED, BAD_CONFIG)
    assert "tls" in str(caught.value)


def refused(certificate: Path, key: Path) -> str:
    with pytest.raises(CommandError) as caught:
        load_identity(certificate, key).context()
    assert caught.value.code == BAD_CONFIG
    return str(caught.value)


def test_given_ones_are_taken_whatever_their_dates_say(tmp_path: Path) -> None:
    """A renewal that failed, or a clock that is behind, leaves a chat that most can still use, and words."""
    now = dt.datetime.now(dt.UTC)
    for name, days, said in (
        ("old", (-5, -1), ["old.pem ran out on 2", "clients refuse it", "renew it"]),
        ("new", (2, 30), ["new.pem is not good before 2", "clients refuse it", "set this machine's clock"]),
        ("good", (-1, 30), []),
    ):
        certificate, key, pin = make_certificate(tmp_path, name, from_days=days[0], days=days[1])
        found = load_identity(certificate, key)
        assert found.context()
        assert found.pin == pin
        assert all(words in found.fault(now) for words in said)
        assert bool(found.fault(now)) is bool(said)


def test_given_files_that_are_no_good(tmp_path: Path) -> None:
    certificate, key, pin = make_certificate(tmp_path, "one")
    _, other, _ = make_certificate(tmp_path, "two")
    assert load_identity(certificate, key).pin == pin
    assert f"{certificate}: it belongs to another key than {other}" in refused(certificate, other)
    assert f"{key}: there is no certificate in it" in refused(key, key)
    assert f"{certificate}: there is no private key in it" in refused(certificate, certificate)
    assert "No such file" in refused(tmp_path / "absent", key)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    assert f"{locked}: it is protected by a password" in refused(certificate, locked)
