"""Shows everything as lines for people: who and what first, no decoration, so that a screen reader can follow.

Messages go to standard output; so does what happens. Errors go to standard error, one line each, which says what
happened and what to do. From a pipe, hints for the keyboard are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from natterjack.client import events as e
from natterjack.client.chatting import said_lines
from natterjack.client.chatting.moments import clock, moment
from natterjack.client.chatting.past import gap_words, past_words
from natterjack.client.chatting.questions import Question
from natterjack.client.chatting.sanitise import harmless
from natterjack.client.chatting.server_words import server_words
from natterjack.client.chatting.transfer_lines import TransferLines
from natterjack.client.chatting.whereabouts import login_words, place_words
from natterjack.client.chatting.whois import whois_text
from natterjack.client.errors import NameRefused, NotLetIn, NotTrusted, UnknownKey
from natterjack.client.model import Channel, Model
from natterjack.client.transfers.events import FileListed, TransferChanged
from natterjack.client.transfers.values import State
from natterjack.client.view.happenings import because
from natterjack.proto import numerics as n
from natterjack.proto.casemap import fold
from natterjack.proto.modes import render_changes
from natterjack.proto.sizes import in_words

#: What is told where a list has nothing in it.
_NOTHING = {
    "SEARCH": "Nothing was found.",
    "WHO": "Nobody is there that you may see.",
    "LIST": "There is no channel that you may see.",
}
#: The name asked for is somebody else's, or cannot be one.
_NAME_TAKEN = frozenset([n.ERR_NICKNAMEINUSE.code, "436", "437"])


class Writer(Protocol):
    """The part of a text stream that the views use."""

    def write(self, text: str, /) -> object: ...
    def flush(self) -> object: ...


class TextView:
    """``hints``: a person sits there, who may be told what to type. ``bars``: others show him how transfers get on.

    ``apart``: each channel has a place of its own, where the caller tells its topic.
    """

    def __init__(
        self, out: Writer, err: Writer, *, hints: bool, bars: bool = False, apart: bool = False
    ) -> None:
        self._out = out
        self._err = err
        self._hints = hints
        self._apart = apart
        self._ready = self._left = False
        self._where = ""
        self._found: set[int] = set()  # requests for a list that have been answered with something
        self._transfers = TransferLines(steps=hints and not bars, hints=hints)
        self._entered: set[str] = set()  # channels that we are in since just now, not yet told who is there

    # -- the view's face -------------------------------------------------------------------------------------------

    def event(self, event: e.Event, model: Model) -> None:
        writer = _WRITERS.get(type(event))
        if writer:
            writer(self, event, model)

    def error(self, line: int, code: str, text: str) -> None:
        self._write(self._err, text)

    def info(self, text: str) -> None:
        self._write(self._out, text)

    def asks(self, question: Question) -> None:
        self.info(question.words)

    def parting(self, text: str) -> None:
        """What is to be seen last, of what is left undone."""
        self.info(text)

    def bye(self) -> None:
        if self._left:
            self._say("Left. Goodbye.")
        elif self._hints:
            self._say("Goodbye.")

    def open(self, url: str) -> None:
        self._say(url)  # to be copied: what is line by line opens no windows

    def clear(self) -> None:
        if self._hints:
            self._out.write("\033[2J\033[H")
            self._out.flush()

    def _say(self, text: str) -> None:
        self._write(self._out, text)

    def _hint(self, text: str) -> None:
        """What a person wants to see, and a pipe need not tell."""
        if self._hints:
            self._say(text)

    def _fail(self, text: str, hint: str = "") -> None:
        stop = "" if text.endswith((".", "!", "?")) else "."
        self._write(self._err, f"{text}{stop} {hint}" if hint and self._hints else f"{text}{stop}")

    def _write(self, stream: Writer, text: str) -> None:
        stream.write(harmless(text) + "\n")
        stream.flush()

    # -- the connection --------------------------------------------------------------------------------------------

    def connecting(self, event: e.Connecting, model: Model) -> None:
        self._ready = self._left = False
        self._where = event.where
        if self._hints and not event.where.startswith(("127.", "[::1]", "localhost:")):
            self._say(f"Connecting to {event.where} ...")  # this machine answers before it could be read

    def connect_failed(self, event: e.ConnectFailed, model: Model) -> None:
        hint = "Type CONNECT host port to try another."
        if isinstance(event.error, NotTrusted):
            hint = "" if isinstance(event.error, UnknownKey) else "With a new join link, type: CONNECT link"
        self._fail(event.error.text, hint)

    def nick_taken(self, event: e.NickTaken, model: Model) -> None:
        self._say(f"The name {event.nick} cannot be had ({event.text}): trying {event.trying}.")

    def ready(self, event: e.Ready, model: Model) -> None:
        self._ready = True
        name = event.network or event.server or "the server"
        parts = [f"Connected to {name} at {self._where} as {event.nick}{login_words(event.nick, model)}."]
        parts += [place_words(channel, model) for channel in model.channels]
        if self._hints:
            parts.append("(NICK name changes your name.)")
            if not model.channels:
                parts.append("(JOIN #channel enters a channel.)")
        self._say(" ".join(parts))
        for channel in model.channels:
            self._entered.discard(fold(channel.name))
            if not self._apart:
                self.topic_of(channel)

    def topic_of(self, channel: Channel) -> None:
        if channel.topic:
            self._say(f"The topic of {channel.name}: {channel.topic}")

    def login_failed(self, event: e.LoginFailed, model: Model) -> None:
        self._fail(event.text, "To try again: LOGIN account")  # as whom one is in is told next

    def reconnecting(self, event: e.Reconnecting, model: Model) -> None:
        when = f"{event.seconds:.1f}" if event.seconds < 10 else f"{event.seconds:.0f}"
        text = f"Reconnecting to {event.where} in {when} s."
        if event.why:
            text = f"Still no connection ({event.why.rstrip('.')}). {text}"
        if self._hints:
            self._say(text)
        else:
            self._write(self._err, text)

    def disconnected(self, event: e.Disconnected, model: Model) -> None:
        self._ready = False
        self._left = event.error is None  # what follows says it: that we may come again, or goodbye
        if isinstance(event.error, NameRefused):
            self._fail(event.error.text)  # the next thing is to take another
        elif isinstance(event.error, NotLetIn):
            invite = event.error.reason == n.ERR_PASSWDMISMATCH.code
            link, login = (
                "With a new join link, type: CONNECT link",
                "with an account: LOGIN account",
            )
            hint = f"{link}. Or {login}" if invite else ""
            self._fail(f"You were not let in: {event.error.text}", hint)
        elif event.error is not None:
            hint = (
                "CONNECT tries at once, DISCONNECT gives up."
                if event.again
                else "Type CONNECT to connect again."
            )
            self._fail(f"Disconnected: {event.error.text}", hint)

    def driver_failed(self, event: e.DriverFailed, model: Model) -> None:
        self._fail(f"Internal error: {event.error!r}. Please report it; start again to go on.")

    # -- messages --------------------------------------------------------------------------------------------------

    def message(self, event: e.MessageReceived, model: Model) -> None:
        if not event.own and model.is_ignored(event.sender.nick):
            return
        if not (self._ready or event.history or event.sender.user):
            return  # the server's own notices while it looks us up
        for line in said_lines.message(event, model):
            self._say(line)
        if event.file is not None:
            name, size = event.file.name, in_words(event.file.size)
            self._hint(f"      To fetch {name} ({size}), type: GET {event.file.id}")

    def edited(self, event: e.Edited, model: Model) -> None:
        if event.own or not model.is_ignored(event.sender.nick):
            for line in said_lines.edited(event, model):
                self._say(line)

    def redacted(self, event: e.Redacted, model: Model) -> None:
        self._say(said_lines.redacted(event, model))

    def reacted(self, event: e.Reacted, model: Model) -> None:
        if event.own or not model.is_ignored(event.sender.nick):
            self._say(said_lines.reacted(event, model))

    def past(self, event: e.Past, model: Model) -> None:
        gone = event.event
        if isinstance(gone, e.Joined | e.Parted | e.QuitSeen) and model.is_me(gone.who.nick):
            return  # everybody knows of himself that he was here before
        self._say(f"{moment(gone.time)} {past_words(event)}")

    # -- files -----------------------------------------------------------------------------------------------------

    def transfer(self, event: TransferChanged, model: Model) -> None:
        for text in self._transfers.told(event.transfer):
            if event.transfer.state is State.FAILED:
                self._fail(text, f"To go on: /resume {event.transfer.number}" if event.transfer.again else "")
            else:
                self._say(text)

    def file_listed(self, event: FileListed, model: Model) -> None:
        if event.ref < 0:
            return  # nobody asked for a list
        file = event.file
        when = f"{moment(event.time)} " if event.time else ""
        self._say(f"{when}{event.sender}  {file.name}  {in_words(file.size)}  {file.id}")

    # -- what is on its way, and what was ---------------------------------------------------------------------------

    def kept(self, event: e.Kept, model: Model) -> None:
        self._hint(f"Waiting for the connection, to {event.target}: {event.text}")

    def resuming(self, event: e.Resuming, model: Model) -> None:
        what = "A message that was" if event.count == 1 else f"{event.count} messages that were"
        self._hint(f"{what} not sent before: trying again.")

    def still_sending(self, event: e.StillSending, model: Model) -> None:
        self._hint(f"Still on its way to {event.target}, not answered yet: {event.text}")

    def acked(self, event: e.Acked, model: Model) -> None:
        if event.late:
            self._hint(f"Sent to {event.target}: {event.text}")

    def gap(self, event: e.Gap, model: Model) -> None:
        self._fail(gap_words(event))

    def recalled(self, event: e.Recalled, model: Model) -> None:
        if not event.lines:
            if event.ref:
                self._say("Nothing of that is kept on this computer.")
            return
        self._say("From before, as kept on this computer:")
        for line in event.lines:
            self.message(line, model)
        for reaction in event.reactions:
            self.reacted(reaction, model)
        if not event.ref:
            self._say("You are not connected. What you type waits until you are.")

    def history_read(self, event: e.HistoryRead, model: Model) -> None:
        if not event.lines:
            self._say(f"Nothing was said in {event.target} before.")

    def found(self, event: e.Found, model: Model) -> None:
        self._found.add(event.ref)
        self._say(f"{moment(event.time)} {event.sender.nick} in {event.target}  {event.text}")

    def done(self, event: e.Done, model: Model) -> None:
        if event.command in _NOTHING and event.ref not in self._found:
            self._say(_NOTHING[event.command])
        self._found.discard(event.ref)

    def keeping_failed(self, event: e.KeepingFailed, model: Model) -> None:
        self._fail(f"Warning: {event.text}")

    # -- people ----------------------------------------------------------------------------------------------------

    def joined(self, event: e.Joined, model: Model) -> None:
        if event.own:
            self._entered.add(fold(event.channel))
        else:
            self._say(f"{clock(event.time)} {event.who.nick} joined {event.channel}.")

    def parted(self, event: e.Parted, model: Model) -> None:
        if event.asked:
            here = f" You are in {model.current}." if model.channel(model.current) else ""
            self._say(f"You left {event.channel}.{here}")
        elif event.own:
            self._say(f"You are in {event.channel} no longer{because(event.reason)}.")
            self.still_there(event.channel, model)
        else:
            self._say(f"{clock(event.time)} {event.who.nick} left {event.channel}{because(event.reason)}.")

    def quit(self, event: e.QuitSeen, model: Model) -> None:
        if not model.is_me(event.who.nick):
            self._say(f"{clock(event.time)} {event.who.nick} left the server{because(event.reason)}.")

    def renamed(self, event: e.NickChanged, model: Model) -> None:
        if event.own:
            self._say(f"You are {event.new} now.")
        else:
            self._say(f"{clock(event.time)} {event.old} is called {event.new} now.")

    def kicked(self, event: e.Kicked, model: Model) -> None:
        whom = "You were" if event.own else f"{event.nick} was"
        self._say(
            f"{clock(event.time)} {whom} kicked from {event.channel} by {event.by}{because(event.reason)}."
        )
        if event.own:
            self.still_there(event.channel, model)

    def still_there(self, channel: str, model: Model) -> None:
        """We are in ``channel`` no more, and may look at it all the same."""
        if fold(channel) == fold(model.current) and model.channels:
            elsewhere = model.channels[0].name
            self._hint(
                f"You still look at {channel}, where you are not: JOIN {elsewhere} takes you to {elsewhere}."
            )

    def channel_renamed(self, event: e.ChannelRenamed, model: Model) -> None:
        told = f"{event.by} gave {event.old} the name {event.new}{because(event.reason)}."
        self._say(f"{clock(event.time)} {told if event.by else f'{event.old} is called {event.new} now.'}")

    def topic_changed(self, event: e.TopicChanged, model: Model) -> None:
        if event.topic:
            self._say(f"{clock(event.time)} {event.by} set the topic of {event.channel}: {event.topic}")
        else:
            self._say(f"{clock(event.time)} {event.by} took the topic of {event.channel} away.")

    def modes(self, event: e.ModesChanged, model: Model) -> None:
        if model.is_me(event.target):
            return  # our own modes: only servers set them, and nothing follows from it for people
        text = " ".join(render_changes(event.changes))
        self._say(f"{clock(event.time)} {event.by} set mode {text} in {event.target}.")

    def invited(self, event: e.Invited, model: Model) -> None:
        if event.own:
            hint = f" Type: JOIN {event.channel}" if self._hints else ""
            self._say(f"{clock(event.time)} {event.by} invites you to {event.channel}.{hint}")
        else:
            self._say(f"{clock(event.time)} {event.nick} is invited to {event.channel} by {event.by}.")

    def away(self, event: e.AwayChanged, model: Model) -> None:
        if event.own:
            self._say("You are back." if event.text is None else f"You are away{because(event.text)}.")

    def account(self, event: e.AccountChanged, model: Model) -> None:
        if event.own and self._ready:  # before that, the line that says that we are connected tells it
            self._say(f"You are logged in as {event.account}." if event.account else "You are logged out.")

    def registered(self, event: e.Registered, model: Model) -> None:
        if event.complete:
            again = f" Next time: LOGIN {event.account}" if self._hints else ""
            self._say(f"{event.account} is your account now: nobody else can take the name.{again}")
        else:
            self._say(f"{event.account} is not an account yet. The server says: {event.text}")

    def nick_kept(self, event: e.NickKept, model: Model) -> None:
        hint = " If that is you on another device: CONNECT shares it." if self._hints else ""
        self._say(f"You stay {event.nick}, since the account's name cannot be had now ({event.text}).{hint}")

    def away_told(self, event: e.AwayTold, model: Model) -> None:
        self._say(f"{event.nick} is away: {event.text}")

    # -- answers ---------------------------------------------------------------------------------------------------

    def names(self, event: e.NamesListed, model: Model) -> None:
        channel = model.channel(event.channel)
        if channel and fold(event.channel) in self._entered:
            if not self._ready:
                return  # the line that says that we are connected tells it
            self._entered.discard(fold(event.channel))
            self._say(place_words(channel, model))
            self.topic_of(channel)
        elif event.ref:
            names = " ".join(f"{member.prefixes[:1]}{member.nick}" for member in event.members)
            self._say(f"In {event.channel}: {names or 'nobody that you may see'}")

    def topic_told(self, event: e.TopicTold, model: Model) -> None:
        if self._ready and fold(event.channel) not in self._entered:
            self._say(
                f"The topic of {event.channel}: {event.topic}"
                if event.topic
                else f"{event.channel} has no topic."
            )

    def who(self, event: e.WhoLine, model: Model) -> None:
        self._found.add(event.ref)
        marks = [f"logged in as {event.account}"] if event.account else []
        marks += ["away"] if event.away else []
        marks += ["operator of the server"] if event.oper else []
        text = f"{event.prefixes[:1]}{event.nick}  {event.user}@{event.host}  {event.realname}"
        self._say(f"{text}  ({', '.join(marks)})" if marks else text)

    def whois(self, event: e.WhoisLine, model: Model) -> None:
        self._say(f"{event.nick} {whois_text(event)}")

    def channel(self, event: e.ChannelLine, model: Model) -> None:
        self._found.add(event.ref)
        people = "1 person" if event.members == 1 else f"{event.members} people"
        self._say(f"{event.channel}  {people}  {event.topic}".rstrip())

    def refused(self, event: e.Refused, model: Model) -> None:
        if event.code in _NAME_TAKEN and event.command == "NICK":
            name = event.target
            self._fail(event.text, f"Type NICK {name}_ or NICK {name}2, or another.")
        elif event.command in ("PRIVMSG", "NOTICE"):
            stop = "" if event.text.endswith((".", "!", "?")) else "."
            self._fail(event.text if event.code == "not_kept" else f"{event.text}{stop} It was not sent")
        elif event.code == n.ERR_BADCHANNELKEY.code:
            self._fail(event.text, f"Type: JOIN {event.target} key")
        elif event.command == "OPER":
            self._fail(f"You are no operator: {event.text}")
        else:
            self._fail(event.text)

    def unanswered(self, event: e.Unanswered, model: Model) -> None:
        what = event.target if event.stays else f"{event.command} {event.target}".rstrip()
        self._fail(f"{what}: {event.text}")

    def server_text(self, event: e.ServerText, model: Model) -> None:
        text = server_words(event)
        if text:
            self._say(text)

    def server_error(self, event: e.ServerError, model: Model) -> None:
        self._fail(event.text)

    def server_note(self, event: e.ServerNote, model: Model) -> None:
        if event.ref and event.level == "NOTE":
            self._say(event.text)  # the answer to what was asked
        else:
            self._say(f"{'Warning: ' if event.level == 'WARN' else 'The server says: '}{event.text}")


_WRITERS: dict[type[e.Event], Callable[[TextView, Any, Model], None]] = {
    e.Connecting: TextView.connecting,
    e.ConnectFailed: TextView.connect_failed,
    e.NickTaken: TextView.nick_taken,
    e.LoginFailed: TextView.login_failed,
    e.Ready: TextView.ready,
    e.Disconnected: TextView.disconnected,
    e.Reconnecting: TextView.reconnecting,
    e.Kept: TextView.kept,
    e.Resuming: TextView.resuming,
    e.StillSending: TextView.still_sending,
    e.Acked: TextView.acked,
    e.Gap: TextView.gap,
    e.Recalled: TextView.recalled,
    e.HistoryRead: TextView.history_read,
    e.Found: TextView.found,
    e.Done: TextView.done,
    e.KeepingFailed: TextView.keeping_failed,
    e.DriverFailed: TextView.driver_failed,
    e.MessageReceived: TextView.message,
    e.Edited: TextView.edited,
    e.Redacted: TextView.redacted,
    e.Reacted: TextView.reacted,
    e.Past: TextView.past,
    e.Joined: TextView.joined,
    e.Parted: TextView.parted,
    e.QuitSeen: TextView.quit,
    e.NickChanged: TextView.renamed,
    e.Kicked: TextView.kicked,
    e.ChannelRenamed: TextView.channel_renamed,
    e.TopicChanged: TextView.topic_changed,
    e.ModesChanged: TextView.modes,
    e.Invited: TextView.invited,
    e.AccountChanged: TextView.account,
    e.Registered: TextView.registered,
    e.NickKept: TextView.nick_kept,
    e.AwayChanged: TextView.away,
    e.AwayTold: TextView.away_told,
    e.NamesListed: TextView.names,
    e.TopicTold: TextView.topic_told,
    e.WhoLine: TextView.who,
    e.WhoisLine: TextView.whois,
    e.ChannelLine: TextView.channel,
    e.Refused: TextView.refused,
    e.Unanswered: TextView.unanswered,
    e.ServerText: TextView.server_text,
    e.ServerError: TextView.server_error,
    e.ServerNote: TextView.server_note,
    TransferChanged: TextView.transfer,
    FileListed: TextView.file_listed,
}
