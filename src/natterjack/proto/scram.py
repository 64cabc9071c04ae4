"""SCRAM-SHA-256, both ends of it: proving that one knows a password without saying it.

The server keeps a :class:`Verifier`, from which the password can't be had back and with which nobody can log in
elsewhere. Deriving the *salted password* (PBKDF2, hundreds of thousands of rounds) takes a good part of a second and
is not done here: whoever needs it hands it in.

Source: https://www.rfc-editor.org/rfc/rfc5802 (SCRAM), https://www.rfc-editor.org/rfc/rfc7677 (SHA-256),
https://www.rfc-editor.org/rfc/rfc4013 (SASLprep)
"""

from __future__ import annotations

import hashlib
import hmac
import re
import stringprep
import unicodedata
from base64 import b64decode, b64encode

from msgspec import Struct

MECHANISM = "SCRAM-SHA-256"
#: Bytes of base64 in one AUTHENTICATE; a message of exactly so many goes on in the next.
#: https://ircv3.net/specs/extensions/sasl-3.1
AUTHENTICATE_BYTES = 400
#: Rounds of PBKDF2: OWASP's figure for SHA-256, about a quarter of a second.
ROUNDS = 600_000
#: Bytes of a salt.
SALT_BYTES = 16
#: Rounds that a client does for a server at most, so that a hostile one can't stop it for an hour.
MOST_ROUNDS = 10_000_000
#: The fewest it accepts: RFC 7677 section 4.
LEAST_ROUNDS = 4096

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_NONCE = re.compile(r"[!-+\--~]+")


class ScramError(ValueError):
    """The other side's message is malformed, or proves nothing. The text says which, for people."""


class Verifier(Struct, frozen=True):
    """What the server keeps of a password."""

    rounds: int
    salt: bytes
    stored_key: bytes
    server_key: bytes


def make_verifier(salted_password: bytes, salt: bytes, rounds: int) -> Verifier:
    """The verifier for a password that was derived with ``salt`` and ``rounds``."""
    client_key = _hmac(salted_password, b"Client Key")
    return Verifier(rounds, salt, hashlib.sha256(client_key).digest(), _hmac(salted_password, b"Server Key"))


def fits(verifier: Verifier, salted_password: bytes) -> bool:
    """Whether the derived password is the verifier's. Takes as long for a wrong one as for a right one."""
    stored_key = hashlib.sha256(_hmac(salted_password, b"Client Key")).digest()
    return hmac.compare_digest(stored_key, verifier.stored_key)


class ServerExchange:
    """The server's side: :meth:`begin`, :meth:`challenge` with the verifier of :attr:`username`, :meth:`end`."""

    def __init__(self) -> None:
        self.username = ""
        self._header = ""
        self._first_bare = ""
        self._nonce = ""
        self._server_first = ""
        self.verifier: Verifier | None = None  # what the client has to prove that it knows
        self.done = False  # the client has proved itself, and we have answered

    def begin(self, client_first: bytes) -> None:
        """Take the client's first message. Raises :class:`ScramError`."""
        text = _decode(client_first)
        flag, comma, rest = text.partition(",")
        authzid, comma2, bare = rest.partition(",")
        if not comma or not comma2 or flag not in ("n", "y"):
            raise ScramError("channel binding is not offered here")
        fields = bare.split(",")
        if (
            len(fields) < 2
            or fields[0][:2] != "n="
            or fields[1][:2] != "r="
            or not _NONCE.fullmatch(fields[1][2:])
        ):
            raise ScramError("the first message is malformed")
        self.username = _unescape(fields[0][2:])
        if authzid and _unescape(authzid.removeprefix("a=")) != self.username:
            raise ScramError("nobody may act for somebody else")
        self._header = f"{flag},{authzid},"
        self._first_bare = bare
        self._nonce = fields[1][2:]

    def challenge(self, verifier: Verifier, nonce: str) -> bytes:
        """The server's first message; ``nonce`` is random, of printable characters without comma."""
        self.verifier = verifier
        self._nonce += nonce
        salt = b64encode(verifier.salt).decode()
        self._server_first = f"r={self._nonce},s={salt},i={verifier.rounds}"
        return self._server_first.encode()

    def end(self, client_final: bytes) -> bytes:
        """The server's last message, which proves that it knows the verifier. Raises :class:`ScramError`."""
        if self.verifier is None:
            raise ScramError("the exchange has not begun")
        text = _decode(client_final)
        without, comma, proof_field = text.rpartition(",p=")
        fields = without.split(",")
        if not comma or len(fields) < 2 or fields[0] != f"c={b64encode(self._header.encode()).decode()}":
            raise ScramError("the last message is malformed")
        if fields[1] != f"r={self._nonce}":
            raise ScramError("the nonce is another one")
        message = f"{self._first_bare},{self._server_first},{without}".encode()
        signature = _hmac(self.verifier.stored_key, message)
        proof = decode_base64(proof_field)
        if len(proof) != len(signature):
            raise ScramError("the proof is malformed")
        client_key = _xor(proof, signature)
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), self.verifier.stored_key):
            raise ScramError("the password is wrong")
        self.done = True
        return b"v=" + b64encode(_hmac(self.verifier.server_key, message))


