"""Lengths that are part of what client and server agree on; ISUPPORT announces them.

The server's own policy (timeouts, queues, pace) is in :mod:`natterjack.core.policy`.
"""

#: Characters. Long enough for a full name in any script, short enough for a column.
NICK_LENGTH = 32
#: Characters, the ``#`` included; and bytes, so that it shares a line with a long nick and a text.
CHANNEL_LENGTH = 64
CHANNEL_BYTES = 128
#: Bytes of UTF-8 each: what is left of 512 beside the longest source, a command and a channel.
TOPIC_LENGTH = 390
AWAY_LENGTH = 390
KICK_LENGTH = 390
QUIT_LENGTH = 390
#: Bytes of why somebody was banned or muted: shares a line with when that ends.
SANCTION_LENGTH = 250
#: Bytes of UTF-8. Shown with every JOIN under extended-join, so it shares a line with a long source.
REALNAME_LENGTH = 150
#: Bytes of the user name. RFC 1459 clients send their login name.
USER_LENGTH = 18
#: Bytes of a channel key.
KEY_LENGTH = 32
#: Entries in each of a channel's lists (b, e, I): keeps matching cheap and a flood out.
LIST_ENTRIES = 100
#: Bytes of a mask in one of those lists: the longest source has no more, and several fit one line.
MASK_LENGTH = 200
#: Bytes of a password. Eight is little; more than 300 is not typed by anybody.
PASSWORD_LEAST = 8
PASSWORD_MOST = 300
#: Channels that a user may be in.
CHANNELS_PER_USER = 50
#: Receivers that a PRIVMSG, NOTICE or TAGMSG may name; other commands take as many as fit the line.
TARGETS = 4
#: Mode letters with a parameter in one MODE.
MODES_PER_COMMAND = 8
#: Nicks on a MONITOR list.
MONITOR_ENTRIES = 100
#: Parameters of one ISUPPORT line: RFC 1459's 15 less the nick and the text.
ISUPPORT_TOKENS = 13


def clip(text: str, size: int) -> str:
    """``text`` cut to at most ``size`` bytes of UTF-8, never inside a character."""
    data = text.encode()
    if len(data) <= size:
        return text
    return data[:size].decode(errors="ignore")
