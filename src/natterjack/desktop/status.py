"""The line below the composer."""

from __future__ import annotations

import time
from typing import Final

from natterjack.client.chatting.sanitise import harmless
from natterjack.desktop.me import state_words
from natterjack.desktop.server import Server

#: People named as typing.
_MOST_TYPING: Final = 3


def status_words(server: Server) -> str:
    """Who is typing; what of ours is on its way; and the connection where it is not as it should be."""
    parts = []
    if not server.online:
        parts.append(state_words(server))
    waiting = len(server.current.waiting)
    if waiting:
        what = "1 message" if waiting == 1 else f"{waiting} messages"
        parts.append(f"Sending {what}…" if server.online else f"{what} to be sent once there is a connection")
    if server.queued > 0:
        what = "1 line waits" if server.queued == 1 else f"{server.queued} lines wait"
        parts.append(f"{what} for {'an answer' if server.online else 'the connection'}")
    names = [harmless(nick) for nick in server.current.typing(time.time())]
    if len(names) > _MOST_TYPING:
        parts.append("Several people are typing…")
    elif names:
        parts.append(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} typing…")
    return "   ·   ".join(parts)
