"""Numbers of bytes as people read them."""

import pytest

from natterjack.proto.sizes import in_words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (812.7, "812 bytes"),
        (1000, "1.0 KiB"),
        (50_000, "49 KiB"),
        (1_500_000, "1.4 MiB"),
        (1023.9 * 1024, "1.0 MiB"),
        (5 * 1024**3, "5.0 GiB"),
        (5000 * 1024**4, "5000 TiB"),
    ],
)
def test_sizes(size: float, words: str) -> None:
    assert in_words(size) == words
