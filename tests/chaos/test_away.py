"""G6: whoever comes back gets all that was said meanwhile, once and in order. With the real client.

Each program has a bad connection of its own, which is cut again and again in the middle of something: ended, reset,
silent for a while, or half open (the server knows, the client does not). People talk all the while; the programs say
something too, connected or not.
"""

from __future__ import annotations

from pathlib import Path

from tests.chaos.crowd import Crowd
from tests.chaos.oracle import Verdict, missed
from tests.chaos.plan import Plan
from tests.chaos.program import Program
from tests.chaos.proxy import CUT, DOWN, HALF, RESET, STALL, UP, Proxy
from tests.chaos.scene import Scene

#: Seconds of silence, before the connection ends for everybody.
_SILENCE = 0.3


class Returners:
    """Programs, each behind a proxy."""

    def __init__(self, scene: Scene, folder: Path, count: int) -> None:
        self.crowd = scene.crowd
        self.proxies = [Proxy(scene.crowd, scene.stage.at) for _ in range(count)]
        self.programs = [
            Program(scene.crowd, scene.ledger, f"prog{number}", proxy.at, folder / f"home{number}", "hasty")
            for number, proxy in enumerate(self.proxies)
        ]

    def all_in(self) -> None:
        """By themselves."""
        self.crowd.until(
            lambda: all(program.inside for program in self.programs), "all back", 20 + 2 * len(self.programs)
        )

    def cut(self, plan: Plan) -> None:
        """Everybody, each in his own way, while he says something."""
        dice = plan.dice
        before = [program.returns for program in self.programs]
        for proxy, program in zip(self.proxies, self.programs, strict=True):
            way = dice.choice((UP, DOWN))
            proxy.arm(way, dice.randrange(60 if way == UP else 600), dice.choice((CUT, RESET, STALL, HALF)))
            program.say(filling="before")
        self.crowd.until(lambda: all(proxy.fired for proxy in self.proxies), "all cut")
        for program in self.programs:
            program.say(filling="meanwhile")
        self.crowd.go_on(_SILENCE)
        for proxy in self.proxies:
            proxy.deliver_late()
        self.crowd.until(
            lambda: all(
                program.returns > was or not program.inside
                for program, was in zip(self.programs, before, strict=True)
            ),
            "everybody knows",
        )


def reckoning(scene: Scene, programs: list[Program], last: str) -> Verdict:
    """Once all is answered, and ``last`` was seen by everybody."""
    scene.settle()
    scene.crowd.until(lambda: not any(program.unanswered for program in programs), "answers")
    scene.members[0].say(filling=last)
    sights = [scene.ledger.seen[program.nick, "#lobby"] for program in programs]
    scene.crowd.until(lambda: all(each and each[-1].text.endswith(last) for each in sights), "the last sight")
    verdict = scene.verdict()
    lines = verdict.histories["#lobby"]
    for program in programs:
        verdict.findings += missed(scene.ledger, lines, program.nick, "#lobby")
    return verdict


def test_who_was_cut_off_gets_everything_once(tmp_path: Path, crowd: Crowd, plan: Plan) -> None:
    count, rounds = (50, plan.rounds(2, 20)) if plan.long else (3, plan.rounds(2, 20))
    with Scene(crowd, tmp_path / "data") as scene:
        scene.stage.start()
        scene.talk(2, 10)
        scene.everybody_in()
        returners = Returners(scene, tmp_path, count)
        returners.all_in()
        for number in range(rounds):
            if number % 5 == 1:
                scene.kill()
                scene.stage.start()
            else:
                returners.cut(plan)
            returners.all_in()
        verdict = reckoning(scene, returners.programs, "the last one")
        print(f"{count} programs cut {rounds} times each; {scene.ledger}")
    assert not verdict, verdict


def killed_while_showing(crowd: Crowd, folder: Path, rounds: int, defect: str = "") -> Verdict:
    """A program that nobody reads from is killed, and started again. It may show again what it has shown."""
    with Scene(crowd, folder / "data") as scene:
        scene.stage.start()
        scene.talk(2, 150)
        scene.everybody_in()

        def start() -> Program:
            program = Program(crowd, scene.ledger, "reader", scene.stage.at, folder / "home", defect)
            crowd.until(lambda: program.inside, "the program")
            return program

        program = start()
        for _ in range(rounds):
            seen = len(scene.ledger.seen["reader", "#lobby"])
            crowd.until(lambda seen=seen: len(scene.ledger.seen["reader", "#lobby"]) > seen + 100, "reading")  # type: ignore[misc]
            program.read(False)
            crowd.go_on(0.4)
            program.kill()
            crowd.remove(program)
            program = start()
        verdict = reckoning(scene, [program], "the last one")
        verdict.findings = [finding for finding in verdict.findings if "shown" not in finding.what]
        print(f"killed {rounds} times; {scene.ledger}")
        crowd.remove(program)
    return verdict


def test_what_a_killed_program_has_not_shown_is_shown_by_the_next(
    tmp_path: Path, crowd: Crowd, plan: Plan
) -> None:
    verdict = killed_while_showing(crowd, tmp_path, plan.rounds(1, 20))
    assert not verdict.kinds - {"inversion"}, verdict  # it shows some again


def test_a_program_that_remembers_before_it_shows_is_found_out(
    tmp_path: Path, crowd: Crowd, plan: Plan
) -> None:
    verdict = killed_while_showing(crowd, tmp_path, plan.rounds(1, 3), "cursor_before_showing")
    assert "missed" in verdict.kinds, verdict
