"""G6: who reconnects gets all that was sent meanwhile, once, and what he typed meanwhile is said, once.

Everybody here has the real client library, with a bad connection of his own, which is cut again and again:

- *reset*: both sides get an error, after any byte either way;
- *silence*: nothing passes any more. The connection ends later, or the client finds out by himself and comes back
  before that; what was on its way to the server arrives there then, perhaps after it was said again;
- *half-open*: one way is dead. What goes the other way arrives, until the client finds out, or the connection ends.
  Where he finds out first, his old session is still there when he comes back.

A client takes 90 seconds to find out; here it takes two at most, or a test would take all day. He also reckons each
connection a good one (it stood for a minute), so that he comes back after a second at most.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import apsw
import pytest

from natterjack.client.session import Timings
from tests.chaos.crowd import Crowd
from tests.chaos.defective_client import LAST
from tests.chaos.halfopen import HALF, BadConnection
from tests.chaos.ledger import Ledger
from tests.chaos.member import pair
from tests.chaos.oracle import Finding, Line, Verdict, integrity, judge
from tests.chaos.plan import Plan
from tests.chaos.proxy import DOWN, RESET, STALL, UP, WAYS
from tests.chaos.returning import Returning
from tests.chaos.scene import PASSWORD, Scene

#: Lines of history that the server gives at once: so few that who was away has to ask several times.
_PAGE = 10
_KINDS = (RESET, STALL, HALF)
#: Bytes after which a connection fails at the latest; where he comes back, for what the server has to say then.
_CALM, _RETURN = 300, 3000
#: Times that he may be cut on his way back one after the other: from a pipe, nobody tries for longer than two minutes.
_IN_A_ROW = 4
#: Runs the client with a defect that is put into it; see there.
_DEFECTIVE = str(Path(__file__).with_name("defective_client.py"))


class Cutter:
    """Cuts one client's connection ``wanted`` times: when he has been in for a moment, or on his way back."""

    def __init__(self, client: Returning, connection: BadConnection, wanted: int, plan: Plan) -> None:
        self.client = client
        self.cuts: Counter[str] = Counter()
        #: Those of them that were to come on his way back.
        self.returning = 0
        self._in_a_row = 0
        self._connection = connection
        self._dice = plan.dice
        self._longest = 4.0 if plan.long else 1.2
        first = self._dice.randrange(len(_KINDS))
        self._kinds = [_KINDS[(first + number) % len(_KINDS)] for number in range(wanted)]
        self._dice.shuffle(self._kinds)
        self._kind = ""
        self._losses = 0
        self._next = self._ends_at = 0.0

    @property
    def done(self) -> bool:
        return not (self._kinds or self._kind or self._connection.is_bad) and self.client.inside

    def work(self, now: float) -> None:
        """See :class:`~tests.chaos.crowd.Part`."""
        client = self.client
        if self._connection.fired and not self._ends_at:
            self._ends_at = now + self._dice.uniform(0.1, self._longest)
        if self._ends_at and now >= self._ends_at:
            self._ends_at = 0.0
            self._connection.fired = False
            self._connection.gone(reset=self._dice.random() < 0.5)
        if self._kind:
            if client.losses > self._losses:
                self._was_cut()
            elif client.inside and now >= self._next:  # or nothing might go the way that is to break
                self._next = now + 1.0
                client.say("typed until it breaks")
        elif client.inside and self._kinds and not self._connection.is_bad:
            self._in_a_row = 0
            self._next = self._next or now + self._dice.uniform(0.1, self._longest / 4)
            if now >= self._next:
                self._next = now + 1.0
                self._connection.arm(*self._choose(_CALM))
                for _ in range(self._dice.choice((0, 3))):
                    self.client.say("typed while it broke")

    def _choose(self, most: int) -> tuple[str, int, str]:
        self._losses = self.client.losses
        self._kind = self._kinds.pop()
        way = self._dice.choice(WAYS)
        return way, self._dice.randrange(most if way == DOWN else _CALM), self._kind

    def _was_cut(self) -> None:
        """He may be cut again before he is really back."""
        self.cuts[self._kind] += 1
        self._kind = ""
        self._next = 0.0
        if self._dice.random() < 0.5:
            self.client.say("typed while out")
        if self._kinds and self._in_a_row < _IN_A_ROW and self._dice.random() < 0.4:
            self.returning += 1
            self._in_a_row += 1
            self._connection.to_come = self._choose(_RETURN)

    def close(self) -> None:
        """See :class:`~tests.chaos.crowd.Part`."""

    def __str__(self) -> str:
        return f"{self.client}: {len(self._kinds)} cuts to come, {self._kind or 'none'} under way"


