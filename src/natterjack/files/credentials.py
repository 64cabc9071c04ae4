"""Who asks, as the head of a request says it (RFC 7617, RFC 6750)."""

from __future__ import annotations

import base64
import binascii

from natterjack.ports.files import Basic, Bearer

#: What is answered with 401: how to say who one is.
CHALLENGE = (
    ("WWW-Authenticate", 'Basic realm="files", charset="UTF-8"'),
    ("WWW-Authenticate", 'Bearer realm="files"'),
)


class CredentialError(ValueError):
    """It can't be read."""


def read(authorization: str) -> Basic | Bearer | None:
    """The credential in that header; None where it is empty. Raises :class:`CredentialError`."""
    scheme, _, given = authorization.strip().partition(" ")
    given = given.strip()
    if not scheme:
        return None
    if scheme.lower() == "bearer" and given and given.isascii():
        return Bearer(given)
    if scheme.lower() == "basic":
        try:
            said = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError) as error:
            raise CredentialError("the credential is no base64") from error
        account, colon, password = _text(said).partition(":")
        if colon and account:
            return Basic(account, password)
    raise CredentialError("give a token (Bearer), or an account and its password (Basic)")


def _text(said: bytes) -> str:
    """UTF-8, as we ask for; Latin-1 is what pages come to that know of ``btoa`` alone."""
    try:
        return said.decode()
    except UnicodeDecodeError:
        return said.decode("latin-1")
