"""An upload is whole: its row, and the message that announces it, come to be in one commit, once.

What is asked again, because an answer was lost or two asked at once, gets the same answer, and nobody is told twice.
Where lines are not stored (durability none) the row is, and what announces it follows at once.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from msgspec import Struct, structs

from natterjack.core import conversations
from natterjack.core.context import Context
from natterjack.core.delivery import Line
from natterjack.core.files import aims, removing, rights
from natterjack.core.files.announcing import announcement, tidy
from natterjack.core.files.parties import Party, again, granted, identify, room
from natterjack.core.files.rows import File, Who, charged, with_line
from natterjack.core.files.tickets import secret
from natterjack.core.hindrances import hindrance
from natterjack.core.pace import Pacer
from natterjack.core.speech import Speech, say
from natterjack.ports.files import Begin, Denied, FileAnswer, FileAnswered, FileAsked, Finish, Finished
from natterjack.ports.questions import Delay, Question, Stored
from natterjack.ports.records import FileRecord
from natterjack.proto.names import is_channel
from natterjack.proto.sizes import in_words
from natterjack.wire.message import Message

NOT_FOUND: Final = Denied(404, "there is no such file for you")
OFF: Final = Denied(403, "this server takes no files")
_NO_ROOM: Final = Denied(507, "the server has no room to store it just now: try again later", retry=10)
_ABSENT: Final = Denied(403, "come in over IRC first: a file is announced in your name")
#: Not 404 or 410: after those clients begin anew, for whoever has the nick by then.
_LEFT: Final = Denied(403, "whom this was for has left: send it anew to whoever it is to be for now")
_SAYING = Message("PRIVMSG")

Steps = Generator[Question, Any, FileAnswer | None]


class _Place(Struct, frozen=True):
    """Where a file goes: a conversation, or between whom. 0 and nobody: it is for its uploader alone."""

    name: str
    conversation: int
    between: tuple[Who, ...]


def begin(ctx: Context, event: FileAsked, ask: Begin) -> Steps:
    """Whether an upload may begin, as things are now; at its end all of that is asked again."""
    party = yield from identify(ctx, event)
    if isinstance(party, Denied):
        return party
    offer = structs.replace(granted(ctx, party), bound=aims.whom(ctx, ask.target))
    return _too_large(ctx, party, party.payer, ask.size) or _unwelcome(ctx, party, ask.target) or offer


def finish(ctx: Context, event: FileAsked, ask: Finish) -> Steps:
    """The answer is None where another request for the same is under way, and gets the answer for both."""
    party = yield from identify(ctx, event, late=True)
    while True:
        if isinstance(party, Denied):
            return party
        if ask.owner and ask.owner != party.owner:
            return NOT_FOUND
        file = ctx.files.peek(ask.id)
        if file is not None and file.record.account and not rights.is_uploader(party, file):
            return NOT_FOUND
        if ctx.files.is_finishing(ask.id):
            ctx.files.wait(ask.id, event.request)
            return None
        if file is not None:
            return _finished(ctx, file)
        payer = party.payer if party.account else ask.payer
        target = aims.called(ctx, ask.target, ask.bound)
        if target is None:
            return _LEFT
        why = _too_large(ctx, party, payer, ask.size) or _unwelcome(ctx, party, target)
        if why is not None:
            return why
        if _affords(ctx, party):
            break
        yield Delay(1.0)
        party = again(ctx, event, party)
    place = _place(ctx, party, target)
    record = FileRecord(
        ask.id,
        place.conversation,
        0,
        party.account,
        party.users[0].nick if party.users else party.account,
        place.name,
        payer,
        tidy(ask.name),
        ask.type,
        ask.size,
        ask.sha256,
        ctx.now.wall,
        secret(ctx.entropy) if ctx.policy.files.links else "",
    )
    uid = party.users[0].uid if party.users else 0
    return (yield from _store(ctx, File(record, uid, place.between)))


def _store(ctx: Context, file: File) -> Steps:
    """Announce and store, or where lines are not stored, store and announce."""
    at_once = ctx.delivery.keeps_lines or bool(file.between)
    if at_once and file.record.target:
        line = _announce(ctx, file)
        if line is None:
            return Denied(403, "you may not say anything there just now")
        kept = not file.between or ctx.policy.keep_guests
        file = with_line(file, line.id if kept else 0)
    ctx.files.begin(file)
    stored = bool(file.between) or (yield Stored((file.record,)))
    answer = _settle(ctx, file, stored, announced=at_once or not file.record.target)
    for request in ctx.files.settle(file.id):
        ctx.delivery.tell(FileAnswered(request, answer))
    removing.tell_unkept(ctx)
    return answer


def _settle(ctx: Context, file: File, stored: bool, announced: bool) -> Finished | Denied:
    if not stored:
        ctx.files.drop(file.id)
        return _NO_ROOM
    if ctx.files.peek(file.id) is None:  # it was removed meanwhile, with what it belonged to
        return NOT_FOUND
    if not announced:
        line = _announce(ctx, file)
        if line is None:
            removing.remove(ctx, file)
            return Denied(403, "you may not say anything there any more")
        file = with_line(file, line.id)
        ctx.files.replace(file)
        ctx.delivery.store(file.record, ())
    return _finished(ctx, file)


def _finished(ctx: Context, file: File) -> Finished:
    record = file.record
    return Finished(record.key, ctx.msgids.of(record.line) if record.line else "")


# -- whether it may be


def _too_large(ctx: Context, party: Party, payer: str, size: int) -> Denied | None:
    most = ctx.policy.files.most
    if size > most:
        return Denied(413, f"a file has at most {in_words(most)} here, and this one {in_words(size)}")
    left, takes = room(ctx, party.account, payer), charged(size)
    if size >= 0 and takes > left:
        whose = "you have" if party.account else "guests from where you are have"
        it = f"this one has {in_words(size)}" if takes == size else f"each takes {in_words(takes)} at least"
        return Denied(413, f"{whose} room for {in_words(max(0, left))} more, and {it}: delete some")
    return None


def _unwelcome(ctx: Context, party: Party, target: str) -> Denied | None:
    """Why ``party`` may not send anything to ``target`` just now. As whom he may, the context's user is then."""
    if not target:
        return None
    if not party.users:
        return _ABSENT
    user = party.users[0]
    channel = ctx.world.channel(target) if is_channel(target) else None
    if channel is not None:
        user = next((each for each in party.users if each.uid in channel.members), user)
    ctx.session.uid = user.uid
    ctx.begin(ctx.session, _SAYING)
    why = hindrance(ctx, target)
    if why is None:
        return None
    if why.seconds:
        return Denied(429, why.text, why.seconds)
    return Denied(403 if why.known else 404, why.text)


