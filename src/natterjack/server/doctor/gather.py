"""Finding out the facts. Ports are tried by taking them for a moment; nothing else is changed."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import resource
import shutil
import socket
import stat
import time
from collections.abc import Mapping
from pathlib import Path

from natterjack.net.listener import open_tcp
from natterjack.server.config import PREFIX, Config, Examined
from natterjack.server.doctor import certificate, proc
from natterjack.server.doctor.facts import Database, DataDirectory, Facts, Listening, Port, PortState, Reached
from natterjack.server.entry import TLS_DIRECTORY
from natterjack.server.obstacles import LOCK, closed, nearest, obstacles, owner
from natterjack.store.backup import check
from natterjack.store.database import NAME, StoreError, explained, lacks_log, refuse_remains, sqlite_version
from natterjack.store.survey import survey

_log = logging.getLogger(__name__)
#: Seconds for a connection to this machine's own address; a firewall that drops it answers nothing.
_PATIENCE = 1.0
_STATES: Mapping[int, PortState] = {
    errno.EADDRINUSE: "taken",
    errno.EACCES: "forbidden",
    errno.EPERM: "forbidden",
}
#: Programs that let others in from loopback: proxies, tunnels, and what forwards the ports of containers.
_FORWARDERS = frozenset({
    "apache2", "caddy", "cloudflared", "docker-proxy", "envoy", "frpc", "haproxy", "httpd", "nginx", "ngrok",
    "rootlessport", "slirp4netns", "stunnel", "stunnel4", "traefik",
})  # fmt: skip
#: How all addresses together are shown.
_ALL = "*"
#: Where systemd keeps the data of services whose user is made up (DynamicUser): nobody but root can look there.
_OF_SERVICES = "/var/lib/private"
#: Addresses that nobody has, for asking the system from which of ours it would start.
_ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def gather(found: Examined, environ: Mapping[str, str], thorough: bool = False) -> Facts:
    """All facts about a server with the configuration ``found``. ``thorough``: all of its database is looked at."""
    config = found.config
    data = _data_directory(config.data_dir)
    ports, listening, reached = _listen(config)
    usage = shutil.disk_usage(nearest(config.data_dir.absolute()))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    cert, key = config.tls.cert, config.tls.key
    own = config.data_dir / TLS_DIRECTORY
    return Facts(
        config=config,
        troubles=found.troubles,
        variables=tuple(sorted(name for name in environ if name.startswith(PREFIX))),
        now=time.time(),
        newest=_newest(config.data_dir),
        ports=ports,
        data=data,
        certificate=certificate.look(
            os.path.expanduser(cert) or str(own / "cert.pem"),
            os.path.expanduser(key) or str(own / "key.pem"),
            bool(cert or key),
        ),
        descriptors=hard if hard != resource.RLIM_INFINITY else 2**31,
        memory=_memory(),
        disk_free=usage.free,
        disk_total=usage.total,
        sqlite=sqlite_version(),
        forwarders=_forwarders(),
        firewalls=_firewalls(),
        listening=listening,
        reached=reached,
        database=_database(config.data_dir / NAME, thorough),
    )


def _memory(group: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """Bytes of memory of this machine, or of the container that we are in."""
    try:
        most = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        text = group.read_text("ascii").strip() if group.exists() else ""
    except (OSError, ValueError) as error:
        _log.debug("can't see how much memory there is: %s", error)
        return 0
    return min(most, int(text)) if text.isdigit() else most


# -- files


def _database(path: Path, thorough: bool) -> Database | None:
    try:
        with explained(path):
            refuse_remains(path)
            if not path.exists():
                return None
            without_log = lacks_log(path)
        found = survey(path, time.time())
        faults = tuple(check(path)) if thorough else None
    except StoreError as error:
        return Database(str(path), error=str(error))
    return Database(str(path), found.size, found.a_day, faults=faults, without_log=without_log)


def _data_directory(path: Path) -> DataDirectory:
    found, shut = obstacles(path), closed(path)
    if not os.path.isdir(path):
        whose = owner(shut) if shut else ""
        return DataDirectory(str(path), False, found, owner=whose, closed=str(shut or ""))
    status = path.stat()
    held, holder = _lock(path / LOCK)
    mode = stat.S_IMODE(status.st_mode)
    if is_ours(path.resolve(), status.st_uid, os.geteuid()):
        return DataDirectory(str(path), True, found, mode, held=held, holder=holder)
    return DataDirectory(str(path), True, found, mode, owner(shut or path), str(shut or ""), held, holder)


def is_ours(path: Path, owner: int, user: int) -> bool:
    """Whether ``user`` may well look after a data directory of ``owner``."""
    return owner == user or (user == 0 and path.is_relative_to(_OF_SERVICES))


def _lock(path: Path) -> tuple[bool, int]:
    """Whether a server holds the lock, and its process as it wrote it down."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = file.read(20).strip()
                return True, int(text) if text.isascii() and text.isdigit() else 0
    except OSError as error:
        _log.debug("can't look at %s: %s", path, error)
    return False, 0


