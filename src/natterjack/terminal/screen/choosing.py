"""One message among those that are shown is chosen, and then something is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natterjack.client.chatting.saying_commands import MEANT
from natterjack.client.model.items import Message
from natterjack.client.view.links import find_links

if TYPE_CHECKING:
    from natterjack.terminal.screen.client import Screen

#: What the input is for, with a message chosen: the command, and how that is said before what is typed.
PROMPTS: Final = {"reply": "reply to {}", "react": "sign for {}", "edit": "change to"}


class Choosing:
    """``message`` is the one that is chosen, None where there is none.

    ``verb`` is what the next line does with it: one of :data:`PROMPTS`, or ``""`` where that is nothing.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.message: Message | None = None
        self.verb = ""
        self.problem = ""

    @property
    def prompt(self) -> str:
        """What stands before the input; ``""``: what is usual."""
        if not self.verb or self.message is None:
            return ""
        return f"{PROMPTS[self.verb].format(self.message.nick)}> "

    @property
    def hints(self) -> tuple[str, ...]:
        """What the keys do, the longest first."""
        if self.problem:
            return (self.problem,)
        more = ", g fetch the file" if self.message is not None and self.message.file else ""
        return (
            f"Up, Down; r reply, + react, e change, d take back, o open the link{more}, Esc",
            f"r reply, + react, e change, d take back{more}, Esc",
            "r reply + react e change d delete Esc",
        )

    def begin(self) -> None:
        """Choose the last message that is seen."""
        self.verb = self.problem = ""
        self.message = self._screen.messages.last_seen()
        if self.message is None:
            self._screen.view.info("There is no message here to choose.")
            return
        self._screen.mode = "choose"
        self.step(0)

    def step(self, count: int) -> None:
        """By so many messages down, or up where that is negative."""
        self._step(count)
        if count < 0:
            self._screen.load_older()
        self._screen.messages.chosen = self.message.msgid if self.message else ""
        self._screen.settle()

    def _step(self, count: int) -> None:
        self.problem = ""
        messages = [
            item
            for item in self._screen.view.current.items
            if isinstance(item, Message) and item.msgid and item.redacted is None
        ]
        msgid = self.message.msgid if self.message else ""
        at = next((place for place, item in enumerate(messages) if item.msgid == msgid), len(messages))
        if not messages:
            self.message = None
            return
        self.message = messages[min(max(0, at + count), len(messages) - 1)]
        self._screen.messages.bring(self.message)

    def take(self, verb: str) -> None:
        """The next line does ``verb`` with it; whether it is to be taken back ("delete") is asked first."""
        screen = self._screen
        if self.message is None:
            return
        if verb in ("edit", "delete") and not self.message.own:
            self.problem = f"That is {self.message.nick}'s: only your own can be changed."
        elif verb in ("edit", "delete") and not screen.chat.model.account:
            self.problem = "Guests cannot change what they said. REGISTER makes you a member."
        elif verb == "delete":
            screen.mode = "delete"
        else:
            self.verb = verb
            screen.mode = "chat"
            if verb == "edit":
                screen.place.keep_draft()
                screen.set_input(self.message.text)

    def line(self, text: str) -> str:
        """The command that does with it what is meant, with ``text``."""
        return f"/{self.verb} {MEANT}{self.message.msgid} {text}" if self.message else text

    def delete(self) -> None:
        """Take it back."""
        if self.message is not None:
            self._screen.type(f"/delete {MEANT}{self.message.msgid}")
        self._screen.cancel()

    def open_link(self) -> None:
        links = find_links(self.message.text) if self.message else []
        self.problem = "" if links else "There is no link in it."
        if links:
            self._screen.browse(links[0].url)

    def fetch_file(self) -> None:
        if self.message is None or self.message.file is None:
            self.problem = "There is no file in it."
            return
        self._screen.type(f"GET {self.message.file.id}")
        self._screen.cancel()

    def leave(self) -> None:
        self.message = None
        self.verb = self.problem = ""
