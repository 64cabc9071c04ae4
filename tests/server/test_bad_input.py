"""Bad input over a real socket, while another client notices nothing of it."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.process import Irc, ServerProcess, serving


@pytest.fixture
def bystander(server: ServerProcess) -> Iterator[Irc]:
    """Somebody in the lobby who is still there afterwards, served, and told of nothing but comings and goings."""
    with server.connect("bystander") as client:
        yield client
        heard = client.sync()
        assert all(line.split(" ")[1] in {"JOIN", "QUIT", "PONG"} for line in heard), heard


@pytest.mark.usefixtures("bystander")
@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"PRIVMSG #lobby :a\0b", "FAIL * INVALID_LINE"),
        (b"PRIVMSG #lobby :a\rb", "FAIL * INVALID_LINE"),
        (b"PRIVMSG #lobby :\xff\xfe", "FAIL PRIVMSG INVALID_UTF8"),
        (b"PRIVMSG #lobby :" + b"x" * 600, " 417 eve :Nothing was done"),
        (b"@" + b"t" * 4095 + b" PRIVMSG #lobby :x", " 417 eve :Nothing was done"),
        (b":bystander!b@h 433 x y :forged", " 421 eve 433 :Unknown command"),
        (b"X" + b" p" * 300, ""),
        (b"PRIVMSG " + b"p " * 230, ""),
        (b"\xe2\x80\xa8\xc2\x85\xc2\xa0 #lobby x", ""),
        (b"@@@;;;==;=\\ :: : :", ""),
        (b":", ""),
        (b"\x16\x03\x01", ""),
        (b"GET / HTTP/1.1", " 421 eve GET :Unknown command"),
    ],
)
def test_a_bad_line_is_answered_and_the_next_one_read(
    server: ServerProcess, line: bytes, answer: str
) -> None:
    with server.connect("eve") as eve:
        eve.send(line)
        heard = eve.sync()
        assert any(answer in got for got in heard) if answer else len(heard) <= 1


def test_forged_tags_and_sources_are_not_relayed(server: ServerProcess, bystander: Irc) -> None:
    with server.connect("eve") as eve, server.connect("tom", "message-tags account-tag server-time") as tom:
        eve.send("@time=1999-01-01T00:00:00.000Z;msgid=x;account=root :bystander!b@h PRIVMSG tom :hi")
        eve.sync()
        (line,) = [line for line in tom.sync() if "PRIVMSG" in line]
    assert " :eve!eve@127.0.0.1 PRIVMSG tom :hi" in line
    assert not {"1999", "root", "msgid=x"} & set(line.replace("=", ";").replace("-", ";").split(";"))
    assert "account" not in line
    assert bystander.nick == "bystander"


def test_one_byte_at_a_time(server: ServerProcess, bystander: Irc) -> None:
    with server.connect() as slow:
        slow.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"NICK slow\r\nUSER s 0 * :S\r\n":
            slow.raw(bytes([byte]))
        assert slow.until(" 366 ")[0].startswith(":natterjack 001 slow ")
    assert "JOIN #lobby" in bystander.until(":slow!s@127.0.0.1 ")[-1]


def test_ten_megabytes_without_a_newline(server: ServerProcess, bystander: Irc) -> None:
    with server.connect("eve") as eve:
        for number in range(160):
            eve.raw(b"x" * 65536)
            if number % 40 == 0:
                bystander.sync()
        eve.raw(b"\r\n")
        heard = eve.sync()
        assert [line for line in heard if " 417 " in line] == heard[-1:]
    status = Path(f"/proc/{server.first['pid']}/status")
    if status.exists():
        peak = int(status.read_text("ascii").split("VmHWM:")[1].split()[0])
        assert peak < 150_000, "kB; ten megabytes were not kept"


def test_ten_thousand_lines_in_one_packet(server: ServerProcess, bystander: Irc) -> None:
    with server.connect("eve") as eve:
        eve.sock.setblocking(True)
        eve.raw(b"PONG x\r\n" * 10_000 + b"PING end\r\n")
        bystander.sync()
        assert eve.until("PONG natterjack end")


def test_newlines_are_kept_as_what_they_are_until_they_may_count(tmp_path: Path) -> None:
    """What is too fast waits. As errors, with all that Python notes of them, 16 KiB took 16 MB."""
    with serving(tmp_path / "data", limits=True) as server, contextlib.ExitStack() as stack:
        floods = [stack.enter_context(server.connect()) for _ in range(24)]
        for number, flood in enumerate(floods):
            flood.raw((b"\n" if number % 2 else b"\xff\n") * 16384)
        probe = stack.enter_context(server.connect())
        for _ in range(400):  # turns, in each of which some of it could be taken
            probe.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert probe.line() == "HTTP/1.1 200 OK"
            while probe.line():
                pass
            assert probe.line() == "ok"
        status = Path(f"/proc/{server.first['pid']}/status")
        if status.exists():
            assert int(status.read_text("ascii").split("VmHWM:")[1].split()[0]) < 100_000, "kB"
        server.end_well()


def test_bad_tls_and_bad_http_are_turned_away(server: ServerProcess, bystander: Irc) -> None:
    with server.connect() as tls:
        tls.raw(bytes.fromhex("1603010200010001fc0303") + b"\0" * 506)  # whole, so nothing is waited for
        assert tls.remaining()[:3] in (b"", bytes.fromhex("150303"))  # nothing but an alert
    with server.connect() as http:
        http.raw(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000)
        assert http.line() == "HTTP/1.1 404 Not Found"
        assert http.remaining().endswith(b"There is nothing here.\n")
    with server.connect() as http:
        http.raw(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n")
        assert http.line() == "HTTP/1.1 400 Bad Request"
    assert bystander.sync() == []


def test_a_killed_client_is_told_to_the_others(server: ServerProcess, bystander: Irc) -> None:
    server.connect("victim").reset()
    assert bystander.until("QUIT")[-1] == ":victim!victim@127.0.0.1 QUIT :Connection reset by peer"
    server.connect("leaver").close()
    assert bystander.until("QUIT")[-1] == ":leaver!leaver@127.0.0.1 QUIT :Connection closed"
