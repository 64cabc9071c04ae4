"""Saying, asking, and which answer belongs to which question."""

from __future__ import annotations

import pytest

from natterjack.client import events as e
from natterjack.client import requests as r
from natterjack.client.secret import Secret
from natterjack.client.session import Timings
from natterjack.proto.modes import Change
from natterjack.proto.source import Source
from tests.client.transcripts import CAPS, Talk, welcome

ME = ":kim!k@host"
ALICE = ":alice!a@there"
USUAL = Timings()


def ready(**options: object) -> Talk:
    talk = Talk(**options)  # type: ignore[arg-type]
    welcome(talk)
    return talk


def old_server() -> Talk:
    talk = Talk()
    welcome(talk, caps="")
    return talk


def kinds(events: list[e.Event]) -> list[str]:
    return [type(event).__name__ for event in events]


# -- with labels -----------------------------------------------------------------------------------------------------


def test_a_message_is_acknowledged_by_its_labelled_echo() -> None:
    talk = ready()
    assert talk.ask(r.Say(5, "#c", "hello there")) == ["@label=n1 PRIVMSG #c :hello there"]
    message, ack = talk.server(
        f"@label=n1;msgid=abc;time=2026-11-22T20:31:02.123Z {ME} PRIVMSG #c :hello there"
    )
    assert isinstance(message, e.MessageReceived)
    assert message.own
    assert message.msgid == "abc"
    assert ack == e.Acked(5, "abc", "#c", "hello there", 1795379462.123)


def test_the_echo_of_a_message_sent_again_may_have_our_nick_of_then() -> None:
    talk = ready()
    talk.ask(r.Deliver(5, "#c", "hello there", cid="0123456789abcdef"))
    message, ack = talk.server("@label=n1;msgid=abc :kim_!k@host PRIVMSG #C :hello there")
    assert isinstance(message, e.MessageReceived)
    assert (message.own, message.msgid, message.sender.nick) == (True, "abc", "kim_")
    assert isinstance(ack, e.Acked)
    assert (ack.ref, ack.msgid) == (5, "abc")


def test_what_a_service_says_in_answer_is_not_our_message() -> None:
    talk = ready()
    talk.ask(r.Say(5, "*status", "help"))
    events = talk.server(
        "@label=n1 :srv BATCH +b labeled-response",
        f"@batch=b;msgid=m1 {ME} PRIVMSG *status :help",
        "@batch=b;msgid=m2 :*status!s@srv PRIVMSG kim :There is none.",
        "@batch=b :srv BATCH -b",
    )
    own = [(event.msgid, event.own) for event in events if isinstance(event, e.MessageReceived)]
    assert own == [("m1", True), ("m2", False)]
    assert isinstance(events[-1], e.Acked)
    assert events[-1].msgid == "m1"


def test_another_with_the_same_text_acknowledges_nothing() -> None:
    talk = ready()
    talk.ask(r.Say(5, "#c", "hello"))
    assert kinds(talk.server(f"@msgid=x {ME} PRIVMSG #c hello")) == ["MessageReceived"]


def test_a_refusal_is_certain() -> None:
    talk = ready()
    talk.ask(r.Say(6, "#c", "hello"))
    (event,) = talk.server("@label=n1 :srv 404 kim #c :Cannot send to channel")
    assert event == e.Refused(6, "PRIVMSG", "#c", "404", "#c: Cannot send to channel")
    talk.ask(r.Say(7, "#c", "hello"))
    (event,) = talk.server("@label=n2 FAIL PRIVMSG CID_CONFLICT :Other content")
    assert event == e.Refused(7, "PRIVMSG", "#c", "CID_CONFLICT", "Other content")


def test_an_answer_in_a_batch_ends_with_it() -> None:
    talk = ready()
    talk.ask(r.AskWhois(8, "alice"))
    events = talk.server(
        "@label=n1 :srv BATCH +b labeled-response",
        "@batch=b :srv 311 kim alice a there * :Alice",
        "@batch=b :srv BATCH +inner whatever",
        "@batch=inner :srv 312 kim alice srv :Net",
        "@batch=b :srv BATCH -inner",
        "@batch=b :srv 318 kim alice :End",
    )
    assert events == [
        e.WhoisLine(8, "alice", "311", ("a", "there", "*", "Alice")),
        e.WhoisLine(8, "alice", "312", ("srv", "Net")),
    ]
    assert talk.server(":srv BATCH -b") == [e.Done(8, "WHOIS")]


