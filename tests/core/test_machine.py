"""Whatever happens in whatever order: the state stays right, and every line is one that clients can live with.

``NATTERJACK_LONG_TESTS=20`` makes the runs twenty times as long.
"""

import os
import random
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from natterjack.core.console import VERBS
from natterjack.core.registry import COMMANDS
from natterjack.ports.effects import Close, Deliver, Send
from natterjack.ports.events import Draining
from natterjack.ports.records import Snapshot
from natterjack.proto import caps
from tests.support import world
from tests.support.chat import Chat, Peer, make_account, said

LONG = int(os.environ.get("NATTERJACK_LONG_TESTS", "1"))
#: Few enough to meet, among them look-alikes, letters of other scripts, and what can be no nick.
NICKS = [
    "ann",
    "Ann",
    "ix",
    "lx",
    "IX",
    "LX",
    "Борис",
    "é",
    "e\u0301",
    "a" * 32,
    "bad nick",
    "#x",
    "",
    "*",
    "0",
]
CHANNELS = ["#a", "#A", "#b", "#lobby", "#" + "ö" * 63, "#nowhere", "@#a", "+#b", "a", "#", "#a,#b", "0", ""]
CAPS = [capability.name for capability in caps.CAPABILITIES]
WORDS = [*NICKS, *CHANNELS, "ann,lx", "+o", "-o", "+q", "-q", "+v", "+b", "-b", "+e", "b",
         "+l", "+k", "-k", "+ims", "-nt", "+w", "-w", "+MR", "-MRs", "+i", "+B", "+H",
         "x!*@*", "*!*@127.0.0.1", "~a:ann", "~m:*!*@*", "~m:~a:*", "~z:",
         "2s", "30m", "5", "C", "S", "L", "+", "-", "REQ", "LS", "END", "302", "hello there",
         "%tcuihsnfdlaor,1", "x" * 495, "é" * 240, "\u2028", "\x01ACTION\x01", ":", "::", *CAPS,
         " ".join(CAPS)]  # fmt: skip
#: MODE with parameters that fit, so that more than errors comes of it.
CHANGES = ["+w 9", "-w", "+b *!*@*", "-b *!*@*", "+b ~m:*!*@*", "-b ~m:*!*@*", "+e ~a:*", "-e ~a:*", "-imsMRk x",
           "+HMR",
           "+CU-M", "+f #a", "+if #b", "-f", "+s-H", "+q {}", "-q {}",
           "+o {}", "-o {}", "+v {}", "-v {}", "+qo {0} {0}", "+b {}"]  # fmt: skip
#: What the operator says of people, and to whom he says it.
OPERATORS_WORDS = ["alice", "boss", "ann", "ann!*@*", "*!x@*", "p*!*@*", "192.0.2.7", "192.0.2.0/24", "127.0.0.1",
                   "--for", "30m", "off", "revoke", "restore", "#a", "some words", ""]  # fmt: skip
ACCOUNTS = ["alice", "boss"]
SERVICES = ["IDENTIFY {0} {0}-password", "IDENTIFY {} wrong", "SET ALWAYS-ON ON", "SET ALWAYS-ON OFF",
            "SET MULTICLIENT OFF", "GHOST {}",
            "REGISTER sesame-sesame", "SAREGISTER x{} sesame-sesame", "INFO", "{}"]  # fmt: skip
MODERATING = ["ban", "unban", "mute", "unmute", "oper", "accounts revoke", "accounts restore", "lock"]
TAGS = ["", "", "", "@label=1 ", "@+typing=active ", "@+x=y;label=ä;time=1 ", f"@label={'x' * 70} "]
TAGS += ["@batch=1 ", "@batch=1;draft/multiline-concat "]

OFTEN = ["NS", "CS", "PRIVMSG", "JOIN", "MODE", "NICK", "INVITE", "TBAN", "BATCH", "RENAME"]


