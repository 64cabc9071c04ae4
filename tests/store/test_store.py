"""The store: what is committed is there after reopening, and nothing is reported before it is."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import apsw
import pytest

from natterjack.ports.records import (
    AccountRecord,
    AuditRecord,
    CertificateGoneRecord,
    CertificateRecord,
    ChannelGoneRecord,
    ChannelRecord,
    ChannelRenamedRecord,
    FormerName,
    InviteRecord,
    LineRecord,
    LockGoneRecord,
    LockRecord,
    MarkRecord,
    MaskRecord,
    MetadataGoneRecord,
    MetadataRecord,
    SanctionGoneRecord,
    SanctionRecord,
    SeatRecord,
)
from natterjack.store import database, rows
from natterjack.store.database import NAME, StoreError, open_database
from natterjack.store.writer import Store

_PATIENCE = 20.0


def _account(name: str, revoked: bool = False) -> AccountRecord:
    return AccountRecord(name, 1.5, 600_000, b"salt", b"stored", b"server", revoked)


class _Reports:
    """Gathers what the writer's thread says."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.failures: list[str] = []
        self.refusals: list[tuple[int, str]] = []
        self._said = threading.Condition()

    def committed(self, batch: int) -> None:
        with self._said:
            self.batches.append(batch)
            self._said.notify()

    def refused(self, batch: int, why: str) -> None:
        with self._said:
            self.refusals.append((batch, why))
            self._said.notify()

    def failed(self, why: str) -> None:
        with self._said:
            self.failures.append(why)
            self._said.notify()

    def wait_for(self, batch: int) -> None:
        with self._said:
            assert self._said.wait_for(lambda: bool(self.batches) and self.batches[-1] >= batch, _PATIENCE)

    def wait_for_refusal(self) -> tuple[int, str]:
        with self._said:
            assert self._said.wait_for(lambda: bool(self.refusals), _PATIENCE)
        return self.refusals[0]


def _started(directory: Path) -> tuple[Store, _Reports]:
    store, reports = Store(directory), _Reports()
    store.start(reports.committed, reports.refused, reports.failed)
    return store, reports


def test_what_is_committed_is_there_after_reopening(tmp_path: Path) -> None:
    store, reports = _started(tmp_path)
    store.submit(1, [_account("Alice")])
    store.submit(2, [_account("bob"), _account("Alice", revoked=True)])
    reports.wait_for(2)
    secret = store.snapshot.secret
    store.close()
    again = Store(tmp_path)
    assert {record.name: record for record in again.snapshot.accounts} == {
        "Alice": _account("Alice", revoked=True),
        "bob": _account("bob"),
    }
    assert again.snapshot.secret == secret
    assert len(secret) == 32
    again.close()


def test_batches_are_reported_in_order_and_none_is_left_out_of_the_last_number(tmp_path: Path) -> None:
    store, reports = _started(tmp_path)
    for batch in range(1, 201):
        store.submit(batch, [_account(f"user{batch}")])
    store.close()  # commits what waits
    assert reports.batches == sorted(set(reports.batches))
    assert reports.batches[-1] == 200
    again = Store(tmp_path)
    assert len(again.snapshot.accounts) == 200
    again.close()


def test_a_disk_that_is_full_is_reported_and_nothing_acknowledged(tmp_path: Path) -> None:
    store, reports = _started(tmp_path)
    pages = store._connection.pragma("page_count")
    store._connection.pragma("max_page_count", pages)  # SQLite's own way to a full disk
    store.submit(1, [_account("x" * 40_000)])
    assert reports.wait_for_refusal() == (1, "the disk is full")
    assert reports.batches == []
    store.close()
    assert reports.failures == []
    again = Store(tmp_path)
    assert again.snapshot.accounts == ()
    again.close()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", [b"this is no database at all, " * 50, b"SQLite format 3\0" + b"\xff" * 4000]
)
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / NAME
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"put a backup in its place|can't use"):
        open_database(tmp_path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / NAME))
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(StoreError, match="another program's"):
        open_database(tmp_path)
    connection = apsw.Connection(str(tmp_path / NAME))
    assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]
    connection.close()


def test_a_newer_versions_database_is_refused(tmp_path: Path) -> None:
    connection = open_database(tmp_path)
    connection.pragma("user_version", 10_000)
    connection.close()
    with pytest.raises(StoreError, match="newer version"):
        open_database(tmp_path)


def test_a_migration_copies_first_and_happens_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = open_database(tmp_path)
    rows.write(connection, _account("alice"))
    connection.close()
    real = database.migrations()
    newest = real[-1][0] + 1
    broken = [*real, (newest, "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)")]
    monkeypatch.setattr(database, "migrations", lambda: broken)
    with pytest.raises(StoreError):
        open_database(tmp_path)
    monkeypatch.setattr(database, "migrations", lambda: [*real, (newest, "CREATE TABLE half (x)")])
    connection = open_database(tmp_path)
    assert connection.pragma("user_version") == newest
    connection.close()
    copy = apsw.Connection(str(tmp_path / f"{NAME}.before-{newest}"))
    assert copy.execute("SELECT name FROM account").fetchall() == [("alice",)]
    assert copy.pragma("user_version") == real[-1][0]
    copy.close()


