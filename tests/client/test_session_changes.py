"""Changing, taking back, reacting, answering, typing, read markers, and events of the history: on the wire."""

from __future__ import annotations

from msgspec import structs

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.proto.source import Source
from tests.client.transcripts import CAPS, Talk, welcome

ALL = (
    f"{CAPS} draft/chathistory draft/event-playback draft/message-redaction draft/read-marker natterjack/edit"
)
ALICE = Source("alice", "a", "h")
KIM = Source("kim", "k", "h")


def ready(caps: str = ALL) -> Talk:
    talk = Talk()
    welcome(talk, caps=caps)
    return talk


def test_changing_a_message() -> None:
    talk = ready()
    assert talk.ask(r.Edit(4, "#c", "m1", "better")) == ["@label=n1;+natterjack/edit=m1 PRIVMSG #c better"]
    assert talk.server("@label=n1;msgid=m2;natterjack/edit=m1 :kim!k@h PRIVMSG #c :better") == [
        e.Edited("m1", "m2", 1000.0, KIM, "#c", True, text="better"),
        e.Done(4, "EDIT"),
    ]
    talk.ask(r.Edit(5, "#c", "m1", "waves", e.Kind.ACTION))
    assert talk.server("@label=n2 :srv FAIL PRIVMSG EDIT_FORBIDDEN #c m1 :Not yours") == [
        e.Refused(5, "EDIT", "#c", "EDIT_FORBIDDEN", "Not yours")
    ]


def test_what_a_server_does_not_offer_is_not_sent() -> None:
    talk = ready(CAPS)
    for request in (
        r.Edit(4, "#c", "m1", "x"),
        r.Redact(4, "#c", "m1"),
        r.MarkRead(4, "#c", 1.0),
        r.AskMark(4, "x"),
    ):
        (refused,) = talk.session.submit(request, 0.0)
        assert isinstance(refused, e.Refused)
        assert refused.code == "not_offered"
    assert talk.sent() == []


def test_taking_a_message_back() -> None:
    talk = ready()
    assert talk.ask(r.Redact(4, "#c", "m1", "a slip")) == ["@label=n1 REDACT #c m1 :a slip"]
    assert talk.server("@label=n1;msgid=m2 :kim!k@h REDACT #c m1 :a slip") == [
        e.Redacted("m1", "m2", 1000.0, KIM, "#c", True, reason="a slip"),
        e.Done(4, "REDACT"),
    ]


def test_reacting() -> None:
    talk = ready()
    assert talk.ask(r.React(4, "#c", "m1", "\U0001f44d")) == [
        "@label=n1;+draft/react=\U0001f44d;+draft/reply=m1 TAGMSG #c"
    ]
    event = e.Reacted("m1", "m2", 1000.0, KIM, "#c", True, reaction="\U0001f44d")
    assert talk.server("@label=n1;msgid=m2;+draft/react=\U0001f44d;+draft/reply=m1 :kim!k@h TAGMSG #c") == [
        event,
        e.Done(4, "REACT"),
    ]
    (gone,) = talk.server("@msgid=m3;+draft/unreact=\U0001f44d;+reply=m1 :alice!a@h TAGMSG #c")
    assert gone == structs.replace(event, by="m3", sender=ALICE, own=False, adding=False)
    assert talk.server("@msgid=m3;+draft/react=x :alice!a@h TAGMSG #c") == []


def test_answering() -> None:
    talk = ready()
    assert talk.ask(r.Say(4, "#c", "yes\nno", reply_to="m1")) == [
        "@label=n1;+draft/reply=m1 PRIVMSG #c yes",
        "@label=n2 PRIVMSG #c no",
    ]
    (said,) = talk.server("@msgid=m9;+draft/reply=m1 :alice!a@h PRIVMSG #c :no")
    assert isinstance(said, e.MessageReceived)
    assert said.reply_to == "m1"
    old = ready("")
    assert old.ask(r.Say(4, "#c", "yes", reply_to="m1"))[0] == "PRIVMSG #c yes"


def test_typing() -> None:
    talk = ready()
    assert talk.ask(r.ShowTyping(0, "#c")) == ["@label=n1;+typing=active TAGMSG #c"]
    talk.now = 5.0
    sent = "@time=2026-01-01T00:00:00.000Z;+typing=active :alice!a@h TAGMSG #c"
    assert talk.server(sent) == [e.Typing(1005.0, ALICE, "#c", "active")]
    assert talk.server("@+typing=whatever :alice!a@h TAGMSG #c", "@+typing=active :kim!k@h TAGMSG #c") == []


