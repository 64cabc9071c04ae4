"""What a client can ask for: one frozen type per thing.

``ref`` is the front end's own number for it, 0 where no answer is wanted; see :mod:`natterjack.client.events` for what
answers it. How each goes onto the wire is in :func:`to_line`. Where no other source is named, it is
https://modern.ircdocs.horse.
"""

from __future__ import annotations

from msgspec import Struct

from natterjack.client.events import Kind
from natterjack.client.secret import Secret
from natterjack.proto.timestamps import format_time
from natterjack.wire.message import escape, parse


class Request(Struct, frozen=True):
    """The base of all of them."""

    ref: int = 0


class Say(Request, frozen=True):
    """``text`` to a channel or a nick (or several, with commas), in as few messages as the server's limits allow.

    It may have several lines; a server that takes no such message gets one for each. ``reply_to`` is the id of the
    message that it answers; the first of several carries it.
    """

    target: str = ""
    text: str = ""
    kind: Kind = Kind.MESSAGE
    reply_to: str = ""


class Deliver(Request, frozen=True):
    """One message as the outbox has it, to one target. ``cid`` makes sending it again harmless."""

    target: str = ""
    text: str = ""
    kind: Kind = Kind.MESSAGE
    cid: str = ""
    reply_to: str = ""


class Edit(Request, frozen=True):
    """The message ``msgid`` of ours reads ``text`` from now on. ``kind`` as it was said."""

    target: str = ""
    msgid: str = ""
    text: str = ""
    kind: Kind = Kind.MESSAGE


class Redact(Request, frozen=True):
    """Take the message ``msgid`` back."""

    target: str = ""
    msgid: str = ""
    reason: str = ""


class React(Request, frozen=True):
    """Put ``reaction`` to the message ``msgid``, or with ``adding`` false take ours away."""

    target: str = ""
    msgid: str = ""
    reaction: str = ""
    adding: bool = True


class ShowTyping(Request, frozen=True):
    """Others may see that we type: ``state`` is ``active``, ``paused`` or ``done``.

    Ask for it while the person types, once in :data:`TYPING_EVERY`. https://ircv3.net/specs/client-tags/typing
    """

    target: str = ""
    state: str = "active"


class MarkRead(Request, frozen=True):
    """What was said in ``target`` up to ``time`` (seconds since 1970) has been read."""

    target: str = ""
    time: float = 0.0


class AskMark(Request, frozen=True):
    """How far ``target`` has been read on our other devices: ``events.ReadUpTo``."""

    target: str = ""


class AskHistory(Request, frozen=True):
    """``way`` is LATEST, BEFORE or AFTER; ``selector`` is ``*``, ``msgid=...`` or ``timestamp=...``.

    ``limit`` is in lines; the server may have a lower one. What comes is what was said, as ``events.MessageReceived``
    and the like, and ``events.HistoryRead`` behind it. https://ircv3.net/specs/extensions/chathistory
    """

    target: str = ""
    way: str = "LATEST"
    selector: str = "*"
    limit: int = 50


class AskTargets(Request, frozen=True):
    """Where something was said after ``since`` (seconds since 1970): ``events.TargetTold`` for each conversation.

    Where there are more than ``limit``, those that were silent for longest; or ``newest_first``.
    """

    since: float = 0.0
    limit: int = 50
    newest_first: bool = False


class Recall(Request, frozen=True):
    """What was shown of the server before, as far as it is kept here: it is not asked. See ``events.Recalled``."""


class Search(Request, frozen=True):
    """Messages with all ``words``: ``events.Found`` for each. ``target`` is where, ``""`` for all channels."""

    target: str = ""
    words: str = ""
    limit: int = 50


class Join(Request, frozen=True):
    """Come in: ``events.Joined``, and what the channel tells whoever comes. ``key``: the one that it wants (+k)."""

    channel: str = ""
    key: str = ""


class Part(Request, frozen=True):
    channel: str = ""
    reason: str = ""


class ChangeNick(Request, frozen=True):
    nick: str = ""


