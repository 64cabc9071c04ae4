"""ChanServ: who owns a channel. All else about channels has its own commands, which some verbs here stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from natterjack.core import rosters
from natterjack.core.context import Context
from natterjack.core.registry import COMMANDS
from natterjack.core.services.verbs import Outcome, Service, Verb
from natterjack.proto.names import is_channel
from natterjack.proto.timestamps import format_time
from natterjack.wire.message import Message


def _register(ctx: Context, words: tuple[str, ...]) -> Outcome:
    channel = ctx.own_channel(words[0])
    if channel is None:
        return []
    why = rosters.why_not_claim(ctx, channel)
    if why is not None:
        return [f"Nothing was done: {why}"]
    rosters.claim(ctx, channel)
    return [f"{channel.name} is yours from now on, {ctx.user.account}"]


def _info(ctx: Context, words: tuple[str, ...]) -> Outcome:
    channel = ctx.find_channel(words[0])
    if channel is None:
        return []
    owners = rosters.owners(channel)
    whose = f"belongs to {', '.join(owners)}" if owners else "belongs to nobody"
    lasts = "lasts" if channel.lasting else "goes with the last who is in it"
    return [f"{channel.name} was made {format_time(channel.created)}, {whose} and {lasts}"]


def _rank(letters: str) -> Callable[[Context, tuple[str, ...]], Outcome]:
    """The verb that MODE does with ``letters``: for those who are named, or whoever says it."""

    def change(ctx: Context, words: tuple[str, ...]) -> Outcome:
        if not is_channel(words[0]):  # MODE would take it for somebody's own modes
            return ["Name the channel first, as in #channel nick"]
        nicks = words[1:] or (ctx.nick,)
        sign, letter = letters[0], letters[1]
        ctx.stand_for(Message("MODE", (words[0], sign + letter * len(nicks), *nicks)))
        COMMANDS["MODE"].handler(ctx)
        return []

    return change


_WHOM: Final = "<channel> [<nick>...]"
SERVICE: Final[Service] = Service(
    "ChanServ",
    "CHANSERV",
    "I am the server itself, for channels; MODE, KICK, TOPIC and TBAN do the rest.",
    {
        "register": Verb(
            "<channel>", "makes you its owner, where it has none and you are its operator", _register, 1
        ),
        "info": Verb("<channel>", "shows whose it is", _info, 1),
        "op": Verb(_WHOM, "the same as MODE +o", _rank("+o"), 1),
        "deop": Verb(_WHOM, "the same as MODE -o", _rank("-o"), 1),
        "halfop": Verb(_WHOM, "the same as MODE +h", _rank("+h"), 1),
        "dehalfop": Verb(_WHOM, "the same as MODE -h", _rank("-h"), 1),
        "voice": Verb(_WHOM, "the same as MODE +v", _rank("+v"), 1),
        "devoice": Verb(_WHOM, "the same as MODE -v", _rank("-v"), 1),
    },
)
