"""What a service is, and a verb of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from msgspec import Struct

from natterjack.core.context import Context
from natterjack.core.registry import Changes
from natterjack.ports.questions import Question

#: The sentences of an answer, or the steps to them where that takes a while; see :mod:`natterjack.core.waits`.
Sentences = list[str]
Outcome = Sentences | Generator[Question, Any, Sentences]


class Verb(Struct, frozen=True):
    """``usage`` and ``about`` are what HELP shows (``about`` ``""``: it is another word for one that HELP shows).

    ``words``: how many it needs at least; ``operators``: it is for operators of the server; ``changes``: what it may
    have changed if it fails, as with commands.
    """

    usage: str
    about: str
    handler: Callable[[Context, tuple[str, ...]], Outcome]
    words: int = 0
    operators: bool = False
    changes: Changes = Changes.MUCH


class Service(Struct, frozen=True):
    """``command`` is the command that means it; ``verbs`` are by their name, in lower case."""

    name: str
    command: str
    about: str
    verbs: dict[str, Verb]
