"""Errors of ours: one session ends where nothing can have been changed, and in all other cases the server does."""

from __future__ import annotations

from typing import Any

import pytest

from natterjack.core import speech
from natterjack.core.mishaps import WHY
from natterjack.ports.effects import Effect, Mishap
from tests.support import world
from tests.support.chat import Chat
from tests.support.pond import lake, newcomer, pond, said, shore


def broken(*_: object, **__: object) -> Any:
    """An error of ours."""
    raise RuntimeError("nobody foresaw this")


def mishaps(chat: Chat) -> list[Mishap]:
    """From now on, those that the operator is told of."""
    found: list[Mishap] = []
    perform = chat._perform

    def look(effect: Effect) -> None:
        if isinstance(effect, Mishap):
            found.append(effect)
        else:
            perform(effect)

    chat._perform = look  # type: ignore[method-assign]
    return found


def ended_alone(
    monkeypatch: pytest.MonkeyPatch, chat: Chat, where: str, line: str, who: str = "alice"
) -> list[str]:
    """What ``who`` hears of ``line``, at which ``where`` fails: that session ends, and nothing of it is left."""
    told = mishaps(chat)
    peer = chat.peers[who]
    with monkeypatch.context() as patch:
        patch.setattr(where, broken)
        peer.post(line)
    chat.finish()
    assert peer.closed
    assert len(told) == 1
    world.check(chat.core)
    world.check_nothing_is_left(chat.core)
    return peer.take()


@pytest.mark.parametrize(
    ("verb", "line"),
    [("WHOIS", "WHOIS bob"), ("WHOIS", "@label=1 WHOIS bob"), ("LIST", "LIST"), ("PING", "PING x")],
)
def test_where_nothing_was_changed_only_the_session_whose_line_it_was_ends(
    monkeypatch: pytest.MonkeyPatch, verb: str, line: str
) -> None:
    chat = pond()
    told = mishaps(chat)
    alice = chat.peers["alice"]
    with monkeypatch.context() as patch:
        patch.setattr("natterjack.core.context.Context.reply", broken)
        patch.setattr("natterjack.core.context.Context.say", broken)
        alice.post(line, "PRIVMSG #pond :said after that")
    chat.settle()
    assert alice.take() == [f"ERROR :Closing link: {WHY}"]
    assert alice.closed
    assert chat.peers["carl"].take() == [":alice QUIT :Internal error"]
    assert [each.what for each in told] == [f"{verb} of alice from 127.0.0.1 port {50000 + alice.sid}"]
    assert chat.core.mishaps == 1
    world.check(chat.core)
    chat.peers["bob"].post("PRIVMSG #pond :we go on")
    chat.settle()
    assert chat.peers["carl"].take() == [":bob PRIVMSG #pond :we go on"]
    world.check_nothing_is_left(chat.core)


def test_a_page_of_the_history_that_can_not_be_shown_ends_who_asked_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chat = pond()
    told = mishaps(chat)
    chat.answers = False
    alice = chat.peers["alice"]
    alice.post("@label=1 CHATHISTORY LATEST #pond * 9", "PRIVMSG #pond :said after that")
    with monkeypatch.context() as patch:
        patch.setattr("natterjack.core.handlers.history.replayed", broken)
        chat.answer()
    chat.finish()
    assert alice.take() == [f"ERROR :Closing link: {WHY}"]
    assert len(told) == 1
    assert chat.peers["carl"].take() == [":alice QUIT :Internal error"]
    world.check(chat.core)
    world.check_nothing_is_left(chat.core)


