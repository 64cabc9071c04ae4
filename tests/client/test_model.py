"""What a front end would show, after the events of a conversation."""

from __future__ import annotations

import pytest

from natterjack.client import events as e
from natterjack.client.model import Channel, Conversation, Model, complete
from natterjack.client.model.conversations import MOST_ITEMS
from natterjack.client.model.items import Arrival, Departure, Message, ModeChange, Removal, Renaming
from natterjack.client.model.mentions import mentions
from natterjack.client.requests import AskHistory
from natterjack.proto.source import Source
from tests.client.transcripts import CAPS, Talk, welcome

COMMANDS = ("SEND", "MSG", "CHANNELS", "CONNECT", "ME", "QUIT")


class Screen(Talk):
    """A session with a model behind it."""

    def __init__(self, caps: str = CAPS) -> None:
        super().__init__()
        self.model = Model()
        for event in welcome(self, caps=caps):
            self.model.apply(event)

    def play(self, *lines: str) -> Screen:
        for event in self.server(*lines):
            self.model.apply(event)
        return self

    def names(self, channel: str = "#c") -> list[str]:
        found = self.model.channel(channel)
        assert found is not None
        return sorted(f"{member.prefixes}{member.nick}" for member in found.members)

    def last(self, name: str = "#c") -> object:
        found = self.model.find(name)
        assert found is not None
        return found.items[-1]


def in_channel() -> Screen:
    return Screen().play(
        ":kim!k@h JOIN #c",
        ":srv 353 kim = #c :@+alice +bob kim",
        ":srv 366 kim #c :End",
        ":srv 332 kim #c :a topic",
    )


def test_being_in_a_channel() -> None:
    screen = in_channel()
    assert screen.names() == ["+bob", "@+alice", "kim"]
    channel = screen.model.channel("#C")
    assert isinstance(channel, Channel)
    assert channel.topic == "a topic"
    assert screen.model.current == "#c"


def test_coming_and_going() -> None:
    screen = in_channel().play(":carl!c@h JOIN #c")
    assert screen.last() == Arrival(1000.0, "carl")
    screen.play(":carl!c@h PART #c :bye")
    assert screen.last() == Departure(1000.0, "carl", "bye", False)
    screen.play(":alice!a@h KICK #c bob :out")
    assert screen.last() == Removal(1000.0, "bob", "alice", "out")
    screen.play(":alice!a@h QUIT :gone")
    assert screen.last() == Departure(1000.0, "alice", "gone", True)
    assert screen.names() == ["kim"]
    assert screen.model.people.get("alice") is None


def test_ranks() -> None:
    screen = in_channel().play(":alice!a@h MODE #c +ov-v kim kim bob")
    assert screen.names() == ["@+alice", "@+kim", "bob"]
    assert screen.last() == ModeChange(1000.0, "alice", "+ov-v kim kim bob")
    screen.play(":alice!a@h MODE #c +b-o *!*@bad kim")
    assert "+kim" in screen.names()


def test_new_names() -> None:
    screen = in_channel().play(":alice!a@h NICK Alicia")
    assert screen.names() == ["+bob", "@+Alicia", "kim"]
    assert screen.last() == Renaming(1000.0, "alice", "Alicia")
    screen.play(":kim!k@h NICK tim")
    assert screen.model.nick == "tim"
    assert "tim" in screen.names()


def test_a_talk_follows_the_person_to_a_new_name() -> None:
    screen = in_channel().play(":alice!a@h PRIVMSG kim :psst", ":alice!a@h NICK alicia")
    assert screen.model.find("alice") is None
    talk = screen.model.find("alicia")
    assert talk is not None
    assert talk.unread == 1


def test_a_netsplit_comes_in_any_order() -> None:
    screen = in_channel().play(
        ":alice!a@h QUIT :a.example b.example",
        ":nobody!n@h QUIT :a.example b.example",
        ":alice!a@h JOIN #c",
        ":alice!a@h JOIN #c",
        ":bob!b@h JOIN #c",
    )
    assert screen.names() == ["+bob", "alice", "kim"]


def test_unread_and_mentions() -> None:
    screen = in_channel().play(":kim!k@h JOIN #d")
    screen.play(
        ":alice!a@h PRIVMSG #d :hello", ":alice!a@h PRIVMSG #d :KIM: hello", ":kim!k@h PRIVMSG #d :mine"
    )
    channel = screen.model.find("#d")
    assert channel is not None
    assert (channel.unread, channel.mentions) == (2, 1)
    assert screen.model.unread == [channel]
    screen.model.look_at("#d")
    assert screen.model.read("#d") == 1000.0
    assert screen.model.read("#d") is None
    assert channel.unread == 0
    assert channel.new_items == 3
    screen.now = 1.0
    screen.play(":alice!a@h PRIVMSG #d :more")
    assert (channel.unread, channel.new_items) == (1, 4)
    screen.model.read("#d")
    screen.model.look_at("#c")
    assert (channel.unread, channel.new_items) == (0, 0)


