"""OpenSSL itself, for what ``ssl`` has no word for.

It is reached through ctypes, in the very library that ``_ssl`` is linked to. The SSL_CTX is the first member of
CPython's SSLContext behind its head; behind that of an SSLSocket's inner object are the Python socket, the SSL, and
the SSLContext. None of that is promised by anybody, so it is put to the proof before anything is changed: the library
has to be of the version that ``ssl`` names, and what is found in those places has to be what Python says of them. Where
anything does not fit (another Python, a libssl linked in statically, no memory for a callback) the answer is no, and
all is as it was.
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

#: Bytes of the three pointers behind the head of an SSLSocket's inner object.
_INNER = 24
#: Commands of SSL_ctrl, and what is cleared: SSL_MODE_AUTO_RETRY.
_MODE, _CLEAR_MODE = 33, 78
_AUTO_RETRY = 4


class Library:
    """OpenSSL's functions with their types, and the one of ours that it calls; both live as long as the process.

    Raises ``OSError``, ``AttributeError`` or ``MemoryError`` where something is missing.
    """

    def __init__(self, path: str) -> None:
        self.functions: Any = ctypes.CDLL(path)
        pointer, number = ctypes.c_void_p, ctypes.c_int
        verify = ctypes.CFUNCTYPE(number, pointer, pointer)
        self.yes = verify(_yes)
        self.inner: Any = pointer * 3  # a class, which would be made anew each time
        for name, answer, arguments in (
            ("OpenSSL_version_num", ctypes.c_ulong, ()),
            ("SSL_CTX_get_verify_mode", number, (pointer,)),
            ("SSL_CTX_set_cert_verify_callback", None, (pointer, verify, pointer)),
            ("SSL_CTX_ctrl", ctypes.c_long, (pointer, number, ctypes.c_long, pointer)),
            ("SSL_get_SSL_CTX", pointer, (pointer,)),
            ("SSL_ctrl", ctypes.c_long, (pointer, number, ctypes.c_long, pointer)),
        ):
            function = getattr(self.functions, name)
            function.restype, function.argtypes = answer, arguments


def _yes(_store: int | None, _nothing: int | None) -> int:
    return 1


@cache
def library() -> Library | None:
    """The one that ``ssl`` uses; None where it is not to be had."""
    found = importlib.util.find_spec("_ssl")
    path = found.origin if found is not None and found.has_location else None
    if not _HAS_CTYPES or sys.implementation.name != "cpython" or path is None:
        return None
    try:
        made = Library(path)
    except (OSError, AttributeError, MemoryError) as error:
        _log.debug("no way to OpenSSL: %s", error)
        return None
    return made if made.functions.OpenSSL_version_num() == ssl.OPENSSL_VERSION_NUMBER else None


def context_at(context: ssl.SSLContext) -> int | None:
    """Where the SSL_CTX of ``context`` should be."""
    return ctypes.c_void_p.from_address(id(context) + object.__basicsize__).value


def step_by_step(sock: ssl.SSLSocket) -> bool:
    """Have each read of ``sock`` return after one message of TLS' own (SSL_CTX_set_mode(3), SSL_MODE_AUTO_RETRY).

    Left alone it goes on to the next, for as long as such messages come: a peer who sends nothing but key updates (RFC
    8446 section 4.6.3), or asks for renegotiation in TLS 1.2 again and again, could keep a read going for as long as he
    likes, though it never waits. False: that could not be done.
    """
    here = library()
    inner = getattr(sock, "_sslobj", None)
    if here is None or inner is None or type(inner).__basicsize__ < object.__basicsize__ + _INNER:
        return False
    _, pointer, context = here.inner.from_address(id(inner) + object.__basicsize__)
    if not pointer or context != id(sock.context):
        return False
    functions = here.functions
    if functions.SSL_get_SSL_CTX(pointer) != context_at(sock.context):
        return False
    functions.SSL_ctrl(pointer, _CLEAR_MODE, _AUTO_RETRY, None)
    return not functions.SSL_ctrl(pointer, _MODE, 0, None) & _AUTO_RETRY
