"""Reads what people do: every command that has a nick as its source.

Sources: https://modern.ircdocs.horse/#client-messages, and the IRCv3 specification named at each handler.
"""

from __future__ import annotations

from collections.abc import Iterable

from natterjack.client.events import (
    AccountChanged,
    AwayChanged,
    ChannelRenamed,
    Event,
    Found,
    HostChanged,
    Invited,
    Joined,
    Kicked,
    MessageReceived,
    ModesChanged,
    NickChanged,
    Parted,
    Past,
    QuitSeen,
    RealnameChanged,
    Registered,
    ServerError,
    ServerNote,
    TargetTold,
    TopicChanged,
)
from natterjack.client.session import files
from natterjack.client.session.accounts import register_words
from natterjack.client.session.changes import EDIT, EDITED, edited, marked, redacted, reply_to, tagged
from natterjack.client.session.line import Handler, Line
from natterjack.client.session.state import State
from natterjack.client.session.texts import kind_and_text
from natterjack.client.session.waiting import Waiting
from natterjack.proto.casemap import fold
from natterjack.proto.modes import parse_changes
from natterjack.proto.timestamps import parse_time


def _message(state: State, line: Line) -> Iterable[Event]:
    message = line.message
    if EDIT in message.tags:
        yield from edited(state, line, message.tags[EDIT])
        return
    me = state.is_me(line.source.nick)
    ours = state.is_ours(line.source.nick, line.account)
    if line.found or line.history:
        yield from _earlier(line, ours)
        return
    echo = _is_echo(line)
    own = ours or echo
    if me:
        state.learn_own(line.source)
    if own:
        waiting = line.waiting
        if waiting and echo:
            waiting.seen = True
            waiting.msgid = waiting.msgid or message.tags.get("msgid", "")
            waiting.time = line.time
        msgid = message.tags.get("msgid", "")
        if msgid and msgid == state.last_own:
            return  # written to ourselves: the echo and the message are one
        state.last_own = msgid
    meant = kind_and_text(message.command, line.param(1))
    if meant is None:
        return
    kind, text = meant
    yield MessageReceived(
        msgid=message.tags.get("msgid", ""),
        time=line.time,
        sender=line.source,
        target=line.param(0),
        text=text,
        kind=kind,
        own=own,
        account=line.account,
        reply_to=reply_to(line),
        file=files.announced(message.tags),
    )


def _is_echo(line: Line) -> bool:
    """Whether it is the message that we have asked to be sent, whoever we were when it was sent first.

    The answer to one that is sent again is its first echo, with the nick of then: the one that our old connection may
    still have. What others say in answer to it (a service) goes to us.
    """
    waiting, message = line.waiting, line.message
    if waiting is None or not waiting.is_message or waiting.command != message.command:
        return False
    return fold(line.param(0)) == fold(waiting.target)


def _earlier(line: Line, own: bool) -> Iterable[Event]:
    """A message that was said before: part of a history, or found."""
    tags = line.message.tags
    meant = kind_and_text(line.message.command, line.param(1))
    if meant is None:
        return
    kind, text = meant
    msgid, target = tags.get("msgid", ""), line.param(0)
    if line.found:
        yield Found(line.ref, msgid, line.time, line.source, target, text, kind)
    else:
        yield MessageReceived(
            msgid,
            line.time,
            line.source,
            target,
            text,
            kind,
            own,
            history=True,
            account=line.account,
            ref=line.ref,
            reply_to=reply_to(line),
            edited=EDITED in tags,
            file=files.announced(tags),
            back=_is_back(line),
        )


def _is_back(line: Line) -> bool:
    return line.waiting is not None and line.waiting.back


def _targets(state: State, line: Line) -> Iterable[Event]:
    # https://ircv3.net/specs/extensions/chathistory#targets: TARGETS, name, time of the latest message
    when = parse_time(line.param(2))
    if line.param(0) == "TARGETS" and when is not None:
        yield TargetTold(line.ref, line.param(1), when)


def _join(state: State, line: Line) -> Iterable[Event]:
    # https://ircv3.net/specs/extensions/extended-join: account ("*": none) and real name follow
    own = state.is_me(line.source.nick)
    if own and not line.history:
        state.learn_own(line.source)
    account = line.param(1) or line.account
    account = "" if account == "*" else account
    for channel in line.param(0).split(","):
        key = _key(line.waiting, channel) if own else ""
        yield Joined(line.source, channel, account, line.param(2), own, line.time, line.msgid, key)


def _led_on(state: State, line: Line) -> bool:
    """Whether ``line`` says by which name there is now what we have asked for by a former one."""
    # https://ircv3.net/specs/extensions/channel-rename#errors: the former name, the present one
    waiting, named = line.waiting, line.message.params[2:-1]
    if line.message.params[:2] != ("JOIN", "CHANNEL_RENAMED") or waiting is None or waiting.command != "JOIN":
        return False
    return not waiting.led and len(named) == 2 and all(map(state.info.is_channel, named))


def _key(waiting: Waiting | None, channel: str) -> str:
    """The key with which we asked for ``channel``; ``""`` where it was none."""
    if waiting is None or waiting.command != "JOIN" or waiting.text == waiting.target:
        return ""
    keys = zip(waiting.target.split(","), waiting.text.split(","), strict=False)
    return next((key for name, key in keys if fold(name) == fold(channel)), "")


def _part(state: State, line: Line) -> Iterable[Event]:
    own = state.is_me(line.source.nick)
    asked = own and line.waiting is not None and line.waiting.command == "PART"
    for channel in line.param(0).split(","):
        yield Parted(line.source, channel, line.param(1), own, line.time, line.msgid, asked)


