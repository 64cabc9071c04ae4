"""What people and channels say of themselves, for programs: a name to show, a picture, a status.

Values of an account and of a lasting channel last; a guest's go with him, those of other channels with the channel.
A session is told of the keys that it follows: of whoever shares a channel with it or is on its MONITOR list, and of the
channels that it is in. Each is told in a numeric of its own, since that names him; they come in no order with messages.

Source: https://ircv3.net/specs/extensions/metadata, as draft/metadata-3 has it: 761 and 766 in place of a message of
its own. Where a set is told to others, whoever set it has it from the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from natterjack.core.channel import Channel
from natterjack.core.policy import METADATA_KEY_BYTES, METADATA_KEYS
from natterjack.core.state import Session, User
from natterjack.ports.records import MetadataGoneRecord, MetadataRecord
from natterjack.proto import caps
from natterjack.proto.casemap import fold

if TYPE_CHECKING:
    from natterjack.core.context import Context

Target = User | Channel
#: The name of whom or what it is about, key and value.
Entry = tuple[str, str, str]
#: What SYNC and 774 call everything that a session follows.
EVERYTHING: Final = "*ALL"
_KEY: Final = re.compile(rf"[a-z0-9_./-]{{1,{METADATA_KEY_BYTES}}}")


def is_key(text: str) -> bool:
    """Whether ``text`` can be a key."""
    return _KEY.fullmatch(text) is not None


class Metadata:
    """The owner of the values."""

    def __init__(self, records: Iterable[MetadataRecord]) -> None:
        self._accounts: dict[str, dict[str, str]] = {}
        self._restored: dict[int, dict[str, str]] = {}  # by conversation, until the channels are there
        for record in records:
            if record.account:
                self._accounts.setdefault(record.account, {})[record.key] = record.value
            else:
                self._restored.setdefault(record.conversation, {})[record.key] = record.value

    def restore(self, channels: Iterable[Channel]) -> None:
        """``channels`` are those that the store had: give them what it had of them."""
        for channel in channels:
            channel.metadata.update(self._restored.get(channel.conversation, {}))
        self._restored.clear()

    def of(self, target: Target) -> Mapping[str, str]:
        """The values of ``target``."""
        if isinstance(target, User) and target.account:
            return self._accounts.get(fold(target.account), {})
        return target.metadata

    def put(self, target: Target, key: str, value: str | None) -> MetadataRecord | MetadataGoneRecord | None:
        """``key`` of ``target`` is ``value`` from now on (None: not set). The answer is what is to be stored of it."""
        account = fold(target.account) if isinstance(target, User) else ""
        values = self._accounts.setdefault(account, {}) if account else target.metadata
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value
        if account:
            if not values:
                del self._accounts[account]
            return _record(account, 0, key, value)
        if isinstance(target, Channel) and target.lasting:
            return _record("", target.conversation, key, value)
        return None

    def records_of(self, channel: Channel) -> Iterator[MetadataRecord]:
        """What is to be stored of ``channel``, which lasts from now on."""
        for key, value in channel.metadata.items():
            yield MetadataRecord("", channel.conversation, key, value)

    def may_add(self, target: Target, key: str) -> bool:
        """Whether ``target`` has room for ``key``."""
        values = self.of(target)
        return key in values or len(values) < METADATA_KEYS


def _record(
    account: str, conversation: int, key: str, value: str | None
) -> MetadataRecord | MetadataGoneRecord:
    if value is None:
        return MetadataGoneRecord(account, conversation, key)
    return MetadataRecord(account, conversation, key, value)


# -- who follows what


def followed(ctx: Context, session: Session, target: Target, name: str) -> Iterator[Entry]:
    """What ``session`` follows of ``target``, which it knows as ``name``."""
    values = ctx.metadata.of(target)
    for key in session.subscribed or () if values else ():
        if key in values:
            yield name, key, values[key]


def followed_in(ctx: Context, session: Session, channel: Channel) -> Iterator[Entry]:
    """The same of ``channel`` and all who are in it."""
    yield from followed(ctx, session, channel, channel.name)
    for uid in channel.members:
        user = ctx.world.users[uid]
        yield from followed(ctx, session, user, user.nick)


def followers(ctx: Context, target: Target) -> Iterator[Session]:
    """The sessions that are told of ``target``, each once, as far as they follow anything."""
    world = ctx.world
    if isinstance(target, Channel):
        sids = [sid for _, sids in target.groups for sid in sids]
    else:
        sids = [sid for _, sids in world.peers(target) for sid in sids]
        sids += [session.sid for session in world.sessions_of(target)]
        sids += world.watchers.get(fold(target.nick), ())
    for sid in dict.fromkeys(sids):
        session = world.sessions[sid]
        if session.subscribed and session.caps & caps.METADATA:
            yield session


def adopt(ctx: Context, user: User, values: Mapping[str, str]) -> None:
    """``user`` has set ``values`` before it was known who he is: they hold, as far as there is room."""
    for key, value in values.items():
        if ctx.metadata.may_add(user, key):
            record = ctx.metadata.put(user, key, value)
            if record is not None:
                ctx.delivery.store(record, (user, *user.sessions))
