"""Who is where, under which name and with which rank; and the topics and keys of channels.

Handlers of the model's events: each takes the model and one event, and answers with the conversations that it touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from natterjack.client import events as e
from natterjack.client.model import items
from natterjack.client.model.conversations import Channel, Conversation
from natterjack.proto.casemap import fold
from natterjack.proto.source import Source

if TYPE_CHECKING:
    from natterjack.client.model.model import Model


def joined(model: Model, event: e.Joined) -> Iterable[Conversation]:
    person = model.people.meet(event.who)
    person.account = event.account or person.account
    person.realname = event.realname or person.realname
    channel = model.find(event.channel)
    if event.own:
        if not isinstance(channel, Channel):
            channel = model.talks.open(event.channel, True)
        assert isinstance(channel, Channel)
        channel.name = event.channel
        channel.joined, channel.left = True, False
        channel.key = event.key
        if not model.current:
            model.look_at(event.channel)
    if not isinstance(channel, Channel) or channel.member(event.who.nick):
        return ()
    channel.enter(event.who.nick)
    return model.talks.add(channel, items.item_of(event))


def parted(model: Model, event: e.Parted) -> Iterable[Conversation]:
    touched = _out_of(model, event.channel, event.who.nick, event.own, items.item_of(event))
    if event.asked and model.channels and fold(event.channel) == fold(model.current):
        model.look_at(model.channels[0].name)
    return touched


def kicked(model: Model, event: e.Kicked) -> Iterable[Conversation]:
    return _out_of(model, event.channel, event.nick, event.own, items.item_of(event))


def _out_of(model: Model, name: str, nick: str, own: bool, item: items.Item) -> Iterable[Conversation]:
    channel = model.channel(name)
    if channel is None or not channel.leave(nick):
        return ()
    if own:
        gone = [member.nick for member in channel.members]
        channel.close()
        channel.left = True
        for other in gone:
            _forget_stranger(model, other)
    else:
        _forget_stranger(model, nick)
    return model.talks.add(channel, item)


def quit(model: Model, event: e.QuitSeen) -> Iterable[Conversation]:
    touched: list[Conversation] = []
    for channel in model.channels:
        if channel.leave(event.who.nick):
            channel.stops_typing(event.who.nick)
            touched += model.talks.add(channel, items.item_of(event))
    model.people.forget(event.who.nick)
    return touched


def _forget_stranger(model: Model, nick: str) -> None:
    if not any(channel.member(nick) for channel in model.channels):
        model.people.forget(nick)


def renamed(model: Model, event: e.NickChanged) -> Iterable[Conversation]:
    if event.own:
        model.nick = event.new
    model.people.rename(event.old, event.new)
    touched: list[Conversation] = []
    for conversation in model.conversations:
        conversation.rename_speaker(event.old, event.new)
        if isinstance(conversation, Channel) and conversation.rename(event.old, event.new):
            touched += model.talks.add(conversation, items.item_of(event))
    talk = None if event.own else model.talks.rename(event.old, event.new)
    if talk is not None:
        touched += model.talks.add(talk, items.item_of(event))
    return touched


def channel_renamed(model: Model, event: e.ChannelRenamed) -> Iterable[Conversation]:
    past = model.channel(event.old) is None  # we were not in it any more
    channel = model.talks.rename_channel(event.old, event.new) or model.channel(event.new)
    return model.talks.add(channel, items.item_of(event), past=past) if channel is not None else ()


def topic_changed(model: Model, event: e.TopicChanged) -> Iterable[Conversation]:
    channel = model.channel(event.channel)
    if channel is None:
        return ()
    channel.topic, channel.topic_by = event.topic, event.by
    return model.talks.add(channel, items.item_of(event))


def topic_told(model: Model, event: e.TopicTold) -> Iterable[Conversation]:
    channel = model.channel(event.channel)
    if channel is None:
        return ()
    channel.topic = event.topic
    return (channel,)


def topic_by(model: Model, event: e.TopicSetBy) -> Iterable[Conversation]:
    channel = model.channel(event.channel)
    if channel:
        channel.topic_by = event.by
    return (channel,) if channel else ()


def modes(model: Model, event: e.ModesChanged) -> Iterable[Conversation]:
    model.order = "".join(event.prefixes.values())
    channel = model.channel(event.target)
    if channel is None:
        return ()
    for change in event.changes:
        sign = event.prefixes.get(change.letter)
        if sign and change.param:
            channel.change_rank(change.param, sign, adding=change.adding, order=model.order)
        elif change.letter == "k":
            channel.key = (change.param or "") if change.adding else ""
    return model.talks.add(channel, items.item_of(event))


def names(model: Model, event: e.NamesListed) -> Iterable[Conversation]:
    channel = model.channel(event.channel)
    if channel is None or not any(model.is_me(named.nick) for named in event.members):
        return ()
    channel.replace_members({named.nick: named.prefixes for named in event.members})
    for named in event.members:
        model.people.meet(Source(named.nick, named.user, named.host))
    return (channel,)


def who(model: Model, event: e.WhoLine) -> Iterable[Conversation]:
    person = model.people.get(event.nick)
    if person is None:
        return ()
    person.user, person.host, person.realname = event.user, event.host, event.realname
    person.account = event.account or person.account
    person.away = (person.away or "") if event.away else None
    return ()


def away(model: Model, event: e.AwayChanged) -> Iterable[Conversation]:
    if event.own:
        model.away = event.text
    person = model.people.get(event.nick)
    if person:
        person.away = event.text
    return _where(model, event.nick)


def away_told(model: Model, event: e.AwayTold) -> Iterable[Conversation]:
    person = model.people.get(event.nick)
    if person:
        person.away = event.text
    return _where(model, event.nick)


def account(model: Model, event: e.AccountChanged) -> Iterable[Conversation]:
    if event.own:
        model.account = event.account
    person = model.people.get(event.nick)
    if person:
        person.account = event.account
    return _where(model, event.nick)


def host(model: Model, event: e.HostChanged) -> Iterable[Conversation]:
    model.people.meet(Source(event.nick, event.user, event.host))
    return ()


def realname(model: Model, event: e.RealnameChanged) -> Iterable[Conversation]:
    person = model.people.get(event.nick)
    if person:
        person.realname = event.realname
    return ()


def _where(model: Model, nick: str) -> list[Conversation]:
    talk = model.find(nick)
    found: list[Conversation] = [talk] if talk else []
    return found + [channel for channel in model.channels if channel.member(nick)]