def test_an_error_in_a_batch_makes_it_a_refusal() -> None:
    talk = ready()
    talk.ask(r.AskWhois(8, "nobody"))
    events = talk.server(
        "@label=n1 :srv BATCH +b labeled-response",
        "@batch=b :srv 401 kim nobody :No such nick",
        "@batch=b :srv 318 kim nobody :End",
        ":srv BATCH -b",
    )
    assert events == [e.Refused(8, "WHOIS", "nobody", "401", "nobody: No such nick")]


def test_an_empty_answer() -> None:
    talk = ready()
    talk.ask(r.Raw(9, "PONG x"))
    assert talk.server("@label=n1 :srv ACK") == [e.Done(9, "PONG")]


def test_a_raw_ping_or_cap_is_answered_too() -> None:
    """It waited for ever, and all that was typed after it with it."""
    talk = ready()
    talk.ask(r.Raw(9, "PING x"))
    assert talk.server("@label=n1 :srv PONG srv x") == [e.Done(9, "PING")]
    talk.ask(r.Raw(10, "CAP LIST"))
    assert talk.server("@label=n2 :srv CAP kim LIST :echo-message") == [e.Done(10, "CAP")]


def test_written_to_ourselves_it_is_one_message() -> None:
    talk = ready()
    talk.ask(r.Say(1, "kim", "note"))
    events = talk.server(f"@label=n1;msgid=m {ME} PRIVMSG kim note", f"@msgid=m {ME} PRIVMSG kim note")
    assert kinds(events) == ["MessageReceived", "Acked"]


def test_long_text_becomes_messages_that_fit_as_others_see_them() -> None:
    talk = ready()
    talk.server(f"{ME} JOIN #c")
    text = "hello wörld 👩‍👩‍👧 " * 60
    lines = talk.ask(r.Say(3, "#c", text))
    pieces = [line.partition(" :")[2] for line in lines]
    assert "".join(pieces) == text
    assert len(pieces) > 2
    for piece in pieces:
        assert len(f"{ME} PRIVMSG #c :{piece}\r\n".encode()) <= 512
    events = talk.server(
        *(f"@label=n{at};msgid=m{at} {ME} PRIVMSG #c :{piece}" for at, piece in enumerate(pieces, 1))
    )
    acks = [event for event in events if isinstance(event, e.Acked)]
    assert [ack.left for ack in acks] == list(range(len(pieces)))[::-1]
    assert {ack.ref for ack in acks} == {3}


def test_lines_and_targets_are_messages_of_their_own() -> None:
    talk = ready()
    assert talk.ask(r.Say(1, "#a,#b", "one\r\n\ntwo")) == [
        "@label=n1 PRIVMSG #a :one ",
        "@label=n2 PRIVMSG #a two",
        "@label=n3 PRIVMSG #b :one ",
        "@label=n4 PRIVMSG #b two",
    ]


def test_actions_and_notices() -> None:
    talk = ready()
    assert talk.ask(r.Say(1, "#c", "waves", e.Kind.ACTION)) == ["@label=n1 PRIVMSG #c :\x01ACTION waves\x01"]
    message, ack = talk.server(f"@label=n1;msgid=q {ME} PRIVMSG #c :\x01ACTION waves\x01")
    assert isinstance(message, e.MessageReceived)
    assert (message.kind, message.text) == (e.Kind.ACTION, "waves")
    assert isinstance(ack, e.Acked)
    assert ack.text == "waves"
    assert talk.ask(r.Say(2, "#c", "psst", e.Kind.NOTICE)) == ["@label=n2 NOTICE #c psst"]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (r.Say(1, "#c", " "), "412"),
        (r.Say(1, "", "text"), "411"),
        (r.Join(1, "#a b", "key"), "INVALID"),
        (r.SetTopic(1, "#c", "x" * 600), "TOO_LONG"),
        (r.Raw(1, " "), "EMPTY_LINE"),
    ],
)
def test_what_cannot_be_sent_is_refused_here(request_: r.Request, code: str) -> None:
    talk = ready()
    (event,) = talk.session.submit(request_, 0.0)
    assert isinstance(event, e.Refused)
    assert event.code == code
    assert event.ref == 1
    assert talk.sent() == []


