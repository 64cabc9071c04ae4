"""Downloads: the core is asked before, and about once a second while one runs."""

from __future__ import annotations

import functools
import logging
from http import HTTPStatus

from natterjack.files import moving, serving
from natterjack.files.moving import Sent
from natterjack.ports.files import Denied, Fetch, Fetchable, FileAnswer
from natterjack.ports.sites import site_of
from natterjack.server.filedesk import Call, Desk

_log = logging.getLogger(__name__)


class _Running:
    """``asking``: whether the core has not answered yet."""

    __slots__ = ("asking", "call", "file")

    def __init__(self, call: Call, file: str) -> None:
        self.call = call
        self.file = file
        self.asking = False


class Downloading:
    """All downloads of a server."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._running: dict[_Running, None] = {}
        self.sent = 0  # since the start

    def begin(self, call: Call, file: str) -> None:
        """GET or HEAD of the file with that id."""
        self._desk.ask(call, Fetch(file), lambda answer: self._fetched(call, file, answer))

    def _fetched(self, call: Call, file: str, answer: FileAnswer) -> None:
        if isinstance(answer, Denied):
            call.deny(answer)
            return
        assert isinstance(answer, Fetchable)
        request = call.request
        plan = serving.plan(request.method, request.headers, answer)
        if not plan.count or call.exchange.gone:
            call.exchange.answer(plan.response)
            return
        vault = self._desk.vault
        running = _Running(call, file)
        if self._desk.move(
            call,
            f"from {site_of(call.ip)}",
            lambda loan: moving.send(vault, loan, answer.sha256, plan.response, plan.first, plan.count),
            functools.partial(self._sent, running),
        ):
            self._running[running] = None

    def _sent(self, running: _Running, sent: Sent) -> None:
        del self._running[running]
        if sent.begun:
            self.sent += 1
            running.call.exchange.sent()
            return
        _log.error("the bytes of file %s can't be read", running.file)
        running.call.answer(HTTPStatus.INTERNAL_SERVER_ERROR, "The server can't read this file.")

    def check(self) -> None:
        """About once a second: whoever may not have it any more is cut off."""
        for running in list(self._running):
            if not running.asking:
                running.asking = True
                self._desk.ask(
                    running.call, Fetch(running.file), functools.partial(self._asked_again, running)
                )

    def _asked_again(self, running: _Running, answer: FileAnswer) -> None:
        running.asking = False
        if isinstance(answer, Denied) and running in self._running:
            running.call.exchange.cut()
