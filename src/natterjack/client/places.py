"""Where the client keeps what lasts."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

_FOLDER = "client"
_DOWNLOADS = re.compile(r'^XDG_DOWNLOAD_DIR="([^"]+)"', re.MULTILINE)


def client_directory(data_dir: Path | None = None) -> Path:
    """The client's part of ``data_dir``, or of the user's own directory for such things where that is None."""
    return (data_dir or _default()) / _FOLDER


def download_directory() -> Path:
    """Where this user has what he fetches from elsewhere.

    https://www.freedesktop.org/wiki/Software/xdg-user-dirs/ where that is used; else ``Downloads`` at home.
    """
    home = Path.home()
    if sys.platform not in ("win32", "darwin"):
        config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "user-dirs.dirs"
        try:
            found = _DOWNLOADS.search(config.read_text("utf-8", errors="replace"))
        except OSError:  # most servers and containers have none
            found = None
        if found:
            named = Path(found[1].replace("$HOME", str(home), 1))
            if named.is_absolute():
                return named
    return home / "Downloads"


def _default() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or str(Path.home() / "AppData" / "Roaming")
        return Path(base) / "Natterjack"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Natterjack"
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "natterjack"