def _quit(state: State, line: Line) -> Iterable[Event]:
    # A reason of two host names and nothing else is a netsplit where there is no batch to say so.
    words = line.param(0).split(" ")
    looks_split = len(words) == 2 and all(
        "." in word and "/" not in word and ":" not in word for word in words
    )
    yield QuitSeen(line.source, line.param(0), line.split or looks_split, line.time, line.msgid)


def _nick(state: State, line: Line) -> Iterable[Event]:
    # Some servers put the new name into the source already when they answer our own request.
    old, new = line.source.nick, line.param(0)
    own = state.is_me(old) or (line.waiting is not None and line.waiting.command == "NICK" and old == new)
    if own and not line.history:
        state.learn_own(line.source)
        old, state.nick = state.nick, new
    yield NickChanged(old, new, own, line.time, line.msgid)


def _kick(state: State, line: Line) -> Iterable[Event]:
    for nick in line.param(1).split(","):
        own = state.is_me(nick)
        yield Kicked(nick, line.param(0), line.source.nick, line.param(2), own, line.time, line.msgid)


def _rename(state: State, line: Line) -> Iterable[Event]:
    # https://ircv3.net/specs/extensions/channel-rename: the former name, the new one, a reason
    old, new = line.param(0), line.param(1)
    if state.info.is_channel(old) and state.info.is_channel(new):
        yield ChannelRenamed(old, new, line.source.nick, line.param(2), line.time, line.msgid)


def _topic(state: State, line: Line) -> Iterable[Event]:
    yield TopicChanged(line.param(0), line.param(1), line.source.nick, line.time, line.msgid)


def _mode(state: State, line: Line) -> Iterable[Event]:
    target = line.param(0)
    kinds = state.info.kinds if state.info.is_channel(target) else {}
    changes = parse_changes(line.param(1), line.message.params[2:], kinds=kinds)
    signs = state.info.prefix_of
    yield ModesChanged(target, line.source.nick, tuple(changes), signs, line.time, line.msgid)


def _invite(state: State, line: Line) -> Iterable[Event]:
    # https://ircv3.net/specs/extensions/invite-notify: others' invitations come too
    nick = line.param(0)
    yield Invited(nick, line.param(1), line.source.nick, state.is_me(nick), line.time)


def _away(state: State, line: Line) -> Iterable[Event]:
    # https://ircv3.net/specs/extensions/away-notify: without text he is back
    yield AwayChanged(line.source.nick, line.param(0) or None, state.is_me(line.source.nick))


def _account(state: State, line: Line) -> Iterable[Event]:
    # https://ircv3.net/specs/extensions/account-notify
    account = "" if line.param(0) == "*" else line.param(0)
    own = state.is_me(line.source.nick)
    if not own or state.change_account(account):
        yield AccountChanged(line.source.nick, account, own)


def _registered(state: State, line: Line) -> Iterable[Event]:
    # https://ircv3.net/specs/extensions/account-registration: what came of it, account, text
    yield Registered(line.ref, line.param(1), line.param(0) == "SUCCESS", line.last())


def _chghost(state: State, line: Line) -> Iterable[Event]:
    # https://ircv3.net/specs/extensions/chghost
    if state.is_me(line.source.nick):
        state.user, state.host = line.param(0), line.param(1)
    yield HostChanged(line.source.nick, line.param(0), line.param(1))


def _setname(state: State, line: Line) -> Iterable[Event]:
    # https://ircv3.net/specs/extensions/setname
    yield RealnameChanged(line.source.nick, line.param(0))


def _fail(state: State, line: Line) -> Iterable[Event]:
    # https://ircv3.net/specs/extensions/standard-replies: command, code, context..., text
    if line.waiting is None:
        yield ServerError(line.param(1), line.last())
    elif _led_on(state, line):
        old, new = line.param(2), line.param(3)
        line.waiting.renamed[new] = _key(line.waiting, old)
        yield ChannelRenamed(old, new, "", "", line.time)
    else:
        registering = line.waiting.command == "REGISTER"
        text = register_words(line.param(1), line.last()) if registering else line.last()
        line.waiting.fail(line.param(1), text)


def _note(state: State, line: Line) -> Iterable[Event]:
    yield ServerNote(line.message.command, line.param(1), line.last(), line.ref)


def _wallops(state: State, line: Line) -> Iterable[Event]:
    yield ServerNote("WALLOPS", line.source.nick, line.last())


#: What may be part of a history, and then says nothing of how things are.
_PASSES = (Joined, Parted, QuitSeen, NickChanged, Kicked, ChannelRenamed, TopicChanged, ModesChanged)


def read(state: State, line: Line) -> Iterable[Event]:
    """What ``line``, no numeric, tells."""
    handler = HANDLERS.get(line.message.command)
    for event in handler(state, line) if handler else ():
        if line.history and isinstance(event, _PASSES):
            # https://ircv3.net/specs/extensions/chathistory#event-playback
            yield Past(line.place or line.param(0), event, line.ref, _is_back(line))
        else:
            yield event


HANDLERS: dict[str, Handler] = {
    "PRIVMSG": _message,
    "NOTICE": _message,
    "CHATHISTORY": _targets,
    "REDACT": redacted,
    "TAGMSG": tagged,
    "MARKREAD": marked,
    "FILE": files.read,
    "JOIN": _join,
    "PART": _part,
    "QUIT": _quit,
    "NICK": _nick,
    "KICK": _kick,
    "RENAME": _rename,
    "TOPIC": _topic,
    "MODE": _mode,
    "INVITE": _invite,
    "AWAY": _away,
    "ACCOUNT": _account,
    "REGISTER": _registered,
    "CHGHOST": _chghost,
    "SETNAME": _setname,
    "FAIL": _fail,
    "WARN": _note,
    "NOTE": _note,
    "WALLOPS": _wallops,
}
