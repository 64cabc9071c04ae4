"""Channel modes f and U, RELAYMSG."""

import pytest

from natterjack.ports.records import ChannelRecord, LineRecord, Snapshot
from tests.support import world
from tests.support.chat import Chat, make_account


def make(*nicks: str, caps: str = "") -> Chat:
    snapshot = Snapshot(b"s" * 32, (make_account("kim"),))
    chat = Chat(*nicks, caps=caps, lobby=(), store=True, durable=True, instant=True, snapshot=snapshot)
    for nick in nicks:
        chat.peers[nick].send("JOIN #room")
    chat.quiet()
    return chat


# -- f


def test_whoever_cannot_come_in_is_led_to_where_he_can() -> None:
    chat = make("alice")
    chat.enter("bob")
    chat.play("""
        alice > JOIN #hall
        alice < :alice JOIN #hall
        alice < 353 …
        alice < 366 …
        alice > MODE #room +fi #hall
        alice < :alice MODE #room +fi #hall
        alice > MODE #room
        alice < 324 alice #room +fint :#hall
        alice < 329 …
        bob > MODE #room
        bob < 324 bob #room +fint :*
        bob < 329 …
        bob > JOIN #room
        bob < 470 bob #room #hall :You can't come in there, and are led on to another channel
        bob < :bob JOIN #hall
        bob < 353 bob = #hall :@alice bob
        bob < 366 …
        alice < :bob JOIN #hall
        bob > JOIN #room
        bob < 470 bob #room #hall :You can't come in there, and are led on to another channel
        alice > MODE #hall +i
        alice < :alice MODE #hall +i
        bob < :alice MODE #hall +i
        bob > PART #hall
        bob < :bob PART #hall
        alice < :bob PART #hall
        bob > JOIN #room
        bob < 473 bob #room :Cannot join channel (+i): you need an invitation
        alice > MODE #room -f
        alice < :alice MODE #room -f
    """)
    world.check(chat.core)


def test_only_an_operator_of_both_leads_from_one_to_the_other() -> None:
    chat = make("alice")
    chat.enter("bob").send("JOIN #bobs", "JOIN #secret", "MODE #secret +s")
    chat.quiet()
    chat.play("""
        alice > MODE #room +f #bobs
        alice < 482 alice #bobs :You're not an operator of that channel
        alice > MODE #room +f #gone
        alice < 696 alice #room f #gone :Name another channel
        alice > MODE #room +f #secret
        alice < 696 alice #room f #secret :Name another channel
        alice > MODE #room +f #room
        alice < 696 alice #room f #room :Name another channel
        alice > MODE #room +f
        alice < 696 alice #room f * :Name another channel
        bob > MODE #room +f #bobs
        bob < 482 bob #room :You're not an operator of that channel
    """)


def test_where_a_channel_leads_to_lasts_and_leads_nowhere_once_that_is_gone() -> None:
    chat = make()
    kim = chat.enter("kim", login="kim")
    kim.send("JOIN #room", "JOIN #hall", "MODE #room +fi #hall")
    records = [
        record for record in chat.records if isinstance(record, ChannelRecord) and record.name == "#room"
    ]
    assert records[-1].forward == "#hall"
    again = Chat("bob", lobby=(), store=True, snapshot=Snapshot(b"", channels=(records[-1],)))
    assert again.peers["bob"].send("JOIN #room")[0].startswith("473 ")


def test_where_a_channel_leads_to_may_get_another_name() -> None:
    chat = make("alice")
    alice = chat.peers["alice"]
    alice.send("JOIN #hall", "MODE #room +fi #hall", "RENAME #hall #foyer :why")
    assert "470 bob #room #foyer :You can't come in there, and are led on to another channel" in chat.enter(
        "bob"
    ).send("JOIN #room")


# -- U


