"""``natterjack serve``: options, the first lines, and the run."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import Any, get_args

from natterjack import __version__
from natterjack.server import config as configuration
from natterjack.server.app import Server, raise_descriptor_limit
from natterjack.server.config import Access, Config, Durability, LogLevel
from natterjack.server.datadir import DataDir
from natterjack.server.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``natterjack serve``; each has its place in the configuration."""
    add = parser.add_argument
    add(
        "--host", action="append", metavar="ADDRESS", help="listen on this address (repeatable; default: all)"
    )
    add("--port", type=_port, metavar="N", help="listen on this port (default 7667; 0: a free one)")
    add("--irc-port", type=_port, metavar="N", help="a further port that speaks IRC only")
    add("--data-dir", metavar="DIR", help="where everything lasting is kept")
    add("--config", metavar="FILE", help="a TOML file")
    add("--name", help="the server's name")
    add("--access", choices=get_args(Access), help="who may come in (default invite)")
    add("--allow-plaintext", action="store_true", default=None, help="let other machines in without TLS")
    add(
        "--durability",
        choices=get_args(Durability),
        help="what an acknowledged message survives (default power)",
    )
    add("--lobby", metavar="NAME", help="the channel that everybody joins (default #lobby; '': none)")
    add(
        "--trust-loopback", choices=("yes", "no"), help="whether this machine needs no password (default yes)"
    )
    add("--no-limits", action="store_true", help="lift limits of pace and number, for tests and benchmarks")
    add("--json", action="store_true", help="print one JSON object a line")
    add("--log-level", choices=get_args(LogLevel), help="what goes to standard error (default info)")
    add("--no-console", action="store_true", help="no console, neither typed nor on a socket")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def options(args: argparse.Namespace) -> dict[tuple[str, str], Any]:
    """What was given on the command line, by section and key of the configuration."""
    lobby = None if args.lobby is None else [name for name in args.lobby.split(",") if name]
    given = {
        ("listen", "host"): args.host,
        ("listen", "port"): args.port,
        ("listen", "irc_port"): args.irc_port,
        ("storage", "data_dir"): args.data_dir,
        ("storage", "durability"): args.durability,
        ("server", "name"): args.name,
        ("access", "mode"): args.access,
        ("access", "allow_plaintext"): args.allow_plaintext,
        ("access", "trust_loopback"): None if args.trust_loopback is None else args.trust_loopback == "yes",
        ("channels", "lobby"): lobby,
        ("limits", "enabled"): False if args.no_limits else None,
        ("log", "level"): args.log_level,
        ("console", "enabled"): False if args.no_console else None,
    }
    return {key: value for key, value in given.items() if value is not None}


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop. Raises :class:`~natterjack.exits.CommandError` where it can't start."""

    def load() -> Config:
        return configuration.load(args.config, os.environ, options(args))

    config = load()
    logs = _start_logging(config.log.level)
    data = DataDir(config.data_dir)
    raise_descriptor_limit()
    output = Output(args.json)
    try:
        server = Server(config, output, data, load)
        server.listen()
        server.catch_signals()
        _greet(output, config, server, data)
        return server.run()
    finally:
        output.close()
        logs.stop()
        data.close()


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
    if not config.limits.enabled:
        _warn("--no-limits: NO LIMITS of pace or number are in force. Not for a real network.")


def _warn(text: str) -> None:
    logging.getLogger("natterjack").warning("%s", text)
