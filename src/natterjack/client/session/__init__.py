"""The protocol's client side without sockets or clocks: see :mod:`natterjack.client.session.session`."""

from natterjack.client.session.config import SessionConfig, Timings
from natterjack.client.session.nicks import default_nick
from natterjack.client.session.session import Session

__all__ = ["Session", "SessionConfig", "Timings", "default_nick"]