class SetTopic(Request, frozen=True):
    """``""`` takes the topic away."""

    channel: str = ""
    topic: str = ""


class AskTopic(Request, frozen=True):
    """``events.TopicTold`` and ``events.TopicSetBy``, without a number."""

    channel: str = ""


class AskNames(Request, frozen=True):
    """Who is there, as far as we may see: ``events.NamesListed``."""

    channel: str = ""


class AskWho(Request, frozen=True):
    """``mask`` is a channel, a nick or a mask: ``events.WhoLine`` for each who fits."""

    mask: str = "*"


class AskWhois(Request, frozen=True):
    """``events.WhoisLine`` for each thing that is told of him."""

    nick: str = ""


class AskChannels(Request, frozen=True):
    """All channels that may be seen, or the one named: ``events.ChannelLine`` for each."""

    channel: str = ""


class SetAway(Request, frozen=True):
    """``""``: back again."""

    text: str = ""


class Kick(Request, frozen=True):
    """Put ``nick`` out of ``channel``."""

    channel: str = ""
    nick: str = ""
    reason: str = ""


class Rename(Request, frozen=True):
    """The channel is called ``new`` from then on."""

    channel: str = ""
    new: str = ""
    reason: str = ""


class Invite(Request, frozen=True):
    nick: str = ""
    channel: str = ""


class Mode(Request, frozen=True):
    """``words`` are the letters and their parameters; none asks what is set."""

    target: str = ""
    words: tuple[str, ...] = ()


class Register(Request, frozen=True):
    """Make our present nick an account."""

    password: Secret = Secret()


class LogIn(Request, frozen=True):
    """Log in to ``account``; then, with ``take_nick``, take its name too if it can be had."""

    account: str = ""
    password: Secret = Secret()
    take_nick: bool = True


class Oper(Request, frozen=True):
    """Become an operator of the server."""

    account: str = ""
    password: Secret = Secret()


class Console(Request, frozen=True):
    """A verb of the server's console with what belongs to it, for its operators."""

    line: str = ""


class FileRequest(Request, frozen=True):
    """The base of what a server is asked about files, by ``FILE``: see :mod:`natterjack.client.transfers.requests`."""

    @property
    def params(self) -> tuple[str, ...]:
        raise NotImplementedError


class Raw(Request, frozen=True):
    """A line as the protocol has it, without tags."""

    line: str = ""


#: Seconds between two :class:`ShowTyping`, at least: what the specification wants.
TYPING_EVERY = 3.0
#: Later than any message: some hours before the year 10000.
_FOR_EVER = 253_402_200_000.0
#: What servers must offer for a request to be made: type -> capability, and what it is about.
#: https://ircv3.net/specs/extensions/chathistory, https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md
NEEDED: dict[type[Request], tuple[str, str]] = {
    AskHistory: ("draft/chathistory", "history"),
    AskTargets: ("draft/chathistory", "history"),
    Search: ("soju.im/search", "search"),
    MarkRead: ("draft/read-marker", "read markers"),
    AskMark: ("draft/read-marker", "read markers"),
    Edit: ("natterjack/edit", "changing of messages"),
    Rename: ("draft/channel-rename", "other names for channels"),
    Redact: ("draft/message-redaction", "taking back of messages"),
    React: ("message-tags", "reactions"),
    ShowTyping: ("message-tags", "such signs"),
}
#: Parameters of one line. https://modern.ircdocs.horse/#parameters
_MOST_PARAMS = 15
#: Field of a WHOX answer, so that our own answers are told from others': any number up to three digits.
WHOX_TOKEN = "77"
#: https://ircv3.net/specs/extensions/whox: token, channel, user, host, server, nick, flags, account, real name.
WHOX_FIELDS = "%tcuhsnfar"


