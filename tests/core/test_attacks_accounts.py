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
