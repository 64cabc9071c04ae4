"""When something was, as people read it."""

from __future__ import annotations

import time


def moment(seconds: float) -> str:
    """The day and the time of day here: of what was said before."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def clock(seconds: float) -> str:
    """The time of day here."""
    return time.strftime("%H:%M", time.localtime(seconds))
