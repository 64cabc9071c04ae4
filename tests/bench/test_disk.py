"""What a sync costs is measured where temporary files are, and on the processor that is asked for."""

import os

from bench import disk, procinfo


def test_a_sync_takes_time() -> None:
    assert disk.sync_ms(times=3) > 0


def test_what_is_pinned_is_let_go_again() -> None:
    before = os.sched_getaffinity(0)
    one = frozenset([min(before)])
    with procinfo.pinned(one):
        assert os.sched_getaffinity(0) == one
    assert os.sched_getaffinity(0) == before
