"""The capabilities that a server with one policy offers, and the words in which it lists them, put together once.

Everybody who comes asks for that list and then for most of what is on it; looked up one by one for each, it was a third
of what it costs to let somebody in (docs/where-the-time-goes.md).

Source: https://ircv3.net/specs/extensions/capability-negotiation
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from natterjack.core.policy import METADATA_KEYS, METADATA_SUBSCRIPTIONS, METADATA_VALUE_BYTES, Policy
from natterjack.proto import caps
from natterjack.proto.names import ELSEWHERE

#: Bytes of capability names in one line: 512 less source, nick and the words before them.
_NAMES_BYTES = 300
#: The same where there has to be one line only: what the longest server name and nick leave.
_LINE_BYTES = 400
_MULTILINE = "draft/multiline"
_METADATA_LIMITS = ",".join(
    (
        "before-connect",
        f"max-subs={METADATA_SUBSCRIPTIONS}",
        f"max-keys={METADATA_KEYS}",
        f"max-value-bytes={METADATA_VALUE_BYTES}",
    )
)
#: What is told by its value alone, so that it is nothing to those before 302.
_VALUED = frozenset({_MULTILINE, "sts"})
_OF_ACCOUNTS = caps.SASL | caps.ACCOUNT_REGISTRATION
_OF_HISTORY = (
    caps.CHATHISTORY
    | caps.EVENT_PLAYBACK
    | caps.READ_MARKER
    | caps.SEARCH
    | caps.MESSAGE_REDACTION
    | caps.EDIT
    | caps.CLIENT_MSGID
)


class Offer:
    """``bits`` may be asked for: what has to do with accounts takes a store, what has to do with the past a history."""

    __slots__ = ("bits", "multiline", "short", "values")

    def __init__(self, policy: Policy) -> None:
        self.bits = 0
        for capability in caps.CAPABILITIES:
            kept = policy.history or not capability.bit & _OF_HISTORY
            if (policy.store if capability.bit & _OF_ACCOUNTS else kept) and capability.bit != caps.STS:
                self.bits |= capability.bit
        limits = policy.limits
        #: What is said of some of them.
        self.values = {
            "draft/account-registration": "before-connect" if policy.logins.register_early else "",
            "draft/metadata-3": _METADATA_LIMITS,
            _MULTILINE: f"max-bytes={limits.multiline_bytes},max-lines={limits.multiline_lines}",
            "draft/relaymsg": ELSEWHERE,
            "sts": policy.sts,
        }
        #: How many lines a message may have.
        self.multiline = f"{_MULTILINE}={self.values[_MULTILINE]}"
        #: For those before 302.
        self.short = " ".join(_for_old_ones(_names(self.bits)))

    def listed(self, mechanisms: tuple[str, ...], sts: bool) -> tuple[str, ...]:
        """For those from 302 on, in lines: to whom ``sts`` is told, and who may log in by one of ``mechanisms``."""
        return _listed(self, mechanisms, sts)


@lru_cache(maxsize=16)
def _listed(offer: Offer, mechanisms: tuple[str, ...], sts: bool) -> tuple[str, ...]:
    values = {**offer.values, "sasl": ",".join(mechanisms)}
    names = _names(offer.bits | caps.STS if sts else offer.bits)
    return in_lines(f"{name}={values[name]}" if values.get(name) else name for name in names)


def _names(bits: int) -> list[str]:
    return [capability.name for capability in caps.CAPABILITIES if capability.bit & bits]


def active(bits: int) -> tuple[str, ...]:
    """The names of ``bits``, in lines."""
    return in_lines(_names(bits))


def in_lines(words: Iterable[str]) -> tuple[str, ...]:
    """``words``, so many in each line as it may have; at least one line."""
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) + 1 > _NAMES_BYTES:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return tuple(lines)


def _for_old_ones(names: list[str]) -> list[str]:
    """What of ``names`` is offered to those before 302, who take one line and no values: finished ones first."""
    kept: set[str] = set()
    room = _LINE_BYTES
    for name in sorted(names, key=lambda name: "/" in name):
        room -= len(name) + 1
        if room >= 0 and name not in _VALUED:
            kept.add(name)
    return [name for name in names if name in kept]
