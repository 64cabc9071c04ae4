"""Who we are and how patient: what a session is told at its start."""

from __future__ import annotations

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
    "draft/chathistory",
    "echo-message",
    "extended-join",
    "invite-notify",
    "labeled-response",
    "message-tags",
    "multi-prefix",
    "natterjack/client-msgid",
    "sasl",
    "server-time",
    "setname",
    "soju.im/search",
    "standard-replies",
    "userhost-in-names",
)

#: Seconds without a byte from the server until we ask whether it is there.
IDLE_BEFORE_PING: Final = 60.0
#: Seconds more until we take it for dead.
PATIENCE_AFTER_PING: Final = 30.0
#: Seconds for being let in, from the first byte to the last line of the greeting.
REGISTRATION: Final = 30.0
#: Seconds in which not one waiting request was answered, until the oldest counts as unanswered. Long, because a server
#: may make a fast writer wait.
ANSWER: Final = 60.0
#: Requests that may wait for an answer at the same time; more are refused on the spot.
MOST_WAITING: Final = 1000


class SessionConfig(Struct, frozen=True):
    """``password`` is the server's (PASS), such as an invite; ``channels`` are joined on arrival.

    ``login`` is None for a guest. Where logging in fails, one comes in as a guest, or with ``login_or_leave`` not at
    all. Where ``nick`` cannot be had, others are tried, or with ``nick_or_leave`` none: one does not come in, and has
    spent nothing by asking.
    """

    nick: str
    username: str = ""
    realname: str = ""
    password: str = ""
    channels: tuple[str, ...] = ()
    login: Credentials | None = None
    login_or_leave: bool = False
    nick_or_leave: bool = False
