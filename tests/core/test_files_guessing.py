"""Passwords said with requests for files: nobody is made to wait, since whoever only asks is counted by nothing."""

from __future__ import annotations

import pytest

from natterjack.core.files import parties
from natterjack.ports.effects import Ask
from natterjack.ports.files import Basic, Denied, Erase, Fetch, FileAbandoned, Granted, Identify
from tests.support.files import FileChat, denied, number

WRONG = Basic("alice", "wrong-password")
HERE, THERE = "1.2.3.4", "5.6.7.8"


@pytest.mark.parametrize("password", ["wrong-password", "a" * 1001])
def test_what_would_be_answered_late_is_answered_at_once_with_when_to_come_again(password: str) -> None:
    chat = FileChat("alice", limited=True)
    wrong = Basic("x", password)
    answers = [chat.ask(wrong, Identify(), ip=HERE) for _ in range(20)]
    assert [denied(answer)[0] for answer in answers] == [401] * 3 + [429] * 17
    assert all(isinstance(answer, Denied) and 0 < answer.retry <= 60 for answer in answers[3:])
    assert chat.core._waits._delays == []


def test_a_right_one_is_looked_at_when_it_was_told_to_come_again() -> None:
    chat = FileChat("alice", limited=True)
    for count in range(3):
        chat.ask(Basic(f"nobody{count}", "wrong-password"), Identify(), ip=HERE)
    answer = chat.ask("alice!", Identify(), ip=HERE)
    assert (isinstance(answer, Denied), answer.status, answer.retry) == (True, 429, 1)
    assert isinstance(chat.ask("alice!", Identify(), ip=THERE), Granted)
    chat.jump(answer.retry)
    assert isinstance(chat.ask("alice!", Identify(), ip=HERE), Granted)


def test_few_passwords_of_one_site_are_looked_at_at_a_time() -> None:
    chat = FileChat("alice", "bob", limited=True)
    chat.answers = False
    first = [chat.request(Basic(f"nobody{count}", "a-password"), Identify(), ip=HERE) for count in range(6)]
    assert [request in chat.file_answers for request in first] == [False] * 4 + [True] * 2
    assert chat.file_answers[first[-1]] == parties._BUSY
    there = chat.request("alice!", Identify(), ip=THERE)
    while chat.asked:
        chat.answer()
    assert isinstance(chat.file_answers[there], Granted)
    assert {denied(chat.file_answers[request])[0] for request in first[:4]} == {401}
    assert chat.core._ctx.crowds._counts == {}


def test_where_limits_are_lifted_as_many_are_looked_at_as_ask() -> None:
    chat = FileChat("alice")
    chat.answers = False
    asked = [chat.request(WRONG, Identify(), ip=HERE) for _ in range(9)]
    while chat.asked:
        chat.answer()
    assert {denied(chat.file_answers[request])[0] for request in asked} == {401}


@pytest.mark.parametrize("ask", [Identify(), Fetch(number("a")), Erase(number("a"))])
def test_for_who_has_gone_no_password_is_derived(ask: object) -> None:
    chat = FileChat("alice", limited=True)
    chat.answers = False
    for count in range(4):
        chat.request(Basic(f"nobody{count}", "a-password"), Identify(), ip=HERE)
    waiting = [chat.request(WRONG, ask, ip=THERE) for _ in range(4)]
    assert len(chat.asked) == 4
    for request in waiting:
        chat.handle(FileAbandoned(request))
    chat.handle(FileAbandoned(99))  # answered long ago
    effects = [effect for _ in range(4) for effect in _answered(chat)]
    assert not any(isinstance(effect, Ask) for effect in effects)
    assert not set(waiting) & set(chat.file_answers)
    assert chat.core._ctx.crowds._counts == {}
    assert chat.core._files._under_way == {}


def _answered(chat: FileChat) -> list[object]:
    before = len(chat.asked)
    chat.answer()
    return [*chat.asked[before - 1 :]]
