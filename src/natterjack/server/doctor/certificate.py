"""What a certificate and its key say, for the doctor."""

from __future__ import annotations

import os
import stat

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from msgspec.structs import replace

from natterjack.server.doctor.facts import Certificate


def look(cert: str, key: str, configured: bool) -> Certificate:
    """Read both files, as far as they are there."""
    found = Certificate(cert, key, _readable(cert), _readable(key), configured)
    if not (found.has_cert and found.has_key):
        return found
    try:
        with open(cert, "rb") as file:
            read = x509.load_pem_x509_certificate(file.read())
        with open(key, "rb") as file:
            private = load_pem_private_key(file.read(), None)
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        matches = read.public_key().public_bytes(*form) == private.public_key().public_bytes(*form)
    except (OSError, ValueError, TypeError, x509.InvalidVersion) as error:
        # TypeError: the key has a password. Whatever else is in the files comes as ValueError.
        return replace(found, error=str(error).partition("\n")[0] or type(error).__name__)
    return replace(
        found,
        starts=read.not_valid_before_utc.timestamp(),
        ends=read.not_valid_after_utc.timestamp(),
        matches=matches,
        key_mode=mode,
    )


def _readable(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.R_OK)
