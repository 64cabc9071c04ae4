"""When something came, by the kernel's own clock: a reader who has a thousand sockets to look at sees it later."""

from __future__ import annotations

import socket
import struct
from typing import Final

_SO_TIMESTAMPING: Final = 37
_RX_SOFTWARE: Final = 1 << 3
_SOFTWARE: Final = 1 << 4
"""Linux, Documentation/networking/timestamping.rst: stamp what comes, in the kernel's own time, and tell of it."""

_TIMESPEC: Final = struct.Struct("qq")
_STAMP_ROOM: Final = socket.CMSG_SPACE(3 * _TIMESPEC.size)
"""For the control message: the software's stamp, one that is no longer used, and the device's."""


class StampedSocket(socket.socket):
    """Knows when what it received last had come to the kernel, which is not yet when somebody reads it."""

    arrived = 0
    """In nanoseconds of the wall clock; 0: not known. Of several pieces in one read it is the time of the last."""

    def recv_into(self, buffer: memoryview, nbytes: int = 0, flags: int = 0) -> int:  # type: ignore[override]
        received, ancillary, _, _ = self.recvmsg_into([buffer], _STAMP_ROOM, flags)
        self.arrived = 0
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPING):
                seconds, nanoseconds = _TIMESPEC.unpack_from(data)
                self.arrived = seconds * 1_000_000_000 + nanoseconds
        return received


def stamped(sock: socket.socket) -> StampedSocket:
    """``sock``, which is of no use any more, as one of these. From the next piece on that comes it knows."""
    again = StampedSocket(fileno=sock.detach())
    again.setblocking(False)
    again.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, _RX_SOFTWARE | _SOFTWARE)
    return again
