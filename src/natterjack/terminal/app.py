"""The loops: from keyboard or pipe, and from the driver, to the chat, until it is finished.

Everything that happens goes through one mailbox to the one thread that owns the chat, the main thread. (On a terminal
:mod:`natterjack.terminal.screen` has a loop of its own.) Standard input is read by a thread, since it may be
something that no selector takes: a file, ``/dev/null``, a console on Windows. The reading thread is a daemon: it may
hang in a read for ever, and must not keep the program from ending.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from io import RawIOBase
from threading import Semaphore, Thread

from msgspec import Struct, structs

from natterjack.client.chatting.chat import Chat
from natterjack.client.chatting.faces import View
from natterjack.client.chatting.making import make_chat
from natterjack.client.chatting.options import Options
from natterjack.client.events import Event
from natterjack.client.mailbox import Mailbox
from natterjack.terminal.echo import Echo

#: Lines read ahead of those carried out.
_READ_AHEAD = 64
#: Bytes of one typed line.
_MOST_LINE = 64 * 1024


class Line(Struct, frozen=True):
    """``number`` counts from 1. ``problem`` is None, or why the line cannot be read."""

    number: int
    text: str
    problem: str | None = None


class EndOfInput(Struct, frozen=True):
    """No line will follow."""


class Interrupted(Struct, frozen=True):
    """Ctrl+C, and meant."""


Item = Line | EndOfInput | Interrupted | Sequence[Event]
Items = Mailbox[Item]


def handle(chat: Chat, item: Item | None) -> None:
    """Give ``item`` to where it belongs."""
    if isinstance(item, Line):
        if item.problem is None:
            chat.typed(item.number, item.text)
        else:
            chat.bad_line(item.number, "bad_line", item.problem)
    elif isinstance(item, EndOfInput):
        chat.end_of_input()
    elif isinstance(item, Interrupted):
        chat.interrupt()
    elif item is not None:
        chat.happened(item)


def read_lines(stream: RawIOBase | None, put: Callable[[Item], object], room: Semaphore) -> None:
    """Read ``stream`` to its end, a line at a time, never more than ``room`` allows ahead."""
    for number, data in enumerate(_cut(stream), 1):
        room.acquire()
        put(_decoded(number, data))
    put(EndOfInput())


def _cut(stream: RawIOBase | None) -> Iterator[bytes]:
    """The lines of ``stream``; of one that is too long, a byte more than may be."""
    held = b""
    skipping = False
    while data := _read(stream):
        *lines, rest = data.split(b"\n")
        for line in lines:
            if not skipping:
                yield held + line
            held, skipping = b"", False
        if not skipping:
            held += rest
        if len(held) > _MOST_LINE:
            yield held[: _MOST_LINE + 1]
            held, skipping = b"", True
    if held:
        yield held


def _read(stream: RawIOBase | None) -> bytes:
    try:
        return (stream.read(_MOST_LINE) or b"") if stream is not None else b""
    except (OSError, ValueError):
        return b""  # closed under our hands, or never open: the same as its end


def _standard_input() -> RawIOBase | None:
    """Standard input without its buffer: that has a lock, and a thread that waits in it would make Python abort
    when it ends."""
    raw = getattr(getattr(sys.stdin, "buffer", None), "raw", None)
    return raw if isinstance(raw, RawIOBase) else None


def _decoded(number: int, data: bytes) -> Line:
    if len(data) > _MOST_LINE:
        return Line(number, "", f"Line {number} is longer than {_MOST_LINE} bytes: it was not carried out.")
    if number == 1:
        data = data.removeprefix(b"\xef\xbb\xbf")  # some editors and shells on Windows begin with this mark
    try:
        return Line(number, data.decode().rstrip("\r\n"))
    except UnicodeDecodeError:
        return Line(number, "", f"Line {number} is not UTF-8: it was not carried out.")


def run_plain(view: View, options: Options) -> int:
    """Line by line, without a prompt: for pipes, programs and screen readers. Answers with the exit code."""
    items: Items = Mailbox()
    echo = Echo()
    hides = options.interactive and echo.can_hide
    chat, driver = make_chat(view, structs.replace(options, hides=hides), items.put)
    room = Semaphore(_READ_AHEAD)
    Thread(
        target=read_lines, args=(_standard_input(), items.put, room), name="natterjack-input", daemon=True
    ).start()
    taken = 0
    try:
        while not chat.finished:
            try:
                handle(chat, items.get())
            except KeyboardInterrupt:
                chat.interrupt()
            echo.hide(hidden=chat.password is not None)
            while taken < chat.lines.taken:
                taken += 1
                room.release()
    finally:
        echo.hide(hidden=False)
        items.close()
        driver.close()
    return chat.exit_code
