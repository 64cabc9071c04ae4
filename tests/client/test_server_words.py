"""Numerics as sentences."""

import pytest

from natterjack.client.chatting.server_words import server_words
from natterjack.client.events import ServerText


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        (0, ""),  # on coming in: what matters of it has a line of its own
        (3, "Your modes: +io"),
    ],
)
def test_ones_own_modes_are_a_sentence_to_who_asks_and_nothing_to_others(ref: int, said: str) -> None:
    assert server_words(ServerText(ref, "221", ("+io",))) == said
