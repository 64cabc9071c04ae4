"""Accounts against those who would get at more than their own."""

from tests.core.test_accounts import Server, _numerics, _plain, _record


def test_a_login_begun_before_an_account_was_made_ends_with_that() -> None:
    server = Server(_record("bob", "battery-staple"))
    guest = server.join("guest")
    server.say(guest, "AUTHENTICATE PLAIN", "REGISTER * * correct-horse")
    server.derive()
    got = server.say(guest, f"AUTHENTICATE {_plain('bob', 'battery-staple')}")
    assert _numerics(got) == ["907"]
    assert not server.asks
    user = server.core.world.find("guest")
    assert user is not None
    assert user.account == "guest"
    assert _numerics(server.say(guest, "AUTHENTICATE PLAIN")) == ["907"]


def test_a_password_of_nothing_that_counts_is_no_password() -> None:
    server = Server()
    guest = server.join("guest")
    got = server.say(guest, "REGISTER * * " + "\u00ad" * 20)  # SASLprep takes them all away
    assert " WEAK_PASSWORD " in got[0]
    assert not server.asks


def test_a_login_does_not_take_along_whoever_shares_the_nick_by_its_end() -> None:
    server = Server(_record("team", "correct-horse"), _record("bob", "battery-staple"))
    victim = server.join("phone")
    server.log_in(victim, "team", "correct-horse")
    server.say(victim, "AUTHENTICATE PLAIN")
    got = server.say(victim, f"AUTHENTICATE {_plain('bob', 'battery-staple')}")
    other = server.open()
    server.say(other, "CAP LS 302", "NICK phone", "USER x 0 * :X", "AUTHENTICATE PLAIN")
    server.say(other, f"AUTHENTICATE {_plain('team', 'correct-horse')}")
    server.asks.reverse()  # the other's key comes first
    server.derive()
    server.say(other, "CAP END")
    server.derive()
    assert _numerics(got) == ["907"]
    user = server.core.world.find("phone")
    assert user is not None
    assert (user.account, len(user.sessions)) == ("team", 2)