def test_what_those_without_voice_say_is_shown_to_operators_and_themselves() -> None:
    chat = make("alice", "bob", "carol", caps="echo-message")
    chat.play("""
        alice > MODE #room +U
        alice < :alice MODE #room +U
        bob < :alice MODE #room +U
        carol < :alice MODE #room +U
        bob > PRIVMSG #room :a question
        bob < :bob PRIVMSG #room :a question
        alice < :bob PRIVMSG #room :a question
        alice > MODE #room +v bob
        alice < :alice MODE #room +v bob
        bob < :alice MODE #room +v bob
        carol < :alice MODE #room +v bob
        bob > PRIVMSG #room :an answer
        bob < :bob PRIVMSG #room :an answer
        alice < :bob PRIVMSG #room :an answer
        carol < :bob PRIVMSG #room :an answer
        carol > NOTICE +#room :psst
        carol < :carol NOTICE +#room :psst
        alice < :carol NOTICE +#room :psst
    """)
    kept = [record.body for record in chat.records if isinstance(record, LineRecord) and record.message]
    assert [body.rpartition(":")[2] for body in kept] == ["an answer"]


def test_nothing_that_was_said_before_is_changed_there() -> None:
    chat = make("alice", "bob", caps="message-tags natterjack/edit echo-message")
    bob = chat.peers["bob"]
    chat.log_in("bob", "kim")
    (first,) = bob.send("PRIVMSG #room :first")
    msgid = first.partition("msgid=")[2].partition(" ")[0].partition(";")[0]
    chat.peers["alice"].send("MODE #room +U")
    bob.take()
    (refused,) = bob.send(f"@+natterjack/edit={msgid} PRIVMSG #room :second")
    assert refused.startswith("404 bob #room :")
    assert refused.endswith("is shown to its operators alone (+U))")


# -- RELAYMSG


def test_operators_pass_on_what_is_said_elsewhere() -> None:
    chat = make("alice", "bob")
    knows = chat.enter("knows", "draft/relaymsg")
    tags = chat.enter("tags", "message-tags echo-message labeled-response batch")
    for peer in (knows, tags):
        peer.send("JOIN #room")
    chat.quiet()
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    assert alice.send("RELAYMSG #room kim/matrix :hello") == []
    assert bob.take() == [":kim/matrix!relay@natterjack PRIVMSG #room :hello"]
    assert knows.take() == ["@draft/relaymsg=alice :kim/matrix!relay@natterjack PRIVMSG #room :hello"]
    (line,) = tags.take()
    assert line.startswith("@msgid=")
    assert ";draft/relaymsg=alice " in line
    alice.send("MODE #room +o tags")
    chat.quiet()
    (line,) = tags.send("@label=1 RELAYMSG #room kim/matrix :hello")
    assert line.startswith("@label=1;msgid=")
    assert line.endswith(":kim/matrix!relay@natterjack PRIVMSG #room :hello")
    kept = [record for record in chat.records if isinstance(record, LineRecord) and record.message]
    assert [record.body.partition("!")[0] for record in kept] == [":kim/matrix"] * 2
    assert kept[0].tags == "draft/relaymsg=alice"


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("#room kim/matrix :", "FAIL RELAYMSG BLANK_MSG :There is nothing to be said"),
        (
            "#room kim :hi",
            "FAIL RELAYMSG INVALID_NICK :Nobody elsewhere can be called so: it takes a /, as in …",
        ),
        ("#room kim!x/matrix :hi", "FAIL RELAYMSG INVALID_NICK :…it may not contain '!'"),
        ("#room /matrix :hi", "FAIL RELAYMSG INVALID_NICK :…it is empty"),
        ("#gone kim/matrix :hi", "403 alice #gone :No such channel"),
        (f"#room {'x' * 40}/matrix :hi", "FAIL RELAYMSG INVALID_NICK …it is longer than 32 characters…"),
        (f"#room kim/matrix :{'x' * 470}", "417 alice :Nothing was sent: …too long for the others"),
    ],
)
def test_what_cannot_be_passed_on(said: str, answer: str) -> None:
    chat = make("alice", "bob")
    chat.play(f"alice > RELAYMSG {said}\nalice < {answer}")


def test_nobody_else_passes_anything_on() -> None:
    make("alice", "bob").play("""
        bob > RELAYMSG #room kim/matrix :hi
        bob < FAIL RELAYMSG PRIVS_NEEDED :Only operators of a channel may pass something on there
    """)
