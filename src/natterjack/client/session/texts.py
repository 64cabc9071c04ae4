"""How a text is meant, and what of it can be sent."""

from __future__ import annotations

from natterjack.client.events import Kind

_ACTION = "\x01ACTION"
#: What no line can have, and what stands in its place.
CONTROL = str.maketrans({"\r": " ", "\0": " "})


def kind_and_text(command: str, text: str) -> tuple[Kind, str] | None:
    """How a text is meant; None for other CTCP than ACTION, which is between programs.

    Source: https://modern.ircdocs.horse/ctcp.html
    """
    if text[:1] == "\x01":
        if text.startswith(_ACTION) and command == "PRIVMSG":
            return Kind.ACTION, text[len(_ACTION) :].strip("\x01").removeprefix(" ")
        return None
    return (Kind.NOTICE if command == "NOTICE" else Kind.MESSAGE), text


def clean(text: str) -> str:
    """``text`` without what would end the line. Line feeds never get here in a message: they part messages."""
    return text.translate(CONTROL).rstrip("\n").replace("\n", " ") if not text.isprintable() else text
