"""NickServ: accounts. REGISTER, IDENTIFY and what an account wants for itself."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from msgspec import Struct, structs

from natterjack.core import console, enrolling, leaving, logins, moderation, passwords, staying
from natterjack.core.console import Asker, Right
from natterjack.core.context import Context
from natterjack.core.registry import Changes
from natterjack.core.replies import shown
from natterjack.core.services.verbs import Outcome, Sentences, Service, Verb
from natterjack.ports.questions import Question
from natterjack.ports.records import AccountRecord
from natterjack.proto.casemap import fold
from natterjack.proto.timestamps import format_time

_NOT_LOGGED_IN: Final = "Log in to an account first: IDENTIFY <account> <password>"
_NO_ACCOUNTS: Final = ["This server keeps no accounts"]


def _register(ctx: Context, words: tuple[str, ...]) -> Outcome:
    if not ctx.policy.store:
        return _NO_ACCOUNTS
    email = words[1] if len(words) > 1 else enrolling.NO_MAIL
    try:
        return _make(ctx, enrolling.begin(ctx, "*", email, words[0]))
    except enrolling.RefusedError as error:
        return [str(error)]


def _make(ctx: Context, steps: Generator[Question, Any, str]) -> Generator[Question, Any, Sentences]:
    try:
        name = yield from steps
    except enrolling.RefusedError as error:
        return [str(error)]
    if name:
        enrolling.enter(ctx, name)
    return [f"{name} is your account from now on"]


def _identify(ctx: Context, words: tuple[str, ...]) -> Outcome:
    if not ctx.policy.store:
        return _NO_ACCOUNTS
    if not logins.may_log_in(ctx):
        return [f"You are logged in to {ctx.user.account} already"]
    if not ctx.secure:
        return [passwords.NOT_HERE]
    name = words[0] if len(words) > 1 else ctx.user.nick
    return _log_in(ctx, name, " ".join(words[1:] or words))


def _log_in(ctx: Context, name: str, password: str) -> Generator[Question, Any, Sentences]:
    record = yield from passwords.check(ctx, name, password)
    if record is None or record.revoked:
        return ["Nothing was done: " + passwords.WRONG]
    if not logins.may_log_in(ctx):  # it may share its nick by now
        return [f"You are logged in to {ctx.user.account} already"]
    ctx.act()
    logins.log_in(ctx, record.name)
    return [f"You are logged in to {record.name}"]


def _passwd(ctx: Context, words: tuple[str, ...]) -> Outcome:
    if not ctx.user.account:
        return [_NOT_LOGGED_IN]
    if len(words) > 2:
        return ["Nothing was done: where one of them has a space in it, ask whoever runs the server"]
    if not ctx.secure:
        return [passwords.NOT_HERE]
    try:
        data = passwords.prepared(words[1], ctx.policy.logins)
    except passwords.UnacceptableError as error:
        return [str(error)]
    return _change_password(ctx, ctx.user.account, words[0], data)


def _change_password(ctx: Context, name: str, old: str, new: bytes) -> Generator[Question, Any, Sentences]:
    if (yield from passwords.check(ctx, name, old)) is None:
        return ["Nothing was done: " + passwords.WRONG]
    verifier = yield from passwords.derive(ctx, new)
    record = ctx.accounts.get(name)
    if record is None or record.revoked or fold(ctx.user.account) != fold(name):
        return ["Nothing was done: it is not your account any more"]
    ctx.act()
    ctx.record(record.name, "passwd", record.name, (ctx.session,))
    return [console.replace_password(ctx, record, verifier)]


def _ghost(ctx: Context, words: tuple[str, ...]) -> Outcome:
    """Ends those sessions under a nick of one's account that are not the one that asks."""
    if not ctx.user.account:
        return [_NOT_LOGGED_IN]
    user = ctx.world.find(words[0])
    if user is None or fold(user.account) != fold(ctx.user.account):
        return [f"Nobody of your account is called {shown(words[0])}"]
    others = [session for session in user.sessions if session is not ctx.session]
    count = leaving.hang_up_all(
        ctx, others, "another session of your account has ended this one", "Ended from another session"
    )
    if user.uid in ctx.world.users and not user.sessions:
        leaving.dismiss(ctx, user, "Ended from another session")
        return [f"{user.nick} is gone, and you may take that nick ({console.sessions(count)} ended)"]
    return [f"{user.nick}: {console.sessions(count)} ended"]