def test_a_private_message_is_always_a_mention() -> None:
    screen = in_channel().play(":alice!a@h PRIVMSG kim :psst")
    talk = screen.model.find("alice")
    assert talk is not None
    assert (talk.unread, talk.mentions) == (1, 1)


def test_a_message_is_shown_once() -> None:
    screen = in_channel()
    screen.play("@msgid=1 :alice!a@h PRIVMSG #c :hi", "@msgid=1 :alice!a@h PRIVMSG #c :hi")
    channel = screen.model.find("#c")
    assert channel is not None
    assert sum(isinstance(item, Message) for item in channel.items) == 1


def test_old_lines_are_forgotten_with_their_ids() -> None:
    screen = in_channel()
    for number in range(MOST_ITEMS + MOST_ITEMS // 10 + 10):
        screen.play(f"@msgid={number} :alice!a@h PRIVMSG #c :hi")
    channel = screen.model.find("#c")
    assert channel is not None
    assert MOST_ITEMS <= len(channel.items) <= MOST_ITEMS * 1.1
    assert channel.message("0") is None
    assert channel.message(str(MOST_ITEMS)) is not None
    assert channel.unread == sum(isinstance(item, Message) for item in channel.items)


def test_the_ignored_are_not_heard() -> None:
    screen = in_channel()
    assert screen.model.ignore("Alice")
    before = len(screen.model.conversations)
    screen.play(":alice!a@h PRIVMSG kim :psst")
    assert len(screen.model.conversations) == before
    assert not screen.model.ignore("alice")


def test_leaving_goes_to_another_channel() -> None:
    screen = in_channel().play(":kim!k@h JOIN #d", ":kim!k@h PART #c")
    assert screen.model.current == "#d"
    assert screen.model.channel("#c") is None
    assert screen.model.find("#c") is not None


def test_losing_the_server_keeps_what_was_said() -> None:
    from natterjack.client.events import Disconnected

    screen = in_channel().play(":alice!a@h PRIVMSG #c :hi")
    screen.model.apply(Disconnected("srv:7667", None))
    channel = screen.model.find("#c")
    assert channel is not None
    assert channel.items
    assert not screen.model.online
    assert screen.model.channels == []
    assert len(screen.model.people) == 0


def test_people() -> None:
    screen = in_channel().play(
        ":alice!a@h AWAY :lunch",
        ":alice!a@h ACCOUNT al",
        ":alice!a@h SETNAME :Alice A",
        ":alice!a@h CHGHOST b i",
    )
    alice = screen.model.people.get("ALICE")
    assert alice is not None
    assert (alice.away, alice.account, alice.realname, alice.host) == ("lunch", "al", "Alice A", "i")


def test_accounts() -> None:
    from natterjack.client.events import Disconnected

    screen = in_channel().play(
        ":alice!a@h JOIN #c",
        "@account=al :alice!a@h PRIVMSG #c :hi",
        ":srv 900 kim kim!k@h km :You are logged in",
    )
    alice = screen.model.people.get("alice")
    assert alice is not None
    assert (alice.account, screen.model.account) == ("al", "km")
    screen.model.apply(Disconnected("srv:7667", None))
    assert screen.model.account == ""


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("kim: hi", True),
        ("hi KIM!", True),
        ("kimono", False),
        ("kim_ is another", False),
        ("akim", False),
        ("kimono, kim", True),
        ("", False),
    ],
)
def test_mentions(text: str, named: bool) -> None:
    assert mentions(text, "kim") is named


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("al", ("alice: ",)),
        ("hello al", ("alice ",)),
        ("SEND al", ("alice: ",)),
        ("MSG al", ("alice ",)),
        ("/me al", ("alice: ",)),
        ("#", ("#c ",)),
        ("C", ("CHANNELS ", "CONNECT ", "Carl: ")),
        ("/c", ("/channels ", "/connect ")),
        ("/M", ("/me ", "/msg ")),
        ("", ()),
        ("k", ()),
        ("xyz", ()),
    ],
)
def test_completion(line: str, candidates: tuple[str, ...]) -> None:
    screen = in_channel().play(":Carl!c@h JOIN #c")
    assert complete(screen.model, line, len(line), COMMANDS).candidates == candidates


