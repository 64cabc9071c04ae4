"""What backups and exports are made of, and the work itself, in whichever process it is done."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from natterjack.proto.sizes import in_words
from natterjack.server.copies.contents import bytes_of, copy, told, whole
from natterjack.server.entry import TLS_DIRECTORY
from natterjack.store.backup import Stop, back_up, contents, never
from natterjack.store.database import NAME, StoreError
from natterjack.store.exporting import export

#: What belongs to a server besides its database: without its key no client would know it again.
FILES: Final = (f"{TLS_DIRECTORY}/cert.pem", f"{TLS_DIRECTORY}/key.pem")
ALLOWED: Final = frozenset(FILES)
_FILE_BYTES = 1 << 20


def make_backup(data: Path, to: Path, stop: Stop = never, folder: Path | None = None) -> str:
    """A backup of the data directory ``data``; the answer says so. Raises as :func:`back_up`.

    ``folder`` gets the bytes of all files that it has; None: they are not copied.
    """
    size = back_up(data / NAME, _files(data), to, stop)
    lines = [
        f"{to} is a backup of everything, checked, {in_words(size)}; keep it as secret as the server's key"
    ]
    wanted = contents(to)
    if folder is not None:
        lines.append(told(copy(wanted, whole(data), folder, stop), folder))
    elif wanted:
        lines.append(f"{bytes_of(len(wanted))} are not in it: --files FOLDER copies those too.")
    return "\n".join(lines)


def make_export(data: Path, to: Path, stop: Stop = never) -> str:
    """An export of the data directory ``data``; the answer says so. Raises as :func:`export`."""
    lines = export(data / NAME, _files(data), to, stop)
    return f"{to} has everything, in {lines} lines; keep it as secret as the server's key"


def stamp() -> str:
    """The present time, for the name of a folder."""
    return time.strftime("%Y%m%dT%H%M%S")


def _files(data: Path) -> dict[str, bytes]:
    found = {}
    for name in FILES:
        path = data / name
        try:
            if path.exists():
                found[name] = path.read_bytes()[:_FILE_BYTES]
                found[name].decode("ascii")
        except OSError as error:
            raise StoreError(f"can't read {path}: {error.strerror}: mend its rights") from error
        except UnicodeDecodeError as error:
            raise StoreError(f"{path} is damaged: bring it back from a backup") from error
    return found
