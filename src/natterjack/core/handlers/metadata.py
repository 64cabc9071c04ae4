"""METADATA: what people and channels say of themselves, for programs.

One's own may be set before registration is complete; then it is the session's, and holds once that is.

Source: https://ircv3.net/specs/extensions/metadata, with what draft/metadata-3 has in other words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from natterjack.core import metadata, telling
from natterjack.core.channel import Channel
from natterjack.core.context import Context
from natterjack.core.metadata import EVERYTHING, Target
from natterjack.core.nested import answer_batch, numeric_body
from natterjack.core.policy import (
    LINE_LIMIT,
    METADATA_KEY_BYTES,
    METADATA_KEYS,
    METADATA_SUBSCRIPTIONS,
    METADATA_VALUE_BYTES,
)
from natterjack.core.registry import Changes, command
from natterjack.core.replies import shown
from natterjack.core.state import User
from natterjack.proto import caps, modes
from natterjack.proto import standard_replies as fails
from natterjack.proto.limits import NICK_BYTES
from natterjack.proto.names import is_channel
from natterjack.proto.numerics import (
    ERR_NEEDMOREPARAMS,
    ERR_NOTREGISTERED,
    RPL_KEYNOTSET,
    RPL_METADATASUBOK,
    RPL_METADATASUBS,
    RPL_METADATAUNSUBOK,
)

#: What a session means by itself.
_SELF = "*"
_NOT_YOURS = "Only {whose} may set this"
_NOT_IN = "It is shown to those who are in the channel"
_NOT_YET = "Come in first: until then you may set only your own"


@command(
    "METADATA",
    "<target or *> GET|SET|LIST|CLEAR|SYNC|SUB|UNSUB|SUBS [<key>...] [:<value>]",
    "Shows or changes what programs are told of somebody or a channel.",
    params=2,
    early=True,
    cost=3,
    changes=Changes.ITSELF_EARLY,
)
def metadata_(ctx: Context) -> None:
    """Hands on to the subcommand."""
    if ctx.session.registration is not None and not ctx.has(caps.METADATA):
        ctx.reply(ERR_NOTREGISTERED)
        return
    word = ctx.params[1]
    handler = _OF_THE_SESSION.get(word.upper())
    if handler is not None:
        handler(ctx)
    elif word.upper() not in _OF_A_TARGET:
        ctx.fail(fails.INVALID_PARAMS, "METADATA", shown(word), why="There is no such subcommand")
    elif word.upper() in ("GET", "SET") and len(ctx.params) < 3:
        ctx.reply(ERR_NEEDMOREPARAMS, "METADATA")
    elif ctx.session.registration is not None:
        _early(ctx, word.upper())
    elif word.upper() == "SYNC" and ctx.params[0].upper() == EVERYTHING:
        _sync_everything(ctx)
    else:
        target = _find(ctx, ctx.params[0])
        if target is not None:
            _OF_A_TARGET[word.upper()](
                ctx, target, target.name if isinstance(target, Channel) else target.nick
            )


def _find(ctx: Context, name: str) -> Target | None:
    """Who or what is meant, or None after a FAIL."""
    if name == _SELF:
        return ctx.user
    found: Target | None = ctx.peek_channel(name) if is_channel(name) else ctx.world.find(name)
    if found is None:
        ctx.fail(
            fails.INVALID_TARGET, "METADATA", shown(name), why="There is nobody and no channel of that name"
        )
    return found


# -- of the session itself


def _keys(ctx: Context) -> Iterator[str]:
    """The keys that are named, each once; for what is none there is a FAIL."""
    for key in dict.fromkeys(ctx.params[2:]):
        if metadata.is_key(key):
            yield key
        else:
            ctx.fail(fails.INVALID_KEY, "METADATA", shown(key), limit=METADATA_KEY_BYTES)


def _subscribe(ctx: Context) -> None:
    followed = ctx.session.subscribed or {}
    done = []
    for key in _keys(ctx):
        if key not in followed and len(followed) >= METADATA_SUBSCRIPTIONS:
            ctx.fail(fails.LIMIT_REACHED, "METADATA", key, limit=METADATA_SUBSCRIPTIONS)
            break
        followed[key] = None
        done.append(key)
    ctx.session.subscribed = followed or None
    for words in _lines_of(done):
        ctx.answer("", numeric_body(ctx, RPL_METADATASUBOK, *words))
    if done and ctx.session.registration is None:
        telling.later(ctx, EVERYTHING)


def _unsubscribe(ctx: Context) -> None:
    followed = ctx.session.subscribed or {}
    done = list(_keys(ctx))
    for key in done:
        followed.pop(key, None)
    ctx.session.subscribed = followed or None
    for words in _lines_of(done):
        ctx.answer("", numeric_body(ctx, RPL_METADATAUNSUBOK, *words))


def _subscriptions(ctx: Context) -> None:
    lines = _lines_of(list(ctx.session.subscribed or ()))
    answer_batch(ctx, "metadata-subs", (), [numeric_body(ctx, RPL_METADATASUBS, *words) for words in lines])


def _lines_of(keys: list[str]) -> Iterator[list[str]]:
    """``keys`` in portions of a line: of so many, with server and nick, at their longest."""
    for start in range(0, len(keys), 8):
        yield keys[start : start + 8]


# -- before registration is complete


def _early(ctx: Context, word: str) -> None:
    registration = ctx.session.registration
    assert registration is not None
    values = registration.metadata
    if ctx.params[0] != _SELF:
        ctx.fail(fails.KEY_NO_PERMISSION, "METADATA", shown(ctx.params[0]), _SELF, why=_NOT_YET)
    elif word == "SET":
        _set_early(ctx, values)
    elif word == "SYNC":
        telling.later(ctx, _SELF)
    elif word == "CLEAR":
        bodies = [numeric_body(ctx, RPL_KEYNOTSET, _SELF, key) for key in values]
        values.clear()
        answer_batch(ctx, "metadata", (_SELF,), bodies)
    else:
        wanted = list(values) if word == "LIST" else list(ctx.params[2:])
        _show_keys(ctx, _SELF, values, wanted)


def _set_early(ctx: Context, values: dict[str, str]) -> None:
    key, value = ctx.params[2], ctx.params[3] if len(ctx.params) > 3 else None
    if not _is_settable(ctx, _SELF, key, value):
        return
    if value is None:
        values.pop(key, None)
    elif key not in values and len(values) >= METADATA_KEYS:
        ctx.fail(fails.LIMIT_REACHED, "METADATA", _SELF, limit=METADATA_KEYS)
        return
    else:
        values[key] = value
    _confirm(ctx, _SELF, key, value)


# -- of somebody, or of a channel


def _is_settable(ctx: Context, name: str, key: str, value: str | None) -> bool:
    """Whether ``key`` and ``value`` are such as can be set; if not a FAIL was sent."""
    if not metadata.is_key(key):
        ctx.fail(fails.INVALID_KEY, "METADATA", shown(key), limit=METADATA_KEY_BYTES)
        return False
    longest = len(name.encode()) if is_channel(name) else NICK_BYTES
    head = f":{ctx.policy.name} 761   {key} * :\r\n"
    room = min(METADATA_VALUE_BYTES, LINE_LIMIT - len(head) - longest - NICK_BYTES)
    if value is not None and len(value.encode()) > room:
        ctx.fail(fails.INVALID_VALUE, "METADATA", key, limit=room)
        return False
    return True


def _may_read(ctx: Context, target: Target, name: str) -> bool:
    """Whether the user may see what is said of ``target``; if not a FAIL was sent. Whoever needs a key or an
    invitation to come in does not see it from outside."""
    if (
        not isinstance(target, Channel)
        or ctx.user.uid in target.members
        or not (target.key or target.has("i"))
    ):
        return True
    ctx.fail(fails.KEY_NO_PERMISSION, "METADATA", name, _SELF, why=_NOT_IN)
    return False


def _may_write(ctx: Context, target: Target, name: str, key: str, adding: bool) -> bool:
    """Whether the user may set what is said of ``target``; if not a FAIL was sent.

    Operators of the server may take away what should not be there.
    """
    user = ctx.user
    if isinstance(target, User):
        own = target is user or (bool(user.account) and target.account == user.account)
        whose = "whoever it is about"
    else:
        own = target.members.get(user.uid, 0) >= modes.HALFOP
        whose = "an operator of the channel"
    why = "" if own or (user.operator and not adding) else _NOT_YOURS.format(whose=whose)
    why = why or (user.muted if adding else "")  # it would be something said
    if why:
        ctx.fail(fails.KEY_NO_PERMISSION, "METADATA", name, shown(key), why=why)
    return not why


def _set(ctx: Context, target: Target, name: str) -> None:
    key, value = ctx.params[2], ctx.params[3] if len(ctx.params) > 3 else None
    if not _is_settable(ctx, name, key, value) or not _may_write(ctx, target, name, key, value is not None):
        return
    if value is not None and not ctx.metadata.may_add(target, key):
        ctx.fail(fails.LIMIT_REACHED, "METADATA", name, limit=METADATA_KEYS)
        return
    _change(ctx, target, {key: value})
    _confirm(ctx, name, key, value)


def _change(ctx: Context, target: Target, values: Mapping[str, str | None]) -> None:
    """Do it, and tell others. The session's answer waits until it is stored, where it lasts."""
    held = ctx.metadata.of(target)
    changes = {key: value for key, value in values.items() if held.get(key) != value}
    for key, value in changes.items():
        record = ctx.metadata.put(target, key, value)
        if record is not None:
            ctx.delivery.store(record, (ctx.user, ctx.session, target))
    if changes:
        telling.changed(ctx, target, changes)


