"""From an address to a connection on which the right server answers, on the driver's loop.

Theory of operation. :meth:`Reaching.begin` looks the name up and dials (:mod:`.dialing`), then shakes hands where the
address wants TLS (:mod:`.securing`). What it waits for is in the driver's selector: the driver hands what became ready
to :meth:`Reaching.go_on`, and calls :meth:`Reaching.tick` when :meth:`Reaching.deadline` has come. Each beginning ends
with one call of ``arrived`` or ``failed``, unless it is given up.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable

from natterjack.client import errors
from natterjack.client.address import Address
from natterjack.client.dialing import Dial, Target, look_up
from natterjack.client.securing import Handshake
from natterjack.client.transport import PlainTransport, Transport
from natterjack.client.trust import Trust


class Reaching:
    """See the module. ``order``, from any thread, has something done on the loop's; ``patience`` as the driver's."""

    def __init__(
        self,
        selector: selectors.BaseSelector,
        trust: Trust,
        patience: float,
        order: Callable[[Callable[[], None]], None],
        arrived: Callable[[Transport], None],
        failed: Callable[[errors.ConnectError], None],
    ) -> None:
        self._selector = selector
        self._trust = trust
        self._patience = patience
        self._order = order
        self._arrived = arrived
        self._failed = failed
        self._address = Address()
        self._verify = False  # whether an authority has to vouch for the server
        self._dial: Dial | None = None
        self._handshake: Handshake | None = None

    @property
    def is_under_way(self) -> bool:
        return self._dial is not None or self._handshake is not None

    def begin(self, address: Address) -> None:
        """Go to ``address``. Nothing is under way."""
        self._address = address
        self._verify = False
        try:
            self._verify = address.wants_tls and not self._trust.expected(address)
        except errors.ConnectError as error:
            self._failed(error)
            return
        self._start_dial()

    def go_on(self, ready: object) -> None:
        """``ready`` is, as the selector names it: if it is what is waited for, it goes on."""
        if self._dial is not None and ready is self._dial.sock:
            self._dialled()
        elif self._handshake is not None and ready is self._handshake.transport:
            self._shake()

    def deadline(self) -> float | None:
        """When :meth:`tick` must be called, if nothing else happens before."""
        if self._dial is not None:
            return self._dial.deadline
        return self._handshake.deadline if self._handshake is not None else None

    def tick(self, now: float) -> None:
        """Give up on what has taken too long by now."""
        if self._dial is not None and now >= self._dial.deadline:
            self._unwatch(self._dial.sock)
            self._dial.timed_out()
            self._dial_next()
        if self._handshake is not None and now >= self._handshake.deadline:
            self._not_reached(errors.ConnectTimedOut(str(self._address), self._patience))

    def give_up(self) -> None:
        """Go nowhere."""
        if self._dial is not None:
            self._unwatch(self._dial.sock)
            self._dial.drop()
            self._dial = None
        self._drop_handshake()

    # -- dialing ---------------------------------------------------------------------------------------------------

    def _start_dial(self) -> None:
        dial = self._dial = Dial(self._address, time.monotonic(), self._patience)
        look_up(self._address, lambda targets: self._order(lambda: self._looked_up(dial, targets)))

    def _looked_up(self, dial: Dial, targets: list[Target]) -> None:
        if dial is self._dial:  # else: given up, or another one since
            dial.found(targets)
            self._dial_next()

    def _dial_next(self) -> None:
        dial = self._dial
        assert dial is not None
        error = dial.next(time.monotonic())
        if error is not None:
            self._dial = None
            self._failed(error)
        elif dial.sock is not None:
            self._selector.register(dial.sock, selectors.EVENT_WRITE)

    def _dialled(self) -> None:
        dial = self._dial
        assert dial is not None
        self._unwatch(dial.sock)
        if not dial.connected():
            self._dial_next()
            return
        sock = dial.take()
        self._dial = None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if not self._address.wants_tls:
            self._arrived(PlainTransport(sock))
            return
        deadline = time.monotonic() + self._patience
        try:
            self._handshake = Handshake(
                sock, self._address, self._trust, verify=self._verify, deadline=deadline
            )
        except errors.ConnectError as error:
            self._not_reached(error)
            return
        self._selector.register(self._handshake.transport, selectors.EVENT_WRITE)  # at once: that begins it

    # -- shaking hands ---------------------------------------------------------------------------------------------

    def _shake(self) -> None:
        assert self._handshake is not None
        transport = self._handshake.transport
        try:
            mask = self._handshake.step()
        except errors.NotVerified:  # once more, to learn the key: what is to be trusted has to be shown first
            self._drop_handshake()
            self._verify = False
            self._start_dial()
        except errors.ConnectError as error:
            self._not_reached(error)
        else:
            if mask:
                self._selector.modify(transport, mask)
                return
            self._handshake = None
            self._selector.unregister(transport)
            self._arrived(transport)

    def _not_reached(self, error: errors.ConnectError) -> None:
        self._drop_handshake()
        self._failed(error)

    def _drop_handshake(self) -> None:
        if self._handshake is not None:
            self._selector.unregister(self._handshake.transport)
            self._handshake.transport.close()
            self._handshake = None

    def _unwatch(self, sock: socket.socket | None) -> None:
        if sock is not None and sock in self._selector.get_map():
            self._selector.unregister(sock)
