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
from pathlib import Path

from natterjack.client import files
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
        return address.pin or self._read().get(address.name, "")

    def check(self, address: Address, pin: str) -> None:
        """The server has shown ``pin``, and one is expected. Keeps it if it was given and is right.

        Raises :class:`WrongKey` or :class:`KeyChanged` where it is not the one, :class:`TrustUnreadable`.
        """
        wanted = self.expected(address)
        if pin != wanted:
            changed = self._read().get(address.name) == wanted
            error = KeyChanged if changed else WrongKey
            raise error(str(address), wanted, pin, str(self._path))
        if address.pin:
            self._keep(address.name, pin)

    def _keep(self, name: str, pin: str) -> None:
        if self._read().get(name) == pin:
            return
        try:
            files.change(self._path, _MOST_BYTES, lambda data: self._with(data, name, pin))
        except OSError as error:
            raise TrustUnreadable(name, str(self._path), (error.strerror or "no").lower()) from error

    def _with(self, data: bytes | None, name: str, pin: str) -> bytes:
        known = self._decoded(data) | {name: pin}
        return json.dumps({"v": 1, "servers": known}, indent=1).encode()

    def _read(self) -> dict[str, str]:
        try:
            data = files.read(self._path, _MOST_BYTES)
        except OSError as error:
            raise TrustUnreadable("", str(self._path), (error.strerror or "no").lower()) from error
        return self._decoded(data)

    def _decoded(self, data: bytes | None) -> dict[str, str]:
        try:
            return {} if data is None else _servers(data)
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
