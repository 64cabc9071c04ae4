"""Owners, and ranks of those who are not there."""

import pytest

from natterjack.core import rosters
from natterjack.core.policy import Pace
from natterjack.core.rosters import OWNERS
from natterjack.ports.records import ChannelRecord, SeatRecord, Snapshot
from natterjack.proto.modes import HALFOP, OP, OWNER, VOICE
from tests.support import world
from tests.support.chat import Chat, make_account
from tests.support.counting import bytecode
from tests.support.records import snapshot_of


def team(*nicks: str, modes: str = "", guests: str = "", store: bool = False) -> Chat:
    """All are in #team, which the first has made; all but the ``guests`` are logged in to accounts of their names."""
    chat = Chat(*nicks, lobby=(), store=store)
    for nick in nicks:
        if nick not in guests.split():
            chat.log_in(nick, nick)
        chat.peers[nick].post("JOIN #team")
    if modes:
        chat.peers[nicks[0]].post(f"MODE #team {modes}")
    chat.quiet()
    return chat


def play(chat: Chat, transcript: str) -> None:
    """Act it out, and see whether the rosters are in order after it."""
    chat.play(transcript)
    world.check(chat.core)


def ranks(chat: Chat) -> str:
    asker = next(peer for peer in chat.peers.values() if not peer.closed)
    asker.take()
    lines = asker.send("CAP REQ multi-prefix", "NAMES #team")
    return next(line for line in lines if line.startswith("353")).rpartition(":")[2]


def test_whoever_makes_a_channel_owns_it_and_a_guest_does_not() -> None:
    chat = Chat("alice", "gus", lobby=())
    chat.log_in("alice", "alice")
    chat.play("""
        alice > JOIN #team
        alice < :alice JOIN #team
        alice < 353 alice = #team :~alice
        alice < 366 …
        gus > JOIN #own
        gus < :gus JOIN #own
        gus < 353 gus = #own :@gus
        gus < 366 …
        gus > MODE #own +q gus
        gus < 482 gus #own :You're not an owner of that channel
        gus > JOIN #team
        gus < :gus JOIN #team
        gus < 353 gus = #team :~alice gus
        gus < 366 …
        alice < :gus JOIN #team
        gus > PRIVMSG ~#team :only for you
        alice < :gus PRIVMSG ~#team :only for you
    """)
    assert ranks(chat) == "~@alice gus"


def test_an_owner_hands_over() -> None:
    play(
        team("alice", "bob"),
        """
        alice > MODE #team +q bob
        alice < :alice MODE #team +q bob
        bob < :alice MODE #team +q bob
        alice > MODE #team -qo alice alice
        alice < :alice MODE #team -qo alice alice
        bob < :alice MODE #team -qo alice alice
        alice > MODE #team +m
        alice < 482 alice #team :You're not an operator of that channel
        bob > MODE #team -q bob
        bob < 696 bob #team q bob :A channel has an owner: give it to somebody else first
        bob > MODE #team +m
        alice < :bob MODE #team +m
        bob < :bob MODE #team +m
        bob > KICK #team alice
        alice < :bob KICK #team alice :bob
        bob < :bob KICK #team alice :bob
        """,
    )


def test_an_operator_can_do_nothing_to_an_owner() -> None:
    chat = team("alice", "op", "half", modes="+oh op half")
    for who in ("op", "half"):
        for what in ("MODE #team -o alice", "MODE #team -q alice", "MODE #team +v alice", "KICK #team alice"):
            answer = chat.peers[who].send(what)
            assert len(answer) == 1, what
            assert answer[0].startswith(f"482 {who} #team :You're not an "), what
    assert chat.peers["op"].send("MODE #team +q op") == ["482 op #team :You're not an owner of that channel"]
    chat.peers["op"].post("MODE #team +b alice")
    chat.quiet()
    assert chat.peers["alice"].send("PRIVMSG #team :still here") == []
    assert ranks(chat) == "~@alice @op %half"


