"""What outlives the process: read from the store once, owned here, every change sent to the store as a record."""

from __future__ import annotations

from natterjack.core.accounts import Accounts
from natterjack.core.audit import Audit
from natterjack.core.certificates import Certificates
from natterjack.core.invites import Invites
from natterjack.core.sanctions import Sanctions
from natterjack.ports.events import Now
from natterjack.ports.records import Snapshot


class Lasting:
    """All owners of lasting state, as the store had it."""

    def __init__(self, snapshot: Snapshot, now: Now) -> None:
        self.accounts = Accounts(snapshot)
        self.certificates = Certificates(snapshot)
        self.invites = Invites(snapshot)
        self.audit = Audit(snapshot.audit)
        self.sanctions = Sanctions(snapshot, now)
