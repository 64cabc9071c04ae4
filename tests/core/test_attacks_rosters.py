"""Lasting channels against those who would take them away."""

from natterjack.ports.events import ConsoleRequest
from natterjack.ports.records import LineRecord
from tests.core.test_accounts import Server
from tests.core.test_rosters import _ALICE, _alice, _names, _restart
from tests.support import world
from tests.support.chat import Chat


def test_an_operator_who_is_rid_of_the_owner_does_not_get_his_channel() -> None:
    server = Server(_ALICE)
    alice, guest = _alice(server), server.join("guest")
    server.say(alice, "JOIN #team", "MODE #team +s")
    server.say(alice, "INVITE guest #team")
    server.say(guest, "JOIN #team")
    server.say(alice, "MODE #team +o guest")
    assert " 482 " in server.say(guest, "KICK #team alice")[0]
    server.at(1.0, ConsoleRequest(1, "kick", ("alice", "#team")))
    assert _names(server, guest, "#team") == "@guest"
    server.say(alice, "JOIN #team")
    assert sorted(_names(server, alice, "#team").split(" ")) == ["@guest", "~alice"]
    channel = server.core.world.channel("#team")
    assert channel is not None
    assert channel.lasting
    server.close(alice)
    server.close(guest)
    again = _restart(server, _ALICE)
    assert _names(again, _alice(again), "#team") == "~alice"


def test_an_account_that_leaves_under_one_nick_is_still_there_under_the_other() -> None:
    server = Server(_ALICE)
    alice = _alice(server)
    server.say(alice, "JOIN #team")
    other = server.join("phone")
    server.log_in(other, "alice", "correct-horse")
    assert sorted(_names(server, alice, "#team").split(" ")) == ["~alice", "~phone"]
    server.say(other, "PART #team")
    channel = server.core.world.channel("#team")
    assert channel is not None
    assert channel.roster["alice"].member
    server.say(alice, "PART #team")
    assert server.core.world.channel("#team") is None


def two_nicks() -> Chat:
    """Mallory is in #team under two nicks; boss owns it, and bob sees what happens."""
    chat = Chat("boss", "bob", "mal", "mal2", lobby=(), store=True, durable=True, instant=True)
    for nick, account in (("boss", "boss"), ("bob", "bob"), ("mal", "mallory"), ("mal2", "mallory")):
        chat.log_in(nick, account)
        chat.peers[nick].send("JOIN #team")
    chat.quiet()
    return chat


def test_an_account_is_put_out_under_all_its_nicks_and_a_ban_then_keeps_it_out() -> None:
    chat = two_nicks()
    chat.play("""
        boss > MODE #team +b ~a:mallory
        boss < :boss MODE #team +b ~a:mallory
        bob  < :boss MODE #team +b ~a:mallory
        mal  < :boss MODE #team +b ~a:mallory
        mal2 < :boss MODE #team +b ~a:mallory
        boss > KICK #team mal :enough
        boss < :boss KICK #team mal :enough
        boss < :boss KICK #team mal2 :enough
        bob  < :boss KICK #team mal :enough
        bob  < :boss KICK #team mal2 :enough
        mal  < :boss KICK #team mal :enough
        mal2 < :boss KICK #team mal :enough
        mal2 < :boss KICK #team mal2 :enough
        mal  > JOIN #team
        mal  < 474 mal #team :Cannot join channel (+b): you are banned
        mal2 > JOIN #team
        mal2 < 474 mal2 #team :Cannot join channel (+b): you are banned
        boss > KICK #team mal2
        boss < 441 boss mal2 #team :They aren't in that channel
    """)
    kicked = [line.body for line in chat.records if isinstance(line, LineRecord) and " KICK " in line.body]
    assert [body.split(" ", 1)[1] for body in kicked] == ["KICK #team mal :enough", "KICK #team mal2 :enough"]
    assert [(each.event, each.nick) for each in chat.happened if each.event == "kicked"] == [
        ("kicked", "mal"),
        ("kicked", "mal2"),
    ]
    world.check(chat.core)


def test_the_console_puts_an_account_out_under_all_its_nicks_too() -> None:
    chat = two_nicks()
    assert chat.console("kick", "mal2", "#team", "enough").ok
    assert [line for line in chat.peers["bob"].take() if "KICK" in line] == [
        "KICK #team mal :enough",
        "KICK #team mal2 :enough",
    ]
    assert not chat.world.channel("#team").roster["mallory"].member
    world.check(chat.core)


def test_whoever_puts_out_one_of_his_own_nicks_stays_under_the_other() -> None:
    chat = two_nicks()
    chat.peers["boss"].send("MODE #team +o mal")
    chat.quiet()
    chat.play("""
        mal  > KICK #team mal2 :not needed
        boss < :mal KICK #team mal2 :not needed
        bob  < :mal KICK #team mal2 :not needed
        mal  < :mal KICK #team mal2 :not needed
        mal2 < :mal KICK #team mal2 :not needed
    """)
    assert chat.world.channel("#team").roster["mallory"].member
    chat.peers["mal"].send("KICK #team mal")
    assert not chat.world.channel("#team").roster["mallory"].member
    world.check(chat.core)


def test_an_account_that_has_nobody_there_can_be_put_out_by_its_name() -> None:
    chat = two_nicks()
    chat.peers["boss"].send("MODE #team +bh ~a:mallory bob")
    for nick in ("mal", "mal2"):
        chat.peers[nick].hang_up()
    chat.quiet()
    chat.play("""
        bob  > KICK #team MALLORY :enough
        bob  < NOTE KICK BELONGS_NO_MORE #team mallory :mallory is not here, and does not belong here any more
        bob  > KICK #team mallory
        bob  < 441 bob mallory #team :They aren't in that channel
        bob  > KICK #team nobody
        bob  < 401 bob nobody :No such nick or channel
    """)
    again = chat.enter("mal")
    assert not any(" JOIN #team" in line for line in chat.log_in("mal", "mallory"))
    assert again.send("JOIN #team") == ["474 mal #team :Cannot join channel (+b): you are banned"]
    chat.peers["boss"].hang_up()
    chat.quiet()
    chat.play("""
        bob  > KICK #team boss
        bob  < 482 bob #team :You're not an owner of that channel
    """)
    world.check(chat.core)


def test_that_an_absent_account_was_put_out_is_told_once_it_is_stored() -> None:
    chat = two_nicks()
    for nick in ("mal", "mal2"):
        chat.peers[nick].hang_up()
    chat.quiet()
    chat.instant = False
    assert chat.peers["boss"].send("KICK #team mallory") == []
    chat.commit()
    assert chat.peers["boss"].take() == [
        "NOTE KICK BELONGS_NO_MORE #team mallory :mallory is not here, and does not belong here any more"
    ]
