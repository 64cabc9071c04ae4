"""Web links in a text."""

from __future__ import annotations

import re

from msgspec import Struct

_LINK = re.compile(r"https?://[^\s<>\"\u0000-\u001f\u007f]+", re.IGNORECASE)
_NOT_AT_END = ".,:;!?'*_"
_PAIRS = {")": "(", "]": "[", "}": "{"}
#: Longer ones are shown, but lead nowhere: some terminals cut them, and would lead elsewhere.
_LONGEST = 2000


class Link(Struct, frozen=True):
    """``text[start:end]`` leads to ``url``."""

    start: int
    end: int
    url: str


def find_links(text: str) -> list[Link]:
    """The http and https links in ``text``, without the punctuation behind them."""
    if "://" not in text:
        return []
    found = []
    for match in _LINK.finditer(text):
        url = _without_punctuation(match[0])
        if len(url) <= _LONGEST and url.partition("://")[2]:
            found.append(Link(match.start(), match.start() + len(url), url))
    return found


def _without_punctuation(url: str) -> str:
    while url:
        last = url[-1]
        opening = _PAIRS.get(last)
        if last in _NOT_AT_END or (opening and url.count(last) > url.count(opening)):
            url = url[:-1]
        else:
            break
    return url
