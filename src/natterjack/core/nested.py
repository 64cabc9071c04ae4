"""Answers that hold a batch which is only a part of them, so that it may stand inside a labelled one."""

from __future__ import annotations

from collections.abc import Iterable

from natterjack.core.context import Context
from natterjack.core.replies import within
from natterjack.proto import caps, isupport
from natterjack.proto.numerics import RPL_ISUPPORT, Numeric


def numeric_body(ctx: Context, numeric: Numeric, *params: str) -> str:
    """``numeric`` for the session as a line: ``params``, and the numeric's own text if it has one behind them."""
    words = [*params] if numeric.text is None else [*params, numeric.text.format(target=params[0])]
    return " ".join((f":{ctx.policy.name} {numeric.code} {ctx.nick}", *words[:-1])) + f" :{words[-1]}"


def answer_batch(ctx: Context, kind: str, params: Iterable[str], bodies: Iterable[str]) -> None:
    """A batch of ``bodies``; whoever has not negotiated that gets the lines alone."""
    if not ctx.has(caps.BATCH):
        ctx.answer_all([("", body) for body in bodies])
        return
    ref, name = ctx.batch_reference(), ctx.policy.name
    tags = within(ref, "")
    ctx.answer_all(
        [
            ("", " ".join((f":{name} BATCH +{ref} {kind}", *params))),
            *((tags, body) for body in bodies),
            ("", f":{name} BATCH -{ref}"),
        ]
    )


def show_isupport(ctx: Context, tokens: list[str]) -> None:
    """RPL_ISUPPORT with ``tokens``, as a batch for those who know it so.

    Source: https://ircv3.net/specs/extensions/extended-isupport
    """
    bodies = [numeric_body(ctx, RPL_ISUPPORT, *items) for items in isupport.lines(tokens)]
    if ctx.has(caps.EXTENDED_ISUPPORT):
        answer_batch(ctx, "draft/isupport", (), bodies)
    else:
        ctx.answer_all([("", body) for body in bodies])


def show_supported(ctx: Context) -> None:
    """RPL_ISUPPORT with all that there is."""
    if ctx.has(caps.EXTENDED_ISUPPORT):
        show_isupport(ctx, ctx.isupport)
    else:
        ctx.answer_lines(ctx.greeting.supported.fill(ctx.nick))
