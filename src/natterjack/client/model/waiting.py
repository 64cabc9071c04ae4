"""Messages of ours that are not there yet, from what the keeper tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natterjack.client import events as e
from natterjack.client.model.items import Waiting

if TYPE_CHECKING:
    from natterjack.client.model.conversations import Conversation


def wait(conversation: Conversation, event: e.Kept | e.StillSending) -> None:
    """``event`` says that one waits, or is still on its way."""
    waiting = Waiting(event.ref, event.text, isinstance(event, e.StillSending))
    place = _place(conversation, event.ref, event.text)
    if place is None:
        conversation.waiting.append(waiting)
    else:
        conversation.waiting[place] = waiting


def settle(conversation: Conversation, event: e.Acked | e.Refused | e.Unanswered) -> bool:
    """``event`` says what became of one. Whether it was here."""
    if event.ref and event.left == 0:  # the last answer: what waited as one may have gone as several
        open_ones = [each for each in conversation.waiting if each.ref != event.ref]
        settled = len(open_ones) < len(conversation.waiting)
        conversation.waiting[:] = open_ones
        return settled
    place = _place(conversation, event.ref, event.text if isinstance(event, e.Acked) else None)
    if place is None:
        return False
    del conversation.waiting[place]
    return True


def _place(conversation: Conversation, ref: int, text: str | None) -> int | None:
    fitting = (
        place
        for place, each in enumerate(conversation.waiting)
        if each.ref == ref and (text is None or each.text == text)
    )
    return next(fitting, None)
