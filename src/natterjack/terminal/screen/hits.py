"""What a search on the server has found, one after the other, each in its surroundings.

A hit that is in the conversation is shown there. Around any other, what was said is asked for, and shown in a
conversation of its own, which the model knows nothing of: put into the real one, it would leave holes there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.chatting.link import Phase
from natterjack.client.model import Conversation, Model
from natterjack.client.model.items import Message

if TYPE_CHECKING:
    from natterjack.terminal.screen.client import Screen

#: The number of our request for what is around a hit: no line was typed for it.
AROUND: Final = -12
#: Lines asked for around a hit.
_LINES: Final = 100


class Hits:
    """``place`` counts from the newest hit, 0; ``words`` are those that were searched for."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._coming: list[e.Found] = []
        self._words = ""  # of the search under way
        self._around = Model()
        self._asked: e.Found | None = None
        self.found: list[e.Found] = []
        self.place = 0
        self.words = ""
        self.problem = ""

    @property
    def status(self) -> str:
        """Where one is in them."""
        text = f"{self.place + 1} of {len(self.found)}"
        if self._asked is not None:
            return f"{text}: asking for it ..., Esc back"
        return f"{text}: {self.problem or 'n older, N newer'}, Esc back"

    def begin(self, words: str) -> None:
        """A search for ``words`` has been typed."""
        self._words = words
        self._coming.clear()

    def heard(self, event: e.Event) -> bool:
        """Take in what is about a search; whether that is nobody else's business."""
        ref = getattr(event, "ref", 0)
        if ref == AROUND:
            self._told(event)
            return True
        if isinstance(event, e.Found):
            self._coming.append(event)
            self._screen.view.searched = True
        elif isinstance(event, e.Done) and event.command == "SEARCH" and self._coming:
            self.found = sorted(self._coming, key=lambda hit: hit.time, reverse=True)
            self.words, self.place = self._words, 0
            self._coming = []
            self._begin()
        return False

    def _begin(self) -> None:
        """They are gone through at once, unless something is being typed."""
        if self._screen.mode == "chat" and not self._screen.input.text:
            self.go(0)
        else:
            self._screen.view.info(f"{len(self.found)} found. Alt+S goes through them.")

    def go(self, step: int) -> None:
        """To the next older one (-1), the next newer one (1), or to the same again (0)."""
        if not self.found:
            self._screen.view.info("Nothing was searched for yet. Type: /search words")
            return
        self._screen.mode = "hits"
        self._step(step)
        self._screen.settle()

    def _step(self, step: int) -> None:
        place = self.place - step
        self.problem = "" if 0 <= place < len(self.found) else "nothing more"
        if self.problem:
            return
        self.place = place
        self._asked = None
        hit = self.found[place]
        conversation = self._conversation(hit)
        message = conversation.message(hit.msgid) if conversation else None
        if conversation is not None and message is not None:
            self._show(conversation, message)
            return
        self._around = Model(2 * _LINES)
        self._around.nick = self._screen.chat.model.nick
        if self._screen.chat.link.phase is not Phase.ONLINE:
            self._alone(hit, "you are not connected")
        else:
            self._asked = hit
            target = conversation.name if conversation else hit.target
            request = r.AskHistory(AROUND, target, "AROUND", f"msgid={hit.msgid}", _LINES)
            self._screen.driver.send(request)

    def leave(self) -> None:
        """One is not interested any more in what was asked for."""
        self._asked = None
        self.problem = ""

    def _conversation(self, hit: e.Found) -> Conversation | None:
        model = self._screen.chat.model
        return model.find(hit.sender.nick if model.is_me(hit.target) else hit.target)

    def _told(self, event: e.Event) -> None:
        self._around.apply(event)
        if self._asked is None or not isinstance(event, e.Done | e.Refused | e.Unanswered):
            return
        hit, self._asked = self._asked, None
        if not self._show_around(hit):
            self._alone(hit, "what was around it is not to be had")

    def _alone(self, hit: e.Found, why: str) -> None:
        """Show it without surroundings: they cannot be had, as ``why`` says."""
        own = self._around.is_me(hit.sender.nick)
        self._around.apply(
            e.MessageReceived(
                hit.msgid, hit.time, hit.sender, hit.target, hit.text, hit.kind, own, history=True
            )
        )
        self._show_around(hit)
        self.problem = why

    def _show_around(self, hit: e.Found) -> bool:
        for conversation in self._around.conversations:
            message = conversation.message(hit.msgid)
            if message is not None:
                self._show(conversation, message)
                return True
        return False

    def _show(self, conversation: Conversation, message: Message) -> None:
        """``message``, amid what was said around it in ``conversation``, which may be none of the model's."""
        screen = self._screen
        if screen.mode != "hits":
            return
        known = screen.chat.model.find(conversation.name) is conversation
        screen.around = None if known else conversation
        if known and conversation is not screen.view.current:
            screen.go(conversation)
        screen.messages.marked = tuple(self.words.split())
        screen.messages.chosen = message.msgid
        screen.messages.bring(message, amid=True)
        screen.settle()