def _newest(path: Path) -> tuple[str, float] | None:
    """The file in the data directory that was last written, sockets and such included."""
    times = []
    try:
        with os.scandir(path) as entries:
            times = [(each.stat(follow_symlinks=False).st_mtime, each.path) for each in entries]
    except OSError as error:
        _log.debug("can't look into %s: %s", path, error)
    return (max(times)[1], max(times)[0]) if times else None


# -- network


def _listen(config: Config) -> tuple[tuple[Port, ...], tuple[Listening, ...], tuple[Reached, ...]]:
    """Take each port for a moment, and try to reach the first from this machine's own addresses."""
    listen = config.listen
    hosts = listen.host or ("",)
    opened: list[socket.socket] = []
    try:
        ports = [_take("listen.port", host, listen.port, opened) for host in hosts]
        port = listen.port or (opened[0].getsockname()[1] if opened else 0)
        listening = [_describe(sock) for sock in opened]
        for each in ports:
            if each.state == "taken":
                listening += _planned(each.address)
        reached = _reach(port, listening)
        if listen.irc_port:
            ports += [_take("listen.irc_port", host, listen.irc_port, opened) for host in hosts]
    finally:
        for sock in opened:
            sock.close()
    return tuple(ports), tuple(listening), tuple(reached)


def _take(key: str, host: str, port: int, opened: list[socket.socket]) -> Port:
    address = host or _ALL
    try:
        opened += open_tcp([host] if host else [], port)
    except OSError as error:
        state = _STATES.get(error.errno or 0, "absent")
        pid, name = proc.holder(port) if state == "taken" else (0, "")
        return Port(key, address, port, state, pid, name)
    return Port(key, address, port, "free")


def _planned(address: str) -> list[Listening]:
    """The sockets that a server listening at ``address`` has, for when it has them already."""
    if address == _ALL:
        dual = socket.has_dualstack_ipv6()
        return [Listening("::" if dual else "0.0.0.0", dual, dual)]
    found = socket.getaddrinfo(address, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return [
        Listening(str(name[0]), family == socket.AF_INET6, name[0] == "::") for family, _, _, _, name in found
    ]


def _describe(sock: socket.socket) -> Listening:
    ipv6 = sock.family == socket.AF_INET6
    dual = ipv6 and not sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    return Listening(sock.getsockname()[0], ipv6, dual)


def _reach(port: int, listening: list[Listening]) -> list[Reached]:
    """Try this machine's own addresses that are listened at."""
    found = []
    for family, elsewhere in _ELSEWHERE:
        address = _own_address(family, elsewhere)
        if address is not None:
            meant = any(_serves(each, address, family == socket.AF_INET6) for each in listening)
            found.append(Reached(address, _connects(address, port) if meant else None))
    return found


def _serves(each: Listening, address: str, ipv6: bool) -> bool:
    if each.address in ("::", "0.0.0.0"):
        return each.ipv6 == ipv6 or each.dual
    return each.address == address


def _own_address(family: int, elsewhere: str) -> str | None:
    """This machine's address on the way to ``elsewhere``, to which nothing is sent; None if there is no way."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((elsewhere, 9))
            return str(sock.getsockname()[0])
    except OSError as error:
        _log.debug("no way to %s: %s", elsewhere, error)
        return None


def _connects(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), _PATIENCE).close()
    except OSError as error:
        _log.debug("can't reach %s port %d: %s", address, port, error)
        return False
    return True


# -- other programs


def _forwarders() -> tuple[str, ...]:
    found = [f"{name} runs here" for name in sorted(proc.names() & _FORWARDERS)]
    if os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv"):
        found.append("this is a container, whose ports may be forwarded")
    return tuple(found)


def _firewalls() -> tuple[str, ...]:
    found = []
    try:
        with open("/etc/ufw/ufw.conf", encoding="utf-8", errors="replace") as file:
            if any(line.strip().lower() == "enabled=yes" for line in file):
                found.append("ufw")
    except OSError as error:
        _log.debug("no ufw: %s", error)
    if "firewalld" in proc.names() or os.path.isdir("/run/firewalld"):
        found.append("firewalld")
    return tuple(found)
