"""``natterjack serve``: options, the first lines, and the run."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue

from natterjack import __version__
from natterjack.exits import FAILED, CommandError
from natterjack.server import config as configuration
from natterjack.server.app import Server, raise_descriptor_limit
from natterjack.server.config import Config
from natterjack.server.datadir import DataDir
from natterjack.server.output import Output
from natterjack.store.database import StoreError
from natterjack.store.writer import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``natterjack serve``: those of the configuration, and how to print."""
    configuration.add_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop. Raises :class:`~natterjack.exits.CommandError` where it can't start."""

    def load() -> Config:
        return configuration.load(args.config, os.environ, configuration.given(args))

    config = load()
    logs = _start_logging(config.log.level)
    data = DataDir(config.data_dir)
    raise_descriptor_limit()
    store = _open_store(data)
    output = Output(args.json)
    try:
        server = Server(config, output, data, store, load)
        server.listen()
        server.catch_signals()
        _greet(output, config, server, data)
        return server.run()
    finally:
        output.close()
        logs.stop()
        store.close()
        data.close()


def _open_store(data: DataDir) -> Store:
    try:
        return Store(data.path)
    except StoreError as error:
        raise CommandError(FAILED, str(error)) from error


def _start_logging(level: str) -> QueueListener:
    """Logs go to standard error through a thread, so that a terminal that has stopped can't stop the loop."""
    queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.handlers = [QueueHandler(queue)]
    root.setLevel(level.upper())
    listener = QueueListener(queue, handler)
    listener.start()
    return listener


def _greet(output: Output, config: Config, server: Server, data: DataDir) -> None:
    output.event("listening", v=1, host=server.host, port=server.port, pid=os.getpid(), link=None, pin=None)
    host = f"[{server.host}]" if ":" in server.host else server.host
    if data.new:
        output.text(f"First run: made the data directory {data.path}. All settings at their defaults.")
    version = ".".join(__version__.split(".")[:2])
    output.text(f"natterjack {version} listening on {host}:{server.port} - IRC")
    port = "" if server.port == 7667 else f" 127.0.0.1:{server.port}"
    output.text(f"  Here      python3 run.py chat{port}")
    if config.access.allow_plaintext and config.access.mode == "open":
        output.text(
            f"  Others    natterjack chat ADDRESS:{server.port}     (plain text: anybody on the way can read it)"
        )
        output.text(f"  IRC apps  ADDRESS port {server.port} without TLS")
    else:
        output.text("  Others    only from this machine, unless started with --allow-plaintext --access open")
        output.text(f"  IRC apps  127.0.0.1 port {server.port}")
    console = "      Console  type here, or natterjack console" if config.console.enabled else ""
    output.text(f"  Stop      Ctrl+C{console}")
    if config.storage.durability != "none":
        _warn(
            f"durability {config.storage.durability} is not there yet: messages are relayed, and kept nowhere"
        )
    for row, wrong, right, _ in configuration.crossing(config):
        _warn(f"{row.name}: {wrong}: {right}")
    if not config.limits.enabled:
        _warn("--no-limits: NO LIMITS of pace or number are in force. Not for a real network.")


def _warn(text: str) -> None:
    logging.getLogger("natterjack").warning("%s", text)
