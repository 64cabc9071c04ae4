"""A channel that gets another name is the same one: its place, its lines, its marks, and what waits for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec import structs

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.local_store import LocalStore, Whose
from natterjack.client.model import Model
from natterjack.client.model.items import ChannelRenaming, Message
from natterjack.client.person import Person
from natterjack.client.requests import AskHistory, MarkRead
from natterjack.client.session.catchup import CatchUp, Position, Shown
from natterjack.client.session.markers import Marker, Markers
from natterjack.client.session.outbox import Outbox
from natterjack.proto.source import Source
from tests.client.catching import asked, catch_up, enter, history, joined, line, take
from tests.client.front import MARKING, Front, rows
from tests.client.screen import Screen, at, counts, in_channel
from tests.client.scripted import Scripted
from tests.client.test_outbox import box, entry, numbers
from tests.client.transcripts import CAPS, Talk, welcome

RENAMING = f"{MARKING} draft/channel-rename"
RENAMED = e.ChannelRenamed("#pond", "#lake", "alice", "", 20.0, "r1")


# -- the session -----------------------------------------------------------------------------------------------------


def test_the_session_asks_for_it_and_tells_it() -> None:
    talk = Talk()
    talk.sent()
    talk.server(":srv CAP * LS :draft/channel-rename echo-message")
    assert talk.sent() == ["CAP REQ :draft/channel-rename echo-message"]
    talk = Talk()
    welcome(talk)
    (event,) = talk.server("@time=1970-01-01T00:00:20.000Z;msgid=r1 :alice!a@h RENAME #pond #lake :")
    assert event == RENAMED


def test_a_name_that_is_no_channels_is_nothing() -> None:
    talk = Talk()
    welcome(talk)
    assert talk.server(":alice!a@h RENAME #pond", ":alice!a@h RENAME #pond lake :", ":alice RENAME") == []


LED_ON = e.ChannelRenamed("#pond", "#lake", "", "", 5.0)


def renamed(label: str = "", old: str = "#pond", new: str = "#lake") -> str:
    tags = f"@label={label};" if label else "@"
    return (
        f"{tags}time=1970-01-01T00:00:05.000Z :srv FAIL JOIN CHANNEL_RENAMED {old} {new} :It has another name"
    )


def label_of(line: str) -> str:
    found = re.match("@label=([^ ;]*)", line)
    return found[1] if found else ""


@pytest.mark.parametrize("caps", [CAPS, "server-time"])
def test_a_former_name_leads_to_the_present_one(caps: str) -> None:
    """The answer to what was asked is that to the JOIN of the present name."""
    talk = Talk()
    welcome(talk, caps=caps)
    asked, *_ = talk.ask(r.Join(7, "#pond", "word"))
    if label := label_of(asked):
        assert talk.server(renamed(label)) == [LED_ON]
    else:
        assert talk.server(renamed()) == [LED_ON]
        assert talk.server(":srv PONG srv natterjack-n1") == []
    asked, *_ = talk.sent()
    assert asked.endswith("JOIN #lake word")
    if label := label_of(asked):
        events = talk.server(f"@label={label} :kim!k@h JOIN #lake")
    else:
        events = [*talk.server(":kim!k@h JOIN #lake"), *talk.server(":srv PONG srv natterjack-n2")]
    assert [type(each) for each in events] == [e.Joined, e.Done]
    assert [getattr(events[0], "key", ""), getattr(events[1], "ref", 0)] == ["word", 7]


def test_it_is_followed_once_and_where_it_makes_sense() -> None:
    talk = Talk()
    welcome(talk)
    (asked,) = talk.ask(r.Join(7, "#pond"))
    assert talk.server(renamed(label_of(asked))) == [LED_ON]
    (asked,) = talk.sent()
    (refused,) = talk.server(renamed(label_of(asked), "#lake", "#pond"))
    assert isinstance(refused, e.Refused)
    assert (refused.ref, refused.code, refused.target) == (7, "CHANNEL_RENAMED", "#lake")
    (asked,) = talk.ask(r.Join(8, "#pond"))
    (refused,) = talk.server(renamed(label_of(asked), "#pond", "lake"))
    assert isinstance(refused, e.Refused)
    (asked,) = talk.ask(r.Join(9, "#pond,#sea"))
    events = talk.server(
        f"@label={label_of(asked)} :srv BATCH +1 labeled-response",
        renamed().replace("@", "@batch=1;"),
        "@batch=1 :srv 473 kim #sea :You need an invitation",
        ":srv BATCH -1",
    )
    assert events[0] == LED_ON
    assert [each.ref for each in events if isinstance(each, e.Refused)] == [9]
    assert talk.sent()[0].endswith(" JOIN #lake")


def test_a_fail_of_that_kind_that_we_did_not_ask_for_is_an_error() -> None:
    talk = Talk()
    welcome(talk)
    (event,) = talk.server(renamed())
    assert isinstance(event, e.ServerError)


def test_in_a_history_it_is_past() -> None:
    talk = Talk()
    welcome(talk)
    events = talk.server(
        ":srv BATCH +h chathistory #lake",
        "@batch=h;msgid=r1;time=1970-01-01T00:00:20.000Z :alice!a@h RENAME #pond #lake :",
        ":srv BATCH -h",
    )
    assert events == [e.Past("#lake", RENAMED)]


# -- the model -------------------------------------------------------------------------------------------------------


def test_the_conversation_keeps_its_place_its_lines_and_its_marks() -> None:
    screen = in_channel().play(":kim!k@h JOIN #d", ":srv 353 kim = #d :kim", ":srv 366 kim #d :End")
    screen.model.look_at("#d")
    screen.play(at(1, "alice!a@h PRIVMSG #c :one", msgid="m1"))
    screen.model.read("#c")
    screen.play(at(2, "alice!a@h PRIVMSG #c :kim: two", msgid="m2"), at(3, "alice!a@h RENAME #c #Pond :new"))
    assert [each.name for each in screen.model.conversations] == ["#Pond", "#d"]
    assert screen.model.find("#c") is None
    assert counts(screen, "#pond") == (1, 1, 3)
    assert isinstance(item := screen.last("#pond"), ChannelRenaming)
    assert (item.old, item.new, item.by, item.reason) == ("#c", "#Pond", "alice", "new")
    assert screen.names("#pond") == ["+bob", "@+alice", "kim"]
    channel = screen.model.channel("#pond")
    assert channel is not None
    assert channel.topic == "a topic"
    assert screen.model.current == "#d"


def test_one_looks_where_one_looked() -> None:
    screen = in_channel().play(":alice!a@h RENAME #c #pond :")
    assert screen.model.current == "#pond"
    screen.play(":alice!a@h RENAME #pond #POND :")
    assert screen.model.current == "#POND"
    assert len(screen.model.conversations) == 1


def test_what_another_one_of_that_name_has_said_stays() -> None:
    screen = in_channel().play(
        ":kim!k@h JOIN #d",
        at(1, "alice!a@h PRIVMSG #d :one", msgid="m1"),
        ":kim!k@h PART #d",
        at(2, "alice!a@h PRIVMSG #c :two", msgid="m2"),
        at(3, "alice!a@h RENAME #c #d :"),
    )
    (channel,) = screen.model.conversations
    assert [getattr(item, "text", "") for item in channel.items if hasattr(item, "msgid")] == ["one", "two"]
    assert screen.model.channel("#d") is channel


def test_a_channel_that_is_not_here_is_no_news() -> None:
    screen = Screen(CAPS).play(":alice!a@h RENAME #c #d :")
    assert screen.model.conversations == []


# -- catching up -----------------------------------------------------------------------------------------------------


def test_the_position_goes_along() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter(past)
    history(past, 1001, [11])
    assert take(past) == ["!m11"]
    past.heard(RENAMED)
    (told,) = past.out
    assert told == Shown("", RENAMED, False, "r1", 20.0)
    assert past.positions == {"#lake": Position("#lake", "m11", 11.0)}
    past.heard(line(21, "#lake"))
    assert take(past)[1:] == ["!m21"]
    assert past.positions == {"#lake": Position("#lake", "m21", 21.0)}


def test_what_is_held_meanwhile_is_said_there() -> None:
    past = catch_up(Position("#pond", "m10", 10.0))
    enter(past)
    past.heard(line(12))
    past.heard(RENAMED)
    past.heard(e.Refused(1001, "CHATHISTORY", "#pond", "INVALID_TARGET", "No such channel"))
    assert asked(past) == [AskHistory(1002, "#lake", "AFTER", "msgid=m10", 3)]
    history(past, 1002, [11], "#lake")
    shown = [each for each in past.out if isinstance(each, Shown)]
    assert [(each.conversation, getattr(each.event, "target", "")) for each in shown] == [
        ("", ""),
        ("#lake", "#lake"),
        ("#lake", "#lake"),
    ]
    assert not [each for each in past.out if isinstance(each, e.Gap)]


def back_in_lake(*positions: Position) -> tuple[CatchUp, int]:
    """Come back to a server where #lake is new here; and the number of the request for its history."""
    past = catch_up(*positions)
    past.heard(joined("#lake"))
    past.joined("#lake", 100)
    past.connected(100, talks=False, events=True)
    (request,) = asked(past)
    assert isinstance(request, AskHistory)
    assert (request.target, request.way) == ("#lake", "LATEST")
    return past, request.ref


