"""The commands. Importing a module here enters its commands into the registry; handlers do not know one another."""

from natterjack.core.handlers import (
    accounts,
    capabilities,
    certificates,
    channels,
    information,
    inquiries,
    membership,
    messages,
    modes,
    monitor,
    presence,
    registration,
)

__all__ = [
    "accounts",
    "capabilities",
    "certificates",
    "channels",
    "information",
    "inquiries",
    "membership",
    "messages",
    "modes",
    "monitor",
    "presence",
    "registration",
]
