"""The commands about channels, and about whom one talks with: see :mod:`.commands`, whose table they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natterjack.client import requests as r
from natterjack.client.channels import is_channel
from natterjack.client.chatting.parse import Mistyped, first_word

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat


def join(chat: Chat, rest: str) -> None:
    channel, key = first_word(rest)
    if not channel:
        raise Mistyped("Join which channel? Type: JOIN #channel")
    channel = ",".join(_as_channel(each) for each in channel.split(","))
    chat.here.join(r.Join(chat.line, channel, key), channel.partition(",")[0])


def part(chat: Chat, rest: str) -> None:
    here = chat.model.current
    if here and not chat.is_channel(here) and not chat.is_channel(first_word(rest)[0]):
        _put_away(chat, here)
        return
    channel, reason = _channel_first(chat, rest)
    chat.ask(r.Part(chat.line, channel, reason))


def close(chat: Chat, rest: str) -> None:
    name = first_word(rest)[0] or chat.here.target()
    if not chat.is_channel(name):
        _put_away(chat, name)
        return
    if not chat.online:
        raise Mistyped("To leave a channel you have to be connected.", "not_connected")
    if chat.model.find(name) and not chat.model.channel(name):
        chat.here.look_elsewhere(name)  # one was put out of it
        return
    chat.ask(r.Part(chat.line, name))


def _put_away(chat: Chat, name: str) -> None:
    """Of a talk with one person nothing is lost by that: nobody else knows of it."""
    talk = chat.model.find(name)
    if talk is None or chat.model.is_closed(name):
        raise Mistyped(f"There is no conversation with {name} here to close.", "no_target")
    chat.here.close(talk.name)
    here = f" You are in {chat.model.current}." if chat.model.current else ""
    chat.info(f"The conversation with {talk.name} is closed until one of you says something.{here}")


def channels(chat: Chat, rest: str) -> None:
    chat.ask(r.AskChannels(chat.line, rest))


def names(chat: Chat, rest: str) -> None:
    channel, _ = _channel_first(chat, rest)
    chat.ask(r.AskNames(chat.line, channel))


def topic(chat: Chat, rest: str) -> None:
    channel, text = _channel_first(chat, rest)
    chat.ask(r.SetTopic(chat.line, channel, text) if text else r.AskTopic(chat.line, channel))


def invite(chat: Chat, rest: str) -> None:
    nick, channel = first_word(rest)
    if not nick:
        raise Mistyped("Invite whom? Type: /invite nick [#channel]")
    chat.ask(r.Invite(chat.line, nick, channel or chat.here.channel()))


def rename(chat: Chat, rest: str) -> None:
    new, reason = first_word(rest)
    channel = chat.here.channel() if not chat.is_channel(first_word(reason)[0]) else new
    if channel == new:
        new, reason = first_word(reason)
    if not new:
        raise Mistyped(f"Which name shall {channel} have? Type: /rename #new [reason]")
    chat.ask(r.Rename(chat.line, channel, _as_channel(new), reason))


def kick(chat: Chat, rest: str) -> None:
    channel, rest = _channel_first(chat, rest)
    nick, reason = first_word(rest)
    if not nick:
        raise Mistyped("Kick whom? Type: /kick nick [reason]")
    chat.ask(r.Kick(chat.line, channel, nick, reason))


def ban(chat: Chat, rest: str) -> None:
    channel, rest = _channel_first(chat, rest)
    mask = rest.strip()
    if not mask:
        chat.ask(r.Mode(chat.line, channel, ("+b",)))  # without a mask: who is banned
        return
    if " " in mask:
        raise Mistyped("Ban one at a time. Type: /ban nick-or-mask")
    person = chat.model.people.get(mask)
    if person is not None and person.host:
        mask = f"*!*@{person.host}"  # a name is changed in a second, an address is not
    elif not set("!@~") & set(mask):  # ~a:account and the like are whole
        mask = f"{mask}!*@*"
    chat.ask(r.Mode(chat.line, channel, ("+b", mask)))


def mode(chat: Chat, rest: str) -> None:
    words = rest.split()
    named = bool(words) and (chat.is_channel(words[0]) or chat.model.is_me(words[0]))
    target = words.pop(0) if named else chat.here.channel()
    chat.ask(r.Mode(chat.line, target, tuple(words)))


def _as_channel(name: str) -> str:
    return name if is_channel(name) or not name else f"#{name}"


def _channel_first(chat: Chat, rest: str) -> tuple[str, str]:
    """The channel that ``rest`` begins with, else the current one; and what is left of ``rest``."""
    first, second = first_word(rest)
    if first and chat.is_channel(first):
        return first, second
    return chat.here.channel(), rest
