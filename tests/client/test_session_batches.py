"""Batches of a server that means no good."""

from __future__ import annotations

import gc
import weakref

from natterjack.client import events as e
from natterjack.client.session.multiline import Gathering
from natterjack.client.session.waiting import Batch, WaitingTable
from natterjack.wire.message import Message
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
