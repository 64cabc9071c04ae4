"""labeled-response: one labelled line, a batch, or ACK, for whatever a command brings its sender."""

import pytest

from tests.support.chat import Chat

CAPS = "labeled-response batch"


def test_one_answer_carries_the_label() -> None:
    Chat("alice", caps=CAPS).play("""
        alice > @label=x PING token
        alice < @label=x PONG natterjack token
        alice > @label=y PRIVMSG nobody :hi
        alice < @label=y 401 alice nobody :No such nick or channel
        alice > @label=z FLY
        alice < @label=z 421 alice FLY :Unknown command
        alice > @label=a\\:b\\sc;other PING token
        alice < @label=a\\:b\\sc PONG natterjack token
    """)


def test_no_answer_is_an_ack() -> None:
    Chat("alice", "bob", caps=CAPS).play("""
        alice > @label=1 PONG x
        alice < @label=1 ACK
        alice > @label=2 PRIVMSG bob :hi
        alice < @label=2 ACK
        bob < :alice PRIVMSG bob :hi
        alice > @label=3 NOTICE nobody :hi
        alice < @label=3 ACK
        alice > @label=4 JOIN #lobby
        alice < @label=4 ACK
        alice > @label=5 TAGMSG #lobby
        alice < @label=5 ACK
    """)


def test_many_answers_are_a_batch() -> None:
    Chat("alice", caps=CAPS).play("""
        alice > @label=1 JOIN #pond
        alice < @label=1 BATCH +… labeled-response
        alice < @batch=… :alice JOIN #pond
        alice < @batch=… 353 alice = #pond :@alice
        alice < @batch=… 366 alice #pond :End of NAMES list
        alice < BATCH -…
        alice > @label=2 WHOIS nobody
        alice < @label=2 BATCH +… labeled-response
        alice < @batch=… 401 alice nobody :No such nick or channel
        alice < @batch=… 318 alice nobody :End of WHOIS list
        alice < BATCH -…
    """)


def test_batch_references_are_each_used_once() -> None:
    chat = Chat("alice", caps=CAPS)
    refs = []
    for number in range(3):
        lines = chat.peers["alice"].send(f"@label={number} WHOIS alice")
        ref = lines[0].split("BATCH +")[1].split(" ")[0]
        assert all(line.startswith(f"@batch={ref} ") for line in lines[1:-1])
        assert lines[-1] == f"BATCH -{ref}"
        refs.append(ref)
    assert len(set(refs)) == 3


@pytest.mark.parametrize("caps", ["", "labeled-response", "batch"])
def test_without_both_capabilities_a_label_means_nothing(caps: str) -> None:
    Chat("alice", caps=caps).play("""
        alice > @label=x PING token
        alice < PONG natterjack token
    """)


def test_a_label_that_is_empty_or_too_long_means_nothing() -> None:
    chat = Chat("alice", caps=CAPS)
    for label, labelled in (
        ("", False),
        ("x" * 64, True),
        ("x" * 65, False),
        ("é" * 32, True),
        ("é" * 33, False),
    ):
        (line,) = chat.peers["alice"].send(f"@label={label} PING t")
        assert line == (f"@label={label} " if labelled else "") + "PONG natterjack t"


def test_labels_are_not_relayed_and_do_not_last() -> None:
    chat = Chat("alice", caps=f"{CAPS} echo-message message-tags")
    chat.enter("bob", f"{CAPS} message-tags")
    chat.quiet()
    chat.play("""
        alice > @label=1 PRIVMSG bob :hi
        alice < @label=1;msgid=m… :alice PRIVMSG bob :hi
        bob < @msgid=m… :alice PRIVMSG bob :hi
        alice > PING t
        alice < PONG natterjack t
    """)


def test_the_echo_is_the_answer() -> None:
    chat = Chat("alice", "bob", caps=f"{CAPS} echo-message message-tags server-time")
    chat.play("""
        alice > @label=1 PRIVMSG #lobby :hi
        alice < @label=1;time=…;msgid=m… :alice PRIVMSG #lobby :hi
        bob < @time=…;msgid=m… :alice PRIVMSG #lobby :hi
        alice > @label=2;+x=y TAGMSG bob
        alice < @label=2;time=…;msgid=m…;+x=y :alice TAGMSG bob
        bob < @time=…;msgid=m…;+x=y :alice TAGMSG bob
    """)


def test_several_echoes_are_a_batch_even_with_errors_among_them() -> None:
    chat = Chat("alice", "bob", caps=f"{CAPS} echo-message")
    chat.play("""
        alice > @label=1 PRIVMSG #lobby,bob,nobody :hi
        alice < @label=1 BATCH +1 labeled-response
        alice < @batch=1 :alice PRIVMSG #lobby :hi
        alice < @batch=1 :alice PRIVMSG bob :hi
        alice < @batch=1 401 alice nobody :No such nick or channel
        alice < BATCH -1
        bob < :alice PRIVMSG #lobby :hi
        bob < :alice PRIVMSG bob :hi
    """)


def test_the_echo_and_an_away_text_are_a_batch() -> None:
    chat = Chat("alice", "bob", caps=f"{CAPS} echo-message")
    chat.peers["bob"].send("AWAY :out")
    chat.quiet()
    chat.play("""
        alice > @label=1 PRIVMSG bob :hi
        alice < @label=1 BATCH +1 labeled-response
        alice < @batch=1 :alice PRIVMSG bob :hi
        alice < @batch=1 301 alice bob :out
        alice < BATCH -1
        bob < :alice PRIVMSG bob :hi
    """)


def test_the_label_of_a_message_to_oneself_is_on_the_echo_alone() -> None:
    Chat("alice", caps=f"{CAPS} echo-message").play("""
        alice > @label=1 PRIVMSG alice :note
        alice < :alice PRIVMSG alice :note
        alice < @label=1 :alice PRIVMSG alice :note
    """)


def test_own_events_are_in_the_answer_and_reach_the_others_plain() -> None:
    chat = Chat("alice", "bob", caps=CAPS)
    chat.play("""
        alice > @label=1 NICK al
        alice < @label=1 :alice NICK al
        bob < :alice NICK al
        alice > @label=2 PART #lobby :bye
        alice < @label=2 :al PART #lobby :bye
        bob < :al PART #lobby :bye
        alice > @label=3 MODE al +B
        alice < @label=3 :al MODE al +B
        alice > @label=4 QUIT
        alice < @label=4 ACK
        alice < ERROR :Closing link: Quit
    """)


def test_labels_work_before_registration_is_done() -> None:
    chat = Chat()
    alice = chat.open("x")
    alice.send(f"CAP REQ :{CAPS}", "NICK alice", "USER a 0 * :A")
    lines = alice.send("@label=in CAP END")
    assert lines[0] == "@label=in BATCH +1 labeled-response"
    assert lines[1].startswith("@batch=1 001 alice ")
    assert lines[-1] == "BATCH -1"
    assert all(line.startswith("@batch=1 ") for line in lines[1:-1])
