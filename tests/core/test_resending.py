"""Client message ids: whatever is sent twice is said once."""

from __future__ import annotations

import pytest

from natterjack.core import cids
from natterjack.ports.questions import ReadFailed
from natterjack.ports.records import CidRecord, LineRecord, Snapshot
from tests.support.chat import Chat, Peer, make_account

CAPS = "batch message-tags labeled-response echo-message natterjack/client-msgid"
CID = "@label=1;+natterjack/cid=abcdefgh"


def pond(login: str = "", instant: bool = False) -> tuple[Chat, Peer]:
    """Alice and bob in #pond."""
    snapshot = Snapshot(b"s" * 32, tuple(map(make_account, filter(None, (login, "bobby")))))
    chat = Chat(store=True, durable=True, lobby=(), snapshot=snapshot)
    alice = chat.enter("alice", CAPS, login=login)
    chat.enter("bob")
    for nick in ("alice", "bob"):
        chat.peers[nick].send("JOIN #pond")
    chat.quiet()
    chat.instant = instant
    return chat, alice


def forget(chat: Chat) -> None:
    """As after a restart: what was said lately is in the store alone."""
    chat.core._ctx.cids = cids.Cids()


def rows(chat: Chat) -> list[str]:
    return [
        record.body.partition(" ")[2]
        for record in chat.records
        if isinstance(record, LineRecord)
        if record.message
    ]


@pytest.mark.parametrize("login", ["", "alice"])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_resend_gets_the_first_answer_and_reaches_nobody(login: str, restarted: bool) -> None:
    chat, alice = pond(login, instant=True)
    first = alice.send(f"{CID} PRIVMSG #pond :hi")
    assert chat.peers["bob"].take() == [":alice PRIVMSG #pond :hi"]
    if restarted:
        forget(chat)
    assert alice.send(f"{CID} PRIVMSG #POND :hi") == first
    assert chat.peers["bob"].take() == []
    assert rows(chat) == ["PRIVMSG #pond :hi"]


