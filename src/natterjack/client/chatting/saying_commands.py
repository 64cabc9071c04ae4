"""The commands that say something, or are about what was said: see :mod:`.commands`, whose table they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natterjack.client import requests as r
from natterjack.client.chatting.parse import Mistyped, first_word
from natterjack.client.events import Kind
from natterjack.client.model.items import Message
from natterjack.client.session.state import MOST_HISTORY
from natterjack.proto.casemap import fold
from natterjack.proto.names import SERVICES

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat

#: What a message id begins with, where a command is about that message.
MEANT = "msgid="
#: Lines that HISTORY shows where it is not told how many.
_USUAL_HISTORY = 20
#: Lines of a message pasted by mistake are the person's business; a single one longer than this is not sent at all.
_MOST_TEXT = 16_000


def send(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped("SEND what? Type: SEND text")
    say(chat, chat.here.target(), rest)


def msg(chat: Chat, rest: str) -> None:
    target, text = first_word(rest)
    if not text:
        raise Mistyped("MSG needs a name and a text. Type: MSG nick text")
    say(chat, target, text)


def me(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped("What do you do? Type: /me waves")
    say(chat, chat.here.target(), rest, Kind.ACTION)


def edit(chat: Chat, rest: str) -> None:
    which, text = _which(rest)
    if not text:
        raise Mistyped(
            "How should your message here read? Type: /edit text, or /edit ^2 text for the last but one"
        )
    meant = _meant(chat, which, own=True)
    chat.ask(r.Edit(chat.line, chat.here.target(), meant.msgid, text, meant.kind))


def delete(chat: Chat, rest: str) -> None:
    which, reason = _which(rest)
    chat.ask(r.Redact(chat.line, chat.here.target(), _meant(chat, which, own=True).msgid, reason))


def reply(chat: Chat, rest: str) -> None:
    which, text = _which(rest)
    if not text:
        raise Mistyped("Answer what? Type: /reply text, or /reply ^2 text to the last but one")
    say(chat, chat.here.target(), text, reply_to=_meant(chat, which, own=False).msgid)


def react(chat: Chat, rest: str) -> None:
    which, sign = _which(rest)
    if not sign or " " in sign:
        raise Mistyped("With which sign? Type: /react and one emoji or word, or /react ^2 and that")
    chat.ask(r.React(chat.line, chat.here.target(), _meant(chat, which, own=False).msgid, sign))


def _which(rest: str) -> tuple[str, str]:
    """Which message is meant, as :func:`_meant` takes it, and the rest."""
    word, more = first_word(rest)
    counted = word[:1] == "^" and word[1:].isascii() and word[1:].isdigit()
    return (word, more) if counted or word.startswith(MEANT) else ("", rest)


def _meant(chat: Chat, which: str, *, own: bool) -> Message:
    """``^2`` is the last but one of our ``own``, or of the others'; ``msgid=...`` any one; ``""`` the last one."""
    where = chat.here.target()
    conversation = chat.model.find(where)
    if which.startswith(MEANT):
        found = conversation.message(which.removeprefix(MEANT)) if conversation else None
        if found is None or found.redacted is not None:
            raise Mistyped(f"That message of {where} is not here any more.", "no_message")
        if own and not found.own:
            raise Mistyped(f"That is {found.nick}'s: only your own can be changed.", "no_message")
        return found
    count = int(which[1:5] or 1)
    found = conversation.nth_last(count, own=own) if conversation else None
    if found is None and count == 1:
        none = f"You have said nothing in {where} that could be changed."
        raise Mistyped(none if own else f"Nobody else has said anything in {where} yet.", "no_message")
    if found is None:
        raise Mistyped("There are not so many such messages here: ^1 is the last of them.", "no_message")
    return found


def read(chat: Chat, rest: str) -> None:
    name = first_word(rest)[0] or chat.here.target()
    if chat.model.find(name) is None:
        raise Mistyped(f"Nothing was said in {name} as far as is known here.", "no_target")
    chat.here.read(name)


def unread(chat: Chat, rest: str) -> None:
    for each in chat.model.unread:
        to_you = f", {each.mentions} of them to you" if each.mentions and not each.is_private else ""
        chat.info(f"{each.name}: {each.unread} unread{to_you}")
    if not chat.model.unread:
        chat.info("You have read everything.")


def query(chat: Chat, rest: str) -> None:
    target, text = first_word(rest)
    if not target:
        raise Mistyped("Talk to whom? Type: /query nick")
    chat.here.look_at(target)
    if text:
        say(chat, target, text)
    else:
        chat.info(f"What you say goes to {target} now.")


def say(chat: Chat, target: str, text: str, kind: Kind = Kind.MESSAGE, reply_to: str = "") -> None:
    """Send ``text`` to ``target``, in as few messages as may be; as the answer to the message ``reply_to``."""
    longest = max(map(len, text.split("\n")))
    if longest > _MOST_TEXT:
        raise Mistyped(f"That is {longest} characters, too much for a chat: nothing was sent.", "too_long")
    names = [name.partition("@")[0] for name in target.split(",")]  # as NickServ@services, which others want
    if any(fold(name) in SERVICES for name in names):
        if len(names) > 1:
            raise Mistyped("A service is talked to alone: nothing was sent.", "no_target")
        chat.services.tell(names[0], text)
        return
    chat.ask(r.Say(chat.line, target, text, kind, reply_to))


def history(chat: Chat, rest: str) -> None:
    count = rest.strip() or str(_USUAL_HISTORY)
    if not (count.isascii() and count.isdigit() and 0 < int(count[:9]) <= MOST_HISTORY):
        raise Mistyped(f"How many lines? A number up to {MOST_HISTORY}. Type: HISTORY n")
    chat.ask(r.AskHistory(chat.line, chat.here.target(), limit=int(count)))


def search(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped("SEARCH for what? Type: SEARCH words")
    chat.ask(r.Search(chat.line, chat.model.current, rest))
