"""The commands about people and accounts, ourselves among them: see :mod:`.commands`, whose table they are in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from natterjack.client import requests as r
from natterjack.client.chatting.parse import Mistyped, first_word
from natterjack.client.secret import Credentials, Secret

if TYPE_CHECKING:
    from natterjack.client.chatting.chat import Chat


class Lacking(Struct, frozen=True):
    """A command has all but the password of ``account``. ``run`` carries it out with one. ``new``: it is chosen now."""

    account: str
    run: Callable[[Chat, Secret], None]
    new: bool = False


def who(chat: Chat, rest: str) -> None:
    if " " in rest or rest.startswith(":"):
        raise Mistyped("Who is where? Type: WHO #channel. To say it, put SEND before it.")
    chat.ask(r.AskWho(chat.line, rest or chat.model.current or "*"))


def whois(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped("Who is who? Type: WHOIS nick")
    chat.ask(r.AskWhois(chat.line, first_word(rest)[0]))


def nick(chat: Chat, rest: str) -> None:
    if not rest:
        raise Mistyped(f"You are {chat.model.nick}. For another name, type: NICK name")
    if " " in rest:
        raise Mistyped("A name has no spaces in it. Type: NICK name")
    if rest == chat.model.nick:
        chat.info(f"You are {rest} already.")
        return
    chat.ask(r.ChangeNick(chat.line, rest))


def away(chat: Chat, rest: str) -> None:
    back = not rest and chat.model.away is not None  # as elsewhere on IRC, AWAY alone takes it back
    chat.ask(r.SetAway(chat.line, "" if back else rest or "away"))


def back(chat: Chat, rest: str) -> None:
    chat.ask(r.SetAway(chat.line, ""))


def ignore(chat: Chat, rest: str) -> None:
    if not rest:
        ignored = ", ".join(chat.model.ignored)
        chat.info(f"You ignore {ignored}." if ignored else "You ignore nobody. Type: /ignore nick")
        return
    nick, _ = first_word(rest)
    if chat.model.ignore(nick):
        chat.info(f"You hear nothing of {nick} any more. The same again takes it back.")
    else:
        chat.info(f"You hear {nick} again.")


def blanks_lost(name: str, rest: str, line: str) -> bool:
    """Whether the password in ``line``, which is the command ``name`` with ``rest``, had more blanks around it."""
    password = rest if name == "REGISTER" else first_word(rest)[1]
    before, found, behind = line.rstrip("\r\n").rpartition(password) if password else ("", "", "")
    return found != "" and (behind != "" or before[-2:].isspace())


def register_lacks(chat: Chat, rest: str) -> Lacking | None:
    name = "your name" if chat.busy else chat.model.nick  # which may be about to change
    return None if rest or chat.model.account else Lacking(name, _register, new=True)


def register(chat: Chat, rest: str) -> None:
    if not rest and chat.model.account:
        raise Mistyped(
            f"{chat.model.account} is an account already, and you are logged in to it.", "logged_in"
        )
    if not rest:
        raise Mistyped(f"{chat.model.nick} becomes an account with a password. Type: REGISTER password")
    _register(chat, Secret(rest))


def _register(chat: Chat, password: Secret) -> None:
    chat.ask(
        r.Register(chat.line, password),
        then=lambda: chat.remember_login(chat.model.account, password) if chat.model.account else None,
    )


def login_lacks(chat: Chat, rest: str) -> Lacking | None:
    """Alone, LOGIN means the account that one wanted to be, if that is known."""
    account, password = first_word(rest)
    account = account or _own_account(chat)
    is_in = chat.model.online and chat.model.account
    if password or not account or is_in or (chat.link.why_no_login and not chat.link.returning):
        return None
    return Lacking(account, lambda chat, secret: _log_in(chat, account, secret))


def _own_account(chat: Chat) -> str:
    nick = "" if chat.model.nick.startswith("guest") else chat.model.nick
    return chat.link.arrivals.wanted or nick


def login(chat: Chat, rest: str) -> None:
    account, password = first_word(rest)
    _may_log_in(chat)
    if not account and chat.hides:
        raise Mistyped("Log in to which account? Type: LOGIN account")
    if not password:
        raise Mistyped("LOGIN needs an account and its password, in one line: LOGIN account password")
    _log_in(chat, account, Secret(password))


def _may_log_in(chat: Chat) -> None:
    """Raises :class:`Mistyped` where that cannot be now."""
    if chat.model.online and chat.model.account:
        raise Mistyped(
            f"You are logged in as {chat.model.account} already. To be somebody else, QUIT and start again.",
            "logged_in",
        )
    if not chat.model.online and chat.link.why_no_login:
        raise Mistyped(chat.link.why_no_login, "not_connected")


def _log_in(chat: Chat, account: str, password: Secret) -> None:
    _may_log_in(chat)
    if not chat.model.online:
        chat.link.log_in(Credentials(account, password))
        return
    chat.ask(
        r.LogIn(chat.line, account, password),
        then=lambda: chat.remember_login(chat.model.account or account, password),
    )


def oper_lacks(chat: Chat, rest: str) -> Lacking | None:
    account, password = first_word(rest)
    account = account or chat.model.account or (_own_account(chat) if chat.link.returning else "")
    if password or not account:
        return None
    return Lacking(account, lambda chat, secret: chat.ask(r.Oper(chat.line, account, secret)))


def oper(chat: Chat, rest: str) -> None:
    account, password = first_word(rest)
    if not password and chat.hides:
        raise Mistyped("As which account? Type: /oper account")
    if not password:
        raise Mistyped("That takes an account and its password. Type: /oper account password")
    chat.ask(r.Oper(chat.line, account, Secret(password)))
