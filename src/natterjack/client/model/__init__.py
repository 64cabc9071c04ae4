"""Everything that a front end shows, kept up to date by events: see :mod:`natterjack.client.model.model`."""

from natterjack.client.model.completion import Completion, complete
from natterjack.client.model.conversations import Channel, Conversation, Member
from natterjack.client.model.model import Model
from natterjack.client.model.transfers import Files, KnownFile, Transfers

__all__ = [
    "Channel",
    "Completion",
    "Conversation",
    "Files",
    "KnownFile",
    "Member",
    "Model",
    "Transfers",
    "complete",
]