def test_read_markers() -> None:
    talk = ready()
    assert talk.ask(r.MarkRead(4, "#c", 1767225600.123)) == [
        "@label=n1 MARKREAD #c timestamp=2026-01-01T00:00:00.123Z"
    ]
    assert talk.server("@label=n1 :srv MARKREAD #c timestamp=2026-01-01T00:00:00.123Z") == [
        e.ReadUpTo("#c", 1767225600.123),
        e.Done(4, "MARKREAD"),
    ]
    assert talk.server(":srv MARKREAD #c *") == [e.ReadUpTo("#c", 0.0)]


def test_every_millisecond_comes_back_as_it_was() -> None:
    talk = ready()
    for milli in range(1000):
        stamp = f"timestamp=2026-11-22T20:31:02.{milli:03}Z"
        (told,) = talk.server(f":srv MARKREAD #c {stamp}")
        assert isinstance(told, e.ReadUpTo)
        assert talk.ask(r.MarkRead(0, "#c", told.time))[0].endswith(stamp)
        talk.server(f"@label=n{milli + 1} :srv MARKREAD #c {stamp}")


def test_what_happened_before_is_told_as_past_and_changes_nothing() -> None:
    talk = ready()
    talk.ask(r.AskHistory(9, "#c"))
    events = talk.server(
        "@label=n1 :srv BATCH +b chathistory #c",
        "@batch=b;msgid=m1 :kim!k@h JOIN #c",
        "@batch=b;msgid=m2 :kim!k@h NICK tim",
        "@batch=b;msgid=m3 :alice!a@h QUIT :bye",
        "@batch=b;msgid=m4 :alice!a@h TOPIC #c :new",
        "@batch=b;msgid=m5;natterjack/edited=m8 :alice!a@h PRIVMSG #c :now",
        "@batch=b;msgid=m6 :alice!a@h REDACT #c m0",
        ":srv BATCH -b",
    )
    past = [event for event in events if isinstance(event, e.Past)]
    assert [each.channel for each in past] == ["#c"] * 4
    assert [type(each.event) for each in past] == [e.Joined, e.NickChanged, e.QuitSeen, e.TopicChanged]
    assert past[2] == e.Past("#c", e.QuitSeen(ALICE, "bye", False, 1000.0, "m3"), 9, back=True)
    assert talk.session.nick == "kim"
    said = next(event for event in events if isinstance(event, e.MessageReceived))
    assert said.edited
    taken = next(event for event in events if isinstance(event, e.Redacted))
    assert (taken.history, taken.ref) == (True, 9)
    assert events[-2:] == [e.HistoryRead(9, "#c", 6, "m6", first="m1"), e.Done(9, "CHATHISTORY")]


def test_what_our_account_says_elsewhere_is_ours() -> None:
    talk = ready()
    talk.server(":srv 900 kim kim!k@h kim :You are logged in")
    (said,) = talk.server("@msgid=m1;account=Kim :kim2!k@h PRIVMSG alice :from my phone")
    assert isinstance(said, e.MessageReceived)
    assert said.own


def test_the_key_that_let_us_in_is_known() -> None:
    for talk in (ready(), ready("")):
        talk.ask(r.Join(4, "#c,#d,#e", "secret,other"))
        label = "@label=n1 " if talk.session.capabilities else ""
        (joined,) = talk.server(f"{label}:kim!k@h JOIN #D")[:1]
        assert isinstance(joined, e.Joined)
        assert joined.key == "other"
    (joined,) = talk.server(":alice!a@h JOIN #d")
    assert isinstance(joined, e.Joined)
    assert joined.key == ""


def test_channels_are_joined_with_their_keys_on_arrival() -> None:
    talk = Talk(channels=("#Pond", "#c"), keys={"#pond": "frog"})
    talk.sent()
    talk.server(":srv 001 kim :Welcome")
    talk.server(":srv 422 kim :no message of the day")
    assert [line for line in talk.sent() if "JOIN" in line] == ["JOIN #Pond frog", "JOIN #c"]