def test_channels_seats_and_invites_come_back_as_they_were(tmp_path: Path) -> None:
    store, reports = _started(tmp_path)
    masks = (
        MaskRecord("b", "*!*@10.*", "alice!a@host", 3.5),
        MaskRecord("b", "~m:~a:kim", "alice!a@host", 3.5, 99.5, 96, "loud ☂"),
    )
    channel = ChannelRecord("#Team", 1.0, "MRint", "key", 9, 5, "plans ☂", "alice!a@host", 2.0, 77, masks)
    seats = (SeatRecord("#Team", "alice", 12, member=True), SeatRecord("#team", "bob", 1, member=False))
    invite = InviteRecord("1-otter", 1.0, "console", 5, 9.5, "#Team", revoked=True)
    gone = ChannelRecord("#Gone", 1.0, "nt", "", 0, 0, "", "", 0.0)
    store.submit(1, [channel, *seats, invite, AuditRecord(1.0, "console", "kick", "bob")])
    store.submit(1, [gone, SeatRecord("#gone", "alice", 4, member=True), ChannelGoneRecord("#GONE")])
    reports.wait_for(1)
    store.close()
    again = Store(tmp_path)
    snapshot = again.snapshot
    again.close()
    assert snapshot.channels == (channel,)
    assert [(seat.channel, seat.account, seat.ranks, seat.member) for seat in snapshot.seats] == [
        ("#team", "alice", 12, True),
        ("#team", "bob", 1, False),
    ]
    assert snapshot.invites == (invite,)
    assert snapshot.audit == (AuditRecord(1.0, "console", "kick", "bob"),)


def test_a_channel_is_renamed_with_its_seats_and_markers(tmp_path: Path) -> None:
    store, reports = _started(tmp_path)
    channel = ChannelRecord("#Team", 1.0, "nt", "", 0, 0, "", "", 0.0, 77)
    store.submit(1, [channel, SeatRecord("#Team", "alice", 12, member=True, since=5)])
    store.submit(
        2, [MarkRecord("alice", "#team", 7), MarkRecord("alice", "#crew", 9), MarkRecord("bob", "#crew", 9)]
    )
    store.submit(3, [ChannelRenamedRecord("#Team", "#TEAM"), ChannelRenamedRecord("#TEAM", "#Crew")])
    store.submit(
        4, [ChannelRecord("#team", 2.0, "nt", "", 0, 0, "", "", 0.0, 78), MarkRecord("bob", "#team", 8)]
    )
    reports.wait_for(4)
    store.close()
    again = Store(tmp_path)
    snapshot = again.snapshot
    again.close()
    assert {(each.name, each.conversation) for each in snapshot.channels} == {("#Crew", 77), ("#team", 78)}
    assert snapshot.seats == (SeatRecord("#crew", "alice", 12, member=True, since=5),)
    assert set(snapshot.marks) == {MarkRecord("alice", "#crew", 7), MarkRecord("bob", "#team", 8)}


def test_former_names_are_read_from_what_has_happened(tmp_path: Path) -> None:
    store, reports = _started(tmp_path)
    bodies = (
        "alice!a@h RENAME #Team #Crew :we are more",
        "alice!a@h TOPIC #crew :bob RENAME #a #b",
        "alice!a@h JOIN #crew",
        "alice!a@h RENAME #Crew #Staff :",
    )
    lines = [
        LineRecord(number, (77,), number * 1000, False, f":{body}", "alice", "")
        for number, body in enumerate(bodies, 5)
    ]
    store.submit(1, lines)
    reports.wait_for(1)
    store.close()
    again = Store(tmp_path)
    former = again.snapshot.former
    again.close()
    assert former == (FormerName(77, "#Team", 5.0), FormerName(77, "#Crew", 8.0))


