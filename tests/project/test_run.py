"""run.py and its environment, in a small tree with a stand-in for the program and one for uv. No network."""

import ast
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import environment

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """\
import os, signal, sys, time
print("program", os.getpid(), *sys.argv[1:], flush=True)
if "exit" in sys.argv:
    sys.exit(int(sys.argv[-1]))
if "wait" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(43))
    print("waiting", flush=True)
    time.sleep(30)
"""
# Notes what it was asked, in a file beside it, and installs nothing: these pins are empty.
UV = """#!/bin/sh
echo "$*" >> "$0.log"
sleep "${UV_SECONDS:-0}"
"""

unix = pytest.mark.skipif(sys.platform == "win32", reason="stands in for uv with a shell script")


class Tree:
    """A project folder with run.py in it."""

    def __init__(self, root: Path, bin_: Path) -> None:
        self.root = root
        self.log = bin_ / "uv.log"
        self.surroundings = {**os.environ, "PATH": f"{bin_}{os.pathsep}{os.defpath}"}

    def start(self, *arguments: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.root / "run.py"), *arguments],
            cwd=cwd,
            env=self.surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, cwd: Path | None = None) -> tuple[int, str, str]:
        process = self.start(*arguments, cwd=cwd)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    def installed(self) -> list[str]:
        """The locks that were installed, in order."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [Path(line.split()[-1]).stem for line in lines]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root, bin_ = tmp_path / "a place with spaces é", tmp_path / "bin"
    for folder in (root / "tools", root / "requirements", root / "src" / "natterjack", bin_):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / "run.py", root)
    shutil.copy(ROOT / "tools" / "environment.py", root / "tools")
    for lock in environment.LOCKS:
        (root / "requirements" / f"{lock}.txt").write_text("# nothing\n")
    (root / "src" / "natterjack" / "__init__.py").touch()
    (root / "src" / "natterjack" / "__main__.py").write_text(PROGRAM)
    (bin_ / "uv").write_text(UV)
    (bin_ / "uv").chmod(0o755)
    return Tree(root, bin_)


@unix
def test_first_start_makes_the_environment_and_the_second_says_nothing(tree: Tree, tmp_path: Path) -> None:
    code, out, err = tree.run("chat", "--json", "a b", cwd=tmp_path)
    assert (code, out.split(" ", 2)[2], err) == (
        0,
        "chat --json a b\n",
        "natterjack: making its environment in .venv (once) ...\n",
    )
    code, out, err = tree.run("chat", "--json", "a b", cwd=tmp_path)
    assert (code, out.split(" ", 2)[2], err) == (0, "chat --json a b\n", "")
    assert tree.installed() == ["run"]


@unix
def test_without_a_command_the_usage_comes_before_the_programs_own_help(tree: Tree) -> None:
    for arguments in ([], ["-h"], ["--help"]):
        code, out, _ = tree.run(*arguments)
        assert code == 0
        assert out.startswith("usage: python3 run.py COMMAND")
        assert out.endswith("--help\n")


@unix
def test_new_pins_make_the_environment_anew(tree: Tree) -> None:
    tree.run("serve")
    (tree.root / "requirements" / "run.txt").write_text("# other pins\n")
    leftover = tree.root / ".venv" / "leftover"
    leftover.touch()
    assert tree.run("serve")[0] == 0
    assert tree.installed() == ["run", "run"]
    assert not leftover.exists()


@unix
def test_tests_add_to_the_environment_what_they_need(tree: Tree) -> None:
    tree.run("serve")
    kept = tree.root / ".venv" / "kept"
    kept.touch()
    _, _, err = tree.run("test")
    assert "adding to its environment" in err
    assert tree.installed() == ["run", "dev"]
    assert kept.exists()


@unix
def test_what_the_tests_need_is_enough_for_the_program(tree: Tree) -> None:
    tree.run("test")
    assert tree.run("serve")[0] == 0
    assert tree.run("gui")[0] == 0
    assert tree.installed() == ["dev"]


@unix
def test_the_window_brings_what_it_needs_and_the_rest_goes_on_without(tree: Tree) -> None:
    tree.run("chat")
    assert tree.run("gui")[0] == 0
    assert tree.run("chat")[0] == 0
    assert tree.installed() == ["run", "gui"]


@unix
def test_a_moved_folder_gets_its_environment_anew(tree: Tree) -> None:
    tree.run("serve")
    tree.root = tree.root.rename(tree.root.with_name("elsewhere"))
    code, out, err = tree.run("serve")
    assert (code, out.split()[-1]) == (0, "serve")
    assert "making its environment" in err


@unix
def test_a_vanished_python_is_noticed(tree: Tree) -> None:
    tree.run("serve")
    for python in (tree.root / ".venv" / "bin").glob("python*"):
        python.unlink()
        python.symlink_to("/nowhere/python3")
    code, _, err = tree.run("serve")
    assert code == 0
    assert "making its environment" in err


@unix
def test_two_first_starts_take_turns(tree: Tree) -> None:
    tree.surroundings["UV_SECONDS"] = "0.5"
    first, second = tree.start("serve"), tree.start("serve")
    said = first.communicate(timeout=30)[1] + second.communicate(timeout=30)[1]
    assert (first.returncode, second.returncode) == (0, 0)
    assert tree.installed() == ["run"]
    assert said.count("making its environment") == 1


@unix
def test_a_killed_first_start_is_mended_by_the_next_once_its_installer_has_ended(tree: Tree) -> None:
    tree.surroundings["UV_SECONDS"] = "1"
    killed = tree.start("serve")
    while not tree.installed():
        time.sleep(0.01)
    killed.kill()
    assert not (tree.root / ".venv" / "run.stamp").exists()
    tree.surroundings["UV_SECONDS"] = "0"
    code, _, err = tree.run("serve")
    killed.communicate(timeout=10)
    assert code == 0
    assert "waiting for it" in err
    assert tree.installed() == ["run", "run"]


@unix
def test_the_exit_code_is_the_programs(tree: Tree) -> None:
    assert [tree.run("exit", code)[0] for code in ("0", "1", "69")] == [0, 1, 69]


@unix
def test_signals_reach_the_program_because_it_is_the_same_process(tree: Tree) -> None:
    process = tree.start("wait")
    assert process.stdout
    assert process.stdout.readline() == f"program {process.pid} wait\n"
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 43


@unix
def test_a_start_that_finds_all_in_place_imports_next_to_nothing(tree: Tree) -> None:
    tree.run("serve")
    command = [sys.executable, "-X", "importtime", str(tree.root / "run.py"), "serve"]
    done = subprocess.run(
        command, env=tree.surroundings, check=True, capture_output=True, text=True, timeout=30
    )
    before_exec = done.stderr.split("import time: self [us]")[1]
    imported = {line.rpartition("|")[2].strip() for line in before_exec.splitlines()}
    assert "environment" in imported
    assert not imported & {"subprocess", "venv", "shutil", "sysconfig", "hashlib", "socket"}


def test_an_older_python_can_read_run_py_as_far_as_the_message() -> None:
    source = (ROOT / "run.py").read_text("utf-8")
    ast.parse(source, feature_version=(3, 6))
    assert source.index("sys.version_info < (3, 11)") < source.index("def ")
    assert len(source.splitlines()) < 100


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Lets the module itself work on a folder with pins but no environment, on a machine without uv."""
    (tmp_path / "requirements").mkdir()
    for lock in environment.LOCKS:
        (tmp_path / "requirements" / f"{lock}.txt").write_text("# nothing\n")
    monkeypatch.setattr(environment, "ROOT", str(tmp_path))
    monkeypatch.setattr(environment, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(environment, "PYTHON", str(tmp_path / ".venv" / "bin" / "python"))
    monkeypatch.setattr("shutil.which", lambda name: None)
    yield tmp_path
    assert not list(tmp_path.rglob("*.stamp"))


@pytest.mark.usefixtures("nothing_installed")
def test_without_venv_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        environment.ensure("run")


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize(
    "said",
    [
        "WARNING: Retrying ... NewConnectionError('<pip._vendor.urllib3 ...>: Failed to establish a new connection')",
        "error: Request failed after 3 retries\n  Caused by: Failed to fetch: `https://pypi.org/simple/msgspec/`",
    ],
)
def test_without_network_one_line_says_so(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "attempt", lambda *_: said)
    with pytest.raises(SystemExit) as end:
        environment.ensure("run")
    assert "(PyPI) cannot be reached" in str(end.value)
    assert "\n" not in str(end.value)


def test_what_the_installer_says_of_a_failure_is_shown(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "BASE", str(nothing_installed / "no-python"))
    (nothing_installed / "no-python").write_text("#!/bin/sh\necho no space left; exit 1\n")
    (nothing_installed / "no-python").chmod(0o755)
    with pytest.raises(SystemExit, match="no space left") as end:
        environment.ensure("run")
    assert str(end.value).endswith("the installer's reasons are above")
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("nothing_installed")
def test_an_interrupted_installation_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "attempt", interrupted)
    with pytest.raises(SystemExit) as end:
        environment.ensure("run")
    assert end.value.code == 130
