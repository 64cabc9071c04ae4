"""What was said, and what became of it, as lines: each begins with who said it where, for those who hear them."""

from __future__ import annotations

from natterjack.client import events as e
from natterjack.client.chatting.moments import clock, moment
from natterjack.client.chatting.past import clip
from natterjack.client.model import Model
from natterjack.client.model.items import Message
from natterjack.client.view.happenings import because
from natterjack.proto.casemap import fold


def message(event: e.MessageReceived, model: Model) -> list[str]:
    nick = event.sender.nick
    to_me = model.is_me(event.target)
    current = fold(model.current)
    place = ""
    if event.own and not (fold(event.target) == current and model.channel(event.target)):
        place = f" to {event.target}"
    elif to_me:
        place = " to you"
    elif event.target == "$*":
        place = " to everybody"
    elif fold(event.target) != current:
        place = f" in {event.target}"
    if event.kind is e.Kind.ACTION:
        text = f"* {nick} {event.text}" + (f"  ({place.strip()})" if place else "")
        return [f"{_when(event)} {text}"]
    mark = " (notice)" if event.kind is e.Kind.NOTICE else ""
    mark += _answering(event, model)
    mark += " (changed)" if event.edited else ""
    text = "(taken back)" if event.redacted else event.text
    return _behind(f"{_when(event)} {nick}{place}{mark}  ", text)


def _behind(head: str, text: str) -> list[str]:
    """Each line of ``text`` behind ``head``."""
    several = "\n" in text
    return [f"{head}{line}".rstrip(" ") if several else f"{head}{line}" for line in text.split("\n")]


def _answering(event: e.MessageReceived, model: Model) -> str:
    if not event.reply_to:
        return ""
    conversation = model.find(event.target) or model.find(event.sender.nick)
    asked = conversation.message(event.reply_to) if conversation else None
    return f" (answering {asked.nick})" if asked else " (answering something earlier)"


def edited(event: e.Edited, model: Model) -> list[str]:
    place = _where(event.target, model)
    return _behind(f"{_when(event)} {event.sender.nick}{place} has changed a message: ", event.text)


def redacted(event: e.Redacted, model: Model) -> str:
    found = _meant(event, model)
    whose = f" of {found.nick}" if found and not event.own and found.nick != event.sender.nick else ""
    place, why = _where(event.target, model), because(event.reason)
    return f"{_when(event)} {event.sender.nick}{place} has taken a message{whose} back{why}."


def reacted(event: e.Reacted, model: Model) -> str:
    found = _meant(event, model)
    what = f"{found.nick}'s: {clip(found.text)}" if found else "an earlier message"
    verb, way = ("puts", "to") if event.adding else ("takes", "from")
    place = _where(event.target, model)
    return f"{_when(event)} {event.sender.nick}{place} {verb} {event.reaction} {way} {what}"


def _meant(event: e.Redacted | e.Reacted, model: Model) -> Message | None:
    conversation = model.find(event.target) or model.find(event.sender.nick)
    return conversation.message(event.msgid) if conversation else None


def _where(target: str, model: Model) -> str:
    """Where it is done, if not in the place that one looks at."""
    if model.is_me(target) or fold(target) == fold(model.current):
        return ""
    return f" in {target}"


def _when(event: e.MessageReceived | e.Change) -> str:
    return moment(event.time) if event.history else clock(event.time)
