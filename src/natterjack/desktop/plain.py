"""Texts of others where Qt would see more in them: tool tips and some labels guess whether a text is HTML."""

from __future__ import annotations

import html

from PySide6.QtGui import Qt


def label(text: str) -> str:
    """``text`` as a line of a menu, where ``&`` would mark a letter, and not be seen."""
    return text.replace("&", "&&")


def tip(text: str) -> str:
    """``text`` as a tool tip that reads like it, whatever is in it."""
    return f"<qt>{html.escape(text)}</qt>" if Qt.mightBeRichText(text) else text


def note(text: str) -> str:
    """``text`` for a notification: some desktops understand HTML there, others show it as it is.

    So the signs that make it HTML become others that look like them.
    """
    return text.translate({ord("<"): "‹", ord(">"): "›"})
