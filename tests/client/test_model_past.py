"""What the model makes of what is changed, and of what happened before."""

from __future__ import annotations

from natterjack.client import events as e
from natterjack.client.model import Channel, Conversation, Model
from natterjack.client.model.items import Arrival, Message
from natterjack.client.requests import AskHistory
from natterjack.proto.source import Source
from tests.client.screen import Screen, at, counts, in_channel
from tests.client.transcripts import CAPS


def test_what_happened_before_stands_in_its_place() -> None:
    screen = in_channel().play(at(9, "alice!a@h PRIVMSG #c :now", msgid="m9"))
    for second in (3, 4):
        source = Source("carl")
        screen.model.apply(e.Past("#c", e.Joined(source, "#c", "", "", False, 1767225600.0 + second)))
    old = e.MessageReceived(
        "m3", 1767225603.5, Source("carl"), "#c", "hi", e.Kind.MESSAGE, False, history=True
    )
    screen.model.apply(old)
    screen.model.apply(e.Past("#nowhere", e.Joined(Source("carl"), "#nowhere", "", "", False, 0.0)))
    channel = screen.model.channel("#c")
    assert channel is not None
    assert [type(item) for item in channel.items[-4:]] == [Arrival, Message, Arrival, Message]
    assert channel.member("carl") is None


def said(screen: Screen, msgid: str, name: str = "#c") -> Message:
    conversation = screen.model.find(name)
    assert conversation is not None
    message = conversation.message(msgid)
    assert message is not None
    assert message in conversation.items
    return message


def test_a_message_is_changed_and_taken_back() -> None:
    screen = in_channel().play(
        ":kim!k@h JOIN #d",
        "@msgid=m1 :alice!a@h PRIVMSG #c :helo",
        "@msgid=m2;natterjack/edit=m1 :alice!a@h PRIVMSG #c :hello kim",
    )
    assert (said(screen, "m1").text, said(screen, "m1").edited) == ("hello kim", True)
    assert counts(screen)[:2] == (1, 1)
    screen.play("@msgid=m3 :alice!a@h REDACT #c m1 :wrong place")
    assert said(screen, "m1").redacted == ("alice", "wrong place")
    assert said(screen, "m1").text == ""
    assert counts(screen)[:2] == (0, 0)
    screen.play("@msgid=m4;natterjack/edit=m1 :alice!a@h PRIVMSG #c :again", ":alice!a@h REDACT #c nothing")
    assert said(screen, "m1").text == ""


def test_reactions() -> None:
    screen = in_channel().play(
        "@msgid=m1 :alice!a@h PRIVMSG kim :shall we?",
        "@msgid=m2;+draft/react=yes;+draft/reply=m1 :kim!k@h TAGMSG alice",
        "@msgid=m3;+draft/react=yes;+draft/reply=m1 :alice!a@h TAGMSG kim",
        "@msgid=m4;+draft/react=no;+draft/reply=m1 :alice!a@h TAGMSG kim",
        "@msgid=m5;+draft/react=no;+draft/reply=m1 :alice!a@h TAGMSG kim",
    )
    assert said(screen, "m1", "alice").tally == {"yes": ["kim", "alice"], "no": ["alice"]}
    screen.play(
        "@msgid=m6 :alice!a@h REDACT kim m5", "@+draft/unreact=yes;+draft/reply=m1 :alice!a@h TAGMSG kim"
    )
    assert said(screen, "m1", "alice").tally == {"yes": ["kim"]}


def test_an_answer_names_its_question() -> None:
    screen = in_channel().play(
        "@msgid=m1 :alice!a@h PRIVMSG #c :shall we?", "@msgid=m2;+draft/reply=m1 :kim!k@h PRIVMSG #c :yes"
    )
    assert said(screen, said(screen, "m2").reply_to).text == "shall we?"
    channel = screen.model.find("#c")
    assert channel is not None
    assert channel.last_own() == said(screen, "m2")
    assert channel.nth_last(1, own=False) == said(screen, "m1")


def test_who_is_typing() -> None:
    screen = in_channel().play(
        "@+typing=active :alice!a@h TAGMSG #c",
        "@+typing=active :bob!b@h TAGMSG #c",
        "@+typing=paused :carl!c@h TAGMSG #c",
    )
    channel = screen.model.find("#c")
    assert channel is not None
    assert channel.typing(1005.9) == ["alice", "bob"]
    assert channel.typing(1006.0) == []
    screen.play(":alice!a@h PRIVMSG #c :that", "@+typing=done :bob!b@h TAGMSG #c")
    assert channel.typing(1001.0) == []


def test_who_is_away() -> None:
    screen = in_channel().play(":srv 301 kim alice :at lunch")
    person = screen.model.people.get("alice")
    assert person is not None
    assert person.away == "at lunch"
    screen.play(":alice!a@h AWAY")
    assert person.away is None


def test_the_key_of_a_channel_follows_its_modes() -> None:
    screen = in_channel().play(":alice!a@h MODE #c +k frog")
    channel = screen.model.channel("#c")
    assert channel is not None
    assert channel.key == "frog"
    screen.play(":alice!a@h MODE #c -k frog")
    assert channel.key == ""


