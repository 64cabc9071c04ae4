"""Client certificates: CERT lets them stand for an account, EXTERNAL logs in with them, WHOIS shows them to few."""

from __future__ import annotations

from base64 import b64encode

import pytest
from msgspec import structs

from natterjack.core.policy import CERTIFICATES_PER_ACCOUNT
from natterjack.core.server import Core
from natterjack.ports.events import Now, Opened
from natterjack.ports.records import (
    AccountRecord,
    AuditRecord,
    CertificateGoneRecord,
    CertificateRecord,
    Snapshot,
)
from tests.core.test_accounts import Server, _record
from tests.support.chat import Chat

FP, OTHER = "a1" * 32, "b2" * 32
ALICE, BOB = _record("Alice", "correct-horse"), _record("bob", "battery-staple")


def server(
    *certificates: CertificateRecord,
    accounts: tuple[AccountRecord, ...] = (ALICE, BOB),
    holding: bool = False,
) -> Server:
    made = Server(holding=holding)
    snapshot = Snapshot(b"s" * 32, accounts, certificates=certificates)
    made.core = Core(made.core.policy, "m", Now(0, 1e9), snapshot, lambda size: b"e" * size)
    return made


def come(server: Server, certfp: str = FP, nick: str = "") -> int:
    """A session by TLS with a certificate, as ``nick`` where there is one."""
    server._last += 1
    server._do(Opened(server._last, "127.0.0.1", 1000, "tls", certfp=certfp))
    if nick:
        server.say(server._last, f"NICK {nick}", "USER u 0 * :U")
    return server._last


def logged_in(server: Server, certfp: str = FP, nick: str = "somebody") -> int:
    sid = come(server, certfp, nick)
    server.log_in(sid, "Alice", "correct-horse")
    server.got[sid] = []
    return sid


def external(server: Server, sid: int, authzid: str = "") -> list[str]:
    server.say(sid, "AUTHENTICATE EXTERNAL")
    return server.say(sid, f"AUTHENTICATE {b64encode(authzid.encode()).decode() or '+'}")


# -- logging in


def test_external_is_offered_to_whoever_has_a_certificate() -> None:
    chat = server()
    for certfp, words in ((FP, "sasl=EXTERNAL,PLAIN,SCRAM-SHA-256 "), ("", "sasl=PLAIN,SCRAM-SHA-256 ")):
        assert words in " ".join(chat.say(come(chat, certfp), "CAP LS 302")) + " "
    got = chat.say(come(chat, ""), "AUTHENTICATE EXTERNAL")
    assert [line.split(" ")[1] for line in got] == ["908", "904"]


@pytest.mark.parametrize("authzid", ["", "Alice", "alice"])
def test_a_known_certificate_logs_in_before_and_after_registration(authzid: str) -> None:
    chat = server(CertificateRecord(FP, "alice", 1.0))
    early, late = come(chat), come(chat, nick="somebody")
    for sid in (early, late):
        got = external(chat, sid, authzid)
        assert [line.split(" ")[1] for line in got] == ["900", "903"]
        assert "logged in as Alice" in got[0]
    assert chat.asks == [], "there is no password to derive"


@pytest.mark.parametrize(
    ("certificate", "authzid", "revoked", "why"),
    [
        (CertificateRecord(OTHER, "Alice", 1.0), "", False, "stands for no account"),
        (CertificateRecord(FP, "carol", 1.0), "", False, "stands for no account"),  # of whom nothing is known
        (CertificateRecord(FP, "Alice", 1.0), "", True, "stands for no account"),
        (CertificateRecord(FP, "Alice", 1.0), "bob", False, "nobody may act for somebody else"),
        (CertificateRecord(FP, "Alice", 1.0), "\udcff", False, "nobody may act for somebody else"),
    ],
)
def test_nobody_else_gets_in(certificate: CertificateRecord, authzid: str, revoked: bool, why: str) -> None:
    chat = server(certificate, accounts=(structs.replace(ALICE, revoked=revoked), BOB))
    sid = come(chat, nick="somebody")
    chat.say(sid, "AUTHENTICATE EXTERNAL")
    text = b64encode(authzid.encode(errors="surrogateescape")).decode() or "+"
    (got,) = chat.say(sid, f"AUTHENTICATE {text}")
    assert got.startswith(":natterjack 904 somebody :Login failed: ")
    assert why in got
    assert "900" in chat.log_in(sid, "bob", "battery-staple")[0], "another way is still open"