class ClientExchange:
    """The client's side: :meth:`first`, :meth:`read_challenge`, :meth:`final` with the derived key, :meth:`check`."""

    def __init__(self, username: str, nonce: str) -> None:
        """``nonce`` is random, of printable characters without comma."""
        self._bare = f"n={username.replace('=', '=3D').replace(',', '=2C')},r={nonce}"
        self._nonce = nonce
        self._server_first = ""
        self._signature = b""
        self.salt = b""
        self.rounds = 0

    def first(self) -> bytes:
        """The first message."""
        return f"n,,{self._bare}".encode()

    def read_challenge(self, server_first: bytes) -> None:
        """Take the server's first message: ``salt`` and ``rounds`` are known then. Raises :class:`ScramError`."""
        text = _decode(server_first)
        fields = text.split(",")
        if len(fields) < 3 or [field[:2] for field in fields[:3]] != ["r=", "s=", "i="]:
            raise ScramError("the server's first message is malformed")
        nonce = fields[0][2:]
        if not nonce.startswith(self._nonce) or nonce == self._nonce or not _NONCE.fullmatch(nonce):
            raise ScramError("the server's nonce does not go with ours")
        rounds = fields[2][2:]
        if not re.fullmatch("[0-9]{1,8}", rounds) or not LEAST_ROUNDS <= int(rounds) <= MOST_ROUNDS:
            raise ScramError("the server asks for a number of rounds that is out of bounds")
        self._nonce = nonce
        self._server_first = text
        self.salt = decode_base64(fields[1][2:])
        self.rounds = int(rounds)

    def final(self, salted_password: bytes) -> bytes:
        """The last message: the proof."""
        without = f"c=biws,r={self._nonce}"
        message = f"{self._bare},{self._server_first},{without}".encode()
        client_key = _hmac(salted_password, b"Client Key")
        proof = _xor(client_key, _hmac(hashlib.sha256(client_key).digest(), message))
        self._signature = _hmac(_hmac(salted_password, b"Server Key"), message)
        return f"{without},p={b64encode(proof).decode()}".encode()

    def check(self, server_final: bytes) -> None:
        """Whether the server knew the verifier too. Raises :class:`ScramError` where it did not."""
        if not hmac.compare_digest(server_final, b"v=" + b64encode(self._signature)):
            raise ScramError(
                "the server does not know this password's verifier: it may not be the one that it claims"
            )


def prepare(text: str) -> str:
    """``text`` by SASLprep: what looks the same is the same. Raises :class:`ScramError` for what it forbids."""
    mapped = "".join(" " if stringprep.in_table_c12(c) else c for c in text if not stringprep.in_table_b1(c))
    done = unicodedata.normalize("NFKC", mapped)
    for letter in done:
        if any(test(letter) for test in _FORBIDDEN):
            raise ScramError(f"a password may not contain {letter!r}")
    if any(map(stringprep.in_table_d1, done)) and (
        any(map(stringprep.in_table_d2, done))
        or not (stringprep.in_table_d1(done[0]) and stringprep.in_table_d1(done[-1]))
    ):
        raise ScramError("a password may not mix writing directions")
    return done


_FORBIDDEN = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def decode_base64(text: str) -> bytes:
    """Strict base64: Python's own decoder passes over what it doesn't know. Raises :class:`ScramError`."""
    if not _BASE64.fullmatch(text):
        raise ScramError("the base64 is malformed")
    return b64decode(text)


def _decode(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ScramError("the message is not UTF-8") from error


def _unescape(name: str) -> str:
    if re.search("=(?!2C|3D)", name):
        raise ScramError("the user name is malformed")
    return name.replace("=2C", ",").replace("=3D", "=")


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