def tell(past: CatchUp, ref: int, *lines: e.MessageReceived | e.ChannelRenamed) -> None:
    for each in lines:
        past.heard(e.Past("#lake", each, ref) if isinstance(each, e.ChannelRenamed) else each)
    past.heard(e.HistoryRead(ref, "#lake", len(lines), "m21"))
    past.heard(e.Done(ref, "CHATHISTORY"))


def of_lake(number: int, ref: int) -> e.MessageReceived:
    return line(number, "#lake", ref=ref, history=True)


def test_a_channel_that_got_another_name_while_we_were_away_is_known_by_its_history() -> None:
    past, ref = back_in_lake(Position("#pond", "m10", 10.0))
    past.heard(line(22, "#lake"))
    tell(past, ref, of_lake(9, ref), of_lake(19, ref), RENAMED, of_lake(21, ref))
    assert past.renamed == [RENAMED]
    assert take(past) == ["r1"]
    assert asked(past) == [AskHistory(ref + 1, "#lake", "AFTER", "msgid=m10", 100)]
    tell(past, ref + 1, of_lake(11, ref + 1), of_lake(19, ref + 1), RENAMED, of_lake(21, ref + 1))
    assert take(past) == ["!m11", "!m19", "!m21", "!m22"]
    assert past.positions == {"#lake": Position("#lake", "m22", 22.0)}


