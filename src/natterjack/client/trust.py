"""Whether a server is the one that it should be: by its key's pin, or by an authority that vouches for it.

Theory of operation. A pin that was given (in a join link, by ``--pin``, by somebody who answered yes) decides, and is
kept once the server has shown that very key. Where none was given, the one kept for that address decides. Where there
is none either, an authority has to vouch for the certificate, as on the web. What nobody vouches for is refused with
:class:`UnknownKey`, which carries the pin: to trust it is to connect again with that pin given.

The pins are kept in ``known-servers.json`` (mode 0600, replaced as a whole). A file that cannot be read is never taken
for an empty one: then every server would be new again, and nobody would notice another key.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from natterjack.client.address import Address
from natterjack.client.errors import KeyChanged, TrustUnreadable, WrongKey
from natterjack.client.places import client_directory
from natterjack.proto.joinlink import BadLink, parse_pin

_FILE = "known-servers.json"
#: Bytes of the file: tens of thousands of servers.
_MOST_BYTES = 4 * 1024 * 1024


class Trust:
    """What is known of servers, in ``directory`` (None: the usual one), made when there is something to keep."""

    def __init__(self, directory: Path | None = None) -> None:
        self._path = (directory or client_directory()) / _FILE

    def expected(self, address: Address) -> str:
        """The pin that the server at ``address`` must have; ``""`` where an authority has to vouch for it.

        Raises :class:`TrustUnreadable`.
        """
        return address.pin or self._read().get(_name(address), "")

    def check(self, address: Address, pin: str) -> None:
        """The server has shown ``pin``, and one is expected. Keeps it if it was given and is right.

        Raises :class:`WrongKey` or :class:`KeyChanged` where it is not the one, :class:`TrustUnreadable`.
        """
        wanted = self.expected(address)
        if pin != wanted:
            error = WrongKey if address.pin else KeyChanged
            raise error(str(address), wanted, pin, str(self._path))
        if address.pin:
            self._keep(_name(address), pin)

    def _keep(self, name: str, pin: str) -> None:
        known = self._read()
        if known.get(name) == pin:
            return
        known[name] = pin
        draft = self._path.with_name(f"{_FILE}.{os.getpid()}.new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(json.dumps({"v": 1, "servers": known}, indent=1).encode())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as error:
            raise TrustUnreadable(name, str(self._path), (error.strerror or "no").lower()) from error

    def _read(self) -> dict[str, str]:
        try:
            with self._path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise TrustUnreadable("", str(self._path), (error.strerror or "no").lower()) from error
        try:
            return _servers(data)
        except (ValueError, RecursionError) as error:
            raise TrustUnreadable("", str(self._path), "it is damaged") from error


def _servers(data: bytes) -> dict[str, str]:
    """What is in the file. Raises ``ValueError``, of which BadLink is one, for anything else than we write."""
    found = json.loads(data)
    servers = found.get("servers") if isinstance(found, dict) else None
    if not isinstance(servers, dict):
        raise BadLink("no servers")
    known: dict[str, str] = {}
    for name, pin in servers.items():
        if not isinstance(pin, str):
            raise BadLink(f"the pin of {name} is none")
        known[name] = parse_pin(pin)
    return known


def _name(address: Address) -> str:
    return str(address).casefold()
