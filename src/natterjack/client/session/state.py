"""What a session knows: itself, and what its server announced."""

from __future__ import annotations

from natterjack.client.channels import PREFIXES
from natterjack.client.events import Named
from natterjack.proto import isupport
from natterjack.proto.casemap import fold
from natterjack.proto.modes import CHANNEL_MODES, RANKS, Kind
from natterjack.proto.source import Source

#: What a line may have, with its CR LF. https://modern.ircdocs.horse/#messages
LINE_BYTES = 512
#: Bytes of user and host to reckon with while we do not know ours: the longest usual on any server.
_UNKNOWN_USER = 18
_UNKNOWN_HOST = 64
#: Lines of history to ask for at once, and what a server that does not say so will certainly give.
MOST_HISTORY = 500
_USUAL_HISTORY = 50
#: The ISUPPORT token of a server that takes files; its value is the most bytes that one may have.
FILES = "natterjack/FILES"
#: Names kept of one NAMES answer. No channel has as many; a broken server could send for ever.
_MOST_NAMES = 100_000


class ServerInfo:
    """The server's ISUPPORT, read as it came. What it does not say has RFC 1459's meaning, or ours."""

    def __init__(self) -> None:
        self.settings: dict[str, str] = {}
        self.prefix_of: dict[str, str] = {letter: sign for letter, sign, _ in RANKS}
        self.kinds: dict[str, Kind] = dict(CHANNEL_MODES)
        self.channel_types = PREFIXES
        self.network = ""
        self.whox = False

    def read(self, params: tuple[str, ...]) -> None:
        """Take in one 005: ``params`` without our nick and the text at its end."""
        isupport.read(self.settings, params)
        get = self.settings.get
        letters, _, signs = get("PREFIX", "").removeprefix("(").partition(")")
        if letters and len(letters) == len(signs):
            self.prefix_of = dict(zip(letters, signs, strict=True))
        groups = get("CHANMODES", "").split(",")
        if len(groups) >= 4:
            by_group = zip(groups, (Kind.LIST, Kind.ALWAYS, Kind.WHEN_SET, Kind.FLAG), strict=False)
            self.kinds = {letter: kind for group, kind in by_group for letter in group}
        self.kinds |= dict.fromkeys(self.prefix_of, Kind.RANK)
        self.channel_types = get("CHANTYPES", PREFIXES)
        self.network = get("NETWORK", "")
        self.whox = "WHOX" in self.settings

    def is_channel(self, target: str) -> bool:
        """Whether ``target`` is a channel's name (and no ``@#channel``)."""
        return target[:1] != "" and target[0] in self.channel_types

    def split_prefixes(self, text: str) -> tuple[str, str]:
        """``("@+", "nick")`` of ``"@+nick"``."""
        signs = self.prefix_of.values()
        at = 0
        while at < len(text) and text[at] in signs:
            at += 1
        return text[:at], text[at:]


class State:
    """One connection's knowledge. Only the session's own modules change it."""

    def __init__(self, nick: str) -> None:
        self.nick = nick
        self.user = ""
        self.host = ""
        self.server = ""
        self.account = ""  # "" for a guest
        self.last_own = ""  # msgid of the last message of ours that came back
        self.caps: set[str] = set()
        self.info = ServerInfo()
        self._names: dict[str, list[Named]] = {}

    def is_me(self, nick: str) -> bool:
        """Whether ``nick`` is our own at present."""
        return fold(nick) == fold(self.nick)

    def is_ours(self, nick: str, account: str) -> bool:
        """Whether what comes from ``nick`` is ours: of this session, or of another one of our account's."""
        return self.is_me(nick) or (account != "" and fold(account) == fold(self.account))

    def learn_own(self, source: Source) -> None:
        """How others see us, from a line that came from ourselves."""
        if source.user and source.host:
            self.user, self.host = source.user, source.host

    def change_account(self, account: str) -> bool:
        """Whether that is news: servers may tell it in more than one way."""
        known, self.account = self.account, account
        return known != account

    @property
    def labels(self) -> bool:
        """Whether answers carry the label of their question."""
        return self.caps >= {"labeled-response", "batch", "message-tags"}

    @property
    def resends(self) -> bool:
        """Whether a message may be sent again: the server knows client message ids, and its answers are told apart."""
        return self.labels and self.echoes and "natterjack/client-msgid" in self.caps

    @property
    def history_limit(self) -> int:
        """Lines that one request for history brings at most; 0 where there are no such requests.

        https://ircv3.net/specs/extensions/chathistory#isupport-tokens: 0 there means as many as one likes.
        """
        if not self.labels or "draft/chathistory" not in self.caps:
            return 0
        told = self.info.settings.get("CHATHISTORY", "")
        limit = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else _USUAL_HISTORY
        return min(limit, MOST_HISTORY) or MOST_HISTORY

    @property
    def moves_files(self) -> bool:
        """Whether the server takes and gives files, and knows FILE."""
        return FILES in self.info.settings

    @property
    def echoes(self) -> bool:
        """Whether our own messages come back to us."""
        return "echo-message" in self.caps

    def room_for_text(self, command: str, target: str) -> int:
        """Bytes of text that fit one message to ``target`` as the others receive it, our source before it."""
        user = len(self.user.encode()) or _UNKNOWN_USER
        host = len(self.host.encode()) or _UNKNOWN_HOST
        source = len(self.nick.encode()) + user + host + len(":!@ ")
        return max(LINE_BYTES - source - len(f"{command}  :\r\n") - len(target.encode()), 4)

    def collect_names(self, channel: str, members: list[Named]) -> None:
        """Keep what one 353 said until its 366."""
        held = self._names.setdefault(fold(channel), [])
        if len(held) + len(members) <= _MOST_NAMES and len(self._names) < 1000:
            held.extend(members)

    def take_names(self, channel: str) -> tuple[Named, ...]:
        """All that :meth:`collect_names` kept for ``channel``; forgotten here by that."""
        return tuple(self._names.pop(fold(channel), ()))
