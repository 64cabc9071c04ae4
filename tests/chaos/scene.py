"""What most tests have in common: a server, people who talk and people who listen, and the reckoning."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tests.chaos.crowd import Crowd
from tests.chaos.ledger import Ledger
from tests.chaos.member import Member, Talker, pair
from tests.chaos.oracle import Finding, Line, Verdict, judge
from tests.chaos.stage import Stage

PASSWORD = "correct horse battery"
#: A small page: so that a history has several.
PAGE = 100


class Scene:
    """``options`` and ``settings`` are for :class:`~tests.chaos.stage.Stage`."""

    def __init__(self, crowd: Crowd, data: Path, *options: str, **settings: str) -> None:
        self.crowd = crowd
        self.stage = Stage(data, *options, **settings)  # type: ignore[arg-type]
        self.ledger = Ledger()
        self.members: list[Member] = []
        self.talkers: list[Talker] = []

    def member(self, nick: str, port: Callable[[], int] | None = None, password: str = "") -> Member:
        """One more; ``port`` where he does not go straight to the server."""
        made = Member(self.crowd, self.ledger, nick, port or self.stage.at, password)
        self.members.append(made)
        return made

    def listen(self, count: int) -> None:
        """So many more who only listen."""
        for number in range(count):
            self.member(f"ear{number}")

    def talk(self, count: int, rate: float, **settings: object) -> None:
        """So many more who talk, ``rate`` messages a second each."""
        for number in range(count):
            self.talker(self.member(f"mouth{number}"), rate, **settings)

    def talker(self, member: Member, rate: float, **settings: object) -> None:
        talker = Talker(member, rate, **settings)  # type: ignore[arg-type]
        self.crowd.add(talker)
        self.talkers.append(talker)

    def friends(self, rate: float) -> None:
        """Two with accounts, who also talk to each other. The server has to be running, with nobody in."""
        nicks = ("alice", "bob")
        friends = [self.member(nick) for nick in nicks]
        self.everybody_in()
        self.register(*friends)
        for member, other in zip(friends, reversed(nicks), strict=True):
            self.talker(member, rate, targets=("#lobby", other))

    def register(self, *members: Member) -> None:
        """From now on they have accounts."""
        for member in members:
            member.listening |= {"REGISTER", "FAIL"}
            member.post(f"REGISTER * * :{PASSWORD}")
        self.crowd.until(lambda: all(member.heard for member in members), "accounts")
        for member in members:
            assert member.heard[0].command == "REGISTER", member.heard
            member.password = PASSWORD

    def everybody_in(self, patience: float = 20.0) -> None:
        self.crowd.until(lambda: all(member.inside for member in self.members), "everybody in", patience)

    def everybody_out(self) -> None:
        """After the server's end: all that it has sent is read."""
        self.crowd.until(lambda: not any(member.inside for member in self.members), "everybody out")

    def kill(self) -> None:
        """The server, at once; then all that it has sent is read."""
        self.stage.kill()
        self.everybody_out()

    def settle(self) -> None:
        """Nobody says anything new; until all that was said is answered."""
        for talker in self.talkers:
            talker.talking = False
        self.everybody_in()
        self.crowd.until(lambda: not any(member.unanswered for member in self.members), "all answered")

    def targets(self) -> dict[str, tuple[Member, str]]:
        """By the names that the oracle has for them: who can read it, and under what target."""
        found: dict[str, tuple[Member, str]] = {"#lobby": (self.members[0], "#lobby")}
        by_nick = {member.nick: member for member in self.members}
        for entry in self.ledger.entries:
            if entry.target[0] != "#":
                found[pair(entry.sender, entry.target)] = by_nick[entry.sender], entry.target
            else:
                found.setdefault(entry.target, (by_nick[entry.sender], entry.target))
        return found

    def histories(self) -> dict[str, list[Line]]:
        """All that CHATHISTORY has."""
        return {name: member.history(target, PAGE) for name, (member, target) in self.targets().items()}

    def verdict(self, stop: bool = True) -> Verdict:
        """Let the dust settle, read everything, end the server, and judge."""
        self.settle()
        histories = self.histories()
        findings = list(self._both_ways(histories))
        if stop:
            self.stage.stop()
        return Verdict(findings + judge(self.ledger, histories, self.stage.data if stop else None).findings)

    def _both_ways(self, histories: dict[str, list[Line]]) -> Iterable[Finding]:
        """Forward, as who was away reads it, the history is the same as backward."""
        for name, (member, target) in self.targets().items():
            lines = histories[name]
            if lines and member.history_forward(target, lines[0].msgid, PAGE) != lines[1:]:
                yield Finding("integrity", f"{name} is another one forward than backward")

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        for part in (*self.talkers, *self.members):
            self.crowd.remove(part)
        self.stage.close()
