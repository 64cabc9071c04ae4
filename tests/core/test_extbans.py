"""Bans and mutes by account and mask, with an end and a reason."""

import pytest
from msgspec.structs import replace

from natterjack.core import bans
from natterjack.core.bans import REASON_LENGTH
from natterjack.ports.events import Now, Tick
from tests.support.chat import WALL, Chat, pond
from tests.support.records import snapshot_of


def test_a_mute_lets_in_and_keeps_silent() -> None:
    chat = pond("op")
    chat.enter("bar")
    chat.quiet()
    chat.play("""
        op > MODE #pond +b ~m:bar!*@*
        op < :op MODE #pond +b ~m:bar!*@*
        bar > JOIN #pond
        bar < :bar JOIN #pond
        bar < 353 bar = #pond :@op bar
        bar < 366 …
        op < :bar JOIN #pond
        bar > MODE #pond b
        bar < 367 bar #pond ~m:bar!*@* op!op@127.0.0.1 :1795379462
        bar < 368 …
        bar > PRIVMSG #pond :hi
        bar < 404 bar #pond :Cannot send to channel (you are muted)
        bar > NOTICE #pond :hi
        op > MODE #pond +v bar
        op < :op MODE #pond +v bar
        bar < :op MODE #pond +v bar
        bar > PRIVMSG #pond :hi
        op < :bar PRIVMSG #pond :hi
        op > MODE #pond -vb bar ~m:BAR
        op < :op MODE #pond -vb bar ~m:bar!*@*
        bar < :op MODE #pond -vb bar ~m:bar!*@*
        bar > PRIVMSG #pond :hi
        op < :bar PRIVMSG #pond :hi
    """)


@pytest.mark.parametrize(
    ("modes", "speaks"),
    [
        ("+b ~m:bar", False),
        ("+b ~m:~a:bar", False),
        ("+b ~m:~a:b?r", False),
        ("+b ~m:~a:other", True),
        ("+b ~a:*", False),
        ("+b ~a:bar", False),
        ("+be ~m:bar ~m:*!bar@*", True),
        ("+be ~m:bar bar", True),
        ("+be ~m:bar ~a:bar", True),
        ("+be bar ~m:bar", False),  # an exception from mutes is none from bans
        ("+be bar ~a:bar", True),
        ("+bbe ~m:bar ~a:bar ~m:bar", False),
        ("+bbe ~m:bar ~m:*!*@* ~m:bar", True),
        ("+be bar other", False),
    ],
)
def test_who_is_kept_silent(modes: str, speaks: bool) -> None:
    chat = pond("op", "bar", modes=modes, accounts="bar")
    answer = chat.peers["bar"].send("PRIVMSG #pond :hi")
    assert (answer == []) is speaks
    assert chat.peers["op"].take() == ([":bar PRIVMSG #pond :hi"] if speaks else [])


@pytest.mark.parametrize(
    ("modes", "enters"),
    [
        ("+b ~a:bar", False),
        ("+b ~m:~a:bar", True),
        ("+be ~a:bar ~m:~a:bar", False),
        ("+be bar ~a:BAR", True),
        ("+i", False),
        ("+iI ~a:bar", True),
        ("+iI ~a:other", False),
    ],
)
def test_who_is_kept_out(modes: str, enters: bool) -> None:
    chat = pond("op", modes=modes)
    bar = chat.enter("bar")
    chat.log_in("bar", "bar")
    assert (":bar JOIN #pond" in bar.send("JOIN #pond")) is enters


def test_a_guest_has_no_account_to_be_banned_by() -> None:
    chat = pond("op", "bar", modes="+b ~a:*")
    assert chat.peers["bar"].send("PRIVMSG #pond :hi") == []


def test_malformed_masks() -> None:
    pond("op").play("""
        op > MODE #pond +b ~a:
        op < 696 op #pond b * :~a: takes the name of an account, such as ~a:kim
        op > MODE #pond +I ~m:kim
        op < 696 op #pond I * :~m: has no meaning in this list
        op > MODE #pond +e ~z:kim
        op < 696 op #pond e * :Masks that begin with ~: ~a:ACCOUNT means an account, ~m:MASK keeps from speaking alone
        op > MODE #pond -b ~m:
        op < 696 op #pond b * :~m: takes a mask, such as ~m:kim or ~m:~a:kim
        op > MODE #pond +b ~op@*
        op < :op MODE #pond +b *!~op@*
    """)


