"""The sections of limits. Their defaults are those of the parts that keep them, and so are the names of most keys."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from msgspec import Struct

from natterjack.core.policy import FilePolicy, Limits, Logins, Pace, Sites
from natterjack.files.limits import FileLimits
from natterjack.net.door import DoorLimits
from natterjack.net.http import HEAD_SECONDS
from natterjack.net.roles import QueueLimits
from natterjack.net.room import Sharing
from natterjack.proto.limits import CHANNEL_BYTES, NICK_BYTES, PASSWORD_MOST, TEXT_BYTES, USUAL
from natterjack.server.config import texts
from natterjack.server.config.key import Key
from natterjack.server.config.kinds import Duration, Kind, Many, Size, Text, Whole, YesNo

_KIB, _MIB, _GIB = 1024, 1024**2, 1024**3
_LIMITS, _PACE, _SITES, _LOGINS = Limits(), Pace(), Sites(), Logins()
_DOOR, _QUEUE, _SHARING = DoorLimits(), QueueLimits(), Sharing()
_FILES, _MOVING = FilePolicy(), FileLimits()


def _live(kind: Kind, about: str) -> Key:
    return Key(kind, about, live=True)


class LimitsSection(Struct, frozen=True):
    """How much one client, or all together, may take. Bounds on bytes, lines and queues hold even where lifted."""

    enabled: Annotated[
        bool,
        Key(
            YesNo(),
            "Whether limits of pace, of sites, of logins and of what a user may are in force; lift them for tests "
            "and benchmarks only.",
            option="--no-limits",
            help="lift limits of pace and number, for tests and benchmarks",
            sets=False,
        ),
    ] = True
    first_byte: Annotated[
        int, _live(Duration(1, 3600), "How long a newcomer may take to say anything at all.")
    ] = int(_DOOR.first_byte)
    tls_handshake: Annotated[int, _live(Duration(1, 3600), "How long a TLS handshake may take.")] = int(
        _DOOR.tls_handshake
    )
    tls_handshake_crowded: Annotated[
        int, _live(Duration(1, 3600), "The same while others stand in line to begin theirs.")
    ] = int(_DOOR.tls_handshake_crowded)
    http_head: Annotated[
        int, _live(Duration(1, 3600), "How long the head of an HTTP request may take to be complete.")
    ] = int(HEAD_SECONDS)
    registration: Annotated[
        int, _live(Duration(1, 3600), "How long a newcomer may take to say who he is.")
    ] = int(_LIMITS.registration)
    sasl: Annotated[
        int, _live(Duration(1, 3600), "How long a login may take from its begin; then it is given up.")
    ] = int(_LIMITS.sasl)
    ping_after: Annotated[
        int, _live(Duration(5, 86400), "After how long a silence a client is asked for a sign of life.")
    ] = int(_LIMITS.ping_after)
    drop_after: Annotated[
        int, _live(Duration(10, 86400), "After how long a silence a client is given up.")
    ] = int(_LIMITS.drop_after)
    replay: Annotated[
        int,
        _live(
            Whole(0, 500),
            "So many latest lines of a channel are shown on joining to apps that can't ask for them.",
        ),
    ] = _LIMITS.replay
    history: Annotated[int, _live(Whole(1, 5000), "Lines of history that one request may bring.")] = (
        USUAL.history
    )
    newcomers: Annotated[
        int,
        _live(
            Whole(16, 65536),
            "Connections of which nothing is known yet, an eighth of them from one address; further ones are closed at "
            "once.",
        ),
    ] = _DOOR.newcomers
    handshakes: Annotated[
        int,
        _live(
            Whole(1, 65536),
            "TLS handshakes at a time, an eighth of them from one address, each about 60 KiB; further newcomers "
            "wait in line.",
        ),
    ] = _DOOR.handshakes
    unread: Annotated[
        int,
        _live(
            Size(_KIB, _MIB), "So much is read from a client at once, and is carried out before more is read."
        ),
    ] = _QUEUE.unread
    queue_stop_reading: Annotated[
        int,
        _live(
            Size(4 * _KIB, 64 * _MIB),
            "With so much waiting to be sent to a client, nothing more is read from him.",
        ),
    ] = _QUEUE.stop_reading
    queue_close: Annotated[
        int,
        _live(
            Size(64 * _KIB, 1024 * _MIB), "With more than this waiting to be sent to a client, he is cut off."
        ),
    ] = _QUEUE.close
    queue_no_progress: Annotated[
        int, _live(Duration(1, 3600), "A client who takes nothing of what waits for so long is cut off.")
    ] = int(_QUEUE.no_progress)
    queue_all_together: Annotated[
        int,
        _live(
            Size(_MIB, 65536 * _MIB),
            "With more than this waiting for all clients together, whoever has most is cut off.",
        ),
    ] = _QUEUE.all_together
    nick: Annotated[
        int, _live(Whole(9, NICK_BYTES), f"Characters of a nick; more than {NICK_BYTES} bytes it never has.")
    ] = USUAL.nick
    channel: Annotated[
        int,
        _live(
            Whole(10, CHANNEL_BYTES),
            f"Characters of a new channel's name; more than {CHANNEL_BYTES} bytes it never has.",
        ),
    ] = USUAL.channel
    topic: Annotated[int, _live(Size(10, TEXT_BYTES), "Bytes of a topic; a longer one is refused.")] = (
        USUAL.topic
    )
    away: Annotated[int, _live(Size(10, TEXT_BYTES), "Bytes of an away text; a longer one is refused.")] = (
        USUAL.away
    )
    reason: Annotated[
        int, _live(Size(10, TEXT_BYTES), "Bytes of a reason for QUIT, PART or KICK; a longer one is cut.")
    ] = USUAL.reason
    channels: Annotated[int, _live(Whole(1, 10_000), "Channels that a user may be in.")] = USUAL.channels or 0
    targets: Annotated[int, _live(Whole(1, 20), "Receivers that a message may name.")] = USUAL.targets
    list_entries: Annotated[
        int, _live(Whole(1, 1000), "Entries of each list of a channel: bans, exceptions, invitations.")
    ] = USUAL.list_entries
    multiline_bytes: Annotated[
        int, _live(Size(512, 32 * _KIB), "Bytes of a message of several lines (draft/multiline).")
    ] = USUAL.multiline_bytes
    multiline_lines: Annotated[int, _live(Whole(2, 100), "Lines of such a message.")] = USUAL.multiline_lines
    monitor: Annotated[int, _live(Whole(1, 10_000), "Nicks that a client may MONITOR.")] = USUAL.monitor or 0


class PaceSection(Struct, frozen=True):
    """How fast a client may go: he has tokens, which grow back, and each line takes some. Too fast is delayed."""

    bucket: Annotated[int, _live(Whole(1, 10_000), "Tokens that a client can save up.")] = int(_PACE.bucket)
    refill: Annotated[int, _live(Whole(1, 10_000), "Tokens that a client gets a second.")] = int(_PACE.refill)
    message: Annotated[
        int,
        _live(
            Whole(1, 1000),
            "What a message takes, and whatever is not named below; each further channel of a JOIN, too.",
        ),
    ] = int(_PACE.message)
    change: Annotated[
        int, _live(Whole(1, 1000), "What NICK, JOIN, TOPIC, MODE, NAMES, WHOIS and their like take.")
    ] = int(_PACE.change)
    question: Annotated[int, _live(Whole(1, 1000), "What WHO, LIST, REGISTER and their like take.")] = int(
        _PACE.question
    )
    introduction: Annotated[
        int,
        _live(Whole(10, 10_000), "Tokens that a newcomer has, to introduce himself and to catch up with."),
    ] = int(_PACE.introduction)
    login: Annotated[
        int,
        _live(
            Whole(0, 100_000),
            "Tokens that logging in gives, for rejoining channels and fetching what was said, and nothing else.",
        ),
    ] = int(_PACE.login)
    login_every: Annotated[int, _live(Duration(1, 86400), "How often logging in gives them.")] = int(
        _PACE.login_every
    )
    exempt: Annotated[
        tuple[str, ...],
        _live(
            Many(Text("account names", texts.account), 1000),
            "Accounts whose sessions are not slowed, such as those of trusted bots.",
        ),
    ] = ()


class SitesSection(Struct, frozen=True):
    """How many may come from one site: an IPv4 address or an IPv6 /64. This machine's own programs are not counted."""

    members: Annotated[int, _live(Whole(1, 65536), "Sessions that are logged in.")] = _SITES.members
    guests: Annotated[int, _live(Whole(1, 65536), "Sessions that are not.")] = _SITES.guests
    newcomers: Annotated[int, _live(Whole(1, 65536), "Sessions that have not said yet who they are.")] = (
        _SITES.newcomers
    )
    connections: Annotated[
        int,
        _live(
            Whole(1, 65536),
            "Connections that are no sessions: of HTTP, and those that have not said yet what they speak; further ones "
            "are closed at once.",
        ),
    ] = _SHARING.connections
    new_accounts: Annotated[int, _live(Whole(1, 10_000), "Accounts that may be made in an hour.")] = (
        _SITES.new_accounts
    )
    private_factor: Annotated[
        int,
        _live(
            Whole(1, 1000),
            "A private network (IPv4 /16, IPv6 /48) is one site, and may have so many times as many of each.",
        ),
    ] = _SITES.private_factor


