"""``natterjack check-config``: everything that is wrong with the configuration, at once."""

from __future__ import annotations

import argparse
import datetime as dt
import os
from pathlib import Path

from natterjack.exits import BAD_CONFIG, OK, CommandError, complain
from natterjack.server import config as configuration
from natterjack.server.certificates import BadKeyError, load_identity


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``natterjack check-config``: all those of ``serve`` that are settings."""
    configuration.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """0 if a server would start with it and nothing else is wrong, else 78, with a line for each trouble."""
    found = configuration.examine(args.config, os.environ, configuration.given(args))
    for trouble in found.troubles:
        complain(str(trouble))
    wrong = bool(found.troubles)
    tls = found.config.tls
    if tls.cert and tls.key:
        setting = "tls.cert"
        try:
            identity = load_identity(Path(tls.cert).expanduser(), Path(tls.key).expanduser())
            fault = identity.fault(dt.datetime.now(dt.UTC))
        except CommandError as error:
            setting = "tls.key" if isinstance(error, BadKeyError) else setting
            fault = str(error)
        if fault:
            complain(f"{setting}: {fault}")
            wrong = True
    if wrong:
        return BAD_CONFIG
    count = sum(origin is not configuration.DEFAULT for origin in found.origins.values())
    settings = "1 setting is" if count == 1 else f"{count} settings are"
    print(f"The configuration is good: {settings} given, the others have their defaults.")
    return OK
