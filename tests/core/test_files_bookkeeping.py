"""The bookkeeping of files, whatever happens in whatever order: quotas, and when bytes are not needed any more."""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from natterjack.core.policy import FILE_LEAST
from natterjack.ports.files import Denied, Finished, Identify
from natterjack.ports.records import FileGoneRecord, FileRecord
from tests.support import world
from tests.support.files import FileChat, number, sha

LETTERS = "abcdef"
WHO = st.sampled_from(["alice", "bob", "gus"])
#: Few, so that files share them.
CONTENTS = st.sampled_from(["x", "y"])
TARGETS = st.sampled_from(["", "#lobby", "#club", "bob", "gus"])


class Noting(FileChat):
    """``stored`` is what the database has of files, built from what was committed alone."""

    def __init__(self) -> None:
        self.stored: dict[str, FileRecord] = {}
        super().__init__("alice", "bob", "gus", instant=False)

    def commit(self) -> None:
        for record in self.commits[0].records:
            if isinstance(record, FileRecord):
                self.stored[record.id] = record
            elif isinstance(record, FileGoneRecord):
                self.stored.pop(record.id, None)
        super().commit()


class Bookkeeping(RuleBasedStateMachine):
    """Three who send each other files, with a disk that is full at times."""

    def __init__(self) -> None:
        super().__init__()
        self.chat = Noting()
        for name in ("alice", "bob"):
            self.chat.peers[name].send("JOIN #club")
        self.chat.settle()
        self.token = self.chat.token("gus")
        self.requests: dict[int, str] = {}
        self.known: set[str] = set()  # contents that some row had since they were last told to go
        self.needed: set[str] = set()  # those of rows that were stored, or are not to be
        self.announced: dict[int, str] = {}  # line -> the file that it announces, of those that are stored
        self.deleted: set[int] = set()  # the lines of those that go whatever becomes of their message

    @rule(who=WHO, letter=st.sampled_from(LETTERS), content=CONTENTS, to=TARGETS)
    def upload(self, who: str, letter: str, content: str, to: str) -> None:
        credential = self.token if who == "gus" else self.chat.credential(f"{who}!")
        if not isinstance(self.chat.ask(credential, Identify()), Denied):
            ask = self.chat.whole(letter, credential, to, sha256=sha(content), size=ord(content))
            self.requests[self.chat.request(credential, ask)] = number(letter)

    @rule(who=WHO, letter=st.sampled_from(LETTERS))
    def delete(self, who: str, letter: str) -> None:
        if who in self.present():
            file = self.chat.core.files.get(number(letter))
            self.chat.peers[who].post(f"FILE DELETE {number(letter)}")
            if file is not None and self.chat.core.files.peek(file.id) is None:
                self.deleted.add(file.record.line)

    @precondition(lambda self: any(file.record.line for file in self.chat.core.files))
    @rule(index=st.integers(0, 5))
    def take_back(self, index: int) -> None:
        """The message that announces one, by its uploader; in #club by alice, who owns it."""
        records = [file.record for file in self.chat.core.files if file.record.line]
        record = records[index % len(records)]
        name = self.chat.core._ctx.msgids.of(record.line)
        self.chat.peers[record.account or "alice"].post(f"REDACT {record.target} {name}")

    @rule(letter=st.sampled_from(LETTERS))
    def delete_at_the_console(self, letter: str) -> None:
        file = self.chat.core.files.get(number(letter))
        if file is not None and not self.chat.commits:
            self.deleted.add(file.record.line)
            self.chat.console("files", "delete", number(letter))

    @rule()
    def commit(self) -> None:
        if self.chat.commits:
            self.chat.commit()

    @rule()
    def refuse(self) -> None:
        if self.chat.commits:
            self.chat.refuse()

    @rule()
    def the_guest_leaves_and_another_comes(self) -> None:
        if "gus" in self.present():
            self.chat.peers["gus"].hang_up()
        else:
            self.chat.enter("gus")
            self.token = self.chat.token("gus")

    @rule(seconds=st.sampled_from([2.0, 70.0]))
    def time_passes(self, seconds: float) -> None:
        self.chat.wait(seconds, step=seconds / 2)

    def present(self) -> list[str]:
        return [user.nick for user in self.chat.world.users.values() if user.registered]

    @invariant()
    def it_adds_up(self) -> None:
        files = self.chat.core.files
        rows = list(files._files.values())
        used = Counter[str]()
        for row in rows:
            used[row.record.payer] += max(row.record.size, FILE_LEAST)
        assert files._used == dict(used)
        assert all(size > 0 for size in files._used.values())
        contents = {row.record.sha256: row.record.size for row in rows}
        assert files.bytes == sum(contents.values())
        assert files._contents == dict(Counter(row.record.sha256 for row in rows))
        assert {who: set(ids) for who, ids in files._passing.items()} == {
            who: {row.id for row in rows if who in row.between} for row in rows for who in row.between
        }
        for index in (files._places, files._owners):
            assert sorted(each for ids in index.values() for each in ids) == sorted(files._files)  # type: ignore[attr-defined]
        assert files._lines == {row.record.line: row.id for row in rows if row.record.line}
        world.check(self.chat.core)

    @invariant()
    def bytes_go_when_nothing_that_is_stored_needs_them_any_more_and_not_before(self) -> None:
        files = self.chat.core.files
        in_memory = {row.record.sha256 for row in files._files.values()}
        on_disk = {record.sha256 for record in self.chat.stored.values()}
        for content in self.chat.unkept:
            assert content not in in_memory | on_disk
            assert content in self.known  # once for each time that it was there
            self.known.discard(content)
            self.needed.discard(content)
        self.chat.unkept.clear()
        self.known |= in_memory | on_disk
        self.needed |= on_disk | {row.record.sha256 for row in files if row.between}

    @invariant()
    def a_file_and_its_message_are_taken_back_together(self) -> None:
        lines = {number: line for (_, number), (line, _) in self.chat.past.lines.items()}
        for record in self.chat.stored.values():
            assert not record.line or lines[record.line].body
        announced = {record.line: record.id for record in self.chat.stored.values() if record.line}
        for line in self.announced.keys() - announced.keys() - self.deleted:
            assert not lines[line].body
        self.announced = announced

    @invariant()
    def what_is_answered_is_stored(self) -> None:
        for request, letter in list(self.requests.items()):
            answer = self.chat.file_answers.get(request)
            if answer is None:
                continue
            del self.requests[request]
            assert isinstance(answer, Finished | Denied)
            file = self.chat.core.files.get(letter)
            if isinstance(answer, Finished) and file is not None and not file.between:
                assert letter in self.chat.stored

    def teardown(self) -> None:
        for _ in range(3):  # what is owed, too
            while self.chat.commits:
                self.commit()
            self.chat.wait(2)
        while self.chat.commits:
            self.commit()
        files = self.chat.core.files
        assert {file.id for file in files if not file.between} == set(self.chat.stored)
        assert not files._finishing
        assert not files._withdrawn
        assert files._going.keys() <= files._contents.keys()
        self.bytes_go_when_nothing_that_is_stored_needs_them_any_more_and_not_before()
        assert self.needed == {row.record.sha256 for row in files}  # all else was told to go


TestBookkeeping = Bookkeeping.TestCase
TestBookkeeping.settings = settings(max_examples=100, stateful_step_count=40)
