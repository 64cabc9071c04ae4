"""What stands between a person and a server, in words that say what to do, and with what to do it.

No Qt in here. :class:`Troubles` follows what one server's chat tells. :meth:`Troubles.now` is what is to be shown above
the messages until it is mended; each has buttons (:class:`Act`) or a form (:class:`Form`) to mend it with.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Final

from msgspec import Struct, structs

from natterjack.client import errors
from natterjack.client import events as e
from natterjack.client.chatting.missing_password import PasswordQuestion
from natterjack.client.chatting.questions import NameQuestion, Question, TrustQuestion
from natterjack.proto import numerics as n

_KEPT: Final = "What you write is kept, and sent when the connection is back."
_LEFT: Final = "What was said here stays, and what you wrote. Connect again to go on."
_BRACKETS: Final = re.compile(r"\s*\([^()]*\)")


class Act(Enum):
    """A button, by what stands on it."""

    AGAIN = "Try again"
    NOW = "Try now"
    STOP = "Stop trying"
    CONNECT = "Connect"
    ELSEWHERE = "Change the address…"
    PLAIN = "Connect without encryption"
    TRUST = "It is the same: connect"
    DISTRUST = "Do not connect"
    CLOSE = "Close"
    WITHDRAW = "Cancel"


class Form(Enum):
    """What can be entered: a name to come in by, an account with its password, a join link (or a key).

    PASSWORD is the one that a typed command lacks, NEW_PASSWORD one that is chosen, and typed twice.
    """

    NAME = "name"
    LOGIN = "login"
    LINK = "link"
    PASSWORD = "password"
    NEW_PASSWORD = "new password"


class Level(Enum):
    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


class Trouble(Struct, frozen=True):
    """``forms``: the first is open, the others behind a button. ``entered`` is what the first begins with.

    ``key`` is to be compared with what the server's owner says; ``known`` is the one that it had before.
    """

    level: Level
    title: str
    text: str
    acts: tuple[Act, ...] = ()
    forms: tuple[Form, ...] = ()
    entered: str = ""
    key: str = ""
    known: str = ""


class Troubles:
    """Changed by :meth:`heard` and :meth:`close` alone."""

    def __init__(self) -> None:
        self._link: Trouble | None = None  # about the connection itself
        self._away = False  # it is lost, and tried for
        self._error: errors.ClientError | None = None  # the last one that ended it
        self._name = ""  # of the server that has let us in
        self._guest: Trouble | None = None
        self._renames = False  # whether another name is an answer to that
        self._taken: e.NickTaken | None = None  # the name that was wanted, and is an account's
        self._keeping: Trouble | None = None

    @property
    def was_in(self) -> bool:
        """Whether the server has let us in, in this run."""
        return bool(self._name)

    def heard(self, event: e.Event) -> bool:
        """``event`` has happened. True where it is shown here, and need not be told among the messages."""
        handler = _HEARD.get(type(event))
        return handler is not None and bool(handler(self, event))

    def close(self, trouble: Trouble) -> None:
        """The person has seen it."""
        for name in ("_link", "_guest", "_keeping"):
            if getattr(self, name) is trouble:
                setattr(self, name, None)

    def now(
        self, question: Question | None, password: PasswordQuestion | None = None, *, offline: bool = False
    ) -> list[Trouble]:
        """What is to be shown now, the most pressing first. ``question`` is what the chat asks, if anything.

        ``password``: the one that it asks for.
        ``offline``: there is no connection, and none is tried for.
        """
        if offline and self._away and self._link is not None:  # somebody has stopped the attempts
            self._away = False
            self._link = structs.replace(self._link, text=_LEFT, level=Level.INFO, acts=(Act.CONNECT,))
        asked = self._asked(question) if question is not None else self._link
        first = _password(password) if password is not None else None
        return [each for each in (first, asked, self._guest, self._keeping) if each is not None]

    def _asked(self, question: Question) -> Trouble | None:
        if isinstance(question, TrustQuestion):
            text = (
                f"{question.where} was never seen from this computer. Compare its key with the one that its owner "
                "tells you; a join link from him makes this unnecessary. Nothing was sent yet."
            )
            acts = (Act.TRUST, Act.DISTRUST)
            return Trouble(Level.WARNING, "Is this the right server?", text, acts, (), "", question.pin)
        if not isinstance(question, NameQuestion):
            return self._link
        forms = (Form.NAME, Form.LOGIN)
        if not question.again:
            text = f"You are invited to {question.where}. The name is yours from then on, with an account of your own."
            return Trouble(
                Level.INFO, "What shall the others call you?", text, (), forms, question.suggestion
            )
        if isinstance(self._error, errors.NotLetIn) and self._error.reason == n.ERR_SASLFAIL.code:
            text = f"{question.where} does not know this account, or it has another password. Nothing was changed."
            return Trouble(Level.DANGER, "Wrong account or password", text, (), (Form.LOGIN, Form.NAME))
        why = _sentence(self._error.text) if self._error else ""
        return Trouble(
            Level.WARNING, "Another name, please", f"{why} Your invite is still good.".strip(), (), forms
        )

    # -- what happens ----------------------------------------------------------------------------------------------

    def _connecting(self, event: e.Connecting) -> bool:
        if not self._away:
            self._link = None
        return False

    def _ready(self, event: e.Ready) -> bool:
        self._link, self._away, self._error = None, False, None
        taken, self._taken = self._taken, None
        if taken is not None and self._guest is None:
            title = f"The name {taken.nick} belongs to an account"
            text = f"Log in if it is yours. Until then you are {event.nick}, a guest."
            self._guest = Trouble(Level.WARNING, title, text, (Act.CLOSE,), (Form.LOGIN,), taken.nick)
            self._renames = True
        self._name = event.network or event.server or event.nick
        return False

    def _nick_taken(self, event: e.NickTaken) -> bool:
        if self._taken is None and "account" in event.text:  # IRC has no code for that
            self._taken = event
        return False

    def _reconnecting(self, event: e.Reconnecting) -> bool:
        self._away = True
        title = f"No connection to {self._name or event.where}"
        if event.why or self._link is None:
            text = f"{_sentence(event.why)} {_KEPT}".strip()
            self._link = Trouble(Level.WARNING, title, text, (Act.NOW, Act.STOP))
        return False  # the status line counts the seconds

    def _disconnected(self, event: e.Disconnected) -> bool:
        self._guest = self._taken = None
        if event.error is None:
            self._away = False
            self._link = Trouble(
                Level.INFO, f"You have left {self._name or event.where}", _LEFT, (Act.CONNECT,)
            )
            return True
        self._error = event.error
        self._away = event.again
        if event.again:
            text = f"{_sentence(event.error.text)} {_KEPT}"
            title = f"No connection to {self._name or event.where}"
            self._link = Trouble(Level.WARNING, title, text, (Act.NOW, Act.STOP))
        else:
            self._link = explained(event.error, event.where)
        return True

    def _failed(self, event: e.ConnectFailed) -> bool:
        self._away, self._error = False, event.error
        self._link = explained(event.error, event.where)
        return True

    def _login_failed(self, event: e.LoginFailed) -> bool:
        text = f"{_sentence(event.text)} Log in again, or stay as you are."
        self._renames = False
        self._guest = Trouble(
            Level.WARNING, "You are in as a guest", text, (Act.CLOSE,), (Form.LOGIN,), event.account
        )
        return True

    def _refused(self, event: e.Refused) -> bool:
        if self._guest is None or event.command != "LOGIN":
            return False
        self._guest = structs.replace(self._guest, text=f"{_sentence(event.text)} Nothing was changed.")
        return True

    def _account(self, event: e.AccountChanged) -> bool:
        if event.own and event.account:
            self._guest = None
        return False

    def _nick(self, event: e.NickChanged) -> bool:
        if event.own and self._renames:
            self._guest, self._renames = None, False
        return False

    def _not_kept(self, event: e.KeepingFailed) -> bool:
        text = (
            f"{_sentence(event.text)} Make room on this computer's disk, or see whether it can be written to."
        )
        self._keeping = Trouble(Level.WARNING, "This computer does not keep what comes", text, (Act.CLOSE,))
        return True

    def _broken(self, event: e.DriverFailed) -> bool:
        text = f"{event.error!r}. That is our fault: please report it. Close the window and start again to go on."
        self._link = Trouble(Level.DANGER, "Internal error", text)
        return True


_HEARD: dict[type[e.Event], Callable[..., bool]] = {
    e.Connecting: Troubles._connecting,
    e.Ready: Troubles._ready,
    e.NickTaken: Troubles._nick_taken,
    e.Reconnecting: Troubles._reconnecting,
    e.Disconnected: Troubles._disconnected,
    e.ConnectFailed: Troubles._failed,
    e.LoginFailed: Troubles._login_failed,
    e.Refused: Troubles._refused,
    e.NickChanged: Troubles._nick,
    e.AccountChanged: Troubles._account,
    e.KeepingFailed: Troubles._not_kept,
    e.DriverFailed: Troubles._broken,
}


def _password(question: PasswordQuestion) -> Trouble:
    if question.new:
        title = f"Choose a password for {question.account}"
        text = "With it the name is yours, here and on your other computers. Nobody else sees what you type."
        return Trouble(Level.INFO, title, text, (Act.WITHDRAW,), (Form.NEW_PASSWORD,))
    title, text = f"The password of {question.account}", "Nobody else sees what you type."
    return Trouble(Level.INFO, title, text, (Act.WITHDRAW,), (Form.PASSWORD,))


def explained(error: errors.ClientError, where: str) -> Trouble:
    """``error`` in the words of somebody who has a window before him, and with what helps against it."""
    elsewhere = (Act.AGAIN, Act.ELSEWHERE)
    match error:
        case errors.KeyChanged():
            text = (
                "Nothing was sent. Either the server was set up anew, or somebody on the way pretends to be it. Ask "
                "its owner, and paste his new join link here, or the key that he tells you."
            )
            title = f"The key of {where} has changed"
            return Trouble(Level.DANGER, title, text, (), (Form.LINK,), "", error.shown, error.wanted)
        case errors.WrongKey():
            text = (
                f"{where} has another key than your join link says, and nothing was sent. The link is old, or of "
                "another server, or somebody on the way pretends to be it. Ask the server's owner for a new link."
            )
            title = "This is not the server that was meant"
            return Trouble(Level.DANGER, title, text, (), (Form.LINK,), "", error.shown, error.wanted)
        case errors.UnknownKey():
            text = "Its key is not trusted, and nothing was sent. A join link from its owner takes you there at once."
            return Trouble(Level.INFO, f"Not connected to {where}", text, (Act.AGAIN,), (Form.LINK,))
        case errors.NoTls():
            text = (
                f"{where} does not encrypt, so anybody on the way could read along. Nothing was sent. Go on only in a "
                "network that you trust."
            )
            acts = (Act.ELSEWHERE, Act.PLAIN)
            return Trouble(Level.DANGER, "This connection would be open to all", text, acts)
        case errors.TrustUnreadable() | errors.AccountsUnusable():
            text = error.text.replace(", or choose another --data-dir", "")
            return Trouble(Level.DANGER, "Something on this computer is in the way", text, (Act.AGAIN,))
        case errors.NotLetIn(reason=n.ERR_PASSWDMISMATCH.code):
            text = f"{_sentence(_BRACKETS.sub('', error.text))} A new join link goes here:"
            return Trouble(Level.DANGER, "You were not let in", text, (), (Form.LINK, Form.LOGIN))
        case errors.NotLetIn(reason=n.ERR_SASLFAIL.code):
            text = _sentence(error.text.partition("; with an invite")[0])
            return Trouble(Level.DANGER, "You were not let in", text, (), (Form.LOGIN, Form.LINK))
        case errors.NotLetIn():
            return Trouble(Level.DANGER, "You were not let in", _sentence(error.text), elsewhere)
        case errors.HostNotFound():
            return Trouble(Level.DANGER, "There is no such address", error.text, elsewhere)
        case errors.ConnectRefused() | errors.ConnectTimedOut():
            return Trouble(Level.DANGER, "No server answers there", error.text, elsewhere)
        case errors.ConnectError():
            return Trouble(Level.DANGER, f"No connection to {where}", error.text, elsewhere)
    return Trouble(Level.DANGER, f"The connection to {where} has ended", _sentence(error.text), elsewhere)


def _sentence(text: str) -> str:
    """``text`` as a sentence: with a capital letter and a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
