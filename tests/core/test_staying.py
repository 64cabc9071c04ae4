"""Accounts that are seen in their channels while they have no session."""

import pytest

from natterjack.ports.records import Record, SanctionRecord, SeatRecord, Snapshot
from tests.support import world
from tests.support.chat import Chat, make_account

AWAY = "not here just now"


def make(stays: bool = True, records: tuple[Record, ...] = (), **settings: object) -> Chat:
    accounts = (make_account("kim", stays=stays), make_account("boss", operator=True))
    snapshot = Snapshot(b"s" * 32, accounts, **settings)
    return Chat("bob", lobby=("#lobby",), store=True, durable=True, instant=True, snapshot=snapshot)


def test_whoever_stays_goes_unseen_and_comes_back_to_where_he_was() -> None:
    chat = make(stays=False)
    kim = chat.enter("kim", login="kim")
    chat.quiet()
    chat.play(
        """
        kim > NS SET ALWAYS-ON ON
        kim < :NickServ!NickServ@natterjack NOTICE kim :ALWAYS-ON is on: whether you are seen …
        kim > JOIN #room
        kim < :kim JOIN #room
        kim < 353 kim = #room :~kim
        kim < 366 …
        kim > QUIT :bye
        kim < ERROR :Closing link: Quit: bye
        bob > NAMES #lobby
        bob < 353 bob = #lobby :bob kim
        bob < 366 …
        bob > PRIVMSG kim :are you there?
    """.rstrip()
        + f"\n        bob < 531 bob kim :Cannot send to user ({AWAY}, and nothing is kept of …\n"
    )
    world.check(chat.core)
    assert chat.world.find("kim").sessions == ()
    kim.chat.wait(7.0)
    bob = chat.peers["bob"]
    whois = bob.send("WHOIS kim")
    assert f"301 bob kim :{AWAY}" in whois
    assert any(line.startswith("317 bob kim 7 ") for line in whois)
    assert not any(line.startswith("671 ") for line in whois)
    assert bob.send("JOIN #room")
    bob.send("PRIVMSG #room :hello")
    lines = chat.open("kim2").send("CAP REQ :sasl", "NICK kim", "USER k 0 * :Kim", *_login("kim"), "CAP END")
    assert [line for line in lines if " JOIN " in line] == [":kim JOIN #lobby", ":kim JOIN #room"]
    assert any("PRIVMSG #room :" in line and line.endswith("hello") for line in lines)  # and when that was
    world.check(chat.core)


def _login(account: str) -> list[str]:
    from tests.support.chat import said

    return said(account, f"{account}-password")


def test_those_who_know_it_are_told_of_another_host_and_name_and_of_being_away() -> None:
    chat = make()
    ann = chat.enter("ann", "away-notify chghost setname")
    kim = chat.enter("kim", login="kim")
    chat.quiet()
    kim.hang_up()
    assert ann.take() == [f":kim AWAY :{AWAY}"]
    chat.open("again").send("CAP REQ :sasl", "NICK kim", "USER k 0 * :Someone", *_login("kim"), "CAP END")
    assert ann.take() == [":kim CHGHOST k 127.0.0.1", ":kim SETNAME :Someone", ":kim AWAY"]


def test_he_is_there_again_when_the_server_starts() -> None:
    chat = make(stays=True)
    kim = chat.enter("kim", login="kim")
    kim.send("JOIN #room")
    chat.settle()
    channels = tuple(record for record in chat.records if type(record).__name__ == "ChannelRecord")
    seats = tuple(record for record in chat.records if isinstance(record, SeatRecord))
    again = make(stays=True, channels=channels, seats=seats)
    world.check(again.core)
    bob = again.peers["bob"]
    assert "353 bob = #room :~kim bob" in bob.send("JOIN #room")
    assert "353 bob = #lobby :kim bob" in bob.send("NAMES #lobby")
    boss = again.enter("boss", login="boss")
    assert boss.send("PRIVMSG kim :hi") == [f"301 boss kim :{AWAY}, and gets your message later"]


def test_he_goes_when_he_does_not_want_to_stay_any_more() -> None:
    chat = make()
    kim = chat.enter("kim", login="kim")
    other = chat.enter("phone", login="kim")
    bob = chat.peers["bob"]
    kim.hang_up()
    bob.take()
    assert other.send("NS SET ALWAYS-ON OFF")[-1].startswith(":NickServ!")
    assert bob.take() == [":kim QUIT :Gone"]
    assert chat.world.find("kim") is None
    world.check(chat.core)


def test_he_goes_when_he_is_banned_revoked_or_killed() -> None:
    for verb, *words in (("ban", "kim"), ("accounts", "revoke", "kim"), ("kick", "kim")):
        chat = make()
        chat.enter("kim", login="kim").hang_up()
        bob = chat.peers["bob"]
        bob.take()
        assert chat.console(verb, *words).ok
        assert [line.split(" :")[0] for line in bob.take()] == [":kim QUIT"]
        assert chat.world.find("kim") is None
        world.check(chat.core)
    chat = make()
    kim = chat.enter("kim", login="kim")
    boss = chat.enter("boss", login="boss")
    boss.send("KILL kim :out")
    assert kim.closed
    assert chat.world.find("kim") is None


def test_only_under_the_accounts_own_name() -> None:
    chat = make()
    chat.enter("phone", login="kim").hang_up()
    assert chat.world.find("phone") is None


