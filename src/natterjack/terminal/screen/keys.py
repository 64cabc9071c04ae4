"""What each key does. :mod:`natterjack.terminal.screen.help` lists them for people."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

from natterjack.client.chatting.sanitise import encodable
from natterjack.terminal.screen.client import Screen
from natterjack.terminal.screen.layout import Places
from natterjack.terminal.screen.output import FOCUS_IN, FOCUS_OUT

#: More than any conversation has.
_ALL = 1_000_000


def bindings(screen: Screen, places: Places) -> KeyBindings:
    """All keys of the screen."""
    keys = KeyBindings()

    def on(
        *names: str, modes: str = "chat", when: Callable[[], bool] | None = None
    ) -> Callable[[Callable[[], object]], None]:
        wanted = modes.split()
        fits = Condition(lambda: screen.mode in wanted and (when is None or when()))

        def bind(action: Callable[[], object]) -> None:
            @keys.add(*names, filter=fits, eager=False)
            def _(event: KeyPressEvent) -> None:
                action()
                places.focus()

        return bind

    _chat_keys(screen, on)
    _going_keys(screen, on)
    _asking_keys(screen, places, on)
    _message_keys(screen, on)
    _secret_keys(screen, on)

    @keys.add(Keys.BracketedPaste, filter=Condition(lambda: screen.mode == "chat"))
    def _(event: KeyPressEvent) -> None:
        if screen.input.selection_state is not None:
            screen.input.cut_selection()
        screen.pasting.paste(encodable(event.data))
        places.focus()

    @keys.add(Keys.BracketedPaste, filter=Condition(lambda: screen.mode in ("switch", "search", "secret")))
    def _(event: KeyPressEvent) -> None:
        lines = encodable(event.data).replace("\r", "\n").strip("\n")
        line = lines.partition("\n")[0]
        event.current_buffer.insert_text(line if screen.mode == "secret" else line.strip())

    @keys.add(FOCUS_IN)
    def _(event: KeyPressEvent) -> None:
        screen.focus(focused=True)

    @keys.add(FOCUS_OUT)
    def _(event: KeyPressEvent) -> None:
        screen.focus(focused=False)

    @keys.add("c-l")
    def _(event: KeyPressEvent) -> None:
        event.app.renderer.clear()

    @keys.add("c-z")
    def _(event: KeyPressEvent) -> None:
        event.app.suspend_to_background()

    return keys


_On = Callable[..., Callable[[Callable[[], object]], None]]


def _chat_keys(screen: Screen, on: _On) -> None:
    buffer = screen.input
    on("enter")(screen.enter)
    on("c-j")(screen.enter)
    on("escape", "enter")(lambda: buffer.insert_text("\n"))
    on("tab")(
        lambda: (
            buffer.complete_next() if buffer.complete_state else buffer.start_completion(select_first=True)
        )
    )
    on("s-tab")(lambda: buffer.complete_previous() if buffer.complete_state else None)
    on("up", when=lambda: buffer.document.on_first_line)(screen.up)
    on("down", when=lambda: buffer.document.on_last_line)(screen.forth)
    on("c-p")(screen.back)
    on("c-n")(screen.forth)
    on("c-c", when=lambda: not screen.choosing.verb)(screen.interrupt)
    for name in ("escape", "c-c", "c-g"):
        on(name, when=lambda: bool(screen.choosing.verb))(screen.cancel)
    for name in ("escape", "c-g"):
        on(name, when=lambda: buffer.complete_state is not None)(buffer.cancel_completion)
    on("c-d", when=lambda: not buffer.text)(screen.end)


def _going_keys(screen: Screen, on: _On) -> None:
    reading = "chat found hits paste secret"
    on("pageup", modes=f"{reading} help")(lambda: screen.scroll(screen.messages.page))
    on("pagedown", modes=f"{reading} help")(lambda: screen.scroll(-screen.messages.page))
    on("c-home", modes=reading)(lambda: screen.scroll(_ALL))
    on("c-end", modes=reading)(screen.to_end)
    on("up", modes="help found hits")(lambda: screen.scroll(1))
    on("down", modes="help found hits")(lambda: screen.scroll(-1))
    on("escape", "a")(screen.go_unread)
    on("escape", "u")(screen.to_new)
    on("escape", "up")(lambda: screen.go_next(-1))
    on("escape", "down")(lambda: screen.go_next(1))
    on("escape", "s-up")(lambda: screen.go_next(-1, unread=True))
    on("escape", "s-down")(lambda: screen.go_next(1, unread=True))
    for number in range(1, 10):
        on("escape", str(number))(partial(screen.go_to, number))


def _asking_keys(screen: Screen, places: Places, on: _On) -> None:
    everywhere = "chat switch search found hits choose help"
    on("f1", modes=everywhere)(lambda: screen.cancel() if screen.mode == "help" else screen.ask("help"))
    on("c-k", modes=everywhere)(lambda: screen.ask("switch"))
    on("c-f", modes=everywhere)(lambda: screen.ask("search"))
    on("f2")(lambda: setattr(screen, "shows_list", not screen.shows_list))
    on("f3")(lambda: setattr(screen, "shows_members", not places.shows_members))
    for name in ("escape", "c-c", "c-g"):
        on(name, modes="switch search found hits choose delete help paste")(screen.cancel)
    on("q", modes="help")(screen.cancel)
    on("enter", modes="switch")(screen.take_chosen)
    on("c-j", modes="switch")(screen.take_chosen)
    on("up", modes="switch")(lambda: screen.choose(-1))
    on("down", modes="switch")(lambda: screen.choose(1))
    on("tab", modes="switch")(lambda: screen.choose(1))
    for name in ("enter", "c-j"):
        on(name, modes="search found")(lambda: screen.find(-1))
        on(name, modes="paste")(lambda: screen.pasting.goes(send=True))
    on("n", modes="found")(lambda: screen.find(-1))
    on("N", modes="found")(lambda: screen.find(1))
    on("n", modes="hits")(lambda: screen.hits.go(-1))
    on("N", modes="hits")(lambda: screen.hits.go(1))
    on("escape", "s", modes="chat hits")(lambda: screen.hits.go(0))
    on("y", modes="paste")(lambda: screen.pasting.goes(send=True))
    on("e", modes="paste")(lambda: screen.pasting.goes(send=False))
    on("u", modes="paste")(screen.pasting.upload)
    on("n", modes="paste")(screen.cancel)


def _secret_keys(screen: Screen, on: _On) -> None:
    for name in ("enter", "c-j"):
        on(name, modes="secret")(screen.give)
    for name in ("escape", "c-c", "c-g"):
        on(name, modes="secret")(screen.withdraw)
    on("c-d", modes="secret", when=lambda: not screen.secret.text)(screen.withdraw)


def _message_keys(screen: Screen, on: _On) -> None:
    for name in ("f4", "c-up"):
        on(name)(screen.choosing.begin)
    on("f4", modes="choose")(screen.cancel)
    for names, count in (
        ("up c-up k", -1),
        ("down j", 1),
        ("pageup", -10),
        ("pagedown", 10),
        ("c-end", _ALL),
    ):
        for name in names.split():
            on(name, modes="choose")(partial(screen.choosing.step, count))
    for names, verb in (("r enter c-j", "reply"), ("+ x", "react"), ("e", "edit"), ("d delete", "delete")):
        for name in names.split():
            on(name, modes="choose")(partial(screen.choosing.take, verb))
    on("o", modes="choose")(screen.choosing.open_link)
    on("g", modes="choose")(screen.choosing.fetch_file)
    on("y", modes="delete")(screen.choosing.delete)
    on("n", modes="delete")(screen.cancel)