def test_nothing_is_sent_before_ready() -> None:
    (event,) = Talk().session.submit(r.Say(1, "#c", "x"), 0.0)
    assert isinstance(event, e.Refused)
    assert event.code == "NOT_CONNECTED"


# -- without labels --------------------------------------------------------------------------------------------------


def test_a_fence_acknowledges_as_far_as_can_be_known() -> None:
    talk = old_server()
    assert talk.ask(r.Say(4, "#c", "hello")) == ["PRIVMSG #c hello", "PING natterjack-n1"]
    message, ack = talk.server(":srv PONG srv natterjack-n1")
    assert isinstance(message, e.MessageReceived)
    assert message.own
    assert message.msgid == ""
    assert ack == e.Acked(4, "", "#c", "hello", 1000.0)


def test_an_error_before_the_fence_is_the_answer() -> None:
    talk = old_server()
    talk.ask(r.Say(4, "nobody", "hello"))
    talk.ask(r.Say(5, "#c", "hi"))
    events = talk.server(
        ":srv 401 kim nobody :No such nick", ":srv PONG srv natterjack-n1", ":srv PONG srv natterjack-n2"
    )
    assert kinds(events) == ["Refused", "MessageReceived", "Acked"]
    assert [getattr(event, "ref", None) for event in events] == [4, 0, 5]


def test_echo_without_labels() -> None:
    talk = Talk()
    welcome(talk, caps="echo-message message-tags")
    talk.ask(r.Say(4, "#c", "hello"))
    events = talk.server(f"@msgid=m {ME} PRIVMSG #c hello", ":srv PONG srv natterjack-n1")
    assert kinds(events) == ["MessageReceived", "Acked"]
    assert isinstance(events[1], e.Acked)
    assert events[1].msgid == "m"


def test_what_somebody_else_says_meanwhile_is_no_echo() -> None:
    talk = Talk()
    welcome(talk, caps="echo-message message-tags")
    talk.ask(r.Say(4, "#c", "hello"))
    theirs, ours, acked = talk.server(
        f"@msgid=a {ALICE} PRIVMSG #c hello", f"@msgid=m {ME} PRIVMSG #c hello", ":srv PONG srv natterjack-n1"
    )
    assert isinstance(theirs, e.MessageReceived)
    assert isinstance(ours, e.MessageReceived)
    assert (theirs.own, ours.own) == (False, True)
    assert isinstance(acked, e.Acked)
    assert acked.msgid == "m"


# -- time ------------------------------------------------------------------------------------------------------------


def test_asks_a_silent_server_and_then_gives_up() -> None:
    talk = ready()
    assert talk.session.deadline() == USUAL.idle
    assert talk.later(USUAL.idle) == []
    assert talk.sent() == ["PING natterjack-alive"]
    assert talk.later(USUAL.silence) == [e.Silent(USUAL.idle + USUAL.silence)]


def test_any_byte_is_a_sign_of_life() -> None:
    talk = ready()
    talk.later(USUAL.idle)
    talk.server("")
    assert talk.later(USUAL.silence) == []
    assert talk.session.deadline() == USUAL.idle + USUAL.idle


def test_pings_are_answered() -> None:
    talk = ready()
    talk.server("PING :are you there")
    assert talk.sent() == ["PONG :are you there"]


def test_no_answer_is_told_as_unknown() -> None:
    talk = ready()
    talk.ask(r.Say(1, "#c", "x"))
    talk.now = USUAL.answer - 1
    talk.server(":srv NOTICE kim :still here")
    (event,) = talk.later(1)
    assert isinstance(event, e.Unanswered)
    assert event.ref == 1


def test_a_lost_connection_leaves_what_waited_unknown() -> None:
    talk = ready()
    talk.ask(r.Say(1, "#c", "x"))
    talk.ask(r.Join(2, "#d"))
    events = talk.session.lost()
    assert kinds(events) == ["Unanswered", "Unanswered"]


# -- what others do --------------------------------------------------------------------------------------------------


