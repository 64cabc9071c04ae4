"""mode: the settings of a channel that belongs to the server, where nobody has a rank."""

from __future__ import annotations

from natterjack.core import changes, rosters
from natterjack.core.channel import Channel
from natterjack.core.console.verbs import Answer, Asker, Verb, find_channel
from natterjack.core.context import Context
from natterjack.proto import modes
from natterjack.proto.casemap import fold
from natterjack.proto.modes import Change, Kind

_FLAGS = modes.of_kind(Kind.FLAG)
#: Keys, limits and lists say who may come in, or speak, where all are brought in; for that there are ban and mute.
_NOT_HERE = f"what can be set here are {_FLAGS}, and w with the seconds of slow mode"


def _mode(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    """Of other channels it is shown alone: they have people with a rank, whose they are."""
    if not args:
        return False, "of which channel? Usage: mode #channel [+LETTERS-LETTERS [SECONDS]]", ()
    channel = find_channel(ctx, args[0])
    if isinstance(channel, str):
        return False, channel, ()
    if len(args) == 1:
        return True, _shown(channel), ()
    if channel.folded not in map(fold, ctx.policy.lobby):
        return False, f"{channel.name} is not the server's: whoever has a rank in it sets its modes", ()
    wanted = modes.parse_changes(args[1], args[2:])
    why = next(filter(None, map(_why_not, wanted)), None)
    if why is not None:
        return False, why, ()
    done: list[Change] = []
    for change in wanted:
        done += _put(ctx, channel, change)
    if done:
        rosters.keep(ctx, channel, ctx.session)
        changes.tell_own(ctx, channel, done)
        asker.record(ctx, "mode", f"{channel.name}: {' '.join(modes.render_changes(done))}")
    return True, _shown(channel), ()


def _why_not(change: Change) -> str | None:
    if change.letter == "w":
        return changes.NUMBERS["w"][1] if changes.read_number(change) is None else None
    return None if change.letter in _FLAGS else f"{change.letter} can't be set: {_NOT_HERE}"


def _put(ctx: Context, channel: Channel, change: Change) -> list[Change]:
    if change.letter == "w":
        return changes.put_number(ctx, channel, "w", changes.read_number(change) or 0)
    return changes.put_flag(ctx, channel, change)


def _shown(channel: Channel) -> str:
    return f"{channel.name}: {' '.join(channel.mode_params(inside=False))}"


VERBS = {
    "mode": Verb(
        "#channel [+LETTERS-LETTERS [SECONDS]]",
        "the modes of a channel; set those of one that is the server's",
        _mode,
    )
}
