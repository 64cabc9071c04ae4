"""Read markers: who is told when, and how many there are."""

from __future__ import annotations

import pytest

from natterjack.core import marks
from natterjack.ports.records import MarkRecord, Snapshot
from natterjack.proto.timestamps import format_time
from tests.support.chat import WALL, Chat, Peer, make_account
from tests.support.records import snapshot_of

LATEST = int(WALL * 1000)


def at(time: int) -> str:
    return f"timestamp={format_time(time / 1000)}"


def alice_twice(*kept: MarkRecord) -> tuple[Chat, Peer, Peer]:
    """Alice under two nicks, with what was kept of her."""
    snapshot = Snapshot(b"", (make_account("alice"), make_account("bob")), marks=kept)
    chat = Chat(lobby=(), durable=True, store=True, access="open", snapshot=snapshot)
    alice, other = (chat.enter(nick, "draft/read-marker", login="alice") for nick in ("alice", "alice_too"))
    chat.enter("bob", login="bob")
    chat.quiet()
    return chat, alice, other


def test_nobody_is_told_before_it_lasts() -> None:
    chat, alice, other = alice_twice()
    alice.post(f"MARKREAD bob {at(LATEST)}")
    assert (alice.take(), other.take()) == ([], [])
    chat.settle()
    assert alice.take() == other.take() == [f"MARKREAD bob {at(LATEST)}"]


def test_what_can_not_be_stored_yet_holds_all_the_same() -> None:
    chat, alice, other = alice_twice()
    alice.post(f"MARKREAD bob {at(LATEST)}")
    chat.refuse()
    assert alice.take() == other.take() == [f"MARKREAD bob {at(LATEST)}"]


@pytest.mark.parametrize("surplus", [0, 1, 50])
def test_of_so_many_the_oldest_go_and_are_not_kept(surplus: int) -> None:
    """An earlier version may have kept more than there may be."""
    kept = [MarkRecord("alice", f"#c{number}", 1 + number) for number in range(marks.MOST + surplus)]
    chat, alice, _ = alice_twice(*kept)
    alice.send(f"MARKREAD bob {at(LATEST)}", f"MARKREAD bob {at(LATEST)}")
    chat.settle()
    lasting = snapshot_of([*kept, *chat.records]).marks
    stored = [each for each in lasting if each.account == "alice"]
    assert len(stored) == marks.MOST
    assert kept[-1] in stored
    assert MarkRecord("alice", "bob", LATEST) in stored
    user = chat.world.find("alice")
    assert user is not None
    assert all(chat.core._ctx.marks.get(user, each.target) == each.time for each in stored)
    assert chat.core._ctx.marks.get(user, "#c0") == 0


def test_a_marker_that_moves_takes_nobodys_place() -> None:
    kept = [MarkRecord("alice", f"#c{number}", 1 + number) for number in range(marks.MOST - 1)]
    chat, alice, _ = alice_twice(*kept, MarkRecord("alice", "bob", 1))
    before = len(chat.records)
    alice.send(f"MARKREAD bob {at(LATEST)}")
    assert chat.records[before:] == [MarkRecord("alice", "bob", LATEST)]


def test_when_somebody_was_here_last_takes_nobodys_place_and_never_goes() -> None:
    chat, _, _ = alice_twice()
    user = chat.world.find("alice")
    assert user is not None
    kept = [MarkRecord("alice", "", 1), *(MarkRecord("alice", f"#c{n}", 1 + n) for n in range(1, marks.MOST))]
    assert marks.Marks(kept).advance(user, "bob", LATEST) == ["#c1"]