def test_what_others_do() -> None:
    talk = ready()
    events = talk.server(
        f"@account=al;time=2026-11-22T20:31:02.000Z {ALICE} PRIVMSG #c :hi",
        f"{ALICE} JOIN #c al :Alice A",
        f"{ALICE} PART #c :bye",
        f"{ALICE} NICK alicia",
        ":alicia!a@there AWAY :lunch",
        ":alicia!a@there AWAY",
        ":alicia!a@there ACCOUNT *",
        ":alicia!a@there CHGHOST b else",
        ":alicia!a@there SETNAME :New Name",
        ":alicia!a@there TOPIC #c :news",
        ":alicia!a@there KICK #c bob :out",
        ":alicia!a@there MODE #c +o-v bob carl",
        ":alicia!a@there INVITE kim #d",
        ":alicia!a@there QUIT :a.example b.example",
        "NOTE * SOMETHING :for you",
        "FAIL * BAD :unasked",
        "ERROR :Closing link",
    )
    wall = 1000.0
    alice, alicia = Source("alice", "a", "there"), Source("alicia", "a", "there")
    first = 1795379462.0
    assert events == [
        e.MessageReceived("", first, alice, "#c", "hi", e.Kind.MESSAGE, own=False, account="al"),
        e.Joined(alice, "#c", "al", "Alice A", False, wall),
        e.Parted(alice, "#c", "bye", False, wall),
        e.NickChanged("alice", "alicia", False, wall),
        e.AwayChanged("alicia", "lunch", False),
        e.AwayChanged("alicia", None, False),
        e.AccountChanged("alicia", ""),
        e.HostChanged("alicia", "b", "else"),
        e.RealnameChanged("alicia", "New Name"),
        e.TopicChanged("#c", "news", "alicia", wall),
        e.Kicked("bob", "#c", "alicia", "out", False, wall),
        e.ModesChanged(
            "#c",
            "alicia",
            (Change(True, "o", "bob"), Change(False, "v", "carl")),
            {"o": "@", "h": "%", "v": "+"},
            wall,
        ),
        e.Invited("kim", "#d", "alicia", True, wall),
        e.QuitSeen(alicia, "a.example b.example", True, wall),
        e.ServerNote("NOTE", "SOMETHING", "for you"),
        e.ServerError("BAD", "unasked"),
        e.Closing("Closing link"),
    ]


def test_names_come_as_one_list() -> None:
    talk = ready()
    talk.server(":srv 353 kim = #c :@+alice!a@there kim", ":srv 353 kim = #c :+bob")
    (event,) = talk.server(":srv 366 kim #c :End")
    assert event == e.NamesListed(
        0, "#c", (e.Named("alice", "@+", "a", "there"), e.Named("kim"), e.Named("bob", "+"))
    )


def test_extended_who() -> None:
    talk = ready()
    assert talk.ask(r.AskWho(2, "#c")) == ["@label=n1 WHO #c %tcuhsnfar,77"]
    (line,) = talk.server("@batch=none :srv 354 kim 77 #c a there srv alice G*@ al :Alice A")
    assert line == e.WhoLine(0, "#c", "alice", "a", "there", "srv", "@", True, True, "al", "Alice A")
    assert talk.server(":srv 354 kim 12 other fields") == []


def test_history_is_marked() -> None:
    talk = ready()
    (message,) = talk.server("BATCH +h chathistory #c", f"@batch=h {ALICE} PRIVMSG #c :old", "BATCH -h")
    assert isinstance(message, e.MessageReceived)
    assert message.history


def test_a_page_that_the_server_has_cut_says_so() -> None:
    talk = Talk()
    welcome(talk, caps=f"{CAPS} draft/chathistory")
    talk.ask(r.AskHistory(3, "#c", "LATEST", "*", 9))
    lines = ("@label=n1 BATCH +h chathistory #c", f"@batch=h;msgid=m1 {ALICE} PRIVMSG #c :old", "BATCH -h")
    note = ":srv NOTE CHATHISTORY UNFINISHED LATEST #C :That is not all"
    assert talk.server(note, *lines)[1:] == [
        e.HistoryRead(3, "#c", 1, "m1", cut=True, first="m1"),
        e.Done(3, "CHATHISTORY"),
    ]


