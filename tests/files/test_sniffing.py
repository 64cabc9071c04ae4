"""What a file is, its bytes say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.files.sniffing import HEAD, TEXT, UNKNOWN, is_shown, sniff

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><script>alert(1)</script>"


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF89a\1\0", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\x10\0\0\0SOMETHIN", UNKNOWN),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "image/avif"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "video/mp4"),
        (b"\0\0\0\x20ftypM4A \0\0\2\0", "audio/mp4"),
        (b"OggS\0\2" + bytes(22) + b"OpusHead", "audio/ogg"),
        (b"OggS\0\2" + bytes(22) + b"\x80theora", "video/ogg"),
        (b"OggS\0\2" + bytes(40), "application/ogg"),
        (b"ID3\4\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x44", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", "video/x-matroska"),
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"PK\x03\x04\x14\0", "application/zip"),
        (b"\x1f\x8b\x08\0", "application/gzip"),
        (b"", TEXT),
        ("Grüße\n".encode(), TEXT),
        (("é" * HEAD).encode()[:HEAD], TEXT),
        (b"x" + ("é" * HEAD).encode()[: HEAD - 1], TEXT),  # cut inside of a letter
        (b"\xe9t\xe9", UNKNOWN),
        (b"a\0b", UNKNOWN),
        (bytes(range(256)), UNKNOWN),
        (SVG, TEXT),
        (HTML, TEXT),
    ],
)
def test_by_first_bytes(head: bytes, found: str) -> None:
    assert sniff(head) == found
    for said in ("image/png", "image/svg+xml", "text/html", "video/mp4"):
        assert sniff(head, said) == found


@pytest.mark.parametrize(
    ("head", "said", "found"),
    [
        (b"PK\x03\x04", "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
        (b"PK\x03\x04", "Application/Java-Archive; x=y", "application/java-archive"),
        (b"a\0b", "application/x-thing", "application/x-thing"),
        (b"a\0b", "application/xhtml+xml", UNKNOWN),
        (b"a\0b", "application/javascript", UNKNOWN),
        (b"a\0b", "application/pdf", UNKNOWN),
        (b"a\0b", "application/x\r\nSet-Cookie: a", UNKNOWN),
        (b"hello", "application/x-thing", TEXT),
    ],
)
def test_a_senders_word_counts_where_it_does_no_harm(head: bytes, said: str, found: str) -> None:
    assert sniff(head, said) == found


@given(st.binary(max_size=HEAD), st.text(max_size=60))
def test_nothing_is_shown_by_its_senders_word(head: bytes, said: str) -> None:
    found = sniff(head, said)
    assert is_shown(found) == is_shown(sniff(head))
    assert found.isascii()
    assert "\n" not in found


def test_what_is_shown() -> None:
    assert all(map(is_shown, ("image/png", "audio/ogg", "video/mp4")))
    assert not any(
        map(is_shown, ("image/svg+xml", "text/html", TEXT, UNKNOWN, "application/pdf", "image/", ""))
    )