def test_nothing_is_said_of_a_message_of_which_nothing_can_be_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A FAIL, or an ACK, would be believed; so the session ends, and whoever comes back gets the answer."""
    chat, alice = pond(instant=True)
    first = alice.send(f"{CID} PRIVMSG #pond :hi")
    forget(chat)
    bob = chat.peers["bob"]
    bob.take()
    with monkeypatch.context() as patch:
        patch.setattr(chat.past, "ask", lambda question: ReadFailed("the disk says no"))
        why = "Closing link: the history can't be read just now: come back, and send again what has no answer"
        assert alice.send(f"{CID} PRIVMSG #pond :hi", "PING later") == [f"ERROR :{why}"]
        assert alice.closed
    assert [line.partition(" ")[2].partition(" ")[0] for line in bob.take()] == ["QUIT"]
    assert chat.enter("alice", CAPS).send(f"{CID} PRIVMSG #pond :hi") == first
    assert rows(chat) == ["PRIVMSG #pond :hi"]


def test_a_resend_while_the_first_waits_is_answered_after_its_commit() -> None:
    chat, alice = pond()
    again = chat.enter("again", CAPS)
    alice.send(f"{CID} PRIVMSG #pond :hi")
    assert again.send(f"{CID} PRIVMSG #pond :hi") == []
    chat.settle()
    (own,), (resent,) = alice.take(), again.take()
    assert own == resent
    assert chat.peers["bob"].take() == [":alice PRIVMSG #pond :hi"]


def test_what_is_not_stored_yet_is_not_forgotten_however_much_there_is() -> None:
    """The history could not know it, and a resend would be said once more."""
    known = cids.Cids()
    chat, alice = pond()
    alice.send(f"{CID} PRIVMSG #pond :hi")
    said = chat.core._ctx.cids.get("", "abcdefgh")
    assert said is not None
    assert said.gate > chat.core.delivery.stored
    for number in range(cids.REMEMBERED + 2):
        known.add("", f"{number}", said, said.gate - 1)
    assert known.get("", "0") is said
    known.add("", "last", said, said.gate)
    assert known.get("", "0") is None
    assert known.get("", "last") is said


@pytest.mark.parametrize("restarted", [False, True])
def test_other_content_is_a_conflict(restarted: bool) -> None:
    chat, alice = pond(instant=True)
    alice.send(f"{CID} PRIVMSG #pond :hi")
    chat.quiet()
    if restarted:
        forget(chat)
    for line in ("PRIVMSG #pond :hello", "NOTICE #pond :hi", "PRIVMSG bob :hi"):
        (got,) = alice.send(f"{CID} {line}")
        assert got.startswith(f"@label=1 FAIL {line.split(' ')[0]} CID_CONFLICT abcdefgh :")
    assert chat.peers["bob"].take() == []


def test_the_id_is_the_accounts_own() -> None:
    chat, alice = pond("alice", instant=True)
    bob = chat.enter("bobby", CAPS, login="bobby")
    bob.send("JOIN #pond")
    chat.quiet()
    alice.send(f"{CID} PRIVMSG #pond :hi")
    bob.send(f"{CID} PRIVMSG #pond :something else")
    assert rows(chat) == ["PRIVMSG #pond :hi", "PRIVMSG #pond :something else"]
    assert {record.sender for record in chat.records if isinstance(record, CidRecord)} == {"alice", "bobby"}


def test_a_refused_message_leaves_its_id_free() -> None:
    chat, alice = pond(instant=True)
    alice.send("PART #pond")
    (got,) = alice.send(f"{CID} PRIVMSG #pond :hi")
    assert got.startswith("@label=1 404 ")
    alice.send("JOIN #pond")
    chat.quiet()
    alice.send(f"{CID} PRIVMSG #pond :hi")
    assert chat.peers["bob"].take() == [":alice PRIVMSG #pond :hi"]


def test_a_message_that_was_taken_back_is_not_posted_anew() -> None:
    chat, alice = pond("alice", instant=True)
    (echo,) = alice.send(f"{CID} PRIVMSG #pond :hi")
    msgid = echo.partition("msgid=")[2].split(" ")[0].split(";")[0]
    alice.send(f"REDACT #pond {msgid}")
    chat.quiet()
    forget(chat)
    (again,) = alice.send(f"{CID} PRIVMSG #pond :hi")
    assert f"msgid={msgid}" in again
    assert chat.peers["bob"].take() == []


@pytest.mark.parametrize(
    ("cid", "target", "why"),
    [
        ("short", "#pond", "8 to 64"), ("has.dots.in.it", "#pond", "8 to 64"), ("x" * 65, "#pond", "8 to 64"),
        ("", "#pond", "8 to 64"), ("abcdefgh", "#pond,bob", "one target"),
    ],
)  # fmt: skip
def test_bad_ids_are_refused(cid: str, target: str, why: str) -> None:
    chat, alice = pond(instant=True)
    (got,) = alice.send(f"@+natterjack/cid={cid} PRIVMSG {target} :hi")
    assert got.startswith("FAIL PRIVMSG INVALID_CID")
    assert why in got
    assert rows(chat) == []


def test_without_echo_the_ack_comes_after_the_commit() -> None:
    chat, alice = pond()
    alice.send("CAP REQ -echo-message")
    assert alice.send(f"{CID} PRIVMSG #pond :hi") == []
    chat.settle()
    assert alice.take() == ["@label=1 ACK"]
    assert alice.send(f"{CID} PRIVMSG #pond :hi") == ["@label=1 ACK"]


@pytest.mark.inside
def test_without_a_history_ids_hold_as_long_as_they_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cids, "REMEMBERED", 2)
    chat = Chat("bob", lobby=("#pond",))
    alice = chat.enter("alice", CAPS)
    for number in (1, 1, 2, 3, 1):
        alice.send(f"@+natterjack/cid=number-{number} PRIVMSG #pond :{number}")
    assert [line[-1] for line in chat.peers["bob"].take() if "PRIVMSG" in line] == ["1", "2", "3", "1"]


@pytest.mark.inside
def test_what_is_not_stored_yet_is_remembered_however_much_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cids, "REMEMBERED", 2)
    chat, alice = pond()
    for number in range(5):
        alice.send(f"@+natterjack/cid=number-{number} PRIVMSG #pond :{number}")
    alice.send("@+natterjack/cid=number-0 PRIVMSG #pond :0")
    chat.settle()
    assert rows(chat) == [f"PRIVMSG #pond :{number}" for number in range(5)]
    alice.send("@+natterjack/cid=number-5 PRIVMSG #pond :5")
    assert len(chat.core._ctx.cids._said) == 2


@pytest.mark.parametrize("knows", [False, True])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_change_sent_again_changes_once(restarted: bool, knows: bool) -> None:
    chat, alice = pond("alice", instant=True)
    if knows:
        alice.send("CAP REQ natterjack/edit")
    said = alice.send("@label=1 PRIVMSG #pond :hi")[0]
    name = said.partition("msgid=")[2].partition(" ")[0]
    chat.quiet()
    line = f"{CID};+natterjack/edit={name} PRIVMSG #pond :hello"
    first = alice.send(line)
    assert first[0].endswith(
        f"natterjack/edit={name} :alice PRIVMSG #pond :hello" if knows else " :(edited) hello"
    )
    assert chat.peers["bob"].take() == [":alice PRIVMSG #pond :(edited) hello"]
    if restarted:
        forget(chat)
    assert alice.send(line) == first
    assert chat.peers["bob"].take() == []
    (got,) = alice.send(f"{CID} PRIVMSG #pond :hello")  # the same words, but no change
    assert "CID_CONFLICT" in got
    (got,) = alice.send("@label=1;+natterjack/cid=another-one;+natterjack/edit=m99 PRIVMSG #pond :hello")
    assert "UNKNOWN_MSGID" in got


@pytest.mark.parametrize("restarted", [False, True])
def test_a_reaction_sent_again_is_one(restarted: bool) -> None:
    chat, alice = pond("alice", instant=True)
    carol = chat.enter("carol", CAPS)
    carol.send("JOIN #pond")
    chat.quiet()
    line = f"{CID};+draft/react=ok;+draft/reply=m1 TAGMSG #pond"
    first = alice.send(line)
    assert first[0].startswith("@label=1;msgid=")
    (told,) = carol.take()
    assert "natterjack" not in told
    if restarted:
        forget(chat)
    assert alice.send(line) == first
    assert carol.take() == []
    (got,) = alice.send(f"{CID};+draft/react=no;+draft/reply=m1 TAGMSG #pond")
    assert "CID_CONFLICT" in got


@pytest.mark.parametrize("fits", [True, False])
def test_a_resend_that_waits_for_more_is_not_acknowledged_if_the_first_was_refused(fits: bool) -> None:
    chat, alice = pond()
    bob = chat.peers["bob"]
    alice.post(f"{CID} PRIVMSG #pond :hi")
    with chat.turn():  # what follows is in a batch of its own, which the answer waits for
        alice.post("PRIVMSG #pond :more")
        alice.post(f"{CID} PRIVMSG #pond :hi")
        chat.refuse()
    (chat.commit if fits else chat.refuse)()
    told = [line for line in alice.take() if "abcdefgh" in line or "label=1" in line]
    assert len(told) == 2
    assert all("FAIL PRIVMSG STORAGE_FULL" in line for line in told), told
    assert [line.partition(" :")[2] for line in bob.take()] == (["more"] if fits else [])
