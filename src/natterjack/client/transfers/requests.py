"""What can be asked for about files. Those of the first group go to the server as lines, the others never.

A transfer is *taken on* by ``Done``; what comes of it is told by :class:`~.events.TransferChanged`, with the request's
number as its ``ref``.
"""

from __future__ import annotations

from natterjack.client.requests import FileRequest, Request


class AskToken(FileRequest, frozen=True):
    """A token to move files with; answered by ``TokenGiven``. The client's own business."""

    @property
    def params(self) -> tuple[str, ...]:
        return ("TOKEN",)


class AskFiles(FileRequest, frozen=True):
    """The newest files of a conversation, or with ``*`` all that we have sent. ``before``: older than that one."""

    target: str = "*"
    before: str = ""

    @property
    def params(self) -> tuple[str, ...]:
        return ("LIST", self.target, self.before) if self.before else ("LIST", self.target)


class DeleteFile(FileRequest, frozen=True):
    file_id: str = ""

    @property
    def params(self) -> tuple[str, ...]:
        return ("DELETE", self.file_id)


class UnlinkFile(FileRequest, frozen=True):
    """Nobody can fetch it by its link any more."""

    file_id: str = ""

    @property
    def params(self) -> tuple[str, ...]:
        return ("UNLINK", self.file_id)


class TransferRequest(Request, frozen=True):
    """The base of what is done here."""


class SendFile(TransferRequest, frozen=True):
    """``path`` as typed: ``~`` and quotes around it are understood. ``target`` ``""``: for ourselves alone."""

    target: str = ""
    path: str = ""


class FetchFile(TransferRequest, frozen=True):
    """``path`` ``""``: the download directory, under the file's own name.

    ``name``, ``size`` and ``sha256`` are what was announced, where that is known: the content has to be that.
    """

    file_id: str = ""
    path: str = ""
    name: str = ""
    size: int = -1
    sha256: str = ""


class PauseTransfer(TransferRequest, frozen=True):
    """It keeps what it has, and goes on with :class:`ResumeTransfer` only, in a later run too."""

    number: int = 0


class ResumeTransfer(TransferRequest, frozen=True):
    """One that is paused, waits, or has failed with ``again``."""

    number: int = 0


class CancelTransfer(TransferRequest, frozen=True):
    """It is given up, and what there is of it thrown away, here and on the server."""

    number: int = 0