def test_what_can_not_be_shown_to_one_who_comes_ends_him(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = pond()
    told = mishaps(chat)
    dora = chat.enter("dora")
    chat.answers = False
    dora.post("JOIN #pond")
    while not chat.asked:
        chat.commit()
    with monkeypatch.context() as patch:
        patch.setattr("natterjack.core.playback.fitting", broken)
        chat.answer()
    chat.finish()
    assert dora.closed
    assert len(told) == 1
    assert chat.peers["carl"].take() == [":dora JOIN #pond", ":dora QUIT :Internal error"]
    world.check(chat.core)
    world.check_nothing_is_left(chat.core)


@pytest.mark.parametrize(
    "line",
    [
        "PRIVMSG #pond :hi",
        "PRIVMSG bob :hi",
        "PRIVMSG #pond,bob :hi",
        "NOTICE #pond :hi",
        "@+draft/react=x TAGMSG #pond",
        "@+natterjack/cid=0123456789 PRIVMSG #pond :hi",
    ],
)
@pytest.mark.inside
def test_a_message_that_fails_before_it_has_its_place_was_not_said(
    monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    chat = pond()
    told = mishaps(chat)
    alice = chat.peers["alice"]
    before = len(chat.records)
    with monkeypatch.context() as patch:
        patch.setattr("natterjack.core.speech.relayed", broken)
        patch.setattr(speech, "_line", broken)
        alice.post(line)
    chat.finish()
    assert alice.take() == [f"ERROR :Closing link: {WHY}"]
    assert len(told) == 1
    assert [type(record).__name__ for record in chat.records[before:]] == ["LineRecord"]  # his QUIT
    assert chat.peers["carl"].take() == [":alice QUIT :Internal error"]
    world.check(chat.core)
    world.check_nothing_is_left(chat.core)


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("natterjack.core.bans.barred", "JOIN #lake"),
        ("natterjack.core.rosters.belongs", "JOIN #lake"),
        ("natterjack.core.handlers.membership.check_channel", "JOIN #new"),
        ("natterjack.proto.modes.parse_changes", "MODE #pond +k key"),
        ("natterjack.core.bans.read_mask", "MODE #pond +b x"),
        ("natterjack.core.rosters.find_holder", "MODE #pond +v bob"),
        ("natterjack.core.actions.is_overlong", "TOPIC #pond :x"),
        ("natterjack.core.rosters.find_holder", "KICK #pond carl"),
        ("natterjack.core.context.Context.find_user", "INVITE dora #pond"),
        ("natterjack.core.context.Context.own_channel", "PART #pond"),
        ("natterjack.core.handlers.registration.check_nick", "NICK al"),
        ("natterjack.core.nicks.taken", "NICK al"),
    ],
)
@pytest.mark.inside
def test_a_command_that_fails_while_it_checks_ends_only_who_said_it(
    monkeypatch: pytest.MonkeyPatch, where: str, line: str
) -> None:
    chat = lake()
    assert ended_alone(monkeypatch, chat, where, line) == [f"ERROR :Closing link: {WHY}"]
    assert chat.peers["carl"].take() == [":alice QUIT :Internal error"]


@pytest.mark.parametrize(
    ("where", "before", "line"),
    [
        ("natterjack.proto.scram.decode_base64", ["AUTHENTICATE PLAIN"], "AUTHENTICATE +"),
        ("natterjack.core.logins.may_log_in", [], "AUTHENTICATE PLAIN"),
        ("natterjack.core.accounts.Accounts.verifier", ["AUTHENTICATE SCRAM-SHA-256"], said("n,,n=a,r=b")),
        ("natterjack.proto.scram.fits", ["AUTHENTICATE PLAIN"], said("\0alice\0x")),
    ],
)
@pytest.mark.inside
def test_a_login_that_fails_before_it_acts_ends_who_logs_in(
    monkeypatch: pytest.MonkeyPatch, where: str, before: list[str], line: str
) -> None:
    chat = pond()
    dora, _ = newcomer(chat)
    dora.send(*before)
    assert ended_alone(monkeypatch, chat, where, line, dora.name)[-1] == f"ERROR :Closing link: {WHY}"