def to_line(request: Request, whox: bool) -> tuple[str, tuple[str, ...]]:
    """Command and parameters of every request but :class:`LogIn` and those that say something (:class:`Say`,
    :class:`Deliver`, :class:`Edit`).

    ``whox``: the server knows extended WHO.

    Raises :class:`natterjack.wire.message.WireError` for a :class:`Raw` line that is none.
    """
    if isinstance(request, Raw):
        message = parse(request.line.encode())
        return message.command, message.params
    if isinstance(request, AskWho) and whox:
        return "WHO", (request.mask, f"{WHOX_FIELDS},{WHOX_TOKEN}")
    if isinstance(request, Register):
        # https://ircv3.net/specs/extensions/account-registration: our own nick, no e-mail address
        return "REGISTER", ("*", "*", request.password.text)
    if isinstance(request, Oper):
        return "OPER", (request.account, request.password.text)
    if isinstance(request, FileRequest):
        return "FILE", request.params
    if isinstance(request, Console):
        return "CONSOLE", _words(request.line)
    if isinstance(request, Mode):
        return "MODE", (request.target, *request.words)
    if isinstance(request, AskHistory):
        return "CHATHISTORY", (request.way, request.target, request.selector, str(request.limit))
    if isinstance(request, AskTargets):
        bounds = [f"timestamp={format_time(moment)}" for moment in (request.since, _FOR_EVER)]
        return "CHATHISTORY", (
            "TARGETS",
            *(bounds[::-1] if request.newest_first else bounds),
            str(request.limit),
        )
    if isinstance(request, Search):
        # https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md
        where = f"in={escape(request.target)};" if request.target else ""
        return "SEARCH", (f"{where}text={escape(request.words)};limit={request.limit}",)
    if isinstance(request, MarkRead):
        # half a millisecond more, since the form is cut and a float is a little less than it should be
        moment = format_time(request.time + 0.0005)
        return "MARKREAD", (request.target, f"timestamp={moment}")
    command, needed, optional = _LINES[type(request)]
    params = [getattr(request, field) for field in needed]
    params += [value for field in optional if (value := getattr(request, field))]
    return command, tuple(params)


def tags_of(request: Request) -> dict[str, str]:
    """The tags that say what ``request`` is about.

    https://ircv3.net/specs/client-tags/reply, https://ircv3.net/specs/client-tags/react
    """
    if isinstance(request, Say | Deliver):
        return {"+draft/reply": request.reply_to} if request.reply_to else {}
    if isinstance(request, Edit):
        return {"+natterjack/edit": request.msgid}
    if isinstance(request, React):
        verb = "+draft/react" if request.adding else "+draft/unreact"
        return {verb: request.reaction, "+draft/reply": request.msgid}
    return {"+typing": request.state} if isinstance(request, ShowTyping) else {}


def _words(line: str) -> tuple[str, ...]:
    """The words of ``line`` as parameters. From one on that only the last parameter can be, the rest is that one."""
    words = line.split()
    for place, word in enumerate(words):
        if word.startswith(":") or place == _MOST_PARAMS - 1:
            return (*words[:place], " ".join(words[place:]))
    return tuple(words)


#: request -> command, fields that are always sent, field that is left out when it is "".
_LINES: dict[type[Request], tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    Join: ("JOIN", ("channel",), ("key",)),
    Part: ("PART", ("channel",), ("reason",)),
    ChangeNick: ("NICK", ("nick",), ()),
    SetTopic: ("TOPIC", ("channel", "topic"), ()),
    AskTopic: ("TOPIC", ("channel",), ()),
    AskNames: ("NAMES", ("channel",), ()),
    AskWho: ("WHO", ("mask",), ()),
    AskWhois: ("WHOIS", ("nick",), ()),
    AskChannels: ("LIST", (), ("channel",)),
    SetAway: ("AWAY", (), ("text",)),
    Redact: ("REDACT", ("target", "msgid"), ("reason",)),
    React: ("TAGMSG", ("target",), ()),
    ShowTyping: ("TAGMSG", ("target",), ()),
    AskMark: ("MARKREAD", ("target",), ()),
    Kick: ("KICK", ("channel", "nick"), ("reason",)),
    Rename: ("RENAME", ("channel", "new"), ("reason",)),
    Invite: ("INVITE", ("nick", "channel"), ()),
}