def test_what_is_recalled_is_shown_with_its_reactions() -> None:
    model = Model()
    line = e.MessageReceived("m1", 5.0, Source("alice"), "#c", "hi", e.Kind.MESSAGE, False, history=True)
    reaction = e.Reacted("m1", "m2", 5.0, Source("bob"), "#c", True, history=True, reaction="ok")
    model.apply(e.Recalled(0, (line,), (reaction,)))
    found = model.find("#c")
    assert isinstance(found, Channel)
    message = found.message("m1")
    assert message is not None
    assert message.tally == {"ok": ["bob"]}


def test_what_was_recalled_before_we_had_a_name_calls_us_by_it() -> None:
    model = Model()
    model.apply(e.ReadUpTo("#c", 4.0))
    line = e.MessageReceived("m1", 5.0, Source("alice"), "#c", "kim?", e.Kind.MESSAGE, False, history=True)
    model.apply(e.Remembered((line,)))
    assert [(each.unread, each.mentions) for each in model.unread] == [(1, 0)]
    model.apply(e.Welcomed("kim", "srv"))
    assert [(each.unread, each.mentions) for each in model.unread] == [(1, 1)]


def test_what_is_not_there_yet() -> None:
    model = Model()
    model.apply(e.Kept(1, "#x", "one"))
    model.apply(e.Kept(1, "#x", "one, too"))
    model.apply(e.StillSending(1, "#x", "one, too"))
    model.apply(e.StillSending(2, "#x", "two"))
    found = model.find("#x")
    assert found is not None
    assert [(each.text, each.sent) for each in found.waiting] == [
        ("one", False),
        ("one, too", True),
        ("two", True),
    ]
    model.apply(e.Acked(1, "m1", "#x", "one, too", 1.0, left=1))
    model.apply(e.Refused(2, "PRIVMSG", "#x", "404", "no"))
    assert [each.text for each in found.waiting] == ["one"]


def test_what_waited_as_one_and_went_as_several_is_there_with_the_last() -> None:
    model = Model()
    model.apply(e.Kept(1, "#x", "one\ntwo"))
    model.apply(e.Kept(2, "#x", "next"))
    found = model.find("#x")
    assert found is not None
    model.apply(e.Acked(1, "m1", "#x", "one", 1.0, left=1))
    assert [each.text for each in found.waiting] == ["one\ntwo", "next"]
    assert model.apply(e.Acked(1, "m2", "#x", "two", 1.0)) == (found,)
    assert [each.text for each in found.waiting] == ["next"]


def test_a_page_of_history_keeps_the_servers_order() -> None:
    """Whatever the times are: all lines of a busy moment have the same one."""
    moment = "time=2026-01-01T00:00:00.000Z"
    screen = Screen(f"{CAPS} draft/chathistory")
    screen.play(":kim!k@h JOIN #c", ":srv 353 kim = #c :kim", ":srv 366 kim #c :End")

    def page(number: int, way: str, *msgids: str) -> None:
        (asked,) = screen.ask(AskHistory(number, "#c", way, "msgid=x", 10))
        label = asked.partition(" ")[0].partition("label=")[2]
        lines = [f"@batch=h;msgid={msgid};{moment} :bob!b@h PRIVMSG #c :{msgid}" for msgid in msgids]
        screen.play(f"@label={label} :srv BATCH +h chathistory #c", *lines, ":srv BATCH -h")

    def said() -> str:
        found = screen.model.find("#c")
        assert found is not None
        return "".join(item.text for item in found.items if isinstance(item, Message))

    page(5, "LATEST", "g", "h")
    page(-10, "BEFORE", "d", "e", "f")
    page(-10, "BEFORE", "a", "b", "c")
    assert said() == "abcdefgh"
    page(6, "AFTER", "i", "k")
    page(7, "LATEST", "h", "i", "j", "k", "l")
    assert said() == "abcdefghijkl"
    screen.play(":alice!a@h PRIVMSG #c :!")
    page(8, "AROUND", "j", "k")
    assert said() == "abcdefghijkl!"


def test_pages_that_come_at_the_same_time_keep_their_orders() -> None:
    talk = Conversation("#pond")

    def add(numbers: range, at: float, page: int, *, back: bool = False) -> None:
        for number in numbers:
            item = Message(
                at,
                f"m{number}",
                "gus",
                f"{number}",
                e.Kind.MESSAGE,
                own=False,
                history=True,
                mention=False,
                account="",
            )
            talk.add(item, looking=True, past=True, page=page, back=back)

    add(range(40, 45), 7.0, 5)
    add(range(20, 21), 7.0, -10, back=True)
    add(range(45, 50), 7.0, 5)  # of another answer, which came in between
    add(range(21, 40), 7.0, -10, back=True)
    talk.end_page(-10)
    add(range(10), 5.0, -10, back=True)
    add(range(10, 20), 7.0, -10, back=True)
    add(range(50, 55), 8.0, 6)
    assert [item.text for item in talk.items if isinstance(item, Message)] == [f"{n}" for n in range(55)]
