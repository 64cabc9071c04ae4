"""Where the client keeps what lasts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_FOLDER = "client"


def client_directory(data_dir: Path | None = None) -> Path:
    """The client's part of ``data_dir``, or of the user's own directory for such things where that is None."""
    return (data_dir or _default()) / _FOLDER


def _default() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or str(Path.home() / "AppData" / "Roaming")
        return Path(base) / "Natterjack"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Natterjack"
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "natterjack"