def test_malformed_base64_and_giving_up() -> None:
    chat = server(CertificateRecord(FP, "Alice", 1.0))
    sid = come(chat, nick="somebody")
    chat.say(sid, "AUTHENTICATE EXTERNAL")
    assert "904" in chat.say(sid, "AUTHENTICATE =x=")[0]
    chat.say(sid, "AUTHENTICATE EXTERNAL")
    assert "906" in chat.say(sid, "AUTHENTICATE *")[0]
    assert "903" in external(chat, sid)[1]
    assert chat.say(sid, "AUTHENTICATE EXTERNAL") == ["AUTHENTICATE +"]


# -- CERT


def test_added_listed_used_and_removed() -> None:
    chat = server()
    sid = logged_in(chat)
    assert chat.say(sid, "CERT ADD") == [
        f":natterjack NOTE CERT ADDED {FP} :Whoever has this certificate may log in to Alice with it (SASL EXTERNAL)"
    ]
    spelt = ":".join(OTHER[at : at + 2] for at in range(0, 64, 2)).upper()
    assert f"ADDED {OTHER} " in chat.say(logged_in(chat, OTHER, "further"), f"CERT add {spelt}")[0]
    assert chat.say(sid, "CERT LIST") == [
        f":natterjack NOTE CERT LISTED {FP} :added 2001-09-09T01:46:41.000Z",
        f":natterjack NOTE CERT LISTED {OTHER} :added 2001-09-09T01:46:41.000Z",
        f":natterjack NOTE CERT END_OF_LIST :2 of {CERTIFICATES_PER_ACCOUNT} certificates stand for Alice",
    ]
    assert "903" in external(chat, come(chat))[1]
    assert f"REMOVED {FP} " in chat.say(sid, f"CERT DEL {FP.upper()}")[0]
    assert "904" in external(chat, come(chat))[0]
    assert "903" in external(chat, come(chat, OTHER))[1]
    kept = [record for commit in chat.commits for record in commit.records]
    assert [type(record) for record in kept] == [
        AuditRecord, CertificateRecord, AuditRecord, CertificateRecord, AuditRecord, CertificateGoneRecord,
    ]  # fmt: skip
    assert [record.by for record in kept if isinstance(record, AuditRecord)] == ["Alice"] * 3


def test_a_change_is_acknowledged_after_its_commit_also_to_another_session() -> None:
    chat = server(holding=True)
    one, two = logged_in(chat), logged_in(chat, FP, "another")
    assert chat.say(one, "CERT ADD") == []
    assert chat.say(two, "CERT ADD") == []
    chat.commit()
    chat.commit()
    assert [chat.got[sid][0].split(" ")[3] for sid in (one, two)] == ["ADDED", "ADDED"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("CERT", "461"),
        ("CERT FLY", "FAIL CERT INVALID_PARAMS FLY"),
        ("CERT ADD nonsense", "FAIL CERT INVALID_PARAMS ADD"),
        ("CERT ADD " + "c" * 64, "FAIL CERT INVALID_PARAMS ADD"),  # not what this connection has shown
        ("CERT ADD :", "FAIL CERT INVALID_PARAMS ADD"),
        ("CERT DEL nonsense", "FAIL CERT INVALID_FINGERPRINT nonsense"),
        ("CERT DEL " + "a" * 40, "FAIL CERT INVALID_FINGERPRINT " + "a" * 40),
        ("CERT DEL :a b", "FAIL CERT INVALID_FINGERPRINT *"),
        ("CERT DEL", "FAIL CERT INVALID_PARAMS DEL"),
        ("CERT DEL :", "FAIL CERT INVALID_PARAMS DEL"),
        (f"CERT DEL {FP}", f"FAIL CERT NO_SUCH_FINGERPRINT {FP}"),
        (f"CERT DEL {OTHER}", f"FAIL CERT NO_SUCH_FINGERPRINT {OTHER}"),  # bob's: as if it were nobody's
    ],
)
def test_what_is_no_good_is_said(line: str, code: str) -> None:
    chat = server(CertificateRecord(OTHER, "bob", 1.0))
    sid = logged_in(chat)
    (got,) = chat.say(sid, line)
    assert got.startswith(f":natterjack {code}".rstrip("*"))
    assert chat.commits == []


