"""Certificates for tests, and the client's end of TLS."""

from __future__ import annotations

import ctypes
import datetime as dt
import hashlib
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from natterjack.net import openssl
from natterjack.proto.joinlink import make_pin


def make_certificate(
    directory: Path,
    name: str = "test",
    *,
    days: int = 30,
    from_days: int = -1,
    key: ec.EllipticCurvePrivateKey | None = None,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None,
    hosts: tuple[x509.GeneralName, ...] = (),
    authority: bool = False,
) -> tuple[Path, Path, str]:
    """A certificate and its key as files, and the pin; signed by itself, or by ``issuer``."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=from_days))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    made = builder.sign(issuer[1] if issuer else key, hashes.SHA256())
    certificate, private = directory / f"{name}.pem", directory / f"{name}.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, private, pin_of(made)


def pin_of(certificate: x509.Certificate) -> str:
    """The pin of its key."""
    public = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return make_pin(hashlib.sha256(public).digest())


def client_context(*protocols: str) -> ssl.SSLContext:
    """One that trusts anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def shown_pin(sock: ssl.SSLSocket) -> str:
    """The pin of the key that the other side has."""
    data = sock.getpeercert(binary_form=True)
    assert data
    return pin_of(x509.load_der_x509_certificate(data))


def ssl_at(sock: ssl.SSLSocket) -> int:
    """Where OpenSSL's own object is: as natterjack.net.openssl has it, the second of three pointers."""
    _, pointer, context = (ctypes.c_void_p * 3).from_address(id(sock._sslobj) + object.__basicsize__)  # type: ignore[attr-defined]
    assert context == id(sock.context)
    assert isinstance(pointer, int)
    return pointer


def update_keys(sock: ssl.SSLSocket, wanted: bool = False) -> None:
    """Send a KeyUpdate (RFC 8446 section 4.6.3); ``wanted``: the other side is to send one, too."""
    library = openssl.library()
    assert library is not None
    update = library.functions.SSL_key_update
    update.argtypes = (ctypes.c_void_p, ctypes.c_int)
    assert update(ssl_at(sock), int(wanted)) == 1
    sock.do_handshake()