@pytest.mark.parametrize("limited", [True, False])
@pytest.mark.inside
def test_a_login_that_has_acted_in_an_earlier_step_is_not_contained(
    monkeypatch: pytest.MonkeyPatch, limited: bool
) -> None:
    chat = pond(limited=limited)
    told = mishaps(chat)
    dora, _ = newcomer(chat)
    dora.send("AUTHENTICATE PLAIN")
    monkeypatch.setattr("natterjack.proto.scram.fits", broken)
    if limited:  # whose turn it was is noted before the password is looked at
        with pytest.raises(RuntimeError, match="nobody foresaw this"):
            dora.send(said("\0alice\0x"))
    else:
        dora.send(said("\0alice\0x"))
        assert len(told) == 1


def enrol(chat: Chat, who: str, how: str = "REGISTER * *") -> None:
    """He makes an account of his nick, and everything that comes of it is done."""
    chat.peers[who].post(f"{how} {who}-password")
    chat.finish()


@pytest.mark.parametrize(
    ("who", "how"),
    [
        ("carl", "REGISTER * *"),
        ("dora", "REGISTER * *"),
        ("carl", "PRIVMSG NickServ :REGISTER"),
        ("carl", "NS REGISTER"),
    ],
)
@pytest.mark.parametrize(
    "where",
    [
        "natterjack.core.accounts.Accounts.reserving",
        "natterjack.core.passwords.prepared",
        "natterjack.core.enrolling._see_whether_now",
        "natterjack.proto.scram.make_verifier",
        "natterjack.core.guard.Guard.made",
        "natterjack.core.accounts.Accounts.reserve",
        "natterjack.core.accounts.Accounts.settle",
        "natterjack.core.logins.log_in",
    ],
)
@pytest.mark.inside
def test_who_makes_an_account_is_ended_alone_where_it_fails_before_it_acts(
    monkeypatch: pytest.MonkeyPatch, where: str, who: str, how: str
) -> None:
    acts = where.rpartition(".")[2] in ("made", "reserve", "settle", "log_in")
    chat = shore()
    told = mishaps(chat)
    peer = chat.peers[who]
    with monkeypatch.context() as patch:
        patch.setattr(where, broken)
        if acts:
            with pytest.raises(RuntimeError, match="nobody foresaw this"):
                enrol(chat, who, how)
            return
        enrol(chat, who, how)
    assert peer.take()[-1:] == [f"ERROR :Closing link: {WHY}"]
    assert peer.closed
    assert len(told) == 1
    assert not chat.core._ctx.accounts._reserved
    assert chat.core._ctx.accounts.get(who) is None
    world.check(chat.core)
    world.check_nothing_is_left(chat.core)
    chat.enter(who)
    enrol(chat, who)
    assert chat.peers[who].take()[0].startswith("REGISTER SUCCESS")


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("natterjack.core.services._help", "NS HELP"),
        ("natterjack.core.services.nearest", "PRIVMSG NickServ :HLEP"),
        ("natterjack.core.moderation.sessions_of", "NS INFO"),
        ("natterjack.core.logins.may_log_in", "NS IDENTIFY x y"),
        ("natterjack.core.rosters.owners", "CS INFO #pond"),
        ("natterjack.proto.modes.parse_changes", "CS OP #pond bob"),
    ],
)
@pytest.mark.inside
def test_a_service_that_fails_before_it_acts_ends_only_who_asks(
    monkeypatch: pytest.MonkeyPatch, where: str, line: str
) -> None:
    assert ended_alone(monkeypatch, shore(), where, line)[-1] == f"ERROR :Closing link: {WHY}"


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("natterjack.core.leaving.hang_up_all", "NS GHOST alice"),
        ("natterjack.core.staying.settle", "NS SET ALWAYS-ON on"),
        ("natterjack.core.logins.log_in", "NS IDENTIFY alice alice-password"),
    ],
)
@pytest.mark.inside
def test_one_that_acts_is_not_contained(monkeypatch: pytest.MonkeyPatch, where: str, line: str) -> None:
    chat = pond()
    who = "carl" if "IDENTIFY" in line else "alice"
    monkeypatch.setattr(where, broken)
    with pytest.raises(RuntimeError, match="nobody foresaw this"):
        chat.peers[who].post(line)


