"""Client certificates that nobody vouches for: what ``ssl`` has no word for is asked of OpenSSL itself.

Theory of operation. On IRC a client's certificate is one that he made himself; it is known by its fingerprint, and
what it proves is that he has its key, which TLS sees to (CertificateVerify, RFC 8446 section 4.4.3). Python's ``ssl``
asks for certificates only together with verifying them against authorities, and gives up the handshake of whoever
has one that none of them signed. OpenSSL can be told to call a function in place of that verification
(SSL_CTX_set_cert_verify_callback(3)); ours says yes. So chains are not even looked at, which also keeps what strangers
send from code that parses names and constraints. Whoever has no certificate gets in without, as CERT_OPTIONAL has it.

The function is reached by the way of :mod:`natterjack.net.openssl`. What is read from the place where the SSL_CTX
should be has to follow what Python sets before anything is changed there; where it does not, or there is no way, the
answer is no, and the context is as it was.

**Bounds.** A stranger's certificates are 16 KiB at most in place of 100. OpenSSL would keep 20,000 sessions with their
certificates for those who resume without tickets; that is turned off. Tickets hold the certificate themselves, so that
it is there after resumption as well.
"""

from __future__ import annotations

import logging
import ssl

from natterjack.net import openssl

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
    library = openssl.library()
    if library is None:
        return False
    pointer = openssl.context_at(context)
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
