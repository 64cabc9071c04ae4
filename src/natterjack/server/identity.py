"""Who the server is to its clients: key, certificate and pin, and what is known of files that were looked at before.

To read a certificate takes a library that is slow to load, a fifth of a whole start. So what was found in the files is
noted in ``DATA_DIR/tls/seen.json``, under the SHA-256 of both: files that are the same are not read again. The note
says nothing that is not in them, and may be removed at any time. Where it does not fit (other files, a certificate of
ours that has to be renewed) :mod:`natterjack.server.certificates` has a look, as if it were not there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from natterjack.exits import BAD_CONFIG, CommandError
from natterjack.net.tls import TlsContext

_log = logging.getLogger(__name__)

_NOTE = "seen.json"
#: How long our own certificate is good for: who trusts it trusts the key, so there is no point in its running out.
LIFETIME = dt.timedelta(days=20 * 365)
#: Our own certificate is renewed when it is good for less than this.
RENEW = dt.timedelta(days=30)
#: Clocks of clients may be behind.
BEFORE = dt.timedelta(days=1)
#: Bytes of a file with keys or certificates: a chain has some thousand.
FILE_BYTES = 1024 * 1024


class Identity(Struct, frozen=True):
    """What the server shows: the files, the pin of the key, and from when until when the certificate is good."""

    certificate: Path
    key: Path
    pin: str
    starts: dt.datetime
    expires: dt.datetime
    serial: int
    own: bool

    def context(self, ask: bool = False) -> TlsContext:
        """For TLS; with ``ask`` clients are asked for certificates, too. Raises :class:`CommandError`."""
        try:
            return TlsContext(self.certificate, self.key, ask)
        except OSError as error:
            raise CommandError(
                BAD_CONFIG,
                f"can't use the certificate {self.certificate}: {error.strerror}: {remedy(self.own)}",
            ) from error

    def serves(self, now: dt.datetime) -> bool:
        """Whether it is good at ``now``, as far as its dates say."""
        if self.own:
            # Too new: the clock was ahead when it was made, or is behind now, as where nothing keeps it without power.
            return RENEW <= self.expires - now <= LIFETIME + BEFORE
        return self.starts <= now < self.expires

    def fault(self, now: dt.datetime) -> str:
        """What clients have against its dates, and what to do; ``""``: nothing.

        It is shown all the same: a chat into which only those come who know its key is better than none.
        """
        if self.own or self.serves(now):
            return ""
        when, what = f"is not good before {self.starts:%Y-%m-%d}", "set this machine's clock, or give another"
        if self.expires <= now:
            when, what = f"ran out on {self.expires:%Y-%m-%d}", "renew it, then reload"
        who = "clients refuse it, but for those of ours that know the server by its key"
        return f"{self.certificate} {when}: {who}: {what}"


def remedy(own: bool) -> str:
    """What to do about files that can't be used."""
    if own:
        return (
            "bring both files back from a backup, or remove both: then a new key is made, "
            "and every client has to be given the new join link"
        )
    return "correct tls.cert and tls.key, or leave both out to have a certificate made"


class _Note(Struct, frozen=True):
    """``sha256`` is that of both files; the rest is what :class:`Identity` has."""

    sha256: str
    pin: str
    starts: dt.datetime
    expires: dt.datetime
    serial: str


def own(directory: Path, name: str, now: dt.datetime) -> Identity:
    """Our own key and certificate, in ``directory``, made where there are none. Raises :class:`CommandError`."""
    found = _recalled(directory, directory / "cert.pem", directory / "key.pem", own=True)
    if found is None or not found.serves(now):
        from natterjack.server.certificates import own_identity  # noqa: PLC0415 - slow, and seldom needed

        found = own_identity(directory, name, now)
        _remember(directory, found)
    return found


def given(directory: Path, certificate: Path, key: Path) -> Identity:
    """What is in the two files; ``directory`` is where that is noted. Raises :class:`CommandError`."""
    found = _recalled(directory, certificate, key, own=False)
    if found is None:
        from natterjack.server.certificates import load_identity  # noqa: PLC0415 - as above

        found = load_identity(certificate, key)
        _remember(directory, found)
    return found


def _recalled(directory: Path, certificate: Path, key: Path, *, own: bool) -> Identity | None:
    try:
        note = msgspec.json.decode((directory / _NOTE).read_bytes(), type=_Note)
        if note.sha256 != _digest(certificate, key):
            return None
        return Identity(certificate, key, note.pin, note.starts, note.expires, int(note.serial, 16), own)
    except (OSError, ValueError):  # no note, or a damaged one: it is made anew
        return None


def _remember(directory: Path, found: Identity) -> None:
    """A note that can't be written is no note: the next start takes a little longer."""
    draft = directory / f"{_NOTE}.new"
    try:
        note = _Note(
            _digest(found.certificate, found.key),
            found.pin,
            found.starts,
            found.expires,
            f"{found.serial:x}",
        )
        directory.mkdir(mode=0o700, exist_ok=True)
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(note))
        draft.replace(directory / _NOTE)
    except OSError as error:
        _log.debug("can't note what is in the certificate: %s", error)


def _digest(certificate: Path, key: Path) -> str:
    """Of both files, so that they can't be told apart wrongly. Raises :class:`OSError`."""
    digest = hashlib.sha256()
    for path in (certificate, key):
        with path.open("rb") as file:
            digest.update(hashlib.sha256(file.read(FILE_BYTES)).digest())
    return digest.hexdigest()
