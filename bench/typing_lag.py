"""How long a typed letter takes to be seen, while messages pour into the channel that one looks at.

    python3 bench/typing_lag.py [messages a second] [letters]

A real server, one process that talks, and the full-screen client on a pseudo-terminal of 120 columns and 40 rows: each
letter is sent as a key, and looked for in what the client writes. The target is 50 ms at 2,000 messages a second.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect  # type: ignore[import-untyped]

#: Letters that nobody else says.
LETTERS = "абвгдежзиклмнопрстуфхцчшщэюя"
PATIENCE = 20.0


def talk(port: int, rate: int) -> None:
    """Say ``rate`` messages a second, for ever."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"NICK alice\r\nUSER a 0 * :a\r\n")
        sock.setblocking(False)
        start, sent = time.monotonic(), 0
        while True:
            select.select([sock], [], [], 0.01)
            try:
                while sock.recv(65536):
                    pass
            except BlockingIOError:
                pass
            due = int((time.monotonic() - start) * rate)
            lines = [
                f"PRIVMSG #lobby :message {number} of a long conversation\r\n" for number in range(sent, due)
            ]
            sock.setblocking(True)
            sock.sendall("".join(lines).encode())
            sock.setblocking(False)
            sent = due


def seen(client: pexpect.spawn, letter: str, held: bytearray) -> float:
    """Type ``letter``; seconds until it is on the screen."""
    del held[:]
    start = time.monotonic()
    client.send(letter)
    wanted = letter.encode()
    while wanted not in held:
        held += client.read_nonblocking(65536, PATIENCE)
    return time.monotonic() - start


def main() -> None:
    rate = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    with tempfile.TemporaryDirectory() as top:
        chat = [sys.executable, "-m", "natterjack"]
        words = [
            "serve",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--data-dir",
            f"{top}/s",
            "--json",
            "--no-limits",
        ]
        server = subprocess.Popen([*chat, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert server.stdout is not None
        port = json.loads(server.stdout.readline())["port"]
        talker = multiprocessing.Process(target=talk, args=(port, rate), daemon=True)
        args = [
            "-m",
            "natterjack",
            "chat",
            f"127.0.0.1:{port}",
            "--nick",
            "kim",
            "--data-dir",
            str(Path(top, "c")),
        ]
        settings = {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
        client = pexpect.spawn(sys.executable, args, env={**os.environ, **settings}, dimensions=(40, 120))
        client.delaybeforesend = None
        try:
            client.expect(b"Connected to", timeout=PATIENCE)
            held = bytearray()
            quiet = sorted(_type(client, held, count // 4))
            talker.start()
            client.expect(b"alice", timeout=PATIENCE)
            loud = sorted(_type(client, held, count))
            talker.kill()
            behind = _until_quiet(client)
        finally:
            talker.kill()
            client.close(force=True)
            server.terminate()
            server.wait()
    for name, lags in (("quiet", quiet), (f"{rate} messages a second", loud)):
        middle, late, last = (lags[int(len(lags) * part)] * 1000 for part in (0.5, 0.95, 0.999))
        print(
            f"{name}: median {middle:.1f} ms, 95 % {late:.1f} ms, slowest {last:.1f} ms (of {len(lags)} letters)"
        )
    print(f"after the last message the screen went on for {behind:.1f} s")


def _until_quiet(client: pexpect.spawn) -> float:
    """Seconds until nothing is drawn any more."""
    start = last = time.monotonic()
    while select.select([client.child_fd], [], [], 0.5)[0]:
        client.read_nonblocking(65536, 0)
        last = time.monotonic()
    return last - start


def _type(client: pexpect.spawn, held: bytearray, count: int) -> list[float]:
    lags = []
    for number in range(count):
        lags.append(seen(client, LETTERS[number % len(LETTERS)], held))
        end = time.monotonic() + 0.03 + 0.002 * (number % 20)
        while (left := end - time.monotonic()) > 0:  # as a person types; the screen goes on meanwhile
            if select.select([client.child_fd], [], [], left)[0]:
                client.read_nonblocking(65536, 0)
        if number % 40 == 39:
            client.send("\x15")
    return lags


if __name__ == "__main__":
    main()
