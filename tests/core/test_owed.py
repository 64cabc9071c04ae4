"""What has happened and could not be stored: it is owed, and goes in front of what is stored next."""

from __future__ import annotations

import pytest
from msgspec import structs

from natterjack.core import owed
from natterjack.core.owed import Owed, is_given_up
from natterjack.core.server import Core
from natterjack.ports.effects import Commit
from natterjack.ports.events import Committed, Now, Refused, Tick
from natterjack.ports.records import (
    AccountRecord,
    AuditRecord,
    CertificateRecord,
    ChannelGoneRecord,
    ChannelRecord,
    ChannelRenamedRecord,
    CidRecord,
    ForgetRecord,
    LineRecord,
    MetadataGoneRecord,
    MetadataRecord,
    PairRecord,
    Record,
    RoomRecord,
    RunRecord,
    SeatRecord,
    Snapshot,
)
from tests.core.test_refusals import SORRY, TALK, members, pond
from tests.support.chat import Chat

# -- what is owed


def test_what_has_happened_is_put_in_front_of_the_next_batch() -> None:
    chat = members("alice", "bob")
    alice = chat.peers["alice"]
    chat.records.clear()
    alice.send("TOPIC #pond :first")
    alice.send("TOPIC #pond :second")
    chat.peers["bob"].send("PRIVMSG #pond :lost")
    chat.refuse()
    assert chat.core.stuck
    assert "TOPIC #pond :second" in alice.take()[-1]
    alice.send("PRIVMSG #pond :more")
    (commit,) = chat.commits
    kinds = [type(record).__name__ for record in commit.records]
    assert sorted(kinds) == ["ChannelRecord", "LineRecord", "LineRecord", "LineRecord"]
    assert kinds[-1] == "LineRecord"
    ids = [record.id for record in commit.records if isinstance(record, LineRecord)]
    assert ids == sorted(ids)
    (channel,) = (record for record in commit.records if isinstance(record, ChannelRecord))
    assert channel.topic == "second"
    assert commit.heard == commit.batch - 1
    chat.refuse()
    chat.wait(1)
    (commit,) = chat.commits
    assert [type(record) for record in commit.records][-1] is RoomRecord
    assert len(commit.records) == 4
    chat.refuse()
    alice.send("PRIVMSG #pond :small")
    assert len(chat.commits[0].records) == 4
    chat.commit()
    assert chat.core.stuck, "something small has fitted, which says little"
    assert not chat.core.owed
    chat.wait(1)
    chat.commit()
    assert not chat.core.stuck
    assert not chat.core.owed
    chat.wait(5)
    assert not chat.commits


def test_all_batches_that_were_under_way_are_refused_together() -> None:
    chat = pond("alice", "bob", caps=TALK)
    chat.play("""
        alice > PRIVMSG #pond :kept
        alice > PRIVMSG #pond :lost
        bob > PRIVMSG #pond :lost too
        -- commit
        alice < :alice PRIVMSG #pond :kept
        bob < :alice PRIVMSG #pond :kept
    """)
    heard = chat.commits[-1].batch
    chat.play(f"""
        -- refuse
        alice < FAIL PRIVMSG STORAGE_FULL #pond :{SORRY}
        bob < FAIL PRIVMSG STORAGE_FULL #pond :{SORRY}
    """)
    chat.peers["bob"].send("PRIVMSG #pond :kept")
    assert [(commit.batch, commit.heard) for commit in chat.commits] == [(heard + 1, heard)]


def test_whether_there_is_room_is_tried_once_a_second_and_not_while_something_is_under_way() -> None:
    chat = pond("alice")
    chat.wait(3)
    assert not chat.commits
    chat.peers["alice"].send("PRIVMSG #pond :kept")
    chat.commit()
    chat.peers["alice"].send("PRIVMSG #pond :lost")
    chat.refuse()
    for _ in range(3):
        chat.handle(Tick())
    ((probe,),) = (commit.records for commit in chat.commits)
    assert isinstance(probe, RoomRecord)
    chat.refuse()
    chat.wait(1)
    assert len(chat.commits) == 1
    assert not chat.core.owed
    chat.commit()
    assert not chat.core.stuck


def test_a_run_that_could_not_be_stored_at_the_start_is_stored_before_any_line() -> None:
    core = Chat().core
    policy = structs.replace(core.policy, durable=True, store=True, history=True)
    core = Core(policy, "seed", Now(0.0, 1.0), Snapshot(b"s" * 32), bytes)
    (first,) = (effect for effect in core.take() if isinstance(effect, Commit))
    core.handle(Refused(first.batch), Now(0.0, 1.0))
    core.handle(Tick(), Now(1.0, 2.0))
    (second,) = (effect for effect in core.take() if isinstance(effect, Commit))
    assert isinstance(second.records[0], RunRecord)
    assert second.records == (*first.records, RoomRecord())


# -- owing


