"""The loop, being woken, and who is ready."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from natterjack.net import reactor as reactor_module
from natterjack.net.reactor import MANY, Reactor
from natterjack.net.selecting import READ, WRITE, AnyPoller, Poller, Ready, make_poller
from natterjack.ports.events import Now
from tests.support.loop import Loop


def test_another_thread_gets_in_at_once(loop: Loop) -> None:
    done: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: loop.reactor.call(lambda: done.append(threading.current_thread().name))
        )
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    loop.until(lambda: len(done) == 20)
    for thread in threads:
        thread.join()
    assert set(done) == {threading.current_thread().name}
    assert loop.ticks == 0, "nobody waited for the tick"


def test_turns_are_counted_with_the_time_they_took_and_waiting_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]

    def turn(seconds: float, last: bool = False) -> None:
        now[0] += seconds
        reactor.soon(reactor.stop if last else lambda: turn(0.25, last=True))

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    reactor = Reactor(float, lambda: None)
    reactor.soon(lambda: turn(0.5))
    reactor.run()
    reactor.close()
    assert (reactor.turns, reactor.busy, reactor.longest) == (3, 0.75, 0.5)


def test_too_many_wakings_are_one(loop: Loop) -> None:
    for _ in range(100_000):
        loop.reactor.wake()
    done: list[int] = []
    loop.reactor.soon(lambda: done.append(1))
    loop.until(lambda: done)
    assert done == [1]


def test_whoever_comes_after_the_end_is_too_late() -> None:
    """A thread that was at the disk still when the server ended, say."""
    done: list[int] = []
    reactor = Reactor(float, lambda: None)
    reactor.close()
    reactor.call(lambda: done.append(1))
    assert done == []


def test_at_rest_it_ticks_later_and_what_happens_brings_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now, ticks, waits = [0.0], [], []
    rests = iter([5.0, 5.0, 0.0, 0.0])
    events: Iterator[list[tuple[Ready, int]]] = iter([[], [(Deaf(), READ)], [], [], []])

    def ticked() -> float:
        ticks.append(now[0])
        if len(ticks) == 4:
            reactor.stop()
        return next(rests)

    class Waiting:
        def select(self, wait: float) -> list[tuple[Ready, int]]:
            """Something happens after two seconds, or nothing at all."""
            waits.append(wait)
            found = next(events)
            now[0] += 2.0 if found else wait
            return found

    class Time:
        time = staticmethod(time.time)
        monotonic = staticmethod(lambda: now[0])

    reactor = Reactor(ticked, lambda: None)
    reactor.close()
    reactor._poller = Waiting()  # type: ignore[assignment]
    monkeypatch.setattr(reactor_module, "time", Time)
    monkeypatch.setattr(reactor_module, "TICK", 1.0)
    reactor.run()
    assert waits == [1.0, 5.0, 1.0, 5.0, 1.0]
    assert ticks == [1.0, 4.0, 9.0, 10.0]


class Deaf:
    def ready(self, _mask: int) -> None:
        """Whatever comes is nothing to it."""


def test_what_is_put_off_while_putting_off_waits_for_the_next_turn(loop: Loop) -> None:
    order: list[int] = []

    def again() -> None:
        order.append(loop.turns)
        if len(order) < 3:
            loop.reactor.soon(again)

    loop.reactor.soon(again)
    start = loop.turns
    loop.until(lambda: len(order) == 3)
    assert order == [start, start + 1, start + 2]


def test_a_turn_happens_at_one_time(loop: Loop) -> None:
    times: list[Now] = []
    for _ in range(3):
        loop.reactor.soon(lambda: times.append(loop.reactor.now))
    loop.until(lambda: len(times) == 3)
    assert times[0] is times[1] is times[2]


class Hearer:
    """Reads a byte whenever it may, notes in which turn, and does what follows from it."""

    def __init__(self, loop: Loop, then: Callable[[], object] = int) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.heard: list[int] = []
        self._loop = loop
        self._then = then
        loop.reactor.register(self.ours, READ, self)

    def say(self) -> None:
        self.theirs.send(b"x")

    def ready(self, _mask: int) -> None:
        self.ours.recv(1)
        self.heard.append(self._loop.turns)
        self._then()

    def close(self) -> None:
        self._loop.reactor.unregister(self.ours)
        self.ours.close()
        self.theirs.close()


@pytest.mark.parametrize("others", [MANY - 1, MANY - 2])
def test_who_becomes_ready_while_many_read_is_heard_in_the_same_turn_but_nobody_twice(
    loop: Loop, others: int
) -> None:
    late = Hearer(loop)

    def talk() -> None:
        late.say()
        first.say()

    first = Hearer(loop, talk)
    hearers = [first, *(Hearer(loop) for _ in range(others))]
    for hearer in hearers:
        hearer.say()
    loop.until(lambda: len(first.heard) == 3)
    turn = first.heard[0]
    assert {hearer.heard[0] for hearer in hearers} == {turn}
    assert late.heard[0] == (turn if len(hearers) == MANY else turn + 1)
    assert first.heard == [turn, turn + 1, turn + 2]
    for hearer in (late, *hearers):
        hearer.close()


def test_what_has_taken_long_enough_goes_on_in_the_next_turn(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactor_module, "ENOUGH", 0.0)
    hearers = [Hearer(loop) for _ in range(2 * MANY + 5)]
    for hearer in hearers:
        hearer.say()
    loop.until(lambda: all(hearer.heard for hearer in hearers))
    turns = sorted(hearer.heard[0] - hearers[0].heard[0] for hearer in hearers)
    assert turns == [0] * MANY + [1] * MANY + [2] * 5
    for hearer in hearers:
        hearer.close()


def test_those_who_never_stop_keep_nobody_waiting_and_those_who_wait_keep_no_newcomer(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactor_module, "ENOUGH", 0.0)
    hearers: list[Hearer] = []
    late = Hearer(loop)

    def again(number: int) -> None:
        if len(hearers[number].heard) == 1 and number == 0:
            late.say()
        if len(hearers[number].heard) < 20:
            hearers[number].say()

    hearers += [Hearer(loop, lambda number=number: again(number)) for number in range(5 * MANY)]  # type: ignore[misc]
    for hearer in hearers:
        hearer.say()
    loop.until(lambda: all(hearer.heard for hearer in (late, *hearers)))
    began = hearers[0].heard[0]
    assert max(hearer.heard[0] for hearer in hearers) - began <= 2 * 5
    assert late.heard[0] - began <= 2
    for hearer in (late, *hearers):
        hearer.close()


def test_a_reactor_can_be_closed_and_another_made() -> None:
    for _ in range(3):
        turns: list[int] = []
        reactor = Reactor(float, lambda turns=turns: turns.append(1))  # type: ignore[misc]
        reactor.call(reactor.stop)
        reactor.run()
        reactor.close()
        assert turns == [1]


# -- who is ready


class Noted:
    """Somebody who can be told."""

    def ready(self, mask: int) -> None:
        """Nobody tells him here."""


@pytest.mark.parametrize("make", [make_poller, AnyPoller])
def test_each_is_told_of_what_it_waits_for(make: Callable[[], Poller]) -> None:
    asked = make()
    ours, theirs = socket.socketpair()
    one, another = Noted(), Noted()

    def heard(wait: float = 1.0) -> list[tuple[Ready, int]]:
        return asked.select(wait)

    asked.register(ours, READ, one)
    assert heard(0.0) == []
    theirs.send(b"x")
    assert heard() == [(one, READ)]
    asked.modify(ours, READ | WRITE, one)
    assert heard() == [(one, READ | WRITE)]
    asked.modify(ours, WRITE, another)
    assert heard() == [(another, WRITE)]
    theirs.close()  # is an error for whoever writes, and data for whoever reads
    assert heard() == [(another, WRITE)]
    asked.modify(ours, READ, one)
    assert heard() == [(one, READ)]
    asked.modify(ours, READ, another)
    assert heard() == [(another, READ)]
    asked.unregister(ours)
    assert heard(0.0) == []
    with pytest.raises(KeyError):
        asked.unregister(ours)
    asked.close()
    ours.close()
