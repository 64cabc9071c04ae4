"""What a request to say something becomes: which messages, and of which lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from natterjack.client.events import Kind
from natterjack.client.requests import Deliver, Edit, Say, tags_of
from natterjack.client.session.multiline import Limits, Piece, fits, messages_of, pieces_of
from natterjack.client.session.splitting import room_for
from natterjack.client.session.state import State
from natterjack.client.session.texts import clean
from natterjack.proto import numerics as n
from natterjack.wire.message import NO_TAGS

#: How a message of each kind goes onto the wire: command, and what stands around its text.
_FRAMES: Final = {
    Kind.MESSAGE: ("PRIVMSG", "", ""),
    Kind.NOTICE: ("NOTICE", "", ""),
    Kind.ACTION: ("PRIVMSG", "\x01ACTION ", "\x01"),
}
#: What our server puts before a new text for those who know no edits: it has to fit, too.
_EDITED_BYTES: Final = 16


class Said(Struct, frozen=True):
    """One message: its lines, of which one needs no batch. ``name`` as in :class:`~.waiting.Awaited`."""

    command: str
    target: str
    pieces: Sequence[Piece]
    tags: Mapping[str, str]
    name: str = ""


class Unsayable(Exception):  # noqa: N818  (it is no error of the program)
    """``code`` and the text say why nothing of it can be sent."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def messages(request: Say | Deliver | Edit, state: State, limits: Limits | None) -> list[Said]:
    """Those that ``request`` becomes, at least one. ``limits`` are the server's, None where it takes one line each.

    Raises :class:`Unsayable`.
    """
    if isinstance(request, Say):
        return _say(request, state, None if request.kind is Kind.ACTION else limits)
    if isinstance(request, Edit):
        return [_edit(request, None if request.kind is Kind.ACTION else limits)]
    return [_deliver(request, state, None if request.kind is Kind.ACTION else limits)]


def _deliver(request: Deliver, state: State, limits: Limits | None) -> Said:
    """It is one message, since one name stands for one content: the outbox cuts what is more."""
    room = room_for(request.target, request.kind)
    pieces = pieces_of(request.text, room)
    if len(pieces) > 1 and (limits is None or not fits(request.text, room, limits)):
        raise Unsayable("TOO_LONG", "This is more than one message here, so that it cannot go as one.")
    return _said(request, request.target, pieces, _named(request.cid, state) | tags_of(request))


def _named(cid: str, state: State) -> dict[str, str]:
    return {"+natterjack/cid": cid} if state.resends else {}


def _say(request: Say, state: State, limits: Limits | None) -> list[Said]:
    command, before, after = _FRAMES[request.kind]
    text = "\n".join(map(clean, request.text.split("\n")))
    found: list[Said] = []
    for target in [each for each in request.target.split(",") if each]:
        room = room_for(target, request.kind)
        if limits is None:
            room = max(state.room_for_text(command, target) - len(before) - len(after), 4)
        for message in messages_of(text, room, limits):
            pieces = pieces_of(message, room)
            found.append(_said(request, target, pieces, NO_TAGS if found else tags_of(request)))
    if not found and text.strip():
        raise Unsayable(n.ERR_NORECIPIENT.code, "It is not said to whom this goes.")
    if not found:
        raise Unsayable(n.ERR_NOTEXTTOSEND.code, "There is no text to send.")
    return found


def _edit(request: Edit, limits: Limits | None) -> Said:
    """A new text may have several lines where a message may, but is one message in any case."""
    text = "\n".join(map(clean, request.text.strip("\n").split("\n")))
    room = room_for(request.target, request.kind) - _EDITED_BYTES
    pieces: list[Piece] = [(False, text)]
    if limits is None and "\n" in text:
        raise Unsayable("TOO_LONG", "It stays as it was: here a text has to be one line.")
    if limits is not None:
        if not fits(text, room, limits):
            most = f"{limits.most_lines} lines and {limits.most_bytes} bytes"
            raise Unsayable("TOO_LONG", f"It stays as it was: a message has at most {most} here.")
        pieces = pieces_of(text, room)
    return _said(request, request.target, pieces, tags_of(request), "EDIT")


def _said(
    request: Say | Deliver | Edit,
    target: str,
    pieces: Sequence[Piece],
    tags: Mapping[str, str],
    name: str = "",
) -> Said:
    command, before, after = _FRAMES[request.kind]
    framed = [(goes_on, f"{before}{piece}{after}") for goes_on, piece in pieces]
    return Said(command, target, framed, tags, name)
