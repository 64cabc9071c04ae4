"""A single client that waits for each answer: to see who is let in, and with which words who is not."""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import time
from base64 import b64decode, b64encode
from typing import Final

from bench.registration import Registration
from bench.swarm import LoadError, tls_context

PATIENCE: Final = 30.0
"""Seconds for an answer."""


class Visitor:
    """Somebody who connects from `source`. Raises OSError where that fails; so may everything else he does."""

    def __init__(self, address: tuple[str, int], source: str = "", tls: bool = False) -> None:
        self._sock = socket.create_connection(
            address, timeout=PATIENCE, source_address=(source, 0) if source else None
        )
        try:
            if tls:
                context = tls_context()
                self._sock = context.wrap_socket(self._sock)
            self._lines = self._sock.makefile("rb")
        except OSError:
            self._sock.close()
            raise

    def send(self, *lines: str) -> None:
        """Whole lines."""
        self._sock.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def until(self, *words: str) -> str:
        """The first line that has one of `words` in it. Raises LoadError if the connection ends before."""
        for raw in self._lines:
            line: str = raw.decode(errors="replace").rstrip("\r\n")
            if any(word in line for word in words):
                return line
        raise LoadError(f"the server closed the connection before it said {' or '.join(words)}")

    def register(self, nick: str) -> str:
        """Introduce yourself; why you were not let in, empty if you were."""
        registration = Registration(nick, frozenset())
        self._sock.sendall(registration.hello())
        for line in self._lines:
            answer = registration.line(line.rstrip(b"\r\n"))
            if answer:
                self._sock.sendall(answer)
            if registration.refused or registration.ready:
                return registration.refused or ""
        return "the server closed the connection without a word"

    def make_account(self, password: str) -> None:
        """Of your nick. Raises LoadError."""
        self.send(f"REGISTER * * {password}")
        answer = self.until(" SUCCESS ", "FAIL ")
        if "FAIL " in answer:
            raise LoadError(answer)

    def log_in(self, mechanism: str, account: str, password: str) -> float:
        """The seconds from the proof to the answer that it is right. Raises LoadError if it is not."""
        self.send(f"AUTHENTICATE {mechanism}")
        self.until("AUTHENTICATE +")
        if mechanism == "PLAIN":
            proof = b64encode(f"\0{account}\0{password}".encode()).decode()
        else:
            proof = self._scram(account, password)
        start = time.perf_counter()
        self.send(f"AUTHENTICATE {proof}")
        if mechanism != "PLAIN":
            self.until("AUTHENTICATE dj", " 904 ")  # v=..., in base64
            self.send("AUTHENTICATE +")
        answer = self.until(" 903 ", " 904 ")
        if " 904 " in answer:
            raise LoadError(answer)
        return time.perf_counter() - start

    def _scram(self, account: str, password: str) -> str:
        """SCRAM-SHA-256 up to the client's last message, as RFC 5802 section 3 has it."""
        bare = f"n={account},r={os.urandom(12).hex()}"
        self.send(f"AUTHENTICATE {b64encode(f'n,,{bare}'.encode()).decode()}")
        challenge = b64decode(self.until("AUTHENTICATE ").rpartition(" ")[2]).decode()
        nonce, salt, rounds = (part[2:] for part in challenge.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(salt), int(rounds))
        key = hmac.digest(salted, b"Client Key", "sha256")
        without = f"c=biws,r={nonce}"
        stored = hashlib.sha256(key).digest()
        signature = hmac.digest(stored, f"{bare},{challenge},{without}".encode(), "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        return b64encode(f"{without},p={b64encode(proof).decode()}".encode()).decode()

    def close(self) -> None:
        """Leave."""
        self._lines.close()
        self._sock.close()
