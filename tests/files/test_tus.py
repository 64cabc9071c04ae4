"""The headers of tus."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.files import tus
from natterjack.files.tus import Appending, Checksum, Creation, TusError

BODY = {"content-type": tus.BODY_TYPE}


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def test_creation() -> None:
    given_ = f"filename {b64('é.png')},filetype {b64('image/png')}, target {b64('#lobby')},empty"
    found = tus.creation({"upload-length": "5000000000", "upload-metadata": given_})
    assert found == Creation(5_000_000_000, "é.png", "image/png", "#lobby")
    assert tus.creation({"upload-length": "0"}) == Creation(0, "", "", "")
    assert tus.creation({"upload-defer-length": "1"}).size == -1
    named = f"name {b64('a')},type {b64('b/c')}"
    assert tus.creation({"upload-length": "1", "upload-metadata": named}) == Creation(1, "a", "b/c", "")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"upload-length": "1", "upload-defer-length": "1"},
        {"upload-defer-length": "0"},
        {"upload-length": "-1"},
        {"upload-length": "+1"},
        {"upload-length": "1_000"},
        {"upload-length": "1, 2"},
        {"upload-length": " 1"},
        {"upload-length": "0x10"},
        {"upload-length": "٣"},
        {"upload-length": ""},
        {"upload-length": "9" * 19},
        {"upload-length": "99999999999999999999999999"},
        {"upload-length": "1", "upload-metadata": "filename !!!"},
        {"upload-length": "1", "upload-metadata": "filename YQ"},  # padding is missing
        {"upload-length": "1", "upload-metadata": "filename YQ==,filename YQ=="},
        {"upload-length": "1", "upload-metadata": f"filename {b64(bytes([255]))}"},
        {"upload-length": "1", "upload-metadata": f"filename {b64('x' * 2049)}"},
        {"upload-length": "1", "upload-metadata": "n\u00e4me YQ=="},
    ],
)
def test_no_creation(headers: dict[str, str]) -> None:
    with pytest.raises(TusError) as caught:
        tus.creation(headers)
    assert caught.value.status == 400


def test_appending() -> None:
    digest = hashlib.sha256(b"x").digest()
    headers = BODY | {"upload-offset": "7", "upload-checksum": f"sha256 {b64(digest)}"}
    assert tus.appending(headers) == Appending(7, -1, Checksum("sha256", digest))
    sha1 = hashlib.sha1(b"x", usedforsecurity=False).digest()
    headers = BODY | {"upload-offset": "7", "upload-checksum": f"sha1 {b64(sha1)}"}
    assert tus.appending(headers) == Appending(7, -1, Checksum("sha1", sha1))
    assert tus.appending(BODY | {"upload-offset": "0", "upload-length": "9"}) == Appending(0, 9)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"upload-offset": "0"}, 415),
        ({"upload-offset": "0", "content-type": "application/octet-stream"}, 415),
        (BODY, 400),
        (BODY | {"upload-offset": "-5"}, 400),
        (BODY | {"upload-offset": "18446744073709551616"}, 400),
        (BODY | {"upload-offset": "0", "upload-length": "-1"}, 400),
        (BODY | {"upload-offset": "0", "upload-checksum": "md5 YQ=="}, 400),
        (BODY | {"upload-offset": "0", "upload-checksum": "sha256 YQ=="}, 400),
        (BODY | {"upload-offset": "0", "upload-checksum": "sha256"}, 400),
        (BODY | {"upload-offset": "0", "upload-checksum": f"sha1 {b64(bytes(32))}"}, 400),
    ],
)
def test_no_appending(headers: dict[str, str], status: int) -> None:
    with pytest.raises(TusError) as caught:
        tus.appending(headers)
    assert caught.value.status == status


def test_versions() -> None:
    tus.check_version({"tus-resumable": "1.0.0"})
    for headers in ({}, {"tus-resumable": "0.2.2"}):
        with pytest.raises(TusError) as caught:
            tus.check_version(headers)
        assert caught.value.status == 412


_NAMES = ["upload-length", "upload-defer-length", "upload-metadata", "upload-offset", "upload-checksum"]


@given(st.dictionaries(st.sampled_from([*_NAMES, "content-type"]), st.text(max_size=40)))
def test_nothing_but_the_documented_error(headers: dict[str, str]) -> None:
    for parse in (tus.creation, tus.appending):
        try:
            size = parse(headers).size
            status = 0
        except TusError as error:
            size, status = -1, error.status
        assert (status in (400, 415)) or size >= -1


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(st.dictionaries(st.sampled_from(["filename", "filetype", "target"]), _TEXTS))
def test_metadata_survives_the_way(said: dict[str, str]) -> None:
    assert tus.metadata(tus.say_metadata(said)) == {key: value for key, value in said.items() if value}
