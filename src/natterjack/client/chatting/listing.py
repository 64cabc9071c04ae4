"""What is on this computer's disk, for whoever types a path."""

from __future__ import annotations

import os
from pathlib import Path


def listing(directory: str) -> list[str]:
    """A :data:`~natterjack.client.view.completing.Listing`: of what cannot be read there is nothing to offer.

    ``""`` is where the program runs, and ``~`` the person's own directory.
    """
    try:
        with os.scandir(Path(directory or ".").expanduser()) as entries:
            return [f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries]
    except OSError:
        return []
