"""What a sync costs is measured where temporary files are."""

from bench import disk


def test_a_sync_takes_time() -> None:
    assert disk.sync_ms(times=3) > 0
