"""Exit codes that all commands share, and how a command fails: one line that says what happened and what to do."""

from __future__ import annotations

import sys

OK = 0
FAILED = 1
USAGE = 2
UNREACHABLE = 69
INTERNAL = 70
IN_USE = 75
NOT_LET_IN = 77
BAD_CONFIG = 78


#: How such a line begins.
COMPLAINT = "natterjack: "


class CommandError(Exception):
    """Ends a command with ``code``; the text says what happened and what to do."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def complain(text: str) -> None:
    """One line on standard error."""
    print(f"{COMPLAINT}{text}", file=sys.stderr, flush=True)
