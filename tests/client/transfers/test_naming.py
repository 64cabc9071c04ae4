"""Names from elsewhere, as files may be called here."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.client.transfers.naming import NAMELESS, local_name, name_in, numbered


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("cat.png", "cat.png"),
        ("Grüße, 世界.txt", "Grüße, 世界.txt"),
        ("e\u0301.txt", "é.txt"),
        ("👨‍👩‍👧.png", "👨‍👩‍👧.png"),
        ("a/b\\c", "c"),
        ("a\0b", "ab"),
        ("a\nb\tc", "abc"),
        ("\u200f\u202egnp.exe", "gnp.exe"),
        ("a\u2028b\u3000c", "ab c"),
        ("..hidden", "_hidden"),
        ("\u200c.hidden", "_hidden"),
        ("\u200c \u200d .hidden", "_hidden"),
        ("\u200c nul", "_nul"),
        ("   ", NAMELESS),
        ("...", NAMELESS),
        ("___", NAMELESS),
        ("/", NAMELESS),
        ("com1", "_com1"),
        ("COM1.txt.gz", "_COM1.txt.gz"),
        ("LPT¹", "_LPT¹"),
        ("con .txt", "_con .txt"),
        ("console", "console"),
        ('<>:"|?*', NAMELESS),
        ("x.", "x"),
        ("x" * 240 + "." + "y" * 30, "x" * 230),
    ],
)
def test_clean(name: str, clean: str) -> None:
    assert local_name(name) == clean


@given(st.text(max_size=400))
def test_any_text_becomes_a_name(name: str) -> None:
    clean = local_name(name)
    assert clean
    assert clean not in (".", "..")
    assert len(clean.encode()) <= 231
    assert not set(clean) & set('/\\:\0\n<>|?*"')
    assert Path("/d", clean).parent == Path("/d")
    assert local_name(clean) == clean


def test_numbers() -> None:
    assert list(islice(numbered("a.tar.gz"), 3)) == ["a.tar.gz", "a.tar (2).gz", "a.tar (3).gz"]
    assert list(islice(numbered("noend"), 2)) == ["noend", "noend (2)"]
    assert list(islice(numbered(".x"), 2)) == [".x", ".x (2)"]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="cat.png"', "cat.png"),
        ("attachment; filename=cat.png", "cat.png"),
        ('attachment; filename="c\\"a.png"; filename*=UTF-8\'\'Gr%C3%BC%C3%9Fe', "Grüße"),
        ("attachment; filename*=utf-8'de'%e2%82%ac; filename=euro", "€"),
        ("attachment; filename*=latin'x'y; filename=b", "b"),
        ("attachment; filename*=UTF-8''%ff", "\ufffd"),
        ("inline", ""),
        ("", ""),
        ('attachment; filename="', ""),
    ],
)
def test_content_disposition(header: str, name: str) -> None:
    assert name_in(header) == name


@given(st.text(max_size=200))
def test_no_header_breaks_it(header: str) -> None:
    assert isinstance(name_in(header), str)
