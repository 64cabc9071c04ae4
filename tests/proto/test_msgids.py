"""Message ids: numbers of one counter, with the seed of the run that gave them out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natterjack.proto.msgids import Msgids

_RUNS = [(1, "aaaaaaaaaa"), (100, "bbbbbbbbbb"), (100, "cccccccccc"), (0x200, "dddddddddd")]


def test_each_number_has_the_seed_of_its_run() -> None:
    msgids = Msgids(_RUNS)
    assert [msgids.of(number) for number in (1, 99, 100, 0x1FF, 0x200)] == [
        "aaaaaaaaaa1", "aaaaaaaaaa63", "cccccccccc64", "cccccccccc1ff", "dddddddddd200"
    ]  # fmt: skip


def test_a_run_that_counts_on_from_a_backup_takes_over() -> None:
    msgids = Msgids(_RUNS)
    msgids.begin(50, "eeeeeeeeee")
    assert msgids.of(49) == "aaaaaaaaaa31"
    assert msgids.of(0x300) == "eeeeeeeeee300"
    assert msgids.parse("dddddddddd200") is None
    assert msgids.parse("eeeeeeeeee32") == 50


@pytest.mark.parametrize(
    "msgid",
    ["", "a", "aaaaaaaaaa", "bbbbbbbbbb64", "aaaaaaaaaa64", "aaaaaaaaaa0", "aaaaaaaaaa01", "aaaaaaaaaaA", "AAAAAAAAAA1",
     "aaaaaaaaaa1 ", "aaaaaaaaaa+1", "aaaaaaaaaa1_0", "aaaaaaaaaa٣", "aaaaaaaaaa0x1", "dddddddddd" + "f" * 17,
     "dddddddddd8" + "0" * 15, "*"],
)  # fmt: skip
def test_what_no_run_gave_out_is_no_message_id(msgid: str) -> None:
    assert Msgids(_RUNS).parse(msgid) is None


def test_before_all_runs_there_is_none() -> None:
    with pytest.raises(LookupError):
        Msgids([]).of(1)
    with pytest.raises(LookupError):
        Msgids([(10, "aaaaaaaaaa")]).of(9)
    assert Msgids([]).parse("aaaaaaaaaa1") is None


@given(st.integers(1, (1 << 63) - 1))
def test_there_and_back(number: int) -> None:
    msgids = Msgids(_RUNS)
    assert msgids.parse(msgids.of(number)) == number
