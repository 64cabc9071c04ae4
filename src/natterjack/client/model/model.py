"""What a front end shows: who we are, where we are, who is there, what was said, what is unread.

Theory of operation. The model is a fold over the session's events: :meth:`Model.apply` takes one and answers with the
conversations that it touched, so that a front end redraws those. One thread owns it; it asks nobody and waits for
nothing. Losing the server empties the channels of people but keeps what was said; joining again goes on in the same
conversation. It does not mind in which order a netsplit's QUITs and JOINs come, or hearing the same thing twice: a
message with a known ``msgid`` is not shown again.

Which conversations there are is the business of :mod:`.talks`; what is said of :mod:`.said`, who is where of
:mod:`.presence`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from natterjack.client import events as e
from natterjack.client.model import presence, said
from natterjack.client.model.conversations import MOST_ITEMS, Channel, Conversation
from natterjack.client.model.people import People
from natterjack.client.model.talks import Talks
from natterjack.client.model.transfers import Files, KnownFile, Transfers
from natterjack.client.transfers.events import FileListed, TransferChanged
from natterjack.proto.casemap import fold
from natterjack.proto.names import SERVICES
from natterjack.proto.source import Source


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
        self.talks = Talks(most_items)
        self.order = ""  # the signs of ranks, highest first, as the server has them
        self._ignored: dict[str, str] = {}

    # -- reading ---------------------------------------------------------------------------------------------------

    @property
    def conversations(self) -> list[Conversation]:
        """In the order in which they came up."""
        return self.talks.all

    @property
    def channels(self) -> list[Channel]:
        """Those that we are in."""
        return [each for each in self.talks.all if isinstance(each, Channel) and each.joined]

    @property
    def current(self) -> str:
        """Where text goes that is typed without saying where: a channel, a nick, or ``""``."""
        return self.talks.current

    def find(self, name: str) -> Conversation | None:
        return self.talks.find(name)

    def channel(self, name: str) -> Channel | None:
        """The channel ``name`` if we are in it."""
        found = self.talks.find(name)
        return found if isinstance(found, Channel) and found.joined else None

    def is_me(self, nick: str) -> bool:
        return fold(nick) == fold(self.nick)

    def is_server(self, source: Source) -> bool:
        """Whether a server speaks, with which nobody can talk."""
        return not source.user and ("." in source.nick or fold(source.nick) == fold(self.server))

    def is_server_word(self, event: e.MessageReceived) -> bool:
        """Whether it is the server that says ``event``, or a service of it in a notice: no talk comes of that."""
        service = event.kind is e.Kind.NOTICE and fold(event.sender.nick) in SERVICES
        return not event.own and (service or self.is_server(event.sender))

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
        return self.talks.look_at(name)

    def close(self, name: str) -> None:
        """Put the talk with ``name`` away, until one looks at it or something is said there."""
        self.talks.close(name)

    def is_closed(self, name: str) -> bool:
        return self.talks.is_closed(name)

    @property
    def closed(self) -> list[str]:
        """The names of those that were put away, as they are compared."""
        return self.talks.closed

    def watch(self, watched: bool) -> None:
        """Whether the person sees what comes in the current conversation, at its end. So it is to begin with."""
        self.talks.watched = watched

    def read(self, name: str, upto: float | None = None) -> float | None:
        """The person has read ``name`` up to that time (None: all of it).

        Answers with the marker where it has moved: that is for ``Driver.read``, which tells our other devices.
        """
        conversation = self.talks.find(name)
        return conversation.marker if conversation and conversation.mark_read(upto) else None

    @property
    def unread(self) -> list[Conversation]:
        """Where something is unread: first those in which we are spoken to, then the others."""
        found = [each for each in self.talks.all if each.unread]
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

    def _welcomed(self, event: e.Welcomed) -> Iterable[Conversation]:
        unnamed = not self.nick
        self.nick, self.server, self.away = event.nick, event.server, None
        if unnamed:  # what was recalled before we had a name
            for conversation in self.conversations:
                conversation.find_mentions(self.nick)
        return ()

    def _ready(self, event: e.Ready) -> Iterable[Conversation]:
        self.nick, self.server, self.network, self.online = event.nick, event.server, event.network, True
        self.order = event.ranks
        return self.channels

    def _read_upto(self, event: e.ReadUpTo) -> Iterable[Conversation]:
        return self.talks.mark(event.target, event.time)

    def _transfer(self, event: TransferChanged) -> Iterable[Conversation]:
        self.transfers.note(event.transfer)
        return ()

    def _file_listed(self, event: FileListed) -> Iterable[Conversation]:
        self.files.listed += 1
        self.files.note(KnownFile(event.file, event.sender, event.target, event.time))
        return ()

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
    e.MessageReceived: said.message,
    e.Joined: presence.joined,
    e.Parted: presence.parted,
    e.Kicked: presence.kicked,
    e.QuitSeen: presence.quit,
    e.NickChanged: presence.renamed,
    e.ChannelRenamed: presence.channel_renamed,
    e.TopicChanged: presence.topic_changed,
    e.TopicTold: presence.topic_told,
    e.TopicSetBy: presence.topic_by,
    e.ModesChanged: presence.modes,
    e.NamesListed: presence.names,
    e.WhoLine: presence.who,
    e.AwayChanged: presence.away,
    e.AccountChanged: presence.account,
    e.HostChanged: presence.host,
    e.RealnameChanged: presence.realname,
    e.Disconnected: Model._disconnected,
    e.Edited: said.edited,
    e.Redacted: said.redacted,
    e.Reacted: said.reacted,
    e.Typing: said.typing,
    e.ReadUpTo: Model._read_upto,
    e.Recalled: said.recalled,
    e.Remembered: said.recalled,
    e.Past: said.past,
    e.AwayTold: presence.away_told,
    e.HistoryRead: said.page_read,
    TransferChanged: Model._transfer,
    FileListed: Model._file_listed,
    e.Kept: said.waits,
    e.StillSending: said.waits,
    e.Acked: said.settled,
    e.Refused: said.settled,
    e.Unanswered: said.settled,
}
