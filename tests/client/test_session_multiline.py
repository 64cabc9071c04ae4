"""Messages of several lines: one message out, one message in. https://ircv3.net/specs/extensions/multiline"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.events import Kind
from natterjack.client.session.multiline import Limits, fits, messages_of, pieces_of, read_limits
from natterjack.client.session.outbox import drafts
from natterjack.client.session.splitting import room_for
from natterjack.client.session.state import LINE_BYTES
from tests.client.transcripts import CAPS, Talk, welcome

ME = ":kim!k@host"
OFFER = f"{CAPS} draft/chathistory draft/multiline=max-bytes=4096,max-lines=4 natterjack/edit"
MORE = f"{OFFER} natterjack/client-msgid soju.im/search"
CID = "0123456789abcdef"


def ready(caps: str = OFFER) -> Talk:
    talk = Talk()
    welcome(talk, caps=caps)
    return talk


def texts(events: list[e.Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, e.MessageReceived)]


# -- out -------------------------------------------------------------------------------------------------------------


def test_a_text_of_several_lines_is_one_message() -> None:
    talk = ready()
    assert talk.ask(r.Say(5, "#c", "\nhello\n\n  how are you?\n", reply_to="m1")) == [
        "@label=n1;+draft/reply=m1 BATCH +m1 draft/multiline #c",
        "@batch=m1 PRIVMSG #c hello",
        "@batch=m1 PRIVMSG #c :",
        "@batch=m1 PRIVMSG #c :  how are you?",
        "BATCH -m1",
    ]
    events = talk.server(
        f"@label=n1;msgid=abc;time=2026-11-22T20:31:02.123Z {ME} BATCH +x draft/multiline #c",
        f"@batch=x {ME} PRIVMSG #c :hello",
        f"@batch=x {ME} PRIVMSG #c :",
        f"@batch=x {ME} PRIVMSG #c :  how are you?",
        f"{ME} BATCH -x",
    )
    message, ack = events
    assert isinstance(message, e.MessageReceived)
    assert (message.own, message.msgid, message.text) == (True, "abc", "hello\n\n  how are you?")
    assert ack == e.Acked(5, "abc", "#c", "hello\n\n  how are you?", 1795379462.123)


def test_a_long_line_goes_on_in_the_next() -> None:
    talk = ready()
    text = "word " * 150
    opening, *lines, _ = talk.ask(r.Say(5, "#c", text))
    assert "draft/multiline #c" in opening
    said = [line.split(" PRIVMSG #c :")[1] for line in lines]
    assert "".join(said) == text
    assert [line.startswith("@batch=m1;draft/multiline-concat ") for line in lines] == [False, True]
    events = talk.server(
        f"@label=n1;msgid=abc {ME} BATCH +x draft/multiline #c",
        *(line.replace("batch=m1", "batch=x").replace(" PRIVMSG", f" {ME} PRIVMSG") for line in lines),
        f"{ME} BATCH -x",
    )
    assert texts(events) == [text]
    assert isinstance(events[1], e.Acked)
    assert events[1].text == text


def test_more_than_the_limits_allow_is_as_few_messages_as_may_be() -> None:
    talk = ready()
    sent = talk.ask(r.Say(5, "#c", "1\n2\n3\n\n5\n6"))
    inside = [line.rpartition("#c ")[2] for line in sent if " PRIVMSG #c " in line]
    assert inside == ["1", "2", "3", "5", "6"]
    assert [line.split(" ")[-3:] for line in sent if "BATCH +" in line] == [
        ["+m1", "draft/multiline", "#c"],
        ["+m2", "draft/multiline", "#c"],
    ]
    first = talk.server(
        f"@label=n1;msgid=a {ME} BATCH +x draft/multiline #c", f"@batch=x {ME} PRIVMSG #c 1", "BATCH -x"
    )
    assert [event.left for event in first if isinstance(event, e.Acked)] == [1]
    second = talk.server(
        f"@label=n2;msgid=b {ME} BATCH +x draft/multiline #c", f"@batch=x {ME} PRIVMSG #c 5", "BATCH -x"
    )
    assert [event.left for event in second if isinstance(event, e.Acked)] == [0]


@pytest.mark.parametrize("caps", [CAPS, f"{CAPS} draft/multiline", f"{CAPS} draft/multiline=max-lines=9"])
def test_a_server_that_takes_none_gets_a_message_for_each_line(caps: str) -> None:
    talk = ready(caps)
    assert talk.ask(r.Say(5, "#c", "one\n\ntwo")) == [
        "@label=n1 PRIVMSG #c one",
        "@label=n2 PRIVMSG #c two",
    ]


def test_what_somebody_does_is_told_line_by_line() -> None:
    talk = ready()
    assert talk.ask(r.Say(5, "#c", "waves\nsmiles", Kind.ACTION)) == [
        "@label=n1 PRIVMSG #c :\x01ACTION waves\x01",
        "@label=n2 PRIVMSG #c :\x01ACTION smiles\x01",
    ]


def test_a_refusal_is_about_the_whole() -> None:
    talk = ready()
    talk.ask(r.Say(5, "#c", "one\ntwo"))
    (event,) = talk.server("@label=n1 FAIL BATCH MULTILINE_MAX_LINES 1 :Nothing was sent: too long")
    assert event == e.Refused(5, "PRIVMSG", "#c", "MULTILINE_MAX_LINES", "Nothing was sent: too long")


def test_the_outbox_names_the_whole_and_cuts_it_as_before() -> None:
    talk = ready(MORE)
    text = f"one\n{'x' * 500}"
    (draft,) = drafts("#c", text, Kind.MESSAGE, limits=Limits())
    first = talk.ask(r.Deliver(5, "#c", draft.text, cid=CID))
    assert first[0] == f"@label=n1;+natterjack/cid={CID} BATCH +m1 draft/multiline #c"
    other = Talk("a-much-longer-name")
    welcome(other, caps=MORE, nick="a-much-longer-name")
    other.server(f":a-much-longer-name!{'u' * 10}@{'h' * 60} JOIN #c")
    assert other.ask(r.Deliver(5, "#c", draft.text, cid=CID)) == first


@pytest.mark.parametrize(
    ("caps", "kind", "text"),
    [
        (MORE, Kind.MESSAGE, "1\n2\n3\n4\n5"),
        (f"{CAPS} natterjack/client-msgid", Kind.MESSAGE, "one\ntwo"),
        (MORE, Kind.ACTION, "waves\nleaves"),
    ],
)
def test_what_the_outbox_names_goes_as_one_or_not_at_all(caps: str, kind: Kind, text: str) -> None:
    (refused,) = ready(caps).session.submit(r.Deliver(5, "#c", text, kind, CID), 0.0)
    assert isinstance(refused, e.Refused)
    assert (refused.ref, refused.code) == (5, "TOO_LONG")


def test_without_labels_a_fence_stands_behind_the_whole() -> None:
    talk = ready("batch message-tags draft/multiline=max-bytes=4096")
    sent = talk.ask(r.Say(5, "#c", "one\ntwo"))
    assert sent[0] == "BATCH +m1 draft/multiline #c"
    assert sent[-2:] == ["BATCH -m1", "PING natterjack-n1"]
    events = talk.server(":srv PONG srv natterjack-n1")
    assert texts(events) == ["one\ntwo"]
    assert isinstance(events[-1], e.Acked)


# -- changing --------------------------------------------------------------------------------------------------------


def test_a_new_text_may_have_several_lines() -> None:
    talk = ready()
    assert talk.ask(r.Edit(5, "#c", "m1", "one\ntwo")) == [
        "@label=n1;+natterjack/edit=m1 BATCH +m1 draft/multiline #c",
        "@batch=m1 PRIVMSG #c one",
        "@batch=m1 PRIVMSG #c two",
        "BATCH -m1",
    ]
    change, done = talk.server(
        f"@label=n1;msgid=m2;natterjack/edit=m1 {ME} BATCH +x draft/multiline #c",
        f"@batch=x {ME} PRIVMSG #c one",
        f"@batch=x {ME} PRIVMSG #c two",
        f"{ME} BATCH -x",
    )
    assert isinstance(change, e.Edited)
    assert (change.msgid, change.by, change.text) == ("m1", "m2", "one\ntwo")
    assert done == e.Done(5, "EDIT")


@pytest.mark.parametrize(
    ("caps", "text"), [(f"{CAPS} natterjack/edit", "one\ntwo"), (OFFER, "1\n2\n3\n4\n5"), (OFFER, "x" * 4097)]
)
def test_a_new_text_that_is_too_much_changes_nothing(caps: str, text: str) -> None:
    talk = ready(caps)
    (event,) = talk.session.submit(r.Edit(5, "#c", "m1", text), 0.0)
    assert isinstance(event, e.Refused)
    assert event.code == "TOO_LONG"
    assert event.text.startswith("It stays as it was")
    assert talk.sent() == []


# -- in --------------------------------------------------------------------------------------------------------------


def test_what_others_say_is_shown_once_it_is_whole() -> None:
    talk = ready()
    before = talk.server(
        "@msgid=m1;account=alice :alice!a@b BATCH +x draft/multiline #c",
        "@batch=x :alice!a@b PRIVMSG #c :one ",
        ":bob!b@b PRIVMSG #c :amid",
        "@batch=x;draft/multiline-concat :alice!a@b PRIVMSG #c :and more",
        "@batch=x :alice!a@b PRIVMSG #c :two",
    )
    assert texts(before) == ["amid"]
    (event,) = talk.server(":alice!a@b BATCH -x")
    assert isinstance(event, e.MessageReceived)
    assert (event.text, event.msgid, event.account) == ("one and more\ntwo", "m1", "alice")
    assert event.sender.nick == "alice"


def test_in_a_history_it_is_one_line_of_it() -> None:
    talk = ready(MORE)
    talk.ask(r.AskHistory(5, "#c", "LATEST", "*", 50))
    events = talk.server(
        "@label=n1 :srv BATCH +h chathistory #c",
        "@batch=h;msgid=m1;time=2026-11-22T20:31:02.123Z :alice!a@b BATCH +x draft/multiline #c",
        "@batch=x :alice!a@b PRIVMSG #c :one",
        "@batch=x :alice!a@b PRIVMSG #c :two",
        "BATCH -x",
        "@batch=h;msgid=m2;time=2026-11-22T20:31:03.123Z :alice!a@b PRIVMSG #c :three",
        ":srv BATCH -h",
    )
    assert [
        (event.text, event.history, event.ref) for event in events if isinstance(event, e.MessageReceived)
    ] == [
        ("one\ntwo", True, 5),
        ("three", True, 5),
    ]
    assert events[-2:] == [e.HistoryRead(5, "#c", 2, "m2", first="m1"), e.Done(5, "CHATHISTORY")]


def test_what_is_found_may_have_several_lines() -> None:
    talk = ready(MORE)
    talk.ask(r.Search(5, "#c", "two"))
    found, done = talk.server(
        "@label=n1 :srv BATCH +s soju.im/search",
        "@batch=s;msgid=m1 :alice!a@b BATCH +x draft/multiline #c",
        "@batch=x :alice!a@b PRIVMSG #c :one",
        "@batch=x :alice!a@b PRIVMSG #c :two",
        "BATCH -x",
        ":srv BATCH -s",
    )
    assert isinstance(found, e.Found)
    assert (found.msgid, found.text) == ("m1", "one\ntwo")
    assert done == e.Done(5, "SEARCH")


def test_broken_ones_do_no_harm() -> None:
    talk = ready()
    assert talk.server("@msgid=m1 :alice!a@b BATCH +x draft/multiline #c", "BATCH -x", "BATCH -y") == []
    assert (
        talk.server(":alice!a@b BATCH +x draft/multiline #c", "@batch=x :alice!a@b PRIVMSG #c", "BATCH -x")
        == []
    )
    many = talk.server(
        ":a!a@b BATCH +x draft/multiline #c", *["@batch=x :a!a@b PRIVMSG #c :x"] * 5000, "BATCH -x"
    )
    assert [text.count("\n") for text in texts(many)] == [1000]
    assert texts(many)[0].endswith("x\n[The rest of this message is too long to be shown.]")


# -- cutting ---------------------------------------------------------------------------------------------------------


def test_what_a_server_says_of_its_limits() -> None:
    assert read_limits("max-bytes=4096,max-lines=24,later=x") == Limits(4096, 24)
    assert read_limits("max-bytes=4096") == Limits(4096, 1000)
    assert read_limits("max-lines=24") is None
    assert read_limits("max-bytes=lots") is None


@given(
    text=st.text("ab \nüx", max_size=2000),
    limits=st.builds(Limits, st.integers(512, 4096), st.integers(1, 30)) | st.none(),
)
def test_each_message_is_within_the_limits_and_nothing_is_lost(text: str, limits: Limits | None) -> None:
    room = room_for("#pond")
    made = list(messages_of(text, room, limits))
    lines = [line for line in text.split("\n") if line.strip()]
    said = [piece for message in made for _, piece in pieces_of(message, room)]
    assert "".join(said) == "".join(lines)
    assert all(len(piece.encode()) <= room < LINE_BYTES for piece in said)
    assert all(message.strip() and not message.startswith("\n") for message in made)
    if limits is None:
        assert all("\n" not in message for message in made)
    else:
        assert all(fits(message, room, limits) or len(pieces_of(message, room)) == 1 for message in made)
