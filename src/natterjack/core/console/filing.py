"""files: which files were sent, and away with one."""

from __future__ import annotations

from natterjack.core.console.verbs import Answer, Asker, Right, Verb, counted
from natterjack.core.context import Context
from natterjack.core.files import removing
from natterjack.core.files.rows import File
from natterjack.proto.sizes import in_words
from natterjack.proto.timestamps import format_time


def _files(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    if not args:
        return _list(ctx, asker)
    if len(args) != 2 or args[0] != "delete":
        return False, "usage: files, files delete ID", ()
    file = ctx.files.get(args[1])
    if file is None:
        return False, f"there is no file {args[1]}: see files", ()
    removing.remove(ctx, file, (ctx.session,))
    asker.record(ctx, "files delete", f"{file.id} of {file.record.account or file.record.nick}")
    return True, f"nobody can fetch {file.id} any more", ()


def _list(ctx: Context, asker: Asker) -> Answer:
    """What a file in private is called is for those alone between whom it is, and whoever has the machine."""
    channels = {channel.conversation: channel.name for channel in ctx.world.channels.values()}
    rows = tuple(
        {
            "id": file.id,
            "conversation": _place(file, channels),
            "owner": file.record.account or f"{file.record.nick} (guest)",
            "size": in_words(file.record.size),
            "bytes": file.record.size,
            "created": format_time(file.record.created),
            "link": bool(file.record.key),
            "name": file.record.name
            if asker.right is Right.OWNER or file.record.conversation in channels
            else "",
        }
        for file in ctx.files
    )
    return True, f"{counted(len(rows), 'file')}, {in_words(ctx.files.bytes)} on the disk", rows


def _place(file: File, channels: dict[int, str]) -> str:
    if file.record.conversation > 0:
        return channels.get(file.record.conversation, "")
    return "private" if file.record.target else "nobody"


VERBS = {"files": Verb("[delete ID]", "which files were sent; delete one", _files)}
