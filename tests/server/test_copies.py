"""backup, restore, export and import as an operator uses them, with a server and without, and with mistakes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import threading
from pathlib import Path
from typing import Any

import apsw
import pytest

from natterjack.exits import FAILED, IN_USE, OK, USAGE
from natterjack.server.copies import work as works
from natterjack.server.copies.desk import Copies
from natterjack.store.backup import StoppedError
from natterjack.store.database import NAME
from tests.support.fileserver import Web, b64
from tests.support.process import PATIENCE, ServerProcess, run, serving

_CAPS = "batch labeled-response echo-message message-tags draft/chathistory"


def _command(*words: str, data: Path) -> tuple[int, str]:
    done = run(*words, "--data-dir", str(data))
    return done.returncode, done.stdout + done.stderr


def _talk(server: ServerProcess, text: str) -> str:
    """Say ``text``; its message id."""
    with server.connect("alice", _CAPS) as alice:
        alice.send("JOIN #pond")
        alice.until(" 366 ")
        alice.send(f"@label=1 PRIVMSG #pond :{text}")
        answer = alice.until(f":{text}")[-1]
        assert "FAIL" not in answer
        return re.search(r"msgid=([^; ]+)", answer)[1]  # type: ignore[index]


def _texts(server: ServerProcess) -> dict[str, str]:
    """What was said in #pond, by message id."""
    with server.connect("bob", _CAPS) as bob:
        bob.send("JOIN #pond")
        bob.until(" 366 ")
        bob.send("CHATHISTORY LATEST #pond * 50")
        lines = bob.sync()
        return {
            found[1]: found[2]
            for line in lines
            if (found := re.search(r"msgid=([^; ]+).* PRIVMSG #pond :(.*)", line))
        }


def test_a_backup_of_a_running_server_brings_back_what_was_there_and_who_it_is(tmp_path: Path) -> None:
    data, to = tmp_path / "data", tmp_path / "backup.db"
    with serving(data) as server:
        first = _talk(server, "before")
        code, text = _command("backup", str(to), data=data)
        assert (code, "is a backup of everything, checked" in text) == (OK, True), text
        _talk(server, "after")
        pin = server.first["pin"]
        assert _command("backup", str(to), data=data) == (
            FAILED,
            f"natterjack: {to} exists already: give another name\n",
        )
        code, text = _command("restore", str(to), data=data)
        assert (code, "is in use" in text) == (IN_USE, True)
        assert server.end()[0] == OK
    assert to.stat().st_mode & 0o777 == 0o600
    (data / "tls" / "key.pem").unlink()
    (data / "tls" / "cert.pem").unlink()
    code, text = _command("restore", str(to), data=data)
    assert (code, "What was there before is now in" in text) == (OK, True), text
    with serving(data) as server:
        assert server.first["pin"] == pin
        assert _texts(server) == {first: "before"}
        second = _talk(server, "anew")
        assert second != first
        assert _texts(server) == {first: "before", second: "anew"}
    (kept,) = data.glob("replaced-*")
    connection = apsw.Connection(str(kept / NAME))
    assert connection.execute("SELECT count(*) FROM message").fetchall() == [(2,)]
    connection.close()


