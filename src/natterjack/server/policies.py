"""What the configuration means for each part of the server that has to know some of it."""

from __future__ import annotations

from natterjack import __version__
from natterjack.core.policy import FilePolicy, Limits, Logins, Pace, Policy, Sites
from natterjack.files.limits import FileLimits
from natterjack.net.roles import QueueLimits
from natterjack.proto.casemap import fold
from natterjack.proto.joinlink import JoinLink, place
from natterjack.server.config import Config, taken
from natterjack.server.greeting import public_host
from natterjack.server.sts import Told

#: What a user may have, where limits are lifted: as many as he likes.
_LIFTED = {"channels": None, "monitor": None}


def motd_lines(config: Config) -> tuple[str, ...]:
    """The message of the day, line by line."""
    return tuple(config.server.motd.rstrip("\n").split("\n")) if config.server.motd else ()


def files_url(config: Config, host: str, port: int) -> str:
    """Where links of files begin, for a server that listens on ``host`` and ``port``."""
    return config.files.url or f"https://{place(public_host(config, host), port)}/files/"


def file_limits(config: Config) -> FileLimits:
    """What those who move the bytes of files need of the configuration."""
    files = config.files
    return taken(FileLimits, files, share=files.share / 100, floor=files.floor / 100)


def policy(
    config: Config,
    url: str = "",
    link: JoinLink = Policy().link,  # noqa: B008 - a frozen value
    told: Told = Told(),  # noqa: B008 - as well
) -> Policy:
    """What the core needs of the configuration. Links of files begin with ``url``; others come by ``link``.

    ``told``: what clients are told of the certificate that is shown.
    """
    return Policy(
        name=config.server.name,
        network=config.server.network,
        version=__version__,
        icon=config.server.icon,
        admin=tuple(config.server.admin),
        motd=motd_lines(config),
        lobby=tuple(config.channels.lobby),
        create=config.channels.create,
        maker=config.channels.maker,
        keep_empty=config.channels.keep_empty,
        link=link,
        access=config.access.mode,
        allow_plaintext=config.access.allow_plaintext,
        trust_loopback=config.access.trust_loopback,
        invites=config.access.invites,
        user_modes=config.access.user_modes,
        nicks=config.access.nicks,
        keep_guests=config.storage.keep_guests,
        sts=told.value,
        sts_until=told.until,
        store=True,
        durable=config.storage.durability != "none",
        history=True,
        limited=config.limits.enabled,
        limits=taken(Limits, config.limits, **({} if config.limits.enabled else _LIFTED)),
        pace=taken(Pace, config.pace, exempt=frozenset(map(fold, config.pace.exempt))),
        sites=taken(Sites, config.sites),
        logins=taken(Logins, config.logins),
        files=taken(FilePolicy, config.files, url=url, keep_messages_for=float(config.storage.keep_for)),
    )


def queue_limits(config: Config) -> QueueLimits:
    """What the connections need of it."""
    limits = config.limits
    return QueueLimits(
        stop_reading=limits.queue_stop_reading,
        close=limits.queue_close,
        no_progress=limits.queue_no_progress,
        all_together=limits.queue_all_together,
        unread=limits.unread,
    )