def test_it_may_have_got_several() -> None:
    past, ref = back_in_lake(Position("#pool", "m10", 10.0))
    tell(past, ref, structs.replace(RENAMED, old="#pool", new="#pond", msgid="r0", time=19.0), RENAMED)
    assert [(each.old, each.new) for each in past.renamed] == [("#pool", "#pond"), ("#pond", "#lake")]
    assert asked(past) == [AskHistory(ref + 1, "#lake", "AFTER", "msgid=m10", 100)]


def test_what_was_followed_already_is_not_followed_again() -> None:
    past, ref = back_in_lake(Position("#pool", "m10", 10.0), Position("#pond", "m20", 20.0))
    first = structs.replace(RENAMED, old="#pool", new="#pond", msgid="r0", time=19.0)
    tell(past, ref, first, of_lake(20, ref), RENAMED)
    assert past.renamed == [RENAMED]
    assert past.positions["#lake"].msgid == "m20"


@pytest.mark.parametrize("fails", [False, True])
def test_else_its_latest_lines_are_shown(fails: bool) -> None:
    """#pond of now is another one than that which was renamed: we were in it later."""
    past, ref = back_in_lake(Position("#pond", "m30", 30.0))
    if fails:
        past.heard(of_lake(19, ref))
        past.heard(e.Unanswered(ref, "CHATHISTORY", "#lake", "no answer"))
        assert take(past) == ["!m19"]
        return
    tell(past, ref, of_lake(19, ref), RENAMED, of_lake(21, ref))
    assert past.renamed == []
    assert take(past) == ["!m19", "!r1", "!m21"]
    assert "#pond" in past.positions


