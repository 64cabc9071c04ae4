"""``python defective_client.py DEFECT[,DEFECT …] chat …``: the client with defects put into it, as ``defective.py``.

``dies_showing`` is none: it is what may happen to every program.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence

from natterjack.cli import main
from natterjack.client import events as e
from natterjack.client.keeper import Keeper
from natterjack.client.person import Person
from natterjack.client.session.outbox import Entry
from natterjack.terminal.json_view import JsonView, Object

#: The client is killed when it is about to show a line with this in it.
LAST = "the last straw"


def dies_showing() -> None:
    """``kill -9``, as soon as it would show the line with :data:`LAST`."""
    write = JsonView._write

    def write_unless(self: JsonView, members: Object) -> None:
        if members["event"] == "message" and LAST in members["text"]:
            os.kill(os.getpid(), signal.SIGKILL)
        write(self, members)

    JsonView._write = write_unless  # type: ignore[method-assign]


def saved_before_shown() -> None:
    """How far it has shown is saved when it is told, before it is shown."""
    take_out = Keeper._take_out

    def take_out_and_save(self: Keeper, person: Person, done: Sequence[Entry] = ()) -> list[e.Event]:
        told = take_out(self, person, done)
        return told + self.shown(self._marked)

    Keeper._take_out = take_out_and_save  # type: ignore[method-assign]


DEFECTS: dict[str, Callable[[], None]] = {
    function.__name__: function for function in (dies_showing, saved_before_shown)
}

if __name__ == "__main__":
    for name in filter(None, sys.argv[1].split(",")):
        DEFECTS[name]()
    sys.exit(main(sys.argv[2:]))