# -- with an end


def test_a_ban_with_an_end_and_a_reason() -> None:
    chat = pond("op", "bob")
    chat.play("""
        op > TBAN #pond 1m bob :Too loud
        op < :op MODE #pond +b bob!*@*
        op < NOTE TBAN BAN_INFO #pond bob!*@* :bob!*@* is banned until 2026-11-22T20:32:02.500Z: Too loud
        bob < :op MODE #pond +b bob!*@*
        bob > PRIVMSG #pond :why?
        bob < 404 bob #pond :Cannot send to channel (you are banned until 2026-11-22T20:32:02.500Z: Too loud)
        bob > PART #pond
        bob < :bob PART #pond
        op < :bob PART #pond
        bob > JOIN #pond
        bob < 474 bob #pond :Cannot join channel (+b): you are banned until 2026-11-22T20:32:02.500Z: Too loud
        bob > MODE #pond b
        bob < 367 bob #pond bob!*@* op!op@127.0.0.1 :1795379462
        bob < 368 …
        op > TBAN #pond
        op < NOTE TBAN BAN_INFO #pond bob!*@* :bob!*@* is banned until 2026-11-22T20:32:02.500Z: Too loud
        -- wait 59
        -- wait 2
        op < MODE #pond -b bob!*@*
        bob > JOIN #pond
        bob < :bob JOIN #pond
        bob < 353 bob = #pond :@op bob
        bob < 366 …
        op < :bob JOIN #pond
        op > TBAN #pond
        op < NOTE TBAN BAN_INFO #pond :No ban here has an end or a reason
    """)


def test_errors_of_tban() -> None:
    chat = pond("op", "half", "plain", modes="+h half")
    chat.enter("out")
    chat.quiet()
    chat.play("""
        op > TBAN
        op < 461 op TBAN :Not enough parameters
        op > TBAN #pond 5m
        op < 461 op TBAN :Not enough parameters
        op > TBAN #nowhere 5m x
        op < 403 op #nowhere :No such channel
        op > TBAN #pond soon x
        op < 696 op #pond b soon :A duration is a number and a unit, such as 30m, 12h or 7d, and at most 365d
        op > TBAN #pond 366d x
        op < 696 op #pond b 366d :A duration is a number and a unit, such as 30m, 12h or 7d, and at most 365d
        op > TBAN #pond 5m ~q:x
        op < 696 op #pond b * :Masks that begin with ~: …
        plain > TBAN #pond 5m x
        plain < 482 plain #pond :You're not an operator of that channel
        plain > TBAN #pond
        plain < 482 plain #pond :You're not an operator of that channel
        out > TBAN #pond 5m x
        out < 482 out #pond :You're not an operator of that channel
        half > TBAN #pond 5m ~m:x
        op < :half MODE #pond +b ~m:x!*@*
        half < :half MODE #pond +b ~m:x!*@*
        plain < :half MODE #pond +b ~m:x!*@*
        half < NOTE TBAN BAN_INFO #pond ~m:x!*@* :~m:x!*@* is muted until 2026-11-22T20:36:02.500Z
    """)


def test_a_full_list_takes_no_more_but_changes_what_it_has() -> None:
    chat = pond("op")
    op = chat.peers["op"]
    for number in range(100):
        op.send(f"TBAN #pond 1h n{number}")
    assert op.send("TBAN #pond 1h more") == [
        "478 op #pond b :Channel list is full: it has 100 entries at the most"
    ]
    assert op.send("TBAN #pond 2h n7 :again")[0].startswith(
        "NOTE TBAN BAN_INFO #pond n7!*@* :n7!*@* is banned until"
    )
    assert len(op.send("TBAN #pond")) == 100


