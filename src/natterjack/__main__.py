"""``python -m natterjack``."""

import sys

from natterjack.cli import process

if __name__ == "__main__":
    sys.exit(process())
