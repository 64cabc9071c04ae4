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


class TlsNeeded(ConnectError):
    """The address asks for an encrypted connection, which this version cannot make."""

    code = "tls_needed"

    def __init__(self, where: str) -> None:
        text = (
            f"{where} was given with a key pin, so it must be reached with TLS, which this version cannot do yet. "
            "Nothing was sent."
        )
        super().__init__(where, text)


class NotLetIn(ClientError):
    """The server answered, and turned us away. ``reason`` is the code it gave."""

    code = "not_let_in"

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


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


class BadAddress(ClientError, ValueError):
    """What was typed is no server's address."""

    code = "bad_address"
