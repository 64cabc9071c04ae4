"""A text that takes the place of another: what is kept of it, and how those see it who don't know it by its tag."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from msgspec import structs

from natterjack.core.context import Context
from natterjack.core.delivery import Gated, Line, Loss
from natterjack.core.rewritten import rewrite
from natterjack.core.state import Groups, select, without
from natterjack.ports.questions import StoredLine
from natterjack.ports.records import RedactRecord
from natterjack.proto import caps

#: Tags of ours: on a new text, which message has it now; on that message, which line brought the newest.
EDIT_OF: Final = "natterjack/edit"
EDITED_BY: Final = "natterjack/edited"
#: Put before a new text for those who can't know it by its tag.
EDITED: Final = "(edited) "


def replace(ctx: Context, old: StoredLine, line: Line, owners: Collection[Gated]) -> None:
    """The text of ``old`` is that of ``line`` from now on; that it has changed is an event."""
    body = f"{old.body.partition(' :')[0]} :{line.body.partition(' :')[2]}"
    tags = [tag for tag in old.tags.split(";") if tag and not tag.startswith(f"{EDITED_BY}=")]
    tags.insert(0, f"{EDITED_BY}={line.msgid}")
    rewrite(ctx, RedactRecord(old.conversation, old.id, body, ";".join(tags)), owners)
    forget_edit(ctx, old, owners)
    ctx.remember(line, (old.conversation,), owners, message=False)


def forget_edit(ctx: Context, old: StoredLine, owners: Collection[Gated]) -> int:
    """The text that ``old`` has now is to be forgotten where it is an event too; its id, 0 where there is none."""
    latest = named_in(ctx, old.tags, EDITED_BY)
    if latest:
        tags = f"{EDIT_OF}={ctx.msgids.of(old.id)}"  # it stands for the message all the same
        rewrite(ctx, RedactRecord(old.conversation, latest, "", tags), owners)
    return latest


def named_in(ctx: Context, tags: str, key: str) -> int:
    """The place of the line whose message id is the value of ``key`` in ``tags``; 0 where it is not there."""
    values = (tag.removeprefix(f"{key}=") for tag in tags.split(";") if tag.startswith(f"{key}="))
    return ctx.msgids.parse(next(values, "")) or 0


def show_edit(
    ctx: Context, groups: Groups, line: Line, owners: Collection[Gated], is_long: bool, loss: Loss | None
) -> tuple[Groups, Line]:
    """Show an edit to those who don't see it as the session does; the answer is whom that leaves, and what they see.

    Whoever gets a new text line by line could not tell that they replace the old one together.
    """
    cap = caps.EDIT | caps.MULTILINE if is_long else caps.EDIT
    told = plain(line)
    knows, others = select(groups, cap), without(groups, cap)
    if ctx.session.kind & cap == cap:
        ctx.delivery.relay(others, told, owners, loss=loss)
        return knows, line
    ctx.delivery.relay(knows, line, owners, loss=loss)
    return others, told


def plain(line: Line) -> Line:
    """``line``, as those see it who don't know an edit by its tag."""
    if not line.extra.startswith(f"{EDIT_OF}="):
        return line
    head, _, text = line.body.partition(" :")
    return structs.replace(line, body=f"{head} :{EDITED}{text}", extra=line.extra.partition(";")[2])
