"""Client certificates that nobody vouches for: what ``ssl`` has no word for is asked of OpenSSL itself.

Theory of operation. On IRC a client's certificate is one that he made himself; it is known by its fingerprint, and
what it proves is that he has its key, which TLS sees to (CertificateVerify, RFC 8446 section 4.4.3). Python's ``ssl``
asks for certificates only together with verifying them against authorities, and gives up the handshake of whoever
has one that none of them signed. OpenSSL can be told to call a function in place of that verification
(SSL_CTX_set_cert_verify_callback(3)); ours says yes. So chains are not even looked at, which also keeps what strangers
send from code that parses names and constraints. Whoever has no certificate gets in without, as CERT_OPTIONAL has it.

The function is reached through ctypes, in the very library that ``_ssl`` is linked to, on the SSL_CTX that is the first
member of CPython's SSLContext object behind its head. Neither is promised by anybody, so both are put to the proof
before anything is changed: the library has to be of the version that ``ssl`` names, and what it reads from that place
has to follow what Python sets. Where anything does not fit (another Python, a libssl linked in statically, no memory
for the callback) the answer is no, and the context is as it was.

**Bounds.** A stranger's certificates are 16 KiB at most in place of 100. OpenSSL would keep 20,000 sessions with their
certificates for those who resume without tickets; that is turned off. Tickets hold the certificate themselves, so that
it is there after resumption as well.
"""

from __future__ import annotations

import importlib.util
import logging
import ssl
import sys
from functools import cache
from typing import Any

try:
    import ctypes
except ImportError:  # a Python that was built without it
    _HAS_CTYPES = False
else:
    _HAS_CTYPES = True

_log = logging.getLogger(__name__)

#: Bytes of all certificates that a client sends: an RSA key of 4,096 bits with a chain of four has half of that.
CERTIFICATES_BYTES = 16 * 1024
#: Commands of SSL_CTX_ctrl, and the value for the first: SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL.
_SET_SESS_CACHE_MODE, _NO_CACHE = 44, 0x302
_SET_MAX_CERT_LIST = 51
#: What Python sets, and what OpenSSL calls it: SSL_VERIFY_NONE, SSL_VERIFY_PEER.
_MODES = ((ssl.CERT_OPTIONAL, 1), (ssl.CERT_NONE, 0), (ssl.CERT_OPTIONAL, 1))


def ask(context: ssl.SSLContext) -> bool:
    """Have clients of ``context`` asked for a certificate, and take any; False where this Python can't do that."""
    library = _library()
    if library is None:
        return False
    pointer = ctypes.c_void_p.from_address(id(context) + object.__basicsize__).value
    for mode, meant in _MODES:
        context.verify_mode = mode
        if not pointer or library.functions.SSL_CTX_get_verify_mode(pointer) != meant:
            context.verify_mode = ssl.CERT_NONE
            _log.debug("no client certificates: SSLContext is not made as it should be")
            return False
    library.functions.SSL_CTX_set_cert_verify_callback(pointer, library.yes, None)
    library.functions.SSL_CTX_ctrl(pointer, _SET_MAX_CERT_LIST, CERTIFICATES_BYTES, None)
    library.functions.SSL_CTX_ctrl(pointer, _SET_SESS_CACHE_MODE, _NO_CACHE, None)
    return True


class _Library:
    """OpenSSL's functions with their types, and the one of ours that it calls; both live as long as the process.

    Raises ``OSError``, ``AttributeError`` or ``MemoryError`` where something is missing.
    """

    def __init__(self, path: str) -> None:
        self.functions: Any = ctypes.CDLL(path)
        pointer, number = ctypes.c_void_p, ctypes.c_int
        verify = ctypes.CFUNCTYPE(number, pointer, pointer)
        self.yes = verify(_yes)
        for name, answer, arguments in (
            ("OpenSSL_version_num", ctypes.c_ulong, ()),
            ("SSL_CTX_get_verify_mode", number, (pointer,)),
            ("SSL_CTX_set_cert_verify_callback", None, (pointer, verify, pointer)),
            ("SSL_CTX_ctrl", ctypes.c_long, (pointer, number, ctypes.c_long, pointer)),
        ):
            function = getattr(self.functions, name)
            function.restype, function.argtypes = answer, arguments


def _yes(_store: int | None, _nothing: int | None) -> int:
    return 1


@cache
def _library() -> _Library | None:
    found = importlib.util.find_spec("_ssl")
    path = found.origin if found is not None and found.has_location else None
    if not _HAS_CTYPES or sys.implementation.name != "cpython" or path is None:
        return None
    try:
        library = _Library(path)
    except (OSError, AttributeError, MemoryError) as error:
        _log.debug("no client certificates: %s", error)
        return None
    return library if library.functions.OpenSSL_version_num() == ssl.OPENSSL_VERSION_NUMBER else None