def _confirm(ctx: Context, name: str, key: str, value: str | None) -> None:
    if value is None:
        ctx.reply(RPL_KEYNOTSET, name, key)
    else:
        ctx.answer("", telling.body_of(ctx, (name, key, value)))


def _get(ctx: Context, target: Target, name: str) -> None:
    if _may_read(ctx, target, name):
        _show_keys(ctx, name, ctx.metadata.of(target), list(ctx.params[2:]))


def _list(ctx: Context, target: Target, name: str) -> None:
    if _may_read(ctx, target, name):
        telling.show(ctx, name, [(name, *pair) for pair in ctx.metadata.of(target).items()])


def _show_keys(ctx: Context, name: str, values: Mapping[str, str], keys: list[str]) -> None:
    bodies = []
    for key in keys:
        if not metadata.is_key(key):
            server = ctx.policy.name
            bodies.append(f":{server} FAIL METADATA INVALID_KEY {shown(key)} :{_invalid()}")
        elif key in values:
            bodies.append(telling.body_of(ctx, (name, key, values[key])))
        else:
            bodies.append(numeric_body(ctx, RPL_KEYNOTSET, name, key))
    answer_batch(ctx, "metadata", (name,), bodies)


def _invalid() -> str:
    return fails.INVALID_KEY.text.format(limit=METADATA_KEY_BYTES)


