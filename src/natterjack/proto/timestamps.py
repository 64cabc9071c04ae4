"""Times on the wire: UTC with milliseconds, ``2026-11-22T20:31:02.123Z``.

Seconds since 1970 go in and come out; nothing here asks what time it is.

Source: https://ircv3.net/specs/extensions/server-time
"""

from __future__ import annotations

import re
from functools import lru_cache
from time import gmtime

_FORM = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?Z")


def format_time(seconds: float) -> str:
    """``seconds`` since 1970 in the form above. Cut to the millisecond, not rounded."""
    whole, milli = divmod(int(seconds * 1000), 1000)
    return f"{_second(whole)}.{milli:03}Z"


@lru_cache(maxsize=1024)
def _second(whole: int) -> str:
    """The form up to the second: each turn of a server asks for its time, and many fall into one second."""
    year, month, day, hour, minute, second = gmtime(whole)[:6]
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"


def parse_time(text: str) -> float | None:
    """Seconds since 1970, or None where ``text`` is no such time."""
    found = _FORM.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second <= 60):
        return None
    milli = (found[7] or "0").ljust(3, "0")[:3]
    return _days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second + int(milli) / 1000


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar; the year is counted from March, so that a leap day ends it."""
    if month <= 2:
        year, month = year - 1, month + 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
