"""The servers that this window has been to, for the next time: kept in a small file, newest first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from natterjack.client import events as e
from natterjack.client import files
from natterjack.client.address import Address, Security
from natterjack.desktop.writing import Writer

if TYPE_CHECKING:
    from natterjack.desktop.server import Server

FILE: Final = "window-servers.json"
_MOST: Final = 30
#: Bytes; a larger one is not ours.
_MOST_BYTES: Final = 256 * 1024


class Recent(Struct, frozen=True):
    """A server, as what it calls itself, and the nick that one had there. ``plain``: without TLS, as was chosen."""

    host: str
    port: int
    name: str = ""
    nick: str = ""
    plain: bool = False

    @property
    def address(self) -> Address:
        return Address(self.host, self.port, security=Security.PLAIN if self.plain else Security.USUAL)


class Recents:
    """See the module. A file that cannot be read or written costs the list and nothing else; ``problem`` says why."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        self.problem = ""
        self._all = self._read()
        self._writer = Writer(self.path, _MOST_BYTES)
        self._writer.failed.connect(self._failed)

    @property
    def all(self) -> list[Recent]:
        return list(self._all)

    def nick_at(self, address: Address) -> str:
        """The name of the last time there; ``""``: one was not there."""
        return next((each.nick for each in self._all if each.address.name == address.name), "")

    def follow(self, server: Server) -> None:
        """Note ``server`` whenever it lets us in, with the name that the person wanted, and takes later."""
        wanted = ""  # while he cannot have it

        def heard(event: object) -> None:
            nonlocal wanted
            if isinstance(event, e.NickTaken):
                wanted = wanted or event.nick
            elif isinstance(event, e.Ready):
                self.note(server.chat.link.trying, event.network or event.server, wanted or event.nick)
                wanted = ""
            elif isinstance(event, e.NickChanged) and event.own:
                model = server.model
                self.note(server.chat.link.trying, model.network or model.server, event.new)

        server.heard.connect(heard)

    def note(self, address: Address, name: str, nick: str) -> None:
        """We are in at ``address``. Neither its invite nor its key is kept here."""
        plain = address.security is Security.PLAIN
        found = Recent(address.host, address.port, name, nick, plain)
        others = [each for each in self._all if each.address.name != address.name]
        self._change([found, *others][:_MOST])

    def forget(self, recent: Recent) -> None:
        self._change([each for each in self._all if each != recent])

    def _change(self, recents: list[Recent]) -> None:
        if recents == self._all:
            return
        self._all = recents
        self._writer.write(msgspec.json.encode(recents))

    def wait(self) -> None:
        """Until the list is kept."""
        self._writer.wait()

    def _failed(self, why: str) -> None:
        self.problem = f"Cannot write {self.path}: {why}."

    def _read(self) -> list[Recent]:
        try:
            data = files.read(self.path, _MOST_BYTES)
            return [] if data is None else msgspec.json.decode(data, type=list[Recent])[:_MOST]
        except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is damaged"
            self.problem = f"Cannot read {self.path}: {why}."
            return []