def _clear(ctx: Context, target: Target, name: str) -> None:
    if not _may_write(ctx, target, name, _SELF, adding=False):
        return
    keys = list(ctx.metadata.of(target))
    _change(ctx, target, dict.fromkeys(keys))
    answer_batch(ctx, "metadata", (name,), [numeric_body(ctx, RPL_KEYNOTSET, name, key) for key in keys])


def _sync(ctx: Context, target: Target, name: str) -> None:
    if not _may_read(ctx, target, name):
        return
    if isinstance(target, Channel) and ctx.user.uid in target.members:
        telling.show(ctx, name, metadata.followed_in(ctx, ctx.session, target))
    else:
        telling.show(ctx, name, metadata.followed(ctx, ctx.session, target, name))


def _sync_everything(ctx: Context) -> None:
    """Of the channels that the user is in, of all who are there, and of whom he has on his MONITOR list."""
    world = ctx.world
    channels = list(world.channels_of(ctx.user))
    users = dict.fromkeys(uid for channel in channels for uid in channel.members)
    watched = (world.find(nick) for nick in ctx.session.monitoring or ())
    users |= dict.fromkeys(user.uid for user in (ctx.user, *watched) if user is not None)

    def entries() -> Iterator[metadata.Entry]:
        for channel in channels:
            yield from metadata.followed(ctx, ctx.session, channel, channel.name)
        for uid in users:
            user = world.users[uid]
            yield from metadata.followed(ctx, ctx.session, user, user.nick)

    telling.show(ctx, EVERYTHING, entries())


_OF_THE_SESSION: dict[str, Callable[[Context], None]] = {
    "SUB": _subscribe,
    "UNSUB": _unsubscribe,
    "SUBS": _subscriptions,
}
_OF_A_TARGET: dict[str, Callable[[Context, Target, str], None]] = {
    "GET": _get,
    "SET": _set,
    "LIST": _list,
    "CLEAR": _clear,
    "SYNC": _sync,
}
