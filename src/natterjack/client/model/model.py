"""What a front end shows: who we are, where we are, who is there, what was said, what is unread.

Theory of operation. The model is a fold over the session's events: :meth:`Model.apply` takes one and answers with the
conversations that it touched, so that a front end redraws those. One thread owns it; it asks nobody and waits for
nothing. Losing the server empties the channels of people but keeps what was said; joining again goes on in the same
conversation. It does not mind in which order a netsplit's QUITs and JOINs come, or hearing the same thing twice: a
message with a known ``msgid`` is not shown again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from natterjack.client import events as e
from natterjack.client.model import items, waiting
from natterjack.client.model.conversations import MOST_ITEMS, Channel, Conversation
from natterjack.client.model.mentions import mentions
from natterjack.client.model.people import People
from natterjack.client.model.transfers import Files, KnownFile, Transfers
from natterjack.client.transfers.events import FileListed, TransferChanged
from natterjack.proto.casemap import fold
from natterjack.proto.source import Source

#: Conversations kept with people; beyond that the oldest one without anything unread goes.
_MOST_TALKS = 500
#: Read markers remembered of conversations that have not come up.
_MOST_MARKERS = 1000
#: Talks remembered as put away.
_MOST_CLOSED = 1000
#: Reactions kept of one message.
_MOST_REACTIONS = 200


class Model:
    """See the module. Everything public may be read at any time by the thread that owns it."""

    def __init__(self, most_items: int = MOST_ITEMS) -> None:
        """``most_items``: lines kept of each conversation."""
        self.nick = ""
        self.server = ""
        self.network = ""
        self.account = ""  # "" for a guest
        self.online = False
        self.away: str | None = None
        self.people = People()
        self.transfers = Transfers()
        self.files = Files()
        self._conversations: dict[str, Conversation] = {}
        self._current = ""
        self._watched = True
        self._most = most_items
        self._markers: dict[str, float] = {}  # of conversations that have not come up yet
        self._ignored: dict[str, str] = {}
        self._closed: dict[str, None] = {}  # folded names of talks that were put away
        self._order = ""  # the signs of ranks, highest first, as the server has them

    # -- reading ---------------------------------------------------------------------------------------------------

    @property
    def conversations(self) -> list[Conversation]:
        """In the order in which they came up."""
        return list(self._conversations.values())

    @property
    def channels(self) -> list[Channel]:
        """Those that we are in."""
        return [each for each in self._conversations.values() if isinstance(each, Channel) and each.joined]

    @property
    def current(self) -> str:
        """Where text goes that is typed without saying where: a channel, a nick, or ``""``."""
        conversation = self._conversations.get(self._current)
        return conversation.name if conversation else ""

    def find(self, name: str) -> Conversation | None:
        return self._conversations.get(fold(name))

    def channel(self, name: str) -> Channel | None:
        """The channel ``name`` if we are in it."""
        found = self._conversations.get(fold(name))
        return found if isinstance(found, Channel) and found.joined else None

    def is_me(self, nick: str) -> bool:
        return fold(nick) == fold(self.nick)

    def is_ignored(self, nick: str) -> bool:
        return fold(nick) in self._ignored

    @property
    def ignored(self) -> list[str]:
        return sorted(self._ignored.values())

    # -- what the person decides -----------------------------------------------------------------------------------

    def look_at(self, name: str) -> Conversation:
        """Make ``name`` current, opening a talk with somebody new. What is new there stays so until it is left.

        What was read is for :meth:`read` to say, once it has been shown.
        """
        conversation = self._conversations.get(fold(name)) or self._open(name, name[:1] in ("#", "&"))
        left = self._conversations.get(self._current)
        if left and left is not conversation:
            left.line_up()
        self._current = fold(name)
        self._closed.pop(fold(name), None)
        return conversation

    def close(self, name: str) -> None:
        """Put the talk with ``name`` away, until one looks at it or something is said there."""
        if len(self._closed) >= _MOST_CLOSED:
            del self._closed[next(iter(self._closed))]
        self._closed[fold(name)] = None
        if self._current == fold(name):
            left = self._conversations.get(self._current)
            if left:
                left.line_up()
            self._current = ""

    def is_closed(self, name: str) -> bool:
        return fold(name) in self._closed

    @property
    def closed(self) -> list[str]:
        """The names of those that were put away, as they are compared."""
        return list(self._closed)

    def watch(self, watched: bool) -> None:
        """Whether the person sees what comes in the current conversation, at its end. So it is to begin with."""
        self._watched = watched

    def read(self, name: str, upto: float | None = None) -> float | None:
        """The person has read ``name`` up to that time (None: all of it).

        Answers with the marker where it has moved: that is for ``Driver.read``, which tells our other devices.
        """
        conversation = self._conversations.get(fold(name))
        return conversation.marker if conversation and conversation.mark_read(upto) else None

    @property
    def unread(self) -> list[Conversation]:
        """Where something is unread: first those in which we are spoken to, then the others."""
        found = [each for each in self._conversations.values() if each.unread]
        return sorted(found, key=lambda each: not each.mentions)

    def ignore(self, nick: str) -> bool:
        """Hear nothing of ``nick`` from now on, or hear him again: whether he is ignored now."""
        if self._ignored.pop(fold(nick), None) is not None:
            return False
        self._ignored[fold(nick)] = nick
        return True

    # -- events ----------------------------------------------------------------------------------------------------

    def apply(self, event: e.Event) -> tuple[Conversation, ...]:
        """Take ``event`` in; answers with the conversations in which something changed."""
        handler = _HANDLERS.get(type(event))
        return tuple(handler(self, event)) if handler else ()

    def _open(self, name: str, is_channel: bool) -> Conversation:
        if len(self._conversations) >= _MOST_TALKS:
            for key, old in self._conversations.items():
                if not isinstance(old, Channel) and not old.unread and key != self._current:
                    del self._conversations[key]
                    break
        conversation = (Channel if is_channel else Conversation)(name, self._most)
        conversation.marker = self._markers.pop(fold(name), 0.0)
        self._conversations[fold(name)] = conversation
        return conversation

    def _add(
        self,
        conversation: Conversation,
        item: items.Item,
        *,
        past: bool = False,
        page: int = 0,
        back: bool = False,
    ) -> Iterable[Conversation]:
        looking = self._watched and not past and self._conversations.get(self._current) is conversation
        added = conversation.add(item, looking=looking, past=past, page=page, back=back)
        return (conversation,) if added else ()

    def _page_read(self, event: e.HistoryRead) -> Iterable[Conversation]:
        conversation = self.find(event.target)
        if conversation is not None:
            conversation.end_page(event.ref)
        return ()

    def _welcomed(self, event: e.Welcomed) -> Iterable[Conversation]:
        unnamed = not self.nick
        self.nick, self.server, self.away = event.nick, event.server, None
        if unnamed:  # what was recalled before we had a name
            for conversation in self.conversations:
                conversation.find_mentions(self.nick)
        return ()

    def _ready(self, event: e.Ready) -> Iterable[Conversation]:
        self.nick, self.server, self.network, self.online = event.nick, event.server, event.network, True
        self._order = event.ranks
        here = self.find(self.current)
        if (here is None or (isinstance(here, Channel) and not here.joined)) and self.channels:
            self.look_at(self.channels[0].name)
        return self.channels

    def _message(self, event: e.MessageReceived, *, known: bool = False) -> Iterable[Conversation]:
        """``known``: it was shown before, in an earlier run."""
        if not event.own and self.is_ignored(event.sender.nick):
            return ()
        conversation = self._place(event)
        if conversation is None:
            if not event.sender.user and "." in event.sender.nick:
                return ()  # the server itself speaks: it is nobody to talk with
            target = self._target(event.target)
            in_channel = target[:1] in ("#", "&")
            conversation = self._open(target if event.own or in_channel else event.sender.nick, in_channel)
        if not event.own:
            person = self.people.meet(event.sender)
            person.account = event.account or person.account
        item = items.Message(
            time=event.time,
            msgid=event.msgid,
            nick=event.sender.nick,
            text=event.text,
            kind=event.kind,
            own=event.own,
            history=event.history,
            mention=self._is_mention(event, conversation),
            account=event.account,
            reply_to=event.reply_to,
            edited=event.edited,
            redacted=("", "") if event.redacted else None,
            file=event.file,
        )
        if event.file is not None:
            self.files.note(KnownFile(event.file, event.sender.nick, conversation.name, event.time))
        added = self._add(conversation, item, past=event.history, page=event.ref, back=event.back)
        if added and not known:
            self._closed.pop(fold(conversation.name), None)
        return added

    def _target(self, target: str) -> str:
        return target.lstrip(self._order)  # "@#channel" is for the operators of #channel

    def _place(self, event: e.MessageReceived | e.Change | e.Typing) -> Conversation | None:
        """The conversation to which ``event`` belongs, if it has come up."""
        here = self._conversations.get(fold(self._target(event.target)))
        own = not isinstance(event, e.Typing) and event.own
        if isinstance(here, Channel) or own:
            return here
        return self._conversations.get(fold(event.sender.nick))

    def _is_mention(self, event: e.MessageReceived | e.Edited, conversation: Conversation) -> bool:
        return not event.own and (conversation.is_private or mentions(event.text, self.nick))

    def _edited(self, event: e.Edited) -> Iterable[Conversation]:
        conversation, item = self._changed(event)
        if conversation is None or item is None or item.redacted is not None:
            return ()
        mention = self._is_mention(event, conversation)
        conversation.change(item, text=event.text, edited=True, mention=mention)
        return (conversation,)

    def _redacted(self, event: e.Redacted) -> Iterable[Conversation]:
        conversation, item = self._changed(event)
        if conversation is None:
            return ()
        if item is not None:
            who = (event.sender.nick, event.reason)
            conversation.change(item, text="", redacted=who, reactions=(), mention=False)
            return (conversation,)
        item = conversation.with_reaction(event.msgid)
        if item is None:
            return ()
        conversation.change(
            item, reactions=tuple(each for each in item.reactions if each.msgid != event.msgid)
        )
        return (conversation,)

    def _reacted(self, event: e.Reacted) -> Iterable[Conversation]:
        if not event.own and self.is_ignored(event.sender.nick):
            return ()
        conversation, item = self._changed(event)
        if conversation is None or item is None or item.redacted is not None:
            return ()
        nick = event.sender.nick
        others = [r for r in item.reactions if (fold(r.nick), r.text) != (fold(nick), event.reaction)]
        if event.adding and len(others) < _MOST_REACTIONS:
            others.append(items.Reaction(nick, event.reaction, event.by))
        conversation.change(item, reactions=tuple(others))
        return (conversation,)

    def _changed(self, event: e.Change) -> tuple[Conversation | None, items.Message | None]:
        conversation = self._place(event)
        return conversation, conversation.message(event.msgid) if conversation else None

    def _typing(self, event: e.Typing) -> Iterable[Conversation]:
        conversation = self._place(event)
        if conversation is None or self.is_ignored(event.sender.nick):
            return ()
        conversation.types(event.sender.nick, event.state, event.time)
        return (conversation,)

    def _read_upto(self, event: e.ReadUpTo) -> Iterable[Conversation]:
        conversation = self._conversations.get(fold(event.target))
        if conversation is not None:
            return (conversation,) if conversation.mark_read(event.time) else ()
        if event.time > self._markers.get(fold(event.target), 0.0) and len(self._markers) < _MOST_MARKERS:
            self._markers[fold(event.target)] = event.time
        return ()

    def _recalled(self, event: e.Recalled | e.Remembered) -> Iterable[Conversation]:
        touched = [each for line in event.lines for each in self._message(line, known=True)]
        return touched + [each for reaction in event.reactions for each in self._reacted(reaction)]

    def _past(self, event: e.Past) -> Iterable[Conversation]:
        channel = self._conversations.get(fold(event.channel))
        if channel is None:
            return ()
        return self._add(channel, items.item_of(event.event), past=True, page=event.ref, back=event.back)

    def _transfer(self, event: TransferChanged) -> Iterable[Conversation]:
        self.transfers.note(event.transfer)
        return ()

    def _file_listed(self, event: FileListed) -> Iterable[Conversation]:
        self.files.listed += 1
        self.files.note(KnownFile(event.file, event.sender, event.target, event.time))
        return ()

    def _joined(self, event: e.Joined) -> Iterable[Conversation]:
        person = self.people.meet(event.who)
        person.account = event.account or person.account
        person.realname = event.realname or person.realname
        channel = self._conversations.get(fold(event.channel))
        if event.own:
            if not isinstance(channel, Channel):
                channel = self._open(event.channel, True)
            assert isinstance(channel, Channel)
            channel.name = event.channel
            channel.joined = True
            channel.key = event.key
            if not self._current:
                self._current = fold(event.channel)
        if not isinstance(channel, Channel) or channel.member(event.who.nick):
            return ()
        channel.enter(event.who.nick)
        return self._add(channel, items.item_of(event))

    def _parted(self, event: e.Parted) -> Iterable[Conversation]:
        return self._out_of(event.channel, event.who.nick, event.own, items.item_of(event))

    def _kicked(self, event: e.Kicked) -> Iterable[Conversation]:
        return self._out_of(event.channel, event.nick, event.own, items.item_of(event))

    def _out_of(self, name: str, nick: str, own: bool, item: items.Item) -> Iterable[Conversation]:
        channel = self.channel(name)
        if channel is None or not channel.leave(nick):
            return ()
        if own:
            gone = [member.nick for member in channel.members]
            channel.close()
            for other in gone:
                self._forget_stranger(other)
            if self._current == fold(name) and self.channels:
                self.look_at(self.channels[0].name)
        else:
            self._forget_stranger(nick)
        return self._add(channel, item)

    def _quit(self, event: e.QuitSeen) -> Iterable[Conversation]:
        touched: list[Conversation] = []
        for channel in self.channels:
            if channel.leave(event.who.nick):
                channel.stops_typing(event.who.nick)
                touched += self._add(channel, items.item_of(event))
        self.people.forget(event.who.nick)
        return touched

    def _forget_stranger(self, nick: str) -> None:
        if not any(channel.member(nick) for channel in self.channels):
            self.people.forget(nick)

    def _renamed(self, event: e.NickChanged) -> Iterable[Conversation]:
        if event.own:
            self.nick = event.new
        self.people.rename(event.old, event.new)
        touched: list[Conversation] = []
        for conversation in self.conversations:
            conversation.rename_speaker(event.old, event.new)
            if isinstance(conversation, Channel) and conversation.rename(event.old, event.new):
                touched += self._add(conversation, items.item_of(event))
        touched += self._rename_talk(event)
        return touched

    def _rename_talk(self, event: e.NickChanged) -> Iterable[Conversation]:
        old, new = fold(event.old), fold(event.new)
        talk = self._conversations.get(old)
        if (
            event.own
            or talk is None
            or isinstance(talk, Channel)
            or (old != new and new in self._conversations)
        ):
            return ()
        talk.name = event.new
        if old in self._closed:
            del self._closed[old]
            self._closed[new] = None
        elif old != new:
            self._closed.pop(new, None)  # that was a talk with somebody else, which is not here
        self._conversations = {new if key == old else key: each for key, each in self._conversations.items()}
        if self._current == old:
            self._current = new
        return self._add(talk, items.item_of(event))

    def _topic_changed(self, event: e.TopicChanged) -> Iterable[Conversation]:
        channel = self.channel(event.channel)
        if channel is None:
            return ()
        channel.topic, channel.topic_by = event.topic, event.by
        return self._add(channel, items.item_of(event))

    def _topic_told(self, event: e.TopicTold) -> Iterable[Conversation]:
        channel = self.channel(event.channel)
        if channel is None:
            return ()
        channel.topic = event.topic
        return (channel,)

    def _topic_by(self, event: e.TopicSetBy) -> Iterable[Conversation]:
        channel = self.channel(event.channel)
        if channel:
            channel.topic_by = event.by
        return (channel,) if channel else ()

    def _modes(self, event: e.ModesChanged) -> Iterable[Conversation]:
        self._order = "".join(event.prefixes.values())
        channel = self.channel(event.target)
        if channel is None:
            return ()
        for change in event.changes:
            sign = event.prefixes.get(change.letter)
            if sign and change.param:
                channel.change_rank(change.param, sign, adding=change.adding, order=self._order)
            elif change.letter == "k":
                channel.key = (change.param or "") if change.adding else ""
        return self._add(channel, items.item_of(event))

    def _names(self, event: e.NamesListed) -> Iterable[Conversation]:
        channel = self.channel(event.channel)
        if channel is None or not any(self.is_me(named.nick) for named in event.members):
            return ()
        channel.replace_members({named.nick: named.prefixes for named in event.members})
        for named in event.members:
            self.people.meet(Source(named.nick, named.user, named.host))
        return (channel,)

    def _who(self, event: e.WhoLine) -> Iterable[Conversation]:
        person = self.people.get(event.nick)
        if person is None:
            return ()
        person.user, person.host, person.realname = event.user, event.host, event.realname
        person.account = event.account or person.account
        person.away = (person.away or "") if event.away else None
        return ()

    def _away(self, event: e.AwayChanged) -> Iterable[Conversation]:
        if event.own:
            self.away = event.text
        person = self.people.get(event.nick)
        if person:
            person.away = event.text
        return self._where(event.nick)

    def _away_told(self, event: e.AwayTold) -> Iterable[Conversation]:
        person = self.people.get(event.nick)
        if person:
            person.away = event.text
        return self._where(event.nick)

    def _account(self, event: e.AccountChanged) -> Iterable[Conversation]:
        if event.own:
            self.account = event.account
        person = self.people.get(event.nick)
        if person:
            person.account = event.account
        return self._where(event.nick)

    def _host(self, event: e.HostChanged) -> Iterable[Conversation]:
        self.people.meet(Source(event.nick, event.user, event.host))
        return ()

    def _realname(self, event: e.RealnameChanged) -> Iterable[Conversation]:
        person = self.people.get(event.nick)
        if person:
            person.realname = event.realname
        return ()

    def _where(self, nick: str) -> list[Conversation]:
        talk = self._conversations.get(fold(nick))
        found: list[Conversation] = [talk] if talk else []
        return found + [channel for channel in self.channels if channel.member(nick)]

    def _waits(self, event: e.Kept | e.StillSending) -> Iterable[Conversation]:
        conversation = self.find(event.target) or self._open(event.target, event.target[:1] in ("#", "&"))
        waiting.wait(conversation, event)
        return (conversation,)

    def _settled(self, event: e.Acked | e.Refused | e.Unanswered) -> Iterable[Conversation]:
        return tuple(each for each in self._conversations.values() if waiting.settle(each, event))

    def _disconnected(self, event: e.Disconnected) -> Iterable[Conversation]:
        left = self.channels
        for conversation in self.conversations:
            conversation.end_pages()
        for channel in left:
            channel.close()
        self.people.clear()
        self.online, self.away, self.account = False, None, ""
        return left


_HANDLERS: dict[type[e.Event], Callable[[Model, Any], Iterable[Conversation]]] = {
    e.Welcomed: Model._welcomed,
    e.Ready: Model._ready,
    e.MessageReceived: Model._message,
    e.Joined: Model._joined,
    e.Parted: Model._parted,
    e.Kicked: Model._kicked,
    e.QuitSeen: Model._quit,
    e.NickChanged: Model._renamed,
    e.TopicChanged: Model._topic_changed,
    e.TopicTold: Model._topic_told,
    e.TopicSetBy: Model._topic_by,
    e.ModesChanged: Model._modes,
    e.NamesListed: Model._names,
    e.WhoLine: Model._who,
    e.AwayChanged: Model._away,
    e.AccountChanged: Model._account,
    e.HostChanged: Model._host,
    e.RealnameChanged: Model._realname,
    e.Disconnected: Model._disconnected,
    e.Edited: Model._edited,
    e.Redacted: Model._redacted,
    e.Reacted: Model._reacted,
    e.Typing: Model._typing,
    e.ReadUpTo: Model._read_upto,
    e.Recalled: Model._recalled,
    e.Remembered: Model._recalled,
    e.Past: Model._past,
    e.AwayTold: Model._away_told,
    e.HistoryRead: Model._page_read,
    TransferChanged: Model._transfer,
    FileListed: Model._file_listed,
    e.Kept: Model._waits,
    e.StillSending: Model._waits,
    e.Acked: Model._settled,
    e.Refused: Model._settled,
    e.Unanswered: Model._settled,
}