def test_lines_before_it_in_the_same_packet_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = pond()
    alice = chat.peers["alice"]
    mishaps(chat)
    monkeypatch.setattr("natterjack.core.context.Context.find_user", broken)
    alice.post("PRIVMSG #pond :before", "WHOIS bob", "PRIVMSG #pond :after")
    assert chat.peers["carl"].take() == []
    chat.settle()
    assert chat.peers["carl"].take() == [":alice PRIVMSG #pond :before", ":alice QUIT :Internal error"]
    *echo, error = alice.take()
    assert [text.partition(" ")[2] for text in echo] == [":alice PRIVMSG #pond :before"]
    assert error == f"ERROR :Closing link: {WHY}"


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("natterjack.core.context.Context.remember", "PRIVMSG #pond :hi"),
        ("natterjack.core.delivery.Delivery.relay", "PRIVMSG #pond :hi"),
        ("natterjack.core.context.Context.arrive", "JOIN #lake"),
        ("natterjack.core.context.Context.line", "PART #pond"),
        ("natterjack.core.context.Context.line", "NICK al"),
    ],
)
@pytest.mark.inside
def test_where_something_may_have_been_changed_the_error_goes_on_its_way(
    monkeypatch: pytest.MonkeyPatch, where: str, line: str
) -> None:
    chat = pond()
    monkeypatch.setattr(where, broken)
    with pytest.raises(RuntimeError, match="nobody foresaw this"):
        chat.peers["alice"].post(line)


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("natterjack.core.handlers.registration.tidy_user", "USER d 0 * :Dora"),
        ("natterjack.core.handlers.registration.check_nick", "NICK dolly"),
        ("natterjack.core.world.World.holder", "NICK dolly"),
        ("natterjack.core.handlers.capabilities._say", "CAP REQ :batch"),
        ("natterjack.core.world.kind_of", "CAP REQ :message-tags"),
        ("natterjack.core.context.Context.reply", "AWAY :gone"),
        ("natterjack.core.context.Context.answer", "METADATA * SET url :x"),
    ],
)
@pytest.mark.inside
def test_before_one_is_in_it_ends_only_who_said_it(
    monkeypatch: pytest.MonkeyPatch, where: str, line: str
) -> None:
    chat = pond()
    told = mishaps(chat)
    dora, _ = newcomer(chat)
    with monkeypatch.context() as patch:
        patch.setattr(where, broken)
        dora.post(line, "USER dora 0 * :Dora", "CAP END")
    chat.finish()
    assert dora.take()[-1:] == [f"ERROR :Closing link: {WHY}"]
    assert dora.closed
    assert chat.core.mishaps == len(told) == 1
    assert chat.peers["carl"].take() == []
    world.check(chat.core)
    world.check_nothing_is_left(chat.core)
    chat.enter("dora")  # her nick is free again


@pytest.mark.parametrize("line", ["CAP REQ :server-time", "AWAY :gone", "METADATA * SET url :x"])
@pytest.mark.inside
def test_from_then_on_the_same_may_have_changed_more(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    chat = pond()
    monkeypatch.setattr("natterjack.core.context.Context.answer", broken)
    monkeypatch.setattr("natterjack.core.world.World.set_caps", broken)
    with pytest.raises(RuntimeError, match="nobody foresaw this"):
        chat.peers["alice"].post(line)


def test_an_operators_verb_is_not_contained(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = pond()
    monkeypatch.setattr("natterjack.core.context.Context.record", broken)
    with pytest.raises(RuntimeError, match="nobody foresaw this"):
        chat.console("invite")
