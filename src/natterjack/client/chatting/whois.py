"""One line of an answer to WHOIS as a sentence."""

from __future__ import annotations

from natterjack.client.events import WhoisLine
from natterjack.proto import numerics as n


def whois_text(line: WhoisLine) -> str:
    """What ``line`` says of the person, to be read after his nick: "is in #lobby"."""
    params = line.params
    last = params[-1] if params else ""
    match line.code:
        case n.RPL_WHOISUSER.code if len(params) > 1:
            return f"is {params[0]}@{params[1]} ({last})"
        case n.RPL_WHOISSERVER.code if params:
            return f"is connected to {params[0]} ({last})"
        case n.RPL_WHOISCHANNELS.code:
            return f"is in {last.strip()}"
        case n.RPL_WHOISIDLE.code if params:
            return f"has been idle for {_duration(params[0])}"
        case n.RPL_WHOISACCOUNT.code if params:
            return f"is logged in as {params[0]}"
        case n.RPL_WHOISACTUALLY.code if len(params) > 1:
            return f"is at {params[-2]}"
        case n.RPL_AWAY.code:
            return f"is away: {last}"
    return " ".join(params)


def _duration(seconds: str) -> str:
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12):
        return seconds
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
