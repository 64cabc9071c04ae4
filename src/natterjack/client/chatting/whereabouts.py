"""Where one is, with whom and as whom, in words."""

from __future__ import annotations

from natterjack.client.model import Channel, Model
from natterjack.proto.casemap import fold

#: Names shown of those who are there when one comes in; the rest is a number.
_MOST_NAMES = 12


def place_words(channel: Channel, model: Model) -> str:
    """ "You are in #lobby with alice and bob." """
    others = sorted((member.nick for member in channel.members if not model.is_me(member.nick)), key=fold)
    if not others:
        return f"You are in {channel.name}; nobody else is there."
    shown = others[:_MOST_NAMES]
    if len(others) > len(shown):
        return f"You are in {channel.name} with {', '.join(shown)} and {len(others) - len(shown)} more."
    names = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"You are in {channel.name} with {names}."


def login_words(nick: str, model: Model) -> str:
    if not model.account:
        return ""
    return ", logged in" if fold(nick) == fold(model.account) else f", logged in as {model.account}"
