"""keep: how long the history of a channel is kept."""

from __future__ import annotations

from natterjack.core import keeping
from natterjack.core.channel import Keep
from natterjack.core.console.verbs import Answer, Asker, Verb, counted, find_channel
from natterjack.core.context import Context
from natterjack.proto import durations


def _keep(ctx: Context, asker: Asker, args: tuple[str, ...]) -> Answer:
    if not args:
        return _list(ctx)
    channel = find_channel(ctx, args[0])
    if isinstance(channel, str):
        return False, channel, ()
    if len(args) > 1:
        rule = keeping.read(args[1:])
        if isinstance(rule, str):
            return False, f"{rule[0].lower()}{rule[1:]}", ()
        if not ctx.policy.durable:
            return False, f"{keeping.IN_MEMORY[0].lower()}{keeping.IN_MEMORY[1:]}", ()
        if not channel.lasting:
            return False, f"nothing was said in {channel.name} yet, and it goes with its last user", ()
        keeping.put(ctx, channel, rule, asker.name, (channel, ctx.session))
    return True, keeping.describe(channel), ()


def _list(ctx: Context) -> Answer:
    rows = tuple(
        {
            "channel": channel.name,
            "age": durations.show(channel.keep.seconds) if channel.keep.seconds else "no limit",
            "messages": channel.keep.rows or "no limit",
        }
        for channel in ctx.world.channels.values()
        if channel.keep != Keep()
    )
    return (
        True,
        f"{counted(len(rows), 'channel has a rule of its', 'channels have a rule of their')} own",
        rows,
    )


VERBS = {"keep": Verb(f"[#channel [{keeping.USAGE}]]", "how long what was said in a channel is kept", _keep)}
