"""Lasting channels against those who would take them away."""

from natterjack.ports.events import ConsoleRequest
from tests.core.test_accounts import Server
from tests.core.test_rosters import _ALICE, _alice, _names, _restart


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
