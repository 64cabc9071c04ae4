"""Where one is, and what was begun there: the draft comes and goes with the place, and both are kept.

Who chooses another place leaves what he has begun where it is. Who comes to one by what he has typed, when that is
done, has begun it since, and takes it along.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from natterjack.client.chatting.link import Phase
from natterjack.client.chatting.options import Options
from natterjack.proto.casemap import fold

if TYPE_CHECKING:
    from natterjack.terminal.screen.client import Screen

#: Seconds between two looks whether something new is on the desk, which is written down then: what kill -9 costs.
_SAVING: Final = 2.0


class Place:
    """``here`` is the name of the conversation to which the input belongs, ``""`` for none yet."""

    def __init__(self, screen: Screen, options: Options) -> None:
        self.here = ""
        self._screen = screen
        self._arrived = False  # whether one is where one was, or was told to be elsewhere
        self._named = bool(options.channels)
        self._saved = time.monotonic()

    def follow(self, *, chosen: bool = False) -> None:
        """Something may be different now: to where one was, or with the input to where one looks.

        ``chosen``: the person has just chosen to look there.
        """
        self._arrive()
        here = self._screen.chat.model.current
        if here != self.here:
            self._move(here, chosen=chosen)

    def rename(self, old: str, new: str) -> None:
        """``old`` is called ``new``: what was begun there goes on there, if the conversation does."""
        if not self._screen.chat.goes_on(old, new):
            return
        self._screen.desk.drafts.rename(old, new)
        if fold(self.here) == fold(old):
            self.here = new

    def _arrive(self) -> None:
        """With the first connection one is where one was the last time, unless the command line says otherwise."""
        screen = self._screen
        if screen.chat.link.phase is Phase.ONLINE and not self._arrived:
            self._arrived = True
            if not self._named:
                screen.chat.here.go_back(screen.desk.last, screen.desk.where)

    def _move(self, here: str, *, chosen: bool) -> None:
        """One looks elsewhere now: the draft that belongs there comes up."""
        screen = self._screen
        verb, along = screen.choosing.verb, screen.input.text
        if self.here and (chosen or verb):
            if verb != "edit":  # then the draft is laid aside already
                screen.desk.drafts.leave(self.here, along)
            along = ""
        elif self.here:
            screen.desk.drafts.leave(self.here, "")
        screen.choosing.leave()
        screen.messages.chosen = ""
        self.here = here
        screen.view.take_along()
        begun = screen.desk.drafts.resume(here)
        screen.set_input("\n".join(each for each in (begun, along) if each))

    def keep_draft(self) -> None:
        """Something else is to stand in the input for a while."""
        self._screen.desk.drafts.leave(self.here, self._screen.input.text)

    def changed(self) -> None:
        """What is kept is old: the next look writes it down."""
        self._saved = 0.0

    def look(self) -> None:
        """Write down what is new, if it is time for that."""
        if time.monotonic() - self._saved > _SAVING:
            self._saved = time.monotonic()
            if self.here and not self._screen.choosing.verb:
                self._screen.desk.drafts.begin(self.here, self._screen.input.text)
            self.keep(lasting=False)

    def keep(self, *, lasting: bool) -> None:
        """Write down what is new. Until one is where one was the last time, that is still the last place."""
        chat = self._screen.chat
        here = chat.here.place if self._arrived else ""
        self._screen.desk.save(here, chat.model.closed, chat.link.last_address.name, lasting=lasting)
