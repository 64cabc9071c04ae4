"""One IRC message: bytes in, a value out, and back.

Theory of operation. A line (without its CR LF) has up to four parts, told apart by their first byte::

    @tags :source COMMAND middle middle :trailing words
    |     |       |       |             the rest of the line, spaces and all
    |     |       |       up to the next run of spaces
    |     |       letters or three digits
    |     up to the next space; only servers may send it
    up to the next space; key[=value] joined by ";", values escaped

The only separator is the space, 0x20: other white space (tabs, U+2028, U+00A0) is text like any other, which is
why ``str.split()`` and ``str.splitlines()`` have no business here. Everything is UTF-8; what is not is refused,
since a lossy decoding would relay something that nobody wrote.

Sources: https://modern.ircdocs.horse/#message-format, https://ircv3.net/specs/extensions/message-tags
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

#: Shared by every message without tags. Never written to.
NO_TAGS: Mapping[str, str] = {}


class WireError(ValueError):
    """A line that is no message. ``code`` is a word for programs, the text a sentence for people.

    ``command`` is what it wanted to be, ``*`` where that can't be told; ``tags`` are what it has of them.

    One that was raised keeps the frames that it came through, a kilobyte and more: what is to be kept in numbers comes
    from :func:`understand`.
    """

    def __init__(self, code: str, text: str, command: str = "*", tags: Mapping[str, str] = NO_TAGS) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.command = command
        self.tags = tags


class Message(Struct, frozen=True, gc=False):
    """A parsed line.

    ``command`` is in upper case; ``params`` holds the trailing one like any other; a tag without a value has the
    value ``""``, which the specification makes the same thing; ``source`` is ``""`` where there was none.
    """

    command: str
    params: tuple[str, ...] = ()
    tags: Mapping[str, str] = NO_TAGS
    source: str = ""


_UNESCAPE = {"\\:": ";", "\\s": " ", "\\\\": "\\", "\\r": "\r", "\\n": "\n"}
_ESCAPE = str.maketrans({";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n"})
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_FORBIDDEN = re.compile("[\0\r\n]")
#: Letters or three digits, says the grammar; what else is a word is let through, to be answered as an unknown command.
_COMMAND = re.compile(r"[!-9;-?A-~][!-~]*")
#: Bytes of a command that is told again: the longest there is has fewer.
_COMMAND_BYTES = 20
#: https://ircv3.net/specs/extensions/message-tags#format
_TAG_KEY = re.compile(r"\+?(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")


#: Shared by all such lines, since there may be many of them: never raised, which would change them.
_EMPTY = WireError("EMPTY_LINE", "Message rejected, it has no command")
_CONTROL = WireError("INVALID_LINE", "Message rejected, it contains a NUL or a bare CR")
_NO_WORD = WireError("INVALID_LINE", "Message rejected, its command is no word")


def parse(line: bytes) -> Message:
    """As :func:`understand`, but raises what is no message."""
    found = understand(line)
    if isinstance(found, WireError):
        raise WireError(found.code, found.text, found.command, found.tags)
    return found


def understand(line: bytes) -> Message | WireError:
    """The message that ``line`` (no CR LF at its end) stands for.

    Or why it is none: the code is ``INVALID_UTF8``, ``INVALID_LINE`` or ``EMPTY_LINE``. Its length is not looked at:
    that is the framer's business.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = "Message rejected, it is not valid UTF-8"
        return WireError("INVALID_UTF8", text, _command_of(line), _tags_of(line))
    if "\0" in text or "\r" in text:
        return _CONTROL
    tags = NO_TAGS
    source = ""
    first = text[:1]
    if first == "@":
        raw, _, text = text[1:].partition(" ")
        tags = parse_tags(raw)
        text = text.lstrip(" ")
        first = text[:1]
    if first == ":":
        source, _, text = text[1:].partition(" ")
    head, colon, trailing = text.partition(" :")
    words = head.split(" ")
    if "" in words:
        words = [word for word in words if word]
        if not words:
            return _EMPTY
    if colon:
        words.append(trailing)
    command = words.pop(0)
    if not (command.isascii() and command.isalnum()) and not _COMMAND.fullmatch(command):
        return _NO_WORD
    return Message(command.upper(), tuple(words), tags, source)


def _command_of(line: bytes) -> str:
    """The command of a line that is not UTF-8."""
    words = (word for word in line.split(b" ") if word and word[:1] not in (b"@", b":"))
    word = next(words, b"")
    return word.decode().upper() if len(word) <= _COMMAND_BYTES and word.isalnum() else "*"


def _tags_of(line: bytes) -> Mapping[str, str]:
    """The tags of such a line, if it is not they."""
    raw = line[1:].partition(b" ")[0] if line[:1] == b"@" else b""
    return parse_tags(raw.decode()) if raw.isascii() else NO_TAGS


def parse_tags(raw: str) -> dict[str, str]:
    """The tags in ``raw``, the part between ``@`` and the space. The last of equal keys wins; bad keys are dropped."""
    tags = {}
    for item in raw.split(";"):
        key, _, value = item.partition("=")
        if _TAG_KEY.fullmatch(key):
            tags[key] = unescape(value) if "\\" in value else value
    return tags


def unescape(value: str) -> str:
    """A tag's value as it was meant. An unknown escape is the letter itself, a lone backslash at the end nothing."""
    return _ESCAPED.sub(lambda found: _UNESCAPE.get(found[0], found[1]), value)


def escape(value: str) -> str:
    """A tag's value as it goes onto the wire."""
    return value.translate(_ESCAPE)


def render_tags(tags: Mapping[str, str]) -> str:
    """``@key=value;key2 `` with the space behind it, or ``""`` for no tags."""
    if not tags:
        return ""
    items = [f"{key}={escape(value)}" if value else key for key, value in tags.items()]
    return f"@{';'.join(items)} "


def render_body(command: str, params: Sequence[str], source: str = "") -> str:
    """A line without tags and without CR LF.

    The last parameter gets its colon where it needs one. Raises ``ValueError`` for what would come out of the
    parser as something else: CR, LF or NUL anywhere, a space or a leading colon (or nothing) in a middle one.
    """
    text = f":{source} {command}" if source else command
    if params:
        for param in params[:-1]:
            if not param or param[0] == ":" or " " in param:
                raise ValueError(f"only the last parameter may be {param!r}")
        last = params[-1]
        colon = ":" if not last or last[0] == ":" or " " in last else ""
        text = " ".join([text, *params[:-1], colon + last])
    if _FORBIDDEN.search(text):
        raise ValueError("a message holds no CR, LF or NUL")
    return text


def render(message: Message) -> bytes:
    """The whole line, CR LF included. Raises as :func:`render_body` does, and for a NUL in a tag."""
    tags = render_tags(message.tags)
    if "\0" in tags:
        raise ValueError("a tag holds no NUL")
    return f"{tags}{render_body(message.command, message.params, message.source)}\r\n".encode()
