"""What of ours is shown as being on its way, and as not sent."""

from __future__ import annotations

from natterjack.client import events as e
from natterjack.client.model import Model
from natterjack.client.requests import Join, Say
from natterjack.desktop.sending import PATIENCE, Pending, Sending, State


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(sending: Sending, model: Model) -> list[tuple[str, State]]:
    conversation = model.find("#pond")
    assert conversation is not None
    return [(each.text, each.state) for each in sending.of(conversation)]


def sender() -> tuple[Sending, Model, Clock]:
    clock, model = Clock(), Model()
    model.look_at("#pond")
    return Sending(clock), model, clock


def test_a_message_that_takes_a_while_is_shown_until_it_is_there() -> None:
    sending, model, clock = sender()
    sending.asked(Join(1, "#x"))
    sending.asked(Say(2, "#Pond", "hello"))
    assert shown(sending, model) == []  # most are there before anybody could see it
    clock.now = PATIENCE
    assert shown(sending, model) == [("hello", State.SENDING)]
    assert not sending.heard(e.Acked(2, "m1", "#pond", "hello", 1.0, left=1))
    assert shown(sending, model) == [("hello", State.SENDING)]
    sending.heard(e.Acked(2, "m2", "#pond", "hello", 1.0))
    assert shown(sending, model) == []


def test_without_a_connection_it_waits() -> None:
    sending, model, clock = sender()
    sending.asked(Say(3, "#pond", "later"))
    clock.now = 1.0
    model.apply(e.Kept(-1000, "#pond", "of an earlier run"))
    model.apply(e.Kept(3, "#pond", "later"))
    assert shown(sending, model) == [("of an earlier run", State.WAITING), ("later", State.WAITING)]


def test_with_a_connection_nothing_waits_for_one() -> None:
    sending, model, clock = sender()
    model.apply(e.Kept(3, "#pond", "in its turn"))
    conversation = model.find("#pond")
    assert conversation is not None
    assert [each.state for each in sending.of(conversation, online=True)] == [State.SENDING]
    sending.asked(Say(3, "#pond", "in its turn"))
    clock.now = 1.0
    assert [each.state for each in sending.of(conversation, online=True)] == [State.SENDING]


def test_what_was_refused_stays_until_it_is_tried_again_or_thrown_away() -> None:
    sending, model, clock = sender()
    sending.asked(Say(4, "#pond", "no", reply_to="m0"))
    clock.now = 1.0
    refused = e.Refused(4, "PRIVMSG", "#pond", "404", "Cannot send to the channel")
    assert sending.heard(refused)
    assert not sending.heard(refused)  # it is not about anything on its way any more
    assert shown(sending, model) == [("no", State.FAILED)]
    conversation = model.find("#pond")
    assert conversation is not None
    (failed,) = sending.of(conversation)
    assert failed == Pending(4, "no", State.FAILED, "Cannot send to the channel", "#pond", reply_to="m0")
    assert sending.take(failed.key) == [Say(0, "#pond", "no", reply_to="m0")]
    assert sending.take(failed.key) == []
    assert shown(sending, model) == []


def test_what_waits_to_be_sent_as_somebody_else_cannot_be_said_again_as_oneself() -> None:
    sending, model, clock = sender()
    sending.asked(Say(4, "#pond", "hello"))
    clock.now = 1.0
    why = "Not sent: it was written as kim, and waits until you are that again: hello"
    stays = e.Unanswered(4, "PRIVMSG", "#pond", why, 0, "hello", stays=True)
    assert not sending.heard(stays), "it is told, as everything else"
    assert shown(sending, model) == []
    assert sending.take("4 #pond") == []


def test_of_several_messages_only_those_that_failed_are_said_again() -> None:
    sending, model, clock = sender()
    sending.asked(Say(4, "#pond", "one\ntwo\nthree\nfour", reply_to="m0"))
    clock.now = 1.0
    sending.heard(e.Acked(4, "m1", "#pond", "one", 1.0, left=3))
    assert sending.heard(e.Refused(4, "PRIVMSG", "#pond", "404", "Too fast", 2, "two"))
    sending.heard(e.Acked(4, "m3", "#pond", "three", 1.0, left=1))
    assert sending.heard(e.Refused(4, "PRIVMSG", "#pond", "404", "Too fast", 0, "four"))
    assert shown(sending, model) == [("two\nfour", State.FAILED)]
    assert sending.take("4 #pond") == [Say(0, "#pond", "two"), Say(0, "#pond", "four")]


def test_the_answer_stays_one_where_its_first_message_failed() -> None:
    sending, _, _ = sender()
    sending.asked(Say(4, "#pond", "one\ntwo\nthree", reply_to="m0"))
    for left, text in ((2, "one"), (1, "two")):
        sending.heard(e.Unanswered(4, "PRIVMSG", "#pond", "No answer.", left, text))
    sending.heard(e.Acked(4, "m3", "#pond", "three", 1.0))
    assert sending.take("4 #pond") == [Say(0, "#pond", "one", reply_to="m0"), Say(0, "#pond", "two")]


def test_to_several_it_fails_where_it_failed() -> None:
    sending, model, _ = sender()
    sending.asked(Say(4, "ann,#pond,bob", "hello"))
    sending.heard(e.Acked(4, "m1", "ann", "hello", 1.0, left=2))
    sending.heard(e.Refused(4, "PRIVMSG", "#pond", "404", "Cannot send", 1, "hello"))
    sending.heard(e.Refused(4, "PRIVMSG", "bob", "401", "No such nick", 0, "hello"))
    assert shown(sending, model) == [("hello", State.FAILED)]
    assert sending.take("4 #pond") == [Say(0, "#pond", "hello")]
    assert sending.take("4 bob") == [Say(0, "bob", "hello")]


def test_only_the_last_hundred_failures_are_kept() -> None:
    sending, model, clock = sender()
    for number in range(1, 151):
        sending.asked(Say(number, "#pond", f"t{number}"))
        sending.heard(e.Unanswered(number, "PRIVMSG", "#pond", "No answer came."))
    clock.now = 1.0
    assert [text for text, _ in shown(sending, model)] == [f"t{number}" for number in range(51, 151)]
