"""From a connected socket to one on which the right server answers: the TLS handshake, and whom it was with.

A :class:`Handshake` is turned by the driver's loop, as a :class:`~natterjack.client.dialing.Dial` is before it.
"""

from __future__ import annotations

import selectors
import socket

from natterjack.client.address import Address
from natterjack.client.errors import UnknownKey
from natterjack.client.tls import TlsTransport
from natterjack.client.trust import Trust

_MASKS = {"": 0, "read": selectors.EVENT_READ, "write": selectors.EVENT_WRITE}


class Handshake:
    """``verify``: an authority has to vouch for the server; else ``trust`` has to know its key.

    ``deadline`` is in monotonic seconds; ``protocol`` is what will be spoken, by its ALPN name.

    Raises :class:`~natterjack.client.errors.BadTls`.
    """

    def __init__(
        self,
        sock: socket.socket,
        address: Address,
        trust: Trust,
        *,
        verify: bool,
        deadline: float,
        protocol: str = "irc",
    ) -> None:
        self.transport = TlsTransport(sock, address.host, str(address), verify=verify, protocol=protocol)
        self.deadline = deadline
        self._address = address
        self._trust = trust
        self._verify = verify

    def step(self) -> int:
        """Go on: what to wait for, or 0 when it is done and the server is the right one.

        Raises :class:`~natterjack.client.errors.NotVerified` where no authority vouches for it (shake hands anew
        without ``verify``, to learn its key), and other :class:`~natterjack.client.errors.ConnectError`.
        """
        mask = _MASKS[self.transport.handshake()]
        if not mask and not self._verify:
            pin = self.transport.pin()
            if not self._trust.expected(self._address):
                raise UnknownKey(str(self._address), pin)
            self._trust.check(self._address, pin)
        return mask
