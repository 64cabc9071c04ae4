"""The text of what is answered: how replies are worded and put together, and how far words from clients may stand in
them. All of it is pure text; who is answered, and under which label, is :mod:`natterjack.core.answering`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from natterjack.core.policy import KEPT_TAG_BYTES, LINE_LIMIT, SHOWN_BYTES
from natterjack.proto.limits import clip
from natterjack.proto.numerics import Numeric
from natterjack.proto.standard_replies import Fail

#: What would end a word, or the line; the value of a tag may have any of it.
_BREAKS = frozenset(" \r\n\0")


def within(ref: str, tags: str) -> str:
    """The tags of a line of the batch ``ref``. A line of a batch inside that has its own reference already."""
    if tags.startswith("batch="):
        return tags
    return f"batch={ref};{tags}" if tags else f"batch={ref}"


def numbered(
    server: str, nick: str, numeric: Numeric, params: Sequence[str], fields: Mapping[str, object]
) -> str:
    """``numeric`` to ``nick`` as a line without CR LF: ``params``, and its own text filled with ``fields``."""
    body = f":{server} {numeric.code} {nick}"
    if numeric.text is not None:
        text = numeric.text.format(**fields) if fields else numeric.text
        return f"{' '.join((body, *params))} :{text}"
    return f"{' '.join((body, *params[:-1]))} :{params[-1]}" if params else body


def standard(server: str, kind: str, fail: Fail, command: str, *context: str, **fields: object) -> str:
    """A standard reply (``kind`` FAIL, WARN or NOTE) as a line without CR LF."""
    words = [word for word in context if word and " " not in word and word[0] != ":"]
    return f"{' '.join((f':{server} {kind}', command, fail.code, *words))} :{fail.text.format(**fields)}"


def wired(tags: str, body: str) -> bytes:
    """A line as it goes onto the wire."""
    return f"@{tags} {body}\r\n".encode() if tags else f"{body}\r\n".encode()


def shown(word: str) -> str:
    """``word`` from a client as it may stand in the middle of a reply, where it might be taken for something else."""
    fits = word and word[0] != ":" and _BREAKS.isdisjoint(word)
    return clip(word, SHOWN_BYTES) if fits else "*"


def kept(tags: str) -> str:
    """Those of ``tags``, in their order, that the history has room for: all of ours, and some of clients."""
    if len(tags) * 4 <= KEPT_TAG_BYTES:
        return tags
    chosen, left = [], KEPT_TAG_BYTES + 1
    for tag in tags.split(";"):
        size = len(tag.encode()) + 1 if tag[:1] == "+" else 0
        if size <= left:
            chosen.append(tag)
            left -= size
    return ";".join(chosen)


def fitted(body: str) -> str:
    """``body`` cut to what a line may have: what clients sent comes back in many replies, with more around it."""
    return body if len(body) * 4 < LINE_LIMIT else clip(body, LINE_LIMIT - 2)


def host_of(ip: str) -> str:
    """An IPv6 address may begin with a colon, which no parameter in the middle of a line may."""
    return f"0{ip}" if ip[:1] == ":" else ip