def missing(ledger: Ledger, nick: str, histories: Mapping[str, Sequence[Line]]) -> Iterator[Finding]:
    """What of the channel and of what was said to ``nick`` he was not shown. He was in before the first line."""
    for place, lines in histories.items():
        shown = {sight.msgid for sight in ledger.seen[nick, place]}
        for line in lines if place[0] == "#" or nick in place.split("+") else ():
            if line.msgid not in shown:
                yield Finding("missing", f"{nick} was never shown {line.text!r} in {place}")


def told(client: Returning) -> Iterator[Finding]:
    """What a client complained of."""
    for text, count in client.troubles.items():
        yield Finding("trouble", f"{client.nick} was told {count} times: {text}")
    for entry in client.unanswered.values():
        yield Finding("unanswered", repr(entry))


def database(data: Path, histories: Mapping[str, Sequence[Line]]) -> Iterator[Finding]:
    """The server's; the names that messages had are the clients' own business, but each has one."""
    connection = apsw.Connection(str(data / "natterjack.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        yield from integrity(connection)
        counts = connection.execute("SELECT count(*), count(DISTINCT cid), count(DISTINCT id) FROM cid")
        found = set(next(iter(counts)))
        if found != {sum(map(len, histories.values()))}:
            yield Finding("integrity", f"{found} client message ids for the messages")
    finally:
        connection.close()


class Rovers:
    """Clients with bad connections; the first ``friends`` of them have accounts, and are told things in private."""

    def __init__(self, scene: Scene, home: Path, plan: Plan, count: int, friends: int, cuts: int) -> None:
        self.scene = scene
        self.friends = friends
        crowd = scene.crowd
        nicks = [f"rover{number}" for number in range(count)]
        seconds = 1.0 if plan.long else 0.4  # a client finds out soon that his connection is dead
        soon = Timings(idle=seconds, silence=seconds)
        self._make_accounts("mouth0", *nicks[:friends])
        self.cutters: list[Cutter] = []
        for nick in nicks:
            connection = BadConnection(crowd, scene.stage.at)
            password = PASSWORD if nick in nicks[:friends] else ""
            place = home / nick
            client = Returning(
                crowd, scene.ledger, nick, connection.at(), place, plan.dice, password=password, timings=soon
            )
            self.cutters.append(Cutter(client, connection, cuts, plan))
        self.clients = [cutter.client for cutter in self.cutters]
        crowd.until(lambda: all(client.inside for client in self.clients), "everybody in")
        rate = 8.0 if plan.long else 15.0
        mouths = [scene.member("mouth0", password=PASSWORD), scene.member("mouth1")]
        scene.everybody_in()
        scene.talker(mouths[0], rate, targets=("#lobby", *nicks[:friends]))
        scene.talker(mouths[1], rate)

    def _make_accounts(self, *nicks: str) -> None:
        scene = self.scene
        makers = [scene.member(nick) for nick in nicks]
        scene.everybody_in()
        scene.register(*makers)
        for maker in makers:
            scene.members.remove(maker)
            scene.crowd.remove(maker)

    def roam(self) -> None:
        """Until all of them were cut as often as they should be."""
        for cutter in self.cutters:
            self.scene.crowd.add(cutter)
        self.scene.crowd.until(lambda: all(cutter.done for cutter in self.cutters), "all cuts", 1800)

    def reckon(self) -> Verdict:
        """Let the dust settle, and judge. Who has not been shown everything by then never is."""
        scene, ledger = self.scene, self.scene.ledger
        scene.settle()
        with contextlib.suppress(AssertionError):  # the verdict says what is wrong
            scene.crowd.until(lambda: not any(client.unanswered for client in self.clients))
        mouth = scene.members[0]
        histories = {"#lobby": mouth.history("#lobby", _PAGE)}
        for client in self.clients[: self.friends]:
            histories[pair(mouth.nick, client.nick)] = mouth.history(client.nick, _PAGE)
        with contextlib.suppress(AssertionError):
            scene.crowd.until(
                lambda: not any(any(missing(ledger, client.nick, histories)) for client in self.clients)
            )
        scene.stage.stop()
        findings = [*judge(ledger, histories).findings, *database(scene.stage.data, histories)]
        for client in self.clients:
            findings += [*missing(ledger, client.nick, histories), *told(client)]
        return Verdict(findings)

    def __str__(self) -> str:
        ledger, clients = self.scene.ledger, self.clients
        kinds = sum((cutter.cuts for cutter in self.cutters), Counter[str]())
        private = sum(1 for entry in ledger.entries if entry.target[0] != "#")
        return (
            f"{len(clients)} clients, {kinds.total()} cuts {dict(kinds)}, "
            f"{sum(cutter.returning for cutter in self.cutters)} of them on the way back, "
            f"back {sum(client.other_nicks for client in clients)} times under another nick; "
            f"{len(ledger.entries)} messages ({private} of them private), "
            f"{sum(client.cut_off for client in clients)} without an answer when a connection went; "
            f"{sum(len(sights) for (nick, _), sights in ledger.seen.items() if nick[:5] == 'rover')} shown"
        )


def test_who_is_cut_again_and_again_gets_all_once(tmp_path: Path, crowd: Crowd, plan: Plan) -> None:
    count, cuts = plan.rounds(8, 50), 20 if plan.long else 2
    with Scene(crowd, tmp_path / "data", env={"NATTERJACK_LIMITS__HISTORY": str(_PAGE)}) as scene:
        scene.stage.start()
        rovers = Rovers(scene, tmp_path, plan, count, count // 5 or 1, cuts)
        rovers.roam()
        verdict = rovers.reckon()
        print(rovers)
        assert not verdict, verdict
        assert sum(cutter.cuts.total() for cutter in rovers.cutters) == count * cuts


def test_who_hears_nothing_any_more_finds_out_in_time(tmp_path: Path, crowd: Crowd, plan: Plan) -> None:
    """One way is dead, for each of two a different one, and all is quiet. With --long, as patient as he really is."""
    timings = Timings() if plan.long else Timings(idle=1.0, silence=0.5)
    due = timings.idle + timings.silence
    with Scene(crowd, tmp_path / "data") as scene:
        scene.stage.start()
        mouth = scene.member("mouth")
        scene.everybody_in()
        lost: dict[str, float] = {}
        clients: dict[str, Returning] = {}
        for way in WAYS:
            connection = BadConnection(crowd, scene.stage.at)
            place = tmp_path / way
            clients[way] = client = Returning(
                crowd, scene.ledger, f"r{way}", connection.at(), place, plan.dice, timings=timings
            )
            crowd.until(lambda client=client: client.inside, "in")  # type: ignore[misc]
            connection.arm(way, 0, HALF)
        crowd.go_on(0.5)  # nobody is told anything any more
        began = time.monotonic()
        clients[UP].say("typed into the void")
        mouth.say(filling="said into the void")

        def all_lost() -> bool:
            for way, client in clients.items():
                if client.losses:
                    lost.setdefault(way, time.monotonic() - began)
            return len(lost) == len(WAYS)

        crowd.until(all_lost, "both find out", due + 30)
        crowd.until(lambda: all(client.inside for client in clients.values()), "both back")
        crowd.until(lambda: not clients[UP].unanswered, "it was said after all")
        histories = {"#lobby": mouth.history("#lobby", _PAGE)}
        crowd.until(lambda: not any(any(missing(scene.ledger, c.nick, histories)) for c in clients.values()))
        scene.settle()
        verdict = Verdict(
            [*judge(scene.ledger, histories).findings, *told(clients[UP]), *told(clients[DOWN])]
        )
    print(f"found out after {lost[UP]:.1f} s and {lost[DOWN]:.1f} s")
    assert not verdict, verdict
    assert all(due - 2 <= seconds <= due + 5 for seconds in lost.values()), lost


class Reader:
    """A reader in a process of its own, who can be killed. What he shows goes to the ledger."""

    def __init__(self, scene: Scene, home: Path, *defects: str) -> None:
        self.nick = "reader"
        self._scene = scene
        place = f"127.0.0.1:{scene.stage.port}"
        words = ("chat", "--json", "--nick", self.nick, "--data-dir", str(home), place)
        self._process = subprocess.Popen(
            [sys.executable, _DEFECTIVE, ",".join(defects), *words, "--channel", "#lobby"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def show(self, last: str = "") -> None:
        """What he shows, up to ``last``, or until he is dead."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            if told["event"] == "message":
                self._scene.ledger.saw(self.nick, told["to"], told["msgid"], told["text"])
                if last and last in told["text"]:
                    return

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.mark.parametrize(
    ("defects", "kinds"),
    [((), set()), (("saved_before_shown",), {"missing"})],
    ids=["as it is", "saved before it is shown"],
)
def test_a_client_that_saves_before_it_shows_is_found_out(
    tmp_path: Path, crowd: Crowd, defects: tuple[str, ...], kinds: set[str]
) -> None:
    """He dies when he is about to show a line, and comes back."""
    home = tmp_path / "home"
    with Scene(crowd, tmp_path / "data") as scene:
        scene.stage.start()
        speaker = scene.member("speaker")
        scene.everybody_in()
        for filling in ("one", "two", "welcome"):
            speaker.say(filling=filling)
        scene.settle()
        with Reader(scene, home, "dies_showing", *defects) as reader:
            reader.show("welcome")
            speaker.say(filling=LAST)
            scene.settle()
            reader.show()
        speaker.say(filling="back again")
        scene.settle()
        with Reader(scene, home, *defects) as reader:
            reader.show("back again")
        histories = scene.histories()
        found = [*judge(scene.ledger, histories).findings]
        found += missing(scene.ledger, reader.nick, histories)
    verdict = Verdict(found)
    assert verdict.kinds == kinds, verdict
    assert [finding.what for finding in found if LAST not in finding.what] == []
