"""What one sync costs on the disk that servers keep their data on."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from typing import Final

_BYTES: Final = 2 * 4120
"""What SQLite adds to its log for one message: two pages, each with a head."""


def sync_ms(pause: float = 0.0, times: int = 100) -> float:
    """Median time, in milliseconds, of a small write at the end of a file and the sync that follows.

    `pause` seconds lie between two of them: a disk, and a machine, that have been idle take longer.
    """
    taken = []
    with tempfile.TemporaryFile() as file:
        descriptor = file.fileno()
        for _ in range(times):
            time.sleep(pause)
            began = time.perf_counter_ns()
            os.write(descriptor, bytes(_BYTES))
            os.fdatasync(descriptor)
            taken.append(time.perf_counter_ns() - began)
    return statistics.median(taken) / 1e6