def test_saying_it_again_changes_end_and_reason_and_plus_b_takes_the_end_away() -> None:
    chat = pond("op", "bob")
    chat.play("""
        op > MODE #pond +b x
        op < :op MODE #pond +b x!*@*
        bob < :op MODE #pond +b x!*@*
        op > TBAN #pond 3s x :quiet
        op < NOTE TBAN BAN_INFO #pond x!*@* :x!*@* is banned until 2026-11-22T20:31:05.500Z: quiet
        op > TBAN #pond 9s x :please
        op < NOTE TBAN BAN_INFO #pond x!*@* :x!*@* is banned until 2026-11-22T20:31:11.500Z: please
        -- wait 5
        op > MODE #pond +b x
        op < NOTE MODE BAN_INFO #pond x!*@* :x!*@* is banned without an end: please
        op > MODE #pond +b x
        op > TBAN #pond
        op < NOTE TBAN BAN_INFO #pond x!*@* :x!*@* is banned without an end: please
        -- wait 9
        op > TBAN #pond 3s x
        op < NOTE …
        op > MODE #pond -b x
        op < :op MODE #pond -b x!*@*
        bob < :op MODE #pond -b x!*@*
        -- wait 9
    """)


def test_a_long_reason_is_cut_and_a_reply_with_it_fits_a_line() -> None:
    chat = Chat("op", lobby=())
    name = "#" + "ö" * 63
    chat.peers["op"].send(f"JOIN {name}")
    bob = chat.enter("б" * 32)
    bob.send(f"JOIN {name}")
    chat.quiet()
    chat.peers["op"].send(f"TBAN {name} 7d ~m:*!*@* :{'r' * 300}")
    bob.take()
    (line,) = bob.send(f"PRIVMSG {name} :hi")
    assert line.endswith("r" * REASON_LENGTH + ")")
    assert len(line.encode()) < 500


def test_several_that_end_together_are_told_together() -> None:
    chat = pond("op")
    chat.peers["op"].send("TBAN #pond 5s a", "TBAN #pond 5s b", "TBAN #pond 7s c")
    chat.quiet()
    chat.play("""
        -- wait 5
        -- wait 1
        op < MODE #pond -bb a!*@* b!*@*
        -- wait 2
        op < MODE #pond -b c!*@*
    """)


@pytest.mark.parametrize("jump", [-3e8, 3e8])
def test_the_clock_on_the_wall_may_jump(jump: float) -> None:
    chat = pond("op", "bob")
    chat.peers["op"].send("TBAN #pond 10s bob")
    chat.now = replace(chat.now, wall=chat.now.wall + jump)
    chat.quiet()
    chat.handle(Tick())
    assert chat.peers["bob"].send("PRIVMSG #pond :hi")[0].startswith("404")
    chat.wait(8)
    assert chat.peers["bob"].take() == []
    chat.wait(3)
    assert chat.peers["bob"].take() == ["MODE #pond -b bob!*@*"]


def test_a_channel_that_goes_takes_its_ends_along() -> None:
    chat = pond("op")
    for number in range(50):
        chat.peers["op"].send(f"TBAN #pond {number + 1}h x{number}", "MODE #pond -b x3", "TBAN #pond 2d x7")
    chat.peers["op"].send("PART #pond")
    assert chat.world.ends._buckets == {}


# -- over a restart


def _lasting(wall: float, mono: float) -> Chat:
    """alice's #team after a restart at that time; ``mono`` begins anew."""
    chat = Chat("alice", lobby=(), store=True)
    chat.log_in("alice", "alice")
    alice = chat.peers["alice"]
    alice.post("JOIN #team", "TBAN #team 1h bob :too loud", "TBAN #team 2h ~m:~a:kim", "MODE #team +b eve")
    chat.settle()
    again = Chat(snapshot=snapshot_of(chat.records), now=Now(mono, wall), lobby=(), store=True)
    again.enter("alice")
    again.log_in("alice", "alice")
    again.quiet()
    return again


@pytest.mark.parametrize(
    ("later", "left"),
    [(0.0, 3600), (1800.0, 1800), (3599.0, 1), (90000.0, 0), (-3e8, 3600)],
)
def test_an_end_survives_a_restart_and_never_gets_later(later: float, left: int) -> None:
    chat = _lasting(WALL + later, 5.0)
    entry = chat.world.channel("#team").entry("b", "bob!*@*")
    assert (entry.due - 5.0, entry.seconds, entry.reason) == (left, 3600, "too loud")
    chat.now = Now(5.0 + left + 2, WALL + later + left + 2)
    chat.handle(Tick())
    chat.settle()
    assert "MODE #team -b bob!*@*" in " ".join(chat.peers["alice"].take()).replace("-bb", "-b")
    assert chat.world.channel("#team").entry("b", "eve!*@*").seconds == 0
    stored = chat.records[-1]
    assert [mask.mask for mask in stored.masks if mask.letter == "b"][-1] == "eve!*@*"
    assert "bob!*@*" not in [mask.mask for mask in stored.masks]


