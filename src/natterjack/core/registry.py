"""The table of commands: each verb with its one handler and the preconditions that are checked before it is called."""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from natterjack.ports.questions import Question

if TYPE_CHECKING:
    from natterjack.core.context import Context

#: A handler that has to wait yields questions and gets their answers; see :mod:`natterjack.core.waits`.
Steps = Generator[Question, Any, None]
Handler = Callable[["Context"], Steps | None]


class Changes(Enum):
    """What a handler changes that others see, or that lasts: whether an error in it can be survived depends on that.

    See :mod:`natterjack.core.mishaps`.
    """

    #: Nothing at all: it looks things up.
    NOTHING = auto()
    #: Nothing but what is its own session's, goes with it, and is seen by nobody else.
    ITSELF = auto()
    #: The same as long as its session is not in; from then on, whatever it likes.
    ITSELF_EARLY = auto()
    #: Nothing before the line that others get has its place in the order (:attr:`Context.has_spoken`).
    BY_SPEAKING = auto()
    #: Nothing before it has said so (:meth:`Context.act`): up to there it only checks. It takes one step.
    ONCE_IT_ACTS = auto()
    #: The same, but for what is its own session's, over several steps.
    ITSELF_UNTIL_IT_ACTS = auto()
    #: Whatever it likes, whenever it likes.
    MUCH = auto()


class Command(Struct, frozen=True):
    """``params``: how many it needs at least (else 461); ``early``: whether it may come before registration is done.

    ``cost`` is what it takes from a session's bucket of tokens; ``help`` the lines that HELP shows, usage first;
    ``changes`` what it may have changed if it fails.
    """

    name: str
    handler: Handler
    params: int
    early: bool
    cost: int
    help: tuple[str, ...]
    changes: Changes


COMMANDS: dict[str, Command] = {}


def command(
    name: str,
    usage: str,
    about: str,
    *,
    params: int = 0,
    early: bool = False,
    cost: int = 1,
    changes: Changes = Changes.MUCH,
) -> Callable[[Handler], Handler]:
    """Enter the decorated function into the table as the handler of ``name``."""

    def enter(handler: Handler) -> Handler:
        if name in COMMANDS:
            raise ValueError(f"{name} has a handler already")
        usage_first = (f"{name} {usage}".rstrip(), "", about)
        COMMANDS[name] = Command(name, handler, params, early, cost, usage_first, changes)
        return handler

    return enter
