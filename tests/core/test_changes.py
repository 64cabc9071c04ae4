"""What a command is declared to change is all that it changes: nothing, its own, or nothing before it says it acts."""

from __future__ import annotations

from typing import Any

import pytest

from natterjack.core.context import Context
from natterjack.core.registry import COMMANDS, Changes
from natterjack.ports.effects import Ask, Effect, Pause, Send
from tests.support import world
from tests.support.pond import image, lake, newcomer, pond, said, shore

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


def first_act(monkeypatch: pytest.MonkeyPatch, own: dict[int, int]) -> list[Any]:
    """Gets the image of all but what is ``own`` at the moment in which a command first says that it acts."""
    seen: list[Any] = []
    act = Context.act

    def acting(ctx: Context) -> None:
        if not seen:
            seen.append(image(ctx, own.copy()))
        act(ctx)

    monkeypatch.setattr(Context, "act", acting)
    return seen


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


@pytest.mark.parametrize("line", [f"{verb} {rest}" for verb, each in _ACTING.items() for rest in each])
@pytest.mark.inside
def test_nothing_is_changed_before_it_says_that_it_acts(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    chat = lake()
    if line == "MODE #pond +f #lake":
        chat.peers["alice"].post("JOIN #lake")
        chat.peers["dora"].post("MODE #lake +o alice")
        chat.quiet()
    alice = chat.peers["alice"]
    alice.send("PING x")  # what any line changes
    before = image(chat.core._ctx)
    seen = first_act(monkeypatch, {})
    alice.post(line)
    chat.finish()
    assert seen == [before]
    assert image(chat.core._ctx) != before
    world.check(chat.core)


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
    assert found == {"AUTHENTICATE", "REGISTER", "NICKSERV", "NS", "CHANSERV", "CS"}


@pytest.mark.parametrize(("before", "line"), _LOGGING_IN)
@pytest.mark.inside
def test_nothing_but_its_own_is_changed_before_it_says_that_it_acts(
    monkeypatch: pytest.MonkeyPatch, before: list[str], line: str
) -> None:
    chat = pond(limited=True)
    dora, own = newcomer(chat)
    dora.send(*before)
    as_it_was = image(chat.core._ctx, own.copy())
    seen = first_act(monkeypatch, own)
    dora.send(line)
    assert (seen or [image(chat.core._ctx, own.copy())]) == [as_it_was]


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
    ("carl", "NICKSERV REGISTER carl-password"),
    ("carl", "PRIVMSG NickServ :REGISTER carl-password"),
    ("carl", "NS REGISTER carl-password carl@example.org"),
    ("carl", "NS REGISTER short"),
    ("alice", "NS REGISTER alice-password"),
]


@pytest.mark.parametrize(("who", "line"), _ENROLLING)
@pytest.mark.inside
def test_nothing_but_its_own_is_changed_before_an_account_is_made(
    monkeypatch: pytest.MonkeyPatch, who: str, line: str
) -> None:
    chat = shore()
    peer = chat.peers[who]
    peer.send("PING x")  # what any line changes
    own = {id(chat.world.sessions[peer.sid]): -1}
    as_it_was = image(chat.core._ctx, own.copy())
    seen = first_act(monkeypatch, own)
    peer.post(line)
    chat.finish()
    told = peer.take()
    assert bool(seen) is any("SUCCESS" in each or "is your account from now on" in each for each in told)
    assert (seen or [image(chat.core._ctx, own.copy())]) == [as_it_was]


@pytest.mark.parametrize(
    "line",
    [
        "NS",
        "NS HELP",
        "NS HELP REGISTER",
        "NS WORDS",
        "NS GET",
        "NS INFO",
        "NS SAREGISTER x y",
        "NS IDENTIFY alice wrong-password",
        "NS IDENTIFY carl-password",
        "NS PASSWD alice-password short",
        "NS PASSWD wrong-password alice-password",
        "NS PASSWD alice-password another-password",
        "NS GHOST alice",
        "NS SET ALWAYS-ON on",
        "CS",
        "CS INFO #pond",
        "CS OP #pond bob",
        "CS OP bob",
        "CS REGISTER #pond",
    ],
)
@pytest.mark.inside
def test_no_service_changes_anything_before_it_says_that_it_acts(
    monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    chat = shore()
    peer = chat.peers["alice"]
    peer.send("PING x")
    own = {id(chat.world.sessions[peer.sid]): -1}
    as_it_was = image(chat.core._ctx, own.copy())
    seen = first_act(monkeypatch, own)
    peer.post(line)
    chat.finish()
    assert (seen or [image(chat.core._ctx, own.copy())]) == [as_it_was]
