"""Make dist/natterjack-VERSION.zip, which runs wherever it is unpacked. Started by `python3 run.py dist`.

The same tree gives the same bytes: the files are sorted, and their times and rights do not depend on who packs them.
"""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = (  # what goes in, if it is there
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "USAGE.txt",
    "bench",
    "docs",
    "examples",
    "pyproject.toml",
    "requirements",
    "run.py",
    "src",
    "tests",
    "tools",
)
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file can name


def version(root: Path = ROOT) -> str:
    """The version as src/natterjack/__init__.py has it, read without importing anything."""
    text = (root / "src" / "natterjack" / "__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if not found:
        raise ValueError("src/natterjack/__init__.py has no __version__")
    return found[1]


def files(root: Path = ROOT) -> list[Path]:
    """The files to pack, relative to the root and sorted: those that git tracks, or all where git cannot tell."""
    found = tracked(root) or walked(root)
    return sorted((path for path in found if path.parts[0] in PARTS), key=Path.as_posix)


def tracked(root: Path) -> list[Path]:
    """What git tracks and is there; nothing if this is no checkout of its own, or there is no git."""
    if not (root / ".git").exists() or not shutil.which("git"):
        return []
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=False, capture_output=True)
    names = listed.stdout.decode("utf-8").split("\0")
    return [Path(name) for name in names if name and (root / name).is_file()]


def walked(root: Path) -> Iterator[Path]:
    for part in PARTS:
        top = root / part
        for path in [top] if top.is_file() else top.rglob("*"):
            hidden = any(
                name.startswith(".") or name == "__pycache__" for name in path.relative_to(root).parts
            )
            if path.is_file() and not hidden:
                yield path.relative_to(root)


def pack(root: Path, target: Path, top: str) -> None:
    """Write the zip file with everything under one folder named top."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files(root):
            entry = zipfile.ZipInfo(f"{top}/{path.as_posix()}", EPOCH)
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = (0o100755 if path.name == "run.py" else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (root / path).read_bytes())
    unfinished.replace(target)


def main() -> int:
    top = f"natterjack-{version()}"
    target = ROOT / "dist" / f"{top}.zip"
    try:
        pack(ROOT, target, top)
    except OSError as error:
        print(f"dist: {target} cannot be made: {error}", file=sys.stderr)
        return 1
    print(f"{target} ({target.stat().st_size:,} bytes)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
