"""A session with a model behind it: what a front end would show."""

from __future__ import annotations

from natterjack.client.model import Model
from tests.client.transcripts import CAPS, Talk, welcome


class Screen(Talk):
    """A session with a model behind it."""

    def __init__(self, caps: str = CAPS) -> None:
        super().__init__()
        self.model = Model()
        for event in welcome(self, caps=caps):
            self.model.apply(event)

    def play(self, *lines: str) -> Screen:
        for event in self.server(*lines):
            self.model.apply(event)
        return self

    def names(self, channel: str = "#c") -> list[str]:
        found = self.model.channel(channel)
        assert found is not None
        return sorted(f"{member.prefixes}{member.nick}" for member in found.members)

    def last(self, name: str = "#c") -> object:
        found = self.model.find(name)
        assert found is not None
        return found.items[-1]


def in_channel() -> Screen:
    return Screen().play(
        ":kim!k@h JOIN #c",
        ":srv 353 kim = #c :@+alice +bob kim",
        ":srv 366 kim #c :End",
        ":srv 332 kim #c :a topic",
    )


def at(second: int, rest: str, **tags: str) -> str:
    """A line of that second."""
    more = "".join(f";{name}={value}" for name, value in tags.items())
    return f"@time=2026-01-01T00:00:{second:02}.000Z{more} :{rest}"


def counts(screen: Screen, name: str = "#c") -> tuple[int, int, int]:
    found = screen.model.find(name)
    assert found is not None
    return found.unread, found.mentions, found.new_items
