"""The settings. What is chosen is in force at once, so that it can be seen; there is nothing to confirm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from natterjack.desktop.fitting import fit
from natterjack.desktop.settings import Settings
from natterjack.desktop.theme import ZOOMS, Choice

if TYPE_CHECKING:
    from natterjack.desktop.app import App

_THEMES: Final = (
    (Choice.SYSTEM, "As on this computer"),
    (Choice.LIGHT, "Light"),
    (Choice.DARK, "Dark"),
)
_TIMES: Final = ((False, "20:15"), (True, "8:15 PM"))


class SettingsDialog(QDialog):
    """Changes the preferences of ``app``."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        px = app.themes.px
        settings = app.preferences.settings
        self._titles: list[QLabel] = []
        self._page = QWidget()
        self._column = QVBoxLayout(self._page)
        self._column.setContentsMargins(px(24), px(16), px(24), px(8))
        self._column.setSpacing(px(6))

        self._group("Appearance")
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(12))
        grid.setVerticalSpacing(px(6))
        grid.setColumnStretch(1, 1)
        self.theme = self._choice(grid, 0, "&Colours", "theme", _THEMES, settings.theme)
        sizes = tuple((zoom, f"{zoom:.0%}".replace("%", " %")) for zoom in ZOOMS)
        self.zoom = self._choice(grid, 1, "&Size of everything", "zoom", sizes, settings.zoom)
        self.times = self._choice(grid, 2, "&Times", "twelve_hours", _TIMES, settings.twelve_hours)
        self._column.addLayout(grid)
        self.seconds = self._check("Times with s&econds", "seconds")
        self.pictures = self._check("Show &pictures that were fetched among the messages", "pictures")

        self._group("Being called")
        self.notifies = self._check("&Notify me when somebody writes to me, or names me", "notifies")
        self.previews = self._check("Show in the notification &what was said", "previews")
        self.previews.setEnabled(settings.notifies)
        self.notifies.toggled.connect(self.previews.setEnabled)

        self._group("Others")
        self.shows_typing = self._check("Let the others see that I t&ype", "shows_typing")
        self.to_tray = self._check("&Closing the window leaves Natterjack running in the tray", "to_tray")
        if not getattr(getattr(app, "notifying", None), "has_tray", False):
            self.to_tray.setEnabled(False)
            self.to_tray.setToolTip("This desktop has no tray")
        self._column.addSpacing(px(4))
        self._folder(settings)

        self.problem = QLabel(self)
        self.problem.setProperty("look", "wrong")
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setWordWrap(True)
        self._column.addWidget(self.problem)
        self._column.addStretch(1)
        self._lay_out()
        app.preferences.failed.connect(self._failed)
        self._say(app.preferences.problem)
        app.themes.changed.connect(self._fit)
        self._fit()
        self.theme.setFocus()

    # -- how it looks ----------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        """The page, which scrolls where the screen is lower than it is, and below it the button."""
        px = self._app.themes.px
        self._area = QScrollArea(self)
        self._area.setWidget(self._page)
        self._area.setAccessibleName("Settings")
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what has the keyboard is scrolled to
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self._buttons.setContentsMargins(px(24), px(8), px(24), px(20))
        self._buttons.rejected.connect(self.accept)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._area, 1)
        whole.addWidget(self._buttons)

    def _fit(self) -> None:
        """As high as what is in it, and no higher than the screen."""
        for title in self._titles:
            title.setFont(self._app.themes.font(1.05, bold=True))
            title.setContentsMargins(0, self._app.themes.px(10), 0, 0)
        page, bar = self._page.sizeHint(), self._area.verticalScrollBar().sizeHint().width()
        self._area.setMinimumWidth(page.width() + bar)
        width = max(self._app.themes.px(460), page.width() + bar)
        fit(self, width, page.height() + self._buttons.sizeHint().height())

    def _group(self, title: str) -> None:
        label = QLabel(title, self)
        self._titles.append(label)
        self._column.addWidget(label)

    def _choice(
        self,
        grid: QGridLayout,
        row: int,
        words: str,
        name: str,
        choices: tuple[tuple[Any, str], ...],
        now: Any,
    ) -> QComboBox:
        label, box = QLabel(words, self), QComboBox(self)
        label.setBuddy(box)
        box.setAccessibleName(words.replace("&", ""))
        for value, text in choices:
            box.addItem(text, value)
        values = [value for value, _ in choices]
        box.setCurrentIndex(values.index(now) if now in values else -1)
        box.activated.connect(lambda index: self._set(**{name: values[index]}))
        grid.addWidget(label, row, 0)
        grid.addWidget(box, row, 1)
        return box

    def _check(self, words: str, name: str) -> QCheckBox:
        box = QCheckBox(words, self)
        box.setAccessibleName(words.replace("&", ""))
        box.setChecked(getattr(self._app.preferences.settings, name))
        box.toggled.connect(lambda checked: self._set(**{name: checked}))
        self._column.addWidget(box)
        return box

    def _folder(self, settings: Settings) -> None:
        label = QLabel("Fetched &files go to", self)
        self.downloads = QLineEdit(str(settings.download_folder), self)
        self.downloads.setAccessibleName("Folder for fetched files")
        self.downloads.editingFinished.connect(lambda: self.choose_folder(self.downloads.text()))
        label.setBuddy(self.downloads)
        choose = QPushButton("Choose…", self)
        choose.setAutoDefault(False)
        choose.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(self.downloads, 1)
        row.addWidget(choose)
        self._column.addWidget(label)
        self._column.addLayout(row)

    # -- what is chosen --------------------------------------------------------------------------------------------

    def _set(self, **chosen: Any) -> None:
        self._app.preferences.set(structs.replace(self._app.preferences.settings, **chosen))
        self._say(self._app.preferences.problem)

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Folder for fetched files", self.downloads.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.choose_folder)
        dialog.open()

    def choose_folder(self, text: str) -> None:
        """Have files go there from now on, if that is a folder."""
        path = Path(text.strip()).expanduser()
        if not text.strip():
            self._set(downloads="")
            self.downloads.setText(str(self._app.preferences.settings.download_folder))
        elif path == self._app.preferences.settings.download_folder:
            self._say("")
        elif not path.is_dir():
            self._say(
                f"There is no folder {path}. Files go on to {self._app.preferences.settings.download_folder}."
            )
        else:
            self._set(downloads=str(path))
            self.downloads.setText(str(path))

    def _failed(self) -> None:
        self._say(self._app.preferences.problem)

    def _say(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
