"""Heads of the PROXY protocol: what they say, where they end, and that nothing else passes for one."""

from __future__ import annotations

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.wire.proxyhead import HEAD_BYTES, LINE_BYTES, BadHeadError, Told, measure, read

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def block(command: int, family: int, addresses: bytes = b"", *more: tuple[int, bytes]) -> bytes:
    """A head of version 2."""
    rest = addresses + b"".join(struct.pack("!BH", kind, len(value)) + value for kind, value in more)
    return SIGNATURE + struct.pack("!BBH", command, family, len(rest)) + rest


def inet(source: str, port: int) -> bytes:
    """The addresses of one of version 2; the second one is of no interest."""
    packed = ip_address(source).packed
    return packed + bytes(len(packed)) + struct.pack("!HH", port, 7667)


def ssl(flags: int, *more: tuple[int, bytes]) -> tuple[int, bytes]:
    inner = b"".join(struct.pack("!BH", kind, len(value)) + value for kind, value in more)
    return 0x20, struct.pack("!BI", flags, 0) + inner


V4, V6 = inet("192.0.2.7", 4000), inet("2001:db8::7", 4000)
GOOD = [
    (b"PROXY TCP4 192.0.2.7 10.0.0.1 4000 7667\r\n", Told("192.0.2.7", 4000)),
    (b"PROXY TCP6 2001:DB8:0::7 ::1 4000 7667\r\n", Told("2001:db8::7", 4000)),
    (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 65535 0\r\n", Told("192.0.2.7", 65535)),
    (b"PROXY TCP4 127.0.0.1 127.0.0.1 1 1\r\n", Told("127.0.0.1", 1)),
    (b"PROXY UNKNOWN\r\n", Told()),
    (b"PROXY UNKNOWN what ever \xff it says\r\n", Told()),
    (block(0x21, 0x11, V4), Told("192.0.2.7", 4000)),
    (block(0x21, 0x21, V6), Told("2001:db8::7", 4000)),
    (block(0x21, 0x21, inet("::ffff:192.0.2.7", 1)), Told("192.0.2.7", 1)),
    (block(0x21, 0x11, V4, (0x04, b"xx"), (0x05, b"id"), (0xE0, b"")), Told("192.0.2.7", 4000)),
    (block(0x21, 0x11, V4, ssl(1, (0x21, b"TLSv1.3"))), Told("192.0.2.7", 4000, True)),
    (block(0x21, 0x21, V6, (0x01, b"irc"), ssl(7)), Told("2001:db8::7", 4000, True)),
    (block(0x21, 0x11, V4, ssl(0)), Told("192.0.2.7", 4000)),
    (block(0x21, 0x31, bytes(216)), Told()),
    (block(0x21, 0x31, bytes(216), ssl(1)), Told(secure=True)),
    (block(0x20, 0x00), Told()),
    (block(0x20, 0x11, V4), Told()),  # LOCAL: the addresses are to be passed over
    (block(0x20, 0x11, b"odd"), Told()),
    (block(0x21, 0x00), Told()),
    (block(0x21, 0x00, b"whatever"), Told()),
    (block(0x21, 0x12, V4), Told()),  # UDP
]
BAD = [
    (b"PROXY \r\n", "its line is not"),
    (b"PROXY TCP4\r\n", "its line is not"),
    (b"PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n", "its line is not"),
    (b"PROXY tcp4 1.2.3.4 1.2.3.4 1 1\r\n", "its line is not"),
    (b"PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n", "its line is not"),
    (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", "its line is not"),
    (b"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "its line is not"),
    (b"PROXY TCP4 1.2.3.04 1.2.3.4 1 1\r\n", "'1.2.3.04' is no address"),
    (b"PROXY TCP4 1.2.3.4 ::1 1 1\r\n", "'::1' is no address"),
    (b"PROXY TCP6 1.2.3.4 ::1 1 1\r\n", "'1.2.3.4' is no address"),
    (b"PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n", "is no address"),
    (b"PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n", "'01' is no port"),
    (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", "'65536' is no port"),
    (b"PROXY TCP4 1.2.3.4 1.2.3.4 1_0 1\r\n", "'1_0' is no port"),
    ("PROXY TCP4 1.2.3.4 1.2.3.4 ١ 1\r\n".encode(), "is no port"),
    (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", "CR LF"),
    (b"PROXY UNKNOWN\n", "CR LF"),
    (b"PROXY UNKNOWN " + b"x" * LINE_BYTES + b"\r\n", "longer than 107"),
    (block(0x11, 0x11, V4), "version is 1"),
    (block(0x22, 0x11, V4), "command is 2"),
    (block(0x21, 0x41, V4), "family and protocol"),
    (block(0x21, 0x13, V4), "family and protocol"),
    (block(0x21, 0x11, V4[:-1]), "addresses are cut off"),
    (block(0x21, 0x21, V4), "addresses are cut off"),
    (block(0x21, 0x31, bytes(215)), "addresses are cut off"),
    (block(0x21, 0x11, V4 + b"\x04"), "cut off"),
    (block(0x21, 0x11, V4 + b"\x04\x00\x02x"), "cut off"),
    (block(0x21, 0x11, V4, (0x20, b"\1\0\0\0")), "what it says of TLS"),
    (block(0x21, 0x11, bytes(HEAD_BYTES)), "4112 bytes, and 4096"),
]


def play(data: bytes, step: int) -> tuple[Told | None, bytes]:
    """What a head at the start of ``data`` says, ``step`` bytes coming at a time, and what is left behind it.

    None: there is no head. What is read beyond its end would be missing behind it, and the test would see.
    """
    held = b""
    for at in range(0, len(data) + step, step):
        held = data[:at]
        size = measure(held)
        if size is not None:
            return (read(held[:size]) if size else None), data[size:]
        assert len(held) < 12 or b"\n" not in held or held.startswith(SIGNATURE)
    raise EOFError


@pytest.mark.parametrize("step", [1, 5, 10_000])
@pytest.mark.parametrize(("head", "told"), GOOD)
def test_what_a_head_says_and_where_it_ends(head: bytes, told: Told, step: int) -> None:
    assert play(head + b"\x16\x03\x01\r\nNICK a\r\n", step) == (told, b"\x16\x03\x01\r\nNICK a\r\n")
    assert play(head, step) == (told, b"")


@pytest.mark.parametrize("step", [1, 10_000])
@pytest.mark.parametrize(("head", "why"), BAD)
def test_what_is_no_good_is_said(head: bytes, why: str, step: int) -> None:
    with pytest.raises(BadHeadError, match=why):
        play(head, step)


@pytest.mark.parametrize(
    "data",
    [
        b"PASS x\r\n",
        b"PING x\r\n",
        b"PROXYING\r\n",
        b"\x16\x03\x01",
        b"\r\n\r\nQUIT\r\n",
        b"GET / HTTP/1.1\r\n",
    ],
)
@pytest.mark.parametrize("step", [1, 10_000])
def test_what_is_none_is_left_alone(data: bytes, step: int) -> None:
    assert play(data, step) == (None, data)


@pytest.mark.parametrize("head", [head for head, _ in GOOD])
def test_until_it_is_complete_nothing_is_said(head: bytes) -> None:
    assert {measure(head[:size]) for size in range(len(head))} == {None}


ports = st.integers(0, 65535)


@given(st.ip_addresses(), ports, st.binary(max_size=40))
def test_both_versions_say_the_same(address: object, port: int, rest: bytes) -> None:
    source = ip_address(str(address))
    other = "1.2.3.4" if source.version == 4 else "::1"
    line = f"PROXY TCP{source.version} {source} {other} {port} 1\r\n".encode()
    binary = block(0x21, 0x11 if source.version == 4 else 0x21, inet(str(source), port))
    assert play(line + rest, 7) == play(binary + rest, 7) == (read(line), rest)


@given(
    st.binary(max_size=200)
    | st.binary(max_size=120).map(lambda data: b"PROXY " + data)
    | st.binary(max_size=120).map(lambda data: b"PROXY TCP4 " + data + b"\r\n")
    | st.binary(max_size=60).map(lambda data: SIGNATURE + data)
    | st.builds(
        block, st.sampled_from([0x20, 0x21]), st.sampled_from([0, 0x11, 0x21, 0x31]), st.binary(max_size=300)
    )
)
def test_nothing_but_documented_errors_however_it_is_cut(data: bytes) -> None:
    outcomes = []
    for step in (1, 3, 10_000):
        try:
            outcomes.append(repr(play(data, step)))
        except (BadHeadError, EOFError) as error:
            outcomes.append(type(error).__name__)
    assert len(set(outcomes)) == 1
