"""The commands. Importing a module here enters its commands into the registry; handlers do not know one another."""

from natterjack.core.handlers import (
    accounts,
    bans,
    capabilities,
    certificates,
    channels,
    information,
    inquiries,
    membership,
    messages,
    modes,
    monitor,
    operators,
    presence,
    registration,
)

__all__ = [
    "accounts",
    "bans",
    "capabilities",
    "certificates",
    "channels",
    "information",
    "inquiries",
    "membership",
    "messages",
    "modes",
    "monitor",
    "operators",
    "presence",
    "registration",
]
