"""Reads what the server says of files: ``FILE`` in answers to ours, and the tags of a message that announces one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from natterjack.client.events import Event
from natterjack.client.secret import Secret
from natterjack.client.session.line import Line
from natterjack.client.session.state import State
from natterjack.client.transfers.events import FileListed, TokenGiven
from natterjack.client.transfers.values import FileInfo, file_info, is_count
from natterjack.proto.timestamps import parse_time

_FILE = "natterjack/file"


def read(state: State, line: Line) -> Iterable[Event]:
    """``FILE TOKEN token seconds``, and ``FILE LIST target id size sha256 time sender name``, one of a list."""
    word = line.param(0)
    if word == "TOKEN" and is_count(line.param(2)):
        yield TokenGiven(line.ref, Secret(line.param(1)), float(line.param(2)))
    elif word == "LIST":
        file = file_info(line.param(2), line.param(7), line.param(3), line.param(4))
        if file is not None:
            yield FileListed(line.ref, file, line.param(1), parse_time(line.param(5)) or 0.0, line.param(6))


def announced(tags: Mapping[str, str]) -> FileInfo | None:
    """The file that a message with ``tags`` announces. Only servers can set these."""
    if _FILE not in tags:
        return None
    name, size, sha256 = (tags.get(f"{_FILE}-{part}", "") for part in ("name", "size", "sha256"))
    return file_info(tags[_FILE], name, size, sha256)
