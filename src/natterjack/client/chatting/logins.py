"""With which account we log in where, for as long as the program runs. Nothing of it is written down.

A password is for one server. What the command line gave is tried wherever we go until a server has taken it, and from
then on there only; what was typed is for the server to which it was typed.

Of a password that was to be changed when the connection was lost nobody knows whether it is: then there are two logins,
and the one that was refused last comes second. The new one may come to hold later still, where the server has heard of
it and was not done.
"""

from __future__ import annotations

from natterjack.client.address import Address
from natterjack.client.secret import Credentials
from natterjack.proto.casemap import fold


class Logins:
    """``given`` is the command line's, None where it gave none."""

    def __init__(self, given: Credentials | None) -> None:
        self._given = given
        self._kept: dict[str, Credentials] = {}
        self._new: dict[str, Credentials] = {}  # those that may hold instead
        self._turned: set[str] = set()  # where these come first

    def at(self, address: Address) -> Credentials | None:
        """What to log in with at ``address``; None: as a guest."""
        return self._kept.get(str(address), self._given)

    def doubt(self, address: Address, new: Credentials) -> None:
        """At ``address`` it is ``new`` perhaps."""
        self._new[str(address)] = new
        self._turned.discard(str(address))

    def turn(self, address: Address) -> None:
        """The one that comes first was refused."""
        self._turned ^= {str(address)}

    def both(self, address: Address, login: Credentials) -> tuple[Credentials, Credentials | None]:
        """What to try at ``address`` instead of ``login`` alone, in that order."""
        new = self._new.get(str(address))
        if new is None or fold(new.account) != fold(login.account):
            return login, None
        return (new, login) if str(address) in self._turned else (login, new)

    def new(self, address: Address) -> Credentials | None:
        """What may hold at ``address`` instead; None where there is no doubt."""
        return self._new.get(str(address))

    def is_turned(self, address: Address) -> bool:
        """Whether that comes first, since the other one was refused."""
        return str(address) in self._turned

    def decide(self, address: Address) -> None:
        """There is one only."""
        self._new.pop(str(address), None)

    def settle(self, address: Address) -> None:
        """We are logged in at ``address``."""
        found = self.at(address)
        if found is not None:
            self._kept[str(address)] = found
            self._given = None

    def keep(self, address: Address, credentials: Credentials) -> None:
        """``credentials`` were typed, and taken, at ``address``."""
        self._kept[str(address)] = credentials
        self._given = None
        self.decide(address)
