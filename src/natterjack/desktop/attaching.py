"""Files for where one looks: chosen, dropped or pasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from natterjack.client.chatting.sanitise import harmless
from natterjack.desktop.offering import offer_files, offer_image

if TYPE_CHECKING:
    from natterjack.desktop.window import Window


class Attaching(QObject):
    """For the conversation that ``window`` shows."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        window.composer.attach.connect(self.attach)
        window.composer.files.connect(self.offer_files)
        window.composer.image.connect(self.offer_image)

    def attach(self) -> None:
        """Choose files to send."""
        window, server = self._window, self._window.server
        target = server.model.current if server is not None else ""
        if server is None or not target:
            self.offer_files([])  # that says what to do
            return
        dialog = QFileDialog(window, f"Send files to {harmless(target)}")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(
            lambda paths: offer_files(window.app.themes, window, server, target, paths, sure=True)
        )
        dialog.open()

    def offer_files(self, paths: list[str]) -> None:
        """Send them to where one looks, if the person is sure."""
        server = self._window.server
        if server is not None:
            offer_files(self._window.app.themes, self._window, server, server.model.current, paths)

    def offer_image(self, image: QImage) -> None:
        """Send it to where one looks, if the person is sure."""
        server = self._window.server
        if server is not None:
            offer_image(self._window.app.themes, self._window, server, server.model.current, image)
