"""Who may come in from another machine: with an invite, with an account, or not at all."""

from __future__ import annotations

from base64 import b64encode

import pytest

from natterjack.core.policy import Policy
from natterjack.core.server import Core
from natterjack.ports.effects import Close, Commit, ConsoleReply
from natterjack.ports.events import Committed, ConsoleRequest, Now, Received
from natterjack.ports.records import AuditRecord, InviteRecord, Snapshot
from natterjack.wire.message import parse
from tests.core.test_accounts import Server, _record
from tests.support.chat import Chat

_WALL = 1e9 + 1
_AWAY = "192.0.2.7"


def _invite(**members: object) -> InviteRecord:
    return InviteRecord(code="417-otter-lamp-fern-coral", created=1.0, by="console", **members)  # type: ignore[arg-type]


def _server(access: str = "invite", *invites: InviteRecord) -> Server:
    server = Server()
    policy = Policy(version="1", store=True, access=access, limited=False)
    snapshot = Snapshot(b"s" * 32, (_record("alice", "correct-horse"),), invites)
    server.core = Core(policy, "m", Now(0, 1e9), snapshot, lambda size: bytes(range(size)))
    return server


def _come(server: Server, *lines: str, ip: str = _AWAY) -> tuple[int, list[str]]:
    sid = server.open(ip, "tls")
    return sid, server.say(sid, *lines, "NICK bob", "USER u 0 * :U")


def _console(server: Server, verb: str, *args: str) -> tuple[ConsoleReply, list[Commit]]:
    server.core.handle(ConsoleRequest(1, verb, args), Now(1, _WALL))
    effects = server.core.take()
    for effect in list(effects):
        if isinstance(effect, Commit):
            server.core.handle(Committed(effect.batch), Now(1, _WALL))
            effects += server.core.take()
    (reply,) = (effect for effect in effects if isinstance(effect, ConsoleReply))
    return reply, [effect for effect in effects if isinstance(effect, Commit)]


def _is_in(lines: list[str]) -> bool:
    return any(" 001 " in line for line in lines)


def test_without_an_invite_a_stranger_is_told_what_he_needs() -> None:
    _, got = _come(_server())
    assert got == [
        ":natterjack 464 bob :you need an invite (as the server password) or an account (SASL)",
        "ERROR :Closing link: you need an invite (as the server password) or an account (SASL)",
    ]


def test_an_invite_lets_in_until_it_is_used_up() -> None:
    server = _server("invite", _invite(uses_left=1, channel="#team"))
    sid, got = _come(server, "PASS 417-otter-lamp-fern-coral")
    assert _is_in(got)
    assert [line.split(" ")[2] for line in got if " JOIN " in line] == ["#lobby", "#team"]
    records = server.commits[0].records
    assert [record.uses_left for record in records if isinstance(record, InviteRecord)] == [0]
    assert [record.verb for record in records if isinstance(record, AuditRecord)] == ["came by invite"]
    server.say(sid, "QUIT")
    _, got = _come(server, "PASS 417-otter-lamp-fern-coral")
    assert got[0] == ":natterjack 464 bob :this invite is unknown, used up or expired: ask for a new one"


@pytest.mark.parametrize(
    "typed", ["417-Otter-Lamp-Fern-Coral", ":417 otter lamp fern coral", ":  417 otter-lamp fern coral "]
)
def test_a_code_may_be_typed_as_it_was_heard(typed: str) -> None:
    _, got = _come(_server("invite", _invite()), f"PASS {typed}")
    assert _is_in(got)


@pytest.mark.parametrize(
    "invite",
    [
        _invite(uses_left=0),
        _invite(expires=_WALL - 5),
        _invite(revoked=True),
        _invite(uses_left=0, revoked=True),
    ],
)
def test_what_is_used_up_expired_or_revoked_reads_like_what_never_was(invite: InviteRecord) -> None:
    bad = _come(_server("invite", invite), "PASS 417-otter-lamp-fern-coral")[1]
    unknown = _come(_server("invite", invite), "PASS 418-otter-lamp-fern-coral")[1]
    assert bad == unknown
    assert not _is_in(bad)


