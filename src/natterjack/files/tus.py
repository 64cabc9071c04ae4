"""Resumable uploads as tus 1.0.0 has them: https://tus.io/protocols/resumable-upload

Headers to values and back; what is done about them is not decided here. Extensions: creation, creation-defer-length,
creation-with-upload, checksum, termination, expiration.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from msgspec import Struct

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-defer-length,creation-with-upload,checksum,termination,expiration"
#: Algorithms for checksums, by name, with the bytes of a digest. The first has to be there; the second is better.
ALGORITHMS = {"sha1": 20, "sha256": 32}
BODY_TYPE = "application/offset+octet-stream"
#: The name of the header in which a client says that it speaks this.
SPOKEN = "tus-resumable"
OVERRIDE = "x-http-method-override"

#: Longer numbers are no number of bytes that any disk has.
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
#: Bytes of one decoded value: ten times the longest name.
_VALUE_BYTES = 2048
_KEY = re.compile(r"[!-+\--~]+")  # ASCII without spaces and commas


class TusError(ValueError):
    """What the client said is not tus; answer with ``status``."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Creation(Struct, frozen=True):
    """``size`` -1: to be said later."""

    size: int
    name: str
    type: str
    target: str


class Checksum(Struct, frozen=True):
    """Of one body; ``algorithm`` is one of :data:`ALGORITHMS`."""

    algorithm: str
    digest: bytes


class Appending(Struct, frozen=True):
    """``size``: that of the whole, if it is said only now, else -1."""

    offset: int
    size: int
    checksum: Checksum | None = None


def check_version(headers: Mapping[str, str]) -> None:
    """Raises :class:`TusError` where it is another."""
    if headers.get(SPOKEN) != VERSION:
        raise TusError(412, f"only version {VERSION} of tus is spoken")


def creation(headers: Mapping[str, str]) -> Creation:
    """What POST says. Raises :class:`TusError`."""
    defer = headers.get("upload-defer-length")
    if defer is not None and defer != "1":
        raise TusError(400, "Upload-Defer-Length can only be 1")
    length = headers.get("upload-length")
    if (length is None) == (defer is None):
        raise TusError(400, "give either Upload-Length or Upload-Defer-Length")
    said = metadata(headers.get("upload-metadata", ""))
    size = -1 if length is None else number("Upload-Length", length)
    name = said.get("filename") or said.get("name", "")  # the latter is what some clients say
    return Creation(size, name, said.get("filetype") or said.get("type", ""), said.get("target", ""))


def appending(headers: Mapping[str, str]) -> Appending:
    """What PATCH says. Raises :class:`TusError`."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != BODY_TYPE:
        raise TusError(415, f"the Content-Type has to be {BODY_TYPE}")
    if "upload-offset" not in headers:
        raise TusError(400, "Upload-Offset is missing")
    offset = number("Upload-Offset", headers["upload-offset"])
    length = headers.get("upload-length")
    return Appending(offset, -1 if length is None else number("Upload-Length", length), checksum(headers))


def checksum(headers: Mapping[str, str]) -> Checksum | None:
    """Of Upload-Checksum; None: it is not there. Raises :class:`TusError`."""
    given = headers.get("upload-checksum")
    if given is None:
        return None
    algorithm, _, encoded = given.partition(" ")
    if algorithm not in ALGORITHMS:
        raise TusError(400, f"the only checksums taken are {' and '.join(ALGORITHMS)}")
    found = _decode(encoded)
    if found is None or len(found) != ALGORITHMS[algorithm]:
        raise TusError(400, f"Upload-Checksum holds no {algorithm} in base64")
    return Checksum(algorithm, found)


def metadata(given: str) -> dict[str, str]:
    """Of Upload-Metadata. Raises :class:`TusError`."""
    found: dict[str, str] = {}
    for pair in filter(None, (each.strip(" ") for each in given.split(","))):
        key, _, encoded = pair.partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise TusError(400, "Upload-Metadata is no list of different keys with values in base64")
        value = _decode(encoded.strip(" "))
        if value is None or len(value) > _VALUE_BYTES:
            raise TusError(400, f"Upload-Metadata: what is said of {key} is no base64, or too long")
        try:
            found[key] = value.decode()
        except UnicodeDecodeError:
            raise TusError(400, f"Upload-Metadata: what is said of {key} is no UTF-8") from None
    return found


def say_metadata(said: Mapping[str, str]) -> str:
    """The header's value; what is empty is left out."""
    pairs = [f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items() if value]
    return ",".join(pairs)


def number(header: str, given: str) -> int:
    """A number of bytes. Raises :class:`TusError`."""
    if not _NUMBER.fullmatch(given):
        raise TusError(400, f"{header} is no number of bytes")
    return int(given)


def expires(at: float) -> tuple[str, str]:
    """The header that says when an upload is given up; seconds since 1970."""
    from email.utils import formatdate  # noqa: PLC0415 - a start needs no dates of HTTP

    return "Upload-Expires", formatdate(at, usegmt=True)


def _decode(encoded: str) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
