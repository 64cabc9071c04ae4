"""JSON, one object a line, as it is printed for programs: whoever reads it may be a terminal all the same.

RFC 8259 section 7 has only U+0000 to U+001F escaped. What a terminal obeys besides (DEL, and C1, U+0080 to U+009F), and
what some take for the end of a line (NEL, which is one of those, U+2028, U+2029), is escaped here too: the value is the
same for every reader.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_OBEYED = re.compile("[\x7f-\x9f\u2028\u2029]")


def one_line(members: Mapping[str, Any]) -> str:
    """The object, without the end of its line."""
    return escaped(json.dumps(members, ensure_ascii=False))


def escaped(text: str) -> str:
    """``text``, which is JSON, with nothing in it that a terminal obeys. What it says stays the same."""
    if text.isascii() and "\x7f" not in text:
        return text
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)  # they stand in strings only
