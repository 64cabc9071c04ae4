"""Errors of ours: one session ends where nothing can have been changed, and in all other cases the server does."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from natterjack.core import speech
from natterjack.core.context import Context
from natterjack.core.mishaps import WHY
from natterjack.core.policy import Logins
from natterjack.core.registry import COMMANDS, Changes
from natterjack.ports.effects import Ask, Effect, Mishap, Pause, Send
from natterjack.ports.records import Snapshot
from tests.support import world
from tests.support.chat import Chat, Peer, make_account

CAPS = "batch labeled-response echo-message message-tags draft/chathistory natterjack/edit draft/multiline"
_TRIED = {
    "WHO": ("", "#pond", "bob", "#pond %n,7", "*"),
    "WHOIS": ("bob", "nobody", "alice"),
    "WHOWAS": ("gone", "nobody", "gone 1"),
    "ISON": ("bob nobody",),
    "USERHOST": ("bob alice nobody",),
    "NAMES": ("", "#pond", "#pond,#none"),
    "LIST": ("", "#pond", ">0", "#p*,T<9"),
    "LUSERS": ("",),
    "MOTD": ("", "elsewhere"),
    "VERSION": ("",),
    "TIME": ("",),
    "ADMIN": ("",),
    "INFO": ("",),
    "HELP": ("", "JOIN", "NONE"),
    "HELPOP": ("", "JOIN"),
    "PING": ("x",),
    "PONG": ("x",),
    "ISUPPORT": ("",),
    "STATS": ("", "u", "o"),
    "LINKS": ("",),
    "USERS": ("",),
    "SUMMON": ("bob",),
    "CHATHISTORY": ("LATEST #pond * 9", "AROUND #pond timestamp=2026-11-22T20:31:02.500Z 9", "LATEST #none * 9",
                    "TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 9",
                    "LATEST bob * 9"),
    "SEARCH": ("text=hello", "in=#pond;text=hello", "text=none;from=bob"),
    "ERROR": ("", ":x"),
}  # fmt: skip
#: What changes nothing but the session that says it, as long as that is not in.
_EARLY = {
    "PASS": ("x",),
    "USER": ("d 0 * :Dora", "d 0 * :"),
    "CAP": ("", "LS", "LS 302", "LIST", "REQ :batch message-tags", "REQ :-batch", "REQ :none", "END", "FLY"),
    "AWAY": ("", ":for a swim", f":{'x' * 400}"),
    "METADATA": ("* SET url :x", "* SET url", "* SET !", "* GET url none", "* LIST", "* CLEAR", "* SYNC",
                 "* SUB url avatar !", "* UNSUB url", "* SUBS", "bob SET url :x", "* FLY"),
}  # fmt: skip
#: What is about the present command alone, or about the session's own pace.
_PASSING = frozenset(
    "now session user message params delivery _answers _label _otherwise _batches _mark".split()  # noqa: SIM905
)


def pond(**settings: Any) -> Chat:
    """Alice, Bob and Carl in a channel, in which something was said; one who was there has gone."""
    accounts = (make_account("alice"), make_account("bob"))
    chat = Chat(
        lobby=(), durable=True, store=True, access="open", snapshot=Snapshot(b"", accounts), **settings
    )
    chat.enter("gone").send("QUIT")
    for nick in ("alice", "bob"):
        chat.enter(nick, CAPS, login=nick)
    chat.enter("carl")
    for nick in ("alice", "bob", "carl"):
        chat.peers[nick].post("JOIN #pond")
    chat.peers["bob"].post("TOPIC #pond :of toads", "PRIVMSG #pond :hello", "PRIVMSG alice :psst")
    chat.quiet()
    return chat


def image(thing: Any, seen: dict[int, int] | None = None) -> Any:
    """All of ``thing`` and of what it refers to, as values that can be compared."""
    seen = {} if seen is None else seen
    if thing is None or isinstance(thing, (str, bytes, int, float, bool)):
        return thing
    if id(thing) in seen:
        return ("again", seen[id(thing)])
    seen[id(thing)] = len(seen)
    if isinstance(thing, dict):
        return [(image(key, seen), image(value, seen)) for key, value in thing.items()]
    if isinstance(thing, (list, tuple)):
        return [image(each, seen) for each in thing]
    if isinstance(thing, (set, frozenset)):
        return sorted(map(repr, thing))
    return type(thing).__name__, [(name, image(value, seen)) for name, value in members(thing)]


def members(thing: Any) -> Iterator[tuple[str, Any]]:
    """What ``thing``, an object, has."""
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    for name in (*slots, *getattr(thing, "__dict__", ())):
        if hasattr(thing, name) and not (isinstance(thing, Context) and name in _PASSING):
            yield name, getattr(thing, name)


def test_what_is_said_to_change_nothing_is_tried_here() -> None:
    assert _TRIED.keys() == {name for name, command in COMMANDS.items() if command.changes is Changes.NOTHING}


@pytest.mark.parametrize("line", [f"{verb} {rest}" for verb, each in _TRIED.items() for rest in each])
def test_what_is_said_to_change_nothing_changes_nothing(line: str) -> None:
    chat = pond()
    alice = chat.peers["alice"]
    alice.send("PING x")  # what any line changes
    before = image(chat.core._ctx)
    done: list[Effect] = []
    perform = chat._perform
    chat._perform = lambda effect: (done.append(effect), perform(effect))[1]  # type: ignore[method-assign, func-returns-value]
    alice.post(line)
    chat.finish()
    assert all(isinstance(each, (Send, Ask, Pause)) and getattr(each, "sid", 1) for each in done)
    assert {each.sid for each in done if isinstance(each, (Send, Pause))} <= {alice.sid}
    assert image(chat.core._ctx) == before


def test_what_is_said_to_change_only_its_session_is_tried_here() -> None:
    found = {
        name for name, each in COMMANDS.items() if each.changes in (Changes.ITSELF, Changes.ITSELF_EARLY)
    }
    assert found == _EARLY.keys()
    assert all(COMMANDS[name].early for name in found)


def newcomer(chat: Chat) -> tuple[Peer, dict[int, int]]:
    """Dora, who is not in yet, and all that is hers alone, as :func:`image` passes it over."""
    dora = chat.open("dora", "192.0.2.7", "tls")
    dora.send("CAP REQ :draft/metadata-3 draft/pre-away batch", "NICK dora")
    session = chat.world.sessions[dora.sid]
    return dora, {id(session): -1, id(chat.world.users[session.uid]): -2}


@pytest.mark.parametrize("line", [f"{verb} {rest}" for verb, each in _EARLY.items() for rest in each])
def test_what_is_said_to_change_only_its_session_changes_nobody_else(line: str) -> None:
    chat = pond()
    dora, own = newcomer(chat)
    before = image(chat.core._ctx, own.copy())
    done: list[Effect] = []
    perform = chat._perform
    chat._perform = lambda effect: (done.append(effect), perform(effect))[1]  # type: ignore[method-assign, func-returns-value]
    dora.post("CAP LS", line)  # which keeps her from coming in at its end
    if line != "CAP END":
        assert chat.world.sessions[dora.sid].registration is not None
    assert all(isinstance(each, (Send, Pause)) and each.sid == dora.sid for each in done)
    assert image(chat.core._ctx, own.copy()) == before


@pytest.mark.parametrize("verb", ["PASS", "USER"])
def test_who_is_in_is_told_so_and_nothing_changes(verb: str) -> None:
    chat = pond()
    before = image(chat.core._ctx)
    assert chat.peers["alice"].send(f"{verb} a b c d")[0].startswith("462 ")
    assert image(chat.core._ctx) == before


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


#: What checks everything before it changes anything, with lines that do.
_ACTING = {
    "JOIN": ("#new", "#lake", "0", "#pond,#lake", "#team"),
    "PART": ("#pond :bye",),
    "KICK": ("#pond carl :out",),
    "INVITE": ("dora #pond",),
    "TOPIC": ("#pond :new", "#pond :"),
    "MODE": ("#pond +b *!*@x", "#pond +k key", "#pond +l 5", "#pond +w 5", "#pond +f #lake", "#pond -n",
             "#pond +v bob", "#pond -v+v carl bob", "#pond -k *", "alice +B"),
    "NICK": ("al", "ALICE"),
}  # fmt: skip


def test_what_is_said_to_check_first_is_tried_here() -> None:
    assert _ACTING.keys() == {
        name for name, command in COMMANDS.items() if command.changes is Changes.ONCE_IT_ACTS
    }


def _lake() -> Chat:
    """The pond, with an account's channel, a guest's, and one who is in none."""
    chat = pond()
    chat.enter("dora").post("JOIN #lake")
    chat.peers["dora"].post("MODE #lake +o alice")
    chat.peers["bob"].post("JOIN #team")
    chat.peers["alice"].post("MODE #pond +k old")
    chat.quiet()
    return chat


@pytest.mark.parametrize("line", [f"{verb} {rest}" for verb, each in _ACTING.items() for rest in each])
@pytest.mark.inside
def test_nothing_is_changed_before_it_says_that_it_acts(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    chat = _lake()
    if line == "MODE #pond +f #lake":
        chat.peers["alice"].post("JOIN #lake")
        chat.peers["dora"].post("MODE #lake +o alice")
        chat.quiet()
    alice = chat.peers["alice"]
    alice.send("PING x")  # what any line changes
    before = image(chat.core._ctx)
    seen: list[Any] = []
    act = Context.act

    def acting(ctx: Context) -> None:
        if not seen:
            seen.append(image(ctx))
        act(ctx)

    monkeypatch.setattr(Context, "act", acting)
    alice.post(line)
    chat.finish()
    assert seen == [before]
    assert image(chat.core._ctx) != before
    world.check(chat.core)


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
    chat = _lake()
    told = mishaps(chat)
    alice = chat.peers["alice"]
    with monkeypatch.context() as patch:
        patch.setattr(where, broken)
        alice.post(line)
    chat.finish()
    assert alice.take() == [f"ERROR :Closing link: {WHY}"]
    assert len(told) == 1
    assert chat.peers["carl"].take() == [":alice QUIT :Internal error"]
    world.check(chat.core)
    world.check_nothing_is_left(chat.core)


def said(text: str) -> str:
    """A message of a login."""
    return f"AUTHENTICATE {b64encode(text.encode()).decode()}"


#: Logging in: what goes before, and the line that counts.
_LOGGING_IN = [
    ([], "AUTHENTICATE *"),
    ([], "AUTHENTICATE FOO"),
    ([], "AUTHENTICATE PLAIN"),
    (["AUTHENTICATE PLAIN"], "AUTHENTICATE +"),
    (["AUTHENTICATE PLAIN"], "AUTHENTICATE no-base64"),
    (["AUTHENTICATE PLAIN"], f"AUTHENTICATE {'x' * 400}"),
    (["AUTHENTICATE PLAIN"], f"AUTHENTICATE {'x' * 401}"),
    (["AUTHENTICATE PLAIN"], said("\0alice\0wrong password")),
    (["AUTHENTICATE PLAIN"], said("\0alice\0alice-password")),
    (["AUTHENTICATE SCRAM-SHA-256"], said("n,,n=alice,r=abc")),
    (["AUTHENTICATE SCRAM-SHA-256"], said("y")),
    (["AUTHENTICATE SCRAM-SHA-256", said("n,,n=alice,r=abc")], said("c=biws,r=abc,p=x")),
]


def test_logging_in_is_what_is_tried_here() -> None:
    found = {name for name, each in COMMANDS.items() if each.changes is Changes.ITSELF_UNTIL_IT_ACTS}
    assert found == {"AUTHENTICATE", "REGISTER"}


@pytest.mark.parametrize(("before", "line"), _LOGGING_IN)
@pytest.mark.inside
def test_nothing_but_its_own_is_changed_before_it_says_that_it_acts(
    monkeypatch: pytest.MonkeyPatch, before: list[str], line: str
) -> None:
    chat = pond(limited=True)
    dora, own = newcomer(chat)
    dora.send(*before)
    as_it_was = image(chat.core._ctx, own.copy())
    seen: list[Any] = []
    act = Context.act

    def acting(ctx: Context) -> None:
        if not seen:
            seen.append(image(ctx, own.copy()))
        act(ctx)

    monkeypatch.setattr(Context, "act", acting)
    dora.send(line)
    assert (seen or [image(chat.core._ctx, own.copy())]) == [as_it_was]


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
    told = mishaps(chat)
    dora, _ = newcomer(chat)
    dora.send(*before)
    with monkeypatch.context() as patch:
        patch.setattr(where, broken)
        dora.send(line)
    chat.finish()
    assert dora.closed
    assert len(told) == 1
    world.check(chat.core)
    world.check_nothing_is_left(chat.core)


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


#: Making an account, by whom, and the line.
_ENROLLING = [
    ("carl", "REGISTER * * carl-password"),
    ("carl", "REGISTER carl * carl-password"),
    ("carl", "REGISTER dolly * carl-password"),
    ("carl", "REGISTER * carl@example.org carl-password"),
    ("carl", "REGISTER * * short"),
    ("carl", f"REGISTER * * {'x' * 301}"),
    ("alice", "REGISTER * * alice-password"),
    ("dora", "REGISTER * * dora-password"),
    ("dora", "REGISTER * * short"),
]


def _shore(**settings: Any) -> Chat:
    """The pond, where accounts can be made early; Dora comes."""
    chat = pond(limited=True, logins=Logins(register_early=True), **settings)
    newcomer(chat)
    return chat


def enrol(chat: Chat, who: str) -> None:
    """He makes an account of his nick, and everything that comes of it is done."""
    chat.peers[who].post(f"REGISTER * * {who}-password")
    chat.finish()


@pytest.mark.parametrize(("who", "line"), _ENROLLING)
@pytest.mark.inside
def test_nothing_but_its_own_is_changed_before_an_account_is_made(
    monkeypatch: pytest.MonkeyPatch, who: str, line: str
) -> None:
    chat = _shore()
    peer = chat.peers[who]
    peer.send("PING x")  # what any line changes
    own = {id(chat.world.sessions[peer.sid]): -1}
    as_it_was = image(chat.core._ctx, own.copy())
    seen: list[Any] = []
    act = Context.act

    def acting(ctx: Context) -> None:
        if not seen:
            seen.append(image(ctx, own.copy()))
        act(ctx)

    monkeypatch.setattr(Context, "act", acting)
    peer.post(line)
    chat.finish()
    told = peer.take()
    assert bool(seen) is any("SUCCESS" in each for each in told)
    assert (seen or [image(chat.core._ctx, own.copy())]) == [as_it_was]


@pytest.mark.parametrize("who", ["carl", "dora"])
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
    monkeypatch: pytest.MonkeyPatch, where: str, who: str
) -> None:
    acts = where.rpartition(".")[2] in ("made", "reserve", "settle", "log_in")
    chat = _shore()
    told = mishaps(chat)
    peer = chat.peers[who]
    with monkeypatch.context() as patch:
        patch.setattr(where, broken)
        if acts:
            with pytest.raises(RuntimeError, match="nobody foresaw this"):
                enrol(chat, who)
            return
        enrol(chat, who)
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
