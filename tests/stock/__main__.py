"""``python -m tests.stock``: tuspy, tus-js-client and curl move files, are killed on the way, and go on.

With ``--tuspy PYTHON`` (one for which ``pip install tuspy`` was done) and ``--tus-js FOLDER`` (in which ``npm install
tus-js-client`` was): those are other people's programs, and none that Natterjack's own tests need. What is not named is
not tried. Exits with 1 where something is not as it should be.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.fileserver import Web, b64
from tests.support.process import ServerProcess, serving

_HERE = Path(__file__).parent
_MIB = 1 << 20
_SIZE = 40 * _MIB + 12_345
#: After so many pieces of 1 MiB the uploader is killed, each time anew.
_KILLED = (1, 5, 8)


def main() -> int:
    """Run all that is there."""
    parser = argparse.ArgumentParser(prog="python -m tests.stock", description=__doc__.split("\n")[0])
    parser.add_argument("--tuspy", metavar="PYTHON", help="a Python that has tuspy")
    parser.add_argument(
        "--tus-js", metavar="FOLDER", type=Path, help="a folder with node_modules/tus-js-client"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="natterjack-stock-") as name:
        scratch = Path(name)
        file = scratch / "file"
        file.write_bytes(os.urandom(_SIZE))
        with serving(scratch / "data", "--log-level", "warning") as server:
            with server.connect("ann") as irc:
                irc.send("REGISTER * * password-of-ann")
                irc.until("REGISTER SUCCESS")
            authorization = f"Basic {b64('ann:password-of-ann')}"
            trial = Trial(server, file, authorization)
            if options.tuspy:
                trial.uploaded("tuspy", [options.tuspy, str(_HERE / "upload.py")], scratch / "tuspy.json")
            if options.tus_js:
                script = shutil.copy(_HERE / "upload.js", options.tus_js)
                trial.uploaded("tus-js-client", ["node", script], scratch / "tus-js.json")
                Path(script).unlink()
            if shutil.which("curl"):
                trial.fetched("curl", scratch)
            code, errors = server.end()
    if code or "Traceback" in errors:
        print(errors)
        return 1
    return trial.failed


class Trial:
    """``failed`` is 1 as soon as something was not right."""

    def __init__(self, server: ServerProcess, file: Path, authorization: str) -> None:
        self._url = f"http://127.0.0.1:{server.port}/files/"
        self._web = Web(server.port)
        self._file = file
        self._sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        self._authorization = authorization
        self.failed = 0

    def uploaded(self, name: str, command: list[str], store: Path) -> None:
        """Killed again and again, and what it has uploaded in the end is the file."""
        words = [*command, self._url, str(self._file), str(store), self._authorization]
        begun = [self._killed(words, pieces) for pieces in _KILLED]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
        lines = done.stdout.splitlines()
        last = lines[-1] if lines else done.stderr
        went_on = sum(line.startswith("at ") for line in lines) < _SIZE // _MIB - max(_KILLED)
        path = last.removeprefix("done ")
        right = False
        if last.startswith("done "):
            address = "/files/" + path.rpartition("/")[2]
            headers = self._web.ask("HEAD", address, Authorization=self._authorization)[1]
            right = (
                headers["ETag"] == f'"{self._sha256}"' and "gr%C3%B6%C3%9Fe" in headers["Content-Disposition"]
            )
        self._say(name, right and went_on, f"began at {begun}, then {lines[:1]}; {last}")

    def _killed(self, words: list[str], pieces: int) -> str:
        """Where it said that it begins."""
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            begun = process.stdout.readline().strip()
            for _ in range(pieces):
                process.stdout.readline()
            process.kill()
        return begun

    def fetched(self, name: str, scratch: Path) -> None:
        """A file put together from pieces, and one whose download was cut and went on."""
        path = self._url + self._post()
        pieces = scratch / "pieces"
        with pieces.open("wb") as out:
            for begin in range(0, _SIZE, 7 * _MIB):
                part = ["curl", "-sf", "-r", f"{begin}-{begin + 7 * _MIB - 1}", path]
                subprocess.run(part, stdout=out, check=False, timeout=60)
        self._say(f"{name} -r", self._is_right(pieces), "put together from pieces")
        rest = scratch / "rest"
        cut = ["curl", "-s", "--limit-rate", "20M", "--max-time", "1", "-o", str(rest), path]
        subprocess.run(cut, check=False, timeout=60)
        there = rest.stat().st_size
        subprocess.run(["curl", "-sf", "-C", "-", "-o", str(rest), path], check=False, timeout=60)
        self._say(f"{name} -C -", self._is_right(rest) and 0 < there < _SIZE, f"cut at {there}, and went on")

    def _post(self) -> str:
        done = subprocess.run(
            ["curl", "-sf", "-D", "-", "-u", "ann:password-of-ann", "-H", "Content-Type: application/x-thing",
             "-H", 'Content-Disposition: attachment; filename="a.bin"', "--data-binary", f"@{self._file}", self._url],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        (location,) = [line for line in done.stdout.splitlines() if line.lower().startswith("location:")]
        return location.partition("/files/")[2].strip()

    def _is_right(self, path: Path) -> bool:
        return hashlib.sha256(path.read_bytes()).hexdigest() == self._sha256

    def _say(self, name: str, right: bool, text: str) -> None:
        print(f"{name}: {'right' if right else 'WRONG'}: {text}")
        self.failed |= not right


if __name__ == "__main__":
    sys.exit(main())
