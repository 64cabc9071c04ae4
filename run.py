#!/usr/bin/env python3
"""Run Natterjack from its source tree: python3 run.py COMMAND ...

Makes the environment that the command needs (once; tools/environment.py tells how) and hands over to the command.
Standard output, signals and the exit code are the command's own.
"""

import os
import sys
from contextlib import suppress

if sys.version_info < (3, 11):  # noqa: UP036 - this line is what tells an older Python that it is too old
    sys.exit("natterjack: this is Python %d.%d, and it takes 3.11 or newer" % sys.version_info[:2])  # noqa: UP031

ROOT = os.path.dirname(os.path.realpath(__file__))
# command: its lock in requirements/; for all others it is "run"
NEEDS = {"test": "dev", "check": "dev", "gui": "gui", "screenshots": "gui", "compiled": "compiled"}
OURS = {
    "test": ["-m", "pytest"],
    "check": ["tools/check.py"],
    "dist": ["tools/dist.py"],
    "compiled": ["tools/compiled.py"],
    "screenshots": ["tools/screenshots.py"],
}  # what Python is to run
USAGE = """\
usage: python3 run.py COMMAND [option ...]

  test [pytest option ...]   run the tests
  check                      run the linters and the type checker
  dist                       make dist/natterjack-VERSION.zip
  compiled [--test ...]      make a wheel with the way of a message compiled, and test it
  screenshots [folder]       make the pictures of the window in docs/screenshots

All other commands are the program's own:
"""


def main(arguments: list[str]) -> int:
    """Run a command. Returns its exit code, where the system cannot simply put it in our place."""
    sys.path.insert(0, os.path.join(ROOT, "tools"))
    import environment

    if not arguments or arguments[0] in ("-h", "--help"):
        with suppress(OSError):  # the command, which writes to the same, tells of that
            print(USAGE, flush=True)
        arguments = ["--help"]
    command, *options = arguments
    python = environment.ensure(NEEDS.get(command, "run"))
    what = ["-m", "natterjack", command]
    if command in OURS:
        what = OURS[command]
        os.chdir(ROOT)
    return hand_over([python, "-P", *what, *options])  # -P: nothing is imported from the current directory


def hand_over(command: list[str]) -> int:
    """Become the command; on Windows, where a process cannot, wait for it."""
    if sys.platform != "win32":
        os.execv(command[0], command)
    import signal
    import subprocess

    child = subprocess.Popen(command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the child too, and is the child's to answer
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
