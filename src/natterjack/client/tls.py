"""TLS from the client's side: the face on ``ssl``, and the transport that the driver sees.

Theory of operation. A :class:`TlsTransport` begins with :meth:`TlsTransport.handshake`, called again whenever the
socket is ready for what the last call asked for. Then :meth:`TlsTransport.pin` tells which key the server has shown;
nothing may be sent before somebody has said that it is the right one. OpenSSL checks the certificate itself where the
transport was made with ``verify``; else it takes any, and the pin is all there is to go by.
"""

from __future__ import annotations

import hashlib
import socket
import ssl

from natterjack.client.errors import BadTls, NoTls, NotVerified
from natterjack.proto.joinlink import make_pin

#: Bytes taken in one piece: a record's content at most (RFC 8446 section 5.1).
_RECORD = 16_384
#: What a server says that was spoken to in TLS and does not know it: no record has such a beginning.
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "UNEXPECTED_MESSAGE", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})


def _context(verify: bool, protocol: str) -> ssl.SSLContext:
    if verify:
        context = ssl.create_default_context()
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols([protocol])
    return context


class TlsTransport:
    """Makes ``sock``, which is connected and does not block, its own. ``where`` is for words, ``host`` for the name.

    ``protocol`` is what will be spoken, by its ALPN name. Raises :class:`BadTls`.
    """

    def __init__(
        self, sock: socket.socket, host: str, where: str, *, verify: bool, protocol: str = "irc"
    ) -> None:
        self._where = where
        name = host.partition("%")[0]
        try:
            sock.getpeername()  # a peer who has gone: ssl.py would find out too, and lose the socket
            self._sock = _context(verify, protocol).wrap_socket(
                sock, server_hostname=name, do_handshake_on_connect=False
            )
        except (OSError, ValueError) as error:  # ValueError: a name that no certificate can have
            sock.close()
            raise BadTls(where, str(error).lower()) from error
        self._read_waits_for_write = False

    def handshake(self) -> str:
        """Go on: ``""`` when it is done, else ``"read"`` or ``"write"``, for which to wait.

        Raises :class:`NotVerified` where the certificate is none that ``verify`` could accept, :class:`NoTls` where
        the server speaks none, :class:`BadTls` for all else.
        """
        try:
            self._sock.do_handshake()
        except ssl.SSLWantReadError:
            return "read"
        except ssl.SSLWantWriteError:
            return "write"
        except ssl.SSLCertVerificationError as error:
            raise NotVerified(self._where, error.verify_message) from error
        except ssl.SSLError as error:
            if error.reason in _NOT_TLS:
                raise NoTls(self._where) from error
            raise BadTls(self._where, _reason(error)) from error
        except OSError as error:
            raise BadTls(self._where, (error.strerror or "it broke").lower()) from error
        return ""

    def pin(self) -> str:
        """The pin of the key that the server has shown. Raises :class:`BadTls`."""
        # Slow to load, and who chats on his own machine has no use for it.
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization

        data = self._sock.getpeercert(binary_form=True)
        try:
            key = x509.load_der_x509_certificate(data or b"").public_key()
            public = key.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        except Exception as error:
            # What stands in a certificate is up to the server; each oddity has its own error.
            raise BadTls(self._where, "its certificate cannot be read") from error
        return make_pin(hashlib.sha256(public).digest())

    def take(self) -> ssl.SSLSocket:
        """The socket itself, for whoever would rather wait for it than be told; it still does not block."""
        return self._sock

    # -- the driver's face of a connection -------------------------------------------------------------------------

    def fileno(self) -> int:
        return self._sock.fileno()

    def receive(self) -> bytes | None:
        self._read_waits_for_write = False
        try:
            return self._sock.recv(_RECORD)
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLWantWriteError:
            self._read_waits_for_write = True
            return None
        except ssl.SSLError as error:
            raise OSError(error.errno, _reason(error)) from error

    def send(self, data: bytes | bytearray | memoryview) -> int:
        # A record at a time: one that was put off is repeated with the same beginning, which is what OpenSSL asks for.
        try:
            return self._sock.send(bytes(data[:_RECORD]))
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return 0
        except ssl.SSLError as error:
            raise OSError(error.errno, _reason(error)) from error

    def is_private(self) -> bool:
        return True

    def wants_write(self, pending: bool) -> bool:
        return pending or self._read_waits_for_write

    def close(self) -> None:
        try:
            self._sock.unwrap()  # a word of farewell; nobody waits for the answer
        except (OSError, ValueError):
            pass  # there is none to say it to
        self._sock.close()


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or "it broke").replace("_", " ").lower()
