"""RPL_ISUPPORT (005): what the server tells its clients of itself, made and read.

Source: https://modern.ircdocs.horse/#rplisupport-005, https://modern.ircdocs.horse/#rplisupport-parameters
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from natterjack.proto import extbans, limits, modes
from natterjack.proto.limits import USUAL, Announced
from natterjack.proto.modes import Kind

_ESCAPED = re.compile(r"\\x([0-9A-Fa-f]{2})")


def tokens(
    network: str,
    announced: Announced = USUAL,
    history: bool = False,
    files: int = 0,
    filehost: str = "",
    icon: str = "",
) -> list[str]:
    """The tokens of a server with these limits, in alphabetical order; ``history``: it keeps one.

    ``files`` is how many bytes a file may have, 0: none can be sent; ``filehost`` where any app may upload one;
    ``icon``: the URL of its picture, ``""``: it has none.
    """
    past = [f"CHATHISTORY={announced.history}", "MSGREFTYPES=msgid,timestamp"] if history else []
    past += [f"natterjack/FILES={files}"] if files else []
    # https://codeberg.org/emersion/soju/src/branch/master/doc/ext/filehost.md
    past += [f"soju.im/FILEHOST={escape(filehost)}"] if files and filehost else []
    # https://ircv3.net/specs/extensions/network-icon
    picture = [f"draft/ICON={escape(icon)}"] if icon else []
    ranks = modes.RANKS
    lists = modes.of_kind(Kind.LIST)
    kinds = (Kind.LIST, Kind.ALWAYS, Kind.WHEN_SET, Kind.FLAG)
    return sorted(
        [
            # https://ircv3.net/specs/extensions/account-extban
            f"ACCOUNTEXTBAN={extbans.ACCOUNT}",
            f"AWAYLEN={announced.away}",
            "BOT=B",
            "CASEMAPPING=ascii",
            f"CHANLIMIT=#:{_number(announced.channels)}",
            f"CHANMODES={','.join(modes.of_kind(kind) for kind in kinds)}",
            f"CHANNELLEN={announced.channel}",
            "CHANTYPES=#",
            "ELIST=CMNTU",
            "EXCEPTS=e",
            f"EXTBAN={extbans.PREFIX},{extbans.ACCOUNT}{extbans.MUTE}",
            f"HOSTLEN={64}",
            "INVEX=I",
            f"KEYLEN={limits.KEY_LENGTH}",
            f"KICKLEN={announced.reason}",
            f"MAXLIST={lists}:{announced.list_entries}",
            f"MAXTARGETS={announced.targets}",
            f"MODES={limits.MODES_PER_COMMAND}",
            "MONITOR" if announced.monitor is None else f"MONITOR={announced.monitor}",
            f"NAMELEN={limits.REALNAME_LENGTH}",
            f"NETWORK={escape(network)}",
            f"NICKLEN={announced.nick}",
            f"PREFIX=({''.join(letter for letter, _, _ in ranks)}){modes.PREFIXES}",
            "SAFELIST",
            f"STATUSMSG={modes.PREFIXES}",
            f"TARGMAX={_most_targets(announced.targets)}",
            f"TOPICLEN={announced.topic}",
            f"USERLEN={limits.USER_LENGTH}",
            "UTF8ONLY",
            "WHOX",
            *past,
            *picture,
        ]
    )


def _number(count: int | None) -> str:
    return "" if count is None else str(count)


def _most_targets(targets: int) -> str:
    most = {"JOIN": "", "KICK": "", "LIST": "", "NAMES": "", "PART": "", "WHOIS": 1}
    most |= dict.fromkeys(("NOTICE", "PRIVMSG", "TAGMSG"), targets)
    return ",".join(f"{command}:{count}" for command, count in sorted(most.items()))


def escape(value: str) -> str:
    r"""``value`` with what would end a token written as ``\xHH``."""
    return "".join(f"\\x{ord(letter):02X}" if letter in " =\\" else letter for letter in value)


def unescape(value: str) -> str:
    r"""``\xHH`` undone; anything else stands for itself."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)


def changes(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """What a client that knows ``old`` has to be told so that it knows ``new``."""
    names = {token.partition("=")[0] for token in new}
    gone = [f"-{name}" for token in old if (name := token.partition("=")[0]) not in names]
    return [*gone, *(token for token in new if token not in old)]


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