def a_line(dice: random.Random, present: Sequence[str]) -> str:
    """Something like a line of IRC; often one that means something among those ``present``."""
    verb = dice.choice([*COMMANDS, *OFTEN * 3, "fly"])
    if verb == "QUIT" and dice.random() < 0.7:
        verb = "PART"
    nick = dice.choice(present if dice.random() < 0.6 and verb != "NICK" else NICKS)
    channel = dice.choice(("#a", "#b") if dice.random() < 0.6 else CHANNELS)
    word = dice.choice(WORDS)
    sensible = {
        "KEEP": f"{channel} {dice.choice(['', '30m', '5', '30d 100', 'off', word])}",
        "RENAME": f"{dice.choice(['#a', '#b', channel])} {dice.choice(CHANNELS)} :{word}",
        "BATCH": f"{dice.choice('+--')}1 draft/multiline {channel}",
        "PRIVMSG": f"{dice.choice([nick, channel])} :{word}",
        "JOIN": channel,
        "MODE": f"{channel} {dice.choice([dice.choice(CHANGES).format(nick), f'{word} {nick} {dice.choice(WORDS)}'])}",
        "TBAN": f"{channel} {dice.choice(['1s', '3s', '2m', word])} {dice.choice([nick, '*!*@*', word])} :{word}",
        "NICK": nick,
        "USER": f"{word} 0 * :{word}",
        "CAP": f"REQ :{dice.choice(['', '-'])}{dice.choice(CAPS)}",
        "KICK": f"{channel} {nick} :{word}",
        "INVITE": f"{nick} {channel}",
        "MONITOR": f"{dice.choice('+-CLS')} {nick},{dice.choice(NICKS)}",
        "TOPIC": f"{channel} :{word}",
        "NS": dice.choice(SERVICES).format(dice.choice([nick, *ACCOUNTS])),
        "CS": f"{dice.choice(['REGISTER', 'OP', 'DEOP', 'VOICE', 'INFO', word])} {channel} {dice.choice(['', nick])}",
        "ACCEPT": f"{dice.choice(['', '-'])}{nick}",
        "RELAYMSG": f"{channel} {dice.choice([f'{nick}/x', word])} :{word}",
    }
    rest = sensible.get(verb)
    if rest is None or dice.random() < 0.3:
        rest = " ".join(dice.choice(WORDS) for _ in range(dice.randrange(5)))
    return f"{dice.choice(TAGS)}{verb} {rest}"


class Crowd:
    """Sessions that come, talk nonsense and go."""

    def __init__(self, with_store: bool) -> None:
        self.chat = Chat(
            durable=with_store,
            store=True,
            instant=not with_store,
            access="open",
            lobby=("#lobby",),
            snapshot=Snapshot(b"", (make_account("alice"), make_account("boss", operator=True))),
        )
        self.alive: list[Peer] = []
        self.count = 0

    def come(self, introduced: bool) -> None:
        self.count += 1
        ip = ("127.0.0.1", "192.0.2.7", "2001:db8::7")[self.count % 3]
        peer = self.chat.open(f"p{self.count}", ip, "irc" if ip == "127.0.0.1" else "tls")
        self.alive.append(peer)
        if introduced:
            peer.post(f"NICK p{self.count}", "USER x 0 * :X")
        self.bury()

    def log_in(self, index: int, login: str) -> None:
        """By SASL, or as an operator, or both."""
        words = [*said(login, f"{login}-password"), f"OPER {login} {login}-password"]
        self.say(index, words[index % 2 :])

    def babble(self, index: int, dice: random.Random, count: int) -> None:
        present = [user.nick for user in self.chat.world.users.values()] or NICKS
        self.say(index, [a_line(dice, present) for _ in range(count)])

    def say(self, index: int, lines: list[str]) -> None:
        peer = self.alive[index % len(self.alive)]
        peer.post(*lines)
        self.bury()

    def happen_together(self, dice: random.Random) -> None:
        """Several of them go, or say something, in one turn."""
        with self.chat.turn():
            for _ in range(dice.randrange(2, 6)):
                if not self.alive:
                    break
                if dice.random() < 0.3:
                    self.go(dice.randrange(100))
                elif dice.random() < 0.3:
                    self.say(dice.randrange(100), ["QUIT :bye", "PING x"])
                else:
                    self.babble(dice.randrange(100), dice, dice.choice((1, 1, 4)))
        self.bury()

    def go(self, index: int) -> None:
        self.alive.pop(index % len(self.alive)).hang_up()

    def bury(self) -> None:
        """Those whom the server knows no more are gone."""
        self.alive = [peer for peer in self.alive if peer.sid in self.chat.world.sessions]

    def msgids(self) -> list[str]:
        """Of the lines that are stored, and one that is none."""
        of = self.chat.core._ctx.msgids.of
        return ["nonsense", *(of(number) for _, number in list(self.chat.past.lines)[-9:])]

    def operate(self, verb: str, args: tuple[str, ...]) -> None:
        self.chat.console(verb, *args)
        self.bury()

    def wait(self, seconds: float) -> None:
        self.chat.wait(seconds, step=5)
        self.bury()

    def check(self) -> None:
        world.check(self.chat.core)
        for peer in self.alive:
            peer.heard.clear()


