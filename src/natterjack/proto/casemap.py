"""Comparing names: casemapping ``ascii``, which only folds A to Z.

Look-alikes beyond that are kept apart by :mod:`natterjack.proto.names`, which refuses them.

Source: https://modern.ircdocs.horse/#casemapping-parameter
"""

from __future__ import annotations

_FOLD = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def fold(name: str) -> str:
    """The form under which ``name`` is looked up: equal forms are the same nick or channel."""
    return name.lower() if name.isascii() else name.translate(_FOLD)