def _affords(ctx: Context, party: Party) -> bool:
    """Whether he is not too fast: a file costs as much as any message, announced or not.

    Of those who are here under an account, it is the one as whom it is announced; of whoever is not here, nobody.
    """
    session = party.session or next((one for user in (ctx.user, *party.users) for one in user.sessions), None)
    return (
        session is None or not session.paced or Pacer(ctx.policy.pace).affords(session, _SAYING, ctx.now.mono)
    )


def _place(ctx: Context, party: Party, target: str) -> _Place:
    """Where ``target`` is, to which the context's user may speak."""
    user = ctx.user
    if not target:
        return _Place("", 0, () if party.account else (party.users[0].uid,))
    channel = ctx.world.channel(target) if is_channel(target) else None
    if channel is not None:
        return _Place(channel.name, channel.conversation, ())
    other = ctx.world.find(target)
    account = other.account if other is not None else conversations.account_of(ctx, target)
    name = other.nick if other is not None else account
    if account and user.account:
        return _Place(name, conversations.of_two(user.account, account), ())
    assert other is not None
    return _Place(name, 0, (rights.who(user), rights.who(other)))


def _announce(ctx: Context, file: File) -> Line | None:
    """Say in its uploader's name that it is there, as if he had said so himself by another session of his."""
    target = file.record.target
    text, tags = announcement(ctx, file.record)
    ctx.message = structs.replace(_SAYING, params=(target, text))
    return say(ctx, Speech("PRIVMSG", text, single=False, quiet=True, own=tags), target)