def test_a_certificate_is_one_accounts() -> None:
    chat = server(CertificateRecord(OTHER, "bob", 1.0))
    (got,) = chat.say(logged_in(chat, OTHER), "CERT ADD")
    assert got.startswith(f":natterjack FAIL CERT FINGERPRINT_IN_USE {OTHER}")
    assert chat.commits == []


def test_who_is_not_logged_in_or_has_none() -> None:
    chat = server()
    assert "451" in chat.say(come(chat), "CERT LIST")[0]
    assert "FAIL CERT ACCOUNT_REQUIRED" in chat.say(come(chat, nick="guest"), "CERT ADD")[0]
    assert "FAIL CERT NO_CERTIFICATE" in chat.say(logged_in(chat, certfp=""), "CERT ADD")[0]
    assert chat.commits == []


def test_a_new_password_by_the_operator_shuts_out_whoever_has_added_a_certificate() -> None:
    records = (CertificateRecord(FP, "Alice", 1.0), CertificateRecord(OTHER, "bob", 1.0))
    chat = Chat(store=True, snapshot=Snapshot(b"s" * 32, (ALICE, BOB), certificates=records))
    assert chat.console("passwd", "alice", "another-horse").text == (
        "Alice has a new password; 0 sessions cut; no certificate stands for it any more (1 did)"
    )
    assert CertificateGoneRecord(FP) in chat.records
    assert chat.core._ctx.certificates.get(FP) is None
    assert chat.core._ctx.certificates.get(OTHER) is not None
    assert chat.console("passwd", "alice", "other-horses").text == "Alice has a new password; 0 sessions cut"


def test_five_are_the_most_and_one_more_than_once_is_one() -> None:
    chat = server()
    sid = logged_in(chat)
    sids = [logged_in(chat, f"{number:064x}", f"user{at}") for at, number in enumerate([*range(1, 6), 5, 6])]
    codes = [chat.say(each, "CERT ADD")[0].split(" ")[3] for each in sids]
    assert codes == ["ADDED"] * 6 + ["TOO_MANY_FINGERPRINTS"]
    chat.say(sid, f"CERT DEL {1:064x}")
    assert "ADDED" in chat.say(logged_in(chat, f"{6:064x}", "last"), "CERT ADD")[0]


def test_without_a_store_there_is_none_of_it() -> None:
    chat = server()
    sid = logged_in(chat)
    chat.core._ctx.policy = structs.replace(chat.core.policy, store=False)
    assert chat.say(sid, "CERT ADD") == [":natterjack 421 somebody CERT :Unknown command"]


# -- WHOIS


def test_oneself_and_operators_see_the_fingerprint() -> None:
    chat = server()
    alice, bob = come(chat, nick="alicia"), come(chat, "", "robert")
    line = f":natterjack 276 {{}} alicia :has client certificate fingerprint {FP}"
    assert line.format("alicia") in chat.say(alice, "WHOIS alicia")
    assert not any(" 276 " in each for each in chat.say(bob, "WHOIS alicia"))
    user = chat.core.world.find("robert")
    assert user is not None
    chat.core.world.make_operator(user, "robert")
    assert line.format("robert") in chat.say(bob, "WHOIS alicia")
    assert not any(" 276 " in each for each in chat.say(alice, "WHOIS robert"))
