"""What every line that leaves the server has to be, whatever led to it."""

from natterjack.core.policy import LINE_LIMIT
from natterjack.wire.framing import SERVER_TAG_BYTES
from natterjack.wire.message import Message, parse


def cut(data: bytes) -> list[str]:
    """The lines in ``data``, each checked, without their ends."""
    assert data.endswith(b"\r\n"), data
    lines = data[:-2].split(b"\r\n")
    for line in lines:
        check(line)
    return [line.decode() for line in lines]


def check(line: bytes) -> Message:
    """Assert that ``line`` (without CR LF) is one that clients can live with."""
    assert not set(line) & {0, 10, 13}, line
    tags, space, rest = line.partition(b" ") if line[:1] == b"@" else (b"", b"", line)
    assert len(rest) + 2 <= LINE_LIMIT, (len(rest) + 2, rest)
    assert len(tags) + len(space) <= SERVER_TAG_BYTES, tags
    message = parse(line)  # which also says that it is valid UTF-8 and has a command
    assert all(param and param[0] != ":" for param in message.params[:-1]), line
    return message
