"""A channel whose messages are taken back and changed."""

from __future__ import annotations

from typing import Any

from natterjack.ports.records import Snapshot
from tests.support.chat import Chat, make_account

CAPS = "batch message-tags echo-message draft/chathistory draft/message-redaction natterjack/edit"
EVENTS = "draft/event-playback"


def room(**settings: Any) -> Chat:
    """Alice and bob have accounts, gus is a guest; alice owns #room. Each has said something."""
    names = ("alice", "bob", "root")
    snapshot = Snapshot(b"s" * 32, tuple(make_account(name, operator=name == "root") for name in names))
    usual: dict[str, Any] = {"store": True, "durable": True, "instant": True, "lobby": ()}
    chat = Chat(snapshot=snapshot, **usual | settings)
    for name in ("alice", "bob"):
        chat.enter(name, CAPS, login=name).send("JOIN #room")
    chat.enter("gus", CAPS).send("JOIN #room")
    chat.enter("plain").send("JOIN #room")
    for nick in ("alice", "bob", "gus"):
        chat.peers[nick].send(f"PRIVMSG #room :by {nick}")
    chat.quiet()
    return chat


def msgid(chat: Chat, text: str) -> str:
    return next(f"m{line.id:x}" for line, _ in chat.past.lines.values() if line.body.endswith(f":{text}"))


def history(chat: Chat, nick: str, target: str = "#room") -> list[str]:
    lines = chat.peers[nick].send(f"CHATHISTORY LATEST {target} * 99")
    return [line.partition(" :")[2] for line in lines[1:-1]]


def edited(chat: Chat, name: str, *texts: str) -> list[str]:
    """Bob changes his message to each of ``texts``; the ids of the lines that say so."""
    made = []
    for text in texts:
        chat.peers["bob"].send(f"@+natterjack/edit={name} PRIVMSG #room :{text}")
        made.append(f"m{chat.core.messages:x}")
    chat.quiet()
    return made


def everything(chat: Chat) -> str:
    """All that anybody can read of the room, events too."""
    chat.enter("reader", f"{CAPS} {EVENTS}").send("JOIN #room")
    return "\n".join(history(chat, "reader"))
