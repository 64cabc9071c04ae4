"""What a file is, by its first bytes; what its sender calls it counts little (https://mimesniff.spec.whatwg.org/).

A browser shows pictures, sounds and films at our address, so those are only what their bytes say they are. Everything
else is saved, not shown, and there a sender's word does no harm where the bytes say nothing better.
"""

from __future__ import annotations

import re

#: Bytes that are looked at.
HEAD = 1024

TEXT = "text/plain; charset=utf-8"
UNKNOWN = "application/octet-stream"
_ZIP = "application/zip"

#: Where, what, and the type.
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "application/ogg"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", _ZIP),
    (0, b"PK\x05\x06", _ZIP),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"mif1": "image/heif",
           b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime"}  # fmt: skip
_OGG = ((b"OpusHead", "audio/ogg"), (b"\x01vorbis", "audio/ogg"), (b"\x7fFLAC", "audio/ogg"),
        (b"\x80theora", "video/ogg"))  # fmt: skip
#: Of two bytes of MPEG audio: the frame's mark, and a layer that there is.
_MPEG_AUDIO = re.compile(rb"\xff[\xf2-\xf7\xfa-\xff][^\xf0-\xff]")
_ADTS = re.compile(rb"\xff[\xf0\xf1\xf8\xf9]")
#: Bytes that no text has.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")

#: A type as its sender may say it: without parameters, and none that a browser could run or show.
_SAID = re.compile(r"application/[a-z0-9][a-z0-9.+-]{0,80}")
_NEVER = re.compile(r"xml|html|script|svg|flash|pdf")
#: What a browser may show, since it can't run.
_SHOWN = re.compile(r"(?:image|audio|video)/[a-z0-9.+-]+")


def sniff(head: bytes, said: str = "") -> str:
    """The media type of a file that begins with ``head`` (up to :data:`HEAD` bytes); ``said``: what its sender says."""
    found = _known(head)
    if found in (UNKNOWN, _ZIP):  # most office documents are ZIP archives
        said = said.partition(";")[0].strip().lower()
        if _SAID.fullmatch(said) and not _NEVER.search(said):
            return said
    return found


def is_shown(media_type: str) -> bool:
    """Whether a browser may show it in place of saving it. Never SVG, which is a document with scripts in it."""
    return bool(_SHOWN.fullmatch(media_type)) and "svg" not in media_type


def _known(head: bytes) -> str:
    for at, magic, media_type in _MAGIC:
        if head.startswith(magic, at):
            return _ogg(head) if media_type == "application/ogg" else media_type
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], UNKNOWN)
    if head.startswith(b"\x1a\x45\xdf\xa3"):  # EBML: the kind of document is near the beginning
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0" and len(head) > 13:
        return "image/bmp"
    if _ADTS.match(head):
        return "audio/aac"
    if _MPEG_AUDIO.match(head):
        return "audio/mpeg"
    return TEXT if _is_text(head) else UNKNOWN


def _ogg(head: bytes) -> str:
    for mark, media_type in _OGG:
        if mark in head[:64]:
            return media_type
    return "application/ogg"


def _is_text(head: bytes) -> bool:
    """UTF-8 without controls; a letter that is cut off at the end is none of its fault."""
    if _BINARY.search(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) >= HEAD and error.start >= len(head) - 3 and error.reason == "unexpected end of data"
    return True
