"""What a store would have of the records that it was given."""

from collections.abc import Iterable

from msgspec import structs

from natterjack.ports.records import (
    AccountRecord,
    ChannelGoneRecord,
    ChannelRecord,
    ChannelRenamedRecord,
    LineRecord,
    MarkRecord,
    Record,
    RunRecord,
    SeatRecord,
    Snapshot,
)
from natterjack.proto.casemap import fold


def snapshot_of(given: Iterable[Record], accounts: tuple[AccountRecord, ...] = ()) -> Snapshot:
    """Channels, their seats and read markers as a server that starts after ``records`` finds them."""
    marks: dict[tuple[str, str], MarkRecord] = {}
    records = list(given)
    channels: dict[str, ChannelRecord] = {}
    seats: dict[tuple[str, str], SeatRecord] = {}
    for record in records:
        if isinstance(record, ChannelRecord):
            channels[fold(record.name)] = record
        elif isinstance(record, ChannelGoneRecord):
            channels.pop(fold(record.name), None)
            seats = {key: seat for key, seat in seats.items() if key[0] != fold(record.name)}
        elif isinstance(record, ChannelRenamedRecord):
            old, new = fold(record.old), fold(record.new)
            if old in channels:
                channels[new] = structs.replace(channels.pop(old), name=record.new)
            seats = {(new if key[0] == old else key[0], key[1]): seat for key, seat in seats.items()}
            seats = {key: structs.replace(seat, channel=key[0]) for key, seat in seats.items()}
        elif isinstance(record, SeatRecord):
            seats[fold(record.channel), record.account] = record
        elif isinstance(record, MarkRecord):
            marks[record.account, record.target] = record
            if not record.time:
                del marks[record.account, record.target]
    return Snapshot(
        b"s" * 32,
        accounts,
        (),
        tuple(channels.values()),
        tuple(seats.values()),
        last_id=max((record.id for record in records if isinstance(record, LineRecord)), default=0),
        runs=tuple(record for record in records if isinstance(record, RunRecord)),
        marks=tuple(marks.values()),
    )
