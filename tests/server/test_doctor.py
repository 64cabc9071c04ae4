"""Each check on facts that are made up, and the gathering of facts that are real."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from natterjack.cli import main
from natterjack.exits import FAILED, OK
from natterjack.server.config import Trouble, examine
from natterjack.server.config.table import Config, build
from natterjack.server.doctor import certificate, gather, proc
from natterjack.server.doctor.checks import CHECKS, Finding
from natterjack.server.doctor.command import examine as examine_facts
from natterjack.server.doctor.facts import (
    Certificate,
    Database,
    DataDirectory,
    Facts,
    Listening,
    Port,
    Reached,
)
from natterjack.store.database import open_database

#: 2026-12-01, and a day in seconds.
NOW, DAY = 1796083200.0, 86400.0
NO_CERT = Certificate("/data/tls/cert.pem", "/data/tls/key.pem", False, False)
CERT = Certificate(
    "/data/tls/cert.pem", "/data/tls/key.pem", True, True, starts=NOW - DAY, ends=NOW + 300 * DAY
)
GIVEN = replace(CERT, configured=True)
PORT = Port("listen.port", "*", 7667, "free")
DATA = DataDirectory("/data", True)
IN_THE_WAY = (("kim can't use /data/files", "sudo chown -R kim /data"),)
CLOSED = replace(DATA, owner="kim", closed="/data", obstacles=IN_THE_WAY)
HELD = replace(DATA, held=True, holder=77)
GIB = 1024**3
FINE = Facts(
    config=Config(),
    troubles=(),
    variables=("NATTERJACK_PASSWORD", "NATTERJACK_LISTEN__PORT"),
    now=NOW,
    newest=("/data/server.lock", NOW - 5),
    ports=(PORT,),
    data=DATA,
    certificate=CERT,
    descriptors=1_000_000,
    memory=8 * GIB,
    disk_free=50 * GIB,
    disk_total=100 * GIB,
    sqlite="3.51.3",
    forwarders=(),
    firewalls=(),
    listening=(Listening("::", True, True),),
    reached=(Reached("192.0.2.7", True),),
    database=Database("/data/natterjack.db", GIB, 10 * 1024**2),
)


def config(**values: Any) -> Config:
    """``listen__port=80`` and so on."""
    return build({tuple(name.split("__")): value for name, value in values.items()})  # type: ignore[misc]


def found(check: str, **changes: Any) -> list[Finding]:
    """What ``check`` finds where all is fine but for ``changes``."""
    facts = replace(FINE, **changes)
    return [finding for each, finding in examine_facts(facts) if each.name == check]


def test_where_all_is_fine_every_check_says_so() -> None:
    results = examine_facts(FINE)
    assert [check for check, _ in results] == list(CHECKS)
    assert {finding.level for _, finding in results} == {"ok"}
    assert all(finding.text and not finding.remedy for _, finding in results)


TAKEN = replace(PORT, state="taken", holder=4711, name="nginx")
OF_ANOTHER = replace(PORT, state="taken")
BROWSER = Trouble("", "listen.port", "browsers refuse port 6667", "take another", refused=False)
BAD = Trouble("nj.toml:3", "log.level", "'loud' is not known", "give one of debug, info")
LOCAL = (Listening("127.0.0.1", False, False), Listening("::1", True, False))


@pytest.mark.parametrize(
    ("check", "changes", "level", "text", "remedy"),
    [
        ("configuration", {"troubles": (BAD,)}, "problem", "nj.toml:3: log.level: 'loud' is not known", "give one"),
        ("configuration", {"troubles": (BROWSER,)}, "ok", "every setting is good", ""),
        ("environment", {"variables": ("NATTERJACK_LISTEN_PORT",)}, "warning", "no effect", "NATTERJACK_LISTEN__PORT"),
        ("environment", {"variables": ("NATTERJACK_PASWORD",)}, "warning", "no effect", "NATTERJACK_PASSWORD"),
        ("environment", {"variables": ("NATTERJACK_QQ",)}, "warning", "no effect", "SECTION__KEY"),
        ("port", {"ports": (TAKEN,)}, "problem", "in use by nginx (process 4711)", "stop that, or set listen.port"),
        ("port", {"ports": (OF_ANOTHER,)}, "problem", "in use by another program", "ss -ltnp"),
        ("port", {"ports": (OF_ANOTHER,), "data": HELD}, "ok", "the running server has * port 7667", ""),
        ("port", {"ports": (replace(TAKEN, holder=77),), "data": HELD}, "ok", "the running server", ""),
        ("port", {"ports": (TAKEN,), "data": HELD}, "problem", "in use by nginx", "stop that"),
        ("port", {"ports": (replace(PORT, port=80, state="forbidden"),)}, "problem", "takes a right", "1024 or more"),
        ("port", {"ports": (replace(PORT, address="9.9.9.9", state="absent"),)}, "problem", "no address", "mend"),
        ("port", {"ports": (replace(PORT, port=0),)}, "ok", "a free port", ""),
        ("browser", {"config": config(listen__port=6697)}, "problem", "refuse to connect to port 6697", "irc_port"),
        ("browser", {"config": config(listen__port=0)}, "ok", "", ""),
        ("network", {"listening": LOCAL}, "ok", "for this machine alone", ""),
        ("network", {"listening": (Listening("fd00::7", True, False),)}, "warning", "IPv6 only", "an IPv4 address"),
        ("network", {"listening": (Listening("::", True, False),)}, "warning", "IPv6 only", "listen.host"),
        ("network", {"reached": (Reached("192.0.2.7", False),)}, "problem", "192.0.2.7 does not arrive", "port 7667"),
        ("network", {"ports": (TAKEN,), "reached": (Reached("192.0.2.7", False),)}, "ok", "others may try", ""),
        ("network", {"reached": (Reached("192.0.2.7", None),)}, "ok", "others may try 192.0.2.7", ""),
        ("network", {"reached": ()}, "warning", "no address besides loopback", "network"),
        ("network", {"firewalls": ("ufw",)}, "warning", "ufw is active", "sudo ufw allow 7667/tcp"),
        ("network", {"firewalls": ("firewalld",)}, "warning", "firewalld", "--add-port=7667/tcp"),
        ("data", {"data": replace(DATA, obstacles=IN_THE_WAY)}, "problem", "can't use /data/files", "chown -R kim"),
        ("data", {"data": DataDirectory("/data", False)}, "ok", "will be made", ""),
        ("data", {"data": replace(DATA, mode=0o755)}, "problem", "(mode 755)", "chmod 700 /data"),
        ("data", {"data": replace(DATA, owner="kim")}, "warning", "/data belongs to kim", "as that user"),
        ("data", {"data": CLOSED}, "problem", "/data belongs to kim and is closed to you: it was not looked", "sudo"),
        ("data", {"data": HELD}, "problem", "in use by process 77, which does not listen", "stop that server"),
        ("data", {"data": HELD, "ports": (OF_ANOTHER,)}, "ok", "the running server (process 77)", ""),
        ("certificate", {"certificate": NO_CERT}, "ok", "made at the next start", ""),
        ("certificate", {"certificate": replace(NO_CERT, has_key=True)}, "ok", "for the key that is there", ""),
        ("certificate", {"certificate": replace(NO_CERT, configured=True)}, "problem", "cert.pem is not", "tls.cert"),
        ("certificate", {"certificate": replace(CERT, has_key=False)}, "problem", "key.pem is not there", "backup"),
        ("certificate", {"certificate": replace(CERT, error="no PEM")}, "problem", "no PEM", "remove both"),
        ("certificate", {"certificate": replace(CERT, matches=False)}, "problem", "is not the key of", "remove both"),
        ("certificate", {"certificate": replace(CERT, key_mode=0o644)}, "problem", "other users can read", "chmod 600"),
        ("certificate", {"certificate": replace(CERT, key_mode=0o640)}, "problem", "other users can read", "chmod 600"),
        ("certificate", {"certificate": replace(GIVEN, key_mode=0o640)}, "ok", "valid until", ""),
        ("certificate", {"certificate": replace(GIVEN, key_mode=0o644)}, "problem", "can read", "chmod 640"),
        ("certificate", {"now": NOW + 301 * DAY}, "warning", "expired on 2027-09-27", "the server renews its own"),
        ("certificate", {"now": NOW + 271 * DAY}, "warning", "expires on 2027-09-27", "the server renews its own"),
        ("certificate", {"now": NOW + 269 * DAY}, "ok", "valid until 2027-09-27", ""),
        ("certificate", {"now": NOW - 2 * DAY}, "problem", "not valid yet", "clock"),
        ("certificate", {"certificate": replace(GIVEN, ends=NOW - 1)}, "problem", "expired", "renew it, then reload"),
        ("certificate", {"certificate": replace(GIVEN, ends=NOW + 1)}, "warning", "expires", "renew it, then reload"),
        ("clock", {"now": 0.0}, "problem", "1970-01-01 00:00 UTC, which can't be", "timedatectl"),
        ("clock", {"now": NOW + 40 * 366 * DAY}, "problem", "which can't be", "timedatectl"),
        ("clock", {"newest": ("/data/x", NOW + 7200)}, "warning", "/data/x was written 2.0 hours after now", "set it"),
        ("clock", {"newest": ("/data/x", NOW + 100)}, "ok", "2026-12-01", ""),
        ("clock", {"newest": None}, "ok", "2026-12-01", ""),
        ("descriptors", {"descriptors": 100}, "problem", "100 open files", "LimitNOFILE"),
        ("descriptors", {"descriptors": 1024}, "warning", "1024 open files", "4096"),
        ("descriptors", {"descriptors": 4200}, "warning", "limits.newcomers lets 4096", "set it to 3944 or less"),
        ("descriptors", {"config": config(sites__members=600_000)}, "warning", "one address may have 600352", "sites"),
        ("memory", {"memory": 512 * 1024**2}, "warning", "may take 286 MiB, and this machine has 512 MiB", "lower"),
        ("memory", {"config": config(limits__queue_all_together=5 * GIB)}, "warning", "may take 5.0 GiB", "lower"),
        ("memory", {"memory": 0}, "ok", "can't be seen", ""),
        ("disk", {"disk_free": GIB}, "problem", "1.0 GiB of 100 GiB", "make room"),
        ("disk", {"disk_free": 6 * GIB}, "warning", "6.0 GiB of 100 GiB", "make room"),
        ("disk", {"disk_free": 20 * 1024**2, "disk_total": 30 * 1024**2}, "problem", "20 MiB of 30 MiB", "room"),
        ("disk", {"disk_free": 20 * GIB, "disk_total": 1000 * GIB}, "ok", "20 GiB", ""),
        ("sqlite", {"sqlite": "3.51.2"}, "problem", "SQLite 3.51.2 can damage", "apsw"),
        ("sqlite", {"sqlite": "3.54"}, "ok", "SQLite 3.54", ""),
        ("keeping", {}, "ok", "for ever", ""),
        ("keeping", {"config": config(storage__keep_for=36 * 3600)}, "ok", "kept for 1.5 days", ""),
        ("keeping", {"config": config(storage__keep_for=30)}, "warning", "after 30 seconds", 'keep_for = "30 d"'),
        ("loopback", {"forwarders": ("nginx runs here",)}, "warning", "nginx runs here", "trust_loopback = false"),
        (
            "loopback",
            {"forwarders": ("nginx runs here",), "config": config(access__proxies=("10.0.0.2",))},
            "warning",
            "nginx runs here",
            "name in access.proxies from where",
        ),
        (
            "loopback",
            {"forwarders": ("nginx runs here",), "config": config(access__proxies=("10.0.0.2", "127.0.0.2"))},
            "ok",
            "whoever comes from 127.0.0.2 comes through a proxy",
            "",
        ),
        (
            "loopback",
            {"forwarders": ("nginx runs here",), "config": config(access__trust_loopback=False)},
            "ok",
            "nobody is trusted",
            "",
        ),
    ],
)  # fmt: skip
def test_findings(check: str, changes: dict[str, Any], level: str, text: str, remedy: str) -> None:
    findings = found(check, **changes)
    first = findings[0]
    assert first.level == level
    assert text in first.text
    assert remedy in first.remedy
    assert bool(first.remedy) == (level != "ok")


def test_each_port_is_judged() -> None:
    irc = Port("listen.irc_port", "*", 6667, "taken", 5, "ngircd")
    assert [finding.level for finding in found("port", ports=(PORT, irc))] == ["ok", "problem"]


# -- gathering


TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1DF3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0 0 10 0
   1: 0100007F:1DF3 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0 100 0 0 10 0
   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4244 1 0 100 0 0 10 0
"""


