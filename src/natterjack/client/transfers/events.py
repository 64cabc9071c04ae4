"""What a client is told about files; see :mod:`natterjack.client.events` for all else."""

from __future__ import annotations

from natterjack.client.events import Event
from natterjack.client.secret import Secret
from natterjack.client.transfers.values import FileInfo, Transfer


class TransferChanged(Event, frozen=True):
    """A transfer began, moved, or changed its state. What only moves is told four times a second at most."""

    transfer: Transfer


class FileListed(Event, frozen=True):
    """One file of an answer to FILES. ``time`` in seconds since 1970, 0 where unknown."""

    ref: int
    file: FileInfo
    target: str
    time: float
    sender: str


class TokenGiven(Event, frozen=True):
    """With ``token`` files may be moved for so many ``seconds``. Nobody is shown this."""

    ref: int
    token: Secret
    seconds: float
