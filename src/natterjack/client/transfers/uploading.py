"""How a file gets to the server, by the tus 1.0.0 protocol: what to do next. Pure.

Theory of operation::

    CREATING --201, Location--> SENDING --204, all is there--> CONFIRMING --the right hash--> over, well
       ^                         |   ^                            |
       |                     cut, 409, 423                   another hash --> REMOVING --> over, badly
       |                         v   |
       +---404, 410------------ ASKING (how much is there?)

Whoever resumes begins with ASKING. Where a server does not know the upload any more, it may be finished: the answer to
its last byte may be what was lost. So before it is sent anew, CONFIRMING asks whether there is a file of that id; an
upload is never announced twice.

At the end the server's hash is compared with that of what was read here, so that nothing wrong stays there, whatever
happened on the way or on the server's disk.

Source: https://tus.io/protocols/resumable-upload (1.0.0)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus

from natterjack.client.transfers.machine import Machine
from natterjack.client.transfers.steps import Ask, Confirm, Create, End, Push, Remove, Step
from natterjack.client.transfers.values import hash_in, is_count, is_id
from natterjack.client.transfers.words import Answer, Trouble, garbled, refused

#: Where uploads are, on every Natterjack server.
PATH = "/files/"
_LOCATION = re.compile(r"(?:https?://[^/?#]+)?/files/([^/?#]+)/?")
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class Phase(Enum):
    """See the module."""

    CREATING = "creating"
    ASKING = "asking"
    SENDING = "sending"
    CONFIRMING = "confirming"
    REMOVING = "removing"
    OVER = "over"


class Upload(Machine):
    """What came of a step is told by :meth:`answered`, :meth:`broke`, :meth:`changed` or :meth:`unreadable`.

    ``location`` is where an earlier run has begun, ``""`` for a new one. ``offset`` is what the server has.
    """

    def __init__(self, name: str, size: int, chance: Callable[[], float], location: str = "") -> None:
        super().__init__(f"{name} was not sent", chance)
        self.location = location
        self.offset = 0
        self._size = size
        self._phase = Phase.ASKING if location else Phase.CREATING
        self._most = 0  # the highest offset that was ever told
        self._told_whole = False  # the server has said that all is there
        self._may_be_whole = bool(location)

    @property
    def file_id(self) -> str:
        """The id of the file that it will be; ``""`` before the server has given it."""
        return file_id_of(self.location)

    def _step(self) -> Step:
        match self._phase:
            case Phase.CREATING:
                return Create()
            case Phase.ASKING:
                return Ask(self.location)
            case Phase.SENDING:
                return Push(self.location, self.offset)
            case Phase.CONFIRMING:
                return Confirm(self.file_id)
            case Phase.REMOVING:
                return Remove(self.location)
            case Phase.OVER:
                return End(self._trouble)

    # -- what came of it -------------------------------------------------------------------------------------------

    def broke(self, why: str) -> None:
        if self._phase is Phase.REMOVING:
            self._phase = Phase.OVER
            return
        if self._phase is Phase.SENDING:
            self._phase = Phase.ASKING
            self._may_be_whole = True
        self._rest(why)

    def changed(self) -> None:
        """The source is another one than at the beginning."""
        text = f"{self._what}: it has changed meanwhile. Send it again, if that is done."
        self._trouble = Trouble("source_changed", text)
        self._phase = Phase.REMOVING if self.location else Phase.OVER

    def unreadable(self, why: str) -> None:
        """The source cannot be read, for now at least."""
        self._end(Trouble("unreadable", f"{self._what}: {why}.", again=True))

    def answered(self, answer: Answer, sha256: str = "") -> None:
        """The server's answer to the last step; ``sha256`` is that of the source, needed for :class:`Confirm`."""
        if self._phase is Phase.REMOVING:
            self._phase = Phase.OVER
        elif self._put_off(answer):
            if self._phase is Phase.SENDING:
                self._phase = Phase.ASKING
        else:
            self._renewed = self._renewed and answer.status == HTTPStatus.UNAUTHORIZED
            match self._phase:
                case Phase.CREATING:
                    self._created(answer)
                case Phase.ASKING:
                    self._asked(answer)
                case Phase.SENDING:
                    self._sent(answer)
                case _:
                    self._confirmed(answer, sha256)

    def _created(self, answer: Answer) -> None:
        if answer.status != HTTPStatus.CREATED:
            self._end(refused(answer, self._what))
            return
        location = answer.get("location")
        if not file_id_of(location):
            self._end(garbled(self._what, "it gives the upload no place"))
            return
        self.location = f"{PATH}{file_id_of(location)}"
        self._may_be_whole = self._told_whole = False
        self.offset = 0
        # one without any bytes is whole at once, and the server says so when it is asked
        self._phase = Phase.SENDING if self._size else Phase.ASKING

    def _asked(self, answer: Answer) -> None:
        if answer.status in _GONE:
            self._phase = Phase.CONFIRMING if self._may_be_whole else Phase.CREATING
            if self._phase is Phase.CREATING:
                self._anew("the server does not know the upload any more")
            return
        if answer.status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
            self._end(refused(answer, self._what))
            return
        offset, length = answer.get("upload-offset"), answer.get("upload-length")
        if not is_count(offset) or int(offset) > self._size or (length and length != str(self._size)):
            self._end(garbled(self._what, f"it has {offset or 'nothing'} of {length or 'something'}"))
            return
        self._have(int(offset))

    def _sent(self, answer: Answer) -> None:
        if answer.status in (HTTPStatus.CONFLICT, *_GONE):
            self._phase = Phase.ASKING
            self._may_be_whole = True
            self._rest("the server has another part of it than we thought")
            return
        if answer.status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
            self._end(refused(answer, self._what))
            return
        offset = answer.get("upload-offset")
        if not is_count(offset) or not self.offset <= int(offset) <= self._size:
            self._end(garbled(self._what, f"it has {offset or 'nothing'} of {self._size} bytes"))
            return
        if int(offset) == self.offset < self._size:
            self._phase = Phase.ASKING
            self._rest("the server took nothing")
            return
        self._have(int(offset))

    def _have(self, offset: int) -> None:
        """The server has so much."""
        self.offset = offset
        if offset > self._most:
            self._most = offset
            self._patience.reset()
        if offset == self._size:
            self._told_whole = True
            self._phase = Phase.CONFIRMING
        else:
            self._phase = Phase.SENDING

    def _confirmed(self, answer: Answer, sha256: str) -> None:
        if answer.status == HTTPStatus.OK:
            if hash_in(answer.get("etag")) == sha256:
                self._phase = Phase.OVER
                return
            text = f"{self._what}: what arrived at the server is not what is here, and was taken back. Send it again."
            self._trouble = Trouble("wrong_hash", text)
            self._phase = Phase.REMOVING
        elif self._told_whole:
            self._phase = Phase.OVER  # it is there; we have left the channel meanwhile, say, and may not look
        elif answer.status in _GONE:
            self._phase = Phase.CREATING
            self._anew("the server does not know the upload any more")
        else:
            self._end(refused(answer, self._what))

    # -- inside ----------------------------------------------------------------------------------------------------

    def _anew(self, why: str) -> None:
        self.location = ""
        self.offset = self._most = 0
        self._may_be_whole = False
        self._rest(why)

    def _end(self, trouble: Trouble | None) -> None:
        self._trouble = trouble
        # what can't be gone on with is of no use there either
        keep = trouble is None or trouble.again or not self.location
        self._phase = Phase.OVER if keep else Phase.REMOVING


def file_id_of(location: str) -> str:
    """The id in the path, or address, of an upload; ``""`` where there is none."""
    found = _LOCATION.fullmatch(location)
    return found[1] if found and is_id(found[1]) else ""
