"""TLS on a non-blocking socket: the face on ``ssl`` of the server's side.

Theory of operation. A :class:`TlsSocket` has what a plain socket has for a connection (``recv``, ``send``,
``shutdown``, ``close``, ``fileno``) and keeps its promises: what can't be done now raises ``BlockingIOError``, what has
gone wrong ``OSError``, the end of the stream is ``b""``. Five things are different inside, and are settled here:

- *Bytes that no selector tells of.* OpenSSL decrypts whole records. :meth:`TlsSocket.recv` takes what is left of one,
  so that nothing waits inside. It never reads ahead of a record: what is not read yet is in the kernel, where the
  selector sees it.
- *A read may have to write, and a write to read* (a key update, RFC 8446 section 4.6.3). That raises :class:`Crossed`,
  which says what to wait for.
- *A write that was put off must be repeated* with the same bytes first (SSL_write(3)). One record is written at a
  time, so that progress is seen, and what is left of ``data`` has to come first in the next call, with as much behind
  it as you like.
- *TLS talks for itself*: a peer may send as many key updates, and ask for renegotiation as often, as he likes. Where
  that can be had (:mod:`natterjack.net.openssl`) a read takes one of these and raises ``BlockingIOError``; the selector
  tells of the next.
- *The end is said* (close_notify, RFC 8446 section 6.1), so that nobody can cut the end off unseen.

TLS 1.2 and 1.3 only, forward secrecy only, no renegotiation, no compression.
"""

from __future__ import annotations

import errno
import hashlib
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

from natterjack.net import clientcerts, openssl
from natterjack.net.reactor import READ, WRITE

#: Bytes of a record's content at most (RFC 8446 section 5.1).
RECORD = 16 * 1024
#: What may be spoken inside: IRC has a name in RFC 7301's registry since 2023, as has HTTP.
_PROTOCOLS = ("irc", "http/1.1")
#: For TLS 1.2; those of 1.3 are all good.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
#: Tickets for resuming that TLS 1.3 gives out unasked: one for each coming back, which brings the next.
_TICKETS = 1


class Crossed(BlockingIOError):  # noqa: N818 - no error, but news
    """Not now: wait for ``mask`` (READ or WRITE) and nothing else, then try both reading and writing."""

    def __init__(self, mask: int) -> None:
        super().__init__(errno.EAGAIN, "TLS waits for the other direction")
        self.mask = mask


class TlsError(OSError):
    """The peer does not speak TLS as it should, or something on the way spoils it."""


class TlsContext:
    """A certificate with its key, for connections from now on. Raises ``OSError`` where OpenSSL won't have them.

    With ``ask`` clients are asked for a certificate of their own, if this Python can do that: then ``asks`` is true.
    """

    def __init__(self, certificate: Path, key: Path, ask: bool = False) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # A peer that ends without close_notify is a peer that ended: IRC's lines and HTTP's lengths show what is whole.
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_IGNORE_UNEXPECTED_EOF
        context.set_ciphers(_CIPHERS)
        context.set_alpn_protocols(list(_PROTOCOLS))
        context.load_cert_chain(certificate, key, password=_no_password)
        context.num_tickets = _TICKETS
        self.asks = ask and clientcerts.ask(context)
        self._context = context

    def wrap(self, sock: socket.SocketType) -> TlsSocket:
        """``sock`` belongs to the answer from now on. Go on with :meth:`TlsSocket.handshake`.

        Raises ``OSError`` where the peer has gone; then ``sock`` is still the caller's.
        """
        sock.getpeername()  # raises where the peer has gone: ssl.py would find out too, and lose the socket
        taken = socket.socket(sock.family, sock.type, sock.proto, sock.detach())
        taken.setblocking(False)
        wrapped = self._context.wrap_socket(taken, server_side=True, do_handshake_on_connect=False)
        openssl.step_by_step(wrapped)
        return TlsSocket(wrapped)


def _no_password() -> str:
    raise OSError(
        errno.EINVAL, "the key is protected by a password"
    )  # else OpenSSL would ask at the terminal


def _gone(_data: bytes | memoryview) -> int:
    raise OSError(errno.EBADF, "the connection is closed")


def cut(sock: socket.SocketType) -> None:
    """End both ways, without TLS' last word; whoever waits for the peer, in any thread, finds him gone."""
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # of an SSLSocket, its own would take the TLS off
    except OSError:
        return  # the peer was quicker


