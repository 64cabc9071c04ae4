"""Names of files are data: what a stranger wrote, made fit to be shown and to be saved under, anywhere.

A clean name has no path, nothing that can't be seen, nothing that turns the order of letters around (so that
``gpj.exe`` can't look like ``exe.jpg``), nothing that Windows takes for a device or for more than a name, and at most
:data:`NAME_BYTES` bytes. Cleaning a clean name changes nothing.
"""

from __future__ import annotations

import re
import unicodedata

#: Bytes of UTF-8: the most that Linux, macOS and Windows take for one name.
NAME_BYTES = 255
#: What is left of nothing.
NAMELESS = "file"
#: Bytes of an ending that is kept where a name is cut.
_ENDING_BYTES = 32

#: Joiners: emoji of several parts, Persian, and the scripts of India are spelled with them.
_JOINERS = "\u200c\u200d"
#: Controls, formatting, surrogates, private use, unassigned, separators of lines and of paragraphs.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
#: Where emoji are added each year, so that this Python may not know them yet.
_EMOJI = range(0x1F000, 0x1FFFE)
#: What ends a line or moves on in it; all else that can't be seen is dropped.
_BREAKS = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
_RESERVED = re.compile(r'[<>:"|?*]')
#: https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])[ ]*(?:\.|$)", re.IGNORECASE)
#: What a name neither begins nor ends with. Dots: hidden files, and what Windows drops.
_EDGES = " ." + _JOINERS


def clean(name: str) -> str:
    """``name`` made fit; :data:`NAMELESS` where nothing is left of it."""
    name = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    shown = "".join(filter(_is_seen, _BREAKS.sub(" ", name)))
    name = _RESERVED.sub("_", unicodedata.normalize("NFC", shown)).strip(_EDGES)
    if _DEVICE.match(name):
        name = f"_{name}"
    return _cut(name) or NAMELESS


def _is_seen(letter: str) -> bool:
    if letter in _JOINERS or ord(letter) in _EMOJI:
        return True
    return unicodedata.category(letter) not in _UNSEEN


def _cut(name: str) -> str:
    """At most :data:`NAME_BYTES`, of which the ending is kept, so that a picture stays one."""
    if len(name.encode()) <= NAME_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    ending = f"{dot}{ending}"
    if not stem or len(ending.encode()) > _ENDING_BYTES:
        stem, ending = name, ""
    room = NAME_BYTES - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(_EDGES) + ending
