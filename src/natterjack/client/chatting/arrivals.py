"""As whom we come in where: with which name, which login and which invite; and the account of a new member.

Theory of operation. For each connection :meth:`Arrivals.way` decides, best first:

- a login that was given on the command line, or typed, decides;
- an account that is kept for that server (:mod:`natterjack.client.kept_accounts`) logs in by itself;
- whoever brings an invite becomes a member: he needs a name (a person is asked for it, once), comes in, and gets an
  account under it with a secret of ours (:meth:`Arrivals.arrived`), which is kept before it is said;
- everybody else is a guest.

Until the account is made, nothing that goes wrong may cost the invite: the name is asked for, and the place for the
secret tried out, before there is a connection; and a name that is taken ends the connection, where another name will be
asked for or was not wanted.

An account that is kept but not *sure* is tried as a login first, and made if the server does not know it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, structs

from natterjack.client import events as e
from natterjack.client.address import Address
from natterjack.client.chatting.logins import Logins
from natterjack.client.chatting.options import Options
from natterjack.client.errors import ClientError, ConnectError, NameRefused, NotLetIn
from natterjack.client.kept_accounts import Kept
from natterjack.client.requests import Register
from natterjack.client.secret import Credentials
from natterjack.client.session import SessionConfig
from natterjack.proto import numerics as n
from natterjack.proto.casemap import fold

if TYPE_CHECKING:
    from natterjack.client.model import Model

#: The number of our own REGISTER: no line was typed for it.
OWN = -1


class Accounts(Protocol):
    """The part of :class:`~natterjack.client.kept_accounts.KeptAccounts` that is used here; see there."""

    @property
    def path(self) -> Path: ...
    def known(self, address: Address) -> list[Kept]: ...
    def prepare(self) -> None: ...
    def keep(self, address: Address, account: str) -> Kept: ...
    def settle(self, kept: Kept) -> None: ...
    def forget(self, kept: Kept) -> None: ...


class Way(Struct, frozen=True):
    """``kept`` is the account that we log in with, or make, by ourselves. ``new``: one is made unless we have one.

    ``offered``: the login was typed for this connection, and never taken before.
    """

    address: Address
    config: SessionConfig
    kept: Kept | None = None
    new: bool = False
    offered: bool = False


class Arrivals:
    """See the module. One connection at a time: what happens is that of the last :meth:`way`."""

    def __init__(self, options: Options, accounts: Accounts) -> None:
        self._options = options
        self._accounts = accounts
        self._logins = Logins(options.login)
        self._offered: dict[str, Credentials] = {}  # typed where a name was asked for, not tried yet
        self._names: dict[str, str] = {}  # chosen by the person
        self._refused: list[Kept] = []  # those that their server does not take
        self._way = Way(Address(), SessionConfig(options.nick))
        self._making: Kept | None = None  # the account whose REGISTER is under way
        self._told: set[Credentials] = set()  # that of two logins it is this one

    # -- before the connection -------------------------------------------------------------------------------------

    def way(self, address: Address) -> Way | None:
        """How to come in at ``address``; None where a name has to be chosen first (:meth:`call`).

        Raises :class:`~natterjack.client.errors.ConnectError` where what is kept cannot be used.
        """
        self._making = None
        way = self._with_login(address) or self._as_member(address)
        if way is not None:
            self._way = way
        return way

    def has_moved(self, address: Address) -> str:
        """The account whose password is for another server than the one at ``address``; ``""`` where there is none."""
        given = self._options.login
        return given.account if given and not self._logins.at(address) else ""

    @property
    def wanted(self) -> str:
        """The account that was last tried, or the name that was asked for; ``""`` where there is neither."""
        login = self._way.config.login
        return login.account if login else self._options.nick if self._options.named else ""

    def call(self, address: Address, name: str) -> None:
        """``name`` was chosen for ``address``."""
        self._names[address.name] = name

    def offer(self, address: Address, login: Credentials) -> None:
        """``login`` was typed for ``address`` instead of a name; it is tried once."""
        self._offered[address.name] = login

    def unreached(self) -> None:
        """There was no connection: what was typed for it goes with the next one."""
        if self._way.offered and self._way.config.login:
            self._offered[self._way.address.name] = self._way.config.login

    def _with_login(self, address: Address) -> Way | None:
        offered = self._offered.pop(address.name, None)
        login = offered or self._logins.at(address)
        given = self._options.login
        if login is None and given is None:
            return None
        # one that was given with --nick keeps that name
        nick = login.account if login and login is not given else self._options.nick
        config = self._config(address, nick, login)
        config = structs.replace(config, login_or_leave=config.login_or_leave or offered is not None)
        if offered is None:
            config = self._doubted(address, config)
        return Way(address, config, offered=offered is not None)

    def _doubted(self, address: Address, config: SessionConfig) -> SessionConfig:
        """``config`` with both logins, where it may be the one or the other."""
        if config.login is None:
            return config
        login, other = self._logins.both(address, config.login)
        return structs.replace(config, login=login, other_login=other)

    def _as_member(self, address: Address) -> Way | None:
        options = self._options
        chosen = self._names.get(address.name) or (options.nick if options.named else "")
        kept = self._find(address, chosen)
        if kept is not None and kept.sure:
            config = self._config(address, kept.account, kept.credentials)
            config = structs.replace(config, password="", login_or_leave=True)
            return Way(kept.at(address), self._doubted(address, config), kept)
        if kept is None and not (address.invite or options.invite):
            return Way(address, self._config(address, options.nick))
        self._accounts.prepare()
        name = kept.account if kept else chosen or ("" if options.interactive else options.nick)
        if not name:
            return None
        config = self._config(address, name, kept.credentials if kept else None)
        picky = options.interactive or bool(chosen)
        config = structs.replace(config, login_or_leave=False, nick_or_leave=picky)
        return Way(kept.at(address) if kept else address, config, kept, new=True)

    def _find(self, address: Address, name: str) -> Kept | None:
        """The account kept for ``address``, if it is called ``name`` (``""``: whatever it is called)."""
        for kept in self._accounts.known(address):
            if kept not in self._refused and (not name or fold(kept.account) == fold(name)):
                return kept
        return None

    def _config(self, address: Address, nick: str, login: Credentials | None = None) -> SessionConfig:
        options = self._options
        return SessionConfig(
            nick=nick,
            username=nick,
            realname=nick,
            password=address.invite or options.invite,
            channels=options.channels,
            login=login,
            login_or_leave=not options.interactive,
        )

    # -- on it -----------------------------------------------------------------------------------------------------

    def arrived(self, model: Model) -> Register | None:
        """We are in. A request is to be sent: it makes our account.

        Raises :class:`~natterjack.client.errors.AccountsUnusable`: then we are a guest.
        """
        way = self._way
        if model.account:
            if way.offered and way.config.login:
                self._logins.keep(way.address, way.config.login)
            self._logins.settle(way.address)
            if way.kept and not way.kept.sure:
                self._accounts.settle(way.kept)
            return None
        if not way.new:
            return None
        kept = way.kept
        if kept is None or fold(kept.account) != fold(model.nick):
            # one under another name stays: its REGISTER may be under way on a connection that we know to be dead
            kept = self._accounts.keep(way.address, model.nick)
        self._making = kept
        return Register(OWN, self._making.secret)

    def decided(self, address: Address, model: Model) -> str:
        """We are in, where it could be one of two passwords: what to say of it, if anything. Raises as :meth:`arrived`.

        The old one is told once; the new one may come to hold later still.
        """
        new = self._logins.new(address) if self._way.config.other_login else None
        if new is None or not model.account:
            return ""
        if self._logins.is_turned(address):
            text = f"{new.account} has the new password: the server took it before the connection was lost."
            return f"{text} {self.renew(address, new)}".rstrip()
        if new in self._told:
            return ""
        self._told.add(new)
        return f"{new.account} has the old password: the server has not taken the new one."

    def registered(self, model: Model) -> str:
        """Our REGISTER has been carried out: what to say of it, if anything. Raises as :meth:`arrived`."""
        making, self._making = self._making, None
        if making is None or not model.account:
            return ""  # the server wants more first, and has said what
        self._accounts.settle(making)
        return (
            f"The name {making.account} is yours from now on: this computer logs you in by itself, any other with "
            f"LOGIN {making.account} and the secret that is kept in {self._accounts.path}."
        )

    def not_registered(self, event: e.Refused | e.Unanswered) -> str:
        """It has not: what to say of it. Raises as :meth:`arrived`."""
        making, self._making = self._making, None
        if isinstance(event, e.Unanswered):
            return (
                "No answer came whether your name is an account now. That is settled when you come in again."
            )
        if making is not None and making is not self._way.kept:
            # an older one was said to the server before, and may yet turn out to be an account
            self._accounts.forget(making)
        again = "" if event.code == "not_offered" else " To try again: REGISTER password"
        return f"You are in as a guest, since no account could be made. {event.text}{again}"

    def turned_away(self, error: ClientError) -> Address | None:
        """We were not let in. Where there is an address, another name may help there."""
        way = self._way
        if not isinstance(error, NameRefused):
            if not _is_refused(error):
                return None
            invited = way.address.invite or self._options.invite
            if not (invited and (way.offered or way.kept)):
                return None
            if way.kept is not None:
                self._refused.append(way.kept)
        self._names.pop(way.address.name, None)
        return way.address

    # -- what is shown ---------------------------------------------------------------------------------------------

    def shown(self, event: e.Event) -> e.Event | None:
        """``event`` as people should be told of it; None for what :meth:`registered` and its like say better."""
        if isinstance(event, e.LoginTurned):
            self._logins.turn(self._way.address)
        if isinstance(event, e.LoginFailed) and self._way.new:
            return None
        if isinstance(event, e.LoginFailed) and event.code == n.ERR_SASLFAIL.code:
            self._logins.decide(self._way.address)  # it is neither
        if isinstance(event, e.Disconnected) and _is_refused(event.error):
            self._logins.decide(self._way.address)
        if isinstance(event, e.AccountChanged) and event.own and self._making:
            return None
        if isinstance(event, e.Refused | e.Unanswered) and event.ref == OWN:
            return None
        if isinstance(event, e.Registered) and event.ref == OWN and event.complete:
            return None
        kept = self._way.kept
        if isinstance(event, e.Disconnected) and kept and kept.sure and _is_refused(event.error):
            return structs.replace(event, error=NotLetIn(n.ERR_SASLFAIL.code, self._unwanted(kept)))
        return event

    def _unwanted(self, kept: Kept) -> str:
        return (
            f"{kept.server} does not take your account {kept.account} any more: it was revoked, or has another "
            f"password now than the secret kept in {self._accounts.path}. Ask whoever runs the server; "
            "with an invite and --nick NAME you come in under another name."
        )

    # -- for the commands ------------------------------------------------------------------------------------------

    def remember(self, address: Address, login: Credentials) -> None:
        """``login`` was typed, and taken, at ``address``: it is used when we come back. Nothing is written down."""
        self._logins.keep(address, login)

    def doubt(self, address: Address, new: Credentials) -> None:
        """``new`` holds at ``address`` perhaps: it was said, and the connection lost before the answer."""
        self._logins.doubt(address, new)

    def renew(self, address: Address, login: Credentials) -> str:
        """``login`` holds at ``address`` from now on, in place of another password: what to say of it, if anything.

        Where this computer has kept that one, it keeps the new one. Raises as :meth:`arrived`: then it has not.
        """
        try:
            kept = self._find(self._way.address, login.account)
            if kept is not None:
                self._accounts.settle(structs.replace(kept, secret=login.password))
        except ConnectError:
            self.remember(address, login)
            raise
        self._logins.decide(address)
        if kept is None or self._logins.at(address):
            self.remember(address, login)
        if kept is None:
            return ""
        return f"This computer logs you in by itself as before: the new password is kept in {self._accounts.path}."


def _is_refused(error: ClientError | None) -> bool:
    """Whether we were not let in since the login was refused."""
    return isinstance(error, NotLetIn) and error.reason == n.ERR_SASLFAIL.code
