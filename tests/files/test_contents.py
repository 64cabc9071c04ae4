"""Contents come and go, and none goes that somebody is about to have."""

from __future__ import annotations

from natterjack.files.contents import Contents

A, B, C = ("aa" * 32, "bb" * 32, "cc" * 32)


class Desk:
    def __init__(self) -> None:
        self.going: list[str] = []
        self.pinned: list[str] = []
        self.contents = Contents(self.going.append)

    def pin(self, sha256: str) -> None:
        self.contents.pin(sha256, lambda: self.pinned.append(sha256))


def test_orphans_go_at_the_start_and_nothing_before() -> None:
    desk = Desk()
    desk.contents.unkeep(A)
    desk.pin(B)
    desk.contents.unpin(B)
    assert desk.going == []
    desk.contents.begin([A], {A: 1, B: 2, C: 4})
    assert desk.going == [B, C]
    assert desk.contents.stored == 7
    desk.contents.deleted(B, 2)
    assert desk.contents.stored == 5


def test_a_pinned_content_stays_until_it_is_let_go() -> None:
    desk = Desk()
    desk.contents.begin([A], {A: 1})
    desk.pin(A)
    desk.contents.unkeep(A)
    assert desk.going == []
    desk.contents.unpin(A)  # the upload was refused
    assert desk.going == [A]


def test_a_pinned_content_that_becomes_a_file_stays() -> None:
    desk = Desk()
    desk.contents.begin([A], {A: 1})
    desk.pin(A)
    desk.pin(A)
    desk.contents.unkeep(A)
    desk.contents.unpin(A)
    desk.contents.keep(A, 1)
    desk.contents.unpin(A)
    assert desk.going == []


def test_a_pin_waits_for_a_deletion_that_is_under_way() -> None:
    desk = Desk()
    desk.contents.begin([A], {A: 1})
    desk.contents.unkeep(A)
    desk.pin(A)
    desk.contents.unkeep(A)
    assert (desk.going, desk.pinned) == ([A], [])
    desk.contents.deleted(A, 1)
    assert (desk.going, desk.pinned) == ([A], [A])
    desk.contents.keep(A, 1)
    desk.contents.unpin(A)
    assert (desk.going, desk.contents.stored) == ([A], 1)


def test_the_same_content_is_counted_once() -> None:
    desk = Desk()
    desk.contents.begin([], {})
    for _ in range(2):
        desk.pin(A)
        desk.contents.keep(A, 10)
        desk.contents.unpin(A)
    assert desk.contents.stored == 10


def test_what_was_refused_was_never_counted_and_is_not_taken_off() -> None:
    desk = Desk()
    desk.contents.begin([A], {A: 4})
    for _ in range(2):
        desk.pin(B)
        desk.contents.unpin(B)
        desk.contents.deleted(B, 1000)
    assert desk.contents.stored == 4


def test_what_nobody_had_for_a_while_is_counted_once() -> None:
    desk = Desk()
    desk.contents.begin([A], {A: 4})
    desk.pin(A)
    desk.contents.unkeep(A)
    desk.contents.keep(A, 4)
    desk.contents.unpin(A)
    assert desk.contents.stored == 4
    desk.contents.unkeep(A)
    desk.contents.deleted(A, 4)
    assert desk.contents.stored == 0


def test_bytes_that_were_gone_and_came_again_are_counted() -> None:
    desk = Desk()
    desk.contents.begin([A], {})
    desk.pin(A)
    desk.contents.keep(A, 4)
    desk.contents.unpin(A)
    assert desk.contents.stored == 4


def test_what_could_not_be_deleted_is_there_still() -> None:
    desk = Desk()
    desk.contents.begin([A], {A: 4})
    desk.contents.unkeep(A)
    desk.contents.deleted(A, 0)
    assert desk.contents.stored == 4
    desk.pin(A)
    desk.contents.keep(A, 4)
    assert desk.contents.stored == 4
