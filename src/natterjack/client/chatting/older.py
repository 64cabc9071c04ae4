"""What was said before what is here: asked for a piece at a time, until there is no more or enough is here."""

from __future__ import annotations

from typing import Final

from natterjack.client import events as e
from natterjack.client.model import Conversation
from natterjack.client.model.items import Item, Message, Note
from natterjack.client.requests import AskHistory
from natterjack.proto.casemap import fold
from natterjack.proto.timestamps import format_time

#: The number of its requests, for which no line was typed.
LOADING: Final = -10
#: Lines asked for at a time.
_PIECE: Final = 100
#: Pieces of which nothing is shown that are passed by without being asked to: 2,000 lines.
_MOST_PASSED: Final = 20


class Older:
    """``most`` lines of a conversation are kept; ``enough`` says it, and what to do then.

    ``loading`` is the conversation of which something is being asked for, ``""`` for none.
    """

    def __init__(self, most: int, enough: str) -> None:
        self.loading = ""
        self._most = most
        self._enough = enough
        self._ended: set[str] = set()  # folded names
        self._asked: dict[str, set[str]] = {}  # before what was asked, by folded names
        self._reached: dict[str, str] = {}  # of the last piece the first message, by folded names
        self._conversation: Conversation | None = None  # that of ``loading``
        self._top: Item | None = None  # what stood first in it
        self._passing: Conversation | None = None  # that of which the last piece has shown nothing
        self._left = 0  # how many more such pieces are passed by

    def has_ended(self, conversation: Conversation) -> bool:
        """Whether there is nothing more to be asked for."""
        return fold(conversation.name) in self._ended

    def request(self, conversation: Conversation, *, online: bool) -> AskHistory | None:
        """The next request, which the person wants; None where none can be made now, or any more."""
        self._left = _MOST_PASSED
        return self._request(conversation, online=online)

    def pass_by(self, conversation: Conversation, *, online: bool) -> AskHistory | None:
        """The next request after a piece of which nothing is shown: all are ignored, say. None where it was not so.

        To be called after each answer, with the conversation that one looks at.
        """
        if self._passing is not conversation or not self._left:
            return None
        self._left -= 1
        return self._request(conversation, online=online)

    def _request(self, conversation: Conversation, *, online: bool) -> AskHistory | None:
        if not (online and conversation.name) or self.loading or self.has_ended(conversation):
            return None
        key = fold(conversation.name)
        if len(conversation.items) >= self._most:
            self._ended.add(key)
            _put_first(conversation, self._enough)
            return None
        first = next((item for item in conversation.items if not isinstance(item, Note)), None)
        moment = f"timestamp={format_time(first.time)}" if first is not None else "*"
        # who came and went has no id here; and what is asked for must not be what is here already
        selector = f"msgid={first.msgid}" if isinstance(first, Message) and first.msgid else moment
        asked = self._asked.setdefault(key, set())
        if selector in asked and key in self._reached:
            selector = f"msgid={self._reached[key]}"  # nothing of that piece is shown: all are ignored, say
        if selector in asked:
            selector = moment  # it brought nothing before that: of that millisecond there is more
        if selector in asked:
            self._ended.add(key)
            return None
        asked.add(selector)
        self.loading, self._conversation = conversation.name, conversation
        self._top, self._passing = _first(conversation), None
        way = "BEFORE" if selector != "*" else "LATEST"
        return AskHistory(LOADING, conversation.name, way, selector, _PIECE)

    def heard(self, event: e.Event) -> None:
        """An answer to a request of ours."""
        if isinstance(event, e.HistoryRead) and event.lines == 0:
            self._ended.add(fold(event.target))
            if self._conversation is not None:
                _put_first(self._conversation, _beginning(self._conversation))
        elif isinstance(event, e.Refused | e.Unanswered):
            self._ended.add(fold(self.loading))
        elif isinstance(event, e.HistoryRead) and event.ref == LOADING and event.first:
            self._reached[fold(event.target)] = event.first
            if self._conversation is not None and _first(self._conversation) is self._top:
                self._passing = self._conversation
        if isinstance(event, e.Done | e.HistoryRead | e.Refused | e.Unanswered | e.Recalled):
            self.loading, self._conversation = "", None

    def connected(self) -> None:
        """There may be more now than there was."""
        self._ended.clear()
        self._asked.clear()
        self._reached.clear()
        self.loading, self._conversation, self._passing = "", None, None


def _first(conversation: Conversation) -> Item | None:
    return conversation.items[0] if conversation.items else None


def _beginning(conversation: Conversation) -> str:
    whose = "your conversation with " if conversation.is_private else ""
    return f"This is the beginning of {whose}{conversation.name}."


def _put_first(conversation: Conversation, text: str) -> None:
    """Say ``text`` before all that is here, if there is something and it does not stand there already."""
    first = _first(conversation)
    if first is not None and not (isinstance(first, Note) and first.text == text):
        conversation.add(Note(first.time, text), looking=True, past=True, back=True)