def test_who_has_a_port(tmp_path: Path) -> None:
    assert proc.inodes(TABLE, 7667) == {"4242"}
    assert proc.inodes("", 7667) == set()
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(TABLE)
    for pid, name, inode in ((10, "other", 1), (20, "nginx", 4242)):
        folder = tmp_path / str(pid) / "fd"
        folder.mkdir(parents=True)
        (folder.parent / "comm").write_text(f"{name}\n")
        (folder / "3").symlink_to(f"socket:[{inode}]")
        (folder / "4").write_text("")
    (tmp_path / "30").mkdir()  # a process whose descriptors we may not see
    assert proc.holder(7667, tmp_path) == (20, "nginx")
    assert proc.holder(80, tmp_path) == (0, "")
    assert proc.holder(7667, tmp_path / "nowhere") == (0, "")
    assert proc.names(tmp_path) == {"other", "nginx"}


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on loopback that is in use."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock.getsockname()[1]


def test_how_long_there_is_room_for_the_database_and_whether_it_is_sound() -> None:
    def of(**values: Any) -> tuple[str, str]:
        (finding,) = found("database", database=Database("/d/natterjack.db", **values))
        return finding.level, finding.text

    assert of(size=GIB, a_day=GIB)[0] == "ok"
    level, text = of(size=GIB, a_day=2 * GIB)
    assert (level, "2.0 GiB more each day: the disk is full in 25 days" in text) == ("warning", True)
    assert of(size=60 * GIB)[0] == "warning"
    assert "all of it is sound" in of(size=GIB, faults=())[1]
    assert of(error="/d/natterjack.db is damaged") == ("problem", "/d/natterjack.db is damaged")
    two = found("database", database=Database("/d", GIB, faults=("page 5", "page 6")))
    assert [finding.level for finding in two] == ["problem", "problem"]
    (none,) = found("database", database=None)
    assert none.level == "ok"


