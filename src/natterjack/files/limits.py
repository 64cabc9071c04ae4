"""How much, how many, how long: what keeps files from taking the machine."""

from __future__ import annotations

from msgspec import Struct


class Bound(Struct, frozen=True):
    """What is answered to more than ``most`` bytes of an upload; the text without its full stop."""

    most: int
    status: int
    text: str


class FileLimits(Struct, frozen=True, kw_only=True):
    """Whoever is over one of them is told so, and loses nothing."""

    #: Bodies that go up or down at a time, a thread each; and those of one payer, or of one site that downloads.
    transfers: int = 32
    transfers_of_one: int = 8
    #: Uploads begun and not finished, resting ones included. Some 500 bytes of memory and one small file each.
    uploads: int = 10_000
    uploads_of_one: int = 100
    #: Seconds without a byte, in either direction.
    patience: float = 30.0
    #: Bytes a second that a transfer has to come to, over each so many seconds; 0: any will do. A modem of 1990 does.
    least_rate: int = 1024
    least_rate_over: float = 60.0
    #: Seconds without progress after which an upload is given up; and one of which nothing ever came.
    expire: float = 24 * 3600.0
    expire_empty: float = 3600.0
    #: Of the disk space that is free when the server starts, files may take this share altogether ...
    share: float = 0.5
    #: ... and nothing is taken in while less than this share of the disk is free.
    floor: float = 0.05
