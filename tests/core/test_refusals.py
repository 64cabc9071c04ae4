"""The disk is full: what is said is refused, what has happened is owed, and nobody is told a success that is none."""

from __future__ import annotations

import random
import re

import pytest

from natterjack.ports.events import ConsoleRequest, Tick
from natterjack.ports.records import (
    AuditRecord,
    ChannelRecord,
    LineRecord,
    RoomRecord,
    SanctionRecord,
    Snapshot,
)
from tests.support.chat import Chat, make_account

CAPS = "batch message-tags labeled-response echo-message draft/message-redaction natterjack/edit"
TALK = "batch labeled-response echo-message"
#: What whoever said something is told, after the command and STORAGE_FULL.
SORRY = "Nothing was stored, and nobody got it: the server has no room just now. Try again later"


def pond(*nicks: str, caps: str = "", **settings: object) -> Chat:
    """All are in #pond; accounts have the names in ``logins``."""
    chat = Chat(*nicks, caps=caps, lobby=(), durable=True, **settings)
    for nick in nicks:
        chat.peers[nick].send("JOIN #pond")
    chat.quiet()
    return chat


def members(*names: str, caps: str = CAPS, **settings: object) -> Chat:
    """Each of ``names`` has an account, is logged in to it, and in #pond; ``away`` is nobody's just now."""
    snapshot = Snapshot(b"s" * 32, tuple(make_account(name) for name in (*names, "away")))
    chat = Chat(store=True, durable=True, lobby=(), snapshot=snapshot, **settings)
    for name in names:
        chat.enter(name, caps, login=name).send("JOIN #pond")
    chat.quiet()
    return chat


def untagged(lines: list[str]) -> list[str]:
    """Without tags, but labels."""
    return [
        re.sub(r"^@(label=\w+)?\S* ", lambda tags: f"{tags[1]} " if tags[1] else "", line) for line in lines
    ]


# -- what is said


def test_what_is_said_reaches_nobody_and_the_rest_goes_on_in_its_order() -> None:
    chat = pond("alice", "bob")
    chat.play(f"""
        alice > PRIVMSG #pond :lost
        alice > PING x
        bob > PART #pond :bye
        -- refuse
        alice < FAIL PRIVMSG STORAGE_FULL #pond :{SORRY}
        alice < PONG natterjack x
        alice < :bob PART #pond :bye
        bob < :bob PART #pond :bye
        alice > PRIVMSG #pond :kept
        -- commit
        bob > JOIN #pond
        -- commit
        alice < :bob JOIN #pond
        bob < :bob JOIN #pond
        bob < 353 bob = #pond :@alice bob
        bob < 366 bob #pond :…
        bob < :alice PRIVMSG #pond :[2026-11-22 20:31] kept
    """)
    bodies = [line.body.partition(" ")[2] for line, _ in chat.past.lines.values()]
    assert bodies[-3:] == ["PART #pond :bye", "PRIVMSG #pond :kept", "JOIN #pond"]


@pytest.mark.parametrize("caps", ["batch labeled-response", TALK])
@pytest.mark.parametrize("verb", ["PRIVMSG", "NOTICE"])
def test_a_labelled_message_is_refused_under_its_label(caps: str, verb: str) -> None:
    chat = pond("alice", "bob", caps=caps)
    chat.play(f"""
        alice > @label=7 {verb} #pond :lost
        -- refuse
        alice < @label=7 FAIL {verb} STORAGE_FULL #pond :{SORRY}
    """)


def test_each_of_several_targets_is_refused_and_other_answers_stay() -> None:
    chat = pond("alice", "bob", caps=TALK)
    chat.peers["alice"].send("JOIN #lake")
    chat.quiet()
    chat.play(f"""
        alice > @label=7 PRIVMSG #pond,nobody,#lake :lost
        -- refuse
        alice < @label=7 BATCH +… labeled-response
        alice < @batch=… FAIL PRIVMSG STORAGE_FULL #pond :{SORRY}
        alice < @batch=… 401 alice nobody :…
        alice < @batch=… FAIL PRIVMSG STORAGE_FULL #lake :{SORRY}
        alice < BATCH -…
        alice > PRIVMSG #pond,nobody,#lake :lost
        -- refuse
        alice < FAIL PRIVMSG STORAGE_FULL #pond :{SORRY}
        alice < 401 alice nobody :…
        alice < FAIL PRIVMSG STORAGE_FULL #lake :{SORRY}
        alice > @label=8 PRIVMSG #pond,nobody,#lake :kept
        -- commit
        alice < @label=8 BATCH +… labeled-response
        alice < @batch=… :alice PRIVMSG #pond :kept
        alice < @batch=… 401 alice nobody :…
        alice < @batch=… :alice PRIVMSG #lake :kept
        alice < BATCH -…
        bob < :alice PRIVMSG #pond :kept
    """)