def test_who_was_let_into_it_under_the_new_name_is_there_with_all_that_he_had() -> None:
    screen = in_channel().play(at(1, "alice!a@h PRIVMSG #c :one", msgid="m1"))
    channel = screen.model.channel("#c")
    assert channel is not None
    screen.model.apply(e.Disconnected("there", None))
    screen.play(":kim!k@h JOIN #d", ":srv 353 kim = #d :@alice kim", ":srv 366 kim #d :End")
    screen.play(":srv 332 kim #d :another topic", at(5, "alice!a@h PRIVMSG #d :two", msgid="m2"))
    screen.model.apply(e.ChannelRenamed("#c", "#d", "alice", "", 1767225604.0))
    assert screen.model.channel("#d") is channel
    assert [type(each).__name__ for each in channel.items][-2:] == ["ChannelRenaming", "Message"]
    assert screen.model.current == "#d"
    assert (channel.topic, screen.names("#d")) == ("another topic", ["@alice", "kim"])
    assert [each.text for each in channel.items if isinstance(each, Message)] == ["one", "two"]
    assert [each.name for each in screen.model.conversations] == ["#d"]


def test_the_marker_goes_along() -> None:
    markers = Markers([Marker("#pond", 10.0, 10.0)], 100)
    markers.connected(offered=True)
    markers.rename("#pond", "#lake")
    assert markers.all == [e.ReadUpTo("#lake", 10.0)]
    markers.tick(0.0)
    assert (markers.requests, markers.changed) == ([], [Marker("#lake", 10.0, 10.0)])
    markers.read("#lake", 11.0, 5.0)
    assert markers.requests == [MarkRead(101, "#lake", 11.0)]


# -- the outbox ------------------------------------------------------------------------------------------------------


def test_what_was_not_tried_goes_to_the_new_name() -> None:
    made = Outbox()
    made.add(entry(1))
    made.add(entry(2, "#other"))
    assert [(each.number, each.to) for each in made.rename("#POND", "#lake")] == [(1, "#lake")]
    made.connected(resends=True)
    assert [each.to for each in made.due()] == ["#lake", "#other"]


def test_what_was_tried_goes_to_the_old_name_until_it_is_answered_and_nothing_overtakes_it() -> None:
    made = box(entry(1), entry(2))
    made.due()
    made.rename("#pond", "#lake")
    made.add(entry(3, "#lake"))
    assert made.due() == []
    again = made.redirected(1)
    assert again is not None
    assert (again.tried, again.tried_as) == (False, "")
    assert made.due() == []
    made.lost()
    made.connected(resends=True)
    assert [(each.number, each.to) for each in made.due()] == [(1, "#lake"), (2, "#pond")]
    assert made.redirected(2) is not None
    assert made.redirected(1) is None
    assert numbers(made.due()) == [2, 3]
    for number in (1, 2, 3):
        made.answered(number)
    assert len(made) == 0


def test_back_to_its_old_name_it_is_as_it_was() -> None:
    made = box(entry(1))
    made.due()
    made.rename("#pond", "#lake")
    made.rename("#lake", "#Pond")
    (again,) = made.entries
    assert (again.target, again.tried_as) == ("#Pond", "")


