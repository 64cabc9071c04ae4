"""A trial's settings as options of the command: a frozen dataclass, each of its fields an option."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar

from bench import procinfo

T = TypeVar("T")


def option(default: T, about: str) -> T:
    """A field of a trial's settings that `--its-name` sets."""
    value: T = field(default=default, metadata={"about": about})
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What all trials have in common."""

    setting: tuple[tuple[str, str], ...] = ()
    """Settings of the server by their names in the environment, such as NATTERJACK_LIMITS__QUEUE_CLOSE."""
    cpus: frozenset[int] = frozenset()
    server_cpus: frozenset[int] = frozenset()
    """Empty: any."""


def add_options(parser: argparse.ArgumentParser, settings: type[Common]) -> None:
    """One option for each field."""
    for each in _own(settings):
        name = "--" + each.name.replace("_", "-")
        about = f"{each.metadata['about']} (%(default)s)"
        if isinstance(each.default, bool):
            parser.add_argument(name, action=argparse.BooleanOptionalAction, default=each.default, help=about)
        else:
            parser.add_argument(name, type=type(each.default), default=each.default, help=about)
    parser.add_argument(
        "--setting",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="a setting of the server (docs/configuration.md) other than its default (repeatable)",
    )
    usual = settings()
    for name, who in (("cpus", "clients"), ("server_cpus", "server")):
        default = ",".join(map(str, sorted(getattr(usual, name)))) or "any"
        about = f"CPUs of the {who}, or 'any' (%(default)s)"
        parser.add_argument("--" + name.replace("_", "-"), default=default, help=about)


def read(options: argparse.Namespace, settings: type[Common]) -> Common:
    """The settings that were given. Raises ValueError where one can't be."""
    values = {each.name: getattr(options, each.name) for each in _own(settings)}
    return settings(
        **values,
        setting=tuple(_variable(text) for text in options.setting),
        cpus=procinfo.parse_cpus(options.cpus),
        server_cpus=procinfo.parse_cpus(options.server_cpus),
    )


def _own(settings: type[Common]) -> Iterator[Field[Any]]:
    return (each for each in fields(settings) if "about" in each.metadata)


def _variable(text: str) -> tuple[str, str]:
    """limits.queue_close=4MiB as a variable of the server's environment."""
    name, equals, value = text.partition("=")
    section, dot, key = name.partition(".")
    if not equals or not dot:
        raise ValueError(f"--setting takes SECTION.KEY=VALUE, not {text!r}")
    return f"NATTERJACK_{section}__{key}".upper(), value
