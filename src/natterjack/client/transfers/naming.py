"""What a file may be called here, whatever somebody else calls it: a name from a server is data, and never a path.

Sources: https://www.rfc-editor.org/rfc/rfc6266 (where the name stands, and section 4.3 for its dangers),
https://www.rfc-editor.org/rfc/rfc8187 (how it is written),
https://learn.microsoft.com/windows/win32/fileio/naming-a-file (what Windows takes for something else).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

#: What a file is called whose name has nothing usable in it.
NAMELESS = "file"
#: Bytes of a name: most file systems have room for 255; ours may get a number and ``.part`` behind them.
_MOST_BYTES = 230
#: Bytes of what stands behind the last dot and is kept when a name is shortened.
_MOST_ENDING = 20
_SEPARATORS = re.compile(r"[/\\]")
#: Means something on Windows, or to a shell there: ``name:stream`` too.
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"]
    + [f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"]
)
#: Categories of characters that show nothing: controls, layout (directions among it), surrogates, private, unassigned;
#: and the separators of lines and paragraphs.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Kept of these: the joiners that scripts and emoji are spelt with.
_JOINERS = frozenset("\u200c\u200d")
#: What no name begins or ends with: nothing stands before a dot, or the name of a device, that could not be seen.
_EDGES = " \u200c\u200d"
_PARAMETER = re.compile(r';\s*(filename\*?)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]+)', re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")


def local_name(name: str) -> str:
    """``name`` as a file may be called in any directory of any system: its last part, without tricks. Never empty."""
    last = _SEPARATORS.split(unicodedata.normalize("NFC", name))[-1]
    kept = "".join(
        letter for letter in last if letter in _JOINERS or unicodedata.category(letter) not in _UNSEEN
    )
    kept = _FORBIDDEN.sub("_", kept)
    kept = " ".join(kept.split()).strip(_EDGES)  # all kinds of white space
    if kept.startswith("."):  # it would not be seen
        kept = "_" + kept.lstrip(".")
    kept = _shortened(kept).rstrip("." + _EDGES)
    if kept.partition(".")[0].rstrip(" ").casefold() in _DEVICES:
        kept = f"_{kept}"
    return kept if kept.strip("_." + _EDGES) else NAMELESS


def _shortened(name: str) -> str:
    if len(name.encode()) <= _MOST_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) > _MOST_ENDING:
        stem, dot, ending = name, "", ""
    room = _MOST_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip("\u200d") + dot + ending


def numbered(name: str) -> Iterator[str]:
    """``name``, and what it may be called where there is one already: ``name (2).ext`` and so on, for ever."""
    yield name
    stem, dot, ending = name.rpartition(".")
    if not stem.strip("."):
        stem, dot, ending = name, "", ""
    number = 2
    while True:
        yield f"{stem} ({number}){dot}{ending}"
        number += 1


def name_in(disposition: str) -> str:
    """The name in the value of a Content-Disposition header, not cleaned; ``""`` where there is none."""
    plain = ""
    for found in _PARAMETER.finditer(disposition):
        value = found[2]
        if value.startswith('"'):
            value = _ESCAPED.sub(r"\1", value[1:-1])
        if found[1].endswith("*"):  # RFC 6266 section 4.3: this one is preferred
            extended = _extended(value)
            if extended:
                return extended
        else:
            plain = plain or value
    return plain


def _extended(value: str) -> str:
    """RFC 8187 section 3.2: charset, language, percent-encoded bytes."""
    charset, _, rest = value.partition("'")
    _, mark, encoded = rest.partition("'")
    if not mark or charset.casefold() not in ("utf-8", "iso-8859-1"):
        return ""
    return unquote_to_bytes(encoded).decode(charset, errors="replace")
