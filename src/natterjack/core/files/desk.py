"""Where the shell's questions about files come in, and are answered; see :mod:`natterjack.ports.files`."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

from natterjack.core.context import Context
from natterjack.core.crowds import site_of
from natterjack.core.files import removing, rights
from natterjack.core.files.finishing import NOT_FOUND, OFF, Steps, begin, finish
from natterjack.core.files.parties import Party, granted, identify
from natterjack.core.files.removing import Sweeper
from natterjack.core.files.rows import File
from natterjack.core.sanctions import ban_text
from natterjack.core.state import Session
from natterjack.core.waits import Waits
from natterjack.ports.effects import Mishap
from natterjack.ports.files import (
    Begin,
    Denied,
    Erase,
    Erased,
    Fetch,
    Fetchable,
    FileAbandoned,
    FileAnswer,
    FileAnswered,
    FileAsked,
    Finish,
    Key,
)
from natterjack.wire.message import Message

_NO_LINE = Message("*")
_UNSTORED = Denied(507, "it is gone, but that can't be stored just now: it will be, as soon as there is room")
_NOT_YOURS = Denied(403, "only its uploader may delete it, and operators of the channel")


class FileDesk:
    """Takes :class:`FileAsked`; the answers are :class:`FileAnswered`."""

    def __init__(self, ctx: Context, waits: Waits) -> None:
        self._ctx = ctx
        self._waits = waits
        self._sweeper = Sweeper(ctx)
        self._under_way: dict[int, _Request] = {}  # by the shell's number

    def asked(self, event: FileAsked) -> None:
        """A request; it may wait, and others don't wait for it."""
        errand = _Request(self._ctx, event, self._under_way)
        errand.resume()
        self._waits.begin(errand, _answer(self._ctx, event))

    def abandoned(self, event: FileAbandoned) -> None:
        """Nobody waits for that one: what is not begun for it yet is not begun any more."""
        self._under_way.pop(event.request, None)

    def tick(self) -> None:
        """Time has passed."""
        self._sweeper.tick()


class _Request:
    """An errand of somebody who asks over HTTP, for whom a session stands in. It is wanted while it is under way."""

    urgent = False

    def __init__(self, ctx: Context, event: FileAsked, under_way: dict[int, _Request]) -> None:
        self._ctx = ctx
        self._under_way = under_way
        under_way[event.request] = self
        self._request = event.request
        self._ask = event.ask
        self.session = Session(0, event.ip, 0, "http", ctx.now.mono, ctx.now.wall, 0.0)
        self.session.home = event.home
        self.session.site = site_of(event.ip) if ctx.policy.limited and not event.home else ""

    def is_wanted(self) -> bool:
        return self._request in self._under_way

    def suspend(self) -> None:
        """Nothing is kept: the context is aimed anew when it goes on."""

    def resume(self) -> None:
        self._ctx.begin(self.session, _NO_LINE)

    def contain(self, error: Exception) -> bool:
        """As with a command (decision 39): only where nothing can have been changed does the server go on."""
        if isinstance(self._ask, Finish | Erase):
            return False
        self._ctx.delivery.tell(Mishap(f"{type(self._ask).__name__} of a file by {self.session.ip}", error))
        self.finish(Denied(500, "the server failed at this, which is its own fault; its log has more"))
        return True

    def fail(self) -> None:
        self.finish(Denied(503, "that can't be found out just now: try again later", retry=10))

    def finish(self, result: Any) -> None:
        if self._under_way.pop(self._request, None) is not None and result is not None:
            otherwise = _UNSTORED if isinstance(result, Erased) else result
            answers = FileAnswered(self._request, result), FileAnswered(self._request, otherwise)
            self._ctx.delivery.either(self.session, self.session.gate, *answers)


def _answer(ctx: Context, event: FileAsked) -> Steps:
    ask = event.ask
    if not ctx.policy.takes_files:
        return OFF
    if isinstance(ask, Begin):
        return (yield from begin(ctx, event, ask))
    if isinstance(ask, Finish):
        return (yield from finish(ctx, event, ask))
    if isinstance(ask, Fetch):
        return (yield from _fetch(ctx, event, ask.id))
    party = yield from identify(ctx, event)
    if isinstance(party, Denied):
        return party
    return _erase(ctx, party, ask.id) if isinstance(ask, Erase) else granted(ctx, party)


def _fetch(ctx: Context, event: FileAsked, number: str) -> Steps:
    if isinstance(event.credential, Key):
        return _by_link(ctx, event.ip, number, event.credential.key)
    party = yield from identify(ctx, event)
    if isinstance(party, Denied):
        return party
    file = ctx.files.get(number)
    return _fetchable(file) if file is not None and rights.may_fetch(ctx, party, file) else NOT_FOUND


def _by_link(ctx: Context, ip: str, number: str, key: str) -> FileAnswer:
    ban = ctx.sanctions.bans.on_address(ip)
    if ban is not None:
        return Denied(403, ban_text(ban))
    file = ctx.files.get(number)
    wanted = file.record.key if file is not None and ctx.policy.files.links else ""
    if file is None or not wanted or not compare_digest(wanted.encode(), key.encode()):
        return NOT_FOUND
    return _fetchable(file)


def _fetchable(file: File) -> Fetchable:
    record = file.record
    return Fetchable(record.sha256, record.size, record.name, record.type, record.created)


def _erase(ctx: Context, party: Party, number: str) -> FileAnswer:
    file = ctx.files.get(number)
    if file is None or not rights.may_fetch(ctx, party, file):
        return NOT_FOUND
    if not rights.may_delete(ctx, party, file):
        return _NOT_YOURS
    removing.remove(ctx, file, (ctx.session,))
    return Erased()
