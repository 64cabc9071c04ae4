"""The capabilities that the server offers, as one table.

A set of capabilities is an ``int`` with a bit for each: cheap to keep for every session, and cheap to compare when a
line is rendered once for all who see it alike.

Source: https://ircv3.net/specs/extensions/capability-negotiation
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from msgspec import Struct


class Capability(Struct, frozen=True):
    """``bit`` is its place in a capability set, ``spec`` where it is defined."""

    name: str
    bit: int
    spec: str


MESSAGE_TAGS: Final = 1 << 0
SERVER_TIME: Final = 1 << 1
ACCOUNT_TAG: Final = 1 << 2
ECHO_MESSAGE: Final = 1 << 3
LABELED_RESPONSE: Final = 1 << 4
BATCH: Final = 1 << 5
MULTI_PREFIX: Final = 1 << 6
USERHOST_IN_NAMES: Final = 1 << 7
EXTENDED_JOIN: Final = 1 << 8
INVITE_NOTIFY: Final = 1 << 9
AWAY_NOTIFY: Final = 1 << 10
CHGHOST: Final = 1 << 11
SETNAME: Final = 1 << 12
ACCOUNT_NOTIFY: Final = 1 << 13
EXTENDED_MONITOR: Final = 1 << 14
STANDARD_REPLIES: Final = 1 << 15
NO_IMPLICIT_NAMES: Final = 1 << 16
CAP_NOTIFY: Final = 1 << 17
SASL: Final = 1 << 18
ACCOUNT_REGISTRATION: Final = 1 << 19
CHATHISTORY: Final = 1 << 20
EVENT_PLAYBACK: Final = 1 << 21
READ_MARKER: Final = 1 << 22
SEARCH: Final = 1 << 23
MESSAGE_REDACTION: Final = 1 << 24
EDIT: Final = 1 << 25
CLIENT_MSGID: Final = 1 << 26
MULTILINE: Final = 1 << 27
CHANNEL_RENAME: Final = 1 << 28
PRE_AWAY: Final = 1 << 29
EXTENDED_ISUPPORT: Final = 1 << 30
METADATA: Final = 1 << 31
RELAYMSG: Final = 1 << 33
#: Never negotiated: it only tells something. https://ircv3.net/specs/extensions/sts
STS: Final = 1 << 32

_SPEC = "https://ircv3.net/specs/extensions/"
#: Our own, as docs/protocol.md has them.
_OWN = "docs/protocol.md"

CAPABILITIES: Final[tuple[Capability, ...]] = (
    Capability("account-notify", ACCOUNT_NOTIFY, _SPEC + "account-notify"),
    Capability("account-tag", ACCOUNT_TAG, _SPEC + "account-tag"),
    Capability("away-notify", AWAY_NOTIFY, _SPEC + "away-notify"),
    Capability("batch", BATCH, _SPEC + "batch"),
    Capability("cap-notify", CAP_NOTIFY, _SPEC + "capability-negotiation#cap-notify"),
    Capability("chghost", CHGHOST, _SPEC + "chghost"),
    Capability("draft/account-registration", ACCOUNT_REGISTRATION, _SPEC + "account-registration"),
    Capability("draft/channel-rename", CHANNEL_RENAME, _SPEC + "channel-rename"),
    Capability("draft/chathistory", CHATHISTORY, _SPEC + "chathistory"),
    Capability("draft/event-playback", EVENT_PLAYBACK, _SPEC + "chathistory#event-playback"),
    Capability("draft/extended-isupport", EXTENDED_ISUPPORT, _SPEC + "extended-isupport"),
    Capability("draft/message-redaction", MESSAGE_REDACTION, _SPEC + "message-redaction"),
    Capability("draft/metadata-3", METADATA, _SPEC + "metadata"),
    Capability("draft/multiline", MULTILINE, _SPEC + "multiline"),
    Capability("draft/pre-away", PRE_AWAY, _SPEC + "pre-away"),
    Capability("draft/read-marker", READ_MARKER, _SPEC + "read-marker"),
    Capability("draft/relaymsg", RELAYMSG, "https://github.com/ircv3/ircv3-specifications/pull/417"),
    Capability("echo-message", ECHO_MESSAGE, _SPEC + "echo-message"),
    Capability("extended-join", EXTENDED_JOIN, _SPEC + "extended-join"),
    Capability("extended-monitor", EXTENDED_MONITOR, _SPEC + "extended-monitor"),
    Capability("invite-notify", INVITE_NOTIFY, _SPEC + "invite-notify"),
    Capability("labeled-response", LABELED_RESPONSE, _SPEC + "labeled-response"),
    Capability("message-tags", MESSAGE_TAGS, _SPEC + "message-tags"),
    Capability("multi-prefix", MULTI_PREFIX, _SPEC + "multi-prefix"),
    Capability("natterjack/client-msgid", CLIENT_MSGID, _OWN),
    Capability("natterjack/edit", EDIT, _OWN),
    Capability("no-implicit-names", NO_IMPLICIT_NAMES, _SPEC + "no-implicit-names"),
    Capability("sasl", SASL, _SPEC + "sasl-3.2"),
    Capability("server-time", SERVER_TIME, _SPEC + "server-time"),
    Capability("setname", SETNAME, _SPEC + "setname"),
    Capability(
        "soju.im/search", SEARCH, "https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md"
    ),
    Capability("standard-replies", STANDARD_REPLIES, _SPEC + "standard-replies"),
    Capability("sts", STS, _SPEC + "sts"),
    Capability("userhost-in-names", USERHOST_IN_NAMES, _SPEC + "userhost-in-names"),
)

BY_NAME: Final[dict[str, Capability]] = {capability.name: capability for capability in CAPABILITIES}


class Change(Struct, frozen=True, gc=False):
    """What is asked for, as capability sets: ``on`` in the end, ``off`` in the end, ``named`` at all, and ``refused``
    (with ``-`` before it) at any place.
    """

    on: int
    off: int
    named: int
    refused: int


@lru_cache(maxsize=64)  # nearly all ask for the same
def change(names: str) -> Change | None:
    """What a REQ of ``names`` asks for; None where one of them is none that can be asked for.

    Source: https://ircv3.net/specs/extensions/capability-negotiation#the-cap-req-subcommand,
    https://ircv3.net/specs/extensions/sts: nobody requests that.
    """
    on = off = refused = 0
    for name in names.split(" "):
        capability = BY_NAME.get(name.removeprefix("-"))
        if not name:
            continue
        if capability is None or capability.bit == STS:
            return None
        bit = capability.bit
        if name[0] == "-":
            on, off, refused = on & ~bit, off | bit, refused | bit
        else:
            on, off = on | bit, off & ~bit
    return Change(on, off, on | off, refused)
