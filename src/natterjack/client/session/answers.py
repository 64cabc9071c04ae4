"""Reads the numerics that mean something to us. All others become :class:`ServerText`, or an error by their number.

Sources: https://modern.ircdocs.horse/#numerics, https://ircv3.net/specs/extensions/whox
"""

from __future__ import annotations

from collections.abc import Iterable

from natterjack.client.events import (
    AccountChanged,
    AwayChanged,
    AwayTold,
    ChannelLine,
    Event,
    Invited,
    Named,
    NamesListed,
    ServerError,
    ServerText,
    TopicSetBy,
    TopicTold,
    WhoisLine,
    WhoLine,
)
from natterjack.client.requests import WHOX_TOKEN
from natterjack.client.session.line import Handler, Line
from natterjack.client.session.state import State
from natterjack.proto import numerics as n
from natterjack.proto.source import parse_source

#: Above 599 and errors all the same, beside the whole of 400-599.
_MORE_ERRORS = frozenset(
    {n.ERR_INVALIDMODEPARAM.code, n.ERR_MONLISTFULL.code, "723", "902", "904", "905", "906"}
)
_NO_ERRORS = frozenset({n.ERR_NOMOTD.code})


def is_error(code: str) -> bool:
    """Whether the numeric ``code`` says that something was not done."""
    return ("400" <= code <= "599" or code in _MORE_ERRORS) and code not in _NO_ERRORS


def read_numeric(state: State, line: Line) -> Iterable[Event]:
    """What ``line``, a numeric, tells."""
    code = line.message.command
    handler = HANDLERS.get(code)
    if handler:
        return handler(state, line)
    if code in _SILENT:
        return ()
    if is_error(code):
        return _error(line, code)
    return (ServerText(line.ref, code, line.message.params[1:]),)


def _error(line: Line, code: str) -> Iterable[Event]:
    context = " ".join(line.message.params[1:-1])
    text = f"{context}: {line.last()}" if context else line.last()
    if line.waiting is None:
        return (ServerError(code, text),)
    line.waiting.fail(code, text)
    return ()


def _isupport(state: State, line: Line) -> Iterable[Event]:
    state.info.read(line.message.params[1:-1])
    return ()


def _user_is(state: State, line: Line) -> Iterable[Event]:
    # 396 is how older servers tell that the host shown to others is another now
    host = line.param(1)
    state.host = host.rpartition("@")[2]
    return ()


def _logged_in(state: State, line: Line) -> Iterable[Event]:
    # https://ircv3.net/specs/extensions/sasl-3.2: our nick and source (either may be "*" still), the account
    if state.change_account(line.param(2)):
        yield AccountChanged(state.nick, state.account, True)


def _logged_out(state: State, line: Line) -> Iterable[Event]:
    if state.change_account(""):
        yield AccountChanged(state.nick, "", True)


def _topic(state: State, line: Line) -> Iterable[Event]:
    yield TopicTold(line.param(1), line.param(2))


def _no_topic(state: State, line: Line) -> Iterable[Event]:
    yield TopicTold(line.param(1), "")


def _topic_by(state: State, line: Line) -> Iterable[Event]:
    when = line.param(3)
    yield TopicSetBy(line.param(1), parse_source(line.param(2)).nick, float(when) if _is_count(when) else 0.0)


def _names(state: State, line: Line) -> Iterable[Event]:
    members = []
    for word in line.last().split(" "):
        signs, rest = state.info.split_prefixes(word)
        if rest:
            source = parse_source(rest)
            members.append(Named(source.nick, signs, source.user, source.host))
    state.collect_names(line.param(2), members)
    return ()


def _end_of_names(state: State, line: Line) -> Iterable[Event]:
    yield NamesListed(line.ref, line.param(1), state.take_names(line.param(1)))


def _who(state: State, line: Line) -> Iterable[Event]:
    words = [line.param(place) for place in range(1, 7)]
    yield _who_line(state, line, words, account="", realname=line.last().partition(" ")[2])


