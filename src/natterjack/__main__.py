"""``python -m natterjack``."""

import sys

from natterjack.cli import main

if __name__ == "__main__":
    sys.exit(main())
