#!/usr/bin/env python3
"""Run Natterjack from its source tree: python3 run.py COMMAND ...

Makes the environment that the command needs (once; tools/environment.py tells how) and hands over to the command.
Standard output, signals and the exit code are the command's own.
"""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this line is what tells an older Python that it is too old
    sys.exit("natterjack: this is Python %d.%d, and it takes 3.11 or newer" % sys.version_info[:2])  # noqa: UP031

ROOT = os.path.dirname(os.path.realpath(__file__))
PROGRAM = "-m", "natterjack"
COMMANDS = {  # command: the lock in requirements/ that it needs, and what Python is to run
    "test": ("dev", ("-m", "pytest")),
    "check": ("dev", ("tools/check.py",)),
    "dist": ("run", ("tools/dist.py",)),
}  # every other command is the program's own
USAGE = """\
usage: python3 run.py COMMAND [option ...]

  test [pytest option ...]   run the tests
  check                      run the linters and the type checker
  dist                       make dist/natterjack-VERSION.zip

All other commands are the program's own:
"""


def main(arguments: list[str]) -> int:
    """Run a command. Returns its exit code, where the system cannot simply put it in our place."""
    sys.path.insert(0, os.path.join(ROOT, "tools"))
    import environment

    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, flush=True)
        arguments = ["--help"]
    lock, what = "run", (*PROGRAM, arguments[0])
    if arguments[0] in COMMANDS:
        lock, what = COMMANDS[arguments[0]]
        os.chdir(ROOT)
    # -P: what lies in the current directory is never imported by accident.
    return hand_over([environment.ensure(lock), "-P", *what, *arguments[1:]])


def hand_over(command: list[str]) -> int:
    """Become the command; on Windows, where a process cannot, wait for it."""
    if sys.platform != "win32":
        os.execv(command[0], command)
    import signal
    import subprocess

    child = subprocess.Popen(command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the child as well, and it is the child's to answer
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
