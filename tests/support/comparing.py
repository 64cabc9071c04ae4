"""A comparison of two servers, for tests of what is made of one."""

from __future__ import annotations

from bench.compare import Comparison, Record


def comparison(*records: Record) -> Comparison:
    """With ``records``, all of one machine."""
    settings: dict[str, object] = {
        "cpus": [1],
        "server_cpus": [0],
        "seconds": 1.0,
        "windows": {},
    }
    peers = {"natterjack": "natterjack 1", "ngircd": "ngIRCd 2"}
    return Comparison("2024-01-01", "a machine", settings, peers, {"rooms": "rooms"}, list(records))