def facts_of(data: Path, **values: Any) -> Facts:
    chosen = {"listen__host": ("127.0.0.1",), "listen__port": 0, "storage__data_dir": str(data), **values}
    options = {tuple(name.split("__")): value for name, value in chosen.items()}
    return gather.gather(examine(None, {}, options), {"NATTERJACK_X": "1", "PATH": "/"})  # type: ignore[arg-type]


@pytest.mark.skipif(sys.platform != "linux", reason="only /proc tells who has a port")
def test_a_port_in_use_is_seen_and_by_whom(taken: int, tmp_path: Path) -> None:
    facts = facts_of(tmp_path, listen__port=taken)
    (port,) = facts.ports
    assert (port.state, port.holder) == ("taken", os.getpid())
    assert facts.listening == (Listening("127.0.0.1", False, False),)


def test_an_address_that_nobody_here_has(tmp_path: Path) -> None:
    (port,) = facts_of(tmp_path, listen__host=("192.0.2.99",)).ports
    assert port.state == "absent"


@pytest.mark.parametrize(("number", "state"), [(errno.EACCES, "forbidden"), (errno.EADDRINUSE, "taken")])
def test_ports_that_take_a_right(
    number: int, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_hosts: object, _port: int) -> list[socket.socket]:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(gather, "open_tcp", refuse)
    facts = facts_of(tmp_path, listen__port=1, listen__host=())
    assert facts.ports[0].state == state
    if state == "taken":
        assert [each.address for each in facts.listening] in (["::"], ["0.0.0.0"])


