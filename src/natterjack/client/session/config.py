"""Who we are and how patient: what a session is told at its start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from natterjack.client.secret import Credentials

#: Capabilities that this client asks for where they are offered. Each changes what we receive, and is understood here.
WANTED: Final = (
    "account-notify",
    "account-tag",
    "away-notify",
    "batch",
    "cap-notify",
    "chghost",
    "draft/channel-rename",
    "draft/chathistory",
    "draft/event-playback",
    "draft/message-redaction",
    "draft/multiline",
    "draft/read-marker",
    "echo-message",
    "extended-join",
    "invite-notify",
    "labeled-response",
    "message-tags",
    "multi-prefix",
    "natterjack/client-msgid",
    "natterjack/edit",
    "sasl",
    "server-time",
    "setname",
    "soju.im/search",
    "standard-replies",
    "userhost-in-names",
)

#: Requests that may wait for an answer at the same time; more are refused on the spot.
MOST_WAITING: Final = 1000


class Timings(Struct, frozen=True):
    """How patient a session is, in seconds.

    After ``idle`` without a byte from the server we ask whether it is there, and after ``silence`` more it is taken for
    dead. ``registration`` is for being let in, from the first byte to the last line of the greeting. ``answer``: in
    which not one waiting request was answered, until the oldest counts as unanswered; long, because a server may make a
    fast writer wait.
    """

    idle: float = 60.0
    silence: float = 30.0
    registration: float = 30.0
    answer: float = 60.0


class SessionConfig(Struct, frozen=True):
    """``password`` is the server's (PASS), such as an invite; ``channels`` are joined on arrival, those of them that
    are in ``keys`` (by their folded names) with that key.

    ``login`` is None for a guest. Where it is refused, ``other_login`` is tried if there is one. Where logging in
    fails, one comes in as a guest, or with ``login_or_leave`` not at all. Where ``nick`` cannot be had, others are
    tried, or with ``nick_or_leave`` none: one does not come in, and has spent nothing by asking.
    """

    nick: str
    username: str = ""
    realname: str = ""
    password: str = ""
    channels: tuple[str, ...] = ()
    login: Credentials | None = None
    other_login: Credentials | None = None
    login_or_leave: bool = False
    nick_or_leave: bool = False
    keys: Mapping[str, str] = {}
