"""What the end of a request is, as its front end is told."""

from __future__ import annotations

from natterjack.client.events import Event, Refused, Unanswered
from natterjack.client.requests import LogIn, Request
from natterjack.client.session.texts import kind_and_text
from natterjack.client.session.waiting import Waiting

_NO_ANSWER = "No answer came from the server: whether this was done is not known."


def refusal(request: Request, code: str, text: str, left: int = 0) -> Refused:
    target = getattr(request, "target", "") or getattr(request, "channel", "")
    return Refused(request.ref, type(request).__name__.upper(), target, code, text, left)


def unanswered(waiting: Waiting) -> Unanswered:
    return Unanswered(waiting.ref, waiting.name, waiting.target, _NO_ANSWER, waiting.left)


def login_unanswered(request: LogIn | None) -> list[Event]:
    return [Unanswered(request.ref, "LOGIN", request.account, _NO_ANSWER)] if request else []


def plain(waiting: Waiting) -> str:
    meant = kind_and_text(waiting.command, waiting.text)
    return meant[1] if meant else waiting.text