def _info(ctx: Context, words: tuple[str, ...]) -> Outcome:
    name = words[0] if words else ctx.user.account
    if not name:
        return [_NOT_LOGGED_IN]
    if fold(name) != fold(ctx.user.account) and not ctx.user.operator:
        return ["What is known of an account is shown to whoever is logged in to it"]
    record = ctx.accounts.get(name)
    if record is None:
        return [f"There is no account {shown(name)}"]
    settings = ", ".join(f"{key} {_state(key, record)}" for key in _SETTINGS)
    created = f"{record.name} has been an account since {format_time(record.created)}"
    return [created, f"Sessions: {len(moderation.sessions_of(ctx, record.name))}", f"Settings: {settings}"]


class _Setting(Struct, frozen=True):
    """``member`` is the one of an account's record that is True where the setting has the state ``means``."""

    member: str
    means: bool
    about: str


_SETTINGS: Final = {
    "MULTICLIENT": _Setting("alone", False, "whether several sessions of the account may share a nick"),
    "ALWAYS-ON": _Setting("stays", True, "whether you are seen in your channels while you have no session"),
}
_STATES: Final = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


def _state(key: str, record: AccountRecord) -> str:
    setting = _SETTINGS[key]
    return "on" if getattr(record, setting.member) is setting.means else "off"


def _unknown(key: str) -> Sentences:
    return [f"There is no setting {shown(key)}: there are {' and '.join(_SETTINGS)}"]


def _get(ctx: Context, words: tuple[str, ...]) -> Outcome:
    record = ctx.accounts.get(ctx.user.account)
    if record is None:
        return [_NOT_LOGGED_IN]
    keys = [words[0].upper()] if words else list(_SETTINGS)
    if keys[0] not in _SETTINGS:
        return _unknown(words[0])
    return [f"{key} is {_state(key, record)}: {_SETTINGS[key].about}" for key in keys]


def _set(ctx: Context, words: tuple[str, ...]) -> Outcome:
    record = ctx.accounts.get(ctx.user.account)
    if record is None:
        return [_NOT_LOGGED_IN]
    key, wanted = words[0].upper(), _STATES.get(words[1].lower())
    if key not in _SETTINGS:
        return _unknown(words[0])
    if wanted is None:
        return [f"{key} is on or off"]
    setting = _SETTINGS[key]
    record = structs.replace(record, **{setting.member: setting.means is wanted})
    ctx.accounts.put(record)
    ctx.delivery.store(record, (ctx.session,))
    staying.settle(ctx, record)
    return [f"{key} is {_state(key, record)}: {setting.about}"]


def _saregister(ctx: Context, words: tuple[str, ...]) -> Outcome:
    asker = Asker(ctx.user.operator, Right.OPERATOR)
    outcome = console.run(ctx, asker, console.VERBS["accounts"], ("make", *words))
    return [outcome[1]] if isinstance(outcome, tuple) else _made(outcome)


def _made(steps: Generator[Question, Any, console.Answer]) -> Generator[Question, Any, Sentences]:
    _, text, _ = yield from steps
    return [text]


_LATER: Final = Changes.ITSELF_UNTIL_IT_ACTS
_IDENTIFY: Final = Verb(
    "[<account>] <password>",
    "logs in to an account; without a name, to that of your nick",
    _identify,
    1,
    changes=_LATER,
)
SERVICE: Final[Service] = Service(
    "NickServ",
    "NICKSERV",
    "I am the server itself, for accounts; an app that logs in by SASL needs none of this.",
    {
        "register": Verb("<password>", "makes your nick an account", _register, 1, changes=_LATER),
        "identify": _IDENTIFY,
        "login": structs.replace(_IDENTIFY, about=""),
        "passwd": Verb("<old> <new>", "changes your account's password", _passwd, 2, changes=_LATER),
        "ghost": Verb("<nick>", "ends your account's other sessions under that nick", _ghost, 1),
        "info": Verb("[<account>]", "shows what is known of your account", _info, changes=Changes.NOTHING),
        "set": Verb("<setting> on|off", f"changes a setting: {' or '.join(_SETTINGS)}", _set, 2),
        "get": Verb("[<setting>]", "shows settings, and what they mean", _get, changes=Changes.NOTHING),
        "saregister": Verb(
            "<account> <password>", "makes an account for somebody else", _saregister, 2, operators=True
        ),
    },
)