def test_what_is_stored_after_a_jump_of_the_clock_follows_it() -> None:
    chat = Chat("alice", lobby=(), store=True)
    chat.log_in("alice", "alice")
    alice = chat.peers["alice"]
    alice.post("JOIN #team", "TBAN #team 1h bob")
    chat.now = Now(chat.now.mono + 600, chat.now.wall + 3e8)
    alice.post("MODE #team +m")
    assert chat.records[-1].masks[0].until == WALL + 3e8 + 3000


def test_what_was_found_out_holds_only_until_something_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = pond("op", "bob", modes="+b bob")
    op, bob = chat.peers["op"], chat.peers["bob"]

    def speaks() -> bool:
        return all(bob.send("PRIVMSG #pond :hi") == [] for _ in range(2))

    assert not speaks()
    op.send("MODE #pond +v bob")  # or he could not change it
    bob.send("NICK rob")
    op.send("MODE #pond -v rob")
    bob.take()
    assert speaks()
    bob.send("NICK bob")
    assert not speaks()
    op.send("MODE #pond +e ~a:b*")
    assert not speaks()
    chat.log_in("bob", "bob")
    assert speaks()
    op.send("MODE #pond -e+b ~a:b* x")
    bob.take()
    assert not speaks()
    op.send("MODE #pond -b bob")
    bob.take()
    assert speaks()
    monkeypatch.setattr(bans, "VERDICTS", 3)
    for number in range(9):
        bob.send(f"NICK b{number}")
        assert speaks()
        assert len(chat.world.channel("#pond").verdicts) <= 3


def test_what_only_its_maker_is_told_waits_for_the_commit_too() -> None:
    chat = Chat("alice", lobby=(), store=True)
    chat.log_in("alice", "alice")
    chat.peers["alice"].send("JOIN #team", "TBAN #team 5m x!*@*")
    chat.quiet()
    chat.play("""
        alice > TBAN #team 1h x!*@* :spam
        -- commit
        alice < NOTE TBAN BAN_INFO #team x!*@* :x!*@* is banned until …: spam
        alice > MODE #team +b x!*@*
        -- commit
        alice < NOTE MODE BAN_INFO #team x!*@* :x!*@* is banned without an end: spam
    """)


# -- how many one site may put in


def test_a_site_puts_so_many_masks_into_lists_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natterjack.core.guard.LISTED_A_DAY", 3)
    monkeypatch.setattr("natterjack.core.bans.LISTED_A_DAY", 3)
    chat = Chat(lobby=(), access="open", limited=True, store=True, instant=True)
    ann, bob = (chat.enter(nick, ip="8.8.4.4") for nick in ("ann", "bob"))
    cat = chat.enter("cat", ip="9.9.9.9")
    for peer, name in ((ann, "#ann"), (bob, "#bob"), (cat, "#cat")):
        peer.send(f"JOIN {name}")
    chat.wait(30)
    chat.quiet()
    assert ann.send("MODE #ann +be *!*@a *!*@b") == [":ann!ann@8.8.4.4 MODE #ann +be *!*@a *!*@b"]
    assert ann.send("MODE #ann +b *!*@a") == [], "it is there already"
    why = "From where you are 3 entries a day can be put into lists, and were: try again tomorrow"
    assert bob.send("MODE #bob +Ib *!*@c *!*@d") == [
        f"478 bob #bob b :{why}",
        ":bob!bob@8.8.4.4 MODE #bob +I *!*@c",
    ]
    chat.wait(30)
    chat.quiet()
    assert bob.send("TBAN #bob 5m x") == [f"478 bob #bob b :{why}"]
    assert cat.send("MODE #cat +b x") == [":cat!cat@9.9.9.9 MODE #cat +b x!*@*"]
    chat.core._ctx.guard._listed[chat.world.sessions[ann.sid].site] = (chat.now.mono - 86401, 3)
    assert ann.send("MODE #ann +b x") == [":ann!ann@8.8.4.4 MODE #ann +b x!*@*"]
