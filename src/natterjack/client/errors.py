"""What can go wrong between a client and its server, one class a thing.

``code`` is a word for programs; ``text``, which is also ``str(error)``, says in one line what happened and what to do.
Nothing here knows of sockets: the driver maps what the system says to these classes in one place.
"""

# ruff: noqa: N818  (they are named for what happened: "HostNotFoundError" says no more)

from __future__ import annotations


class ClientError(Exception):
    """The base of all of them."""

    code = "error"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class ConnectError(ClientError):
    """No connection came about. ``where`` is ``host:port`` as people write it."""

    code = "unreachable"

    def __init__(self, where: str, text: str) -> None:
        super().__init__(text)
        self.where = where


class HostNotFound(ConnectError):
    """No address belongs to the name."""

    code = "host_not_found"

    def __init__(self, where: str, host: str) -> None:
        super().__init__(
            where, f"Host not found: {host}. Check the spelling, or give the server's IP address."
        )


class ConnectRefused(ConnectError):
    """A machine answered: nothing listens on that port."""

    code = "refused"

    def __init__(self, where: str) -> None:
        super().__init__(
            where, f"Connection refused: no server answers at {where}. Start one, or check the address."
        )


class ConnectTimedOut(ConnectError):
    """Nothing answered in time."""

    code = "timed_out"

    def __init__(self, where: str, seconds: float) -> None:
        text = f"Timed out: no answer from {where} in {seconds:g} s. Check the address, and any firewall on the way."
        super().__init__(where, text)


class HostUnreachable(ConnectError):
    """The network has no way there. ``why`` is what the system says."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            where, f"Cannot reach {where}: {why}. Check this machine's network, and the address."
        )


class NoTls(ConnectError):
    """Something answers there that speaks no TLS."""

    code = "no_tls"

    def __init__(self, where: str) -> None:
        text = (
            f"{where} speaks no TLS, so that anybody on the way could read along: not connected, nothing was sent. "
            "If that is all right, say --plaintext."
        )
        super().__init__(where, text)


class BadTls(ConnectError):
    """TLS began, and came to nothing. ``why`` is what went wrong."""

    code = "tls_failed"

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            where, f"TLS with {where} failed: {why}. Check that the port is right; nothing was sent."
        )


class NotTrusted(ConnectError):
    """A server answered that may not be the one that was meant. Nothing was sent to it."""


class NotVerified(NotTrusted):
    """No authority vouches for the certificate. ``why`` is what OpenSSL says."""

    code = "not_verified"

    def __init__(self, where: str, why: str) -> None:
        super().__init__(where, f"No authority vouches for {where}: {why}.")


class UnknownKey(NotTrusted):
    """No authority vouches for the server, and its key was never seen before. ``pin`` is that key's."""

    code = "unknown_key"

    def __init__(self, where: str, pin: str) -> None:
        self.pin = pin
        text = (
            f"{where} is not known here, and no authority vouches for it. It shows the key {pin}. "
            "Compare that with what the server's owner says, or with his join link: if it is the same, "
            f"connect with the link, or with --pin {pin}. Nothing was sent."
        )
        super().__init__(where, text)


class WrongKey(NotTrusted):
    """The server has another key than the one that was given."""

    code = "wrong_key"

    def __init__(self, where: str, wanted: str, shown: str, _kept: str) -> None:
        self.wanted, self.shown = wanted, shown
        text = (
            f"{where} shows the key {shown}, and {wanted} was asked for: not connected. Either the link or pin is "
            "old or of another server, or somebody on the way pretends to be it. "
            "Ask the server's owner for a new link."
        )
        super().__init__(where, text)


class KeyChanged(NotTrusted):
    """The server has another key than at the first time."""

    code = "key_changed"

    def __init__(self, where: str, wanted: str, shown: str, kept: str) -> None:
        self.wanted, self.shown = wanted, shown
        text = (
            f"The key of {where} has changed: it was {wanted}, and is {shown}. Not connected. Either the server was "
            "set up anew, or somebody on the way pretends to be it. Ask its owner: if the new key is his, connect with "
            f"his new join link, or with --pin {shown} (what is known is kept in {kept})."
        )
        super().__init__(where, text)


class TrustUnreadable(NotTrusted):
    """What is known of servers cannot be read or kept."""

    code = "trust_unreadable"

    def __init__(self, _name: str, kept: str, why: str) -> None:
        text = (
            f"Cannot use {kept}, where the keys of known servers are kept: {why}. Not connected. "
            "Mend it, or remove it and take care to compare keys anew."
        )
        super().__init__(kept, text)


class AccountsUnusable(ConnectError):
    """What is kept of our own accounts cannot be read, or nothing can be kept."""

    code = "accounts_unusable"

    def __init__(self, kept: str, why: str) -> None:
        text = (
            f"Cannot use {kept}, where the secrets of your accounts are kept: {why}. "
            "Mend that, or choose another --data-dir."
        )
        super().__init__(kept, text)


class NotLetIn(ClientError):
    """The server answered, and turned us away. ``reason`` is the code it gave."""

    code = "not_let_in"

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class NameRefused(NotLetIn):
    """The name that we asked for cannot be had, and no other would do. ``reason`` is the numeric."""


class ConnectionLost(ClientError):
    """A connection that stood has ended, and nobody here asked for it."""

    code = "lost"


class Dropped(ConnectionLost):
    """It broke without a word."""

    code = "dropped"


class ClosedByServer(ConnectionLost):
    """The server said goodbye first; its reason is in the text."""

    code = "closed"


class WentSilent(ConnectionLost):
    """Nothing came any more, not even the answer to a PING."""

    code = "timed_out"


class RequestRefused(ClientError):
    """The server said no to one request. ``code`` is its numeric or standard-reply code."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class NoAnswer(ClientError):
    """A request got no answer: whether it was done is unknown."""

    code = "no_answer"


class NotKept(ClientError):
    """A message could not be written down before it was sent, so it was not sent."""

    code = "not_kept"

    def __init__(self, kept: str, why: str) -> None:
        super().__init__(f"Nothing was sent, since it could not be written down: {kept}: {why}. Try again.")


class BadAddress(ClientError, ValueError):
    """What was typed is no server's address."""

    code = "bad_address"
