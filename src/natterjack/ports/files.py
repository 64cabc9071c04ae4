"""Files, between whoever moves their bytes and the core, which knows whose they are and who may have them.

The shell asks with :class:`FileAsked`, and the core answers each with :class:`FileAnswered`, perhaps much later (a
password to derive, a commit); requests don't wait for one another. Bytes never come here: the shell keeps them, whole
ones under the SHA-256 of their content, and tells them apart by an ``id`` of 128 random bits that it gives out when an
upload begins. The file that an upload becomes has the same id.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct


class Bearer(Struct, frozen=True, gc=False):
    """The token that a session got by ``FILE TOKEN``."""

    token: str


class Basic(Struct, frozen=True, gc=False):
    """An account and its password, as given."""

    account: str
    password: str


class Key(Struct, frozen=True, gc=False):
    """The secret part of a link; whoever has it may fetch that file, and nothing else."""

    key: str


Credential: TypeAlias = Bearer | Basic | Key | None


class Begin(Struct, frozen=True, gc=False):
    """May so much be uploaded for ``target`` (a channel, a nick or account; ``""``: for the uploader alone)?

    ``size`` in bytes; -1: not known yet. The answer is :class:`Granted` or :class:`Denied`.
    """

    target: str
    size: int


class Identify(Struct, frozen=True, gc=False):
    """Whose credential is this? For going on with an upload, or ending it. The answer as for :class:`Begin`."""


class Finish(Struct, frozen=True, gc=False):
    """The upload ``id`` is whole, on the disk, and has this content: let it be seen, and announce it to ``target``.

    The answer comes when that is committed: :class:`Finished` (again, where it was finished already) or
    :class:`Denied`. ``name`` is clean (:func:`natterjack.files.names.clean`); ``type`` is a media type; ``bound`` as it
    was granted.
    """

    id: str
    owner: str
    payer: str
    target: str
    name: str
    type: str
    size: int
    sha256: str
    bound: str = ""


class Fetch(Struct, frozen=True, gc=False):
    """May the file ``id`` be read? The answer is :class:`Fetchable`, or :class:`Denied`."""

    id: str


class Erase(Struct, frozen=True, gc=False):
    """The file ``id`` is to go (its uploader may say so, and operators). The answer: :class:`Erased`, or denied."""

    id: str


class FileAsked(Struct, frozen=True):
    """An event. ``request`` is a number of the shell's; ``ip`` is the peer's, ``home`` whether it is this machine."""

    request: int
    ip: str
    home: bool
    credential: Credential
    ask: Begin | Identify | Finish | Fetch | Erase


class FileAbandoned(Struct, frozen=True, gc=False):
    """An event: nobody waits any more for the answer to the :class:`FileAsked` with that number. There may be none."""

    request: int


class Granted(Struct, frozen=True, gc=False):
    """Yes. Only the same ``owner`` may go on with the upload (folded account; ``""``: a guest, who has to know the id).

    ``payer`` is who is charged for it: an account, or a guest's site; ``room`` how many bytes he may still store,
    without what he has under way, of which the shell knows; ``most`` how many a file may have; ``bound`` who the target
    is, for the core to know him again at the end.
    """

    owner: str
    payer: str
    room: int
    most: int
    bound: str = ""


class Finished(Struct, frozen=True, gc=False):
    """It is committed. ``key`` is that of its link, ``""`` where there is none; ``msgid`` that of its announcement."""

    key: str
    msgid: str


class Fetchable(Struct, frozen=True, gc=False):
    """What to give. ``created`` in seconds since 1970."""

    sha256: str
    size: int
    name: str
    type: str
    created: float


class Erased(Struct, frozen=True, gc=False):
    """It is gone."""


class Denied(Struct, frozen=True, gc=False):
    """No: the HTTP ``status``, and why in words. 401: a credential is missing or wrong; 404: there is no such file for

    this person, which looks the same whether there is one at all. ``retry``: seconds, 0 for none.
    """

    status: int
    why: str
    retry: int = 0


FileAnswer: TypeAlias = Granted | Finished | Fetchable | Erased | Denied


class FileAnswered(Struct, frozen=True):
    """An effect: the answer to the :class:`FileAsked` with that number."""

    request: int
    answer: FileAnswer


class Holdings(Struct, frozen=True):
    """An effect, the first of all where there are files: ``id`` and SHA-256 of each that the core knows.

    The shell deletes all others that it has, and nothing before it has heard this.
    """

    files: tuple[tuple[str, str], ...] = ()


class Unkept(Struct, frozen=True, gc=False):
    """An effect: no file has this content any more. The shell deletes it, unless an upload of the same is finishing."""

    sha256: str