class TlsSocket:
    """One connection; see the module."""

    __slots__ = ("_broken", "_sock", "_write")

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self._sock = sock
        # What SSLSocket.send comes down to; to call it straight away saves a twentieth of each send.
        self._write: Callable[[bytes | memoryview], int] = (getattr(sock, "_sslobj", None) or sock).write
        self._broken = False

    def handshake(self) -> int:
        """Go on with the handshake: 0 when it is done, else what to wait for, READ or WRITE. Raises ``OSError``."""
        try:
            self._sock.do_handshake()
        except ssl.SSLWantReadError:
            return READ
        except ssl.SSLWantWriteError:
            return WRITE
        except ssl.SSLError as error:
            raise self._failed(error) from error
        return 0

    def version(self) -> str:
        """``TLSv1.3``, ``TLSv1.2``."""
        return self._sock.version() or ""

    def fingerprint(self) -> str:
        """The SHA-256 of the peer's certificate in hexadecimal digits; ``""`` where he has none."""
        certificate = self._sock.getpeercert(binary_form=True)
        return hashlib.sha256(certificate).hexdigest() if certificate else ""

    def fileno(self) -> int:
        """For the selector."""
        return self._sock.fileno()

    def setsockopt(self, level: int, option: int, value: int) -> None:
        """As a socket's."""
        self._sock.setsockopt(level, option, value)

    def recv(self, size: int) -> bytes:
        """What has come, ``size`` bytes or what is left of a record behind them; ``b""`` at the end."""
        sock = self._sock
        try:
            data = sock.recv(size)
            # A read that did not fill ``size`` has emptied its record.
            while len(data) >= size and sock.pending():
                data += sock.recv(RECORD)
        except ssl.SSLWantReadError:
            raise BlockingIOError(errno.EAGAIN, "no whole record yet") from None
        except ssl.SSLWantWriteError:
            raise Crossed(WRITE) from None
        except ssl.SSLError as error:
            raise self._failed(error) from error
        return data

    def send(self, data: bytes | memoryview) -> int:
        """How much of ``data`` was taken; begin the next call with the rest."""
        size = len(data)
        sent = 0
        try:
            if size <= RECORD:
                return self._write(data)
            view = memoryview(data)
            while sent < size:
                sent += self._write(view[sent : sent + RECORD])
        except ssl.SSLWantWriteError:
            if not sent:
                raise BlockingIOError(errno.EAGAIN, "no room") from None
        except ssl.SSLWantReadError:
            if not sent:
                raise Crossed(READ) from None
        except ssl.SSLError as error:
            raise self._failed(error) from error
        return sent

    def recv_into(self, view: memoryview) -> int:
        """Read into ``view``: how many bytes, 0 at the end. Unlike :meth:`recv` it may leave some inside."""
        try:
            return self._sock.recv_into(view)
        except ssl.SSLWantReadError:
            raise BlockingIOError(errno.EAGAIN, "no whole record yet") from None
        except ssl.SSLWantWriteError:
            raise Crossed(WRITE) from None
        except ssl.SSLError as error:
            raise self._failed(error) from error

    def pending(self) -> int:
        """How many decrypted bytes are inside, where no selector sees them."""
        return self._sock.pending()

    def cut(self) -> None:
        """End both ways at once, under whatever another thread does with it; :meth:`close` is still to come."""
        cut(self._sock)

    def shutdown(self, how: int) -> None:
        """Say that nothing more will come, and close our half. What comes from now on is not decrypted any more."""
        self._notify()
        self._sock.shutdown(how)

    def close(self) -> None:
        """Let go of the socket, with a word if one can still be said."""
        try:
            self._notify()
        except OSError:
            pass  # the peer will see the end all the same
        self._sock.close()
        self._write = _gone  # else what OpenSSL holds, some 50 KB, would stay as long as anybody knows us

    def _notify(self) -> None:
        """close_notify, once. Raises ``BlockingIOError`` where there is no room for it."""
        if self._broken:
            return
        try:
            self._sock.unwrap()
        except ssl.SSLWantWriteError:
            raise BlockingIOError(errno.EAGAIN, "no room") from None
        except (ssl.SSLError, ValueError):
            # Ours is said: what OpenSSL misses is the peer's, for which nobody waits. ValueError: said before.
            self._broken = True
        else:
            self._broken = True

    def _failed(self, error: ssl.SSLError) -> TlsError:
        self._broken = True
        reason = (getattr(error, "reason", None) or "connection broken").replace("_", " ").lower()
        return TlsError(errno.EPROTO, f"TLS error: {reason}")
