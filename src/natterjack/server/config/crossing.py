"""What is wrong only with several settings seen together, or with a value that by itself is a good one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from natterjack.server.config.table import ROWS, Config, Row

#: Ports that browsers refuse to connect to (https://fetch.spec.whatwg.org/#port-blocking, "bad port").
REFUSED_BY_BROWSERS = frozenset({
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
})  # fmt: skip

#: setting, what is wrong, what would be right, whether a server refuses to start with it
Crossing = tuple[Row, str, str, bool]


def crossing(config: Config) -> Iterator[Crossing]:
    """All that is wrong with ``config``, whose values are each good by themselves."""
    listen, limits = config.listen, config.limits
    if listen.port in REFUSED_BY_BROWSERS - {0}:  # 0 stands for a free one
        right = f"take another, such as 7667, and listen.irc_port = {listen.port} for IRC programs"
        yield ROWS["listen", "port"], f"browsers refuse port {listen.port}", right, False
    if listen.irc_port and listen.irc_port == listen.port:
        right = "give it another, or 0: listen.port speaks IRC as well"
        yield ROWS["listen", "irc_port"], "it is the same as listen.port", right, True
    if bool(config.tls.cert) != bool(config.tls.key):
        row = ROWS["tls", "key" if config.tls.cert else "cert"]
        yield row, "one of tls.cert and tls.key is given, and the other is not", "give both, or neither", True
    if limits.drop_after <= limits.ping_after:
        wrong = f"{limits.drop_after} s is no longer than limits.ping_after, {limits.ping_after} s"
        yield ROWS["limits", "drop_after"], wrong, "give time for an answer: at least a second more", True
    yield from _limits(config)
    ordered = ("queue_stop_reading", "queue_close", "queue_all_together")
    for smaller, larger in pairwise(ordered):
        row = ROWS["limits", larger]
        if config.get(row) < config.get(ROWS["limits", smaller]):
            yield row, f"it is less than limits.{smaller}", "give at least as much", True


def _limits(config: Config) -> Iterator[Crossing]:
    limits, pace, lobby = config.limits, config.pace, config.channels.lobby
    for key in ("message", "change", "question"):
        cost = config.get(ROWS["pace", key])
        if cost > pace.bucket:
            wrong = f"{cost} tokens are more than a client can have: pace.bucket is {pace.bucket}"
            yield ROWS["pace", key], wrong, "give less, or raise pace.bucket", True
    for smaller, larger in (("tls_handshake_crowded", "tls_handshake"), ("handshakes", "newcomers")):
        row = ROWS["limits", smaller]
        if config.get(row) > config.get(ROWS["limits", larger]):
            yield row, f"it is more than limits.{larger}", "give at most as much", True
    longest = max(map(len, lobby), default=0)
    if longest > limits.channel:
        wrong = f"channels.lobby has a name of {longest} characters, and limits.channel is {limits.channel}"
        yield ROWS["limits", "channel"], wrong, f"give {longest} or more", True
    if len(lobby) > limits.channels:
        wrong = f"everybody joins {len(lobby)} channels of channels.lobby, and may be in {limits.channels}"
        yield ROWS["limits", "channels"], wrong, f"give {len(lobby)} or more", True
