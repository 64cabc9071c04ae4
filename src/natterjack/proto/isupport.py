"""RPL_ISUPPORT (005): what the server tells its clients of itself, made and read.

Source: https://modern.ircdocs.horse/#rplisupport-005, https://modern.ircdocs.horse/#rplisupport-parameters
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from natterjack.proto import extbans, limits, modes
from natterjack.proto.modes import Kind

_ESCAPED = re.compile(r"\\x([0-9A-Fa-f]{2})")


def tokens(network: str) -> list[str]:
    """The server's tokens, in alphabetical order."""
    ranks = modes.RANKS
    lists = modes.of_kind(Kind.LIST)
    kinds = (Kind.LIST, Kind.ALWAYS, Kind.WHEN_SET, Kind.FLAG)
    return sorted(
        [
            # https://ircv3.net/specs/extensions/account-extban
            f"ACCOUNTEXTBAN={extbans.ACCOUNT}",
            f"AWAYLEN={limits.AWAY_LENGTH}",
            "BOT=B",
            "CASEMAPPING=ascii",
            f"CHANLIMIT=#:{limits.CHANNELS_PER_USER}",
            f"CHANMODES={','.join(modes.of_kind(kind) for kind in kinds)}",
            f"CHANNELLEN={limits.CHANNEL_LENGTH}",
            "CHANTYPES=#",
            "ELIST=CMNTU",
            "EXCEPTS=e",
            f"EXTBAN={extbans.PREFIX},{extbans.ACCOUNT}{extbans.MUTE}",
            f"HOSTLEN={64}",
            "INVEX=I",
            f"KEYLEN={limits.KEY_LENGTH}",
            f"KICKLEN={limits.KICK_LENGTH}",
            f"MAXLIST={lists}:{limits.LIST_ENTRIES}",
            f"MAXTARGETS={limits.TARGETS}",
            f"MODES={limits.MODES_PER_COMMAND}",
            f"MONITOR={limits.MONITOR_ENTRIES}",
            f"NAMELEN={limits.REALNAME_LENGTH}",
            f"NETWORK={escape(network)}",
            f"NICKLEN={limits.NICK_LENGTH}",
            f"PREFIX=({''.join(letter for letter, _, _ in ranks)}){modes.PREFIXES}",
            "SAFELIST",
            f"STATUSMSG={modes.PREFIXES}",
            f"TARGMAX={_most_targets()}",
            f"TOPICLEN={limits.TOPIC_LENGTH}",
            f"USERLEN={limits.USER_LENGTH}",
            "UTF8ONLY",
            "WHOX",
        ]
    )


def _most_targets() -> str:
    most = {"JOIN": "", "KICK": "", "LIST": "", "NAMES": 1, "PART": "", "WHOIS": 1}
    most |= dict.fromkeys(("NOTICE", "PRIVMSG", "TAGMSG"), limits.TARGETS)
    return ",".join(f"{command}:{count}" for command, count in sorted(most.items()))


def escape(value: str) -> str:
    r"""``value`` with what would end a token written as ``\xHH``."""
    return "".join(f"\\x{ord(letter):02X}" if letter in " =\\" else letter for letter in value)


def unescape(value: str) -> str:
    r"""``\xHH`` undone; anything else stands for itself."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)


def lines(items: Sequence[str]) -> Iterable[Sequence[str]]:
    """``items`` in groups that fit one line each."""
    for start in range(0, len(items), limits.ISUPPORT_TOKENS):
        yield items[start : start + limits.ISUPPORT_TOKENS]


def read(settings: dict[str, str], params: Sequence[str]) -> None:
    """Take one 005's tokens (``params`` without nick and text) into ``settings``; ``-NAME`` takes one out."""
    for token in params:
        name, _, value = token.partition("=")
        if name[:1] == "-":
            settings.pop(name[1:], None)
        else:
            settings[name] = unescape(value)
