"""Messages that are taken back or changed by one while another changes or reads them."""

from __future__ import annotations

from typing import Any

import pytest

from natterjack.core import rewritten
from natterjack.core.rewritten import Rewritten
from natterjack.ports.effects import Ask, Remember
from natterjack.ports.events import Answered
from natterjack.ports.questions import StoredLine
from tests.support.chat import Chat
from tests.support.room import CAPS, edited, everything, history, msgid, room

EDIT = "@+natterjack/edit={0} PRIVMSG #room :{1}"
EDIT_ONCE = "@+natterjack/cid={1:x<8};+natterjack/edit={0} PRIVMSG #room :{1}"
REDACT = "REDACT #room {}"


def ask(chat: Chat, who: str, line: str) -> tuple[int, Any]:
    """``who`` says ``line``, and the message that this is about is looked up; the answer is under way."""
    chat.answers = False
    chat.peers[who].post(line)
    answer = under_way(chat)
    while not isinstance(answer[1], StoredLine) or "natterjack/edit=" in answer[1].tags:
        chat.handle(Answered(*answer))  # whether it was said already, or which message has that text
        answer = under_way(chat)
    chat.answers = True
    return answer


def under_way(chat: Chat) -> tuple[int, Any]:
    """What is answered to the latest question, as things are now."""
    asked = chat.asked.pop()
    return asked.ask, chat.past.ask(asked.question)


def tell(chat: Chat, answer: tuple[int, Any]) -> list[str]:
    """The answer comes; what it leads to, apart from lines that everybody knows."""
    chat.handle(Answered(*answer))
    chat.settle()
    return [line for peer in chat.peers.values() for line in peer.take()]


@pytest.fixture(params=["stored", "in memory"])
def pool(request: pytest.FixtureRequest) -> Chat:
    """The room, with bob in it a second time."""
    chat = room(durable=request.param == "stored", history=True)
    chat.enter("phone", CAPS, login="bob").send("JOIN #room")
    chat.quiet()
    return chat


def named(chat: Chat, by: str) -> str:
    """Bob's message, as the one who is about to change it names it."""
    name = msgid(chat, "by bob")
    return edited(chat, name, "second")[0] if by == "its new text" else name


BY = pytest.mark.parametrize("by", ["its id", "its new text"])
LINES = pytest.mark.parametrize("line", [EDIT, EDIT_ONCE])


@BY
@LINES
def test_what_is_taken_back_meanwhile_is_not_changed(pool: Chat, by: str, line: str) -> None:
    name = named(pool, by)
    changing = ask(pool, "bob", line.format(name, "again"))
    pool.peers["alice"].send(REDACT.format(name))
    pool.quiet()
    (got,) = tell(pool, changing)
    assert got.startswith(f"FAIL PRIVMSG UNKNOWN_MSGID #room {name} :")
    assert "again" not in everything(pool)


@BY
@LINES
def test_what_is_changed_meanwhile_is_taken_back_with_its_newest_text(pool: Chat, by: str, line: str) -> None:
    name = named(pool, by)
    taking = ask(pool, "alice", REDACT.format(name))
    pool.peers["bob"].send(line.format(name, "again"))
    pool.quiet()
    told = tell(pool, taking)
    assert all(each.endswith(f":alice REDACT #room {msgid_of_bob(pool)}") for each in told)
    assert len(told) == 4
    assert "again" not in everything(pool)


def msgid_of_bob(chat: Chat) -> str:
    """The id of what bob has said first, whatever it reads now."""
    lines = [line for line, message in chat.past.lines.values() if message]
    return chat.core._ctx.msgids.of(sorted(lines, key=lambda line: line.id)[1].id)


@LINES
def test_of_two_who_change_it_at_once_the_later_text_alone_is_kept(pool: Chat, line: str) -> None:
    name = msgid(pool, "by bob")
    changing = ask(pool, "bob", line.format(name, "one"))
    pool.peers["phone"].send(line.format(name, "other"))
    pool.quiet()
    told = tell(pool, changing)
    assert sum(each.endswith(" :one") for each in told) == 4
    seen = everything(pool)
    assert (seen.count(" :one"), "other" in seen) == (2, False)  # in its place, and as the event
    pool.peers["alice"].send(REDACT.format(name))
    pool.quiet()
    assert not any(":one" in line for line in history(pool, "reader"))


def test_of_two_who_take_it_back_at_once_one_does(pool: Chat) -> None:
    name = msgid(pool, "by bob")
    taking = ask(pool, "bob", REDACT.format(name))
    pool.peers["alice"].send(REDACT.format(name))
    pool.quiet()
    (got,) = tell(pool, taking)
    assert got.startswith(f"FAIL REDACT UNKNOWN_MSGID #room {name} :")
    assert everything(pool).count("REDACT") == 1


@pytest.mark.parametrize("fits", [False, True])
def test_it_is_looked_up_again_when_it_is_known_what_came_of_the_other(fits: bool) -> None:
    chat = room()
    name = msgid(chat, "by bob")
    changing = ask(chat, "bob", EDIT.format(name, "again"))
    chat.instant = False
    chat.peers["alice"].post(REDACT.format(name))
    effects = chat.handle(Answered(*changing))
    assert not [effect for effect in effects if isinstance(effect, Ask)]
    if fits:
        chat.settle()
        assert "UNKNOWN_MSGID" in chat.peers["bob"].take()[-1]
    else:
        chat.refuse()
        assert "STORAGE_FULL" in chat.peers["alice"].take()[-1]
        chat.settle()
        assert chat.peers["bob"].take()[-1].endswith(":bob PRIVMSG #room :again")
        assert "bob PRIVMSG #room :again" in history(chat, "gus")