def test_a_labelled_message_without_echo_to_several_is_refused_in_one_answer() -> None:
    chat = pond("alice", "bob", caps="batch labeled-response")
    chat.peers["alice"].send("JOIN #lake")
    chat.quiet()
    chat.play(f"""
        alice > @label=7 PRIVMSG #pond,#lake :lost
        -- refuse
        alice < @label=7 BATCH +… labeled-response
        alice < @batch=… FAIL PRIVMSG STORAGE_FULL #pond :{SORRY}
        alice < @batch=… FAIL PRIVMSG STORAGE_FULL #lake :{SORRY}
        alice < BATCH -…
    """)


@pytest.mark.parametrize("target", ["bob", "away"])
def test_what_accounts_say_in_private_is_refused_for_all_their_devices(target: str) -> None:
    chat = members("alice", "bob")
    chat.enter("phone", CAPS, login="alice")
    chat.quiet()
    alice, phone, bob = (chat.peers[name] for name in ("alice", "phone", "bob"))
    for label in ("", "@label=1 "):
        alice.send(f"{label}PRIVMSG {target} :lost")
        chat.refuse()
        heard = untagged(alice.take())
        wanted = f"FAIL PRIVMSG STORAGE_FULL {target} :{SORRY}"
        prefix = "label=1 " if label and target == "bob" else ""
        assert prefix + wanted in heard
        assert not [line for line in heard if ":lost" in line]
        assert (phone.take(), bob.take()) == ([], [])
    alice.send(f"PRIVMSG {target} :kept")
    chat.settle()
    assert ":alice PRIVMSG" in phone.take()[-1]
    assert [line.body.partition(" :")[2] for line, message in chat.past.lines.values() if message] == ["kept"]
    assert set(chat.past.pairs) == {("alice", target), (target, "alice")}, (
        "owed, though its message was not said"
    )


def test_what_is_never_stored_is_not_refused_with_what_it_follows() -> None:
    chat = pond("alice", "bob", caps="message-tags")
    chat.play(f"""
        alice > PRIVMSG #pond :lost
        alice > PRIVMSG bob :guests' words are not kept
        alice > @+typing=active TAGMSG #pond
        -- refuse
        alice < FAIL PRIVMSG STORAGE_FULL #pond :{SORRY}
        bob < @msgid=… :alice PRIVMSG bob :guests' words are not kept
        bob < @msgid=…;+typing=active :alice TAGMSG #pond
    """)


def test_reactions_edits_and_redactions_are_refused_too() -> None:
    chat = members("alice", "bob")
    alice, bob = chat.peers["alice"], chat.peers["bob"]
    alice.send("PRIVMSG #pond :first")
    chat.settle()
    msgid = re.search("msgid=([^; ]+)", alice.take()[0])[1]  # type: ignore[index]
    chat.quiet()
    for line, verb in (
        (f"@+draft/react=x;+draft/reply={msgid} TAGMSG #pond", "TAGMSG"),
        (f"@+natterjack/edit={msgid} PRIVMSG #pond :second", "PRIVMSG"),
        (f"REDACT #pond {msgid}", "REDACT"),
    ):
        for label in ("", "label=1"):
            joined = (
                f"@{label};{line[1:]}" if label and line[0] == "@" else f"@{label} {line}" if label else line
            )
            alice.send(joined)
            chat.refuse()
            wanted = f"FAIL {verb} STORAGE_FULL #pond :{SORRY}"
            assert untagged(alice.take()) == [f"{label} {wanted}" if label else wanted]
            assert bob.take() == []
    texts = [line.body.partition(" :")[2] for line, message in chat.past.lines.values() if message]
    assert texts == ["first"]


def test_a_client_message_id_is_free_again_and_a_resend_is_said() -> None:
    chat = pond("alice", "bob", caps=f"{TALK} natterjack/client-msgid message-tags")
    again = "@label={};+natterjack/cid=abcdefgh PRIVMSG #pond :hi"
    alice = chat.peers["alice"]
    alice.send(again.format(1))
    alice.send(again.format(2))  # while the first still waits
    chat.refuse()
    wanted = f"FAIL PRIVMSG STORAGE_FULL #pond :{SORRY}"
    assert untagged(alice.take()) == [f"label=1 {wanted}", f"label=2 {wanted}"]
    alice.send(again.format(3))
    chat.settle()
    assert untagged(alice.take()) == ["label=3 :alice PRIVMSG #pond :hi"]
    assert untagged(chat.peers["bob"].take()) == [":alice PRIVMSG #pond :hi"]
    assert len(chat.past.cids) == 1


