"""What Linux knows of a process: its CPU time, its memory, its children. Also limits and pinning of our own.

CPU time comes from the process's CPU clock, which counts nanoseconds over all threads, those that have
ended included; /proc/PID/stat would only give ticks of 10 ms.
"""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

_CPUCLOCK_SCHED = 2
"""Kind of clock in the low three bits of a clock id (Linux, include/linux/posix-timers.h)."""


def cpu_clock_id(pid: int) -> int:
    """The id of the clock that counts the CPU time of process `pid`: what clock_getcpuclockid(3) returns."""
    return (~pid << 3) | _CPUCLOCK_SCHED


def cpu_time_ns(pids: Iterable[int]) -> int:
    """CPU time (user and system, all threads) of the processes together, in nanoseconds.

    A process that has ended counts as 0, so take the processes once and compare like with like.
    """
    total = 0
    for pid in pids:
        try:
            total += time.clock_gettime_ns(cpu_clock_id(pid))
        except OSError:
            continue
    return total


def parent_of(stat: str) -> int:
    """The parent's id out of the text of /proc/PID/stat. The name in it may hold blanks and brackets."""
    return int(stat[stat.rindex(")") + 2 :].split()[1])


def process_tree(root: int) -> list[int]:
    """`root` and all its descendants, as they are now."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = parent_of((entry / "stat").read_text(errors="replace"))
        except (OSError, ValueError):
            continue  # ended while we looked
        children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def memory_bytes(pids: Iterable[int]) -> int:
    """What the processes have taken for themselves (anonymous and shared memory), in bytes.

    Shared pages are divided by the number of those who share them (PSS). Mapped files are left out, for
    their share changes whenever another program that uses the same libraries starts or ends. Where that is
    not to be read, the resident size.
    """
    return sum(_memory_of(pid) for pid in pids)


def _memory_of(pid: int) -> int:
    for name, fields in (("smaps_rollup", ("Pss_Anon", "Pss_Shmem")), ("status", ("VmRSS",))):
        try:
            text = Path(f"/proc/{pid}/{name}").read_text(errors="replace")
        except OSError:
            continue
        found = kibibytes(text, fields)
        if found is not None:
            return found * 1024
    return 0


def kibibytes(text: str, fields: tuple[str, ...]) -> int | None:
    """Sum of lines like "Pss_Anon:   12 kB" in a file of /proc; None if one of the `fields` is not there."""
    values = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name in fields:
            values[name] = int(value.split()[0])
    return sum(values.values()) if len(values) == len(fields) else None


def raise_descriptor_limit(wanted: int) -> None:
    """Make room for `wanted` open descriptors, here and in what is started from here.

    Raises OSError if the hard limit is lower and may not be raised.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            except (ValueError, OSError) as error:
                raise OSError(
                    f"{wanted} open files are needed, the hard limit is {hard}: raise it with `ulimit -Hn`"
                ) from error
        else:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def parse_cpus(text: str) -> frozenset[int]:
    """CPU numbers out of "0", "1,3" or "0-2"; an empty set ("do not pin") out of "" or "any".

    Raises ValueError if it is neither.
    """
    cpus: set[int] = set()
    if text in ("", "any"):
        return frozenset()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        cpus.update(range(int(first), int(last if dash else first) + 1))
    return frozenset(cpus)


def pin(cpus: frozenset[int]) -> None:
    """Keep the calling process on `cpus`. An empty set, or one the machine does not have, changes nothing."""
    if cpus:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cpus)


@contextlib.contextmanager
def pinned(cpus: frozenset[int]) -> Iterator[None]:
    """In here the calling process, and what it starts, stays on `cpus`, as :func:`pin` has it."""
    before = os.sched_getaffinity(0)
    pin(cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def machine() -> str:
    """One line that says on what this ran: processor, CPUs, kernel, Python."""
    model = "unknown processor"
    try:
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    kernel = ".".join(platform.release().split(".")[:2])
    return f"{model}, {os.cpu_count()} CPUs, Linux {kernel}, Python {platform.python_version()}"
