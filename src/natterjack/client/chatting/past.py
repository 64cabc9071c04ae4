"""What happened before, in words."""

from __future__ import annotations

from natterjack.client import events as e
from natterjack.client.view.happenings import because
from natterjack.proto.modes import render_changes

#: Characters of a message that are enough to know it by.
_ENOUGH = 40


def clip(text: str) -> str:
    """``text``, or its beginning, on one line."""
    text = text.replace("\n", " ")
    return text if len(text) <= _ENOUGH else f"{text[:_ENOUGH]}..."


def past_words(past: e.Past) -> str:
    """What happened, as a sentence."""
    channel = past.channel
    match past.event:
        case e.Joined(who=who):
            return f"{who.nick} joined {channel}."
        case e.Parted(who=who, reason=reason):
            return f"{who.nick} left {channel}{because(reason)}."
        case e.QuitSeen(who=who, reason=reason):
            return f"{who.nick} left the server{because(reason)}."
        case e.NickChanged(old=old, new=new):
            return f"{old} was called {new} from then on."
        case e.Kicked(nick=nick, by=by, reason=reason):
            return f"{nick} was kicked from {channel} by {by}{because(reason)}."
        case e.ChannelRenamed(old=old, new=new, by=by, reason=reason):
            return f"{by} gave {old} the name {new}{because(reason)}."
        case e.TopicChanged(by=by, topic=topic):
            return (
                f"{by} set the topic of {channel}: {topic}"
                if topic
                else f"{by} took the topic of {channel} away."
            )
        case e.ModesChanged(by=by, changes=changes):
            return f"{by} set mode {' '.join(render_changes(changes))} in {channel}."


def gap_words(gap: e.Gap) -> str:
    """What is not here of what happened, as a sentence."""
    return f"Some of what was said in {gap.target} while you were away is missing here: {gap.text}"
