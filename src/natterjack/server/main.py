"""``natterjack serve``: options, the first lines, and the run."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import resource
import sys
import time

from natterjack.exits import FAILED, CommandError
from natterjack.server import config as configuration
from natterjack.server.app import Server
from natterjack.server.config import Config
from natterjack.server.datadir import DataDir
from natterjack.server.entry import Entry
from natterjack.server.greeting import greet
from natterjack.server.logs import Logs
from natterjack.server.output import Output
from natterjack.store.database import StoreError
from natterjack.store.retention import Keep
from natterjack.store.writer import Store

_log = logging.getLogger(__name__)

#: For how many the kernel's table has room when we begin: 128 KiB of its memory.
_DESCRIPTORS = 16_384


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``natterjack serve``: those of the configuration, and how to print."""
    configuration.add_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop. Raises :class:`~natterjack.exits.CommandError` where it can't start."""

    def load() -> Config:
        return configuration.load(args.config, os.environ, configuration.given(args))

    gc.disable()  # until the server runs: what is loaded here stays, and there is nothing to collect
    config = load()
    _raise_descriptor_limit()
    _widen_descriptor_table()  # before there are threads
    logs = Logs(config.log.level)
    data = DataDir(config.data_dir)
    first = str(data.path) if data.untold() else ""
    store = _open_store(data, config)
    output = Output(args.json)
    try:
        server = Server(config, output, data, store, load)
        entry = server.listen()
        server.catch_signals()
        _greet(output, config, entry, first, server.invite())
        data.told()
        return server.run()
    except StoreError as error:
        raise CommandError(FAILED, str(error)) from error
    finally:
        output.close()
        logs.stop()
        store.close()
        data.close()


def _raise_descriptor_limit() -> None:
    """The soft limit of open descriptors up to the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError) as error:  # macOS says "unlimited" and then refuses it
            _log.debug("descriptor limit stays at %d: %s", soft, error)


def _widen_descriptor_table() -> None:
    """Have the kernel's table of our descriptors be large from the start.

    Linux doubles it when it is full, and where a process has threads it waits first until none of them can be looking
    at the old one (``expand_fdtable`` in fs/file.c): up to 15 ms in ``accept``, in which nobody is heard, at each
    doubling. Without threads it does not wait. It shrinks no more.
    """
    if sys.platform != "linux":
        return
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = min(soft, _DESCRIPTORS) - 1
    any_one = os.open(os.devnull, os.O_RDONLY)
    try:
        if highest > any_one:
            os.close(os.dup2(any_one, highest))
    except OSError as error:
        _log.debug("the table of descriptors stays small: %s", error)
    finally:
        os.close(any_one)


def _open_store(data: DataDir, config: Config) -> Store:
    # With durability none too, accounts and channels are stored, and safely.
    power = config.storage.durability != "process"
    keep = Keep(config.storage.keep_for, config.storage.keep_messages)
    try:
        return Store(data.path, power, keep)
    except StoreError as error:
        raise CommandError(FAILED, str(error)) from error


def _greet(output: Output, config: Config, entry: Entry, first: str, invite: str) -> None:
    greet(output, config, entry.host, entry.port, entry.identity, first=first, invite=invite)
    for row, wrong, right, _ in configuration.crossing(config):
        _warn(f"{row.name}: {wrong}: {right}")
    entry.look_at_dates(time.time())
    if not config.limits.enabled:
        _warn("--no-limits: NO LIMITS of pace or number are in force. Not for a real network.")


def _warn(text: str) -> None:
    logging.getLogger("natterjack").warning("%s", text)
