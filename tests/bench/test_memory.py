"""What memory costs after a rest: the figure is of the machine it was taken on, and there is one."""

from bench import memory


def test_a_page_takes_some_time() -> None:
    assert 0 < memory.page_us(0.0, times=3) < 1000
