"""What outlives the process: read from the store once, owned here, every change sent to the store as a record."""

from __future__ import annotations

from natterjack.core.accounts import Accounts
from natterjack.core.audit import Audit
from natterjack.core.certificates import Certificates
from natterjack.core.files.rows import Files
from natterjack.core.invites import Invites
from natterjack.core.marks import Marks
from natterjack.core.metadata import Metadata
from natterjack.core.sanctions import Sanctions
from natterjack.ports.events import Now
from natterjack.ports.records import Snapshot
from natterjack.proto.msgids import Msgids


class Lasting:
    """All owners of lasting state, as the store had it."""

    def __init__(self, snapshot: Snapshot, now: Now) -> None:
        self.accounts = Accounts(snapshot)
        self.certificates = Certificates(snapshot)
        self.invites = Invites(snapshot)
        self.audit = Audit(snapshot.audit)
        self.marks = Marks(snapshot.marks)
        self.metadata = Metadata(snapshot.metadata)
        self.msgids = Msgids((run.first, run.seed) for run in snapshot.runs)
        # Channels take their number from the same counter, perhaps before there is a line in them; and where lines
        # are not stored, it may be known from seats and files alone how far it had come.
        numbers = (channel.conversation for channel in snapshot.channels)
        lines = (record.line for record in snapshot.files)
        self.last_id = max([snapshot.last_id, *numbers, *(seat.since for seat in snapshot.seats), *lines])
        self.files = Files(snapshot.files)
        self.sanctions = Sanctions(snapshot, now)
