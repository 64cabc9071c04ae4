"""How long to wait before the next attempt to connect."""

from __future__ import annotations

from typing import Final

#: Seconds before the first attempt at least, before any at most, and after which a connection counts as a good one.
FIRST: Final = 0.5
MOST: Final = 60.0
STEADY: Final = 60.0
#: Doublings after which the most is reached, whatever the number of attempts.
_DOUBLINGS: Final = 7


def backoff(attempt: int, chance: float) -> float:
    """Seconds to wait before attempt number ``attempt`` (from 0): twice as long each time, up to :data:`MOST`.

    ``chance``, between 0 and 1, takes up to half of it away: many clients that lost a server together do not come back
    together.
    """
    longest = min(2.0 * FIRST * (1 << min(attempt, _DOUBLINGS)), MOST)
    return longest * (1 - chance / 2)
