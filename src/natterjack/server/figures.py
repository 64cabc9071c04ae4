"""The figures that ``/metrics`` shows."""

from __future__ import annotations

from natterjack.core.server import Core
from natterjack.net.door import Door
from natterjack.net.hub import Hub
from natterjack.server.web import Metric


def figures(core: Core, hub: Hub, door: Door) -> list[Metric]:
    """How things stand now."""
    world, loop = core.world, hub.reactor
    gauge, counter = "gauge", "counter"
    return [
        Metric("sessions", gauge, "IRC sessions, those not registered yet included.", len(world.sessions)),
        Metric("users", gauge, "Users who are in.", world.registered),
        Metric("channels", gauge, "Channels.", len(world.channels)),
        Metric("connections", gauge, "Open connections of all kinds.", len(hub) + len(door)),
        Metric("messages_total", counter, "Messages accepted.", core.messages),
        Metric(
            "received_bytes_total", counter, "Bytes read from clients, without TLS around them.", hub.bytes_in
        ),
        Metric(
            "sent_bytes_total", counter, "Bytes queued for clients, without TLS around them.", hub.bytes_out
        ),
        Metric("backlog_bytes", gauge, "Bytes that wait for clients to take them.", hub.queued),
        Metric("connections_accepted_total", counter, "Connections accepted.", door.accepted),
        Metric("connections_refused_total", counter, "Connections closed for want of room.", door.refused),
        Metric("tls_handshakes_total", counter, "TLS handshakes done.", door.shaken),
        Metric("tls_handshakes_failed_total", counter, "TLS handshakes failed or given up.", door.failed),
        Metric("proxy_heads_bad_total", counter, "Bad heads of configured proxies.", door.bad_heads),
        Metric("storage_refusing", gauge, "1 while there is no room to store things, else 0.", core.stuck),
        Metric("storage_owed", gauge, "Changes that could not be stored yet.", core.owed),
        Metric(
            "internal_errors_total", counter, "Errors of the server that ended one session.", core.mishaps
        ),
        Metric("files", gauge, "Files that can be fetched.", len(core.files)),
        Metric("files_bytes", gauge, "Bytes of their contents, each counted once.", core.files.bytes),
        Metric("turns_total", counter, "Turns of the loop.", loop.turns),
        Metric("turn_seconds_total", counter, "Time spent in turns, waiting left out.", loop.busy),
        Metric("turn_seconds_longest", gauge, "The longest turn since the start.", loop.longest),
    ]
