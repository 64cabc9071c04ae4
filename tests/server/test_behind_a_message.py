"""What comes right behind a message, in the same packet, while the disk still has it: with a commit that takes long."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator

import pytest

from tests.chaos.stage import Stage
from tests.support.process import Irc

_NUMBER = re.compile(r" PRIVMSG #\S+ :(?:\[[^\]]*\] )?n(\d+)$")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Each commit takes 50 ms, with durability power: whatever is in the same packet is handled within it."""
    with Stage(tmp_path_factory.mktemp("behind") / "data", defect="tardy_disk") as one:
        one.start()
        yield one
        one.stop()
        assert "rror" not in one.errors()


def _bare(line: str) -> str:
    """Without tags, and with no more of the source than the nick."""
    source, _, rest = line.rpartition("@")[2].partition(" ") if line[:1] == "@" else ("", "", line)
    del source
    return re.sub(r"^:([^ !]+)!\S+", r":\1", rest or line)


@pytest.mark.parametrize(
    ("line", "own", "others"),
    [
        ("PING x", ":natterjack PONG natterjack x", ""),
        ("KICK #{c} bob :out", ":alice KICK #{c} bob :out", ":alice KICK #{c} bob :out"),
        ("MODE #{c} +b x!*@*", ":alice MODE #{c} +b x!*@*", ":alice MODE #{c} +b x!*@*"),
        ("PART #{c} :bye", ":alice PART #{c} :bye", ":alice PART #{c} :bye"),
        ("NICK al", ":alice NICK al", ":alice NICK al"),
        ("QUIT :bye", "ERROR :Closing link: Quit: bye", ":alice QUIT :Quit: bye"),
    ],
)
def test_it_is_seen_behind_the_message_by_everybody(stage: Stage, line: str, own: str, others: str) -> None:
    place = line.split(" ", maxsplit=1)[0].lower()
    line, own, others = (each.replace("{c}", place) for each in (line, own, others))
    with (
        Irc(stage.port, "alice", "echo-message") as alice,
        Irc(stage.port, "bob") as bob,
        Irc(stage.port, "carol") as carol,
    ):
        for each in (alice, bob, carol):
            each.send(f"JOIN #{place}")
            each.sync()
        alice.sync()
        bob.sync()
        alice.send(f"PRIVMSG #{place} :first", line, *(() if place == "quit" else ("PING end",)))
        heard = alice.rest() if place == "quit" else alice.until(" end")[:-1]
        assert [_bare(each) for each in heard] == [f":alice PRIVMSG #{place} :first", own]
        for each in (bob, carol):
            seen = [_bare(each.line())]
            if others:
                seen.append(_bare(each.line()))
            assert seen == [f":alice PRIVMSG #{place} :first", *([others] if others else [])]
            each.sync()


@pytest.mark.parametrize("caps", ["", "batch draft/chathistory"])
def test_who_joins_while_a_message_is_being_stored_gets_it_once(stage: Stage, caps: str) -> None:
    """Messages come all the while, so that one is always on its way to the disk when somebody comes."""
    channel = "#door-asked" if caps else "#door"
    done = threading.Event()
    with Irc(stage.port, "talker") as talker, Irc(stage.port, "ear") as ear:
        for each in (talker, ear):
            each.send(f"JOIN {channel}")
            each.sync()

        def talk() -> None:
            number = 0
            while not done.wait(0.01):
                talker.send(f"PRIVMSG {channel} :n{number}")
                number += 1

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            ear.until(" PRIVMSG ")  # now there is something that was said before
            for turn in range(4):
                with Irc(stage.port, f"comer{turn}", caps) as comer:
                    comer.send(f"JOIN {channel}", *([f"CHATHISTORY LATEST {channel} * 500"] if caps else []))
                    ear.until(f" JOIN {channel}")
                    behind = _numbers(ear.until(" PRIVMSG "))[-1]  # the first that was said when he was there
                    lines = comer.until(" BATCH -") if caps else comer.until("] n")
                    while len(_numbers(filter(_is_live, lines))) < 20:
                        lines += comer.until(" PRIVMSG ")
                live = _numbers(filter(_is_live, lines))
                before = _numbers(line for line in lines if not _is_live(line))
                assert live == list(range(behind, behind + len(live)))
                assert before == list(range(before[0], before[-1] + 1))
                if caps:  # who asks may be answered later: what was said since he came is in both
                    assert before[0] == 0
                    assert before[-1] >= behind - 1
                else:
                    assert before[-1] == behind - 1
        finally:
            done.set()
            thread.join()


def _is_live(line: str) -> bool:
    """Not shown as something of before: neither in a batch nor with the time in front."""
    return line[:7] != "@batch=" and "] n" not in line


def _numbers(lines: Iterable[str]) -> list[int]:
    return [int(found[1]) for line in lines if (found := _NUMBER.search(line))]