def test_who_spoke_last_comes_first() -> None:
    screen = in_channel().play(":andy!a@h JOIN #c", ":alice!a@h PRIVMSG #c :hi")
    assert complete(screen.model, "a", 1, COMMANDS).candidates == ("alice: ", "andy: ")
    screen.play(":andy!a@h PRIVMSG #c :hi")
    assert complete(screen.model, "x a", 3, COMMANDS).candidates == ("andy ", "alice ")
    assert complete(screen.model, "x a", 3, COMMANDS).start == 2


def test_what_is_said_to_a_rank_is_said_in_the_channel() -> None:
    screen = Screen().play(":kim!k@h JOIN #c", ":srv 353 kim = #c :@kim lee", ":srv 366 kim #c :End")
    screen.play(":lee!l@h PRIVMSG %#c :psst", ":lee!l@h PRIVMSG ~#c :no rank of this server's")
    found = screen.model.find("#c")
    assert found is not None
    assert [item.text for item in found.items if isinstance(item, Message)] == ["psst"]


def at(second: int, rest: str, **tags: str) -> str:
    """A line of that second."""
    more = "".join(f";{name}={value}" for name, value in tags.items())
    return f"@time=2026-01-01T00:00:{second:02}.000Z{more} :{rest}"


def marker(second: int, target: str = "#c") -> str:
    return f":srv MARKREAD {target} timestamp=2026-01-01T00:00:{second:02}.000Z"


def counts(screen: Screen, name: str = "#c") -> tuple[int, int, int]:
    found = screen.model.find(name)
    assert found is not None
    return found.unread, found.mentions, found.new_items


def test_what_lies_after_the_marker_is_unread() -> None:
    screen = in_channel().play(":kim!k@h JOIN #d", ":kim!k@h JOIN #e")
    screen.model.look_at("#e")
    screen.play(
        marker(2),
        at(1, "alice!a@h PRIVMSG #c :read before", msgid="m1"),
        at(3, "alice!a@h PRIVMSG #c :kim, look", msgid="m3"),
        at(4, "kim!k@h PRIVMSG #c :mine", msgid="m4"),
        at(5, "alice!a@h PRIVMSG #c :more", msgid="m5"),
    )
    assert counts(screen) == (2, 1, 3)
    screen.play(marker(4))
    assert counts(screen)[:2] == (1, 0)
    screen.play(marker(3))
    assert counts(screen)[:2] == (1, 0)
    screen.play(marker(5))
    assert counts(screen)[:2] == (0, 0)


def test_missed_lines_are_unread_where_a_marker_is_known() -> None:
    screen = in_channel().play(":kim!k@h JOIN #d")
    for target in ("#c", "#d"):
        for second in (1, 3):
            line = e.MessageReceived(
                f"{target}{second}",
                second,
                Source("alice"),
                target,
                "hi",
                e.Kind.MESSAGE,
                False,
                history=True,
            )
            screen.model.apply(line)
            screen.model.apply(e.ReadUpTo("#c", 2.0))
    assert counts(screen) == (1, 0, 2)  # our own arrival came after it
    assert counts(screen, "#d") == (0, 0, 0)


def test_a_marker_waits_for_its_conversation() -> None:
    screen = Screen()
    screen.model.apply(e.ReadUpTo("alice", 1000.0))
    screen.play(":alice!a@h PRIVMSG kim :read on the phone")
    assert counts(screen, "alice") == (0, 0, 0)
    screen.now = 1.0
    screen.play(":alice!a@h PRIVMSG kim :psst")
    assert counts(screen, "alice") == (1, 1, 1)


def test_the_new_line_stays_until_one_looks_elsewhere_and_begins_where_nobody_watched() -> None:
    screen = in_channel()
    screen.play(at(1, "alice!a@h PRIVMSG #c :seen"))
    screen.model.read("#c")
    assert counts(screen) == (0, 0, 0)
    screen.model.watch(False)
    screen.play(at(2, "alice!a@h PRIVMSG #c :while I was at the kettle"), at(3, "bob!b@h JOIN #c"))
    assert counts(screen) == (1, 0, 1)
    screen.model.watch(True)
    screen.model.read("#c")
    screen.play(at(4, "alice!a@h PRIVMSG #c :go on"))
    assert counts(screen) == (1, 0, 2)
    screen.model.look_at("bob")
    screen.model.look_at("#c")
    assert counts(screen) == (1, 0, 1)


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
    model.apply(e.Acked(1, "m1", "#x", "one, too", 1.0))
    model.apply(e.Refused(2, "PRIVMSG", "#x", "404", "no"))
    assert [each.text for each in found.waiting] == ["one"]


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
