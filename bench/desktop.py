"""The window with a channel of 100,000 lines: opening it, scrolling through it, and what it takes of memory.

    .venv/bin/python -m bench.desktop [lines]

First in one process without a server: the lines come in as events, as they would from one. Then with a real server, and
somebody who says 2,000 messages a second in the channel that the window shows. Times are of the window's own thread,
painting included (on Qt's offscreen platform, in software). Targets: open in 200 ms, a frame in 16 ms, nothing else on
that thread over 50 ms, the whole process in 250 MB.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from bench.typing_lag import talk
from natterjack.client import events as e
from natterjack.client.address import parse_address
from natterjack.client.chatting.options import Options
from natterjack.client.events import Kind
from natterjack.desktop.app import App
from natterjack.desktop.run import leave_alone
from natterjack.desktop.server import Server
from natterjack.desktop.theme import Choice
from natterjack.proto.source import Source

FRAMES = 2000
#: Messages a second.
RATE = 2000
NICKS = [
    f"{first}{last}" for first in ("ada", "ben", "cleo", "dan", "eve") for last in ("", "_x", "99", "-mo")
]
TEXT = "the of a build toad river green again nobody sees why it went out at night in rain with 2041 lines"
WORDS = TEXT.split(" ")


def lines(count: int, channel: str) -> Iterator[e.MessageReceived]:
    """``count`` messages over some months, of one line or of several, some with links."""
    chance = random.Random(1)  # noqa: S311 - data
    moment = time.time() - count * 60
    for number in range(count):
        moment += chance.expovariate(1 / 50)
        text = " ".join(chance.choices(WORDS, k=chance.choice([2, 4, 8, 12, 40])))
        if number % 17 == 0:
            text += f" https://example.org/{number}"
        source = Source(chance.choice(NICKS), "u", "h")
        msgid = f"{channel}{number:07}"
        yield e.MessageReceived(msgid, moment, source, channel, text, Kind.MESSAGE, own=False, history=True)


def resident() -> float:
    """Megabytes."""
    text = Path("/proc/self/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1000


def timed(action: Callable[[], object]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def told(name: str, times: list[float]) -> None:
    cut = statistics.quantiles(times, n=100, method="inclusive")
    print(f"{name}: p50 {cut[49]:.1f} ms, p99 {cut[98]:.1f} ms, max {max(times):.1f} ms")


def flood(qt: QApplication, directory: Path) -> None:
    """How long the window's thread is busy at a time while messages pour in, as a timer of 5 ms sees it."""
    words = [
        sys.executable,
        "-m",
        "natterjack",
        "serve",
        "--port",
        "0",
        "--json",
        "--no-console",
        "--no-limits",
    ]
    serve = subprocess.Popen(
        [*words, "--data-dir", str(directory / "server")], stdout=subprocess.PIPE, text=True
    )
    assert serve.stdout is not None
    port = json.loads(serve.stdout.readline())["port"]
    # not forked: it would keep what another thread has locked at that moment, and the window's files with it
    talker = multiprocessing.get_context("spawn").Process(target=talk, args=(port, RATE), daemon=True)
    options = Options(nick="me", interactive=True, data_dir=directory / "me")
    app = App(qt, options)
    app.window.resize(1200, 800)
    app.window.show()
    server = app.open_server(parse_address(f"127.0.0.1:{port}"))
    while not server.model.current:
        qt.processEvents()
    talker.start()
    ticks: list[tuple[float, float]] = []  # when, and how long the thread had been at work by then
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append((time.perf_counter(), time.thread_time())))
    timer.start(5)
    QTimer.singleShot(2000, ticks.clear)  # what there is at the beginning: imports, the first history
    count = 0

    def end() -> None:
        nonlocal count
        count = len(server.current.items)
        qt.quit()

    QTimer.singleShot(12_000, end)
    qt.exec()
    talker.kill()
    serve.terminate()
    gaps = [
        ((after - before) * 1000, (end - start) * 1000) for (before, start), (after, end) in pairwise(ticks)
    ]
    told(
        f"busy at a time, with {count / 12:.0f} messages a second seen for 10 s", [gap - 5 for gap, _ in gaps]
    )
    told("and of that, at work", [work for _, work in gaps])
    app.end()
    serve.wait()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    qt = QApplication([])
    with tempfile.TemporaryDirectory() as directory:
        options = Options(nick="me", interactive=True, data_dir=Path(directory))
        app = App(qt, options)
        leave_alone()
        app.window.resize(1200, 800)
        app.window.show()
        print(f"memory with an empty window: {resident():.0f} MB")
        server = Server(options, app)
        app.servers.append(server)
        app.server_added.emit(server)
        model = server.model
        for name in ("#short", "#long"):
            model.apply(e.Joined(Source("me", "u", "h"), name, "", "", True, time.time()))
        for name, many in (("#short", 50), ("#long", count)):
            for each in lines(many, name):
                model.apply(each)
        model.look_at("#short")
        app.window.show_server(server)
        qt.processEvents()
        measure(qt, app, server)
        app.end()
        shiboken6.delete(app.window)
        start = time.perf_counter()
        del app, server, model
        gc.collect()
        print(f"taking away what is left of it: {(time.perf_counter() - start) * 1000:.0f} ms")
        flood(qt, Path(directory) / "flood")


