"""The checks: facts in, findings out. :data:`CHECKS` is the table; to add one, add a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Literal

from msgspec import Struct

from natterjack.proto.nearest import nearest
from natterjack.proto.sizes import in_words
from natterjack.server.config import PREFIX, ROWS
from natterjack.server.config.crossing import REFUSED_BY_BROWSERS
from natterjack.server.doctor.facts import Facts, Port

Level = Literal["ok", "warning", "problem"]

#: Seconds since 1970: no right clock shows less than when this was written, or decades more.
_RELEASED = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
_FAR = 30 * 366 * 86400
#: Seconds that a file may be newer than now: file servers have clocks of their own.
_AHEAD = 300
_DAY = 86400
#: Days of a certificate's life in which to renew it.
_SOON = 30
#: Days before the disk is full, in which to make room.
_DAYS_LEFT = 30
#: Seconds: whoever keeps messages for less may have forgotten a unit.
_SHORT = 3600
_MIB, _GIB = 1024**2, 1024**3
#: Open files besides connections: the database, listeners, and room for those inside.
_SPARE = 256
#: Bytes that a TLS handshake under way takes.
_HANDSHAKE = 60 * 1024
#: SQLite before this can corrupt a WAL file (https://sqlite.org/wal.html#walresetbug).
_SOUND_SQLITE = (3, 51, 3)
#: Variables of ours that are no settings.
_NO_SETTINGS = frozenset({f"{PREFIX}PASSWORD"})


class Finding(Struct, frozen=True):
    """``remedy`` is what to do; ``""`` where all is well."""

    level: Level
    text: str
    remedy: str = ""


def _ok(text: str) -> Finding:
    return Finding("ok", text)


def _warning(text: str, remedy: str) -> Finding:
    return Finding("warning", text, remedy)


def _problem(text: str, remedy: str) -> Finding:
    return Finding("problem", text, remedy)


def configuration(facts: Facts) -> Iterator[Finding]:
    """Each trouble, except those of other checks."""
    others = ("listen.port",)
    found = [each for each in facts.troubles if each.refused or each.key not in others]
    for trouble in found:
        where = ": ".join(part for part in (trouble.where, trouble.key, trouble.wrong) if part)
        yield _problem(where, trouble.right)
    if not found:
        yield _ok("every setting is good")


def environment(facts: Facts) -> Iterator[Finding]:
    """Variables that look like settings and are none. (Those with two underscores are the configuration's.)"""
    known = {row.variable.replace("__", "_"): row.variable for row in ROWS.values()}
    odd = [name for name in facts.variables if "__" not in name and name not in _NO_SETTINGS]
    for name in odd:
        near = known.get(name) or nearest(name, [*known.values(), *_NO_SETTINGS])
        remedy = f"write {near}" if near else f"settings are {PREFIX}SECTION__KEY"
        yield _warning(f"{name} has no effect", f"{remedy}, or unset it")
    if not odd:
        yield _ok("no variable is misspelt")


def ports(facts: Facts) -> Iterator[Finding]:
    """Whether each port can be had, or is had by our own server."""
    for port in facts.ports:
        yield _port(facts, port)


def _port(facts: Facts, port: Port) -> Finding:
    where = f"{port.address} port {port.port}"
    who = f"{port.name or 'a process'} (process {port.holder})" if port.holder else "another program"
    if port.port == 0:
        return _ok("a free port is taken at each start")
    if facts.is_ours(port):
        return _ok(f"the running server has {where}")
    if port.state == "taken":
        seen = "" if port.holder else " (sudo ss -ltnp shows which)"
        return _problem(f"{where} is in use by {who}", f"stop that{seen}, or set {port.key} to another")
    if port.state == "forbidden":
        return _problem(
            f"{where} takes a right that you lack",
            f"set {port.key} to 1024 or more, or install it as a service",
        )
    if port.state == "absent":
        return _problem(
            f"this machine has no address {port.address}", "mend listen.host, or leave it out: then all serve"
        )
    return _ok(f"{where} is free")


def browsers(facts: Facts) -> Iterator[Finding]:
    """Whether a web page could be fetched from the port."""
    port = facts.config.listen.port
    if port and port in REFUSED_BY_BROWSERS:
        remedy = f"set listen.port to another, such as 7667, and listen.irc_port to {port} for IRC programs"
        yield _problem(f"browsers refuse to connect to port {port}", remedy)
    else:
        yield _ok("browsers may use it")


def reachable(facts: Facts) -> Iterator[Finding]:
    """Whether others could get in, as far as it can be seen from inside."""
    sockets = facts.listening
    if sockets and all(_is_loopback(each.address) for each in sockets):
        yield _ok("it listens for this machine alone, as listen.host says")
        return
    if sockets and all(each.ipv6 and not each.dual for each in sockets):
        yield _warning(
            "it listens on IPv6 only: who has IPv4 can't come in", "add an IPv4 address to listen.host"
        )
    # Where another program has the port, it says nothing of our server that one does not get through to that.
    others = any(port.state == "taken" and not facts.is_ours(port) for port in facts.ports)
    cut_off = [each.address for each in facts.reached if each.arrives is False and not others]
    for address in cut_off:
        yield _problem(
            f"a connection from this machine to its own address {address} does not arrive",
            f"open port {facts.config.listen.port} in its firewall, or add the address to listen.host",
        )
    for firewall in facts.firewalls:
        yield _warning(f"the firewall {firewall} is active", _opening(firewall, facts.config.listen.port))
    if not facts.reached:
        yield _warning("this machine has no address besides loopback", "connect it to a network")
    elif not cut_off:
        addresses = ", ".join(each.address for each in facts.reached)
        tried = "connections arrive at" if all(each.arrives for each in facts.reached) else "others may try"
        yield _ok(f"{tried} {addresses}")


def _is_loopback(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_loopback


def _opening(firewall: str, port: int) -> str:
    how = {
        "ufw": f"sudo ufw allow {port}/tcp",
        "firewalld": f"sudo firewall-cmd --permanent --add-port={port}/tcp && sudo firewall-cmd --reload",
    }
    return f"if others can't come in: {how.get(firewall, f'open TCP port {port} in it')}"


def data_directory(facts: Facts) -> Iterator[Finding]:
    """Whether it can be used, by us alone."""
    data = facts.data
    if data.closed:
        what = "it" if data.closed == data.path else data.path
        yield _problem(
            f"{data.closed} belongs to {data.owner} and is closed to you: {what} was not looked into",
            "run doctor as that user, or as root: sudo natterjack doctor, with the same options",
        )
        return
    if data.owner:
        yield _warning(f"{data.path} belongs to {data.owner}", "run the server, and doctor, as that user")
    for what, remedy in data.obstacles:
        yield _problem(what, remedy)
    if data.exists and data.mode & 0o077:
        yield _problem(
            f"other users of this machine can look into {data.path} (mode {data.mode:o})",
            f"chmod 700 {data.path}",
        )
    if data.held and not any(facts.is_ours(port) for port in facts.ports):
        who = f"process {data.holder}" if data.holder else "another server"
        yield _problem(
            f"{data.path} is in use by {who}, which does not listen on the configured port",
            "stop that server, or give this one a storage.data_dir of its own",
        )
    elif data.held:
        yield _ok(f"the running server (process {data.holder or 'unknown'}) uses {data.path}")
    elif data.exists and not data.obstacles:
        yield _ok(f"{data.path} can be used")
    elif not data.obstacles:
        yield _ok(f"{data.path} will be made at the first start")


def certificate(facts: Facts) -> Iterator[Finding]:
    """Whether clients would trust it today and next month. The server renews its own, keeping the key."""
    cert = facts.certificate
    if facts.data.closed and not cert.configured:
        return
    again = (
        "if it is there, mend its rights; else bring both back from a backup, or remove both: "
        "then all clients need the new join link"
    )
    if cert.configured:
        again = "correct tls.cert and tls.key"
    if not cert.has_cert and not cert.configured:
        yield _ok(f"one is made at the next start{' for the key that is there' if cert.has_key else ''}")
        return
    for there, path in ((cert.has_cert, cert.cert), (cert.has_key, cert.key)):
        if not there:
            yield _problem(f"{path} is not there, or you can't read it", again)
            return
    if cert.error:
        yield _problem(f"{cert.cert} or its key can't be read: {cert.error}", again)
        return
    if not cert.matches:
        yield _problem(f"{cert.key} is not the key of {cert.cert}", again)
    # A key from elsewhere may be for a group: that is how a service gets at it.
    allowed = 0o640 if cert.configured else 0o600
    if cert.key_mode & 0o066 & ~allowed:
        yield _problem(
            f"other users can read {cert.key} (mode {cert.key_mode:o})", f"chmod {allowed:o} {cert.key}"
        )
    yield from _dates(facts)


def _dates(facts: Facts) -> Iterator[Finding]:
    cert = facts.certificate
    ends = datetime.fromtimestamp(cert.ends, UTC).strftime("%Y-%m-%d")
    if facts.now < cert.starts:
        yield _problem(f"{cert.cert} is not valid yet", "set this machine's clock, or wait")
    elif facts.now > cert.ends and cert.configured:
        yield _problem(f"{cert.cert} expired on {ends}, so that clients refuse it", "renew it, then reload")
    elif facts.now > cert.ends - _SOON * _DAY:
        remedy = (
            "renew it, then reload" if cert.configured else "reload, or restart: the server renews its own"
        )
        yield _warning(f"{cert.cert} {'expired' if facts.now > cert.ends else 'expires'} on {ends}", remedy)
    elif cert.matches:
        yield _ok(f"valid until {ends}")


def clock(facts: Facts) -> Iterator[Finding]:
    """Whether the clock can be right."""
    shown = datetime.fromtimestamp(facts.now, UTC).strftime("%Y-%m-%d %H:%M UTC")
    remedy = "set it right, best by network time: sudo timedatectl set-ntp true"
    if not _RELEASED <= facts.now <= _RELEASED + _FAR:
        yield _problem(f"the clock shows {shown}, which can't be", remedy)
    elif facts.newest and facts.newest[1] > facts.now + _AHEAD:
        path, time = facts.newest
        hours = (time - facts.now) / 3600
        yield _warning(f"{path} was written {hours:.1f} hours after now: the clock was or is wrong", remedy)
    else:
        yield _ok(f"it shows {shown}")


def descriptors(facts: Facts) -> Iterator[Finding]:
    """How many connections the system allows, and whether some of those who come could take them all."""
    count = facts.descriptors
    limits, sites = facts.config.limits, facts.config.sites
    one_address = sites.members + sites.guests + sites.newcomers + sites.connections
    remedy = "raise the hard limit (ulimit -Hn, LimitNOFILE= of a service) to 4096 or more"
    if count < 256:
        yield _problem(f"the system allows {count} open files, and a connection takes one", remedy)
    elif count < 4096:
        yield _warning(f"the system allows {count} open files, and a connection takes one", remedy)
    elif count < limits.newcomers + _SPARE:
        yield _warning(
            f"limits.newcomers lets {limits.newcomers} connections in unknown, and {count} open files are allowed",
            f"set it to {count - _SPARE} or less, or {remedy}",
        )
    elif count < 2 * one_address:
        yield _warning(
            f"one address may have {one_address} connections, and {count} open files are allowed",
            f"lower sites.members, sites.guests, sites.newcomers or sites.connections, or {remedy}",
        )
    else:
        yield _ok(f"{count} open files are allowed")


def memory(facts: Facts) -> Iterator[Finding]:
    """Whether what clients may take of it all together is there."""
    limits = facts.config.limits
    may = limits.queue_all_together + limits.handshakes * _HANDSHAKE
    if not limits.enabled:
        yield _warning(
            "limits.enabled is false: nothing keeps one client from taking all for himself",
            "leave it out, except for tests and benchmarks",
        )
    if not facts.memory:
        yield _ok("how much there is can't be seen here")
    elif may > facts.memory // 2:
        yield _warning(
            f"clients may take {in_words(may)}, and this machine has {in_words(facts.memory)}",
            "lower limits.queue_all_together or limits.handshakes, or give it more",
        )
    else:
        yield _ok(f"clients may take {in_words(may)} of {in_words(facts.memory)}")


def disk(facts: Facts) -> Iterator[Finding]:
    """How much room is left where the data is."""
    free, total = facts.disk_free, max(facts.disk_total, 1)
    text = f"{in_words(free)} of {in_words(total)} are free where {facts.data.path} is"
    remedy = "make room, or set storage.data_dir to a larger disk"
    if free < 64 * _MIB or (free < 5 * _GIB and free < total * 0.05):
        yield _problem(text, remedy)
    elif free < 512 * _MIB or (free < 10 * _GIB and free < total * 0.1):
        yield _warning(text, remedy)
    else:
        yield _ok(text)


def database(facts: Facts) -> Iterator[Finding]:
    """Whether it can be read, and how long the room for it will last."""
    found = facts.database
    if facts.data.closed:
        return
    if found is None:
        yield _ok("there is none yet")
        return
    if found.error:
        what, colon, remedy = found.error.rpartition(": ")
        page = "docs/operations.md: when something is wrong with the disk or the database"
        yield _problem(what, f"{remedy} ({page})") if colon else _problem(remedy, f"see {page}")
        return
    if found.without_log:
        yield _problem(
            f"{found.path}-wal is missing, and what was stored last before a crash was in it",
            "bring it back before you start the server, unless another program has opened the database since",
        )
    for fault in found.faults or ():
        yield _problem(f"{found.path} is damaged: {fault}", "restore a backup (natterjack restore)")
    days = facts.disk_free / found.a_day if found.a_day else float("inf")
    growth = (
        f"{found.path} has {in_words(found.size)}, and about {in_words(round(found.a_day))} more each day"
    )
    room = "make room, or let less be kept (storage.keep_for, storage.keep_messages)"
    if days < _DAYS_LEFT:
        yield _warning(f"{growth}: the disk is full in {days:.0f} days", room)
    elif facts.disk_free < found.size:
        text = f"{growth}: there is no room for a copy, which is made before a new version changes it"
        yield _warning(text, "make room before the next update")
    elif not found.faults:
        yield _ok(growth if found.faults is None else f"{growth}; all of it is sound")


def keeping(facts: Facts) -> Iterator[Finding]:
    """Whether what is deleted is meant to be."""
    seconds = facts.config.storage.keep_for
    if 0 < seconds < _SHORT:
        yield _warning(
            f"messages are deleted for good after {seconds:g} seconds (storage.keep_for)",
            f'if days were meant, write keep_for = "{seconds:g} d"',
        )
    else:
        yield _ok(
            f"messages are kept for {seconds / _DAY:.1f} days" if seconds else "messages are kept for ever"
        )


def sqlite(facts: Facts) -> Iterator[Finding]:
    """Whether the database library is one that keeps what it is given."""
    wanted = ".".join(map(str, _SOUND_SQLITE))
    if tuple(int(part) for part in facts.sqlite.split(".")) < _SOUND_SQLITE:
        remedy = "update the package apsw: remove .venv and start again, or pip install --upgrade apsw"
        yield _problem(
            f"SQLite {facts.sqlite} can damage a database; {wanted} is the first sound one", remedy
        )
    else:
        yield _ok(f"SQLite {facts.sqlite}")


def loopback(facts: Facts) -> Iterator[Finding]:
    """Whether somebody else might come from loopback."""
    access = facts.config.access
    if not access.trust_loopback:
        yield _ok("nobody is trusted for coming from this machine")
        return
    ours = [entry for entry in access.proxies if ip_network(entry)[0].is_loopback]
    if ours:
        yield _ok(f"whoever comes from {' or '.join(ours)} comes through a proxy, and is not trusted for it")
        return
    remedy = (
        "if it leads to this server, name in access.proxies from where, or set access.trust_loopback = false"
    )
    for name in facts.forwarders:
        yield _warning(
            f"{name}: whoever comes through it may seem to come from this machine, which needs no password",
            remedy,
        )
    if not facts.forwarders:
        yield _ok("programs on this machine are trusted, and no proxy was seen here")


class Check(Struct, frozen=True):
    """``looks_at`` says what about."""

    name: str
    looks_at: str
    find: Callable[[Facts], Iterator[Finding]]


CHECKS = (
    Check("configuration", "the file, the environment and the options", configuration),
    Check("environment", "variables that begin with NATTERJACK_", environment),
    Check("port", "whether the addresses to listen on can be had", ports),
    Check("browser", "whether browsers refuse the port", browsers),
    Check("network", "whether other machines could get in", reachable),
    Check("data", "the data directory: its permissions, and who uses it", data_directory),
    Check("certificate", "its dates, its key, who can read that", certificate),
    Check("clock", "the time of day, and files from the future", clock),
    Check("descriptors", "how many files and connections may be open", descriptors),
    Check("memory", "what clients may take of it together", memory),
    Check("disk", "the room for data", disk),
    Check("database", "whether it can be read, and how long there will be room for it", database),
    Check("keeping", "how long messages are kept", keeping),
    Check("sqlite", "the version of the database library", sqlite),
    Check("loopback", "who may come in without a password", loopback),
)
