"""The client without a front end: session (pure) < model (pure) < driver (sockets); :class:`Client` for bots."""

from natterjack.client.blocking import Client, Message
from natterjack.client.errors import ClientError, RequestRefused

__all__ = ["Client", "ClientError", "Message", "RequestRefused"]
