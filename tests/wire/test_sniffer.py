"""What a peer speaks, by its first bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.wire.sniffer import Speech, sniff

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]
#: What IRC clients begin with.
GREETINGS = [b"CAP LS 302\r\n", b"NICK a\r\n", b"PASS x\r\n", b"USER a 0 * :a\r\n", b"PING x\r\n", b"QUIT\r\n",
             b"@label=1 CAP LS\r\n", b":me NICK a\r\n", b"\r\nNICK a\r\n", b"\r\n\r\nQUIT\r\n",
             b"PROXYING\r\n", b"nick a\r\n", b"get /\r\n", b"GET\r\n"]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_http_is_known_at_the_space_behind_its_method(method: str) -> None:
    request = f"{method} /path HTTP/1.1\r\n".encode()
    for size in range(len(request)):
        wanted = Speech.HTTP if size > len(method) else None
        assert sniff(request[:size]) is wanted


@pytest.mark.parametrize("greeting", GREETINGS)
def test_irc_is_known_within_nine_bytes_and_never_taken_for_something_else(greeting: bytes) -> None:
    answers = [sniff(greeting[:size]) for size in range(len(greeting) + 1)]
    assert set(answers) <= {None, Speech.IRC}
    assert answers[0] is None
    assert answers[-1] is Speech.IRC
    known = answers.index(Speech.IRC)
    assert known <= 9
    assert set(answers[known:]) == {Speech.IRC}


@pytest.mark.parametrize("head", [b"PROXY TCP4 ", b"\r\n\r\n\0\r\nQUIT\n\x21"])
def test_a_head_of_the_proxy_protocol_is_known_and_taken_for_nothing_else(head: bytes) -> None:
    answers = [sniff(head[:size]) for size in range(len(head) + 1)]
    known = answers.index(Speech.PROXY)
    assert known <= 6
    assert answers == [None] * known + [Speech.PROXY] * (len(head) + 1 - known)


def test_tls_is_known_by_its_first_byte() -> None:
    hello = b"\x16\x03\x01\x02\x00\x01\x00"
    assert [sniff(hello[:size]) for size in range(4)] == [None, Speech.TLS, Speech.TLS, Speech.TLS]


@given(st.binary(max_size=30), st.binary(max_size=30))
def test_what_is_known_stays_so_whatever_follows(head: bytes, rest: bytes) -> None:
    speech = sniff(head)
    assert speech is None or sniff(head + rest) is speech
    assert speech is not None or len(head) <= 8