# -- what is kept ----------------------------------------------------------------------------------------------------


def test_what_is_kept_is_kept_under_the_new_name(tmp_path: Path) -> None:
    store, whose = LocalStore(tmp_path), Whose("there", "kim")
    store.mark(whose, [Marker("#pond", 10.0, 9.0), Marker("#lake", 12.0, 1.0)])
    before = [Shown("#pond", line(number), True, f"m{number}", float(number)) for number in (1, 2)]
    other = Shown("#other", line(3, "#other"), True, "m3", 3.0)
    after = Shown("#lake", line(4, "#lake"), True, "m4", 4.0)
    store.show(whose, [*before, other, Shown("#lake", RENAMED, False, "r1", 20.0)])
    assert store.positions(whose) == [Position("#lake", "m2", 2.0), Position("#other", "m3", 3.0)]
    store.show(whose, [after])
    kept = store.lines(whose, "#LAKE", 10).lines
    assert [(each.msgid, each.target) for each in kept] == [("m1", "#lake"), ("m2", "#lake"), ("m4", "#lake")]
    assert store.lines(whose, "#pond", 10).lines == []
    assert store.markers(whose) == [Marker("#lake", 12.0, 9.0)]
    store.show(whose, [Shown("#LAKE", e.ChannelRenamed("#lake", "#LAKE", "alice", "", 30.0), False)])
    assert [each.name for each in store.markers(whose)] == ["#LAKE"]
    assert [each.target for each in store.lines(whose, "#lake", 10).lines] == ["#LAKE"] * 3
    store.close()


def test_what_was_refused_under_the_old_name_is_said_under_the_new_one(
    front: Front, server: Scripted, tmp_path: Path
) -> None:
    front.connect(server)
    server.let_in_keeping(caps=RENAMING)
    server.answer_history()
    front.wait(e.Ready)
    front.driver.send(r.Say(7, "#lobby", "hello"))
    tags, _ = server.expect_tagged("PRIVMSG #lobby")
    server.send("@msgid=r1;time=2026-01-01T00:00:20.000Z :alice!a@h RENAME #lobby #hall :")
    front.wait(e.ChannelRenamed)
    front.wait(e.Mark)
    front.driver.send(r.Say(8, "#hall", "again"))
    server.send(f"@label={tags['label']} :srv 403 kim #lobby :No such channel")
    again, request = server.expect_tagged("PRIVMSG")
    assert (request, again["+natterjack/cid"]) == ("PRIVMSG #hall hello", tags["+natterjack/cid"])
    server.send(f"@label={again['label']};msgid=m1 :kim!k@h PRIVMSG #hall :hello")
    ack = front.wait(e.Acked)
    assert (ack.ref, ack.target, ack.left) == (7, "#hall", 0)
    assert server.answer_message("m2")[1] == "again"
    assert front.wait(e.Acked).ref == 8
    front.wait(e.Mark)
    front.end()
    assert rows(tmp_path, "SELECT * FROM outbox") == []
    assert rows(tmp_path, "SELECT conversation, name FROM position") == [("#hall", "#hall")]


def test_what_is_said_there_before_the_front_end_knows_goes_there(front: Front, server: Scripted) -> None:
    front.connect(server)
    server.let_in_keeping(caps=RENAMING)
    server.answer_history()
    front.wait(e.Ready)
    server.send(":alice!a@h RENAME #lobby #hall :")
    front.wait(e.ChannelRenamed)
    front.driver.send(r.Say(7, "#Lobby,bob", "hello"))
    assert server.expect("PRIVMSG").endswith("PRIVMSG #hall hello")
    assert server.expect("PRIVMSG").endswith("PRIVMSG bob hello")
    front.wait(e.Mark)
    front.driver.send(r.Say(8, "#lobby", "to another one"))  # which somebody may have made meanwhile
    assert server.expect("PRIVMSG").endswith("PRIVMSG #lobby :to another one")


