"""The zip file: whole, the same each time, and runnable where it is unpacked."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import dist
import natterjack

ROOT = Path(__file__).resolve().parents[2]
TOP = "natterjack-1.2.3"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist") / "made" / f"{TOP}.zip"
    dist.pack(ROOT, target, TOP)
    return target


def test_the_version_is_the_packages() -> None:
    assert dist.version() == natterjack.__version__


def test_it_holds_what_is_needed_under_one_folder_and_no_more(archive: Path) -> None:
    names = zipfile.ZipFile(archive).namelist()
    assert names == sorted(set(names))
    assert {name.partition("/")[0] for name in names} == {TOP}
    inside = {name.partition("/")[2] for name in names}
    assert inside >= {"run.py", "pyproject.toml", "LICENSE", "requirements/run.txt", "requirements/dev.txt"}
    assert inside >= {"src/natterjack/__init__.py", "tools/environment.py", "tools/check.py", "tools/dist.py"}
    assert not [name for name in inside if "__pycache__" in name or name.startswith(".")]
    assert list(archive.parent.iterdir()) == [archive]


def test_the_same_tree_gives_the_same_bytes_with_git_and_without(archive: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(archive, tmp_path)
    made_since = [
        tmp_path / TOP / "src" / "natterjack" / "__pycache__" / "x.pyc",
        tmp_path / TOP / ".venv" / "x",
    ]
    for path in made_since:
        path.parent.mkdir()
        path.touch()
    again = tmp_path / "again.zip"
    dist.pack(tmp_path / TOP, again, TOP)
    assert again.read_bytes() == archive.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="stands in for uv with a shell script")
def test_it_starts_where_it_is_unpacked(archive: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(archive, tmp_path)
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text("#!/bin/sh\n")  # installs nothing: no network here
    uv.chmod(0o755)
    done = subprocess.run(
        [sys.executable, str(tmp_path / TOP / "run.py"), "--help"],
        env={**os.environ, "PATH": f"{uv.parent}{os.pathsep}{os.defpath}"},
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout.startswith("usage: python3 run.py COMMAND")
    assert (tmp_path / TOP / ".venv" / "run.stamp").exists()