@pytest.mark.parametrize("caps", ["message-tags", TALK, "batch labeled-response"])
def test_a_resend_is_not_refused_with_what_was_said_between(caps: str) -> None:
    chat = pond("alice", "bob", caps=f"{caps} natterjack/client-msgid message-tags")
    alice = chat.peers["alice"]
    again = "@label={};+natterjack/cid=abcdefgh PRIVMSG #pond :hi"
    alice.send(again.format(1))
    alice.send("PRIVMSG #pond :lost")
    alice.send(again.format(2))
    chat.commit()
    chat.refuse()
    heard = untagged(alice.take())
    assert [line for line in heard if "FAIL" in line] == [f"FAIL PRIVMSG STORAGE_FULL #pond :{SORRY}"]
    if "labeled" in caps:
        assert "label=2" in heard[-1]


# -- no false success


def test_an_account_is_made_when_it_is_stored_and_not_at_all_otherwise() -> None:
    chat = pond("alice", "bob", store=True)
    alice = chat.peers["alice"]
    assert alice.send("REGISTER * * correct-horse", "PRIVMSG #pond :next") == []
    chat.refuse()
    heard = alice.take()
    assert heard[0].startswith("FAIL REGISTER TEMPORARILY_UNAVAILABLE alice :No account was made")
    assert chat.core._ctx.accounts.get("alice") is None
    assert not chat.core.owed
    assert not chat.world.find("alice").account
    chat.settle()
    chat.quiet()
    alice.send("REGISTER * * correct-horse")
    assert chat.core._ctx.accounts.get("alice") is None
    chat.settle()
    assert "REGISTER SUCCESS alice :alice is your account from now on" in alice.take()
    assert chat.core._ctx.accounts.get("alice") is not None
    assert chat.world.find("alice").account == "alice"


def test_an_account_whose_maker_has_gone_before_it_was_stored_is_there_all_the_same() -> None:
    chat = pond("alice", "bob", store=True)
    chat.peers["alice"].send("REGISTER * * correct-horse")
    chat.peers["alice"].hang_up()
    for name in ("alice", "a1ice"):  # which nobody has, but which are to be an account's
        answer = chat.peers["bob"].send(f"NICK {name}")[-1]
        assert answer == f"433 bob {name} :Nick belongs to an account: log in to it, or take another"
    chat.settle()
    assert chat.core._ctx.accounts.get("alice") is not None
    assert chat.world.find("alice") is None


def test_refused_accounts_do_not_count_against_whoever_tries_again() -> None:
    chat = Chat(lobby=(), durable=True, store=True, limited=True, access="open")
    eve = chat.enter("eve", ip="192.0.2.1")
    for _ in range(5):
        eve.send("REGISTER * * correct-horse")
        chat.refuse()
        assert "No account was made" in eve.take()[-1]
        chat.wait(10)
        chat.settle()


def test_certificates_are_added_and_removed_when_that_is_stored() -> None:
    chat = members("alice")
    alice = chat.peers["alice"]
    held = chat.core._ctx.certificates
    fingerprint = "ab" * 32
    (session,) = chat.world.find("alice").sessions
    session.certfp = fingerprint
    alice.send("CERT ADD")
    chat.refuse()
    assert "FAIL CERT TEMPORARILY_UNAVAILABLE" in alice.take()[0]
    assert held.get(fingerprint) is None
    alice.send(f"CERT ADD {fingerprint}")
    chat.settle()
    assert "NOTE CERT ADDED" in alice.take()[0]
    alice.send(f"CERT DEL {fingerprint}")
    chat.refuse()
    assert "FAIL CERT TEMPORARILY_UNAVAILABLE" in alice.take()[0]
    assert held.get(fingerprint) is not None
    assert not chat.core.owed
    assert [line.verb for line in chat.core._ctx.audit.latest(9)] == ["cert add"]


def test_the_operator_is_told_that_what_he_did_holds_and_is_not_stored() -> None:
    chat = members("alice")
    chat.handle(Tick())
    chat.handle(ConsoleRequest(1, "ban", ("192.0.2.7", "spam")))
    chat.handle(ConsoleRequest(2, "bans", ()))
    assert [reply.request for reply in chat.replies] == [2], "who only looks does not wait"
    chat.refuse()
    reply = chat.replies.pop()
    assert not reply.ok
    assert reply.text.startswith("done, and it holds, but it can't be stored just now")
    assert chat.core._ctx.sanctions.bans.get("192.0.2.7") is not None
    assert not chat.console("status").rows[0]["storing"]
    chat.handle(ConsoleRequest(3, "say", ("#pond", "hello")))
    chat.refuse()
    reply = chat.replies.pop()
    assert (reply.ok, reply.text) == (
        False,
        "nothing was said, since it can't be stored just now: see status",
    )
    assert chat.peers["alice"].take() == []
    chat.wait(1)
    chat.settle()
    kinds = [type(record) for record in chat.records[-4:]]
    assert kinds == [SanctionRecord, AuditRecord, AuditRecord, RoomRecord]


