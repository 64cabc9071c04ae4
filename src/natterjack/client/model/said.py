"""What is said, changed, taken back and reacted to, now and in the past; and what of ours is on its way.

Handlers of the model's events: each takes the model and one event, and answers with the conversations that it touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from natterjack.client import events as e
from natterjack.client.channels import is_channel
from natterjack.client.model import items, waiting
from natterjack.client.model.conversations import Channel, Conversation
from natterjack.client.model.mentions import mentions
from natterjack.client.model.transfers import KnownFile
from natterjack.proto.casemap import fold

if TYPE_CHECKING:
    from natterjack.client.model.model import Model

#: Reactions kept of one message.
_MOST_REACTIONS = 200


def message(model: Model, event: e.MessageReceived, *, known: bool = False) -> Iterable[Conversation]:
    """``known``: it was shown before, in an earlier run."""
    if not event.own and model.is_ignored(event.sender.nick):
        return ()
    conversation = _place(model, event)
    if conversation is None:
        if model.is_server_word(event):
            return ()  # what is said to us, or to everybody, is told where one looks
        target = _target(model, event.target)
        in_channel = is_channel(target)
        conversation = model.talks.open(target if event.own or in_channel else event.sender.nick, in_channel)
    if not event.own:
        person = model.people.meet(event.sender)
        person.account = event.account or person.account
    item = items.Message(
        time=event.time,
        msgid=event.msgid,
        nick=event.sender.nick,
        text=event.text,
        kind=event.kind,
        own=event.own,
        history=event.history,
        mention=_is_mention(model, event, conversation),
        account=event.account,
        reply_to=event.reply_to,
        edited=event.edited,
        redacted=("", "") if event.redacted else None,
        file=event.file,
    )
    if event.file is not None:
        model.files.note(KnownFile(event.file, event.sender.nick, conversation.name, event.time))
    added = model.talks.add(conversation, item, past=event.history, page=event.ref, back=event.back)
    if added and not known:
        model.talks.reopen(conversation.name)
    return added


def _target(model: Model, target: str) -> str:
    return target.lstrip(model.order)  # "@#channel" is for the operators of #channel


def _place(model: Model, event: e.MessageReceived | e.Change | e.Typing) -> Conversation | None:
    """The conversation to which ``event`` belongs, if it has come up."""
    here = model.find(_target(model, event.target))
    own = not isinstance(event, e.Typing) and event.own
    if isinstance(here, Channel) or own:
        return here
    return model.find(event.sender.nick)


def _is_mention(model: Model, event: e.MessageReceived | e.Edited, conversation: Conversation) -> bool:
    return not event.own and (conversation.is_private or mentions(event.text, model.nick))


def edited(model: Model, event: e.Edited) -> Iterable[Conversation]:
    conversation, item = _changed(model, event)
    if conversation is None or item is None or item.redacted is not None:
        return ()
    mention = _is_mention(model, event, conversation)
    conversation.change(item, text=event.text, edited=True, mention=mention)
    return (conversation,)


def redacted(model: Model, event: e.Redacted) -> Iterable[Conversation]:
    conversation, item = _changed(model, event)
    if conversation is None:
        return ()
    if item is not None:
        who = (event.sender.nick, event.reason)
        conversation.change(item, text="", redacted=who, reactions=(), mention=False)
        return (conversation,)
    item = conversation.with_reaction(event.msgid)
    if item is None:
        return ()
    conversation.change(item, reactions=tuple(each for each in item.reactions if each.msgid != event.msgid))
    return (conversation,)


def reacted(model: Model, event: e.Reacted) -> Iterable[Conversation]:
    if not event.own and model.is_ignored(event.sender.nick):
        return ()
    conversation, item = _changed(model, event)
    if conversation is None or item is None or item.redacted is not None:
        return ()
    nick = event.sender.nick
    others = [r for r in item.reactions if (fold(r.nick), r.text) != (fold(nick), event.reaction)]
    if event.adding and len(others) < _MOST_REACTIONS:
        others.append(items.Reaction(nick, event.reaction, event.by))
    conversation.change(item, reactions=tuple(others))
    return (conversation,)


def _changed(model: Model, event: e.Change) -> tuple[Conversation | None, items.Message | None]:
    conversation = _place(model, event)
    return conversation, conversation.message(event.msgid) if conversation else None


def typing(model: Model, event: e.Typing) -> Iterable[Conversation]:
    conversation = _place(model, event)
    if conversation is None or model.is_ignored(event.sender.nick):
        return ()
    conversation.types(event.sender.nick, event.state, event.time)
    return (conversation,)


def recalled(model: Model, event: e.Recalled | e.Remembered) -> Iterable[Conversation]:
    touched = [each for line in event.lines for each in message(model, line, known=True)]
    return touched + [each for reaction in event.reactions for each in reacted(model, reaction)]


def past(model: Model, event: e.Past) -> Iterable[Conversation]:
    channel = model.find(event.channel)
    if channel is None:
        return ()
    return model.talks.add(channel, items.item_of(event.event), past=True, page=event.ref, back=event.back)


def page_read(model: Model, event: e.HistoryRead) -> Iterable[Conversation]:
    conversation = model.find(event.target)
    if conversation is not None:
        conversation.end_page(event.ref)
    return ()


def waits(model: Model, event: e.Kept | e.StillSending) -> Iterable[Conversation]:
    conversation = model.find(event.target) or model.talks.open(event.target, is_channel(event.target))
    waiting.wait(conversation, event)
    return (conversation,)


def settled(model: Model, event: e.Acked | e.Refused | e.Unanswered) -> Iterable[Conversation]:
    return tuple(each for each in model.conversations if waiting.settle(each, event))
