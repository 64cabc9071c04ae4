"""The protocol's client side without sockets or clocks: see :mod:`natterjack.client.session.session`."""

from natterjack.client.session.config import SessionConfig
from natterjack.client.session.nicks import default_nick
from natterjack.client.session.session import Session

__all__ = ["Session", "SessionConfig", "default_nick"]
