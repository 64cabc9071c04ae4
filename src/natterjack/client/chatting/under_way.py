"""What was asked for and is not answered yet, each under the number of the line that asked for it."""

from __future__ import annotations

from collections.abc import Callable

#: Messages under way at the same time.
_MOST = 64


class UnderWay:
    """True as long as there is something."""

    def __init__(self) -> None:
        self._messages: dict[int, bool] = {}  # by number: whether it is a message
        self._then: dict[int, Callable[[], object]] = {}

    def __bool__(self) -> bool:
        return bool(self._messages)

    @property
    def full(self) -> bool:
        """Whether not even a message may go out before another is answered."""
        return len(self._messages) >= _MOST

    @property
    def only_messages(self) -> bool:
        return all(self._messages.values())

    def begin(self, number: int, *, message: bool) -> None:
        self._messages[number] = message

    def is_message(self, number: int) -> bool:
        """Whether a message is under way for that line."""
        return self._messages.get(number, False)

    def follow(self, number: int, then: Callable[[], object]) -> None:
        """``then`` is to be called once it has been done; whether or not anybody waits for the answer."""
        self._then[number] = then

    def then(self, number: int) -> Callable[[], object] | None:
        """What follows."""
        return self._then.get(number)

    def answered(self, number: int, left: int = 0) -> None:
        """An answer has come; ``left`` more are to come, of a text that went as several messages."""
        if left == 0:
            self._messages.pop(number, None)
            self._then.pop(number, None)

    def give_up(self) -> int:
        """No answer will come. How many messages there were: they are kept in the outbox."""
        kept = sum(self._messages.values())
        self._messages.clear()
        self._then.clear()
        return kept
