"""What a running server can take over of a new configuration."""

from __future__ import annotations

from msgspec import Struct

from natterjack.server.config.table import ROWS, Config, build


class Change(Struct, frozen=True):
    """``config`` is what is in force from now on; the names are of settings that differ."""

    config: Config
    applied: tuple[str, ...]
    need_restart: tuple[str, ...]

    def __str__(self) -> str:
        if not self.applied and not self.need_restart:
            return "read the configuration again: nothing has changed"
        parts = []
        if self.applied:
            parts.append(f"now in force: {', '.join(self.applied)}")
        if self.need_restart:
            parts.append(f"changed, but only a restart applies it: {', '.join(self.need_restart)}")
        return f"read the configuration again; {'; '.join(parts)}"


def change(old: Config, new: Config) -> Change:
    """What comes of ``new`` while ``old`` is in force."""
    values = {}
    applied: list[str] = []
    waiting: list[str] = []
    for place, row in ROWS.items():
        before, after = old.get(row), new.get(row)
        values[place] = after if row.spec.live else before
        if before != after:
            (applied if row.spec.live else waiting).append(row.name)
    return Change(build(values), tuple(applied), tuple(waiting))
