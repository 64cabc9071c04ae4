"""Shows everything as one JSON object a line, for programs: the names and members are a promise to them.

``line`` is the number of the input line that is answered, null where none is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from natterjack.client import events as e
from natterjack.client.chatting.past import gap_words
from natterjack.client.chatting.questions import Question
from natterjack.client.chatting.text_view import Writer
from natterjack.client.chatting.whois import whois_text
from natterjack.client.errors import NotLetIn
from natterjack.client.model import Model
from natterjack.client.transfers.events import FileListed, TransferChanged
from natterjack.client.transfers.values import Direction, FileInfo, State
from natterjack.proto.timestamps import format_time
from natterjack.wire.jsonlines import one_line

#: Version of the events' form, told in ``ready``.
FORM = 1

Object = dict[str, Any]


class JsonView:
    """Writes to ``out``, and flushes each line: somebody waits for it.

    What may end the program (no connection, or none any more) goes to ``err`` too, in words, as in all commands.
    """

    def __init__(self, out: Writer, err: Writer) -> None:
        self._out = out
        self._err = err
        self._was_lost = False

    def event(self, event: e.Event, model: Model) -> None:
        said = event if isinstance(event, e.MessageReceived | e.Change) else None
        if said and not said.own and model.is_ignored(said.sender.nick):
            return
        if isinstance(event, e.Ready) and self._was_lost:
            self._was_lost = False
            self._write({"event": "reconnected", "text": f"Connected to {event.server} again."})
        if isinstance(event, e.Disconnected):
            self._was_lost = event.error is not None
        if isinstance(event, e.ConnectFailed | e.Disconnected) and event.error is not None:
            self._err.write(f"natterjack: {event.error.text}\n")
            self._err.flush()
        writer = _WRITERS.get(type(event))
        for each in writer(event, model) if writer else ():
            self._write(each)

    def error(self, line: int, code: str, text: str) -> None:
        self._write(_error(line, code, text))

    def info(self, text: str) -> None:
        """Help and the like is for people: nothing."""

    def asks(self, question: Question) -> None:
        """People are asked; a program said all that it wants to say."""

    def parting(self, text: str) -> None:
        """Programs are told by errors."""

    def bye(self) -> None:
        self._write({"event": "bye"})

    def open(self, url: str) -> None:
        """Links are for people: nothing."""

    def clear(self) -> None:
        """There is no screen to clear."""

    def _write(self, members: Object) -> None:
        self._out.write(one_line(members) + "\n")
        self._out.flush()


def _error(line: int, code: str, text: str) -> Object:
    return {"event": "error", "line": _line(line), "code": code, "text": text}


def _line(ref: int) -> int | None:
    """The number of the input line; requests that were not typed have one below 1."""
    return ref if ref > 0 else None


def _ready(event: e.Ready, model: Model) -> Iterator[Object]:
    channels = [channel.name for channel in model.channels]
    yield {
        "event": "ready",
        "v": FORM,
        "nick": event.nick,
        "server": event.server,
        "channels": channels,
        "account": model.account or None,
    }


def _done(event: e.Done, model: Model) -> Iterator[Object]:
    if event.command in ("LOGIN", "REGISTER"):
        account = model.account or None
        yield {"event": "account", "line": _line(event.ref), "nick": model.nick, "account": account}


def _login_failed(event: e.LoginFailed, model: Model) -> Iterator[Object]:
    yield _error(0, event.code, event.text)


def _message(event: e.MessageReceived, model: Model) -> Iterator[Object]:
    members: Object = {
        "event": "message",
        "msgid": event.msgid,
        "time": format_time(event.time),
        "from": event.sender.nick,
        "to": event.target,
        "text": event.text,
        "self": event.own,
        "history": event.history,
    }
    if event.kind is not e.Kind.MESSAGE:
        members["kind"] = event.kind.value
    if event.reply_to:
        members["reply_to"] = event.reply_to
    if event.edited or event.redacted:
        members["edited" if event.edited else "redacted"] = True
    yield members
    if event.file is not None:
        yield {
            **_file(event.file, event.sender.nick, event.target, event.time),
            "msgid": event.msgid,
            "self": event.own,
            "history": event.history,
        }


def _file(file: FileInfo, sender: str, target: str, time: float) -> Object:
    return {
        "event": "file",
        "file_id": file.id,
        "name": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "from": sender,
        "to": target,
        "time": format_time(time),
    }


def _file_listed(event: FileListed, model: Model) -> Iterator[Object]:
    if event.ref < 0:
        return  # nobody asked for a list
    yield _file(event.file, event.sender, event.target, event.time) | {"line": _line(event.ref)}


def _transfer(event: TransferChanged, model: Model) -> Iterator[Object]:
    transfer = event.transfer
    if transfer.state is State.FAILED:
        yield _error(transfer.ref, transfer.code, transfer.text) | {"transfer": transfer.number}
        return
    yield {
        "event": "progress",
        "file_id": transfer.file_id,
        "name": transfer.name,
        "direction": transfer.direction.value,
        "done": transfer.done,
        "size": transfer.size if transfer.size >= 0 else None,
        "state": transfer.state.value,
        "transfer": transfer.number,
        "line": _line(transfer.ref),
        "speed": round(transfer.speed),
        "left": None if transfer.left is None else round(transfer.left, 1),
        "text": transfer.text,
    }
    if transfer.state is State.DONE and transfer.direction is Direction.DOWN:
        yield {
            "event": "saved",
            "file_id": transfer.file_id,
            "path": transfer.path,
            "sha256": transfer.sha256,
            "line": _line(transfer.ref),
        }


def _change(name: str, event: e.Change, text: str) -> Object:
    return {
        "event": name,
        "msgid": event.msgid,
        "time": format_time(event.time),
        "from": event.sender.nick,
        "to": event.target,
        "text": text,
        "self": event.own,
        "history": event.history,
    }


def _edited(event: e.Edited, model: Model) -> Iterator[Object]:
    yield _change("edit", event, event.text)


def _redacted(event: e.Redacted, model: Model) -> Iterator[Object]:
    yield _change("redact", event, event.reason)


def _reacted(event: e.Reacted, model: Model) -> Iterator[Object]:
    yield _change("reaction", event, event.reaction) | {"adding": event.adding}


def _read(event: e.ReadUpTo, model: Model) -> Iterator[Object]:
    conversation = model.find(event.target)
    if conversation is not None and event.time:
        yield {
            "event": "read",
            "to": conversation.name,
            "time": format_time(conversation.marker),
            "unread": conversation.unread,
            "mentions": conversation.mentions,
        }


def _past(event: e.Past, model: Model) -> Iterator[Object]:
    writer = _WRITERS.get(type(event.event))
    for members in writer(event.event, model) if writer else ():
        if not isinstance(event.event, e.ChannelRenamed):  # which says itself what it was called
            members |= {"channel": event.channel}
        yield members | {"time": format_time(event.event.time), "history": True}


def _found(event: e.Found, model: Model) -> Iterator[Object]:
    yield {
        "event": "found",
        "line": _line(event.ref),
        "msgid": event.msgid,
        "time": format_time(event.time),
        "from": event.sender.nick,
        "to": event.target,
        "text": event.text,
    }


def _recalled(event: e.Recalled, model: Model) -> Iterator[Object]:
    for line in event.lines:
        yield from _message(line, model)
    for reaction in event.reactions:
        yield from _reacted(reaction, model)


def _gap(event: e.Gap, model: Model) -> Iterator[Object]:
    yield _error(0, "history_gap", gap_words(event))


def _keeping_failed(event: e.KeepingFailed, model: Model) -> Iterator[Object]:
    yield _error(0, "keeping_failed", event.text)


def _ack(event: e.Acked, model: Model) -> Iterator[Object]:
    yield {
        "event": "ack",
        "line": _line(event.ref),
        "msgid": event.msgid,
        "to": event.target,
        "text": event.text,
    }


def _join(event: e.Joined, model: Model) -> Iterator[Object]:
    yield {"event": "join", "nick": event.who.nick, "channel": event.channel}


def _part(event: e.Parted, model: Model) -> Iterator[Object]:
    yield {"event": "part", "nick": event.who.nick, "channel": event.channel, "text": event.reason}


def _quit(event: e.QuitSeen, model: Model) -> Iterator[Object]:
    yield {"event": "quit", "nick": event.who.nick, "text": event.reason}


def _nick(event: e.NickChanged, model: Model) -> Iterator[Object]:
    yield {"event": "nick", "nick": event.old, "new": event.new}


def _rename(event: e.ChannelRenamed, model: Model) -> Iterator[Object]:
    yield {"event": "rename", "channel": event.old, "new": event.new, "by": event.by, "text": event.reason}


def _topic(event: e.TopicChanged, model: Model) -> Iterator[Object]:
    yield {"event": "topic", "nick": event.by, "channel": event.channel, "text": event.topic, "by": event.by}


def _topic_told(event: e.TopicTold, model: Model) -> Iterator[Object]:
    yield {"event": "topic", "nick": None, "channel": event.channel, "text": event.topic}


def _kick(event: e.Kicked, model: Model) -> Iterator[Object]:
    yield {
        "event": "kick",
        "nick": event.nick,
        "channel": event.channel,
        "text": event.reason,
        "by": event.by,
    }


def _who(event: e.WhoLine, model: Model) -> Iterator[Object]:
    yield {
        "event": "who",
        "line": _line(event.ref),
        "nick": event.nick,
        "channel": event.channel,
        "user": event.user,
        "host": event.host,
        "ranks": event.prefixes,
        "away": event.away,
        "operator": event.oper,
        "account": event.account or None,
        "realname": event.realname,
    }


def _whois(event: e.WhoisLine, model: Model) -> Iterator[Object]:
    text = whois_text(event)
    yield {"event": "whois", "line": _line(event.ref), "nick": event.nick, "code": event.code, "text": text}


def _channel(event: e.ChannelLine, model: Model) -> Iterator[Object]:
    yield {
        "event": "channel",
        "line": _line(event.ref),
        "channel": event.channel,
        "members": event.members,
        "topic": event.topic,
    }


def _refused(event: e.Refused, model: Model) -> Iterator[Object]:
    yield _error(event.ref, event.code, event.text)


def _unanswered(event: e.Unanswered, model: Model) -> Iterator[Object]:
    yield _error(event.ref, "no_answer", event.text)


def _server_error(event: e.ServerError, model: Model) -> Iterator[Object]:
    yield _error(0, event.code, event.text)


def _connect_failed(event: e.ConnectFailed, model: Model) -> Iterator[Object]:
    yield _error(0, event.error.code, event.error.text)


def _nick_taken(event: e.NickTaken, model: Model) -> Iterator[Object]:
    yield _error(0, "nick_taken", f"{event.nick}: {event.text}. Trying {event.trying}.")


def _server_note(event: e.ServerNote, model: Model) -> Iterator[Object]:
    yield {
        "event": "note",
        "line": _line(event.ref),
        "level": event.level,
        "code": event.code,
        "text": event.text,
    }


def _server_text(event: e.ServerText, model: Model) -> Iterator[Object]:
    if event.ref:  # the greeting is nobody's answer
        yield {"event": "reply", "line": _line(event.ref), "code": event.code, "text": event.text}


def _disconnected(event: e.Disconnected, model: Model) -> Iterator[Object]:
    if isinstance(event.error, NotLetIn):
        yield _error(0, event.error.reason, event.error.text)
    yield {"event": "disconnected", "text": event.error.text if event.error else "Left the server."}


_WRITERS: dict[type[e.Event], Callable[..., Iterator[Object]]] = {
    e.Ready: _ready,
    e.MessageReceived: _message,
    e.Edited: _edited,
    e.Redacted: _redacted,
    e.Reacted: _reacted,
    e.ReadUpTo: _read,
    e.Past: _past,
    e.Acked: _ack,
    e.Joined: _join,
    e.Parted: _part,
    e.QuitSeen: _quit,
    e.NickChanged: _nick,
    e.ChannelRenamed: _rename,
    e.TopicChanged: _topic,
    e.TopicTold: _topic_told,
    e.Kicked: _kick,
    e.WhoLine: _who,
    e.WhoisLine: _whois,
    e.ChannelLine: _channel,
    e.Refused: _refused,
    e.Unanswered: _unanswered,
    e.ServerError: _server_error,
    e.ServerNote: _server_note,
    e.ServerText: _server_text,
    e.ConnectFailed: _connect_failed,
    e.NickTaken: _nick_taken,
    e.LoginFailed: _login_failed,
    e.Done: _done,
    e.Disconnected: _disconnected,
    e.Found: _found,
    e.Recalled: _recalled,
    e.Gap: _gap,
    e.KeepingFailed: _keeping_failed,
    FileListed: _file_listed,
    TransferChanged: _transfer,
}
