"""Uploads as IRC apps make them: the requests of gamja, goguma and Halloy (of 2026), with the real server.

Each asks an account's password of its user for SASL, and shows it again over HTTP; what it makes of the answer is what
it reads of it here.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest

from tests.support.fileserver import Web
from tests.support.process import ServerProcess, serving

ORIGIN = "https://gamja.example.org"
PASSWORD = "pässword 9"
DATA = b"GIF89a" + bytes(range(256)) * 100


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    data = tmp_path_factory.mktemp("clients") / "data"
    with serving(data, "--log-level", "warning", env={"NATTERJACK_FILES__ORIGINS": ORIGIN}) as one:
        with one.connect("ann") as irc:
            irc.send(f"REGISTER * * :{PASSWORD}")
            irc.until("REGISTER SUCCESS")
        yield one
        one.end_well()


def filehost(server: ServerProcess) -> str:
    """As ISUPPORT has it."""
    with server.connect() as irc:
        irc.send("NICK bob", "USER b 0 * :b")
        (token,) = [word for line in irc.until(" 422 ") for word in line.split() if "FILEHOST=" in word]
    assert token.startswith("soju.im/FILEHOST=https://")
    return token.partition("=")[2]


def basic(encoding: str) -> str:
    return f"Basic {base64.b64encode(f'ann:{PASSWORD}'.encode(encoding)).decode()}"


def fetched(web: Web, base: str, location: str, name: str) -> None:
    """The link, made absolute as all three do it, is that of the file."""
    link = urljoin(base, location)
    assert link.startswith(base)
    status, headers, body = web.ask("GET", link[link.index("/files/") :])
    assert (status, headers["Content-Type"], body) == (200, "image/gif", DATA)
    assert headers["Content-Disposition"] == name


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])  # its older versions, and newer ones
def test_gamja(server: ServerProcess, encoding: str) -> None:
    base, web = filehost(server), Web(server.port, tls=True)
    page = {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    status, headers, _ = web.ask(
        "OPTIONS",
        "/files/",
        **page,
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="authorization,content-disposition,content-type",
    )
    assert 200 <= status < 300
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Access-Control-Allow-Credentials"] == "true"  # it asks with credentials: "include"
    allowed = headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-disposition", "content-type"} <= set(allowed)
    assert "POST" in headers["Access-Control-Allow-Methods"]
    status, headers, _ = web.ask(
        "POST",
        "/files/",
        DATA,
        **page,
        Authorization=basic(encoding),
        Content_Type="image/gif",
        Content_Disposition="attachment; filename*=UTF-8''%C3%A4%20b.gif",
    )
    assert status == 201
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert "location" in headers["Access-Control-Expose-Headers"].lower().split(", ")
    name = "inline; filename=\"_ b.gif\"; filename*=UTF-8''%C3%A4%20b.gif"
    fetched(web, base, headers["Location"], name)
    status, headers, body = web.ask("POST", "/files/", DATA, **page, Authorization="Basic YW5uOndyb25n")
    assert (status, headers["Access-Control-Allow-Origin"]) == (401, ORIGIN)  # so that the page sees why
    assert body
    web.close()


def test_goguma(server: ServerProcess) -> None:
    base, web = filehost(server), Web(server.port, tls=True)
    status, headers, _ = web.ask(
        "POST",
        "/files/",
        iter([DATA[:1000], DATA[1000:]]),  # a stream, of a length that is said
        User_Agent="Dart/3.5 (dart:io)",
        Accept_Encoding="gzip",
        Authorization=basic("utf-8"),
        Content_Type="image/gif",
        Content_Length=str(len(DATA)),
        Content_Disposition="attachment; filename*=UTF-8''%C3%A4+b.gif",
    )
    assert status == 201
    # It writes a space as +, as in forms, which here means a plus.
    fetched(web, base, headers["Location"], "inline; filename=\"_+b.gif\"; filename*=UTF-8''%C3%A4+b.gif")
    web.close()


def test_halloy(server: ServerProcess) -> None:
    base, web = filehost(server), Web(server.port, tls=True)
    sent = {
        "Accept": "*/*",
        "Content-Type": "image/gif",
        "Content-Disposition": "attachment; filename=\"a b.gif\"; filename*=UTF-8''%C3%A4%20b%2Egif",
        "Content-Length": str(len(DATA)),
    }
    status, headers, body = web.ask("POST", "/files/", iter([DATA]), **sent, Authorization=basic("utf-8"))
    assert status == 201, body
    name = "inline; filename=\"_ b.gif\"; filename*=UTF-8''%C3%A4%20b.gif"
    fetched(web, base, headers["Location"], name)
    status, _, body = web.ask(
        "POST", "/files/", DATA, **sent
    )  # by SASL EXTERNAL it shows a certificate alone
    assert (status, body.startswith(b"say who you are")) == (401, True)
    web.close()