def _whox(state: State, line: Line) -> Iterable[Event]:
    if line.param(1) == WHOX_TOKEN:
        account = line.param(8)
        words = [line.param(place) for place in range(2, 8)]
        yield _who_line(state, line, words, "" if account == "0" else account, line.param(9))


def _who_line(state: State, line: Line, words: list[str], account: str, realname: str) -> WhoLine:
    """``words`` are what both answers have in the same order."""
    channel, user, host, server, nick, flags = words
    return WhoLine(
        ref=line.ref,
        channel="" if channel == "*" else channel,
        nick=nick,
        user=user,
        host=host,
        server=server,
        prefixes=_signs(state, flags),
        away=flags[:1] == "G",
        oper="*" in flags,
        account=account,
        realname=realname,
    )


def _signs(state: State, flags: str) -> str:
    return "".join(sign for sign in state.info.prefix_of.values() if sign in flags)


def _whois(state: State, line: Line) -> Iterable[Event]:
    yield WhoisLine(line.ref, line.param(1), line.message.command, line.message.params[2:])


def _away_told(state: State, line: Line) -> Iterable[Event]:
    if line.waiting and line.waiting.command == "WHOIS":
        yield WhoisLine(line.ref, line.param(1), line.message.command, line.message.params[2:])
    else:
        yield AwayTold(line.param(1), line.last())


def _channel(state: State, line: Line) -> Iterable[Event]:
    members = line.param(2)
    yield ChannelLine(line.ref, line.param(1), int(members) if _is_count(members) else 0, line.param(3))


def _back(state: State, line: Line) -> Iterable[Event]:
    yield AwayChanged(state.nick, None, True)


def _gone(state: State, line: Line) -> Iterable[Event]:
    yield AwayChanged(state.nick, line.waiting.text if line.waiting else "", True)


def _inviting(state: State, line: Line) -> Iterable[Event]:
    yield Invited(line.param(1), line.param(2), state.nick, False, line.time)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


_WHOIS_CODES = (
    n.RPL_WHOISUSER,
    n.RPL_WHOISSERVER,
    n.RPL_WHOISOPERATOR,
    n.RPL_WHOISIDLE,
    n.RPL_WHOISCHANNELS,
    n.RPL_WHOISACCOUNT,
    n.RPL_WHOISBOT,
    n.RPL_WHOISACTUALLY,
    n.RPL_WHOISHOST,
    n.RPL_WHOISMODES,
)

#: They close an answer, or open it: the request itself ends with its label or fence.
_SILENT = frozenset(
    {
        n.RPL_MYINFO.code,
        n.RPL_ENDOFWHO.code,
        n.RPL_ENDOFWHOIS.code,
        n.RPL_LISTSTART.code,
        n.RPL_LISTEND.code,
        n.RPL_MOTDSTART.code,
        n.RPL_ENDOFMOTD.code,
        n.ERR_NOMOTD.code,
    }
)

HANDLERS: dict[str, Handler] = {
    n.RPL_ISUPPORT.code: _isupport,
    n.RPL_TOPIC.code: _topic,
    n.RPL_NOTOPIC.code: _no_topic,
    n.RPL_TOPICWHOTIME.code: _topic_by,
    n.RPL_NAMREPLY.code: _names,
    n.RPL_ENDOFNAMES.code: _end_of_names,
    n.RPL_WHOREPLY.code: _who,
    n.RPL_WHOSPCRPL.code: _whox,
    n.RPL_AWAY.code: _away_told,
    n.RPL_UNAWAY.code: _back,
    n.RPL_NOWAWAY.code: _gone,
    n.RPL_LIST.code: _channel,
    n.RPL_INVITING.code: _inviting,
    "396": _user_is,
    n.RPL_LOGGEDIN.code: _logged_in,
    "901": _logged_out,
    n.RPL_WHOISSECURE.code: _whois,
    **dict.fromkeys((numeric.code for numeric in _WHOIS_CODES), _whois),
}
