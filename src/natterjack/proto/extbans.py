"""Masks of a channel's lists, in full: plain ones (``*!*@10.*``) and extended ones.

``~a:kim`` fits whoever is logged in to the account ``kim`` (``*`` and ``?`` as in other masks). ``~m:`` before a mask
of either sort makes a ban of it that keeps people from speaking alone, and an exception from such bans alone.
No nick begins with ``~``; a plain mask may, as ``~user@host``, and is told by its ``!`` or ``@``.

Source: https://modern.ircdocs.horse/#extban-parameter, https://ircv3.net/specs/extensions/account-extban
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from natterjack.proto.limits import MASK_LENGTH
from natterjack.proto.masks import matches, normalise

PREFIX: Final = "~"
ACCOUNT: Final = "a"
MUTE: Final = "m"
_BY_ACCOUNT: Final = f"{PREFIX}{ACCOUNT}:"
_MUTING: Final = f"{PREFIX}{MUTE}:"
_HELP: Final = f"{_BY_ACCOUNT}ACCOUNT means an account, {_MUTING}MASK keeps from speaking alone"


class MaskError(ValueError):
    """What was given is no mask; its text says why."""


class Mask(Struct, frozen=True):
    """``text`` is its normal form; ``pattern`` fits the account if ``account``, else ``nick!user@host``."""

    text: str
    pattern: str
    account: bool = False
    mute: bool = False

    def fits(self, source: str, account: str) -> bool:
        """Whether it means somebody who is seen as ``source`` and logged in to ``account`` (``""``: nobody's)."""
        if self.account:
            return bool(account) and matches(self.pattern, account)
        return matches(self.pattern, source)


def read(text: str, mutes: bool) -> Mask:
    """The mask that ``text`` means, in a list that has room for ``~m:`` if ``mutes``. Raises :class:`MaskError`."""
    if not text or " " in text or text[0] == ":":
        raise MaskError("A mask is one word")
    mask = _read(text, mutes)
    if len(mask.text.encode()) > MASK_LENGTH:
        raise MaskError(f"A mask has at most {MASK_LENGTH} bytes")
    return mask


def read_stored(text: str) -> Mask:
    """A mask as it was stored. One from before extended masks, which none could read now, fits whom it fitted."""
    try:
        return read(text, mutes=True)
    except MaskError:
        return Mask(text, text)


def _read(text: str, mutes: bool) -> Mask:
    if text.startswith(_MUTING):
        if not mutes:
            raise MaskError(f"{_MUTING} has no meaning in this list")
        inner = text.removeprefix(_MUTING)
        if not inner or inner.startswith(_MUTING):
            raise MaskError(f"{_MUTING} takes a mask, such as {_MUTING}kim or {_MUTING}{_BY_ACCOUNT}kim")
        mask = _read(inner, mutes=False)
        return Mask(_MUTING + mask.text, mask.pattern, mask.account, mute=True)
    if text.startswith(_BY_ACCOUNT):
        account = text.removeprefix(_BY_ACCOUNT)
        if not account or set(account) & set("!@:,"):
            raise MaskError(f"{_BY_ACCOUNT} takes the name of an account, such as {_BY_ACCOUNT}kim")
        return Mask(text, account, account=True)
    if text.startswith(PREFIX) and not set(text.partition(":")[0]) & set("!@"):
        raise MaskError(f"Masks that begin with {PREFIX}: {_HELP}")
    plain = normalise(text)
    return Mask(plain, plain)
