"""Lengths and numbers that client and server agree on; ISUPPORT announces them.

:class:`Announced` has those that a server can be given other ones of, with their defaults; the constants are fixed.
The server's own policy (timeouts, queues, pace) is in :mod:`natterjack.core.policy`.
"""

from msgspec import Struct

#: Bytes of a nick, whatever its length in characters may be: several share a line.
NICK_BYTES = 128
#: Bytes of a channel's name: it shares a line with a long nick and a text.
CHANNEL_BYTES = 128
#: Bytes of a text at most: what is left of 512 beside the longest source, a command and a channel.
TEXT_BYTES = 390
#: Bytes of why somebody was banned or muted: shares a line with when that ends.
SANCTION_LENGTH = 250
#: Bytes of UTF-8. Shown with every JOIN under extended-join, so it shares a line with a long source.
REALNAME_LENGTH = 150
#: Bytes of the user name. RFC 1459 clients send their login name.
USER_LENGTH = 18
#: Bytes of a channel key.
KEY_LENGTH = 32
#: Bytes of a mask in one of those lists: the longest source has no more, and several fit one line.
MASK_LENGTH = 200
#: Bytes of a new password, unless it is configured otherwise. Eight is little; more than 300 is not typed by anybody.
PASSWORD_LEAST = 8
PASSWORD_USUAL_MOST = 300
#: Bytes of any that can be proved: more than a line carries, for those that come from elsewhere.
PASSWORD_MOST = 1000
#: Mode letters with a parameter in one MODE.
MODES_PER_COMMAND = 8
#: Parameters of one ISUPPORT line: RFC 1459's 15 less the nick and the text.
ISUPPORT_TOKENS = 13


class Announced(Struct, frozen=True, kw_only=True):
    """What a server may be configured to. None: without limit."""

    #: Characters. Long enough for a full name in any script, short enough for a column.
    nick: int = 32
    #: Characters, the ``#`` included.
    channel: int = 64
    #: Bytes of UTF-8 each. The reason is that of QUIT, PART and KICK.
    topic: int = TEXT_BYTES
    away: int = TEXT_BYTES
    reason: int = TEXT_BYTES
    #: Channels that a user may be in.
    channels: int | None = 50
    #: Receivers that a PRIVMSG, NOTICE or TAGMSG may name; other commands take as many as fit the line.
    targets: int = 4
    #: Entries in each of a channel's lists (b, e, I): keeps matching cheap and a flood out.
    list_entries: int = 100
    #: Lines that one request for history brings.
    history: int = 500
    #: Bytes of a message of several lines, and its lines. Shown to a whole channel, it takes some hundred bytes more
    #: for each line, of each client's send queue.
    multiline_bytes: int = 4096
    multiline_lines: int = 24
    #: Nicks on a MONITOR list.
    monitor: int | None = 100


USUAL = Announced()


def clip(text: str, size: int) -> str:
    """``text`` cut to at most ``size`` bytes of UTF-8, never inside a character."""
    data = text.encode()
    if len(data) <= size:
        return text
    return data[:size].decode(errors="ignore")
