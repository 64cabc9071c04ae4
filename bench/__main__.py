"""`python3 -m bench`: drive an IRC server with load, compare servers, try natterjack's promises.

Start it in the top directory.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import venv
from pathlib import Path
from types import FrameType

from . import page, procinfo, report
from . import rivals as known
from .compare import Comparison, compare, merged, save, say, usable
from .peers import ROOT, Miniircd, Natterjack, Peer, cache_directory
from .serverproc import StartError
from .shapes import SHAPES, VARIANTS, Load, NotOfferedError, Shape, drive, resized
from .swarm import LoadError
from .trials.command import TRIALS, add_trials

GOAL_SHAPES = ("saturated", "rooms")
"""Where natterjack is to take no more CPU time per delivery than the reference server."""

_SPARE_DESCRIPTORS = 256

UNFINISHED = 3
"""Exit status of `measure` while there is more to do."""


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done; 1 a load failed, a goal was missed; 2 wrong usage; 3 unfinished; 130 interrupted."""
    parser = _parser()
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        status: int = options.run(options)
    except (LoadError, StartError, OSError, ValueError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except NotOfferedError:
        print("bench: the server offers none of the wanted capabilities", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def _terminate(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends us like Ctrl-C, so that everything started is stopped."""
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m bench", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_load(commands.add_parser("load", help="drive a server that is already running, once"))
    _add_compare(commands.add_parser("compare", help="start servers in turn, drive each, compare them"))
    pieces = commands.add_parser(
        "measure", help="the whole comparison, in pieces that fit into a few minutes"
    )
    _add_choice(pieces)
    pieces.add_argument(
        "results", type=Path, metavar="FILE", help="raw results; where it is there, go on with it"
    )
    pieces.add_argument(
        "--minutes",
        type=float,
        default=4.5,
        help="begin nothing that lasts longer; 0: all of it (%(default)s)",
    )
    pieces.set_defaults(run=_measure)
    made = commands.add_parser("page", help="tables and pictures for docs/performance.md from raw results")
    made.add_argument("results", type=Path, nargs="+", metavar="FILE", help="what `measure` wrote")
    made.add_argument("--page", type=Path, default=ROOT / "docs" / "performance.md", help="(%(default)s)")
    made.set_defaults(run=_page)
    shown = commands.add_parser("report", help="make the Markdown anew from raw results")
    shown.add_argument(
        "results", type=Path, nargs="+", help="what `compare --json` wrote; more than one is put together"
    )
    shown.add_argument("--markdown", type=Path, metavar="FILE", help="update the section in this file")
    shown.set_defaults(run=_report)
    add_trials(commands.add_parser("trial", help="try one of natterjack's promises"))
    listed = commands.add_parser("list", help="list shapes, variants, servers and trials")
    listed.set_defaults(run=_list)
    fetched = commands.add_parser(
        "fetch", help="put miniircd (PyPI) and ircd-hybrid (apt) into a cache directory"
    )
    fetched.set_defaults(run=_fetch)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    usual = Load()
    parser.add_argument(
        "--seconds", type=float, default=usual.seconds, help="length of a measurement (%(default)s)"
    )
    parser.add_argument(
        "--warm-up", type=float, default=usual.warm_up, help="seconds before it (%(default)s)"
    )
    parser.add_argument(
        "--text-bytes", type=int, default=usual.text_bytes, help="text of a message (%(default)s)"
    )
    parser.add_argument(
        "--workers", type=int, default=usual.workers, help="generator processes (%(default)s)"
    )
    parser.add_argument(
        "--sampled", type=int, default=usual.sampled, help="clients whose latency is taken (%(default)s)"
    )
    parser.add_argument(
        "--batch", type=int, default=usual.batch, help="connections on their way in at a time"
    )
    parser.add_argument("--cpus", default="1", help="CPUs of the generator, or 'any' (%(default)s)")
    parser.add_argument(
        "--tls",
        action="store_true",
        help="speak TLS (of the servers here, natterjack alone does so as started)",
    )
    parser.add_argument("--clients", type=int, help="other number of clients than the shape's")
    parser.add_argument("--channel-size", type=int, help="other size of channels than the shape's")
    parser.add_argument("--window", type=int, help="other number of messages under way than the shape's")


def _add_load(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address (%(default)s)")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--shape", choices=SHAPES, default="saturated")
    parser.add_argument("--caps", default="", help="capabilities to request, comma-separated, or 'all'")
    parser.add_argument("--pid", type=int, help="the server's process id, for CPU time and memory")
    parser.set_defaults(run=_load)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    parser.add_argument("--shapes", default=",".join(SHAPES), help="comma-separated (%(default)s)")
    parser.add_argument("--peers", default=",".join(known.PEERS), help="comma-separated (%(default)s)")
    parser.add_argument("--variants", help=f"comma-separated, of {', '.join(VARIANTS)} (each shape's own)")
    parser.add_argument(
        "--peer",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="one more server, by its command line with {port} and perhaps {dir} in it (repeatable)",
    )
    parser.add_argument("--server-cpus", default="0", help="CPUs of the servers, or 'any' (%(default)s)")


def _add_compare(parser: argparse.ArgumentParser) -> None:
    _add_choice(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw results")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="update the section in this file")
    parser.add_argument("--check", action="store_true", help="exit 1 if natterjack misses its goal")
    parser.set_defaults(run=_compare)


def _loading(options: argparse.Namespace) -> Load:
    return Load(
        seconds=options.seconds,
        warm_up=options.warm_up,
        text_bytes=options.text_bytes,
        batch=options.batch,
        workers=options.workers,
        sampled=options.sampled,
        cpus=procinfo.parse_cpus(options.cpus),
        tls=options.tls,
    )


def _shape(name: str, options: argparse.Namespace) -> Shape:
    if name not in SHAPES:
        raise ValueError(f"no shape {name}; there are {', '.join(SHAPES)}")
    return resized(SHAPES[name], options.clients, options.channel_size, options.window)


def _peers(options: argparse.Namespace) -> list[Peer]:
    chosen: list[Peer] = []
    for name in filter(None, options.peers.split(",")):
        if name not in known.PEERS:
            raise ValueError(f"no server {name}; there are {', '.join(known.PEERS)}, and --peer")
        chosen.append(known.PEERS[name]())
    for text in options.peer:
        name, equals, command = text.partition("=")
        if not equals:
            raise ValueError("--peer takes NAME=COMMAND")
        chosen.append(known.CommandLine(name, command))
    return chosen


def _load(options: argparse.Namespace) -> int:
    shape = _shape(options.shape, options)
    procinfo.raise_descriptor_limit(shape.clients + _SPARE_DESCRIPTORS)
    names = [name for name in options.caps.split(",") if name]
    wanted: str | frozenset[str] = "all" if names == ["all"] else frozenset(names)
    figures, capabilities = drive(shape, (options.host, options.port), wanted, options.pid, _loading(options))
    answer = {"shape": shape.title, "capabilities": sorted(capabilities), **figures}
    print(json.dumps(answer, indent=1))
    return 0


def _compare(options: argparse.Namespace) -> int:
    shapes = [_shape(name, options) for name in options.shapes.split(",")]
    variants = options.variants.split(",") if options.variants else None
    for variant in variants or ():
        if variant not in VARIANTS:
            raise ValueError(f"no variant {variant}; there are {', '.join(VARIANTS)}")
    load = _loading(options)
    procinfo.raise_descriptor_limit(max(shape.clients for shape in shapes) + _SPARE_DESCRIPTORS)
    procinfo.pin(load.cpus)
    peers = usable(_peers(options))
    if not peers:
        raise ValueError("none of the servers can be started")
    cpus = procinfo.parse_cpus(options.server_cpus)
    result, _ = compare(peers, shapes, variants, rounds=options.rounds, load=load, server_cpus=cpus)
    if options.json:
        save(result, options.json)
    _show(result, options.markdown)
    missed = report.misses(result, Natterjack.name, GOAL_SHAPES) if options.check else []
    for line in missed:
        say(f"goal missed: {line}")
    return 1 if missed else 0


def _measure(options: argparse.Namespace) -> int:
    """As compare, but on from where the last call has left off."""
    path: Path = options.results
    before = Comparison.parse(path.read_text()) if path.exists() else None
    shapes = [_shape(name, options) for name in options.shapes.split(",")]
    variants = options.variants.split(",") if options.variants else None
    load = _loading(options)
    procinfo.raise_descriptor_limit(max(shape.clients for shape in shapes) + _SPARE_DESCRIPTORS)
    procinfo.pin(load.cpus)
    _, left = compare(
        usable(_peers(options)),
        shapes,
        variants,
        rounds=options.rounds,
        load=load,
        server_cpus=procinfo.parse_cpus(options.server_cpus),
        before=before,
        minutes=options.minutes,
        keep=lambda result: save(result, path),
    )
    if left:
        say(f"{left} groups are left: the same command goes on with them")
        return UNFINISHED
    say(f"all is measured: python3 -m bench page {path}")
    return 0


def _page(options: argparse.Namespace) -> int:
    result = merged([Comparison.parse(path.read_text()) for path in options.results])
    for picture in page.write(result, options.page, options.page.with_suffix("")):
        say(f"wrote {picture}")
    return 0


def _report(options: argparse.Namespace) -> int:
    _show(merged([Comparison.parse(path.read_text()) for path in options.results]), options.markdown)
    return 0


def _show(result: Comparison, path: Path | None) -> None:
    text = report.markdown(result, {name: shape.headline for name, shape in SHAPES.items()})
    print(text)
    if path is not None:
        report.update(path, text)


def _list(options: argparse.Namespace) -> int:
    for shape in SHAPES.values():
        print(f"shape   {shape.name:12} {shape.title}")
    for name, wanted in VARIANTS.items():
        print(
            f"variant {name:12} {wanted if isinstance(wanted, str) else ' '.join(sorted(wanted)) or 'none'}"
        )
    for name, kind in known.PEERS.items():
        print(f"server  {name:12} {kind().missing() or 'can be started'}")
    for name, trial in TRIALS.items():
        print(f"trial   {name:12} {trial.about}")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    directory = cache_directory() / Miniircd.name
    venv.create(directory, with_pip=True, clear=True)
    done = subprocess.run([str(directory / "bin" / "pip"), "install", "miniircd"], check=False)
    failed = known.fetch_hybrid()
    if failed:
        print(f"bench: {failed}", file=sys.stderr)
    return 1 if done.returncode or failed else 0


if __name__ == "__main__":
    sys.exit(main())
