"""The commands. Importing a module here enters its commands into the registry; handlers do not know one another."""

from natterjack.core.handlers import (
    accounts,
    capabilities,
    channels,
    history,
    information,
    inquiries,
    markers,
    membership,
    messages,
    modes,
    monitor,
    presence,
    registration,
    search,
)

__all__ = [
    "accounts",
    "capabilities",
    "channels",
    "history",
    "information",
    "inquiries",
    "markers",
    "membership",
    "messages",
    "modes",
    "monitor",
    "presence",
    "registration",
    "search",
]
