"""ChanServ: who owns a channel. All else about channels has its own commands, which some verbs here stand for."""

from __future__ import annotations

from typing import Final

from natterjack.core import rosters
from natterjack.core.context import Context
from natterjack.core.registry import COMMANDS, Changes
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


def _rank(letters: str) -> Verb:
    """The verb that MODE does with ``letters``: for those who are named, or whoever says it."""

    def change(ctx: Context, words: tuple[str, ...]) -> Outcome:
        if not is_channel(words[0]):  # MODE would take it for somebody's own modes
            return ["Name the channel first, as in #channel nick"]
        nicks = words[1:] or (ctx.nick,)
        sign, letter = letters[0], letters[1]
        ctx.stand_for(Message("MODE", (words[0], sign + letter * len(nicks), *nicks)))
        COMMANDS["MODE"].handler(ctx)
        return []

    about = f"the same as MODE {letters}"
    return Verb("<channel> [<nick>...]", about, change, 1, changes=Changes.ONCE_IT_ACTS)


SERVICE: Final[Service] = Service(
    "ChanServ",
    "CHANSERV",
    "I am the server itself, for channels; MODE, KICK, TOPIC and TBAN do the rest.",
    {
        "register": Verb(
            "<channel>", "makes you its owner, where it has none and you are its operator", _register, 1
        ),
        "info": Verb("<channel>", "shows whose it is", _info, 1, changes=Changes.NOTHING),
        "op": _rank("+o"),
        "deop": _rank("-o"),
        "halfop": _rank("+h"),
        "dehalfop": _rank("-h"),
        "voice": _rank("+v"),
        "devoice": _rank("-v"),
    },
)
