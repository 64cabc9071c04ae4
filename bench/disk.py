"""What one sync costs on the disk that servers keep their data on."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from typing import Final

_TIMES: Final = 200
_BYTES: Final = 3 * 4120
"""About what SQLite adds to its log for one message: three pages, each with a head."""


def sync_ms(times: int = _TIMES) -> float:
    """Median time, in milliseconds, of a small write at the end of a file and the sync that follows."""
    taken = []
    with tempfile.TemporaryFile() as file:
        descriptor = file.fileno()
        for _ in range(times):
            began = time.perf_counter_ns()
            os.write(descriptor, bytes(_BYTES))
            os.fdatasync(descriptor)
            taken.append(time.perf_counter_ns() - began)
    return statistics.median(taken) / 1e6
