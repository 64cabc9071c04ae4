"""What is answered over HTTP, and to whom."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from natterjack.files.origins import Origins
from natterjack.net.http import Peer
from natterjack.net.origin import Origin, Proxies
from natterjack.net.websocket import WebSockets
from natterjack.server.page import CONTENT_SECURITY_POLICY, PAGE
from natterjack.server.web import Metric, Web, WebPolicy
from natterjack.wire.http import Request, Response

HOME, LAN, LAN_TLS = Peer("127.0.0.1", False), Peer("192.0.2.7", False), Peer("192.0.2.7", True)
TOKEN = "a-secret-of-16-letters"


def ask(
    path: str,
    peer: Peer = HOME,
    *,
    method: str = "GET",
    unready: str = "",
    body: bool = False,
    policy: WebPolicy = WebPolicy(metrics_token=TOKEN),  # noqa: B008 - a frozen value
    **headers: str,
) -> Response:
    web = Web(policy, lambda: unready, lambda: [Metric("sessions", "gauge", "How many.", 3)])
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.answer(Request(method, path, named, body), peer)


def test_health_and_readiness() -> None:
    for peer in (HOME, LAN, LAN_TLS):
        assert ask("/healthz", peer).status == 200
        assert ask("/readyz", peer).status == 200
    response = ask("/readyz", unready="about to go down")
    assert (response.status, response.body) == (503, b"about to go down\n")
    assert ask("/healthz", unready="about to go down").status == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", False, 404),
        ("GET", "//", False, 404),
        ("GET", "/../healthz", False, 404),
        ("POST", "/", False, 405),
        ("DELETE", "/metrics", True, 405),
        ("GET", "/", True, 413),
        ("HEAD", "/", False, 200),
    ],
)
def test_what_there_is(method: str, path: str, body: bool, status: int) -> None:
    response = ask(path, method=method, body=body)
    assert response.status == status
    assert response.close is body
    assert (("Allow", "GET, HEAD") in response.headers) is (status == 405)
    assert ("X-Content-Type-Options", "nosniff") in response.headers


def test_what_a_page_calls_itself_is_no_command_for_the_terminal_that_shows_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    web = Web(WebPolicy(), lambda: "", list, sockets=WebSockets(lambda _: None))
    headers = {"upgrade": "websocket", "host": "here", "origin": "http://evil\x1b[2J\x9b2J"}
    answer = web.answer(Request("GET", "/ws", headers, False), LAN)
    assert isinstance(answer, Response)
    assert answer.status == 403
    assert caplog.messages == [
        "192.0.2.7: a page from 'http://evil\\x1b[2J\\x9b2J' asked to chat, which is not in web.origins"
    ]


def test_metrics() -> None:
    response = ask("/metrics")
    assert response.body == (
        b"# HELP natterjack_sessions How many.\n# TYPE natterjack_sessions gauge\nnatterjack_sessions 3\n"
    )


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        (HOME, {}, 200),
        (Peer("::1", True), {}, 200),
        (HOME, {"x_forwarded_for": "127.0.0.1"}, 401),
        (HOME, {"forwarded": "for=127.0.0.1"}, 401),
        (HOME, {"x_forwarded_for": "192.0.2.1", "authorization": f"Bearer {TOKEN}"}, 200),
        (LAN, {}, 403),
        (
            LAN,
            {"authorization": f"Bearer {TOKEN}"},
            403,
        ),  # it has been read on the way, but is not taken for good
        (LAN, {"x_forwarded_for": "127.0.0.1", "authorization": f"Bearer {TOKEN}"}, 403),
        (LAN_TLS, {}, 401),
        (LAN_TLS, {"authorization": f"bearer {TOKEN}"}, 200),
        (LAN_TLS, {"authorization": f"Bearer {TOKEN}x"}, 401),
        (LAN_TLS, {"authorization": f"Basic {TOKEN}"}, 401),
        (LAN_TLS, {"authorization": "Bearer \xe9"}, 401),
    ],
)
def test_who_sees_metrics(peer: Peer, headers: dict[str, str], status: int) -> None:
    assert ask("/metrics", peer, **headers).status == status


PROXIED = WebPolicy(metrics_token=TOKEN, proxies=Proxies(("127.0.0.1", "10.0.0.0/8")))
BEHIND = Peer("127.0.0.1", False, proxied=True)


@pytest.mark.parametrize(
    ("peer", "headers", "asker"),
    [
        (BEHIND, {"x_forwarded_for": "192.0.2.9"}, "192.0.2.9"),
        (BEHIND, {"forwarded": "for=192.0.2.9;proto=https"}, "192.0.2.9"),
        (BEHIND, {"x_forwarded_for": "6.6.6.6, 192.0.2.9"}, "192.0.2.9"),  # the first is what the client says
        (BEHIND, {"x_forwarded_for": "6.6.6.6, 192.0.2.9, 10.1.2.3"}, "192.0.2.9"),  # through two proxies
        (BEHIND, {"x_forwarded_for": "10.1.2.4, 10.1.2.3"}, "10.1.2.4"),  # the one is the other's client
        (BEHIND, {"x_forwarded_for": "192.0.2.9, unknown"}, "127.0.0.1"),
        (BEHIND, {"x_forwarded_for": "127.0.0.1"}, "127.0.0.1"),
        (BEHIND, {}, "127.0.0.1"),
        (
            Peer("192.0.2.7", True, proxied=True),
            {"x_forwarded_for": "192.0.2.9"},
            "192.0.2.7",
        ),  # told by a head
        (LAN_TLS, {"x_forwarded_for": "192.0.2.9"}, "192.0.2.7"),  # anybody can say that
        (LAN_TLS, {"forwarded": "nonsense", "x_forwarded_for": "192.0.2.9"}, "192.0.2.7"),
    ],
)
def test_who_asks_through_a_proxy(
    caplog: pytest.LogCaptureFixture, peer: Peer, headers: dict[str, str], asker: str
) -> None:
    caplog.set_level("INFO")
    response = ask("/metrics", peer, policy=PROXIED, authorization="Bearer wrong", **headers)
    if asker != "127.0.0.1" or headers:
        assert response.status == 401
        assert caplog.messages == [f"{asker} showed a wrong token for /metrics"]
    else:  # plain text, and nobody says that it came by TLS to the proxy
        assert response.status == 403


def test_two_headers_that_disagree_are_refused() -> None:
    response = ask("/", BEHIND, policy=PROXIED, x_forwarded_for="1.2.3.4", forwarded="for=5.6.7.8")
    assert (response.status, response.body) == (400, b"Forwarded and X-Forwarded-For say different things.\n")


def test_without_a_token_nobody_from_elsewhere_sees_metrics() -> None:
    assert ask("/metrics", LAN_TLS, policy=WebPolicy(), authorization="Bearer ").status == 401
    assert ask("/metrics", policy=WebPolicy(trust_loopback=False)).status == 403


def test_the_page_is_one_document_and_its_policy_knows_all_of_it() -> None:
    response = ask("/", LAN_TLS)
    assert (response.status, response.body) == (200, PAGE)
    text = PAGE.decode()
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in CONTENT_SECURITY_POLICY
    tags = "".join(re.findall("<[^>]*>", re.sub(r"<(script|style)>.*?</\1>", "", text, flags=re.DOTALL)))
    assert re.findall(r"(?:src|href|action)=([^ >]+)", tags) == ['"natterjack:"']
    assert " style=" not in tags
    assert " on" not in tags
    assert "color-scheme:light dark" in text


def test_the_page_takes_tls_from_elsewhere() -> None:
    assert ask("/", LAN).status == 403
    assert ask("/", LAN, policy=WebPolicy(allow_plaintext=True)).status == 200


def test_a_page_of_elsewhere_hears_of_refusals_only_where_it_may() -> None:
    policy = WebPolicy(origins=Origins(["https://web.example"]), proxies=Proxies(["127.0.0.1"]))

    def files(_exchange: object, _request: Request, _peer: Peer, _home: bool) -> None:
        raise AssertionError("it is refused before")

    web = Web(policy, lambda: "", list, files)
    for origin, allowed in (("https://web.example", "https://web.example"), ("https://evil.example", None)):
        for peer, headers, status in (
            (LAN, {}, 403),
            (HOME, {"forwarded": "for=192.0.2.1", "x-forwarded-for": "192.0.2.2"}, 400),
        ):
            request = Request("GET", "/files/", {"origin": origin, **headers}, False)
            response = web.answer(request, peer)
            assert isinstance(response, Response)
            assert response.status == status
            assert dict(response.headers).get("Access-Control-Allow-Origin") == allowed
            assert dict(response.headers)["Vary"] == "Origin"
    found = web.answer(Request("POST", "/files/", {"origin": "https://evil.example"}, True), HOME)
    assert isinstance(found, Response)
    assert found.status == 403
    assert b"files.origins" in found.body


@pytest.mark.parametrize(
    ("origin", "policy", "site", "most"),
    [
        (Origin("1.2.3.4", 1), WebPolicy(), "1.2.3.4/32", 64),
        (Origin("2a00:1450:1:2:3::4", 1), WebPolicy(), "2a00:1450:1:2::/64", 64),
        (Origin("10.0.0.7", 1), WebPolicy(), "private 10.0.0.0/16", 512),
        (Origin("127.0.0.1", 1), WebPolicy(), "", 64),
        (Origin("127.0.0.1", 1), WebPolicy(trust_loopback=False), "private 127.0.0.0/16", 512),
        (Origin("127.0.0.1", 1, proxied=True), WebPolicy(), "private 127.0.0.0/16", 512),
        (Origin("10.0.0.7", 1), PROXIED, "", 64),  # it brings everybody's requests
        (Origin("10.0.0.7", 1, proxied=True), PROXIED, "private 10.0.0.0/16", 512),
        (Origin("1.2.3.4", 1), WebPolicy(limited=False), "", 64),
    ],
)
def test_which_connections_are_counted_between_requests(
    origin: Origin, policy: WebPolicy, site: str, most: int
) -> None:
    stay = Web(policy, lambda: "", list).stay(origin)
    assert (stay.site, stay.most) == (site, most)