def test_an_account_needs_no_invite() -> None:
    server = _server()
    sid = server.open(_AWAY, "tls")
    server.say(sid, "CAP LS 302", "NICK alice", "USER u 0 * :U", "AUTHENTICATE PLAIN")
    server.say(
        sid, f"AUTHENTICATE {b64encode(chr(0).join(('', 'alice', 'correct-horse')).encode()).decode()}"
    )
    server.derive()
    assert _is_in(server.say(sid, "CAP END"))
    assert server.commits == []


def test_this_machine_needs_neither_unless_only_accounts_may_come_in() -> None:
    assert _is_in(_come(_server("invite"), ip="127.0.0.1")[1])
    got = _come(_server("accounts"), ip="127.0.0.1")[1]
    assert got[0] == ":natterjack 464 bob :only members may come in: log in to an account (SASL)"


def test_an_open_server_takes_everybody_and_any_password() -> None:
    assert _is_in(_come(_server("open"))[1])
    assert _is_in(_come(_server("open"), "PASS whatever")[1])


def test_the_operator_makes_shows_and_revokes_invites() -> None:
    server = _server()
    made, commits = _console(server, "invite", "--uses", "5", "--expires", "7d", "--channel", "#team")
    assert made.ok
    row = made.rows[0]
    assert (row["uses_left"], row["channel"], row["by"]) == (5, "#team", "console")
    invite = next(record for record in commits[0].records if isinstance(record, InviteRecord))
    assert (invite.code, invite.expires) == (row["code"], _WALL + 7 * 86400)
    assert [each["code"] for each in _console(server, "invites")[0].rows] == [row["code"]]
    assert _is_in(_come(server, f"PASS {row['code']}")[1])
    assert _console(server, "invite", "revoke", row["code"])[0].ok
    assert _console(server, "invites")[0].rows == ()
    assert _console(server, "invites", "all")[0].rows[0]["revoked"] is True
    log = [(line["by"], line["did"]) for line in _console(server, "audit")[0].rows]
    assert log == [("console", "invite"), (f"bob ({_AWAY})", "came by invite"), ("console", "invite revoke")]


@pytest.mark.parametrize(
    "args",
    [("--uses", "0"), ("--uses", "1_0"), ("--uses",), ("--expires", "7"), ("--expires", "-1d"), ("--channel", "team"),
     ("five",), ("revoke",), ("revoke", "nothing")],
)  # fmt: skip
def test_wishes_that_cannot_be_read_make_no_invite(args: tuple[str, ...]) -> None:
    server = _server()
    reply, commits = _console(server, "invite", *args)
    assert not reply.ok
    assert reply.text
    assert commits == []


def test_codes_differ_and_have_four_words() -> None:
    server = _server()
    seen = iter([bytes([3, 231, 1, 2, 3, 4]), bytes([0, 0, 255, 254, 253, 252])])
    server.core._ctx.entropy = lambda _size: next(seen)
    codes = [_console(server, "invite")[0].rows[0]["code"] for _ in range(2)]
    assert codes == ["999-adder-agate-album-alder", "0-raven-rain-raft-radio"]


def test_lines_before_the_end_of_registration_wait_for_nothing() -> None:
    server = _server("invite", _invite())
    sid = server.open(_AWAY, "tls")
    server.core.handle(
        Received(sid, [parse(b"PASS x"), parse(b"NICK bob"), parse(b"USER u 0 * :U")]), Now(1, _WALL)
    )
    assert any(isinstance(effect, Close) for effect in server.core.take())
    assert sid not in server.core.world.sessions


def test_the_first_run_makes_an_invite_and_later_runs_show_one_that_is_good() -> None:
    server = _server()
    code = server.core.standing_invite()
    assert server.core.standing_invite() == code
    assert _is_in(_come(server, f"PASS {code}")[1])
    assert _server("open").core.standing_invite() == ""
    assert _server("invite", _invite(revoked=True)).core.standing_invite() == ""
    assert _server("invite", _invite(uses_left=3)).core.standing_invite() == "417-otter-lamp-fern-coral"


def test_the_link_that_is_printed_has_the_invite_for_everybody() -> None:
    chat = Chat(store=True)
    first = chat.core.standing_invite()
    chat.console("invite", "--uses", "5", "--expires", "7d")
    assert chat.core.standing_invite() == first
    chat.console("invite", "revoke", first)
    assert chat.core.standing_invite() not in ("", first)
