"""The desk before the core: for whoever has gone nothing more is found out, but what makes a file is done.

Who has closed his half of the connection may only have nothing more to say: for a while he is not one who has gone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from natterjack.files.limits import FileLimits
from natterjack.files.vault import Vault
from natterjack.ports.events import Now
from natterjack.ports.files import Begin, Erase, Fetch, FileAbandoned, FileAnswered, Finish, Granted, Identify
from natterjack.server.filedesk import GRACE, TURN, Call, Desk
from natterjack.wire.http import Request, Response
from tests.support.process import PATIENCE

FINISH = Finish("a" * 22, "", "", "", "a", "text/plain", 1, "0" * 64)


class Stand:
    """In place of an exchange."""

    left = False


@pytest.mark.parametrize("ask", [Begin("", 5), Identify(), Fetch("a" * 22), Erase("a" * 22), FINISH])
def test_who_has_gone_is_given_up(tmp_path: Path, ask: Any) -> None:
    taken: list[Any] = []
    stand: Any = Stand()
    clock = [Now(1000.0, 0.0)]
    desk = Desk(Vault(tmp_path), FileLimits(), taken.append, lambda action: action(), lambda: clock[0])
    answers: list[Any] = []
    desk.ask(Call(Request("GET", "/", {}, False), stand, "192.0.2.9", False, None), ask, answers.append)
    desk.tick()
    assert (len(taken), answers) == (1, [])
    stand.left = True
    clock[0] = Now(1000.0 + GRACE - 1, 0.0)
    desk.tick()
    assert (len(taken), answers) == (1, [])
    clock[0] = Now(1000.0 + GRACE, 0.0)
    desk.tick()
    late = FileAnswered(taken[0].request, Granted("", "", 0, 0))
    if ask is FINISH:
        assert (len(taken), answers) == (1, [])
        desk.answered(late)
        assert answers == [late.answer]
    else:
        assert taken[1:] == [FileAbandoned(taken[0].request)]
        assert [(answer.status, answer.retry) for answer in answers] == [(503, 5)]
        desk.answered(late)  # it was on its way
        assert len(answers) == 1
    desk.crew.close()


# -- seats


class Moved(Struct, frozen=True):
    alive: bool = False


class Slow:
    """In place of an exchange: its body moves until it is cut."""

    gone = left = False

    def __init__(self) -> None:
        self.over = threading.Event()
        self.answers: list[Response] = []

    def lend(self, _patience: object) -> threading.Event:
        return self.over

    def take_back(self, _loan: object, alive: bool) -> None:
        assert not alive

    def cut(self) -> None:
        self.over.set()

    def answer(self, response: Response) -> None:
        self.answers.append(response)


class Room:
    """A desk with four seats, three of one payer at most."""

    def __init__(self, directory: Path) -> None:
        self.calls: queue.Queue[Callable[[], None]] = queue.Queue()
        limits = FileLimits(transfers=4, transfers_of_one=3)
        self.now = 0.0
        self.desk = Desk(
            Vault(directory), limits, lambda _event: None, self.calls.put, lambda: Now(self.now, 0.0)
        )
        self.ended: list[str] = []
        self.there: list[Slow] = []

    def come(self, payer: str) -> Slow:
        slow: Any = Slow()
        call = Call(Request("GET", "/", {}, False), slow, "192.0.2.9", False, None)

        def job(loan: Any) -> Moved:
            loan.wait(PATIENCE)
            return Moved()

        moves = self.desk.move(call, payer, job, lambda _moved: self.ended.append(payer))
        assert moves is not bool(slow.answers)
        self.there.append(slow)
        return slow  # type: ignore[no-any-return]

    def step(self) -> None:
        """The loop's thread hears of one that has ended."""
        self.calls.get(timeout=PATIENCE)()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    yield room
    for slow in room.there:
        slow.cut()
    room.desk.crew.close()


def words(slow: Slow) -> str:
    (answer,) = slow.answers
    assert answer.status == 503
    assert "Retry-After" in dict(answer.headers)
    return answer.body.decode()


def test_where_all_is_taken_the_oldest_of_who_has_most_gives_way(room: Room) -> None:
    """Four addresses with eight each kept everybody out for as long as they liked."""
    slow = [room.come(payer) for payer in ("a", "b", "a", "a")]
    assert "You have 3 transfers going" in words(room.come("a"))
    assert not room.come("c").answers
    assert [each.over.is_set() for each in slow] == [True, False, False, False]
    assert room.desk.seated == 4
    room.step()
    assert (room.ended, room.desk.seated) == (["a"], 4)
    assert room.come("a").answers  # back, and has no more than others but for one
    assert room.come("b").answers
    assert not any(each.over.is_set() for each in slow[1:])


def test_nobody_gives_way_to_who_would_have_as_many(room: Room) -> None:
    slow = [room.come(payer) for payer in ("a", "a", "b", "b")]
    assert "All that can be done at a time" in words(room.come("b"))
    assert not room.come("c").answers
    assert "All that can be done at a time" in words(room.come("a"))
    assert sum(each.over.is_set() for each in slow) == 1


def test_who_has_had_his_turn_gives_way_to_who_has_none(room: Room) -> None:
    """As many addresses as there are seats, with one each, kept everybody out for as long as they liked."""
    slow = [room.come("a")]
    room.now = 100.0
    slow += [room.come(payer) for payer in ("b", "c", "d")]
    room.now = TURN - 1
    assert "All that can be done at a time" in words(room.come("e"))
    room.now = TURN
    assert "All that can be done at a time" in words(room.come("b"))  # who has one
    assert not room.come("e").answers
    assert [each.over.is_set() for each in slow] == [True, False, False, False]
    room.step()
    assert room.come("a").answers
    room.now = TURN + 100
    assert not room.come("a").answers
    assert [each.over.is_set() for each in slow] == [True, True, False, False]
    assert room.desk.seated == 4


def test_so_many_are_on_their_way_out_and_no_more(room: Room) -> None:
    """Each has a thread until it has ended, which may wait for a disk."""
    stuck = [room.come(payer) for payer in ("b", "a", "a", "a")]
    for slow in stuck:
        slow.cut = lambda: None  # type: ignore[method-assign]
    for _ in range(4):
        passing = room.come("c")
        assert not passing.answers
        passing.over.set()
        room.step()
        stuck.append(room.come("a"))
        stuck[-1].cut = lambda: None  # type: ignore[method-assign]
    assert room.ended == ["c"] * 4
    assert "All that can be done at a time" in words(room.come("c"))
    for slow in stuck:
        slow.over.set()
        room.step()
    assert room.desk.seated == 0