@pytest.mark.parametrize("who", ["gus", "kim"])
def test_only_accounts_own_and_not_too_many(who: str) -> None:
    chat = team("alice", *(f"m{number}" for number in range(OWNERS - 1)), "gus", "kim", guests="gus")
    alice = chat.peers["alice"]
    for number in range(OWNERS - 1 if who == "kim" else 0):
        alice.post(f"MODE #team +q m{number}")
    chat.quiet()
    why = (
        "An owner has an account: he needs to log in first"
        if who == "gus"
        else f"A channel has at most {OWNERS} owners"
    )
    assert alice.send(f"MODE #team +q {who}") == [f"696 alice #team q {who} :{why}"]
    world.check(chat.core)


def test_ranks_of_accounts_that_are_absent() -> None:
    chat = team("alice", "bob", "carol", modes="+o bob")
    chat.peers["bob"].hang_up()
    chat.peers["carol"].post("PART #team")
    chat.quiet()
    play(
        chat,
        """
        alice > MODE #team -o bob
        alice < :alice MODE #team -o bob
        alice > MODE #team -o bob
        alice > MODE #team +hv BOB Carol
        alice < :alice MODE #team +hv bob carol
        alice > MODE #team +q nobody
        alice < 401 alice nobody :No such nick or channel
        alice > MODE #team +q carol
        alice < :alice MODE #team +q carol
        """,
    )
    assert {
        seat.account: (seat.ranks, seat.member) for seat in chat.world.channel("#team").roster.values()
    } == {
        "alice": (12, True),
        "bob": (2, True),
        "carol": (9, False),
    }
    chat.enter("bobby")
    chat.log_in("bobby", "bob")
    chat.quiet()
    assert ranks(chat) == "~@alice %bobby"


def test_whoever_is_here_but_not_in_the_channel_is_meant_by_his_account_alone() -> None:
    chat = team("alice", "bob")
    chat.enter("gus")
    chat.quiet()
    chat.peers["bob"].send("NICK robert")
    chat.peers["bob"].post("PART #team")
    chat.quiet()
    assert chat.peers["alice"].send("MODE #team +o gus") == [
        "441 alice gus #team :They aren't in that channel"
    ]
    assert chat.peers["alice"].send("MODE #team +o robert") == [
        "441 alice robert #team :They aren't in that channel"
    ]
    chat.peers["alice"].post("MODE #team +o bob")
    chat.settle()
    assert chat.peers["alice"].take() == [":alice MODE #team +o bob"]


def test_an_account_under_two_nicks_has_one_rank() -> None:
    chat = team("alice", "bob")
    chat.enter("phone")
    chat.log_in("phone", "bob")
    chat.quiet()
    play(
        chat,
        """
        alice > MODE #team +o phone
        alice < :alice MODE #team +oo bob phone
        bob < :alice MODE #team +oo bob phone
        phone < :alice MODE #team +oo bob phone
        alice > MODE #team -o bob
        alice < :alice MODE #team -oo bob phone
        bob < :alice MODE #team -oo bob phone
        phone < :alice MODE #team -oo bob phone
        """,
    )


def test_whoever_logs_in_inside_is_recognised() -> None:
    chat = team("alice", "bob")
    chat.peers["alice"].hang_up()
    chat.enter("al")
    chat.peers["al"].post("JOIN #team")
    chat.quiet()
    assert ranks(chat) == "bob al"
    assert "MODE #team +qo al al" in chat.log_in("al", "alice")
    chat.settle()
    assert chat.peers["bob"].take() == ["MODE #team +qo al al"]
    assert ranks(chat) == "bob ~@al"
    world.check(chat.core)


def test_what_a_guest_was_given_stays_with_the_account_that_he_logs_in_to() -> None:
    chat = team("alice", "gus", guests="gus", modes="+o gus")
    chat.log_in("gus", "gus")
    chat.settle()
    assert chat.peers["alice"].take() == []
    assert chat.world.channel("#team").roster["gus"].ranks == 4
    world.check(chat.core)


@pytest.mark.parametrize(
    ("modes", "out"), [("+b ~a:bob", True), ("+b ~m:~a:bob", False), ("+be ~a:bob ~a:bob", False)]
)
def test_logging_in_inside_does_not_get_past_a_ban_of_the_account(modes: str, out: bool) -> None:
    chat = team("alice", "bob")
    chat.peers["alice"].send("KICK #team bob", f"MODE #team {modes}")
    chat.peers["bob"].hang_up()
    chat.enter("guest").send("JOIN #team")
    chat.quiet()
    chat.log_in("guest", "bob")
    assert chat.peers["alice"].take() == (["KICK #team guest :you are banned"] if out else [])
    assert ranks(chat) == ("~@alice" if out else "~@alice guest")
    world.check(chat.core)


