"""What a front end would show, after the events of a conversation."""

from __future__ import annotations

import pytest

from natterjack.client import events as e
from natterjack.client.model import Channel, complete
from natterjack.client.model.conversations import MOST_ITEMS
from natterjack.client.model.items import Arrival, Departure, Message, ModeChange, Removal, Renaming
from natterjack.client.model.mentions import mentions
from natterjack.client.requests import Part
from natterjack.proto.source import Source
from tests.client.screen import Screen, at, counts, in_channel
from tests.client.transcripts import CAPS

COMMANDS = ("SEND", "MSG", "CHANNELS", "CONNECT", "ME", "QUIT")


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
    person = screen.model.people.get("alicia")
    assert person is not None
    assert person.nick == "Alicia"
    assert screen.model.people.get("alice") is None
    screen.play(":kim!k@h NICK tim")
    assert screen.model.nick == "tim"
    assert "tim" in screen.names()


def test_of_too_many_talks_the_oldest_that_was_read_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natterjack.client.model.talks._MOST_TALKS", 4)
    screen = in_channel()
    screen.play(":alice!a@h PRIVMSG kim :psst")  # which is not read
    for nick in ("bob", "carl", "dora"):
        screen.model.look_at(nick)
    assert [each.name for each in screen.model.conversations] == ["#c", "alice", "carl", "dora"]


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


@pytest.mark.parametrize("caps", [CAPS, ""])
def test_leaving_goes_to_another_channel(caps: str) -> None:
    screen = Screen(caps).play(":kim!k@h JOIN #c", ":kim!k@h JOIN #d")
    sent = screen.ask(Part(7, "#c"))
    label = "@label=n1 " if caps else ""
    assert sent[0] == f"{label}PART #c"
    screen.play(f"{label}:kim!k@h PART #c")
    assert screen.model.current == "#d"
    assert screen.model.channel("#c") is None
    assert screen.model.find("#c") is not None


@pytest.mark.parametrize("line", [":kim!k@h PART #c", ":alice!a@h KICK #c kim :out"])
def test_who_is_taken_out_is_where_he_was(line: str) -> None:
    screen = in_channel().play(":kim!k@h JOIN #d", line)
    assert screen.model.current == "#c"
    assert screen.model.channel("#c") is None


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


def marker(second: int, target: str = "#c") -> str:
    return f":srv MARKREAD {target} timestamp=2026-01-01T00:00:{second:02}.000Z"


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


def test_what_was_read_elsewhere_is_above_the_new_line() -> None:
    screen = in_channel()
    for second in (1.0, 2.0, 3.0):
        line = e.MessageReceived(
            f"m{second}", second, Source("alice"), "kim", "hi", e.Kind.MESSAGE, False, history=True
        )
        screen.model.apply(line)
    assert counts(screen, "alice") == (3, 3, 3)
    screen.model.apply(e.ReadUpTo("alice", 2.0))  # the server tells it once it is asked
    assert counts(screen, "alice") == (1, 1, 1)
    screen.model.look_at("alice")
    screen.model.apply(e.ReadUpTo("alice", 3.0))
    assert counts(screen, "alice") == (0, 0, 1), "one looks at it: the line stays"


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
