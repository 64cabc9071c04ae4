"""The prompt on a terminal: editing, history and completion of typed lines, with what happens printed above.

The face on prompt_toolkit. It keeps the main thread busy; a worker runs the chat. A lock keeps the two apart where the
prompt looks at the chat: for its text and for completion.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from natterjack.client.chatting.chat import Chat, Options, View
from natterjack.client.chatting.commands import COMMANDS
from natterjack.client.chatting.parse import is_secret
from natterjack.client.mailbox import Mailbox
from natterjack.client.model import complete
from natterjack.terminal.app import EndOfInput, Interrupted, Items, Line, handle, make_chat

#: Seconds that the prompt waits for a line to be carried out, so that it comes back with the right channel.
_SETTLE = 0.5


class MemoryOfLines(InMemoryHistory):
    """Forgets passwords at once."""

    def append_string(self, string: str) -> None:
        if not is_secret(string):
            super().append_string(string)


class FileOfLines(FileHistory):
    """Kept in a file that only its owner can read; passwords never get there."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        super().__init__(str(path))

    def append_string(self, string: str) -> None:
        if not is_secret(string):
            super().append_string(string)


class _Completer(Completer):
    def __init__(self, chat: Chat, lock: Lock) -> None:
        self._chat = chat
        self._lock = lock

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        with self._lock:
            found = complete(self._chat.model, document.text, document.cursor_position, tuple(COMMANDS))
        for candidate in found.candidates:
            yield Completion(candidate, start_position=found.start - document.cursor_position)


class _Prompt:
    """``done`` is set when the chat is finished; ``settled`` whenever nothing typed waits to be carried out."""

    def __init__(self, view: View, options: Options, history: Path | None) -> None:
        self.items: Items = Mailbox()
        self.chat, self.driver = make_chat(view, options, self.items)
        self.done = Flag()
        self.settled = Flag()
        self._lock = Lock()
        self._number = 0
        self.session: PromptSession[str] = PromptSession(
            history=FileOfLines(history) if history else MemoryOfLines(),
            completer=_Completer(self.chat, self._lock),
            complete_while_typing=False,
        )

    def work(self) -> None:
        """The worker: carry out what is typed and what happens, until the chat is finished."""
        try:
            while not self.chat.finished:
                item = self.items.get()
                with self._lock:
                    handle(self.chat, item)
                    if not self.chat.busy:
                        self.settled.set()
                self.session.app.invalidate()
        finally:
            self.done.set()
            self.settled.set()
            self._leave_prompt()

    def _leave_prompt(self) -> None:
        app = self.session.app
        if app.loop is not None and app.is_running:
            app.loop.call_soon_threadsafe(self._exit_if_running)

    def _exit_if_running(self) -> None:
        if self.done.is_set() and self.session.app.is_running and not self.session.app.is_done:
            self.session.app.exit(result="")

    def ask(self) -> None:
        """One line from the person."""
        line = self.session.prompt(lambda: self.chat.prompt, pre_run=self._exit_if_running)
        if self.done.is_set():
            return
        self.settled.clear()
        for part in line.split("\n"):  # more than one where they were pasted
            self._number += 1
            self.items.put(Line(self._number, part))
        self.settled.wait(_SETTLE)

    def ask_until_done(self) -> None:
        """Lines until the chat is finished. Ctrl+C clears the line, on an empty one twice it quits; Ctrl+D quits."""
        interrupted = False
        while not self.done.is_set():
            try:
                self.ask()
                interrupted = False
            except KeyboardInterrupt:
                if self.session.default_buffer.text:
                    interrupted = False
                elif interrupted:
                    self.items.put(Interrupted())
                    self.done.wait(_SETTLE * 10)
                else:
                    interrupted = True
                    self.chat.info("Press Ctrl+C again to quit, or type QUIT.")
            except EOFError:
                self.items.put(EndOfInput())
                self.done.wait(_SETTLE * 10)


def run_prompt(view: View, options: Options, history: Path | None) -> int:
    """Chat at a terminal. ``history``: the file for typed lines, None to keep them in memory. The exit code.

    ``view`` must look up ``sys.stdout`` each time it writes, since that is patched while the prompt stands.
    """
    prompt = _Prompt(view, options, history)
    worker = Thread(target=prompt.work, name="natterjack-chat", daemon=True)
    with patch_stdout():
        worker.start()
        prompt.ask_until_done()
        worker.join(1.0)
    prompt.items.close()
    prompt.driver.close()
    return prompt.chat.exit_code