def test_a_rank_and_belonging_get_past_a_ban_at_a_login_too() -> None:
    chat = team("alice", "bob", "voiced", guests="voiced", modes="+vb voiced ~a:*")
    chat.peers["bob"].hang_up()
    chat.enter("guest").send("JOIN #team")
    chat.quiet()
    chat.log_in("guest", "bob")
    chat.log_in("voiced", "voiced")
    assert ranks(chat) == "~@alice +voiced guest"
    world.check(chat.core)


def test_owners_survive_a_restart_and_a_default_channel_has_none() -> None:
    chat = team("alice", "bob", store=True)
    chat.peers["alice"].post("MODE #team +qwRM bob 7", "MODE #team -qo alice alice")
    chat.quiet()
    again = Chat("bob", snapshot=snapshot_of(chat.records), lobby=(), store=True)
    again.log_in("bob", "bob")
    again.quiet()
    assert ranks(again) == "~bob"
    assert again.peers["bob"].send("MODE #team")[0] == "324 bob #team +MRntw :7"
    world.check(again.core)
    default = Chat("bob", snapshot=snapshot_of(chat.records), lobby=("#team",), store=True)
    default.log_in("bob", "bob")
    default.quiet()
    assert ranks(default) == "bob"
    assert default.peers["bob"].send("MODE #team +q bob") == [
        "482 bob #team :You're not an owner of that channel"
    ]
    world.check(default.core)


def test_an_owner_who_parts_stays_one_as_long_as_somebody_belongs() -> None:
    chat = team("alice", "bob")
    chat.peers["alice"].post("PART #team")
    chat.quiet()
    chat.peers["alice"].post("JOIN #team")
    chat.quiet()
    assert ranks(chat) == "bob ~@alice"
    chat.peers["alice"].post("PART #team")
    chat.peers["bob"].post("PART #team")
    chat.settle()
    assert chat.world.channels == {}


def test_a_kick_is_shown_after_its_commit() -> None:
    chat = team("alice", "bob", "carol", store=True)
    play(
        chat,
        """
        alice > KICK #team bob :out
        -- commit
        alice < :alice KICK #team bob :out
        bob < :alice KICK #team bob :out
        carol < :alice KICK #team bob :out
        """,
    )
    assert chat.console("kick", "carol", "#team", "out").ok
    assert chat.peers["alice"].take() == ["KICK #team carol :out"]


@pytest.mark.parametrize("maker", ["owner", "operator"])
def test_an_account_owns_a_bounded_number_of_channels(maker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosters, "OWNED", 3)
    snapshot = Snapshot(b"s" * 32, (make_account("alice"), make_account("bob")))
    chat = Chat(store=True, snapshot=snapshot, instant=True, durable=True, limited=True, maker=maker)
    alice = chat.enter("alice", login="alice")
    bob = chat.enter("bob", login="bob")
    alice.send("JOIN #a,#b", "PART #b")
    bob.send("JOIN #bobs")
    chat.quiet()
    refused = alice.send("JOIN #c,#d,#bobs")
    what = "own" if maker == "owner" else "are an operator of"
    why = f"you {what} 3 channels already, which is the most here: give one to somebody else"
    assert [line for line in refused if line.startswith("437 ")] == [
        f"437 alice #d :You can't have that name ({why})"
    ]
    assert sorted(chat.world.channels) == ["#a", "#b", "#bobs", "#c", "#lobby"]
    assert chat.world.channel("#bobs").members.keys() >= {chat.world.find("alice").uid}
    if maker == "owner":
        world.check(chat.core)
        bob.send("JOIN #a")
        alice.send("MODE #a +q bob", "MODE #a -q alice")
    else:
        alice.send("MODE #a -o alice")
    chat.wait(30)
    alice.send("JOIN #d")
    assert "#d" in chat.world.channels


