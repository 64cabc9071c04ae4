"""Every nick colour can be read, and a nick has the same everywhere."""

from __future__ import annotations

import pytest

from natterjack.client.view.colours import (
    GROUNDS,
    HUES,
    SIXTEEN,
    Ground,
    contrast,
    hue_of,
    name_of_16,
    rgb,
    rgb_of_256,
)


@pytest.mark.parametrize("ground", list(Ground))
def test_contrast(ground: Ground) -> None:
    for hue in range(HUES):
        for behind in GROUNDS[ground][1]:
            assert contrast(rgb(hue, ground), behind) >= 4.5, (hue, ground)


@pytest.mark.parametrize(
    ("ground", "least"), [(Ground.DARK, 4.5), (Ground.LIGHT, 4.5), (Ground.UNKNOWN, 4.2)]
)
def test_contrast_with_256(ground: Ground, least: float) -> None:
    found = {rgb_of_256(hue, ground) for hue in range(HUES)}
    assert all(contrast(each, behind) >= least for each in found for behind in GROUNDS[ground][1])
    assert len(found) >= HUES // 2


def test_a_nick_keeps_its_hue() -> None:
    assert hue_of("alice") == hue_of("ALICE")
    assert [hue_of(nick) for nick in ("alice", "bob", "kim", "żółw")] == [7, 5, 11, 14]
    assert len({hue_of(f"nick{number}") for number in range(500)}) == HUES
    assert {name_of_16(hue) for hue in range(HUES)} == set(SIXTEEN)
