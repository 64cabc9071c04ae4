"""A full screen without a terminal, a loop and a server: its driver only notes what it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.output import ColorDepth, DummyOutput

from natterjack.client import events as e
from natterjack.client.address import parse_address
from natterjack.client.chatting.chat import Chat
from natterjack.client.chatting.faces import View
from natterjack.client.chatting.options import Options
from natterjack.terminal.screen import client
from natterjack.terminal.screen.client import Screen
from natterjack.terminal.screen.themes import Theme
from tests.terminal.desk import KIM, Line, Remembered

WHERE = "127.0.0.1:7667"


def make_screen(directory: Path, monkeypatch: pytest.MonkeyPatch, *, named: bool = True) -> Screen:
    """It connects, to what the command line named or CONNECT did."""
    address = parse_address(WHERE)
    line: Any = Line()

    def make(view: View, options: Options, deliver: object, **settings: object) -> tuple[Chat, Line]:
        line.settings = settings
        chat = Chat(line, view, options, Remembered())
        chat.connect(address)
        return chat, line

    monkeypatch.setattr(client, "make_chat", make)
    monkeypatch.setattr(client, "open_terminal", lambda links, depth: DummyOutput())
    options = Options("kim", True, data_dir=directory, address=address if named else None)
    theme = Theme("mono", ColorDepth.DEPTH_1_BIT)
    return Screen(options, theme, seconds=False, shows_typing=True)


def happens(screen: Screen, *events: e.Event) -> None:
    screen.loop.inbox.put(list(events))
    screen.loop._take()
    while screen.loop._events and not screen.chat.finished:  # a slice of time was too short for all of it
        screen.loop._take()


def joined(channel: str) -> e.Joined:
    return e.Joined(KIM, channel, "", "", True, 0.0)


def asked(screen: Screen, kind: type[Any]) -> list[Any]:
    """The requests of that ``kind`` so far."""
    line: Any = screen.driver
    return [each for each in line.asked if isinstance(each, kind)]
