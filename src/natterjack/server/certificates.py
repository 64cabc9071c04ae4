"""The server's key and certificate: made on the first run, or given by file.

Our own are in ``DATA_DIR/tls``: a P-256 key, and a certificate that nobody but the key itself has signed. Clients know
the server by its *pin*, the SHA-256 of the public key (as SubjectPublicKeyInfo), so the certificate may be renewed at
any time with the same key, and is when it comes to its end; the key stays.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from natterjack.exits import BAD_CONFIG, FAILED, CommandError
from natterjack.proto.joinlink import make_pin
from natterjack.server.identity import BEFORE, FILE_BYTES, LIFETIME, Identity, remedy

_NAME_BYTES = 64  # of a common name, RFC 5280 appendix A


class BadKeyError(CommandError):
    """What can't be used is the key's file."""


def own_identity(directory: Path, name: str, now: dt.datetime) -> Identity:
    """The key and certificate in ``directory``, made where there are none. Raises :class:`CommandError`."""
    certificate, key = directory / "cert.pem", directory / "key.pem"
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        if not key.exists() and not certificate.exists():
            _write(key, _pem(ec.generate_private_key(ec.SECP256R1())))
        if key.exists() and not certificate.exists():
            _sign(key, certificate, name, now)
        found = load_identity(certificate, key, own=True)
        if not found.serves(now):
            _sign(key, certificate, name, now)
            found = load_identity(certificate, key, own=True)
    except OSError as error:
        text = f"can't write {error.filename or directory}: {error.strerror}: make room there, or see to its rights"
        raise CommandError(FAILED, text) from error
    return found


def load_identity(certificate: Path, key: Path, *, own: bool = False) -> Identity:
    """What is in the two files, whatever its dates say. Raises :class:`CommandError` (78), which names the file."""
    how = remedy(own)
    private = _load_key(key, how)
    leaf = _load_certificate(certificate, how)
    if _public_bytes(leaf.public_key()) != _public_bytes(private.public_key()):
        raise _bad(certificate, f"it belongs to another key than {key}", how)
    pin = make_pin(hashlib.sha256(_public_bytes(leaf.public_key())).digest())
    starts, expires = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    return Identity(certificate, key, pin, starts, expires, leaf.serial_number, own)


def _load_key(path: Path, how: str) -> PrivateKeyTypes:
    data = _read(path, how, BadKeyError)
    try:
        return serialization.load_pem_private_key(data, password=None)
    except TypeError as error:
        raise _bad(
            path, "it is protected by a password", "store it without, mode 0600", BadKeyError
        ) from error
    except Exception as error:
        # cryptography documents ValueError and UnsupportedAlgorithm, and has raised others.
        raise _bad(path, "there is no private key in it (PEM)", how, BadKeyError) from error


def _load_certificate(path: Path, how: str) -> x509.Certificate:
    data = _read(path, how)
    try:
        return x509.load_pem_x509_certificates(data)[0]
    except ValueError as error:
        raise _bad(path, "there is no certificate in it (PEM)", how) from error


def _read(path: Path, how: str, kind: type[CommandError] = CommandError) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES)
    except OSError as error:
        raise _bad(path, str(error.strerror), how, kind) from error


def _bad(path: Path, what: str, how: str, kind: type[CommandError] = CommandError) -> CommandError:
    return kind(BAD_CONFIG, f"can't use {path}: {what}: {how}")


def _public_bytes(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _sign(key: Path, certificate: Path, name: str, now: dt.datetime) -> None:
    """A certificate for ``key``, by itself."""
    private = _load_key(key, remedy(own=True))
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise _bad(key, "it is not the kind of key that was made here", remedy(own=True))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_NAME_BYTES])])
    names = dict.fromkeys((name, "localhost"))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    _write(certificate, made.public_bytes(serialization.Encoding.PEM))


def _write(path: Path, data: bytes) -> None:
    """As a whole or not at all, for the owner alone."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