def test_an_operator_is_one_again_by_logging_in() -> None:
    accounts = (make_account("boss", operator=True, stays=True),)
    chat = Chat("bob", store=True, durable=True, instant=True, snapshot=Snapshot(b"s" * 32, accounts))
    boss = chat.enter("boss", login="boss")
    assert boss.send("MODE boss") == ["221 boss :+o"]
    boss.hang_up()
    assert chat.world.find("boss").modes == ""
    world.check(chat.core)
    again = chat.open("again")
    lines = again.send("CAP REQ :sasl", "NICK boss", "USER b 0 * :B", *_login("boss"), "CAP END")
    assert any(line.startswith("381 ") for line in lines)
    world.check(chat.core)


def test_ghost_makes_room_for_a_session_under_another_nick() -> None:
    chat = make()
    chat.enter("kim", login="kim").hang_up()
    phone = chat.enter("phone", login="kim")
    assert phone.send("NICK kim") == ["433 phone kim :Nick is already in use"]
    assert phone.send("NS GHOST kim") == [
        ":NickServ!NickServ@natterjack NOTICE phone :kim is gone, and you may take that nick (0 sessions ended)",
        ":kim QUIT :Ended from another session",
    ]
    assert phone.send("NICK kim") == [":phone NICK kim"]


def test_what_a_guest_says_reaches_a_session_under_another_nick() -> None:
    chat = make()
    chat.enter("kim", login="kim").hang_up()
    phone = chat.enter("phone", login="kim")
    phone.take()
    bob = chat.peers["bob"]
    bob.take()
    assert bob.send("PRIVMSG kim :hi") == []
    assert phone.take() == [":bob PRIVMSG kim :hi"]


def test_sessions_under_way_are_counted_whoever_has_none_or_several() -> None:
    chat = make()
    chat.enter("kim", login="kim").hang_up()
    bob = chat.peers["bob"]
    assert "253 bob 0 :unregistered connection(s)" in bob.send("LUSERS")
    chat.enter("boss", login="boss")
    chat.open("again").send("CAP REQ :sasl", "NICK boss", "USER b 0 * :B", *_login("boss"), "CAP END")
    chat.open("new").send("NICK new")
    assert "253 bob 1 :unregistered connection(s)" in bob.send("LUSERS")
    world.check(chat.core)


def test_an_account_called_as_a_service_from_before_does_not_stay() -> None:
    accounts = (make_account("ChanServ", stays=True),)
    chat = Chat("bob", store=True, durable=True, instant=True, snapshot=Snapshot(b"s" * 32, accounts))
    assert chat.world.find("ChanServ") is None


@pytest.mark.parametrize("target", ["kim!*@*", "192.0.2.7", "*!*@192.0.2.*"])
def test_a_ban_that_knows_him_by_his_nick_or_address_means_him_too(target: str) -> None:
    chat = make()
    kim = chat.enter("kim", ip="192.0.2.7", login="kim")
    bob = chat.peers["bob"]
    bob.take()
    assert chat.console("ban", target).ok
    assert kim.closed
    assert [line.partition(" ")[2] for line in bob.take()] == ["QUIT :Banned"]
    assert chat.world.find("kim") is None
    world.check(chat.core)


def test_a_ban_of_his_nick_means_him_while_he_has_no_session_and_at_the_start() -> None:
    chat = make()
    chat.enter("kim", login="kim").hang_up()
    bob = chat.peers["bob"]
    bob.take()
    assert chat.console("ban", "kim!*@*").ok
    assert bob.take() == [":kim QUIT :Gone"]
    again = make(sanctions=(SanctionRecord("ban", "kim!*@*", "boss", 1.0, 0.0, ""),))
    assert again.world.find("kim") is None
    world.check(again.core)


def test_he_has_the_modes_that_everybody_has_from_the_start() -> None:
    snapshot = Snapshot(b"s" * 32, (make_account("kim", stays=True),))
    chat = Chat(store=True, durable=True, instant=True, snapshot=snapshot, user_modes="iR")
    assert chat.world.find("kim").modes == "Ri"
    assert chat.enter("kim", login="kim").send("MODE kim") == ["221 kim :+Ri"]
    world.check(chat.core)


def test_whoever_leaves_or_is_kicked_under_another_nick_is_not_there_by_staying() -> None:
    chat = make(stays=True)
    bob = chat.peers["bob"]
    boss = chat.enter("boss", login="boss")
    boss.send("JOIN #room")
    bob.send("JOIN #room")
    kim = chat.enter("kim", login="kim")
    kim.send("JOIN #room")
    kim.hang_up()
    phone = chat.enter("phone", login="kim")
    bob.take()
    phone.send("PART #room")
    assert bob.take() == [":kim PART #room", ":phone PART #room"]
    phone.send("JOIN #room")
    chat.open("again").send(
        "CAP REQ :sasl", "NICK kim", "USER k 0 * :K", *_login("kim"), "CAP END", "JOIN #room", "QUIT"
    )
    chat.quiet()
    assert bob.send("NAMES #room")[0].count("kim") == 1
    boss.send("MODE #room +b ~a:kim", "KICK #room phone :out")
    kicks = [":boss KICK #room kim", ":boss KICK #room phone"]
    assert sorted(line.split(" :")[0] for line in bob.take()[1:]) == kicks
    assert phone.send("JOIN #room")[-1].startswith("474 ")
    world.check(chat.core)
