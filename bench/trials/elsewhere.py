"""A network of its own: a namespace that this process moves into, with addresses that are not loopback's.

It has no name and no cable: it goes with the last process in it, however that ends, and nothing of the machine's own
network is touched. What is started afterwards is in it too.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from typing import Final

_CLONE_NEWNET: Final = 0x40000000
_CLONE_NEWUSER: Final = 0x10000000

SERVER: Final = "100.64.0.1"
"""Where the server listens. 100.64.0.0/10 (RFC 6598) is no private network in the sense of the limits, which count
a private one as a single site: here each address is a site."""


def client(number: int) -> str:
    """The address of site `number`, from 0 on."""
    return f"100.64.{1 + number // 250}.{1 + number % 250}"


def move(clients: int) -> None:
    """Move this process into a new network with SERVER and `clients` addresses more.

    Raises OSError, with what it takes, if that is not allowed here.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.geteuid(), os.getegid()
    flags = _CLONE_NEWNET if uid == 0 else _CLONE_NEWNET | _CLONE_NEWUSER
    if libc.unshare(flags):
        error = os.strerror(ctypes.get_errno())
        raise OSError(f"no network namespace can be made here ({error}): run this as root")
    if uid:
        _be_root(uid, gid)
    lines = [
        "link set lo up",
        *(f"address add {ip}/10 dev lo" for ip in (SERVER, *map(client, range(clients)))),
    ]
    done = subprocess.run(
        ["ip", "-batch", "-"], input="\n".join(lines), text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise OSError(f"ip (of iproute2) could not set up the network: {done.stderr.strip()}")


def _be_root(uid: int, gid: int) -> None:
    """In a user namespace of ours we may set up its network."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