@pytest.mark.parametrize("label", ["", "@label=1 "])
def test_an_operator_in_a_chat_is_told_the_same(label: str) -> None:
    snapshot = Snapshot(b"s" * 32, (make_account("root", operator=True), make_account("alice")))
    chat = Chat(store=True, durable=True, lobby=(), snapshot=snapshot)
    root = chat.enter("root", TALK, login="root")
    chat.quiet()
    root.send(f"{label}CONSOLE invite")
    chat.refuse()
    heard = untagged(root.take())
    assert len(heard) == 1
    assert "FAIL CONSOLE UNSTORED invite :done, and it holds" in heard[0]
    assert heard[0].startswith("label=1") == bool(label)
    root.send(f"{label}CONSOLE passwd alice correct-horse")
    chat.refuse()
    assert "FAIL CONSOLE UNSTORED passwd :done" in root.take()[0]
    root.send(f"{label}CONSOLE invite")
    chat.settle()
    assert "NOTE CONSOLE" in "".join(root.take())


def test_messages_in_memory_alone_are_never_refused() -> None:
    """Durability none: accounts are stored, lines are not, and may wait for an account's record."""
    chat = Chat("alice", "bob", lobby=(), store=True, history=True)
    for nick in ("alice", "bob"):
        chat.peers[nick].send("JOIN #pond")
    chat.quiet()
    chat.log_in("alice", "alice")
    chat.quiet()
    chat.peers["alice"].send("MARKREAD #pond timestamp=2026-11-22T20:31:02.500Z", "PRIVMSG #pond :hi")
    chat.refuse()
    assert chat.peers["bob"].take() == [":alice PRIVMSG #pond :hi"]


# -- against a model


@pytest.mark.parametrize("seed", range(25))
def test_whatever_is_refused_nothing_false_is_said_and_nothing_shown_is_missing(seed: int) -> None:
    """A random talk, with a disk that is full now and then; afterwards everything is held against what was stored."""
    rng = random.Random(seed)
    caps = f"{TALK} message-tags natterjack/client-msgid"
    chat = members("ann", "ben", "cid", caps=caps)
    names = ["ann", "ben", "cid"]
    heard: dict[str, list[str]] = {name: [] for name in names}
    said: dict[str, str] = {}  # text -> label
    for number in range(150):
        for name in names:
            heard[name] += chat.peers[name].take()
        kind = rng.random()
        peer = chat.peers[rng.choice(names)]
        if kind < 0.45:
            text, label = f"text{number}", f"l{number}"
            said[text] = label
            to = rng.choice(["#pond", "#pond", "ann", "ben"])
            cid = f";+natterjack/cid=cid-{number:05}" if rng.random() < 0.5 else ""
            peer.post(f"@label={label}{cid} PRIVMSG {to} :{text}")
        elif kind < 0.55:
            peer.post(rng.choice(["PART #pond", "JOIN #pond", f"TOPIC #pond :topic{number}", "PING x"]))
        elif kind < 0.75 and chat.commits:
            chat.commit()
        elif kind < 0.9 and chat.commits:
            chat.refuse()
        else:
            chat.wait(1)
    chat.wait(2)
    chat.settle()
    for name in names:
        heard[name] += chat.peers[name].take()
    lines = [line for got in heard.values() for line in got]
    stored = {line.body.partition(" :")[2] for line, message in chat.past.lines.values() if message}
    for text, label in said.items():
        answers = [line for line in lines if line.startswith((f"@label={label} ", f"@label={label};"))]
        shown = [line for line in lines if line.endswith(f" :{text}")]
        assert len(answers) == 1, (text, answers)
        if "STORAGE_FULL" in answers[0]:
            assert text not in stored
            assert not shown
        elif "PRIVMSG" in answers[0]:
            assert text in stored
    events = [line.body for line, message in chat.past.lines.values() if not message]
    for line in lines:
        if " PART #pond" in line or " TOPIC #pond " in line:
            body = line.partition(" ")[2] if line[0] == "@" else line
            assert any(fits_event(body, event) for event in events), body
    ids = [record.id for record in chat.records if isinstance(record, LineRecord)]
    assert ids, "nothing was tried"
    kept = {}
    for place, number in chat.past.lines:
        assert number > kept.get(place, 0), "a later line was stored before"
        kept[place] = number
    channel = chat.world.channel("#pond")
    latest = [record for record in chat.records if isinstance(record, ChannelRecord)][-1]
    assert latest.topic == (channel.topic.text if channel.topic else "")
    assert not chat.core.owed


def fits_event(shown: str, stored: str) -> bool:
    """Whether ``shown``, in which sources are cut to a nick, is ``stored``."""
    return shown == re.sub("!\\S+", "", stored, count=1)
