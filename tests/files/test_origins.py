"""What pages of other origins may do, and are told."""

from __future__ import annotations

import pytest

from natterjack.files.origins import ANY, Origins

WEB = "https://web.example.org"
EVIL = "https://evil.example"


def told(origins: Origins, method: str = "POST", **headers: str) -> dict[str, str]:
    found = origins.headers(method, headers)
    assert len(dict(found)) == len(found)
    return dict(found)


def test_whoever_is_no_page_or_not_listed_is_told_nothing_but_that_it_matters() -> None:
    for origins in (Origins(), Origins([WEB])):
        for headers in ({}, {"origin": EVIL}, {"origin": "null"}, {"origin": WEB + ".evil.example"}):
            for method in ("GET", "POST", "OPTIONS"):
                assert told(origins, method, **headers) == {"Vary": "Origin"}
    assert told(Origins(), origin=WEB) == {"Vary": "Origin"}


def test_a_named_origin_may_see_and_send_what_files_take() -> None:
    found = told(Origins([WEB]), "OPTIONS", origin=WEB)
    assert found["Access-Control-Allow-Origin"] == WEB
    assert found["Access-Control-Allow-Credentials"] == "true"
    assert {"POST", "PATCH", "DELETE", "HEAD", "GET"} == set(
        found["Access-Control-Allow-Methods"].split(", ")
    )
    sent = {name.lower() for name in found["Access-Control-Allow-Headers"].split(", ")}
    assert {"authorization", "content-type", "content-disposition", "range", "upload-checksum"} <= sent
    assert int(found["Access-Control-Max-Age"]) == 7200
    found = told(Origins([WEB]), "PATCH", origin=WEB)
    assert "Access-Control-Allow-Methods" not in found
    shown = {name.lower() for name in found["Access-Control-Expose-Headers"].split(", ")}
    assert {"location", "upload-offset", "upload-expires", "etag", "content-range", "retry-after"} <= shown
    assert not any(ANY in value for value in found.values())  # which a page that sends credentials can't use


def test_all_origins_may_but_without_what_browsers_send_by_themselves() -> None:
    for origin in (EVIL, "null"):
        found = told(Origins([ANY]), "OPTIONS", origin=origin)
        assert found["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in found
    found = told(Origins([ANY, WEB]), origin=WEB)
    assert found["Access-Control-Allow-Origin"] == WEB


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, False),
        ({"origin": EVIL}, True),
        ({"origin": "null"}, True),
        ({"origin": "https://[half"}, True),
        ({"origin": EVIL, "sec-fetch-site": "cross-site"}, True),
        ({"origin": WEB, "sec-fetch-site": "cross-site"}, False),
        ({"origin": "https://chat.example.org:7667"}, False),  # as the request's own Host is
        ({"origin": "https://files.example.org"}, False),  # as files.url has it
        ({"origin": "https://behind-a-proxy.example", "sec-fetch-site": "same-origin"}, False),
    ],
)
def test_a_page_of_elsewhere_changes_nothing(headers: dict[str, str], refused: bool) -> None:
    origins = Origins([WEB], "https://Files.example.org/files/")
    headers = {"host": "chat.example.org:7667", **headers}
    for method in ("POST", "PATCH", "DELETE", "PUT"):
        assert origins.refuses(method, headers) is refused
    for method in ("GET", "HEAD", "OPTIONS"):
        assert not origins.refuses(method, headers)
    assert Origins().refuses("POST", headers) is (
        refused or headers.get("origin") in (WEB, "https://files.example.org")
    )
    assert not Origins([ANY]).refuses("POST", headers)
