"""One trouble as a person sees it above the messages: what it is, what to do, and what to do it with."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from msgspec import Struct
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QFontDatabase, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from natterjack.desktop.theme import Themes
from natterjack.desktop.troubles import Act, Form, Level, Trouble

#: Below this width the buttons stand under all else.
_NARROW: Final = 620
#: Of what is typed into.
_WIDTH: Final = 420


class Field(Struct, frozen=True):
    """One line to type into. ``secret``: it is not shown."""

    label: str
    hint: str = ""
    secret: bool = False


#: form -> its fields, what its button says, what opens it.
FORMS: Final[dict[Form, tuple[tuple[Field, ...], str, str]]] = {
    Form.NAME: ((Field("Your name"),), "Come in", "Come in under another name"),
    Form.LOGIN: ((Field("Account"), Field("Password", secret=True)), "Log in", "Log in with an account"),
    Form.LINK: (
        (Field("New join link", "natterjack://…  or the key"),),
        "Connect",
        "Enter a join link",
    ),
    Form.PASSWORD: ((Field("Password", secret=True),), "Go on", "Enter the password"),
    Form.NEW_PASSWORD: (
        (Field("New password", secret=True), Field("Once more", secret=True)),
        "Go on",
        "Choose a password",
    ),
}


class FormRow(QWidget):
    """The fields of one form. ``send`` is given what they hold, and says what is wrong with it."""

    def __init__(
        self, form: Form, entered: list[str], send: Callable[[list[str]], str], width: int, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.form = form
        self._send = send
        fields, button, _ = FORMS[form]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 0)
        self.fields: list[QLineEdit] = []
        for row, field in enumerate(fields):
            label, line = QLabel(field.label, self), QLineEdit(self)
            label.setBuddy(line)
            line.setAccessibleName(field.label)
            line.setPlaceholderText(field.hint)
            line.setText(entered[row] if row < len(entered) else "")
            line.setMaximumWidth(width)
            if field.secret:
                line.setEchoMode(QLineEdit.EchoMode.Password)
            line.returnPressed.connect(lambda row=row: self._enter(row))
            line.textEdited.connect(lambda _: self.complain(""))
            grid.addWidget(label, row, 0)
            grid.addWidget(line, row, 1)
            self.fields.append(line)
        self.button = QPushButton(button, self)
        self.button.setProperty("look", "primary")
        self.button.setAutoDefault(True)
        self.button.clicked.connect(self.submit)
        grid.addWidget(self.button, len(fields) - 1, 2)
        self._wrong = QLabel(self)
        self._wrong.setProperty("look", "wrong")
        self._wrong.setTextFormat(Qt.TextFormat.PlainText)
        self._wrong.setWordWrap(True)
        self._wrong.hide()
        grid.addWidget(self._wrong, len(fields), 1, 1, 2)
        grid.setColumnStretch(1, 4)
        grid.setColumnStretch(3, 1)

    @property
    def entered(self) -> list[str]:
        """What the fields hold; of a password, nothing."""
        secret = QLineEdit.EchoMode.Password
        return ["" if line.echoMode() is secret else line.text() for line in self.fields]

    @property
    def wrong(self) -> str:
        """What is wrong with it, as is shown."""
        return self._wrong.text()

    def _enter(self, row: int) -> None:
        """Enter goes on to what is still empty below, or sends."""
        below = next((line for line in self.fields[row + 1 :] if not line.text()), None)
        if below is None:
            self.submit()
        else:
            below.setFocus()

    def submit(self) -> None:
        self.complain(self._send([line.text() for line in self.fields]))

    def complain(self, why: str) -> None:
        """Say what is wrong; ``""``: nothing is."""
        self._wrong.setText(why)
        self._wrong.setVisible(bool(why))

    def begin(self) -> None:
        """What is typed goes into the first field that is empty."""
        line = next((line for line in self.fields if not line.text()), self.fields[0])
        line.setFocus(Qt.FocusReason.OtherFocusReason)
        line.selectAll()


class Banner(QFrame):
    """``act`` is called with the button pressed, ``send`` with a form and what was entered; ``entered`` as kept."""

    def __init__(
        self,
        trouble: Trouble,
        themes: Themes,
        act: Callable[[Act], None],
        send: Callable[[Form, list[str]], str],
        entered: Callable[[Form], list[str]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.trouble = trouble
        self._send, self._entered, self._themes = send, entered, themes
        self.setProperty("look", f"banner-{trouble.level.value}")
        self.setAccessibleName(trouble.title)
        self.setAccessibleDescription(trouble.text)
        self.buttons: dict[Act, QPushButton] = {}
        self._whole = whole = QVBoxLayout(self)
        whole.setContentsMargins(*(themes.px(length) for length in (16, 10, 16, 12)))
        whole.setSpacing(themes.px(6))
        self._top = QHBoxLayout()
        self._top.setSpacing(themes.px(12))
        self._top.addLayout(self._words(trouble), 1)
        whole.addLayout(self._top)
        self._form_place = QVBoxLayout()
        whole.addLayout(self._form_place)
        self._openers = QHBoxLayout()
        whole.addLayout(self._openers)
        self._acts = self._buttons(trouble.acts, act) if trouble.acts else None
        self._narrow = self._is_narrow(parent.width())
        self._place_acts()
        self.form: FormRow | None = None
        if trouble.forms:
            self._open(trouble.forms[0])
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def begin(self) -> None:
        """Have the keyboard where one would answer."""
        if self.form is not None:
            self.form.begin()

    def _words(self, trouble: Trouble) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(self._themes.px(2))
        title = QLabel(trouble.title, self)
        title.setProperty("look", "title")
        title.setFont(self._themes.font(1.05, bold=True))
        text = QLabel(trouble.text, self)
        for label in (title, text):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            column.addWidget(label)
        text.setVisible(bool(trouble.text))
        keys = (("Key", trouble.key), ("Before", trouble.known))
        grid = QGridLayout()
        grid.setHorizontalSpacing(self._themes.px(10))
        grid.setVerticalSpacing(0)
        for row, (what, key) in enumerate(keys):
            if key:
                self._key(grid, row, what, key)
        if grid.count():  # an empty one keeps the texts narrow
            column.addLayout(grid)
        column.addStretch(1)
        return column

    def _key(self, grid: QGridLayout, row: int, what: str, key: str) -> None:
        """A key to be compared, and copied; in a narrow window it scrolls."""
        label, line = QLabel(what, self), QLineEdit(key, self)
        label.setProperty("look", "dim")
        line.setReadOnly(True)
        line.setProperty("look", "key")
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self._themes.font(0.95).pointSizeF())
        line.setFont(font)
        line.setCursorPosition(0)
        line.setAccessibleName(what)
        grid.addWidget(label, row, 0)
        grid.addWidget(line, row, 1)

    def _buttons(self, acts: tuple[Act, ...], act: Callable[[Act], None]) -> QWidget:
        whole = QWidget(self)
        whole.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._themes.px(8))
        for each in acts:
            button = QPushButton(each.value, whole)
            button.setAutoDefault(True)  # Enter presses it, too
            button.clicked.connect(lambda _=False, each=each: act(each))
            row.addWidget(button)
            self.buttons[each] = button
        if not (self.trouble.level is Level.DANGER or self.trouble.key or self.trouble.forms):
            self.buttons[acts[0]].setProperty("look", "primary")
        return whole

    def _open(self, form: Form) -> None:
        """Show this form, and buttons for the others."""
        while (item := self._form_place.takeAt(0)) or (item := self._openers.takeAt(0)):
            if widget := item.widget():
                widget.deleteLater()
        entered = self._entered(form)
        if not any(entered) and self.trouble.entered and form is self.trouble.forms[0]:
            entered = [self.trouble.entered]
        self.form = FormRow(
            form, entered, lambda values: self._send(form, values), self._themes.px(_WIDTH), self
        )
        self._form_place.addWidget(self.form)
        openers: list[QPushButton] = []
        for other in self.trouble.forms:
            if other is not form:
                opener = QPushButton(FORMS[other][2], self)
                opener.setProperty("look", "quiet")
                opener.setAutoDefault(True)
                opener.clicked.connect(lambda _=False, other=other: self._turn_to(other))
                self._openers.addWidget(opener)
                openers.append(opener)
        self._openers.addStretch(1)
        order = [*self.form.fields, self.form.button, *openers, *self.buttons.values()]
        for before, behind in pairwise(order):  # what leaves it all comes last for the keyboard, too
            QWidget.setTabOrder(before, behind)

    def _turn_to(self, form: Form) -> None:
        self._open(form)
        self.begin()

    def _is_narrow(self, width: int) -> bool:
        return width < self._themes.px(_NARROW)

    def _place_acts(self) -> None:
        """The buttons: beside the text, or below what is filled in."""
        if self._acts is None:
            return
        self._top.removeWidget(self._acts)
        self._whole.removeWidget(self._acts)
        place = self._whole if self._narrow else self._top
        place.addWidget(self._acts, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape in a field is the button that takes the question back."""
        withdraw = self.buttons.get(Act.WITHDRAW)
        if event.key() == Qt.Key.Key_Escape and withdraw is not None:
            withdraw.click()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.turning:
            QTimer.singleShot(0, self, self._turn)  # not while it is being laid out

    @property
    def turning(self) -> bool:
        """Whether the buttons are about to be elsewhere."""
        return self._narrow != self._is_narrow(self.width())

    def _turn(self) -> None:
        self._narrow = self._is_narrow(self.width())
        self._place_acts()
