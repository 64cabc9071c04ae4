"""The accounts that this client made by itself, with the secret of each: who comes again needs to know nothing.

Theory of operation. An account is kept *before* its secret is said to a server, so that no crash can make an account
that nobody can log in to. Until the server has answered it is not *sure*: whoever comes again tries to log in with it,
and makes it if the server does not know it. What the server has certainly refused is forgotten.

A secret is for the server that it was made for, known by its address and by what vouched for it then: a pin, an
authority, or nothing on this very machine in plain text. :meth:`Kept.at` demands the same of the next connection, so
that no other key is ever told the secret, or shown a proof of it.

All of it is in ``accounts.json`` (mode 0600, replaced as a whole). A file that cannot be read is never taken for an
empty one: that would lose the secrets at the next change.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from natterjack.client import files
from natterjack.client.address import Address, Security
from natterjack.client.errors import AccountsUnusable
from natterjack.client.secret import Credentials, Secret
from natterjack.client.trust import Trust
from natterjack.proto.casemap import fold
from natterjack.proto.joinlink import PIN_PREFIX

_FILE = "accounts.json"
#: Bytes of the file: tens of thousands of accounts.
_MOST_BYTES = 4 * 1024 * 1024
_FORM = 1
#: What vouches for a server without a pin.
AUTHORITY, PLAIN = "authority", "plain"
#: Letters of a secret: those that nobody takes for another one when he copies it by hand.
_LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
#: How many, for 140 bits.
_LENGTH = 24


class Kept(Struct, frozen=True):
    """``server`` is its address, ``key`` its pin, :data:`AUTHORITY` or :data:`PLAIN`. ``sure``: it has said yes."""

    server: str
    key: str
    account: str
    secret: Secret
    sure: bool

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.account, self.secret)

    def at(self, address: Address) -> Address:
        """``address``, to be connected to only if what vouched for the server then does now."""
        if self.key == PLAIN:
            return structs.replace(address, pin="", security=Security.PLAIN)
        pin = self.key if self.key.startswith(PIN_PREFIX) else ""
        return structs.replace(address, pin=pin, security=Security.TLS)


class _Row(Struct, frozen=True):
    """As it stands in the file, for people too: what ``LOGIN`` takes are ``account`` and ``secret``."""

    server: str
    key: str
    account: str
    secret: str
    sure: bool


class _Content(Struct, frozen=True):
    v: int
    accounts: list[_Row]


class KeptAccounts:
    """What is kept in ``directory``, which is made when there is something to keep.

    Everything raises :class:`AccountsUnusable` where the file cannot be used, and
    :class:`~natterjack.client.errors.TrustUnreadable` where ``trust`` cannot.
    """

    def __init__(self, directory: Path, trust: Trust) -> None:
        self.path = directory / _FILE
        self._trust = trust

    def known(self, address: Address) -> list[Kept]:
        """The accounts that may be used at ``address``: the sure ones first, and of those the newest."""
        kept = [each for each in self._read() if each.server == address.name]
        if not kept:
            return []
        expected = self._trust.expected(address)
        usable = [each for each in reversed(kept) if _may_be_used(each, address, expected)]
        return sorted(usable, key=lambda each: not each.sure)

    def prepare(self) -> None:
        """To be called while there is nothing to lose yet: whether something could be kept."""
        self._read()
        try:
            files.try_out(self.path)
        except OSError as error:
            raise AccountsUnusable(str(self.path), _why(error)) from error

    def keep(self, address: Address, account: str) -> Kept:
        """A new secret for ``account`` at ``address``, where we are connected now; it is not sure yet."""
        if address.pin or not address.wants_tls:
            key = address.pin or PLAIN
        else:
            key = self._trust.expected(address) or AUTHORITY
        secret = Secret("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)))
        made = Kept(address.name, key, account, secret, sure=False)
        self._change(lambda kept: [*kept, made])
        return made

    def settle(self, kept: Kept) -> None:
        """The server has let us in with it: older secrets for that account are of no use any more."""
        sure = structs.replace(kept, sure=True)
        self._change(lambda all_of_them: [*(each for each in all_of_them if not _same(each, kept)), sure])

    def forget(self, kept: Kept) -> None:
        """The server has refused to make it."""
        self._change(lambda all_of_them: [each for each in all_of_them if each != kept])

    # -- inside ----------------------------------------------------------------------------------------------------

    def _read(self) -> list[Kept]:
        try:
            data = files.read(self.path, _MOST_BYTES)
        except OSError as error:
            raise AccountsUnusable(str(self.path), _why(error)) from error
        return self._decoded(data)

    def _change(self, how: Callable[[list[Kept]], list[Kept]]) -> None:
        try:
            files.change(self.path, _MOST_BYTES, lambda data: _encoded(how(self._decoded(data))))
        except OSError as error:
            raise AccountsUnusable(str(self.path), _why(error)) from error

    def _decoded(self, data: bytes | None) -> list[Kept]:
        if data is None:
            return []
        try:
            content = msgspec.json.decode(data, type=_Content)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise AccountsUnusable(str(self.path), "it is damaged") from error
        if content.v != _FORM:
            raise AccountsUnusable(str(self.path), "another version of this program wrote it")
        return [
            Kept(row.server, row.key, row.account, Secret(row.secret), row.sure) for row in content.accounts
        ]


def _may_be_used(kept: Kept, address: Address, expected: str) -> bool:
    """Whether what vouched for the server can vouch for ``address``; ``expected`` is the pin that it must have."""
    if kept.key == PLAIN:
        return not address.wants_tls
    if address.security is Security.PLAIN and not address.pin:
        return False  # somebody insists on plain text
    if kept.key == AUTHORITY:
        return not expected
    return expected in ("", kept.key)


def _same(one: Kept, other: Kept) -> bool:
    return (one.server, one.key, fold(one.account)) == (other.server, other.key, fold(other.account))


def _encoded(kept: list[Kept]) -> bytes:
    rows = [_Row(each.server, each.key, each.account, each.secret.text, each.sure) for each in kept]
    return msgspec.json.format(msgspec.json.encode(_Content(_FORM, rows)), indent=1) + b"\n"


def _why(error: OSError) -> str:
    return (error.strerror or "it cannot be written").lower()
