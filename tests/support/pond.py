"""A channel of three in which something was said, and an image of all that the core knows, to be compared."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from natterjack.core.context import Context
from natterjack.core.policy import Logins
from natterjack.ports.records import Snapshot
from tests.support.chat import Chat, Peer, make_account

CAPS = "batch labeled-response echo-message message-tags draft/chathistory natterjack/edit draft/multiline"
#: What is about the present command alone, or about the session's own pace.
_PASSING = frozenset(
    "now session user message params delivery _answers _label _otherwise _batches _mark".split()  # noqa: SIM905
)


def pond(**settings: Any) -> Chat:
    """Alice, Bob and Carl in a channel, in which something was said; one who was there has gone."""
    accounts = (make_account("alice"), make_account("bob"))
    chat = Chat(
        lobby=(), durable=True, store=True, access="open", snapshot=Snapshot(b"", accounts), **settings
    )
    chat.enter("gone").send("QUIT")
    for nick in ("alice", "bob"):
        chat.enter(nick, CAPS, login=nick)
    chat.enter("carl")
    for nick in ("alice", "bob", "carl"):
        chat.peers[nick].post("JOIN #pond")
    chat.peers["bob"].post("TOPIC #pond :of toads", "PRIVMSG #pond :hello", "PRIVMSG alice :psst")
    chat.quiet()
    return chat


def lake() -> Chat:
    """The pond, with an account's channel, a guest's, and one who is in none."""
    chat = pond()
    chat.enter("dora").post("JOIN #lake")
    chat.peers["dora"].post("MODE #lake +o alice")
    chat.peers["bob"].post("JOIN #team")
    chat.peers["alice"].post("MODE #pond +k old")
    chat.quiet()
    return chat


def newcomer(chat: Chat) -> tuple[Peer, dict[int, int]]:
    """Dora, who is not in yet, and all that is hers alone, as :func:`image` passes it over."""
    dora = chat.open("dora", "192.0.2.7", "tls")
    dora.send("CAP REQ :draft/metadata-3 draft/pre-away batch", "NICK dora")
    session = chat.world.sessions[dora.sid]
    return dora, {id(session): -1, id(chat.world.users[session.uid]): -2}


def shore(**settings: Any) -> Chat:
    """The pond, where accounts can be made early; Dora comes."""
    chat = pond(limited=True, logins=Logins(register_early=True), **settings)
    newcomer(chat)
    return chat


def said(text: str) -> str:
    """A message of a login."""
    return f"AUTHENTICATE {b64encode(text.encode()).decode()}"


def image(thing: Any, seen: dict[int, int] | None = None) -> Any:
    """All of ``thing`` and of what it refers to, as values that can be compared."""
    seen = {} if seen is None else seen
    if thing is None or isinstance(thing, (str, bytes, int, float, bool)):
        return thing
    if id(thing) in seen:
        return ("again", seen[id(thing)])
    seen[id(thing)] = len(seen)
    if isinstance(thing, dict):
        return [(image(key, seen), image(value, seen)) for key, value in thing.items()]
    if isinstance(thing, (list, tuple)):
        return [image(each, seen) for each in thing]
    if isinstance(thing, (set, frozenset)):
        return sorted(map(repr, thing))
    return type(thing).__name__, [(name, image(value, seen)) for name, value in members(thing)]


def members(thing: Any) -> Iterator[tuple[str, Any]]:
    """What ``thing``, an object, has."""
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    for name in (*slots, *getattr(thing, "__dict__", ())):
        if hasattr(thing, name) and not (isinstance(thing, Context) and name in _PASSING):
            yield name, getattr(thing, name)
