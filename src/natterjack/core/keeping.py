"""How long the history of a channel is kept: what its owner, or the server's, wants. The store sees to it.

Whatever is older, or more, is gone within some ten minutes, and does not come back if the rule is lifted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from natterjack.core.channel import Channel, Keep
from natterjack.core.context import Context
from natterjack.core.delivery import Gated
from natterjack.ports.records import KeepRecord
from natterjack.proto import durations

USAGE: Final = "[30d] [10000] | off"
#: A hundred years, and as many messages as nobody writes.
_MOST_SECONDS, _MOST_ROWS = 3_153_600_000, 1_000_000_000
_WRONG: Final = f"Say for how long, how many of the latest messages, or both: {USAGE}"
#: Why there is nothing to be said where messages are not stored.
IN_MEMORY: Final = "This server keeps messages in memory only, none of them for long"


def read(words: Iterable[str]) -> Keep | str:
    """The rule that ``words`` mean, or what is wrong with them."""
    words = list(words)
    if [word.lower() for word in words] == ["off"]:
        return Keep()
    seconds = rows = 0
    for word in words:
        if word.isascii() and word.isdigit() and not rows and len(word) < 12:
            rows = int(word)
            if not 0 < rows <= _MOST_ROWS:
                return f"The number of messages is from 1 to {_MOST_ROWS}"
        elif (wanted := durations.read(word)) and not seconds:
            seconds = wanted
            if seconds > _MOST_SECONDS:
                return "Nothing is kept for more than a hundred years"
        else:
            return _WRONG
    return Keep(seconds, rows) if words else _WRONG


def put(ctx: Context, channel: Channel, keep: Keep, by: str, owners: Collection[Gated]) -> None:
    """From now on the rule of ``channel`` is ``keep``, says ``by``."""
    channel.keep = keep
    ctx.delivery.store(KeepRecord(channel.conversation, keep.seconds, keep.rows), owners)
    ctx.record(by, "keep", f"{channel.name} {_words(keep)}", owners)


def _words(keep: Keep) -> str:
    age = durations.show(keep.seconds) if keep.seconds else ""
    return f"{age} {keep.rows or ''}".strip() or "off"


def describe(channel: Channel) -> str:
    """The rule of ``channel``, in a sentence."""
    keep = channel.keep
    parts = []
    if keep.seconds:
        parts.append(f"for {durations.show(keep.seconds)}")
    if keep.rows:
        parts.append(f"as long as they are among the latest {keep.rows}")
    how = ", and ".join(parts) or "as long as those of any channel without a rule of its own"
    return f"Messages of {channel.name} are kept {how}"