def test_whoever_owned_a_channel_before_owners_had_a_rank_has_it_now(
    tmp_path: Path,
) -> None:
    connection = database.build(tmp_path / NAME, 4)
    mask = '[{"letter":"b","mask":"*!*@10.*","by":"alice!a@host","time":3.5}]'
    connection.execute("""
        INSERT INTO channel VALUES ('#team', '#Team', 1.0, 'alice', 'int', 'key', 9, 'plans', 'a!a@h', 2.0, '[]');
        INSERT INTO channel VALUES ('#alone', '#alone', 1.0, 'bob', 'nt', '', 0, '', '', 0.0, '[]');
        INSERT INTO channel VALUES ('#lobby', '#lobby', 1.0, '', 'nt', '', 0, '', '', 0.0, '[]');
        INSERT INTO seat VALUES ('#team', 'alice', 1, 1), ('#team', 'bob', 4, 1);
    """)
    connection.execute("UPDATE channel SET masks = ? WHERE folded = '#team'", (mask,))
    connection.close()
    store = Store(tmp_path)
    snapshot = store.snapshot
    store.close()
    masks = (MaskRecord("b", "*!*@10.*", "alice!a@host", 3.5),)
    assert set(snapshot.channels) == {
        ChannelRecord("#Team", 1.0, "int", "key", 9, 0, "plans", "a!a@h", 2.0, 0, masks),
        ChannelRecord("#alone", 1.0, "nt", "", 0, 0, "", "", 0.0),
        ChannelRecord("#lobby", 1.0, "nt", "", 0, 0, "", "", 0.0),
    }
    assert set(snapshot.seats) == {
        SeatRecord("#team", "alice", 13, member=True),
        SeatRecord("#team", "bob", 4, member=True),
        SeatRecord("#alone", "bob", 12, member=False),
    }


def test_operators_sanctions_and_the_lock_come_back_as_they_were(tmp_path: Path) -> None:
    store, reports = _started(tmp_path)
    boss = AccountRecord("Boss", 1.0, 600_000, b"salt", b"stored", b"server", operator=True)
    ban = SanctionRecord("ban", "Spam*!*@*", "console", 1.0, 0.0, "spam ☂")
    mute = SanctionRecord("mute", "spam*!*@*", "Boss", 2.0, 9.5, "")
    longer = SanctionRecord("mute", "SPAM*!*@*", "Boss", 3.0, 99.5, "again")
    other = SanctionRecord("ban", "192.0.2.0/24", "Boss", 4.0, 0.0, "")
    store.submit(
        1, [boss, ban, mute, other, LockRecord("first", "Boss", 1.0), LockRecord("raid", "Boss", 5.0)]
    )
    store.submit(2, [longer, SanctionGoneRecord("ban", "192.0.2.0/24"), SanctionGoneRecord("mute", "nobody")])
    reports.wait_for(2)
    store.close()
    again, reports = _started(tmp_path)
    assert again.snapshot.accounts == (boss,)
    assert again.snapshot.sanctions == (ban, longer)
    assert again.snapshot.lock == LockRecord("raid", "Boss", 5.0)
    again.submit(1, [LockGoneRecord()])
    reports.wait_for(1)
    again.close()
    last = Store(tmp_path)
    assert last.snapshot.lock is None
    last.close()


def test_a_database_from_before_there_were_operators_has_none(tmp_path: Path) -> None:
    old = apsw.Connection(str(tmp_path / NAME))
    for number, text in database.migrations()[:3]:
        old.execute(text)
        old.pragma("user_version", number)
    old.pragma("application_id", database.APPLICATION_ID)
    old.execute("INSERT INTO account VALUES ('alice', 'Alice', 1.5, 600000, x'00', x'00', x'00', 1)")
    old.close()
    store = Store(tmp_path)
    (alice,) = store.snapshot.accounts
    assert (alice.name, alice.revoked, alice.operator) == ("Alice", True, False)
    assert (store.snapshot.sanctions, store.snapshot.lock) == ((), None)
    store.close()


def test_certificates_come_back_as_they_were(tmp_path: Path) -> None:
    store, reports = _started(tmp_path)
    kept, moved = CertificateRecord("a" * 64, "Alice", 1.5), CertificateRecord("b" * 64, "bob", 2.5)
    store.submit(1, [kept, moved, CertificateRecord("c" * 64, "bob", 3.5), CertificateGoneRecord("c" * 64)])
    reports.wait_for(1)
    store.close()
    again = Store(tmp_path)
    assert again.snapshot.certificates == (kept, moved)
    again.close()


def test_metadata_comes_back_and_goes_with_its_channel(tmp_path: Path) -> None:
    connection = open_database(tmp_path)
    ours, theirs = MetadataRecord("kim", 0, "url", "a"), MetadataRecord("", 7, "url", "b")
    for record in (
        ChannelRecord("#A", 1.0, "nt", "", 0, 0, "", "", 0.0, 7),
        ours,
        theirs,
        MetadataRecord("kim", 0, "color", "red"),
        MetadataGoneRecord("kim", 0, "color"),
        ChannelRenamedRecord("#a", "#b"),
    ):
        rows.write(connection, record)
    assert set(rows.read(connection).metadata) == {ours, theirs}
    rows.write(connection, ChannelGoneRecord("#B"))
    assert rows.read(connection).metadata == (ours,)
    connection.close()


def test_a_file_that_was_deleted_or_replaced_is_noticed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.is_in_place()
    (tmp_path / NAME).rename(tmp_path / "elsewhere")
    assert not store.is_in_place()
    (tmp_path / NAME).write_bytes(b"another")
    assert not store.is_in_place()
    store.close()
