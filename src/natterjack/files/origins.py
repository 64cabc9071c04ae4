"""Pages of other origins: which of them may use files, and what a browser is told (https://fetch.spec.whatwg.org/).

A browser lets a page see an answer from elsewhere, and send more than a form could, only where the answer says so.
Origins that were named may also have it send what it knows by itself, which some web clients ask for
(``credentials: "include"``); it lets nobody say that to all of them (section 3.3.5), and so we don't either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from natterjack.wire.http import Headers

#: All pages of everywhere.
ANY = "*"
#: Seconds for which a browser need not ask again; Chromium takes no more than that.
_REMEMBERED = 7200
_METHODS = "POST, HEAD, PATCH, DELETE, GET"
#: What a page may send, besides what any page may (section 2.2.2).
_SENT = (
    "Authorization, Content-Type, Content-Disposition, "
    "Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, "
    "Tus-Resumable, Upload-Length, Upload-Defer-Length, Upload-Offset, Upload-Metadata, Upload-Checksum, "
    "X-HTTP-Method-Override, X-Request-ID, X-Requested-With"
)
#: What a page may read of an answer, besides what any page may.
_SHOWN = (
    "Location, Upload-Offset, Upload-Length, Upload-Defer-Length, Upload-Metadata, Upload-Expires, "
    "Tus-Resumable, Tus-Version, Tus-Extension, Tus-Checksum-Algorithm, "
    "ETag, Accept-Ranges, Content-Range, Content-Disposition, Accept-Post, Allow, Retry-After, WWW-Authenticate"
)
_VARY = ("Vary", "Origin")
#: Methods that change nothing.
_HARMLESS = ("GET", "HEAD", "OPTIONS")


class Origins:
    """``named`` as browsers write them, or :data:`ANY`; ``url`` is an address of ours, if we are told one."""

    def __init__(self, named: Iterable[str] = (), url: str = "") -> None:
        self._named = frozenset(named)
        self._ours = urlsplit(url).netloc.lower() or None

    def headers(self, method: str, headers: Mapping[str, str]) -> Headers:
        """What to add to the answer to a request, whatever it is."""
        origin = headers.get("origin", "")
        if not origin or not self._listed(origin):
            return (_VARY,)
        found = [_VARY, ("Access-Control-Expose-Headers", _SHOWN)]
        if origin in self._named:
            found += [("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true")]
        else:
            found.append(("Access-Control-Allow-Origin", ANY))
        if method == "OPTIONS":
            found += [
                ("Access-Control-Allow-Methods", _METHODS),
                ("Access-Control-Allow-Headers", _SENT),
                ("Access-Control-Max-Age", str(_REMEMBERED)),
            ]
        return found

    def refuses(self, method: str, headers: Mapping[str, str]) -> bool:
        """Whether this would change something, for a page that is neither ours nor listed.

        A form of any page may send a POST, to which a browser adds a password that it was once told.
        """
        origin = headers.get("origin", "")
        if not origin or method in _HARMLESS or self._listed(origin):
            return False
        if (
            headers.get("sec-fetch-site") == "same-origin"
        ):  # what no page can say, and a proxy does not change
            return False
        return origin.partition("://")[2] not in (headers.get("host", "").lower(), self._ours)

    def _listed(self, origin: str) -> bool:
        return origin in self._named or ANY in self._named