def measure(qt: QApplication, app: App, server: Server) -> None:
    messages = app.window.messages
    view = messages.viewport()

    def open_it() -> None:
        server.look_at("#long")
        view.repaint()

    opened = []
    for _ in range(5):
        server.look_at("#short")
        view.repaint()
        opened.append(timed(open_it))
    print(
        f"opening a channel of {len(server.current.items):,} lines: {max(opened):.0f} ms (the slowest of 5)"
    )

    slices = []
    while not messages.complete:
        time.sleep(0.016)
        slices.append(timed(qt.processEvents))
    print(f"making all its rows: {len(slices)} pieces of at most {max(slices):.1f} ms")

    def step(pixels: float) -> None:
        messages.scroll_by(pixels)
        view.repaint()

    frames = [timed(lambda: step(60)) for _ in range(FRAMES)]
    told(f"a frame, scrolling up by 60 pixels ({FRAMES} frames)", frames)
    chance = random.Random(2)  # noqa: S311 - data
    bar = messages.verticalScrollBar()

    def jump() -> None:
        bar.setValue(chance.randrange(bar.maximum()))
        view.repaint()

    told("a frame, with the scroll bar dragged anywhere", [timed(jump) for _ in range(300)])
    messages.follow()
    qt.processEvents()
    more = list(lines(3000, "#long"))

    def come(number: int) -> None:
        for place, each in enumerate(more[number * 33 : (number + 1) * 33]):
            now = time.time()
            msgid = f"n{number}-{place}"
            server.model.apply(
                e.MessageReceived(msgid, now, each.sender, "#long", each.text, Kind.MESSAGE, own=False)
            )
        server.settle()
        view.repaint()

    turns = [timed(partial(come, number)) for number in range(90)]
    told("a turn with 33 new messages (2,000 a second)", turns)

    def look(choice: Choice, zoom: float) -> None:
        app.themes.set(choice, zoom)
        qt.processEvents()

    looks = [(Choice.DARK, 1.0), (Choice.LIGHT, 1.0), (Choice.LIGHT, 1.5), (Choice.LIGHT, 1.0)] * 5
    busy: list[float] = []

    def worked(choice: Choice, zoom: float) -> None:
        start = time.thread_time()
        look(choice, zoom)
        busy.append((time.thread_time() - start) * 1000)

    told("another theme, or another size", [timed(partial(worked, *each)) for each in looks])
    told("and of that, at work", busy)
    told("leaving it", [timed(leave) for leave in [lambda: server.look_at("#short"), open_it] * 5][::2])
    print(f"memory of the whole process: {resident():.0f} MB")


if __name__ == "__main__":
    main()
