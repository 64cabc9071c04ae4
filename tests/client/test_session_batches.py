"""Batches of a server that means no good."""

from __future__ import annotations

import gc
import weakref

from hypothesis import given
from hypothesis import strategies as st

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.session.multiline import CONCAT, Gathering, Limits, read_limits
from natterjack.client.session.waiting import Batch, WaitingTable
from natterjack.wire.message import Message, parse
from tests.client.transcripts import CAPS, Talk, welcome


def test_what_is_around_a_batch_is_not_kept() -> None:
    table = WaitingTable(60.0)
    opening = Message("BATCH", ("+a", "draft/multiline", "#c"))
    table.open_batch("a", "chathistory", "n1", "", "#c", Gathering(opening))
    around = table.batch("a")
    assert around is not None
    table.open_batch("b", "draft/multiline", "", "a", "", Gathering(opening))
    inner = table.batch("b")
    assert inner is not None
    assert (inner.label, inner.place, inner.history, inner.ends) == ("n1", "#c", True, False)
    gone = weakref.ref(around)
    del around
    assert table.close_batch("a") is not None
    gc.collect()
    assert gone() is None
    assert table.batch("b") is inner


def test_the_same_name_again_and_again_fills_no_memory() -> None:
    talk = Talk()
    welcome(talk, caps=f"{CAPS} draft/multiline=max-bytes=4096,max-lines=4")
    talk.server(*("@batch=a BATCH +a draft/multiline #c" for _ in range(10_000)))
    gc.collect()
    assert sum(type(each) in (Batch, Gathering) for each in gc.get_objects()) <= 2
    (said,) = talk.server("@batch=a :alice!a@h PRIVMSG #c hi", "BATCH -a")
    assert isinstance(said, e.MessageReceived)
    assert said.text == "hi"


@given(st.integers(0, 1500), st.integers(0, 300), st.booleans())
def test_no_message_is_too_long_and_what_is_cut_says_so(count: int, length: int, goes_on: bool) -> None:
    gathering = Gathering(Message("BATCH", ("+a", "draft/multiline", "#c")))
    tags = {"batch": "a", CONCAT: ""} if goes_on else {"batch": "a"}
    for _ in range(count):
        gathering.add(Message("PRIVMSG", ("#c", "é" * length), tags, "alice!a@h"))
    whole = gathering.whole()
    assert (whole is None) == (count == 0)
    text = whole.params[1] if whole else ""
    assert len(text.encode()) <= 65 * 1024
    assert text.count("\n") <= 1000
    fits = count <= 1000 and count * (2 * length + (not goes_on)) - (not goes_on) <= 64 * 1024
    assert text.endswith("too long to be shown.]") == (count > 0 and not fits)


def test_a_generous_server_gets_several_messages_within_our_bounds() -> None:
    talk = Talk()
    welcome(talk, caps=f"{CAPS} draft/multiline=max-bytes=999999999,max-lines=5000")
    lines = [f"{number} {'x' * 60}" for number in range(2500)]
    me = ":kim!k@host"
    sent = [parse(line.encode()) for line in talk.ask(r.Say(5, "#c", "\n".join(lines)))]
    back, labels = [], 0
    for message in sent:
        tags = dict(message.tags)
        labels += "label" in tags
        shown = "".join(f"{key}{'=' * bool(value)}{value};" for key, value in tags.items()).rstrip(";")
        *middle, last = message.params
        back.append(f"{f'@{shown} ' if shown else ''}{me} {' '.join([message.command, *middle, f':{last}'])}")
    told = [event for event in talk.server(*back) if isinstance(event, e.MessageReceived)]
    assert labels == len(told) >= 3
    assert [line for event in told for line in event.text.split("\n")] == lines


def test_what_a_server_offers_is_within_our_bounds() -> None:
    assert read_limits("max-bytes=999999999,max-lines=999999999") == Limits(64 * 1024, 1000)
    assert read_limits("max-bytes=4096,max-lines=24") == Limits(4096, 24)