def test_all_addresses_can_be_had_and_reached(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, listen__host=())
    assert facts.ports == (Port("listen.port", "*", 0, "free"),)
    (socket_,) = facts.listening
    assert socket_.dual or not socket_.ipv6
    assert facts.variables == ("NATTERJACK_X",)


def test_the_data_directory(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert facts_of(data).data == DataDirectory(str(data), False)
    data.mkdir(mode=0o700)
    (data / "server.lock").write_text("77\n")
    os.utime(data / "server.lock", (5e9, 5e9))
    facts = facts_of(data)
    assert facts.data == DataDirectory(str(data), True)
    assert facts.newest == (str(data / "server.lock"), 5e9)
    with open(data / "server.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held = facts_of(data).data
    assert (held.held, held.holder) == (True, 77)
    data.chmod(0o755)
    assert facts_of(data).data.mode == 0o755
    under_a_file = data / "server.lock" / "data"
    assert facts_of(under_a_file).data.obstacles


def test_what_is_left_of_a_database_is_no_first_start(tmp_path: Path) -> None:
    """All was well, and then serve refused it, or said that what was stored last is lost."""
    assert facts_of(tmp_path).database is None
    for name in ("natterjack.db-wal", "natterjack.db"):
        (tmp_path / name).touch()
        (finding,) = found("database", database=facts_of(tmp_path).database)
        assert finding.level == "problem"
        assert "is gone, but its log" in finding.text or "was cut off" in finding.text
        (tmp_path / name).unlink()
    open_database(tmp_path).close()
    (tmp_path / "natterjack.db.open").touch()
    lost, *_ = found("database", database=facts_of(tmp_path).database)
    assert (lost.level, "natterjack.db-wal is missing" in lost.text) == ("problem", True)
    assert "before you start" in lost.remedy


def test_what_is_closed_is_said_once_and_nothing_is_said_of_what_is_in_it() -> None:
    """It was a warning and two problems, and that a certificate would be made at the next start."""
    assert [finding.level for finding in found("data", data=CLOSED)] == ["problem"]
    unseen = Database("/data/natterjack.db", error="can't use it: Permission denied")
    assert found("database", data=CLOSED, database=unseen) == []
    assert found("certificate", data=CLOSED, certificate=NO_CERT) == []
    assert found("certificate", data=CLOSED, certificate=replace(NO_CERT, configured=True)) != []


def test_a_data_directory_that_is_closed_or_below_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    (data / "tls").mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(gather, "is_ours", lambda path, owner, user: False)
    monkeypatch.setattr(gather, "owner", lambda path: "kim")
    assert (facts_of(data).data.owner, facts_of(data).data.closed) == ("kim", "")
    real, shut = os.access, [str(data / "tls")]
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) not in shut and real(path, mode))
    assert facts_of(data).data.closed == str(data / "tls")
    shut.append(str(data))
    assert facts_of(data).data.closed == str(data)
    below = facts_of(data / "new").data
    assert (below.exists, below.owner, below.closed) == (False, "kim", str(data))


