"""Two programs with one file for drafts and typed lines: neither loses what the other has begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from natterjack.client.chatting.desk import Desk
from natterjack.client.view.drafts import Kept, laid


def typed(desk: Desk, name: str) -> list[str]:
    found: list[str] = []
    while (line := desk.drafts.back(name, "")) is not None:
        found.append(line)
    return found


def test_each_keeps_what_the_other_has_begun(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.leave("#x", "of the one")
    one.save("#x", ["alice"])
    other.drafts.leave("#y", "of the other")
    other.save("#y", ["bob"])
    one.save("#x", ["alice"])
    again = Desk(tmp_path)
    assert (again.drafts.resume("#x"), again.drafts.resume("#y")) == ("of the one", "of the other")
    assert (again.last, again.closed) == ("#y", ["alice", "bob"])
    one.save("#x", [])
    assert Desk(tmp_path).closed == ["bob"]


def test_what_the_other_has_sent_meanwhile_stays_sent(tmp_path: Path) -> None:
    before = Desk(tmp_path)
    before.drafts.leave("#x", "begun")
    before.save("#x")
    one, other = Desk(tmp_path), Desk(tmp_path)
    other.drafts.typed("#x", "begun")
    other.save("#x")
    one.drafts.leave("#x", "begun")  # it stands in the input all the time
    one.drafts.leave("#y", "something else")
    one.save("#y")
    again = Desk(tmp_path)
    assert (again.drafts.begun, typed(again, "#x")) == ({"#y"}, ["begun"])


def test_what_the_other_went_on_with_stays(tmp_path: Path) -> None:
    before = Desk(tmp_path)
    before.drafts.leave("#x", "begun")
    before.save("#x")
    one, other = Desk(tmp_path), Desk(tmp_path)
    other.drafts.leave("#x", "begun and more")
    other.save("#x")
    one.drafts.typed("#x", "begun")
    one.save("#x")
    assert Desk(tmp_path).drafts.resume("#x") == "begun and more"


def test_lines_that_both_have_typed(tmp_path: Path) -> None:
    before = Desk(tmp_path)
    for line in ("a", "b", "c"):
        before.drafts.typed("#x", line)
    before.save("#x")
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.typed("#x", "a")
    one.drafts.typed("#x", "d")
    one.save("#x")
    other.drafts.typed("#x", "b")
    other.save("#x")
    one.drafts.typed("#x", "e")
    one.save("#x")
    assert typed(Desk(tmp_path), "#x") == ["e", "b", "d", "a", "c"]


def test_what_could_not_be_written_is_written_later(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    other.drafts.leave("#y", "theirs")
    other.save("#y")
    one.drafts.leave("#x", "ours")
    now = one.news("#x")
    assert now is not None
    path, one.path = one.path, tmp_path / "desk.json" / "no folder"
    one.failed(one.lay(now))
    assert "Cannot write" in one.problem
    one.path = path
    one.save("#x")
    assert Desk(tmp_path).drafts.begun == {"#x", "#y"}


@pytest.mark.parametrize("content", [b"", b"{", b'{"drafts": 1}'])
def test_what_cannot_be_read_is_replaced(tmp_path: Path, content: bytes) -> None:
    desk = Desk(tmp_path)
    desk.drafts.leave("#x", "ours")
    desk.save("#x")
    desk.path.write_bytes(content)
    desk.drafts.leave("#y", "more")
    desk.save("#x")
    assert Desk(tmp_path).drafts.begun == {"#x", "#y"}


def test_there_are_never_more_than_one_program_keeps() -> None:
    over = Kept(typed={f"#{number}": ["a"] for number in range(100)})
    now = Kept(typed={"#new": [f"line {number}" for number in range(200)]})
    found = laid(over, Kept(), now)
    assert (len(found.typed), list(found.typed)[-1]) == (100, "#new")
    assert len(laid(Kept(typed={"#new": ["b"]}), Kept(), now).typed["#new"]) == 200