READ = pytest.mark.parametrize(
    "line", ["CHATHISTORY LATEST #room * 9", "CHATHISTORY AROUND #room msgid={} 9", "SEARCH text=by"]
)


@READ
def test_what_is_taken_back_while_the_history_is_read_is_not_in_it(pool: Chat, line: str) -> None:
    name = msgid(pool, "by bob")
    pool.answers = False
    pool.peers["gus"].post(line.format(name))
    answer = under_way(pool)
    pool.answers = True
    pool.peers["alice"].send(REDACT.format(name))
    pool.quiet()
    assert not any("by bob" in each for each in tell(pool, answer))


@READ
def test_what_is_taken_back_and_not_stored_yet_is_not_in_it(line: str) -> None:
    chat = room()
    name = msgid(chat, "by bob")
    taking = ask(chat, "alice", REDACT.format(name))
    chat.instant = False
    chat.handle(Answered(*taking))
    effects = chat.peers["gus"].post(line.format(name))
    assert not [effect for effect in effects or () if isinstance(effect, Ask)]
    chat.settle()
    got = chat.peers["gus"].take()
    assert any(" REDACT " in each for each in got)
    assert not any("by bob" in each for each in got)


def test_what_changes_each_time_that_the_history_is_read_is_left_out_sometime() -> None:
    chat = room()
    chat.enter("phone", CAPS, login="bob").send("JOIN #room")
    name = msgid(chat, "by bob")
    chat.answers = False
    chat.peers["gus"].post("CHATHISTORY LATEST #room * 9")
    for number in range(rewritten.TRIES):
        late = under_way(chat)
        chat.answers = True
        chat.peers["phone"].send(EDIT.format(name, f"text{number}"))
        chat.quiet()
        chat.peers["gus"].take()
        chat.answers = False
        chat.handle(Answered(*late))
    chat.settle()
    got = chat.peers["gus"].take()
    assert not chat.asked
    assert any("by gus" in each for each in got)
    assert not any("text" in each or "by bob" in each for each in got)


def test_who_comes_in_while_it_is_taken_back_is_not_shown_it() -> None:
    chat = room()
    name = msgid(chat, "by bob")
    chat.enter("late", "batch")
    chat.answers = False
    chat.peers["late"].post("JOIN #room")
    answer = under_way(chat)
    chat.answers = True
    chat.peers["alice"].send(REDACT.format(name))
    chat.quiet()
    told = tell(chat, answer)
    assert any("by gus" in each for each in told)
    assert not any("by bob" in each for each in told)


@pytest.mark.inside
def test_what_is_changed_again_and_again_is_given_up_sometime() -> None:
    chat = room()
    chat.enter("phone", CAPS, login="bob").send("JOIN #room")
    name = msgid(chat, "by bob")
    late = ask(chat, "alice", REDACT.format(name))
    for number in range(rewritten.TRIES):
        chat.peers["phone"].send(EDIT.format(name, f"text{number}"))
        chat.quiet()
        chat.answers = False
        chat.handle(Answered(*late))
        chat.answers = True
        late = under_way(chat) if chat.asked else (0, None)
    (got,) = chat.peers["alice"].take()
    why = "That message is being changed all the time: try again"
    assert got == f"FAIL REDACT TEMPORARILY_UNAVAILABLE #room {name} :{why}"
    chat.peers["alice"].send(REDACT.format(name))
    assert "text" not in everything(chat)


def test_what_is_remembered_is_there_before_anybody_asks_for_it_in_the_same_turn() -> None:
    chat = room(durable=False, history=True)
    name = msgid(chat, "by bob")
    late = ask(chat, "bob", EDIT.format(name, "again"))
    early = ask(chat, "alice", REDACT.format(name))
    for answer in (early, late):
        chat.core.handle(Answered(*answer), chat.now)
    effects = chat.core.take()
    kinds = [type(effect) for effect in effects]
    assert kinds.index(Remember) < kinds.index(Ask)
    chat.carry_out(effects)
    assert "UNKNOWN_MSGID" in chat.peers["bob"].take()[-1]


@pytest.mark.inside
def test_of_lines_that_changed_long_ago_it_is_not_known_when(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewritten, "REMEMBERED", 2)
    lines, moments = Rewritten(), [0]
    for line in (5, 6, 7, 6):
        lines.note(line, batch=line, stored=5)
        moments.append(lines.moment)
    assert [lines.since(6, moment) for moment in moments] == [True, True, True, True, False]
    assert [lines.since(7, moment) for moment in moments] == [True, True, True, False, False]
    assert [lines.since(5, moment) for moment in moments] == [True, False, False, False, False]
    assert lines.since(9, moments[0]), "it may have been"
    assert not lines.since(9, moments[1])
    assert [lines.batch(line) for line in (5, 6, 7)] == [0, 6, 7]
    lines.note(8, batch=9, stored=6)
    assert [lines.batch(line) for line in (6, 7, 8)] == [6, 7, 9], "what is not stored yet is remembered"
    lines.note(8, batch=9, stored=9)
    assert [lines.batch(line) for line in (6, 7, 8)] == [6, 0, 9]
