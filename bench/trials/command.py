"""`python3 -m bench trial NAME`: the table of trials."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import procinfo

from . import crowd, fuzz, guess, history, pauses, reconnect, slow_readers, tls_cost
from .options import Common, add_options, read
from .outcome import Outcome, circumstances, load_average, update


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial: what it tries in a few words, its settings, how many descriptors it takes, and how to run it."""

    about: str
    settings: type[Common]
    descriptors: Callable[[Any], int]
    run: Callable[[Any], Outcome]


TRIALS: Final[dict[str, Trial]] = {
    "slow-readers": Trial(
        "a quarter of a channel stops reading for a minute (G8)",
        slow_readers.Settings,
        lambda settings: settings.clients + 256,
        slow_readers.run,
    ),
    "crowd": Trial(
        "more connections than are permitted, or than there are descriptors for (G11)",
        crowd.Settings,
        lambda settings: settings.descriptors,
        crowd.run,
    ),
    "fuzz": Trial(
        "garbage of every kind, while one client wants answers (G9)",
        fuzz.Settings,
        lambda settings: settings.connections + 256,
        fuzz.run,
    ),
    "guess": Trial(
        "100,000 wrong passwords while ten clients talk",
        guess.Settings,
        lambda settings: settings.scram + settings.plain + 256,
        guess.run,
    ),
    "history": Trial(
        "pages and searches out of millions of messages, through the server",
        history.Settings,
        lambda _settings: 512,
        history.run,
    ),
    "pauses": Trial(
        "how long Python's collector holds the loop up, and what 10,000 take who do nothing",
        pauses.Settings,
        lambda settings: settings.clients + 256,
        pauses.run,
    ),
    "reconnect": Trial(
        "1,000 clients lose their connections, and come back over TLS",
        reconnect.Settings,
        lambda settings: settings.clients + 256,
        reconnect.run,
    ),
    "tls-cost": Trial(
        "CPU time per delivery in a saturated channel, TLS by plain text",
        tls_cost.Settings,
        lambda settings: settings.clients + 256,
        tls_cost.run,
    ),
}
"""Trials by name."""


def add_trials(parser: argparse.ArgumentParser) -> None:
    """A command for each trial below `trial`."""
    names = parser.add_subparsers(required=True, metavar="NAME")
    for name, trial in TRIALS.items():
        own = names.add_parser(name, help=trial.about, description=trial.about)
        add_options(own, trial.settings)
        own.add_argument("--markdown", type=Path, metavar="FILE", help="put the table into this file")
        own.add_argument("--remark", default="", help="what to say beside the figures, such as of other load")
        own.set_defaults(run=run, trial=name)


def run(options: argparse.Namespace) -> int:
    """Run one trial: 0 if it passed, 1 if not."""
    trial = TRIALS[options.trial]
    settings = read(options, trial.settings)
    procinfo.raise_descriptor_limit(trial.descriptors(settings))
    load_before = load_average()
    outcome = trial.run(settings)
    print(outcome.text(), flush=True)
    if options.markdown is not None:
        command = shlex.join(["python3", "-m", "bench", *_without(sys.argv[1:], "--markdown", "--remark")])
        update(options.markdown, outcome, circumstances(command, load_before, options.remark))
    return 0 if outcome.passed else 1


def _without(words: list[str], *options: str) -> list[str]:
    """The command line less some options and their values."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip or word.partition("=")[0] in options:
            skip = not skip and "=" not in word
        else:
            kept.append(word)
    return kept
