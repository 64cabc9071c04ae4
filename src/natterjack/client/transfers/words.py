"""What a server's answer means that is none of the expected ones: whether to go on, and what to say."""

from __future__ import annotations

from http import HTTPStatus

from msgspec import Struct

#: Bytes of a refusal's body that are read for its sentence.
MOST_WORDS = 1000
#: Seconds that are waited at most because a server says so.
_MOST_PATIENCE = 600.0


class Answer(Struct, frozen=True):
    """``headers`` have lower-case names. ``words`` is the body of a refusal, as far as it is text."""

    status: int
    headers: dict[str, str]
    words: str = ""

    def get(self, name: str) -> str:
        return self.headers.get(name, "")


class Trouble(Struct, frozen=True):
    """``again``: what there is stays, and it can be resumed. ``text`` is a sentence."""

    code: str
    text: str
    again: bool = False


def retry_after(answer: Answer) -> float | None:
    """Seconds to wait, where the server says how many; dates are for caches."""
    told = answer.get("retry-after").strip()
    if not (told.isascii() and told.isdigit() and len(told) < 10):
        return None
    return min(float(told), _MOST_PATIENCE)


def is_passing(status: int) -> bool:
    """Whether it may be otherwise in a moment: busy, locked by our own old connection, restarting."""
    return status in (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.LOCKED,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    )


def refused(answer: Answer, what: str) -> Trouble:
    """Why ``what`` (the beginning of a sentence: "X was not sent") did not come about."""
    status = answer.status
    known = _MEANINGS.get(status)
    code, usual, again = known or (f"http_{status}", f"the server answered {status}{_phrase(status)}", False)
    return Trouble(code, f"{what}: {_clause(answer.words) or usual}.", again)


def garbled(what: str, detail: str) -> Trouble:
    """The server says what cannot be."""
    return Trouble("bad_server", f"{what}: the server's answer is not understood ({detail}).", True)


def waiting(answer: Answer) -> str:
    """What it waits for."""
    return _clause(answer.words) or f"the server is busy ({answer.status}{_phrase(answer.status)})"


def _clause(words: str) -> str:
    """The server's own sentence, as the end of ours; ``""`` for none, or a page."""
    line = " ".join(words.split())
    if not line or line[:1] in "<{[" or len(line) > 300:
        return ""
    line = line.rstrip(".")
    return line[:1].lower() + line[1:] if not line[1:2].isupper() else line


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


#: status -> code, the end of a sentence, whether it can be resumed.
_MEANINGS: dict[int, tuple[str, str, bool]] = {
    401: (
        "not_allowed",
        "the server does not let us, since it does not know us any more: come in again",
        True,
    ),
    403: ("not_allowed", "the server does not allow it", False),
    404: ("no_such_file", "there is no such file, or none that you may have", False),
    405: ("not_offered", "the server moves no files this way", False),
    410: ("no_such_file", "it is gone", False),
    412: ("not_offered", "the server speaks another version of the protocol for uploads", False),
    413: ("too_large", "it is too large for this server", False),
    507: ("server_full", "there is no room for it on the server", True),
}