def channel(name: str, topic: str) -> ChannelRecord:
    return ChannelRecord(name, 1.0, "", "", 0, 0, topic, "", 0.0)


def line(number: int) -> LineRecord:
    return LineRecord(number, (1,), 0, False, ":a!a@h JOIN #pond", "", "")


def test_of_two_about_the_same_the_later_is_owed_in_its_place() -> None:
    held = Owed()
    first, second = channel("#Pond", "one"), channel("#pond", "two")
    seat = SeatRecord("#pond", "ann", 1, member=True)
    for record in (
        first,
        seat,
        line(1),
        AuditRecord(1.0, "a", "b", "c"),
        second,
        AuditRecord(1.0, "a", "b", "c"),
    ):
        held.add(record)
    records = held.take()
    assert records == (
        seat,
        line(1),
        AuditRecord(1.0, "a", "b", "c"),
        second,
        AuditRecord(1.0, "a", "b", "c"),
    )
    assert (len(held), held.take()) == (0, ())


def test_a_channel_that_went_takes_its_seats_along_even_if_it_came_again() -> None:
    held = Owed()
    gone = ChannelGoneRecord("#pond")
    for record in (
        channel("#pond", "old"),
        SeatRecord("#pond", "ann", 1, member=True),
        gone,
        channel("#pond", "new"),
    ):
        held.add(record)
    records = list(held.take())
    assert records[-1] == channel("#pond", "new")
    assert records.index(gone) < len(records) - 1


def test_what_is_said_of_somebody_or_a_channel_is_owed_once_for_each_key() -> None:
    held = Owed()
    for number in range(100):
        held.add(MetadataRecord("ann", 0, "status", str(number)))
        held.add(MetadataRecord("", 5, "status", str(number)))
        held.add(MetadataGoneRecord("ann", 0, "url") if number % 2 else MetadataRecord("ann", 0, "url", "x"))
        held.add(channel("#pond", str(number)))
    assert held.take() == (
        MetadataRecord("ann", 0, "status", "99"),
        MetadataRecord("", 5, "status", "99"),
        MetadataGoneRecord("ann", 0, "url"),
        channel("#pond", "99"),
    )


def test_a_channels_new_name_stays_between_what_was_said_of_it_before_and_after() -> None:
    held = Owed()
    order: list[Record] = [
        channel("#pond", "old"),
        MetadataRecord("", 5, "url", "old"),
        ChannelRenamedRecord("#pond", "#lake"),
        channel("#lake", "new"),
        MetadataRecord("", 5, "url", "new"),
        ChannelGoneRecord("#lake"),
    ]
    for record in order:
        held.add(record)
    assert held.take() == tuple(order)


def test_metadata_that_is_set_again_and_again_while_the_disk_is_full_takes_no_room() -> None:
    chat = members("alice")
    alice = chat.peers["alice"]
    for number in range(20):
        alice.send(f"METADATA * SET status :{number}", f"METADATA #pond SET status :{number}")
        chat.refuse()
    assert chat.core.owed == 2
    chat.wait(1)
    kept = [record for record in chat.commits[0].records if isinstance(record, MetadataRecord)]
    assert [record.value for record in kept] == ["19", "19"]


def test_nothing_moves_past_what_is_of_an_unknown_kind() -> None:
    held = Owed()
    order: list[Record] = [channel("#a", "1"), ForgetRecord(5), channel("#a", "2"), channel("#a", "3")]
    for record in order:
        held.add(record)
    assert held.take() == (order[0], order[1], order[3])


@pytest.mark.inside
def test_lines_are_owed_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owed, "MOST_LINES", 3)
    held = Owed()
    account = AccountRecord("a", 1.0, 1, b"", b"", b"")
    for number in range(1, 6):
        held.add(line(number))
    held.add(account)
    assert held.missing == 2
    assert held.take() == (line(1), line(2), line(3), account)
    held.add(line(9))
    assert held.take() == (line(9),)


def test_what_is_given_up_is_what_was_said() -> None:
    def event(body: str) -> LineRecord:
        return LineRecord(1, (1,), 0, False, f":a!a@h {body}", "", "")

    assert all(
        map(is_given_up, (CidRecord("", "c", 1, 1), RoomRecord(), event("TAGMSG #a"), event("REDACT #a x")))
    )
    kept: tuple[Record, ...] = (
        event("JOIN #a"),
        event("QUIT :x"),
        PairRecord("a", "b", -1),
        RunRecord(1, "s"),
    )
    assert not any(map(is_given_up, (*kept, CertificateRecord("f", "a", 1.0))))


def test_a_commit_of_batches_before_a_refusal_does_not_end_it() -> None:
    chat = pond("alice")
    chat.peers["alice"].send("PRIVMSG #pond :one")
    chat.peers["alice"].send("PRIVMSG #pond :two")
    chat.commit()
    chat.refuse()
    assert chat.core.stuck
    chat.handle(Committed(chat.core.delivery.batch - 1))
    assert chat.core.stuck
