"""The console's prompt in a terminal: lines can be edited and typed again, and Tab completes verbs.

Where this Python has no readline, lines are what the terminal makes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

#: Verbs that a password may follow: what begins with one is not kept for typing it again.
_SECRETS = ("passwd", "accounts")


def prepare(verbs: Sequence[str]) -> Callable[[str], None]:
    """From now on ``input`` is like that; the answer is to be told of each line."""
    try:
        import readline  # noqa: PLC0415 - not every Python has it
    except ImportError:
        return lambda _line: None

    def complete(text: str, state: int) -> str | None:
        before = readline.get_line_buffer()[: readline.get_begidx()].split()
        fits = [verb for verb in verbs if verb.startswith(text.lower())] if before in ([], ["help"]) else []
        return f"{fits[state]} " if state < len(fits) else None

    def remember(line: str) -> None:
        if line.strip() and line.split(maxsplit=1)[0].lower() not in _SECRETS:
            readline.add_history(line)

    libedit = "libedit" in (readline.__doc__ or "")  # as on macOS
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
    readline.set_completer(complete)
    readline.set_auto_history(False)
    return remember
