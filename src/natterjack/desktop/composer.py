"""Where one types: several lines, what was typed before, drafts, answers and changes, files dropped or pasted."""

from __future__ import annotations

import time

from msgspec import structs
from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.chatting import parse
from natterjack.client.chatting.commands import CAPITALS, COMMANDS, not_said
from natterjack.client.chatting.parse import is_secret
from natterjack.client.chatting.sanitise import harmless
from natterjack.client.chatting.typed import is_talk
from natterjack.client.model.items import Message
from natterjack.desktop import icons
from natterjack.desktop.aims import Aim
from natterjack.desktop.completing import CompletionList, complete
from natterjack.desktop.emoji_picker import EmojiPicker
from natterjack.desktop.field import Field, files_in
from natterjack.desktop.server import Server
from natterjack.desktop.theme import Themes
from natterjack.proto.casemap import fold


class Composer(QFrame):
    """``files`` and ``image`` tell what was dropped or pasted; ``attach`` that a file is to be chosen."""

    files = Signal(list)
    image = Signal(QImage)
    attach = Signal()
    sent = Signal()

    def __init__(self, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._server: Server | None = None
        self._here = ""
        self._aim: Aim | None = None
        self._asked: dict[
            int, tuple[str, Message, str]
        ] = {}  # changes on their way: where, of what, the new text
        self._typed = 0.0
        self._setting = False
        self._begun = False  # something that is not kept yet
        self._goes = False  # whether one has asked to go elsewhere
        self.setObjectName("composer")
        self.field = Field(self)
        self.field.entered.connect(self.enter)
        self.field.dropped.connect(self.take_dropped)
        self.field.textChanged.connect(self._text_changed)
        self.note = QLabel(self)
        self.note.setProperty("look", "dim")
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self._drop_note = _button("close", "Do not answer or change that message", self)
        self._drop_note.clicked.connect(self.cancel)
        self._note_row = QWidget(self)
        noted = QHBoxLayout(self._note_row)
        noted.setContentsMargins(6, 0, 0, 0)
        noted.addWidget(self.note, 1)
        noted.addWidget(self._drop_note)
        self._note_row.hide()
        self._buttons = {
            "attach": _button("attach", "Send a file", self),
            "react": _button("react", "Emoji", self),
            "send": _button("send", "Send", self),
        }
        self._buttons["attach"].clicked.connect(self.attach)
        self._buttons["react"].clicked.connect(self._pick)
        self._buttons["send"].clicked.connect(self.enter)
        self._picker = EmojiPicker(themes, self)
        self._picker.chosen.connect(self.field.insertPlainText)
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self._buttons["attach"], 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.field, 1)
        row.addWidget(self._buttons["react"], 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self._buttons["send"], 0, Qt.AlignmentFlag.AlignBottom)
        box = QVBoxLayout(self)
        box.setContentsMargins(6, 5, 6, 5)
        box.setSpacing(2)
        box.addWidget(self._note_row)
        box.addLayout(row)
        self.completion = CompletionList(self.window() if parent is None else parent, themes)
        self.completion.chosen.connect(self._complete_with)
        self.setFocusProxy(self.field)
        themes.changed.connect(self._restyle)
        self._restyle()

    # -- where one is ----------------------------------------------------------------------------------------------

    def show_conversation(self, server: Server | None) -> None:
        """One looks elsewhere now: what was begun there comes up."""
        along = self._taken_along(server)
        self.keep()
        self._aim_at(None)
        if server is not self._server:
            if self._server is not None:
                self._server.heard.disconnect(self._heard)
                self._server.mistyped.disconnect(self._mistyped)
                self._server.renamed.disconnect(self._renamed)
            if server is not None:
                server.heard.connect(self._heard)
                server.mistyped.connect(self._mistyped)
                server.renamed.connect(self._renamed)
            self._asked.clear()
        self._server = server
        self._here = server.model.current if server else ""
        begun = server.desk.drafts.resume(self._here) if server else ""
        self.set_text("\n".join(each for each in (begun, along) if each))
        aim = server.aims.get(fold(self._here)) if server else None
        if aim is not None and aim.changes:
            self.set_text(aim.text)
        self._aim_at(aim)
        self._say_where()

    def _taken_along(self, server: Server | None) -> str:
        """What is in the field and was meant for where one is now: typed after JOIN, or on the way in."""
        goes, self._goes = self._goes, False
        if server is None or server is not self._server or self._aim is not None:
            return ""
        if not self._here or (goes and not server.by_choice):
            text = self.text
            self._begun = False
            server.desk.drafts.begin(self._here, "")
            return text
        return ""

    def keep(self) -> None:
        """What is begun is a draft from now on."""
        server, aim = self._server, self._aim
        if server is not None and self._here and self._begun:
            if aim is not None and aim.changes:
                self._aim = server.aims[fold(self._here)] = structs.replace(aim, text=self.text)
            else:
                server.desk.drafts.leave(self._here, self.text)
        self._begun = False

    def _renamed(self, old: str, new: str) -> None:
        if fold(old) == fold(self._here):
            self.keep()
            self._here = new

    def _say_where(self) -> None:
        server = self._server
        question = server.chat.question if server else None
        asks_password = server is not None and server.chat.password is not None
        self.field.setEnabled(not asks_password)  # what is typed now is not for all to read
        if asks_password:
            words = "A password is asked for above"
        elif question is not None:
            words = question.prompt.strip()
        elif server is None:
            words = "Not connected"
        elif server.was_put_out:
            words = f"You are not in {harmless(self._here)} any more"
        elif self._here:
            words = f"Message {harmless(self._here)}"
        else:
            words = "Type /help for what can be done"
        self.field.set_hint(words)

    def refresh(self) -> None:
        """Something may be asked now, or not any more; and what one changes may have been changed by others."""
        self._say_where()
        server, aim = self._server, self._aim
        if server is None or aim is None or server.model.current != self._here:
            return
        if not aim.why_over(server.current) or self.text != aim.message.text:
            self._aim_at(aim)
            return
        now = server.current.message(aim.message.msgid)  # nothing of the person's is lost
        if now is None or now.redacted is not None:
            self.cancel()
        else:
            self._change(now, now.text)

    @property
    def text(self) -> str:
        return self.field.toPlainText()

    def set_text(self, text: str) -> None:
        """Have ``text`` in the field, with the cursor behind it."""
        self._setting = True
        self.field.setPlainText(text)
        self.field.moveCursor(QTextCursor.MoveOperation.End)
        self._setting = False

    # -- answering and changing ------------------------------------------------------------------------------------

    def answer(self, message: Message) -> None:
        """What is typed next answers ``message``."""
        self.cancel()
        self._aim_at(Aim(message, changes=False))
        self.field.setFocus()

    def change(self, message: Message) -> None:
        """What is typed next is what ``message`` says from then on."""
        if self._aim is None or not self._aim.changes or self._aim.message != message:
            self._change(message, message.text)
        self.field.setFocus()

    def _change(self, message: Message, text: str) -> None:
        if self._aim is None or not self._aim.changes:
            self.keep()
        self.set_text(text)
        self._aim_at(Aim(message, changes=True, text=text))

    def _aim_at(self, aim: Aim | None) -> None:
        """What is in the field is meant for that from now on; None: for all who are there."""
        self._aim = aim
        self._note_row.setVisible(aim is not None)
        if aim is not None and self._server is not None:
            self._server.aims[fold(self._here)] = aim
            self.note.setText(aim.words(self._server.current))

    def _ask_for_change(self, server: Server, message: Message, text: str) -> None:
        """Have ``message`` read ``text``, which is not lost whatever comes of it."""
        where, begun = self._here, server.desk.drafts.resume(self._here)
        server.desk.drafts.typed(where, text)
        server.desk.drafts.begin(where, begun)  # that has not been sent
        if text.strip() == message.text:
            return
        ref = server.ask(lambda ref: r.Edit(ref, where, message.msgid, text.strip(), message.kind))
        self._asked[ref] = (where, message, text)

    def _heard(self, event: e.Event) -> None:
        """A change that was not made can be made once more, unless something else has been begun."""
        if not isinstance(event, e.Done | e.Refused | e.Unanswered) or event.ref not in self._asked:
            return
        where, message, text = self._asked.pop(event.ref)
        busy = self.text or self._aim is not None
        if not (isinstance(event, e.Done) or busy) and where == self._here:
            self._change(message, text)

    def cancel(self) -> None:
        """It answers nothing, and changes nothing."""
        aim = self._aim
        self._drop_aim()
        if aim is not None and aim.changes:
            self.set_text(self._server.desk.drafts.resume(self._here) if self._server else "")

    def _drop_aim(self) -> None:
        """What was meant for a message is sent, or not meant for it any more."""
        if self._server is not None:
            self._server.aims.pop(fold(self._here), None)
        self._aim_at(None)

    # -- typing ----------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """What stands in the field is meant."""
        server, text = self._server, self.text
        nothing = not text.strip() and (server is None or server.chat.question is None)
        if server is None or nothing or server.chat.password is not None:
            return
        self.completion.hide()
        aim = self._aim
        over = aim.why_over(server.current) if aim is not None else ""
        held = parse.Mistyped(over, "over") if over else not_said(text, chosen=aim is not None)
        if held is not None:
            server.tell(held)  # it stays where it is, to be mended
            return
        self._drop_aim()
        if aim is not None and aim.changes:
            self.set_text(server.desk.drafts.resume(self._here))
            self._ask_for_change(server, aim.message, text)
        elif aim is not None:
            self.set_text("")
            server.desk.drafts.typed(self._here, text)
            server.say(text.rstrip("\n"), reply_to=aim.message.msgid)
        else:
            self.set_text("")
            meant = parse.parse(text, CAPITALS, COMMANDS, connected=True)
            self._goes = isinstance(meant, parse.Command) and meant.name == "JOIN"
            server.type(text.rstrip("\n"), by_hand=True)
        self.sent.emit()

    def _mistyped(self, where: str, text: str) -> None:
        """What was not carried out stands there to be mended, marked: what is typed instead takes its place."""
        busy = self.text or self._aim is not None
        if where == self._here and not busy and not is_secret(text):
            self.set_text(text)
            self.field.selectAll()

    def takes(self, event: QKeyEvent) -> bool:
        """Whether the key means something else than to the field."""
        keys = Qt.Key
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if self.completion.isVisible() and self._completes(event):
            return True
        match event.key():
            case keys.Key_Return | keys.Key_Enter if plain:
                self.enter()
            case keys.Key_Tab if plain and not self.text:
                self.focusNextChild()  # the field itself would not let go of it
            case keys.Key_Tab if plain:
                self._offer(asked=True)
            case keys.Key_Escape if self._note_row.isVisible():
                self.cancel()
            case keys.Key_Up if plain and self.field.textCursor().blockNumber() == 0:
                return self._up()
            case keys.Key_Down if plain and self._on_last_line():
                return self._forth()
            case _:
                return False
        return True

    def _on_last_line(self) -> bool:
        return self.field.textCursor().blockNumber() == self.field.blockCount() - 1

    def _up(self) -> bool:
        """On an empty field one's last message can be changed; else what was typed before comes up."""
        server = self._server
        if server is None or (self._aim is not None and self._aim.changes):
            return False
        last = server.current.last_own() if server.online and server.model.account and not self.text else None
        if last is not None:
            self.change(last)
            return True
        return self.history_back() is not None

    def history_back(self) -> str | None:
        """Have what was typed before in the field; None where nothing was."""
        found = self._server.desk.drafts.back(self._here, self.text) if self._server is not None else None
        if found is not None:
            self.set_text(found)
        return found

    def _forth(self) -> bool:
        if self._server is None or (self._aim is not None and self._aim.changes):
            return False
        found = self._server.desk.drafts.forth(self._here)
        if found is not None:
            self.set_text(found)
        return found is not None

    def _text_changed(self) -> None:
        self._begun = True
        if self._setting:
            self.completion.hide()
            return
        before = self.text[: self.field.textCursor().position()].rpartition("\n")[2]
        word = before.rpartition(" ")[2]
        if len(word) > 2 and word[0] in ":#" and self._server is not None:
            self._offer(asked=False)
        else:
            self.completion.hide()
        self._show_that_one_types()

    def _show_that_one_types(self) -> None:
        """Not for commands, and not what."""
        now = time.monotonic()
        text = self.text
        if self._server is None or now - self._typed < r.TYPING_EVERY:
            return
        if is_talk(text):
            self._typed = now
            self._server.shows_that_one_types("active")

    # -- completion ------------------------------------------------------------------------------------------------

    def _offer(self, *, asked: bool) -> None:
        if self._server is None:
            return
        text = self.text
        cursor = self._cursor(text)
        found = complete(self._server.model, text, cursor)
        if asked and len(found.candidates) == 1:
            self.completion.start = found.start
            self._complete_with(found.candidates[0])
            return
        at = self.mapTo(self.completion.place, QPoint(self._themes.px(40), 0))
        self.completion.offer(found, at, self.width())

    def _cursor(self, text: str) -> int:
        """Where the cursor is as Python counts; Qt counts in 16-bit units."""
        place = self.field.textCursor().position()
        if text.isascii():
            return place
        return len(text.encode("utf-16-le")[: 2 * place].decode("utf-16-le", "ignore"))

    def _completes(self, event: QKeyEvent) -> bool:
        keys = Qt.Key
        match event.key():
            case keys.Key_Up | keys.Key_Backtab:
                self.completion.step(-1)
            case keys.Key_Down:
                self.completion.step(1)
            case keys.Key_Return | keys.Key_Enter if self.completion.is_whole(self._word()):
                self.completion.hide()
                return False  # nothing is to be completed: it is meant as it stands
            case keys.Key_Tab | keys.Key_Return | keys.Key_Enter:
                self.completion.take()
            case keys.Key_Escape:
                self.completion.hide()
            case _:
                return False
        return True

    def _word(self) -> str:
        """What would be completed."""
        text = self.text
        return text[self.completion.start : self._cursor(text)]

    def _complete_with(self, candidate: str) -> None:
        text = self.text
        start, end = self.completion.start, self._cursor(text)
        cursor = self.field.textCursor()
        cursor.movePosition(
            QTextCursor.MoveOperation.PreviousCharacter,
            QTextCursor.MoveMode.KeepAnchor,
            len(text[start:end].encode("utf-16-le")) // 2,
        )
        self._setting = True
        cursor.insertText(candidate)
        self._setting = False
        self.field.setTextCursor(cursor)
        self.completion.hide()

    def _pick(self) -> None:
        self._picker.open_at(self._buttons["react"].mapToGlobal(QPoint(0, 0)))

    # -- files -----------------------------------------------------------------------------------------------------

    def take_dropped(self, source: QMimeData) -> None:
        """What was dropped or pasted goes to where one looks."""
        paths = files_in(source)
        if paths:
            self.files.emit(paths)
        elif source.hasImage():
            image = source.imageData()
            if isinstance(image, QImage):
                self.image.emit(image)

    # -- look ------------------------------------------------------------------------------------------------------

    def _restyle(self) -> None:
        theme, px = self._themes.theme, self._themes.px
        side = px(20)
        for name, button in (*self._buttons.items(), ("close", self._drop_note)):
            colour = theme.accent if name == "send" else theme.dim
            button.setIcon(icons.icon(name, colour))
            button.setIconSize(QSize(side, side) if name != "close" else QSize(px(14), px(14)))
        self.field.fit()


def _button(name: str, words: str, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setObjectName(f"composer_{name}")
    button.setToolTip(words)
    button.setAccessibleName(words)
    return button