def test_root_looks_after_the_data_of_a_service() -> None:
    of_a_service, of_kim = Path("/var/lib/private/natterjack"), Path("/home/kim/natterjack")
    assert gather.is_ours(of_a_service, 64122, 0)
    assert gather.is_ours(of_kim, 1000, 1000)
    assert not gather.is_ours(of_kim, 1000, 0)
    assert not gather.is_ours(of_a_service, 64122, 1000)


def make_certificate(folder: Path) -> tuple[str, str]:
    """A certificate from 2026-01-01 for 30 days, and its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "natterjack")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=30))
        .sign(private, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    cert, key = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    key.chmod(0o600)
    return str(cert), str(key)


def test_certificates(tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path / "tls")
    seen = facts_of(tmp_path).certificate
    assert seen == Certificate(cert, key, True, True, starts=1767225600.0, ends=1767225600.0 + 30 * DAY)
    _, other = make_certificate(tmp_path / "other")
    assert not certificate.look(cert, other, True).matches
    os.chmod(key, 0o644)
    assert certificate.look(cert, key, False).key_mode == 0o644
    Path(key).write_text("no key")
    assert certificate.look(cert, key, False).error
    Path(cert).write_text("no certificate")
    assert certificate.look(cert, other, False).error
    os.unlink(key)
    assert not certificate.look(cert, key, False).has_key


@pytest.mark.parametrize(("text", "seen"), [("max\n", None), ("1048576\n", 1048576), ("", None)])
def test_memory_is_that_of_the_machine_or_of_the_container(
    tmp_path: Path, text: str, seen: int | None
) -> None:
    group = tmp_path / "memory.max"
    group.write_text(text)
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert gather._memory(group) == (seen or whole)
    assert gather._memory(tmp_path / "nothing") == whole


# -- the command


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["doctor", "--data-dir", str(tmp_path / "data"), "--host", "127.0.0.1", "--port"]
    code = main([*words, "0", "--json"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["check"] for row in rows} == {check.name for check in CHECKS}
    assert set(rows[0]) == {"check", "looks_at", "finding", "text", "remedy"}
    about_this_machine = {"clock", "descriptors", "memory", "disk"}  # which may have a problem of its own
    assert "problem" not in {row["finding"] for row in rows if row["check"] not in about_this_machine}
    assert code == (FAILED if "problem" in {row["finding"] for row in rows} else OK)
    assert not (tmp_path / "data").exists(), "looking changes nothing"


def test_the_command_where_something_is_wrong(
    taken: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o755)
    file = tmp_path / "nj.toml"
    file.write_text("[log]\nlevel = 'loud'\n")
    words = ["--data-dir", str(tmp_path), "--host", "127.0.0.1", "--port", str(taken), "--config", str(file)]
    assert main(["doctor", *words]) == FAILED
    out = capsys.readouterr().out
    assert f"PROBLEM  port           127.0.0.1 port {taken} is in use" in out
    assert f"-> chmod 700 {tmp_path}" in out
    assert f"PROBLEM  configuration  {file}:2: log.level: 'loud' is not known" in out
    assert "problems, " in out.splitlines()[-1]
