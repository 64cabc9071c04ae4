"""What all events have in common."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Event(Struct, frozen=True):
    """The base of all of them."""


class Kind(Enum):
    """How a text was meant."""

    MESSAGE = "message"
    ACTION = "action"  #: ``/me waves``
    NOTICE = "notice"  #: never to be answered automatically
