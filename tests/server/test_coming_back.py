"""An account that comes back: on two devices of different kinds, and with ten thousand private conversations."""

from __future__ import annotations

import time
from base64 import b64encode
from pathlib import Path

import pytest

from natterjack.core.conversations import of_two
from natterjack.ports.records import LineRecord, PairRecord, Record
from natterjack.store.database import open_database
from natterjack.store.messages import last_id
from natterjack.store.rows import write
from tests.support.chat import make_account
from tests.support.process import Irc, ServerProcess, serving

MODERN = "batch message-tags server-time draft/chathistory sasl"
PLAIN = "sasl"


def _register(server: ServerProcess, nick: str, caps: str = "") -> Irc:
    irc = Irc(server.port, nick, caps)
    irc.send(f"REGISTER * * {nick}-password")
    irc.until(" 900 ")
    irc.sync()
    return irc


def _log_in(server: ServerProcess, nick: str, caps: str) -> tuple[Irc, list[str]]:
    """A session of the account ``nick``, and all that it gets unasked."""
    irc = Irc(server.port)
    secret = b64encode(f"\0{nick}\0{nick}-password".encode()).decode()
    irc.send(
        f"CAP REQ :{caps}",
        f"NICK {nick}",
        f"USER {nick} 0 * :x",
        "AUTHENTICATE PLAIN",
        f"AUTHENTICATE {secret}",
    )
    irc.until(" 903 ")
    irc.send("CAP END")
    return irc, irc.until(" 422 ") + irc.sync()


def _said(lines: list[str]) -> list[str]:
    """What was said, without the time that stands before it for old clients."""
    return [line.rpartition(" :")[2].rpartition("] ")[2] for line in lines if " PRIVMSG " in line]


@pytest.mark.parametrize("first", [MODERN, PLAIN])
def test_two_devices_that_come_back_together_each_get_all_of_it_once(tmp_path: Path, first: str) -> None:
    with serving(tmp_path / "data") as server, _register(server, "bob") as bob:
        with _register(server, "alice") as alice:
            for each in (alice, bob):
                each.send("JOIN #pond")
                each.sync()
            alice.send("QUIT")
            alice.rest()
        bob.until(":alice!alice@")
        pond, private = ([f"{kind} {number}" for number in range(5)] for kind in ("pond", "private"))
        bob.send(
            *(f"PRIVMSG #pond :{text}" for text in pond), *(f"PRIVMSG alice :{text}" for text in private)
        )
        bob.sync()
        second = PLAIN if first == MODERN else MODERN
        came = {caps: _log_in(server, "alice", caps) for caps in (first, second)}
        bob.send("PRIVMSG #pond :live", "PRIVMSG alice :live in private")
        bob.sync()
        modern, unasked = came[MODERN]
        assert _said(unasked) == []
        assert _said(modern.sync()) == ["live", "live in private"]
        modern.send(
            "CHATHISTORY TARGETS timestamp=2001-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 50"
        )
        targets = {line.split(" ")[-2] for line in modern.sync() if " CHATHISTORY TARGETS " in line}
        assert targets == {"#pond", "bob"}
        for target, missed, now in (("#pond", pond, "live"), ("bob", private, "live in private")):
            modern.send(f"CHATHISTORY LATEST {target} * 50")
            assert _said(modern.sync()) == [*missed, now]
        plain, shown = came[PLAIN]
        assert sorted(_said(shown + plain.sync())) == sorted([*pond, *private, "live", "live in private"])
        for irc, _ in came.values():
            irc.close()
        assert server.end()[0] == 0


_OTHERS = 10_000
#: Seconds that a page may take, as a promise has it (docs/reliability.md), and what a busy machine makes of it.
_PAGE, _BUSY = 0.05, 20


def _memory(pid: int) -> int:
    """Of its own, in bytes."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss_Anon:"))


def test_ten_thousand_private_conversations(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server:
        _register(server, "alice").close()
        before = _memory(server.process.pid)
        assert server.end()[0] == 0
    _fill(data)
    with serving(data) as server:
        alice, shown = _log_in(server, "alice", MODERN)
        assert _said(shown) == []
        times = []
        for _ in range(9):
            began = time.monotonic()
            alice.send(
                "CHATHISTORY TARGETS timestamp=2100-01-01T00:00:00.000Z timestamp=2001-01-01T00:00:00.000Z 100"
            )
            lines = [line for line in alice.sync() if " CHATHISTORY TARGETS " in line]
            times.append(time.monotonic() - began)
        assert [line.split(" ")[-2] for line in lines[-2:]] == ["friend9998", "friend9999"], lines[-2:]
        assert len(lines) == 100
        assert sorted(times)[4] < _PAGE * _BUSY, times
        print(f"TARGETS: {sorted(times)[4] * 1000:.1f} ms, longest {max(times) * 1000:.1f} ms")
        alice.send("CHATHISTORY LATEST friend5000 * 50")
        assert _said(alice.sync()) == ["hello 5000"]
        alice.close()
        plain, shown = _log_in(server, "alice", PLAIN)  # who can't ask is not flooded
        assert len(_said(shown)) <= 2000
        plain.close()
        grown = _memory(server.process.pid) - before
        print(f"memory: {grown / (1 << 20):.1f} MiB more")
        assert grown < 32 << 20
        assert server.end()[0] == 0


def _fill(data: Path) -> None:
    """Each of so many others has written to alice once, a second after the one before."""
    connection = open_database(data)
    first = last_id(connection) + 1
    start = int(time.time() * 1000) - 1000 * _OTHERS
    with connection:
        for number in range(_OTHERS):
            name = f"friend{number}"
            body = f":{name}!u@cloak.example PRIVMSG alice :hello {number}"
            where = of_two("alice", name)
            records: list[Record] = [
                make_account(name),
                LineRecord(first + number, (where,), start + 1000 * number, True, body, name, ""),
                PairRecord("alice", name, where),
                PairRecord(name, "alice", where),
            ]
            for record in records:
                write(connection, record)
    connection.close()