class LoginsSection(Struct, frozen=True):
    """How accounts are proved. After wrong ones the next is looked at late, right or wrong; nobody is locked out."""

    account_free: Annotated[
        int, _live(Whole(1, 100), "Wrong passwords in a row for one account after which nobody has to wait.")
    ] = _LOGINS.account_free
    account_delay: Annotated[
        int,
        _live(
            Duration(1, 600),
            "Then whoever said one waits twice as long each time until his next for it is looked at, up to this.",
        ),
    ] = int(_LOGINS.account_delay)
    site_free: Annotated[
        int, _live(Whole(1, 1000), "Wrong passwords a minute from one site after which nobody has to wait.")
    ] = _LOGINS.site_free
    site_delay: Annotated[
        int,
        _live(Duration(1, 60), "Then the next from there is looked at a second later each time, up to this."),
    ] = int(_LOGINS.site_delay)
    remembered: Annotated[
        int,
        _live(
            Whole(100, 1_000_000),
            "Sites and accounts of which this is remembered; who did something longest ago is forgotten first.",
        ),
    ] = _LOGINS.remembered
    password_least: Annotated[
        int, _live(Size(1, 64), "Bytes of a new password at least; fewer than 8 are soon guessed.")
    ] = _LOGINS.password_least
    register_early: Annotated[
        bool,
        _live(
            YesNo(),
            "Whether those who need neither invite nor account to come in may make their account before they do.",
        ),
    ] = False
    password_most: Annotated[int, _live(Size(64, PASSWORD_MOST), "Bytes of a new password at most.")] = (
        _LOGINS.password_most
    )


