"""The server with an eye on Python's collector: run in place of `python -m natterjack`, by `bench trial pauses`.

When it ends, what was seen is in the file that BENCH_PAUSES names, as JSON: for each generation how often, how long
altogether and at most (ms of the thread's own processor time: what another process takes meanwhile is not the
collector's), and how many objects were found to be garbage. What happens before the server runs does not count.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from pathlib import Path

from natterjack.cli import main

seen = [{"times": 0, "ms": 0.0, "longest_ms": 0.0, "collected": 0, "began": 0} for _ in range(3)]


def look(phase: str, info: dict[str, int]) -> None:
    """What the collector calls before and after."""
    now = time.thread_time_ns()
    own = seen[info["generation"]]
    if phase == "start":
        own["began"] = time.thread_time_ns()
        return
    taken = (now - own["began"]) / 1e6
    own["times"] += 1
    own["ms"] += taken
    own["longest_ms"] = max(own["longest_ms"], taken)
    own["collected"] += info["collected"]


def running(*_: object) -> None:
    """What is there now is frozen: the server runs."""
    freeze()
    gc.callbacks.append(look)


freeze, gc.freeze = gc.freeze, running
try:
    sys.exit(main(sys.argv[1:]))
finally:
    Path(os.environ["BENCH_PAUSES"]).write_text(json.dumps(seen))
