"""What is answered to whoever may have a file: all of it, a range, or that he has it already (RFC 9110).

Sections 13 and 14, in the order of 13.2.2. A file never changes, so its SHA-256 is a strong entity tag. Of several
ranges we make use of our right to send the whole (section 14.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from msgspec import Struct

from natterjack.files import disposition
from natterjack.files.sniffing import is_shown
from natterjack.ports.files import Fetchable
from natterjack.wire.http import Response

#: One range (section 14.1.1), with blanks where some clients have them. There is one place for each: of what fits into
#: two, the search would take the square.
_RANGE = re.compile(r"bytes\s*=\s*(?:(\d{1,19})\s*)?-\s*(\d{0,19})", re.ASCII | re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?"[^"]*"|\*')
#: What a browser does with it, whatever it is: nothing but show it. In a frame nobody sees it either.
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'"


class Plan(Struct, frozen=True):
    """The ``response`` without its body, which is ``count`` bytes of the file from ``first`` on (0: none)."""

    response: Response
    first: int = 0
    count: int = 0


def plan(method: str, headers: Mapping[str, str], file: Fetchable) -> Plan:
    """The answer to GET or HEAD of ``file``."""
    from email.utils import format_datetime  # noqa: PLC0415 - a start needs no dates of HTTP

    made = datetime.fromtimestamp(int(file.created), UTC)
    tag = f'"{file.sha256}"'
    validators = (
        ("ETag", tag),
        ("Last-Modified", format_datetime(made, usegmt=True)),
        ("Cache-Control", "private, no-cache"),
        ("Vary", "Authorization"),
    )
    status = _precondition(headers, tag, made)
    if status:
        return Plan(Response(status, validators))
    described: tuple[tuple[str, str], ...] = (
        *validators,
        ("Accept-Ranges", "bytes"),
        ("Content-Type", file.type),
        ("Content-Disposition", disposition.say(file.name, is_shown(file.type))),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", _SANDBOX),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer"),
    )
    first, count = 0, file.size
    status = HTTPStatus.OK
    asked = headers.get("range", "") if method == "GET" and _same(headers, tag, made) else ""
    found = _range(asked, file.size)
    if found is not None:
        first, count = found
        if not count:
            told = (*validators, ("Content-Range", f"bytes */{file.size}"))
            return Plan(Response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, told))
        status = HTTPStatus.PARTIAL_CONTENT
        described += (("Content-Range", f"bytes {first}-{first + count - 1}/{file.size}"),)
    return Plan(Response(status, described, length=count), first, count if method == "GET" else 0)


def _precondition(headers: Mapping[str, str], tag: str, made: datetime) -> int:
    """304 or 412 where it says so, else 0."""
    if "if-match" in headers:
        if not _among(tag, headers["if-match"], weak=False):
            return HTTPStatus.PRECONDITION_FAILED
    elif "if-unmodified-since" in headers:
        since = _date(headers["if-unmodified-since"])
        if since is not None and made > since:
            return HTTPStatus.PRECONDITION_FAILED
    if "if-none-match" in headers:
        return HTTPStatus.NOT_MODIFIED if _among(tag, headers["if-none-match"], weak=True) else 0
    since = _date(headers.get("if-modified-since", ""))
    return HTTPStatus.NOT_MODIFIED if since is not None and made <= since else 0


def _among(tag: str, tags: str, weak: bool) -> bool:
    found = [each.removeprefix("W/") if weak else each for each in _TAG.findall(tags)]
    return tag in found or "*" in found


def _same(headers: Mapping[str, str], tag: str, made: datetime) -> bool:
    """Whether If-Range lets a range be (section 13.1.5): a strong tag, or the very date."""
    asked = headers.get("if-range")
    return asked is None or asked.strip() == tag or _date(asked) == made


def _date(text: str) -> datetime | None:
    """A date of HTTP; None for what is none, which is passed over (section 13.1.3)."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - as above

    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _range(asked: str, size: int) -> tuple[int, int] | None:
    """First byte and how many (0: there is no such range); None: the whole, as for what is no single range."""
    found = _RANGE.fullmatch(asked.strip())
    begin, end = found.groups("") if found is not None else ("", "")
    if not begin and not end:
        return None
    if not begin:  # the last so many
        count = min(int(end), size)
        return size - count, count
    first = int(begin)
    last = min(int(end), size - 1) if end else size - 1
    if end and int(end) < first:
        return None
    return first, max(0, last - first + 1)
