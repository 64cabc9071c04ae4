"""The one way in for what is said with tags: it may be said again, or in place of something else."""

from __future__ import annotations

from typing import Final

from natterjack.core import editing, resending
from natterjack.core.context import Context
from natterjack.core.registry import Steps
from natterjack.core.speech import Speech, say

#: Tags that need more than saying it; then it has one target.
TAGS: Final = frozenset({resending.TAG, editing.TAG})


def speak(ctx: Context, speech: Speech, target: str) -> Steps | None:
    """Say it to ``target``, as the tags of the context's message want it."""
    tags = ctx.message.tags
    if resending.TAG in tags:
        return resending.say_once(ctx, speech, target)
    if editing.TAG in tags:
        return editing.edit(ctx, speech, target)
    say(ctx, speech, target)
    return None