def test_a_front_end_may_be_several_names_behind() -> None:
    person = Person(Whose("there", "kim"), Outbox(), catch_up(), Markers((), 100))
    person.rename("#pool", "#pond")
    person.rename("#Pond", "#lake")
    assert person.meant("#POOL,#pond,#sea") == "#lake,#lake,#sea"
    person.knows("#pool")
    assert person.meant("#pool,#pond") == "#pool,#lake"


def test_another_run_goes_on_where_it_was_tried(front: Front, server: Scripted, tmp_path: Path) -> None:
    front.connect(server)
    server.let_in_keeping(caps=RENAMING)
    server.answer_history()
    front.wait(e.Ready)
    front.driver.send(r.Say(7, "#lobby", "hello"))
    server.expect("PRIVMSG #lobby")
    server.send(":alice!a@h RENAME #lobby #hall :")
    front.wait(e.Mark)
    server.hang_up()
    front.wait(e.Disconnected)
    front.driver.send(r.Say(8, "#hall", "and then"))
    front.wait(e.Kept)
    front.end()
    kept = rows(tmp_path, "SELECT target, tried_as, tried FROM outbox ORDER BY number")
    assert kept == [("#hall", "#lobby", 1), ("#hall", "", 0)]
    again = Front(tmp_path)
    again.connect(server)
    server.let_in_keeping(caps=RENAMING, channel="#hall")
    tags, request = server.expect_tagged("PRIVMSG")
    assert request == "PRIVMSG #lobby hello"
    server.send(f"@label={tags['label']};msgid=m1 :kim!k@h PRIVMSG #lobby :hello")
    assert server.expect("PRIVMSG").endswith("PRIVMSG #hall :and then")
    again.end()


def test_what_waits_for_a_former_name_goes_to_the_present_one(
    front: Front, server: Scripted, tmp_path: Path
) -> None:
    front.connect(server)
    server.let_in_keeping(caps=RENAMING)
    server.answer_history("m1 alice hello")
    front.wait(e.Mark)
    server.hang_up()
    front.wait(e.Disconnected)
    front.driver.send(r.Say(8, "#lobby", "and then"))
    front.wait(e.Kept)
    front.connect(server)
    server.accept()
    server.expect("USER ")
    server.send(f":srv CAP * LS :{RENAMING}")
    names = server.expect("CAP REQ").removeprefix("CAP REQ ").removeprefix(":")
    server.send(f":srv CAP * ACK :{names}")
    server.expect("CAP END")
    server.send(
        ":srv 001 kim :Welcome", ":srv 005 kim CHANTYPES=# CHATHISTORY=500 :are supported", ":srv 422 kim :-"
    )
    tags, _ = server.expect_tagged("JOIN #lobby")
    token = server.expect("PING natterjack-ready").split(" ")[1]
    server.send(renamed(tags["label"], "#lobby", "#hall"))
    assert front.wait(e.ChannelRenamed).new == "#hall"
    tags, request = server.expect_tagged("JOIN")
    assert request == "JOIN #hall"
    server.send(f":srv PONG srv {token}")
    server.send(f"@label={tags['label']} :kim!k@h JOIN #hall")
    said, request = server.expect_tagged("PRIVMSG")
    assert request == "PRIVMSG #hall :and then"
    assert server.expect("CHATHISTORY").endswith("AFTER #hall msgid=m1 500")
    server.send(f"@label={said['label']};msgid=m2 {request.replace('PRIVMSG', ':kim!k@h PRIVMSG')}")
    assert front.wait(e.Acked).target == "#hall"


def test_a_model_without_that_channel_says_nothing() -> None:
    model = Model()
    assert model.apply(RENAMED) == ()
    assert model.apply(e.Joined(Source("kim", "k", "h"), "#pond", "", "", True, 0.0)) != ()
    assert [each.name for each in model.apply(RENAMED)] == ["#lake"]
    assert model.apply(structs.replace(RENAMED, old="#pool")) != (), "it was said of another one"
