"""The environment in .venv/ that run.py hands over to.

Theory of operation. requirements/NAME.txt (a *lock*) pins every package with its hashes. An environment that holds a
lock has a *stamp* for it, .venv/NAME.stamp, which is written last and keeps a copy of all that the environment was made
from: the kind of Python, the place, and the lock itself. So "is all in place?" is one comparison of bytes, cheap enough
for every start, and whatever goes wrong on the way (no network, Ctrl-C, power) leaves no stamp and is mended by the
next start. A stamp that no longer fits means: make it anew, from nothing. A stamp that is not there, beside one that
fits, means: add that lock's packages to those that stand.

Environments cannot be moved, so it is not built aside and renamed; starts that find something to do take turns, by a
lock on .venv.lock. The installer inherits that lock: it holds even if run.py is killed and the installer lives on.

The program is not installed. A .pth file makes src/ importable, so an edit needs no build step.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, *(("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")))
LOCKS = ("run", "gui", "dev", "compiled")  # every lock holds the pins of those before it
LARGE = {
    "gui": "; Qt is 80 MB to fetch",
    "dev": "; Qt is 80 MB to fetch",
    "compiled": "; Qt is 80 MB to fetch",
}  # why it takes so long
BASE: str = getattr(
    sys, "_base_executable", sys.executable
)  # the Python itself, should we be in an environment
UNREACHABLE = (  # how pip and uv say that there is no way to the package index
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeoutError",
    "ProxyError",
    "Connection refused",
    "error sending request",
    "Failed to fetch",
)


def ensure(lock: str) -> str:
    """Make the environment hold a lock, unless it does. Returns its Python; raises SystemExit if it cannot be made."""
    try:
        if not ready(lock):
            take_turn_and_make(lock)
    except KeyboardInterrupt:
        say("interrupted; the next start makes the environment anew")
        sys.exit(130)
    except OSError as error:
        sys.exit(f"natterjack: its environment cannot be made in {VENV}: {error}")
    return PYTHON


def ready(lock: str) -> bool:
    return any(map(holds, LOCKS[LOCKS.index(lock) :]))


def holds(lock: str) -> bool:
    """Whether the environment stands, and was made from what we have now."""
    try:
        with open(stamp(lock), "rb") as file:
            base, _, origin = file.read().partition(b"\n")
    except OSError:
        return False
    return origin == origin_of(lock) and os.path.exists(base) and os.path.exists(PYTHON)


def stamp(lock: str) -> str:
    return os.path.join(VENV, f"{lock}.stamp")


def pins(lock: str) -> str:
    return os.path.join(ROOT, "requirements", f"{lock}.txt")


def origin_of(lock: str) -> bytes:
    """All that an environment depends on. Python's patch release is not in it: environments outlive those."""
    with open(pins(lock), "rb") as file:
        return os.fsencode(f"{sys.implementation.cache_tag} {sys.platform} {ROOT}\n") + file.read()


def say(text: str) -> None:
    """Tell the user something, on standard error: standard output may be read by a program."""
    print(f"natterjack: {text}", file=sys.stderr, flush=True)


# From here on: what a start does only when something is missing. The imports are in the functions, so that the start
# that finds all in place does not pay for them.


def take_turn_and_make(lock: str) -> None:
    with open(os.path.join(ROOT, ".venv.lock"), "ab") as turn:
        wait_for(turn.fileno())
        if not ready(lock):  # who went before us may have made it
            make(lock, turn.fileno())


def wait_for(turn: int) -> None:
    """Wait until no other start is making the environment. Closing the file, or the end of the process, lets go."""
    waiting = "another start is making the environment; waiting for it ..."
    if sys.platform == "win32":
        import msvcrt

        while True:
            try:
                return msvcrt.locking(turn, msvcrt.LK_LOCK, 1)  # gives up after ten seconds
            except OSError:
                say(waiting)
    import fcntl

    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(waiting)
        fcntl.flock(turn, fcntl.LOCK_EX)


def make(lock: str, turn: int) -> None:
    """Make the environment, or add a lock to the one that stands: with uv if there is one, else with pip."""
    import importlib.util
    import shutil

    uv = shutil.which("uv")
    ways: list[str | None] = [uv] if uv else []
    if importlib.util.find_spec("ensurepip"):
        ways.append(None)
    if not ways:
        sys.exit("natterjack: a part of Python is missing; on Debian and Ubuntu: apt install python3-venv")
    standing = any(map(holds, LOCKS))
    say(f"{'adding to' if standing else 'making'} its environment in .venv (once{LARGE.get(lock, '')}) ...")
    said = ""
    for way in ways:
        said = attempt(lock, way, standing, turn)
        if not said:
            return
    if any(sign in said for sign in UNREACHABLE):
        sys.exit("natterjack: the package index (PyPI) cannot be reached; a first start needs it")
    sys.exit(f"{said}\nnatterjack: its environment could not be made; the installer's reasons are above")


def attempt(lock: str, uv: str | None, standing: bool, turn: int) -> str:
    """Try one way, uv or (None) pip. Returns nothing if it worked, else what the installer said."""
    import subprocess
    import sysconfig

    packages = sysconfig.get_path("purelib", "venv", {"base": VENV})
    installer = [PYTHON, "-I", "-m", "pip", "install"]
    if uv:
        installer = [uv, "pip", "install", "--compile-bytecode", "--python", PYTHON]
    steps = [[*installer, "--require-hashes", "-r", pins(lock)]]
    if not standing:
        for other in LOCKS:  # the stamps go first: half an environment must never pass for a whole one
            if os.path.exists(stamp(other)):
                os.unlink(stamp(other))
        steps.insert(0, [BASE, "-I", "-m", "venv", "--clear", *(["--without-pip"] if uv else []), VENV])
    elif not uv and not os.path.exists(os.path.join(packages, "pip")):  # it was made with uv, which is gone
        steps.insert(0, [PYTHON, "-I", "-m", "ensurepip"])

    surroundings = {**os.environ, "PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    for step in steps:
        done = subprocess.run(
            step,
            check=False,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=() if sys.platform == "win32" else (turn,),
        )
        if done.returncode:
            return done.stdout.strip() or f"{step[0]} ended with exit code {done.returncode}"

    with open(os.path.join(packages, "natterjack.pth"), "w", encoding="ascii") as file:
        file.write(os.path.relpath(os.path.join(ROOT, "src"), packages) + "\n")
    # As installers do, also where PYTHONDONTWRITEBYTECODE is set: else each start would compile everything anew.
    ours = [os.path.join(ROOT, folder) for folder in ("src", "tools")]
    compiling = [PYTHON, "-I", "-m", "compileall", "-q", *ours]
    subprocess.run(compiling, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    unfinished = stamp(lock) + ".new"
    with open(unfinished, "wb") as file:
        file.write(os.fsencode(BASE) + b"\n" + origin_of(lock))
    os.replace(unfinished, stamp(lock))
    return ""
