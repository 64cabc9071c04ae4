"""A numeric without a type of its own as a sentence."""

from __future__ import annotations

from natterjack.client.chatting.moments import moment
from natterjack.client.events import ServerText
from natterjack.proto import numerics as n
from natterjack.proto.source import parse_source

#: Parts of the greeting that say nothing to people: counts of users, versions, letters of modes.
_GREETING = frozenset(
    ["001", "002", "003", "004", "005", "042", "250", "251", "252", "253", "254", "255", "265", "266", "329"]
) | {n.RPL_UMODEIS.code}
#: Numerics without a type of their own that would be riddles as they come: channel, and the rest.
_TEXTS = {
    n.RPL_CHANNELMODEIS.code: "The modes of {0}: {1}",
    n.RPL_BANLIST.code: "Banned from {0}: {1}",
    n.RPL_ENDOFBANLIST.code: "{0}: that is the whole list of bans.",
    n.RPL_EXCEPTLIST.code: "Excepted from bans in {0}: {1}",
    n.RPL_ENDOFEXCEPTLIST.code: "{0}: that is the whole list of exceptions.",
    n.RPL_INVEXLIST.code: "Invited to {0}: {1}",
    n.RPL_ENDOFINVEXLIST.code: "{0}: that is the whole list of invitations.",
}
#: Those of a list that may say who has put it there, and when: channel, mask, who, seconds since 1970.
_LISTED = frozenset({n.RPL_BANLIST.code, n.RPL_EXCEPTLIST.code, n.RPL_INVEXLIST.code})
_AT_LEAST = 3
#: Digits of a number of seconds that is a moment in our time.
_MOST_DIGITS = 12


def server_words(event: ServerText) -> str:
    """What ``event`` tells people; ``""`` where that is nothing."""
    template = _TEXTS.get(event.code, "")
    if event.code in _GREETING and not event.ref:
        return ""
    if event.code == n.RPL_UMODEIS.code:
        return f"Your modes: {event.text}"
    when = _seconds(event.params[-1]) if event.params else None
    if event.code == n.RPL_CREATIONTIME.code and when is not None:
        return f"{event.params[0]} was made on {moment(when)}."
    if event.code in _LISTED and len(event.params) > _AT_LEAST and when is not None:
        channel, mask, by = event.params[:3]
        return f"{template.format(channel, mask)}, by {parse_source(by).nick} on {moment(when)}."
    if template and len(event.params) > 1:
        return template.format(event.params[0], " ".join(event.params[1:]))
    return event.text


def _seconds(text: str) -> int | None:
    """Since 1970; None where that is no moment in our time."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else None
