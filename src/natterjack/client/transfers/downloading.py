"""How a file gets here: what to do next. Pure.

Theory of operation::

    LOOKING --size, hash, name--> PLACING --> FETCHING --all is here--> CHECKING --the right hash--> over, well
                                               ^    |                      |
                                               +-cut+                 another hash: once more from the beginning,
                                                                      if parts of it were fetched at different times

A piece is asked for with ``If-Range`` (RFC 9110 section 13.1.5): where the content is another one by now, the server
gives all of it, and what there was is worth nothing. A file whose hash was announced has to be that one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus

from natterjack.client.transfers.machine import Machine
from natterjack.client.transfers.naming import name_in
from natterjack.client.transfers.steps import Check, End, Fetch, Look, Place, Step
from natterjack.client.transfers.values import hash_in, is_count
from natterjack.client.transfers.words import Answer, Trouble, garbled, refused

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)


class Phase(Enum):
    """See the module."""

    LOOKING = "looking"
    PLACING = "placing"
    FETCHING = "fetching"
    CHECKING = "checking"
    OVER = "over"


class Download(Machine):
    """``size`` (-1) and ``sha256`` (``""``) are what was announced, or is known from an earlier run.

    ``have`` is how many bytes are in the partial file; ``name`` what the server calls it.
    """

    def __init__(
        self,
        what: str,
        chance: Callable[[], float],
        size: int = -1,
        sha256: str = "",
        *,
        placed: bool = False,
    ) -> None:
        super().__init__(f"{what} was not fetched", chance)
        self.name = ""
        self.size = size
        self.sha256 = sha256
        self.have = 0
        self._announced = sha256
        self._phase = Phase.FETCHING if placed else Phase.LOOKING
        self._pieces = 0  # bodies that the partial file is made of
        self._once_more = False

    def _step(self) -> Step:
        match self._phase:
            case Phase.LOOKING:
                return Look()
            case Phase.PLACING:
                return Place()
            case Phase.FETCHING:
                return Fetch(self.have, self.sha256)
            case Phase.CHECKING:
                return Check()
            case Phase.OVER:
                return End(self._trouble)

    # -- what came of it -------------------------------------------------------------------------------------------

    def broke(self, why: str) -> None:
        if not self._all_here():
            self._rest(why)

    def placed(self, have: int) -> None:
        """There is a partial file with so many bytes."""
        self._phase = Phase.FETCHING
        self.have = have if have <= self.size else 0
        self._pieces = 1 if self.have else 0
        self._all_here()

    def looked(self, answer: Answer) -> None:
        """The answer to :class:`Look`."""
        if self._refused(answer):
            return
        size, sha256 = answer.get("content-length"), hash_in(answer.get("etag"))
        if not is_count(size) or not sha256:
            self._end(garbled(self._what, "it does not say how long the file is, or which hash it has"))
            return
        if self._announced and sha256 != self._announced:
            self._end(self._another())
            return
        self.size, self.sha256 = int(size), sha256
        self.name = name_in(answer.get("content-disposition"))
        self._phase = Phase.PLACING

    def began(self, answer: Answer) -> bool:
        """The answer to :class:`Fetch`. Whether content follows: then it belongs at ``have``, which may be 0 now."""
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self.have = 0
            self._rest("the server has no such part of it")
            return False
        if self._refused(answer):
            return False
        sha256 = hash_in(answer.get("etag"))
        if answer.status == HTTPStatus.PARTIAL_CONTENT:
            found = _RANGE.fullmatch(answer.get("content-range").strip())
            fits = found is not None and int(found[1]) == self.have and found[3] in ("*", str(self.size))
            if not fits or (sha256 and sha256 != self.sha256):
                self._end(garbled(self._what, "it gives another part than was asked for"))
                return False
        else:
            size = answer.get("content-length")
            if sha256 and sha256 != self.sha256:
                if self._announced or not is_count(size):
                    self._end(self._another())
                    return False
                self.size, self.sha256 = int(size), sha256
            elif size and size != str(self.size):
                self._end(garbled(self._what, f"{size} bytes instead of {self.size}"))
                return False
            self.have = self._pieces = 0
        self._pieces += 1
        return True

    def received(self, count: int) -> bool:
        """So many bytes of the content have come, and are in the partial file. False: there is no room for them."""
        if self.have + count > self.size:
            self._end(garbled(self._what, f"it sends more than the {self.size} bytes that the file has"))
            return False
        self.have += count
        self._patience.reset()
        return True

    def ended(self) -> None:
        """The content that was sent is at its end."""
        if not self._all_here():
            self._rest("the connection ended in the middle")

    def checked(self, sha256: str) -> None:
        """What is here has this hash."""
        if sha256 == self.sha256:
            self._end(None)
        elif self._pieces > 1 and not self._once_more:
            self._once_more = True
            self.have = self._pieces = 0
            self._phase = Phase.FETCHING
        else:
            text = (
                f"{self._what}: what came is not what was announced (its SHA-256 differs). It was thrown away, and "
                "did not get the file's name."
            )
            self._end(Trouble("wrong_hash", text))

    def failed_here(self, code: str, why: str) -> None:
        """It cannot be written, for now at least."""
        self._end(Trouble(code, f"{self._what}: {why}", again=True))

    # -- inside ----------------------------------------------------------------------------------------------------

    def _all_here(self) -> bool:
        if self._phase is Phase.FETCHING and self.have == self.size:
            self._phase = Phase.CHECKING
            return True
        return self._phase in (Phase.CHECKING, Phase.OVER)

    def _refused(self, answer: Answer) -> bool:
        if answer.status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            self._renewed = False
            return False
        if not self._put_off(answer):
            self._end(refused(answer, self._what))
        return True

    def _another(self) -> Trouble:
        text = (
            f"{self._what}: the server has another content under that id now than the one that was announced."
        )
        return Trouble("another_file", text)

    def _end(self, trouble: Trouble | None) -> None:
        self._trouble = trouble
        self._phase = Phase.OVER
