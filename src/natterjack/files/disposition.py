"""Content-Disposition: how a file is called, said in HTTP (RFC 6266, RFC 8187) and read from it."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

#: RFC 8187 section 3.2.1: attr-char, but for letters and digits.
_ATTR = "!#$&+-.^_`|~"
_PLAIN = re.compile(r"[^ !#-$&-\[\]-~]")  # what filename= may not have, % included
_PARAMETER = re.compile(r';\s*([!#-\'*+.^_`|~0-9A-Za-z-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]*)')


def say(name: str, shown: bool) -> str:
    """The header's value for a clean ``name``; ``shown``: in place of being saved.

    Whoever does not know RFC 8187 gets a name in ASCII.
    """
    kind = "inline" if shown else "attachment"
    plain = _PLAIN.sub("_", name)
    value = f'{kind}; filename="{plain}"'
    return value if plain == name else f"{value}; filename*=UTF-8''{quote(name, safe=_ATTR)}"


def read(value: str) -> str:
    """The name in a header's ``value`` (bytes as Latin-1 has them), not clean; ``""`` where there is none."""
    found: dict[str, str] = {key.lower(): text for key, text in _PARAMETER.findall(f"{value};")}
    charset, _, rest = found.get("filename*", "").strip('"').partition("'")
    _, quoted, escaped = rest.partition("'")
    if quoted and charset.lower() == "utf-8":
        try:
            return unquote_to_bytes(escaped).decode()
        except UnicodeDecodeError:
            return ""
    text = found.get("filename", "")
    if text.startswith('"'):
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    try:  # many clients send UTF-8 as it is
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