def test_without_a_server_the_command_does_it_itself(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server:
        msgid = _talk(server, "hello")
        server.signal(signal.SIGKILL)
        server.wait()
    assert _command("backup", str(tmp_path / "b.db"), data=data)[0] == OK
    assert _command("export", str(tmp_path / "e.jsonl"), data=data)[0] == OK
    new = tmp_path / "new"
    code, text = _command("import", str(tmp_path / "e.jsonl"), data=new)
    assert code == OK, text
    assert _command("export", str(tmp_path / "again.jsonl"), data=new)[0] == OK
    assert (tmp_path / "e.jsonl").read_bytes() == (tmp_path / "again.jsonl").read_bytes()
    with serving(new) as server:
        assert _texts(server) == {msgid: "hello"}
        code, text = _command("export", str(tmp_path / "live.jsonl"), data=new)
        assert code == OK, text
    lines = [json.loads(line) for line in (tmp_path / "live.jsonl").read_text("utf-8").split("\n")[:-1]]
    assert [line["body"].partition(" :")[2] for line in lines if line["type"] == "message"] == ["hello"]


def test_the_console_copies_too(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server:
        _talk(server, "hello")
        done = server.console("backup", "here.db", cwd=tmp_path)
        assert done.returncode == OK, done.stderr
        done = server.console("export", "here.jsonl", cwd=tmp_path)
        assert done.returncode == OK, done.stderr
        done = server.console("backup", str(tmp_path / "no" / "where.db"))
        assert (done.returncode, "can't write" in done.stderr) == (FAILED, True)
        assert server.console("backup").returncode == FAILED
        assert "backup FILE" in server.console("help").stdout
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data", "here.db", "here.jsonl"]


@pytest.mark.parametrize("verb", ["backup", "export", "restore", "import"])
def test_what_can_not_be_done_is_said_in_one_line_and_leaves_nothing(tmp_path: Path, verb: str) -> None:
    code, text = _command(verb, str(tmp_path / "file"), data=tmp_path / "nothing")
    assert (code, text.count("\n")) == (FAILED, 1)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_bytes(b"no such thing\n" * 1000)
    code, text = _command(verb, str(tmp_path / "file"), data=tmp_path / "nothing")
    assert (code, text.count("\n")) == (FAILED, 1), text
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("verb", ["backup", "export", "restore", "import"])
def test_standard_output_and_input_are_no_files_here(tmp_path: Path, verb: str) -> None:
    """Else a file called - was made where one happened to be, with the server's key in it."""
    code, text = _command(verb, "-", data=tmp_path / "data")
    assert code == USAGE
    assert text.startswith("natterjack: argument FILE: - is not taken here: name a file (./- for one ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can work for others")
def test_what_root_restores_is_for_the_user_of_the_directory(tmp_path: Path) -> None:
    """The service could not read what root had brought back."""
    data = tmp_path / "data"
    with serving(data) as server:
        _talk(server, "hello")
        assert _command("backup", str(tmp_path / "b"), data=data)[0] == OK
    for path in (data, *data.rglob("*")):
        os.chown(path, 4711, 4712)
    (data / "elsewhere").symlink_to("/etc")
    (tmp_path / "ours").touch()
    (data / "hard").hardlink_to(tmp_path / "ours")
    assert _command("restore", str(tmp_path / "b"), data=data)[0] == OK
    owners = {path.name: (path.lstat().st_uid, path.lstat().st_gid) for path in data.rglob("*")}
    assert owners.pop("hard") == (0, 0), "a link to something of root's"
    assert set(owners.values()) == {(4711, 4712)}, owners
    assert any(name.startswith("replaced-") for name in owners)
    assert Path("/etc").stat().st_uid == 0


def test_a_backup_and_an_export_are_told_apart(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data):
        assert _command("backup", str(tmp_path / "b"), data=data)[0] == OK
        assert _command("export", str(tmp_path / "e"), data=data)[0] == OK
    for verb, name, right in (("restore", "e", "natterjack import"), ("import", "b", "natterjack restore")):
        code, text = _command(verb, str(tmp_path / name), data=tmp_path / "new")
        assert (code, right in text, text.count("\n")) == (FAILED, True, 1), text
    code, text = _command("restore", str(tmp_path), data=tmp_path / "new")
    assert (code, "Is a directory" in text) == (FAILED, True), text


def test_a_server_without_a_console_can_not_be_asked(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--no-console"):
        code, text = _command("backup", str(tmp_path / "b.db"), data=tmp_path / "data")
    assert (code, "its console does not answer" in text) == (IN_USE, True), text


def test_a_second_server_is_refused_and_one_after_a_kill_is_not(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server:
        done = run("serve", "--port", "0", "--data-dir", str(data))
        assert (done.returncode, f"process {server.process.pid}" in done.stderr) == (IN_USE, True)
        server.signal(signal.SIGKILL)
        server.wait()
    with serving(data) as server:
        assert server.end()[0] == OK


def test_a_server_goes_on_talking_while_it_copies_and_gives_it_up_when_it_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk alone, with work that takes as long as it is let."""
    stopped = threading.Event()
    calls: list[Any] = []
    done = threading.Event()

    def work(_data: Path, _to: Path, stop: Any) -> str:
        while not stop():
            stopped.wait(0.01)
        raise StoppedError

    def call(what: Any) -> None:
        calls.append(what)
        done.set()

    monkeypatch.setattr(works, "make_backup", work)
    copies = Copies(tmp_path, call)
    answers: list[tuple[bool, str]] = []
    verb = copies.verbs()["backup"]
    for _ in range(2):
        verb.begin((str(tmp_path / "b.db"),), lambda reply: answers.append((reply.ok, reply.text)))
    assert answers == [(False, "a backup or export is under way already: wait for it")]
    copies.close()
    assert done.wait(PATIENCE)
    calls[0]()
    assert answers[1:] == [(False, "given up, since the server is stopping; nothing of it was left")]


def _upload(server: ServerProcess, data: bytes) -> tuple[str, str]:
    """A file of alice's for #pond: its path, and its hash."""
    with server.connect("alice", _CAPS) as alice:
        alice.send("JOIN #pond", "FILE TOKEN")
        token = alice.until("FILE TOKEN")[-1].split(" ")[-2]
        said = {"Upload-Metadata": f"target {b64('#pond')}", "Upload-Length": str(len(data))}
        auth = {"Authorization": f"Bearer {token}", "Content-Type": "application/offset+octet-stream"}
        web = Web(server.port)
        status, headers, body = web.ask("POST", "/files/", data, **auth, **said, Tus_Resumable="1.0.0")
        web.close()
        assert status == 201, body
        return headers["Location"], hashlib.sha256(data).hexdigest()


def _download(server: ServerProcess, path: str) -> tuple[int, bytes]:
    with server.connect("bob", _CAPS) as bob:
        bob.send("JOIN #pond", "FILE TOKEN")
        token = bob.until("FILE TOKEN")[-1].split(" ")[-2]
        web = Web(server.port)
        status, _, body = web.ask("GET", path, Authorization=f"Bearer {token}")
        web.close()
        return status, body


@pytest.mark.parametrize("running", [True, False])
def test_the_bytes_of_files_come_along_if_wanted(tmp_path: Path, running: bool) -> None:
    data, folder = tmp_path / "data", tmp_path / "copies" / "files"
    large = os.urandom(5_000_000)
    with serving(data) as server:
        (path, sha256), (other, small) = _upload(server, large), _upload(server, b"small")
        assert _upload(server, large)[1] == sha256  # twice, and there once
        code, text = _command("backup", str(tmp_path / "bare.db"), data=data)
        assert (code, "The bytes of 2 files are not in it" in text) == (OK, True), text
        if not running:
            assert server.end()[0] == OK
        words = ("--files", str(folder))
        code, text = _command("backup", str(tmp_path / "one.db"), *words, data=data)
        assert (code, f"The bytes of 2 files (4.8 MiB) were copied to {folder}" in text) == (OK, True), text
        code, text = _command("backup", str(tmp_path / "two.db"), *words, data=data)
        assert (code, "; 2 were there already" in text) == (OK, True), text
    names = sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())
    assert names == sorted(f"{each[:2]}/{each}" for each in (sha256, small))
    assert (folder / sha256[:2] / sha256).read_bytes() == large
    new = tmp_path / "new"
    code, text = _command("restore", str(tmp_path / "two.db"), data=new)
    assert (code, "The bytes of 2 files of it are not here" in text) == (OK, True), text
    code, text = _command("restore", str(tmp_path / "two.db"), *words, data=new)
    assert (code, "The bytes of 2 files (" in text) == (OK, True), text
    with serving(new) as server:
        assert _download(server, path) == (200, large)
        assert _download(server, other) == (200, b"small")


@pytest.mark.parametrize(
    ("command", "told"), [("backup", "are not in it"), ("restore", "of it are not here")]
)
def test_one_file_is_told_of_as_one(tmp_path: Path, command: str, told: str) -> None:
    with serving(tmp_path / "data") as server:
        _upload(server, b"alone")
    code, text = _command("backup", str(tmp_path / "one.db"), data=tmp_path / "data")
    if command == "restore":
        code, text = _command("restore", str(tmp_path / "one.db"), data=tmp_path / "new")
    assert (code, f"The bytes of 1 file {told}" in text) == (OK, True), text


def test_bytes_that_are_damaged_or_missing_are_told_of_and_not_brought(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "files"
    with serving(data) as server:
        kept = [_upload(server, each) for each in (b"right", b"damaged", b"missing")]
    words = ("--files", str(folder))
    whole = data / "files" / "whole"
    (whole / kept[2][1][:2] / kept[2][1]).unlink()
    code, text = _command("backup", str(tmp_path / "one.db"), *words, data=data)
    assert (code, f"1 is missing or damaged, and can't be fetched: {kept[2][1]}" in text) == (OK, True), text
    (folder / kept[1][1][:2] / kept[1][1]).write_bytes(b"DAMAGED")
    new = tmp_path / "new"
    code, text = _command("restore", str(tmp_path / "one.db"), *words, data=new)
    assert (code, "The bytes of 1 file (5 bytes) were" in text, "2 are missing or damaged" in text) == (
        OK,
        True,
        True,
    ), text
    with serving(new) as server:
        assert [_download(server, path)[0] for path, _ in kept] == [200, 500, 500]


def test_folders_for_bytes_that_are_none(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server:
        _upload(server, b"hello")
    (tmp_path / "file").write_bytes(b"")
    code, text = _command("backup", str(tmp_path / "one.db"), "--files", str(tmp_path / "file"), data=data)
    assert (code, f"can't write to {tmp_path / 'file'}: " in text) == (FAILED, True), text
    words = ("restore", str(tmp_path / "one.db"), "--files", str(tmp_path / "nothing"))
    code, text = _command(*words, data=data)
    assert (code, "there is no folder" in text) == (FAILED, True), text
    with serving(data) as server:
        done = server.console("backup", *(str(tmp_path / name) for name in "abc"))
        assert (done.returncode, "by its whole path" in done.stderr) == (FAILED, True), done


def test_chat_goes_on_while_a_large_backup_is_made(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server:
        _talk(server, "hello")
    connection = apsw.Connection(str(data / NAME))
    connection.execute("""
        WITH RECURSIVE number (n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM number WHERE n < 150000)
        INSERT INTO message SELECT 5, n, n, ':a!a@h PRIVMSG #x :' || hex(randomblob(100)), 'a', '' FROM number
    """)
    connection.close()
    with serving(data) as server, server.connect("alice", _CAPS) as alice:
        alice.send("JOIN #pond")
        alice.until(" 366 ")
        made = threading.Thread(
            target=_command, args=("backup", str(tmp_path / "b.db")), kwargs={"data": data}
        )
        made.start()
        said = 0
        while made.is_alive():
            alice.send("@label=1 PRIVMSG #pond :still here")
            assert "FAIL" not in alice.until("still here")[-1]
            said += 1
        made.join()
        assert said > 10, "the chat stood still"
    assert (tmp_path / "b.db").stat().st_size > 30 << 20


def test_doctor_checks_all_of_the_database_when_it_is_told_to(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        _talk(server, "hello")
        done = run("doctor", "--check-database", "--json", "--data-dir", str(tmp_path))
        findings = [json.loads(line) for line in done.stdout.splitlines()]
        (found,) = (finding for finding in findings if finding["check"] == "database")
        assert (found["finding"], "all of it is sound" in found["text"]) == ("ok", True)
    path = tmp_path / NAME
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(path.stat().st_size - 8192))
    done = run("doctor", "--check-database", "--json", "--data-dir", str(tmp_path))
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert {finding["finding"] for finding in findings if finding["check"] == "database"} == {"problem"}
    assert done.returncode == FAILED