def test_channels_that_were_stored_count_and_those_that_are_gone_do_not() -> None:
    seats = tuple(SeatRecord(f"#c{number}", "alice", OWNER | OP, False) for number in range(rosters.OWNED))
    channels = tuple(
        ChannelRecord(f"#c{number}", 0.0, "", "", 0, 0, "", "", 0.0, 1 + number)
        for number in range(rosters.OWNED)
    )
    snapshot = Snapshot(b"s" * 32, (make_account("alice"),), channels=channels, seats=seats, last_id=1000)
    chat = Chat(store=True, snapshot=snapshot, instant=True, limited=True)
    alice = chat.enter("alice", login="alice")
    assert any(line.startswith("437 ") for line in alice.send("JOIN #more"))
    chat.core.world.remove(chat.world.channel(f"#c{rosters.OWNED - 1}"))
    assert not any(line.startswith("437 ") for line in alice.send("JOIN #more"))


def test_whoever_need_not_keep_the_pace_may_own_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosters, "OWNED", 1)
    snapshot = Snapshot(b"s" * 32, (make_account("alice"),))
    pace = Pace(exempt=frozenset({"alice"}))
    chat = Chat(store=True, snapshot=snapshot, instant=True, limited=True, pace=pace)
    chat.enter("alice", login="alice").send("JOIN #a,#b")
    assert {"#a", "#b"} <= chat.world.channels.keys()


def test_whoever_owns_enough_can_neither_claim_a_channel_nor_be_given_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rosters, "OWNED", 1)
    snapshot = Snapshot(b"s" * 32, (make_account("alice"), make_account("bob")))
    chat = Chat(store=True, snapshot=snapshot, instant=True, limited=True)
    ally, bob = chat.enter("ally"), chat.enter("bob", login="bob")
    ally.send("JOIN #guests")
    chat.log_in("ally", "alice")
    ally.send("JOIN #hers")
    bob.send("JOIN #his")
    ally.send("JOIN #his")
    chat.wait(60)
    chat.quiet()
    (answer,) = ally.send("PRIVMSG ChanServ :REGISTER #guests")
    assert "you own 1 channels already" in answer
    assert chat.world.channel("#guests").roster == {}
    assert bob.send("MODE #his +q ally") == [
        "696 bob #his q ally :alice owns 1 channels already, which is the most here"
    ]
    world.check(chat.core)


def test_whoever_has_an_account_keeps_his_rank_where_the_channel_is_claimed() -> None:
    chat = Chat("alice", "bob", "carol", "gus", lobby=(), store=True, instant=True)
    for nick in chat.peers:
        chat.peers[nick].send("JOIN #team")
    chat.peers["alice"].send("MODE #team +vvh bob gus carol")
    for nick in ("alice", "bob", "carol"):
        chat.log_in(nick, nick)
    chat.quiet()
    play(
        chat,
        """
        alice > CS REGISTER #team
        alice < :alice MODE #team +q alice
        bob < :alice MODE #team +q alice
        carol < :alice MODE #team +q alice
        gus < :alice MODE #team +q alice
        alice < :ChanServ!ChanServ@natterjack NOTICE alice :#team is yours from now on, alice
        """,
    )
    assert ranks(chat) == "~@alice +bob %carol +gus"
    seats = chat.world.channel("#team").roster
    assert {name: seat.ranks for name, seat in seats.items()} == {
        "alice": OWNER | OP,
        "bob": VOICE,
        "carol": HALFOP,
    }


def test_a_large_channel_is_claimed_at_once() -> None:
    few, many = _claiming(200), _claiming(800)
    assert many < 5 * few  # with a look at all of them for each it was nearly fourteen times as much


def _claiming(members: int) -> int:
    """Instructions that it takes where so many other accounts are."""
    chat = Chat("boss", lobby=(), store=True, instant=True)
    chat.peers["boss"].post("JOIN #team")
    channel = chat.world.channel("#team")
    for number in range(members):
        user = chat.world.appear(f"n{number}", "host")
        chat.world.admit(user, 1.0)
        chat.world.identify(user, f"a{number}")
        chat.world.join(channel, user, 0, 0)
    chat.log_in("boss", "boss")
    answers: list[str] = []
    took = bytecode(lambda: answers.extend(chat.peers["boss"].send("PRIVMSG ChanServ :REGISTER #team")))
    assert "#team is yours" in answers[-1]
    assert len(channel.roster) == members + 1
    return took