class FilesSection(Struct, frozen=True):
    """Files that people send each other. Whoever is over one of these limits is told so, and loses nothing."""

    enabled: Annotated[bool, _live(YesNo(), "Whether files can be sent, and fetched.")] = _FILES.enabled
    links: Annotated[
        bool,
        _live(
            YesNo(),
            "Whether each file gets a link, by which whoever knows it may fetch it: for IRC apps that know no better.",
        ),
    ] = _FILES.links
    url: Annotated[
        str,
        _live(
            Text("an address like https://chat.example.org:7667/files/", texts.files_url),
            "Where links begin, as others reach this server; empty: at the address that the join link has.",
        ),
    ] = ""
    origins: Annotated[
        tuple[str, ...],
        _live(
            Many(Text("origins like https://chat.example.org", texts.origin_or_any), 64),
            "Where pages of web clients come from that may use files, other than from this server's own address; "
            "* for all there are.",
        ),
    ] = ()
    most: Annotated[int, _live(Size(_KIB, 1024 * _GIB), "How much one file may have.")] = _FILES.most
    quota: Annotated[
        int,
        _live(
            Size(0, 1024 * _GIB),
            "How much all files together may have that one account has uploaded; each counts as 16 KiB at least.",
        ),
    ] = _FILES.quota
    guest_quota: Annotated[
        int,
        _live(
            Size(0, 1024 * _GIB),
            "The same for all guests from one site; a private network, and this machine, have more: see sites.",
        ),
    ] = _FILES.guest_quota
    keep: Annotated[
        int,
        _live(
            Duration(0, 3_153_600_000),
            "How long files are kept, where messages are not kept for less; 0: for ever.",
        ),
    ] = int(_FILES.keep)
    share: Annotated[
        int,
        Key(
            Whole(1, 100),
            "Of the disk space that is free, or taken by files, at the start: how much in a hundred files may have.",
        ),
    ] = int(_MOVING.share * 100)
    floor: Annotated[
        int,
        Key(Whole(0, 90), "No file is taken in while less than so much in a hundred of the disk is free."),
    ] = int(_MOVING.floor * 100)
    transfers: Annotated[
        int, Key(Whole(1, 1000), "Files that go up or down at a time, each by a thread of its own.")
    ] = _MOVING.transfers
    transfers_of_one: Annotated[
        int, Key(Whole(1, 1000), "The same of one account, or of the guests of one site.")
    ] = _MOVING.transfers_of_one
    uploads: Annotated[
        int, Key(Whole(1, 1_000_000), "Uploads that were begun and not finished, resting ones included.")
    ] = _MOVING.uploads
    uploads_of_one: Annotated[
        int, Key(Whole(1, 1_000_000), "The same of one account, or of the guests of one site.")
    ] = _MOVING.uploads_of_one
    patience: Annotated[
        int, Key(Duration(1, 3600), "After so long without a byte a transfer ends; what came is kept.")
    ] = int(_MOVING.patience)
    least_rate: Annotated[
        int,
        Key(
            Size(0, _MIB),
            "Bytes a second that a transfer has to come to, over each minute, else it ends, and what came is kept; "
            "0: any will do.",
        ),
    ] = _MOVING.least_rate
    expire: Annotated[
        int, Key(Duration(60, 31_536_000), "After so long without progress an upload is given up.")
    ] = int(_MOVING.expire)
    expire_empty: Annotated[
        int, Key(Duration(60, 31_536_000), "The same for one of which nothing ever came.")
    ] = int(_MOVING.expire_empty)


_T = TypeVar("_T", bound=Struct)


def taken(kind: type[_T], section: Struct, **others: Any) -> _T:
    """The limits ``kind`` with what keys of the same names in ``section`` say, and ``others``."""
    names = set(kind.__struct_fields__).intersection(section.__struct_fields__)
    return kind(**{name: getattr(section, name) for name in names} | others)