class Chaos(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.crowd = Crowd(with_store=False)

    @rule(introduced=st.booleans())
    def somebody_comes(self, introduced: bool) -> None:
        self.crowd.come(introduced)

    @precondition(lambda self: self.crowd.alive)
    @rule(index=st.integers(0, 9), dice=st.randoms(use_true_random=False), count=st.integers(1, 4))
    def somebody_says_something(self, index: int, dice: random.Random, count: int) -> None:
        self.crowd.babble(index, dice, count)

    @precondition(lambda self: self.crowd.alive)
    @rule(dice=st.randoms(use_true_random=False))
    def several_things_happen_in_one_turn(self, dice: random.Random) -> None:
        self.crowd.happen_together(dice)

    @precondition(lambda self: self.crowd.alive)
    @rule(
        index=st.integers(0, 9),
        command=st.sampled_from([*COMMANDS]),
        words=st.lists(st.sampled_from(WORDS), max_size=4),
    )
    def somebody_says_anything(self, index: int, command: str, words: list[str]) -> None:
        self.crowd.say(index, [f"{command} {' '.join(words)}"])

    @precondition(lambda self: self.crowd.alive)
    @rule(index=st.integers(0, 9), text=st.text(max_size=50))
    def somebody_sends_noise(self, index: int, text: str) -> None:
        self.crowd.say(index, [text.replace("\n", " ")])

    @precondition(lambda self: self.crowd.alive)
    @rule(index=st.integers(0, 9))
    def somebody_is_cut_off(self, index: int) -> None:
        self.crowd.go(index)

    @rule(seconds=st.sampled_from([1, 20, 40, 100, 200]))
    def time_passes(self, seconds: int) -> None:
        self.crowd.wait(seconds)

    @rule(
        verb=st.sampled_from(sorted(VERBS)),
        args=st.lists(st.sampled_from(WORDS + OPERATORS_WORDS), max_size=3),
    )
    def the_operator_says(self, verb: str, args: list[str]) -> None:
        self.crowd.operate(verb, tuple(args))

    @rule(
        verb=st.sampled_from(MODERATING),
        whom=st.sampled_from(OPERATORS_WORDS[:9]),
        more=st.sampled_from([(), ("--for", "30m"), ("some words",), ("off",)]),
    )
    def the_operator_moderates(self, verb: str, whom: str, more: tuple[str, ...]) -> None:
        first, *rest = verb.split()
        self.crowd.operate(first, (*rest, whom, *more))

    @precondition(lambda self: self.crowd.alive)
    @rule(index=st.integers(0, 9), login=st.sampled_from(ACCOUNTS))
    def somebody_logs_in(self, index: int, login: str) -> None:
        self.crowd.log_in(index, login)

    @rule(reason=st.sampled_from(["", "closing"]))
    def the_door_opens_or_closes(self, reason: str) -> None:
        self.crowd.chat.handle(Draining(reason))
        self.crowd.bury()

    @invariant()
    def the_world_is_in_order(self) -> None:
        self.crowd.bury()
        self.crowd.check()


class ChaosWithStore(Chaos):
    def __init__(self) -> None:
        super().__init__()
        self.crowd = Crowd(with_store=True)

    @precondition(lambda self: self.crowd.chat.commits)
    @rule()
    def something_is_stored(self) -> None:
        self.crowd.chat.commit()


#: What is asked of the history, and what changes it.
PAST = ["CHATHISTORY LATEST #a * 50", "CHATHISTORY AROUND #b timestamp=2026-11-22T20:31:02.500Z 5", "SEARCH text=hello",
        "CHATHISTORY TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 9",
        "@+natterjack/cid=abcdefgh PRIVMSG #a :once", "@+natterjack/cid=abcdefgh PRIVMSG #a :twice", "JOIN #a,#b",
        "REDACT #a {}", "REDACT #b {} :why", "@+natterjack/edit={} PRIVMSG #a :better",
        "CHATHISTORY AFTER #a msgid={} 9",
        "QUIT :bye", "REGISTER * * a-long-password", "MARKREAD #a timestamp=2026-11-22T20:31:02.500Z"]  # fmt: skip


class ChaosWithLateAnswers(ChaosWithStore):
    """What the store and the derivation of keys are asked is answered late, in any order, or fails."""

    def __init__(self) -> None:
        super().__init__()
        self.crowd.chat.answers = False

    @precondition(lambda self: self.crowd.alive)
    @rule(index=st.integers(0, 9), line=st.sampled_from(PAST), place=st.integers(0, 9))
    def somebody_wants_the_past(self, index: int, line: str, place: int) -> None:
        ids = self.crowd.msgids()
        self.crowd.say(index, [line.format(ids[place % len(ids)])])

    @precondition(lambda self: self.crowd.chat.asked)
    @rule(index=st.integers(0, 9), failed=st.booleans())
    def something_is_answered(self, index: int, failed: bool) -> None:
        chat = self.crowd.chat
        chat.answer(index % len(chat.asked), failed)
        self.crowd.bury()

    def teardown(self) -> None:
        """Whatever was under way comes to its end, and leaves nothing."""
        self.crowd.chat.finish()
        self.crowd.bury()
        self.crowd.check()
        world.check_nothing_is_left(self.crowd.chat.core)


_SETTINGS = settings(
    max_examples=25 * LONG,
    stateful_step_count=50,
    derandomize=LONG == 1,
    suppress_health_check=list(HealthCheck),
)
TestChaos = Chaos.TestCase
TestChaos.settings = _SETTINGS
TestChaosWithStore = ChaosWithStore.TestCase
TestChaosWithStore.settings = _SETTINGS
TestChaosWithLateAnswers = ChaosWithLateAnswers.TestCase
TestChaosWithLateAnswers.settings = _SETTINGS


@pytest.mark.parametrize("with_store", [False, True])
@pytest.mark.parametrize("seed", range(2 * LONG))
def test_two_thousand_random_steps(seed: int, with_store: bool) -> None:
    dice = random.Random(seed)
    crowd = Crowd(with_store)
    for _ in range(2000):
        if len(crowd.alive) < 3 or (len(crowd.alive) < 12 and dice.random() < 0.05):
            crowd.come(introduced=dice.random() < 0.9)
        elif dice.random() < 0.02:
            crowd.go(dice.randrange(100))
        elif dice.random() < 0.08:
            crowd.log_in(dice.randrange(100), dice.choice(ACCOUNTS))
        elif dice.random() < 0.02:
            crowd.wait(dice.choice([1, 40, 200]))
        elif dice.random() < 0.05:
            crowd.operate(dice.choice(sorted(VERBS)), tuple(dice.choices(WORDS, k=dice.randrange(4))))
        elif dice.random() < 0.05:
            verb, *rest = dice.choice([*MODERATING, "unlock", "unlock"]).split()
            words = dice.choices(OPERATORS_WORDS, k=dice.randrange(4))
            crowd.operate(verb, (*rest, *words) if verb != "unlock" else ())
        elif dice.random() < 0.05:
            crowd.log_in(dice.randrange(100), dice.choice(ACCOUNTS))
        elif dice.random() < 0.05:
            crowd.happen_together(dice)
        else:
            crowd.babble(dice.randrange(100), dice, dice.choice((1, 1, 1, 5)))
        if crowd.chat.commits and dice.random() < 0.5:
            crowd.chat.commit()
        crowd.check()
    crowd.chat.settle()
    while crowd.alive:
        crowd.go(0)
    crowd.check()
    assert not any(user.sessions for user in crowd.chat.world.users.values())  # those stay who want to
    assert crowd.chat.world.sessions == {}
    assert all(channel.lasting for channel in crowd.chat.world.channels.values())
    assert "#lobby" in crowd.chat.world.channels
    assert crowd.chat.world.watchers == {}


def test_effects_address_only_those_who_are_there() -> None:
    dice = random.Random(7)
    chat = Chat("ann", "ben", "cat")
    addressed = 0
    for number in range(2000):
        peer = dice.choice([peer for peer in chat.peers.values() if not peer.closed])
        there = set(chat.world.sessions)
        for effect in peer.post(a_line(dice, list(chat.peers))):
            match effect:
                case Send(sid) | Close(sid):
                    assert sid in there
                case Deliver(to):
                    assert to
                    assert set(to) <= there
                    addressed += len(to)
        if sum(not peer.closed for peer in chat.peers.values()) < 3:
            chat.open(f"n{number}").post(f"NICK n{number}", "USER n 0 * :N")
    assert addressed > 100
