"""Where the person looks, which is where text goes, and what has been read by that.

He looks elsewhere only by what he does. Out of a channel by somebody else's doing, or not let in again after the
connection was lost, he is where he was: what he is typing reaches nobody there, and nobody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natterjack.client.chatting.faces import Connection
from natterjack.client.chatting.parse import Mistyped
from natterjack.client.model import Channel
from natterjack.client.requests import Join
from natterjack.client.view import order
from natterjack.proto.casemap import fold

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat

#: The number of our own JOIN, with which a guest goes back to where he was.
BACK: Final = -3


class Here:
    """Who sits at a terminal sees what is said where he is. A program says by itself what was read: READ."""

    def __init__(self, chat: Chat, connection: Connection, *, interactive: bool) -> None:
        self._chat = chat
        self._connection = connection
        self._interactive = interactive
        self._watched = True

    def target(self) -> str:
        """Where text goes. Raises :class:`Mistyped` where that is nowhere."""
        current = self._chat.model.current
        if not current:
            raise Mistyped("You are in no channel. Type: JOIN #channel, or MSG nick text", "no_target")
        return current

    def channel(self) -> str:
        """The channel that we are in and look at. Raises :class:`Mistyped` where there is none."""
        current = self._chat.model.current
        if not self._chat.is_channel(current):
            raise Mistyped("Which channel? Name one, or JOIN one first.", "no_target")
        return current

    def look_at(self, name: str) -> None:
        self._chat.model.look_at(name)
        self.read_along()

    def join(self, request: Join, name: str) -> None:
        """Have ``request`` done, and look at ``name`` then, unless the person has gone elsewhere meanwhile."""
        model = self._chat.model
        here = fold(model.current)

        def came_in() -> None:
            if fold(model.current) == here:
                self.look_at(name if model.channel(name) else self._chat.link.present_name(name))

        self._chat.ask(request, came_in)

    @property
    def place(self) -> str:
        """Where he is, for the next time: in no channel that he was put out of. ``""``: there where he was before."""
        model = self._chat.model
        found = model.find(model.current)
        if isinstance(found, Channel) and found.left:
            return model.channels[0].name if model.channels else ""
        return model.current

    def settle(self) -> None:
        """The person has come to a server: he looks at a channel that he is in there, if he looks at any."""
        model = self._chat.model
        outside = self._chat.is_channel(model.current) and model.channel(model.current) is None
        if outside and model.channels:
            model.look_at(model.channels[0].name)

    def go_back(self, name: str, where: str) -> None:
        """To ``name``, where one was the last time on the server ``where``, if that can be.

        A guest is in no channel before he joins it: he does so again where it was this server.
        """
        chat, model = self._chat, self._chat.model
        if not name or model.is_closed(name):
            return
        outside = chat.is_channel(name) and model.channel(name) is None
        if outside and not model.account and where == chat.link.last_address.name:
            self.join(Join(BACK, name), name)
        elif model.find(name):
            self.look_at(name)

    def look_elsewhere(self, name: str) -> None:
        """The person has done with the channel ``name``, of which he was put out."""
        model = self._chat.model
        if fold(model.current) != fold(name):
            return
        near = next(iter(model.channels), None) or order.neighbour(order.listed(model), name, 1)
        if near is not None:
            self.look_at(near.name)

    def close(self, name: str) -> None:
        """Put the talk with ``name`` away: what was said has been read, and one looks at the next conversation."""
        model = self._chat.model
        here = fold(name) == fold(model.current)
        near = order.neighbour(order.listed(model), name, 1) if here else None
        self.read(name)
        model.close(name)
        if near is not None:
            self.look_at(near.name)

    def read(self, name: str) -> None:
        """The person has read what was said in ``name``."""
        upto = self._chat.model.read(name)
        if upto is not None:
            self._connection.read(name, upto)

    def watch(self, watched: bool) -> None:
        """Whether the person sees what comes where he looks. So it is to begin with."""
        if watched != self._watched:
            self._watched = watched
            self._chat.model.watch(watched)
            self.read_along()

    def read_along(self) -> None:
        """Something may have come where the person looks."""
        current = self._chat.model.current
        if self._interactive and self._watched and current:
            self.read(current)
