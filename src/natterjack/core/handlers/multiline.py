"""BATCH: messages of several lines. What lies between opening and closing one is in :mod:`natterjack.core.batching`.

Source: https://ircv3.net/specs/extensions/client-batch
"""

from __future__ import annotations

from natterjack.core import batching
from natterjack.core.context import Context, shown
from natterjack.core.registry import Steps, command
from natterjack.proto.standard_replies import INVALID_REFTAG


@command(
    "BATCH",
    "+<name> draft/multiline <target> | -<name>",
    "Begins a message of several lines, and ends it.",
    params=1,
)
def batch(ctx: Context) -> Steps | None:
    """Lines in between have its name as their tag ``batch``."""
    word = ctx.params[0]
    if word[:1] == "+":
        batching.begin(ctx, word[1:])
    elif word[:1] == "-":
        return batching.end(ctx, word[1:])
    else:
        ctx.fail(INVALID_REFTAG, "BATCH", shown(word))
    return None