def test_ctcp_between_programs_is_not_shown() -> None:
    assert ready().server(f"{ALICE} PRIVMSG kim :\x01VERSION\x01") == []


@pytest.mark.parametrize(
    "line", ["", "\xff", ":", "@", "@a :b", ":srv 353", ":srv 354", "BATCH", "BATCH +", "CAP", "JOIN"]
)
def test_broken_lines_do_no_harm(line: str) -> None:
    talk = ready()
    talk.server(line)
    talk.server("PING x")
    assert talk.sent()[-1] == "PONG x"


def test_cut_anywhere_it_is_the_same() -> None:
    lines = [
        f"@time=2026-11-22T20:31:02.000Z;msgid=1 {ALICE} PRIVMSG #c :grüße 👋",
        ":srv 353 kim = #c :@alice kim",
        ":srv 366 kim #c :End",
        f"{ALICE} QUIT",
    ]
    whole, pieces = ready(), ready()
    pieces.piece = 1
    assert whole.server(*lines) == pieces.server(*lines)


def test_a_new_name_that_is_its_own_source() -> None:
    talk = ready()
    talk.ask(r.ChangeNick(3, "tim"))
    events = talk.server("@label=n1 :tim!k@host NICK tim")
    assert events == [e.NickChanged("kim", "tim", True, 1000.0), e.Done(3, "NICK")]
    assert talk.session.nick == "tim"


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("users", "CONSOLE users"),
        ("say #lobby  hello all", "CONSOLE say #lobby hello all"),
        ("say :) to all", "CONSOLE say ::) to all"),
        (" ".join("abcdefghijklmnopq"), "CONSOLE a b c d e f g h i j k l m n :o p q"),
    ],
)
def test_console_verbs(line: str, sent: str) -> None:
    talk = Talk()
    welcome(talk)
    assert talk.ask(r.Console(1, line)) == [f"@label=n1 {sent}"]


@pytest.mark.parametrize("caps", ["batch labeled-response message-tags", ""])
def test_notes_and_unknown_numerics_answer_requests(caps: str) -> None:
    talk = Talk()
    welcome(talk, caps=caps)
    talk.ask(r.Console(4, "users"))
    if caps:
        lines = [
            "@label=n1 :srv BATCH +b labeled-response",
            "@batch=b :srv NOTE CONSOLE OUTPUT :kim  10.0.0.1",
            "@batch=b :srv 381 kim :You are now an operator",
            ":srv BATCH -b",
        ]
    else:
        lines = [
            ":srv NOTE CONSOLE OUTPUT :kim  10.0.0.1",
            ":srv NOTE PRIVMSG SOMETHING :about something else",
            ":srv 381 kim :You are now an operator",
            ":srv PONG srv natterjack-n1",
        ]
    wanted = [
        e.ServerNote("NOTE", "OUTPUT", "kim  10.0.0.1", 4),
        e.ServerNote("NOTE", "SOMETHING", "about something else"),
        e.ServerText(4, "381", ("You are now an operator",)),
        e.Done(4, "CONSOLE"),
    ]
    assert talk.server(*lines) == [each for each in wanted if not caps or getattr(each, "ref", 0)]


def test_a_console_verb_that_fails() -> None:
    talk = Talk()
    welcome(talk)
    talk.ask(r.Console(4, "kick"))
    assert talk.server("@label=n1 :srv FAIL CONSOLE NOT_ALLOWED kick :Only operators may") == [
        e.Refused(4, "CONSOLE", "kick", "NOT_ALLOWED", "Only operators may")
    ]


def test_operators_passwords_are_said_where_nobody_listens() -> None:
    talk = Talk()
    welcome(talk)
    assert talk.ask(r.Oper(1, "kim", Secret("hunter2"))) == ["@label=n1 OPER kim hunter2"]
    assert talk.server("@label=n1 :srv 464 kim :Password incorrect") == [
        e.Refused(1, "OPER", "", "464", "Password incorrect")
    ]
    open_to_all = Talk(private=False)
    welcome(open_to_all)
    (refused,) = open_to_all.session.submit(r.Oper(1, "kim", Secret("hunter2")), 0.0)
    assert isinstance(refused, e.Refused)
    assert refused.code == "not_private"
    assert open_to_all.sent() == []
