"""Whoever asks for more than his line can carry gets all of it, in the end; and nobody can make that too much."""

from __future__ import annotations

from natterjack.core.policy import KEPT_TAG_BYTES
from natterjack.core.replies import kept
from natterjack.ports.effects import Pause, Release
from natterjack.ports.events import Backlogged
from natterjack.ports.records import LineRecord, Snapshot
from tests.support.chat import Chat, make_account, said

CAPS = "batch message-tags echo-message draft/chathistory"


def pond(**settings: object) -> Chat:
    chat = Chat(store=True, durable=True, instant=True, lobby=("#pond",), **settings)
    chat.enter("alice", CAPS)
    chat.quiet()
    return chat


def test_what_a_session_says_waits_until_it_has_taken_what_it_was_sent() -> None:
    chat = pond()
    alice = chat.peers["alice"]
    (pause,) = chat.handle(Backlogged(alice.sid, full=True))
    assert pause == Pause(alice.sid, paused=True)
    assert alice.send("PING 1", "CHATHISTORY LATEST #pond * 9", "PING 2") == []
    chat.wait(200)  # and nobody takes it for silent
    assert alice.take() == []
    effects = chat.handle(Backlogged(alice.sid, full=False))
    assert effects[0] == Pause(alice.sid, paused=False)
    assert [line.split(" ")[0] for line in alice.take()] == ["PONG", "BATCH", "BATCH", "PONG"]
    assert alice.send("PING 3") == ["PONG natterjack 3"]


def test_a_request_under_way_is_answered_and_the_next_one_waits() -> None:
    chat = pond()
    alice = chat.peers["alice"]
    chat.answers = False
    (ask,) = (
        effect for effect in alice.post("CHATHISTORY LATEST #pond * 9", "PING 1") if hasattr(effect, "ask")
    )
    chat.handle(Backlogged(alice.sid, full=True))
    chat.answers = True
    chat._answer(ask)
    assert [line.split(" ")[0] for line in alice.take()] == ["BATCH", "BATCH"]
    chat.handle(Backlogged(alice.sid, full=False))
    assert alice.take() == ["PONG natterjack 1"]
    chat.handle(Backlogged(alice.sid, full=False))
    assert alice.send("PING 2") == ["PONG natterjack 2"]


def test_whoever_was_too_fast_and_is_too_slow_waits_for_both() -> None:
    chat = pond(limited=True)
    alice = chat.peers["alice"]
    alice.send(*(f"PING {number}" for number in range(60)))
    chat.handle(Backlogged(alice.sid, full=True))
    alice.take()
    chat.wait(30)
    assert alice.take() == []
    chat.handle(Backlogged(alice.sid, full=False))
    chat.wait(60)
    assert alice.take()[-1] == "PONG natterjack 59"


def test_a_session_that_hangs_up_meanwhile_is_forgotten() -> None:
    chat = pond()
    alice = chat.peers["alice"]
    chat.handle(Backlogged(alice.sid, full=True))
    alice.send("PING 1")
    alice.hang_up()
    assert chat.handle(Backlogged(alice.sid, full=False)) == []


def test_the_history_keeps_no_more_tags_than_it_has_room_for() -> None:
    chat = pond()
    alice = chat.peers["alice"]
    (echo,) = alice.send(f"@+a={'x' * 1000};+draft/reply=m1;+b={'ü' * 100};+c=1 PRIVMSG #pond :hi")
    assert len(echo) > 1000  # those who are here see them all
    record = next(record for record in chat.records if isinstance(record, LineRecord) and record.message)
    assert record.tags == f"+draft/reply=m1;+b={'ü' * 100};+c=1"
    assert len(record.tags.encode()) <= KEPT_TAG_BYTES
    exactly = f"+{'a' * (KEPT_TAG_BYTES - 1)}"
    assert kept(exactly) == exactly
    assert kept(f"{exactly}a") == ""
    assert (
        kept(f"ours={'a' * 500};{exactly};+b") == f"ours={'a' * 500};{exactly}"
    )  # those have their own bounds


def test_what_is_shown_unasked_fits_into_a_send_queue_whatever_was_said() -> None:
    snapshot = Snapshot(b"s" * 32, (make_account("kim"),))
    chat = Chat(store=True, durable=True, instant=True, lobby=("#pond",), snapshot=snapshot)
    chat.enter("kim", login="kim")
    loud = chat.enter("loud", "message-tags")
    chat.wait(1)
    chat.peers["kim"].send("QUIT")
    chat.wait(1)
    for number in range(2000):
        loud.post(f"@+a={'x' * 240} PRIVMSG #pond :{'y' * 400}{number}")
    chat.open("phone")
    released: list[bytes] = []
    perform = chat._perform

    def note(effect: object) -> None:
        if isinstance(effect, Release):
            released.append(effect.data)
        perform(effect)  # type: ignore[arg-type]

    chat._perform = note  # type: ignore[method-assign]
    chat.peers["phone"].send(
        "CAP REQ :batch message-tags server-time",
        "NICK phone",
        "USER p 0 * :p",
        *said("kim", "kim-password"),
        "CAP END",
    )
    (data,) = released
    lines = data.decode().split("\r\n")
    assert 200_000 < len(data) < 800_000
    assert lines[0].endswith("chathistory #pond")
    assert lines[-3].endswith("y1999")
