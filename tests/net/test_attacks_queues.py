"""Send queues against those who would break them."""

from natterjack.net.connection import LINGER
from natterjack.net.roles import QueueLimits
from tests.support.loop import Loop

SMALL = 4096


def test_a_queue_that_overflows_with_the_last_word_is_closed_and_forgotten(loop: Loop) -> None:
    loop.send_buffer = SMALL
    loop.hub.limits = QueueLimits(close=100_000)
    _, connection = loop.connect(SMALL)
    loop.hub.send(connection.sid, b"x" * 90_000)
    loop.hub.flush()
    assert connection.queued
    loop.hub.send(connection.sid, b"x" * 100_000)
    loop.hub.close(connection.sid)
    loop.hub.flush()
    assert connection.closed
    assert len(loop.hub) == 0
    assert loop.hub.settled()
    loop.later(LINGER + 1)
    loop.hub.check_progress()


def test_too_much_at_once_and_the_end_in_one_turn_are_closed_and_forgotten(loop: Loop) -> None:
    loop.send_buffer = SMALL
    loop.hub.limits = QueueLimits(close=100_000)
    _, connection = loop.connect(SMALL)
    loop.hub.send(connection.sid, b"x" * 1_000_000)
    loop.hub.close(connection.sid)
    loop.hub.flush()
    assert connection.closed
    assert loop.hub.settled()
    loop.later(LINGER + 1)
    loop.hub.check_progress()
