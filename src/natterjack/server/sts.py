"""Strict transport security: what clients are told to remember of TLS.

A client that believes it never comes back in the open, and not at all where the certificate does not verify. So it is
told only while a client would find the certificate good: that is tried as the certificate is taken, at the start and by
a reload, and holds until it runs out or is no longer shown.

The name that a client has asked for is not known here, so all are told the same. With a certificate that is good for
``server.name``, whoever has come by another name has not verified it, and must not believe it.

Source: https://ircv3.net/specs/extensions/sts
"""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

from msgspec import Struct

from natterjack.server.config import Config

_log = logging.getLogger(__name__)
#: Flights of a handshake between two ends that are both here: more than TLS 1.2 takes.
_FLIGHTS = 10


class Told(Struct, frozen=True):
    """``value`` of the capability, ``""`` where it is not to be offered; ``until``: from when on nobody is told."""

    value: str = ""
    until: float = 0.0


def told(config: Config) -> Told:
    """What clients are told of the certificate that ``config`` names."""
    return Told(value(config), until(config))


def value(config: Config) -> str:
    """The value of the capability ``sts``; ``""`` where it is not to be offered."""
    tls = config.tls
    if not tls.sts:
        return ""
    why = "there is no tls.cert" if not tls.cert else "listen.port is 0" if not config.listen.port else ""
    why = why or why_not(Path(tls.cert).expanduser(), Path(tls.key).expanduser(), config.server.name)
    if why:
        _log.warning("tls.sts is set, but clients are not told: %s", why)
        return ""
    return f"duration={tls.sts},port={config.listen.port}"


def until(config: Config) -> float:
    """When the certificate runs out, in seconds since 1970: from then on nobody is to be told."""
    if not config.tls.sts or not config.tls.cert:
        return 0.0
    from cryptography import x509  # noqa: PLC0415 - slow to load (decision 54)

    try:
        leaf = x509.load_pem_x509_certificate(Path(config.tls.cert).expanduser().read_bytes())
    except (OSError, ValueError):
        return 0.0  # then it is of no use for anything else either, which is told elsewhere
    return leaf.not_valid_after_utc.timestamp()


def why_not(certificate: Path, key: Path, name: str) -> str:
    """Why a client with this machine's authorities would not take the certificate for ``name``; ``""``: it would."""
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        ours.load_cert_chain(certificate, key)
    except OSError as error:
        return f"{certificate} can't be used ({error.strerror or error})"
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(to_client, to_server, server_hostname=name)
    server = ours.wrap_bio(to_server, to_client, server_side=True)
    try:
        for _ in range(_FLIGHTS):
            if _shake(client):
                return ""
            _shake(server)
    except ssl.SSLCertVerificationError as error:
        return f"{certificate} does not verify for {name} ({error.verify_message})"
    except ssl.SSLError as error:
        return f"{certificate} can't be tried ({error.reason})"
    return f"{certificate} can't be tried"


def _shake(end: ssl.SSLObject) -> bool:
    """Go on with the handshake; whether it is done."""
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
