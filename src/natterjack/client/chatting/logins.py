"""With which account we log in where, for as long as the program runs. Nothing of it is written down.

A password is for one server. What the command line gave is tried wherever we go until a server has taken it, and from
then on there only; what was typed is for the server to which it was typed.
"""

from __future__ import annotations

from natterjack.client.address import Address
from natterjack.client.secret import Credentials


class Logins:
    """``given`` is the command line's, None where it gave none."""

    def __init__(self, given: Credentials | None) -> None:
        self._given = given
        self._kept: dict[str, Credentials] = {}

    def at(self, address: Address) -> Credentials | None:
        """What to log in with at ``address``; None: as a guest."""
        return self._kept.get(str(address), self._given)

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
